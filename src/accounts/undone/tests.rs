//! What a backup undoes, from what administrators did since.

use serde_json::json;
use xmppd_control::{Act, Consent, Label, Name, Password, Standing};

use super::*;

const MADE: &str = "2026-11-22T03:30:00Z";

fn line(at: &str, act: &str, about: &str, outcome: &str) -> AuditLine {
    let line = json!({ "at": at, "who": "escalus", "act": act, "about": about, "outcome": outcome });
    serde_json::from_value(line).unwrap()
}

fn after(act: &str, about: &str) -> AuditLine {
    line("2026-11-23T08:00:00Z", act, about, "done")
}

fn backup() -> AuditLine {
    line(MADE, "backup", "", "done")
}

fn before(act: &str, about: &str) -> AuditLine {
    line("2026-09-01T08:00:00Z", act, about, "done")
}

fn user(name: &str, kind: Kind) -> User {
    let (name, display_name) = (name.to_owned(), name.to_owned());
    let consent = Standing::NotNeeded;
    User { name, display_name, kind, groups: Vec::new(), enabled: true, consent }
}

fn undone(since: Vec<AuditLine>, users: &[User]) -> Undone {
    let lines: Vec<_> = [before("remove-user", "mercutio"), backup()].into_iter().chain(since).collect();
    Undone::of(MADE, &lines, users)
}

fn again(since: Vec<AuditLine>) -> Vec<Again> {
    let undone = undone(since, &[]);
    assert_eq!(undone.not_compared, None);
    undone.again
}

#[test]
fn each_is_told_by_name_with_what_to_type() {
    let lines = vec![
        after("remove-user", "tybalt"),
        after("remove-user", "paris"),
        after("withdraw-consent", "romeo"),
        after("disable-user", "juliet"),
        after("set-kind", "nurse"),
        after("set-kind", "escalus"),
        after("set-password", "rosaline"),
        after("set-password", "abram"),
        after("set-groups", "peter"),
    ];
    let users = [user("nurse", Kind::Teacher), user("escalus", Kind::Administrator)];
    let undone = undone(lines, &users);
    insta::assert_snapshot!(undone.notes().collect::<Vec<_>>().join("\n"));
    insta::assert_snapshot!("each_is_told_to_machines", serde_json::to_string_pretty(&undone).unwrap());
}

#[test]
fn what_was_taken_back_or_refused_is_not_undone() {
    let lines = vec![
        after("disable-user", "juliet"),
        after("enable-user", "juliet"),
        after("withdraw-consent", "romeo"),
        after("record-consent", "romeo"),
        after("enable-user", "romeo"),
        line("2026-11-23T08:00:00Z", "remove-user", "escalus", "refused"),
    ];
    assert_eq!(again(lines), []);
}

#[test]
fn who_came_after_the_backup_is_not_in_it() {
    let lines = vec![
        after("add-user", "paris"),
        after("remove-user", "paris"),
        after("add-user", "juliet"),
        after("disable-user", "juliet"),
    ];
    assert_eq!(again(lines), []);
}

#[test]
fn whose_name_is_somebody_elses_by_now_comes_back_as_well() {
    let lines = vec![
        after("set-password", "romeo"),
        after("remove-user", "romeo"),
        after("add-user", "romeo"),
        after("disable-user", "romeo"),
    ];
    assert_eq!(again(lines), [Again { did: Did::Removed, names: vec!["romeo".to_owned()] }]);
}

#[test]
fn what_was_done_in_the_second_before_the_copy_is_in_it() {
    let lines = [before("add-user", "juliet"), line(MADE, "remove-user", "juliet", "done"), backup()];
    assert_eq!(Undone::of(MADE, &lines, &[]).again, []);
}

#[test]
fn where_it_is_not_remembered_that_is_said() {
    let unknown = [
        Vec::new(),
        vec![before("remove-user", "tybalt")],
        // Another server, which was set up later, and has backups of its own.
        vec![after("add-user", "romeo"), after("backup", ""), after("remove-user", "romeo")],
    ];
    for lines in unknown {
        let undone = Undone::of(MADE, &lines, &[]);
        assert!(undone.again.is_empty() && undone.not_compared.is_some(), "{lines:?}");
        let note = undone.notes().next().unwrap();
        assert!(note.starts_with("not all that was done") && note.contains("jailbuild audit"), "{note}");
    }
}

#[test]
fn a_restoration_since_has_forgotten_what_was_before_it() {
    let lines = [before("add-user", "romeo"), after("restore", ""), after("remove-user", "romeo")];
    let undone = Undone::of(MADE, &lines, &[]);
    insta::assert_snapshot!(undone.notes().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_acts_are_those_of_the_daemon() {
    let name: Name = "juliet".parse().unwrap();
    let consent = Consent { signed: "2026-09-01".parse().unwrap(), slip: "1".parse::<Label>().unwrap() };
    let ends: [(Act, Vec<Did>); 5] = [
        (Act::RemoveUser { name: name.clone() }, vec![Did::Removed]),
        (Act::WithdrawConsent { name: name.clone() }, vec![Did::Withdrawn]),
        (Act::DisableUser { name: name.clone() }, vec![Did::Disabled]),
        (Act::SetKind { name: name.clone(), kind: Kind::Parent }, vec![Did::OfKind(Kind::Parent)]),
        (Act::SetPassword { name: name.clone(), password: Password::generate() }, vec![Did::NewPassword]),
    ];
    let users = [user("juliet", Kind::Parent)];
    for (act, expected) in ends {
        let undone = undone(vec![after(act.verb(), act.concerns())], &users);
        assert_eq!(undone.again.iter().map(|again| again.did).collect::<Vec<_>>(), expected, "{act:?}");
    }
    let back = [
        Act::WithdrawConsent { name: name.clone() },
        Act::RecordConsent { name: name.clone(), consent },
        Act::EnableUser { name },
    ];
    assert_eq!(again(back.iter().map(|act| after(act.verb(), act.concerns())).collect()), []);
    assert_eq!(xmppd_control::Verb::Restore.name(), "restore");
}
