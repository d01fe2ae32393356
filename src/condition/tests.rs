#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::collections::BTreeMap;

use time::Duration as Span;
use xmppd_control::Kind;

use super::*;
use crate::{
    appliance::{Operation, listing::Installed},
    digest::Sha256,
    error::Error,
};

fn now() -> OffsetDateTime {
    moment("2026-09-13T08:00:00Z").unwrap()
}

/// What a daemon says with which nothing is wrong.
fn status() -> Status {
    Status {
        version: "0.1.0".to_owned(),
        schema: 4,
        since: "2026-09-01T08:00:00Z".to_owned(),
        uptime_seconds: 12 * 86_400,
        certificate_ends: Some("2027-10-03T00:00:00Z".to_owned()),
        last_backup: Some("2026-09-12T02:00:00Z".to_owned()),
        accounts: 40,
        kinds: BTreeMap::from([
            (Kind::Child, 37),
            (Kind::Parent, 0),
            (Kind::Teacher, 1),
            (Kind::Administrator, 2),
        ]),
        disabled: 1,
        without_consent: 0,
        online: 10,
        connections: 14,
        sessions: 12,
        waiting_messages: 1,
        throttled_addresses: 2,
        database_bytes: 3 << 20,
        peak_memory_bytes: 14 << 20,
    }
}

fn installed() -> Listed {
    Listed {
        name: "schoolchat".to_owned(),
        running: true,
        impaired: None,
        installed: Some(Installed {
            domain: "school.test".to_owned(),
            image: Sha256::of(b"image"),
            version: "0.1.0".to_owned(),
            interfaces: vec!["vtnet0".to_owned()],
            ports: vec![5222, 5223],
            under_way: None,
        }),
        trouble: None,
    }
}

/// A well one, changed a little.
fn condition(change: impl FnOnce(&mut Condition)) -> Condition {
    let days = |days| Some(Lasting::at(now() + Span::days(days), now()));
    let mut condition = Condition {
        whose: Whose::Appliance(installed()),
        attention: Vec::new(),
        daemon: Some(status()),
        certificate: days(384),
        authority: days(3650),
        disk: Some(Disk { data_bytes: 12 << 20, free_bytes: 30 << 30, all_bytes: 40 << 30 }),
    };
    change(&mut condition);
    condition.attention = attention::of_service(&condition.whose);
    condition.attention.extend(attention::of(&condition, now()));
    condition
}

/// The same with what the daemon says changed.
fn with_status(change: impl FnOnce(&mut Status)) -> Condition {
    condition(|condition| change(condition.daemon.as_mut().unwrap()))
}

fn told(condition: &Condition) -> String {
    condition.attention.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn where_all_is_well_nothing_needs_anybody() {
    insta::assert_snapshot!(condition(|_| {}));
}

#[test]
fn what_needs_somebody_is_said_first() {
    let ill = condition(|condition| {
        let Whose::Appliance(listed) = &mut condition.whose else { return };
        listed.trouble = Some(format!("{} was begun and has not ended", Operation::Install));
        condition.certificate = Some(Lasting::at(now() + Span::days(21), now()));
        condition.authority = Some(Lasting::at(now() - Span::days(1), now()));
        condition.disk = Some(Disk { data_bytes: 1 << 30, free_bytes: 2 << 30, all_bytes: 40 << 30 });
        let status = condition.daemon.as_mut().unwrap();
        status.last_backup = Some("2026-08-04T02:00:00Z".to_owned());
        status.without_consent = 3;
    });
    insta::assert_snapshot!(ill);
    let json = serde_json::to_value(&ill).unwrap();
    assert_eq!((&json["name"], &json["running"]), (&"schoolchat".into(), &true.into()));
    assert_eq!(json["attention"][1]["what"], "the certificate ends in 21 days");
    assert_eq!(json["daemon"]["kinds"]["child"], 37);
}

#[test]
fn each_is_told_from_its_day_on() {
    let certificate =
        |days| told(&condition(|it| it.certificate = Some(Lasting::at(now() + Span::days(days), now()))));
    assert_eq!((certificate(61), certificate(60).is_empty()), (String::new(), false));
    let backup = |days| with_status(|it| it.last_backup = (now() - Span::days(days)).format(&Rfc3339).ok());
    assert_eq!((told(&backup(30)), told(&backup(31)).is_empty()), (String::new(), false));
    let never = |accounts| with_status(|it| (it.last_backup, it.accounts) = (None, accounts));
    assert_eq!((told(&never(0)), told(&never(1)).is_empty()), (String::new(), false));
    let disk = |free_bytes| {
        told(&condition(|it| it.disk = Some(Disk { data_bytes: 1, free_bytes, all_bytes: 1 << 30 })))
    };
    assert_eq!(disk(300 << 20), "");
    assert!(disk(100 << 20).starts_with("the disk is 90 % full"), "{}", disk(100 << 20));
    assert!(told(&with_status(|it| it.without_consent = 1)).starts_with("1 account is"));
}

#[test]
fn a_daemon_that_does_not_answer_is_told() {
    let silent = condition(|condition| {
        condition.whose = Whose::Socket {
            socket: "/tmp/control.sock".into(),
            domain: "school.test".to_owned(),
            running: false,
        };
        condition.daemon = None;
    });
    assert!(!silent.runs());
    insta::assert_snapshot!(silent);
    let error = Error::failed_with_hint("no daemon answers", "start it");
    assert_eq!(Attention::from(&error).to_string(), "no daemon answers: start it");
}
