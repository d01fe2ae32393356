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
