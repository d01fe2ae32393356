//! Another image as the cure of an appliance that does not run as it should.

use super::{school::Home, *};
use crate::appliance::machine::Impairment;

#[test]
fn an_upgrade_starts_what_ran_badly() {
    for impairment in Impairment::ALL {
        let home = Home::installed(None);
        home.host.impair("schoolchat", impairment);
        let outcome = home.upgrade(&passes()).unwrap();
        assert!(outcome.runs, "{impairment:?}: {outcome}");
        home.expect_new();
        assert!(home.host.state().impaired.is_empty(), "{impairment:?}");
    }
}

#[test]
fn a_rollback_starts_what_ran_badly() {
    for impairment in Impairment::ALL {
        let home = Home::installed(None);
        home.host.state().schemas.clear();
        home.upgrade(&passes()).unwrap();
        home.host.impair("schoolchat", impairment);
        let outcome = home.rollback(&passes()).unwrap();
        assert!(outcome.runs, "{impairment:?}: {outcome}");
        home.expect_in_service(home.old.digest, 1);
        assert!(home.host.state().impaired.is_empty(), "{impairment:?}");
    }
}

#[test]
fn what_does_not_start_again_is_not_in_the_way_of_what_cures_it() {
    let home = Home::installed(None);
    home.host.impair("schoolchat", Impairment::Crashing);
    home.host.state().schemas.insert(home.new.digest.to_string(), 0);
    let error = home.upgrade(&passes()).unwrap_err();
    assert!(error.to_string().contains("does not start as it was before"), "{error}");
    assert_eq!(home.record().under_way, None);

    home.host.state().schemas.insert(home.new.digest.to_string(), 2);
    home.host.dies_after(Some(40));
    home.upgrade(&passes()).unwrap_err();
    home.host.revive();
    assert!(home.record().under_way.is_some(), "this test would notice");
    let given_up = home.rollback(&passes()).unwrap();
    assert_eq!(given_up.exit_code(true), 1, "{given_up}");
    assert_eq!(home.record().under_way, None);

    let outcome = home.upgrade(&passes()).unwrap();
    assert_eq!((outcome.exit_code(false), outcome.runs), (0, true), "{outcome}");
    home.expect_new();
}
