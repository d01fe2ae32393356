//! Upgrades and ways back on a host of which nothing is real, also on one that dies between any two acts.

mod impaired;
mod school;

use self::school::{Home, Says};
use super::*;
use crate::{
    appliance::uninstall,
    host::{Host as _, command::Command},
};

/// A proof that fails for this image.
fn fails(image: Sha256) -> Says {
    Says { fails: Some(image) }
}

fn passes() -> Says {
    Says { fails: None }
}

#[test]
fn the_plan_of_an_upgrade() {
    let home = Home::installed(None);
    insta::assert_snapshot!(home.stable(&home.upgrade_planned().unwrap().course.to_string()));
}

#[test]
fn the_plan_of_an_upgrade_on_zfs() {
    let home = Home::installed(Some("zroot/chat"));
    insta::assert_snapshot!(home.stable(&home.upgrade_planned().unwrap().course.to_string()));
}

#[test]
fn the_plan_of_a_rollback() {
    let home = Home::installed(None);
    home.upgrade(&passes()).unwrap();
    insta::assert_snapshot!(home.stable(&home.rollback_planned().unwrap().course.to_string()));
}

#[test]
fn an_upgrade_brings_the_image_and_the_data_up_to_date() {
    for zfs in [None, Some("zroot/chat")] {
        let home = Home::installed(zfs);
        let outcome = home.upgrade(&passes()).unwrap();
        assert_eq!(outcome.exit_code(false), 0);
        assert_eq!(outcome.migration.map(|migration| (migration.from, migration.to)), Some((1, 2)));
        home.expect_new();
        assert!(home.upgrade_planned().is_none(), "it is in service already");
    }
}

#[test]
fn a_failing_probe_brings_image_and_data_back() {
    for zfs in [None, Some("zroot/chat")] {
        let home = Home::installed(zfs);
        let before = home.host.files();
        let outcome = home.upgrade(&fails(home.new.digest)).unwrap();
        assert_eq!(outcome.exit_code(false), 1);
        assert!(
            matches!(&outcome.ending, Ending::TakenBack { fault: None, proof: Some(_), .. }),
            "{outcome}"
        );
        home.expect_old();
        assert_eq!(home.host.files(), before);
    }
}

#[test]
fn a_daemon_that_does_not_start_is_taken_back() {
    let home = Home::installed(None);
    home.host.state().broken_image = Some(format!("images/{}", home.new.digest).into());
    let outcome = home.upgrade(&passes()).unwrap();
    let said = outcome.to_string();
    assert!(said.contains("its daemon does not answer"), "{said}");
    assert!(said.contains("messages that came in the meantime are lost"), "{said}");
    home.expect_old();
}

#[test]
fn a_daemon_that_does_not_take_the_data_never_sees_it() {
    let home = Home::installed(None);
    let before = home.host.files();
    home.host.state().schemas.insert(home.new.digest.to_string(), 0);
    let error = home.upgrade(&passes()).unwrap_err().to_string();
    assert_eq!(
        error,
        "the daemon of that image does not take the data: \
         xmppd: the data has schema 1, and this xmppd knows 0 at most"
    );
    home.expect_old();
    assert_eq!(home.host.files(), before);
}

#[test]
fn settings_that_a_daemon_does_not_know_are_noticed_before() {
    let home = Home::installed(None);
    home.host.state().unknown_setting = Some((home.new.digest.to_string(), "domain".to_owned()));
    let error = home.upgrade(&passes()).unwrap_err().to_string();
    assert!(error.contains("does not take its settings: xmppd: unknown key"), "{error}");
    home.expect_old();
}

#[test]
fn what_is_stopped_stays_stopped_and_is_not_called_proved() {
    let home = Home::installed(None);
    home.host.ask(&Command::new("service").args(["schoolchat", "onestop"])).unwrap();
    let outcome = home.upgrade(&fails(home.new.digest)).unwrap();
    assert!(outcome.to_string().contains("it is not proved before"), "{outcome}");
    assert!(home.host.state().running.is_empty());
    assert_eq!(home.record().image, home.new.digest);
}

#[test]
fn the_way_back_keeps_the_data_and_leads_forth_again() {
    let home = Home::installed(None);
    home.host.state().schemas.clear();
    home.upgrade(&passes()).unwrap();
    home.rollback(&passes()).unwrap();
    assert_eq!((home.record().image, home.record().previous), (home.old.digest, Some(home.new.digest)));
    home.expect_in_service(home.old.digest, 1);
    home.rollback(&passes()).unwrap();
    home.expect_in_service(home.new.digest, 1);
}

#[test]
fn an_older_daemon_that_does_not_know_the_schema_is_not_brought_back() {
    let home = Home::installed(None);
    home.upgrade(&passes()).unwrap();
    let before = home.host.files();
    let error = home.rollback(&passes()).unwrap_err().to_string();
    assert!(error.contains("the data has schema 2, and this xmppd knows 1 at most"), "{error}");
    home.expect_new();
    assert_eq!(home.host.files(), before);
}

#[test]
fn a_proof_that_fails_after_a_rollback_is_told_and_nothing_more() {
    let home = Home::installed(None);
    home.host.state().schemas.clear();
    home.upgrade(&passes()).unwrap();
    let outcome = home.rollback(&fails(home.old.digest)).unwrap();
    assert_eq!(outcome.exit_code(false), 1);
    home.expect_in_service(home.old.digest, 1);
}

#[test]
fn there_is_no_way_back_from_the_first_image() {
    let error = Home::installed(None).rollback(&passes()).unwrap_err();
    assert_eq!((error.exit_code(), error.to_string().contains("nothing to go back to")), (3, true));
}

#[test]
fn while_one_upgrade_is_under_way_no_other_begins() {
    let home = Home::installed(None);
    home.host.dies_after(Some(40));
    home.upgrade(&passes()).unwrap_err();
    home.host.boot();
    let other = Home::another_image();
    let error = home.plan_upgrade_to(&other).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(error.to_string().contains("an upgrade was begun and has not ended"), "{error}");
}

/// What may become of the host when it dies.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// Only `jailbuild` is killed.
    Program,
    /// The power fails, and the host starts again.
    Power,
}

/// What somebody types afterwards.
#[derive(Clone, Copy, Debug)]
enum Then {
    Upgrade,
    Rollback,
}

/// Lets an upgrade die after each of its acts that changes something, then somebody goes on or back: it ends in one of two
/// good states.
fn dies_everywhere(zfs: Option<&str>, first: &Says, death: Death, then: Then) {
    let installed = Home::installed(zfs);
    let undisturbed = installed.twin();
    undisturbed.upgrade(first).unwrap();
    let journal = undisturbed.host.journal();
    let changes: Vec<usize> =
        journal.lines().enumerate().filter(|(_, act)| !only_looks(act)).map(|(index, _)| index).collect();
    assert!(changes.len() > 40, "{journal}");
    for acts in changes {
        let home = installed.twin();
        home.host.dies_after(Some(acts));
        home.upgrade(first).unwrap_err();
        match death {
            Death::Program => home.host.revive(),
            Death::Power => home.host.boot(),
        }
        let case = format!("{zfs:?} {death:?} before {}, then {then:?}", journal.lines().nth(acts).unwrap());
        match then {
            Then::Upgrade => {
                let outcome = home.upgrade(first).unwrap_or_else(|error| panic!("{case}: {error}"));
                assert!(
                    !outcome.to_string().contains("not proved"),
                    "{case}: {outcome}\n{}",
                    home.host.journal()
                );
            }
            Then::Rollback if home.record().under_way.is_none() => continue,
            Then::Rollback => match home.rollback(first) {
                Ok(_) => {}
                // The new image was in service and proved: only its daemon knows the data now.
                Err(error) => assert!(error.to_string().contains("has schema 2"), "{case}: {error}"),
            },
        }
        home.expect_good(&case);
    }
}

/// Whether nothing is different after this act.
fn only_looks(act: &str) -> bool {
    ["stat ", "jls ", "zfs list ", "mount\n", "env -i jexec "]
        .iter()
        .any(|look| format!("{act}\n").starts_with(look))
        || act.ends_with(" onestatus")
}

#[test]
fn whoever_is_killed_goes_on() {
    dies_everywhere(None, &passes(), Death::Program, Then::Upgrade);
}

#[test]
fn whoever_is_killed_goes_back() {
    dies_everywhere(None, &passes(), Death::Program, Then::Rollback);
}

#[test]
fn whose_power_fails_goes_on() {
    dies_everywhere(None, &passes(), Death::Power, Then::Upgrade);
}

#[test]
fn whose_power_fails_goes_back() {
    dies_everywhere(None, &passes(), Death::Power, Then::Rollback);
}

#[test]
fn whose_power_fails_on_zfs_goes_on_or_back() {
    dies_everywhere(Some("zroot/chat"), &passes(), Death::Power, Then::Upgrade);
    dies_everywhere(Some("zroot/chat"), &passes(), Death::Power, Then::Rollback);
}

#[test]
fn who_is_killed_while_it_is_taken_back_ends_with_what_was_before() {
    let fails_always = |home: &Home| fails(home.new.digest);
    for death in [Death::Program, Death::Power] {
        let image = fails_always(&Home::installed(None));
        dies_everywhere(None, &image, death, Then::Upgrade);
        dies_everywhere(None, &image, death, Then::Rollback);
    }
}

/// Everything that is done to a host in the life of an appliance, each command of a form that is known.
#[test]
fn the_journal_of_a_whole_life() {
    let home = Home::installed(None);
    let mut journal = Vec::new();
    let mut lived = |what: &str| journal.push(format!("# {what}\n{}", home.stable(&home.host.journal())));
    home.upgrade(&fails(home.new.digest)).unwrap();
    lived("upgrade, with a probe that fails: taken back");
    home.upgrade(&passes()).unwrap();
    lived("upgrade");
    home.rollback(&passes()).unwrap_err();
    lived("rollback, which the older daemon refuses");
    home.host.state().schemas.insert(home.old.digest.to_string(), 2);
    home.rollback(&passes()).unwrap();
    lived("rollback");
    uninstall::plan("schoolchat", true, &home.host).unwrap().carry_out(&home.host, &mut |_| ()).unwrap();
    lived("uninstall --purge");
    insta::assert_snapshot!(journal.join("\n"));
    assert!(!home.host.files().iter().any(|line| line.contains("schoolchat")), "{:?}", home.host.files());
}

#[test]
fn the_other_school_on_the_host_does_not_notice() {
    let home = Home::installed(None);
    home.install_another("otherschool");
    let files =
        || home.host.files().into_iter().filter(|line| line.contains("otherschool")).collect::<Vec<_>>();
    let before = (files(), home.host.state().running.get("otherschool").cloned());
    assert!(before.1.is_some());
    home.host.journal();
    home.upgrade(&fails(home.new.digest)).unwrap();
    home.upgrade(&passes()).unwrap();
    assert_eq!((files(), home.host.state().running.get("otherschool").cloned()), before);
    assert!(!home.host.journal().contains("otherschool"));
}
