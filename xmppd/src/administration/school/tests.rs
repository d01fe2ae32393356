#![expect(clippy::unwrap_used, reason = "tests")]

mod rooms;
mod year;

use time::macros::datetime;
use xmppd_control::{Outcome, Rule};

use super::*;

const NOW: OffsetDateTime = datetime!(2026-09-07 08:00 UTC);

fn empty() -> School {
    School::new(Vec::new(), Vec::new(), NOW)
}

/// An act as it stands on the wire.
fn act(json: &str) -> Act {
    serde_json::from_str(json).unwrap()
}

/// Has it done; answers what is written and told, in a word each.
fn done(school: &mut School, json: &str) -> Vec<String> {
    let Effect { writes, changes } = school.carry_out(&act(json), None, "anna").unwrap();
    let mut words: Vec<_> = writes
        .iter()
        .map(|write| match write {
            Write::Add(account) => format!("write new {}", account.name),
            Write::Update(account) => format!("write {} {:?}", account.name, account.groups),
            Write::Remove(name) => format!("erase {name}"),
            Write::Consent(name, recorded) => {
                format!("write consent {name} {}", recorded.withdrawn.is_none())
            }
            Write::Record(record) => {
                format!("write {} {} {}", record.shelf.name(), record.key, record.value.is_some())
            }
            Write::ForgetConsent(name) => format!("erase consent {name}"),
        })
        .collect();
    words.extend(changes.iter().map(|change| match change {
        Change::Added(account) => format!("tell added {}", account.name),
        Change::Disabled(account) => format!("tell disabled {}", account.name),
        Change::Enabled(account) => format!("tell enabled {}", account.name),
        Change::PasswordChanged(account) => format!("tell password {}", account.name),
        Change::Relabelled(account) => format!("tell relabelled {}", account.name),
        Change::SessionsEnded(name) => format!("tell ended {name}"),
        Change::RoomMade(room) => {
            let owners: Vec<_> = room.owners.iter().map(Name::as_str).collect();
            format!("tell room {} {:?} {owners:?}", room.name, strings(&room.groups))
        }
        Change::RoomRemoved(name) => format!("tell no room {name}"),
        Change::Removed(name) => format!("tell removed {name}"),
    }));
    words
}

/// Has it refused; answers why.
fn refused(school: &mut School, json: &str) -> String {
    let before = (school.users(), school.consented(|at| at.to_string()));
    let refusal = school.carry_out(&act(json), None, "anna").unwrap_err();
    assert_eq!(before, (school.users(), school.consented(|at| at.to_string())), "nothing has happened");
    assert!(refusal.hint.is_some_and(|hint| !hint.is_empty()), "{}", refusal.what);
    refusal.what
}

fn added(name: &str, more: &str) -> String {
    format!(r#"{{"add-user":{{"name":"{name}","password":"long enough"{more}}}}}"#)
}

const SIGNED: &str = r#","consent":{"signed":"2026-09-01","slip":"1"}"#;

#[test]
fn consent_comes_first() {
    let mut school = empty();
    let child = added("juliet", "");
    assert_eq!(
        refused(&mut school, &child),
        "no consent of the parents is recorded for `juliet`, a child's account"
    );
    let record = r#"{"record-consent":{"name":"juliet","consent":{"signed":"2026-09-01","slip":"1"}}}"#;
    assert_eq!(done(&mut school, record), ["write consent juliet true"]);
    assert_eq!(done(&mut school, &child), ["write new juliet", "tell added juliet"]);
    assert_eq!(
        done(&mut school, &added("romeo", SIGNED)),
        ["write new romeo", "write consent romeo true", "tell added romeo"]
    );
    assert_eq!(done(&mut school, &added("nurse", r#","kind":"teacher""#)).len(), 2);
    let standings: Vec<_> = school.users().iter().map(|user| user.consent).collect();
    assert_eq!(standings, [Standing::Given, Standing::NotNeeded, Standing::Given]);
    assert!(refused(&mut school, r#"{"set-kind":{"name":"nurse","kind":"child"}}"#).contains("no consent"));
}

#[test]
fn who_withdraws_consent_disables_at_once() {
    let mut school = empty();
    done(&mut school, &added("juliet", SIGNED));
    let withdraw = r#"{"withdraw-consent":{"name":"juliet"}}"#;
    assert_eq!(
        done(&mut school, withdraw),
        ["write consent juliet false", "write juliet []", "tell disabled juliet"]
    );
    assert_eq!(refused(&mut school, withdraw), "the consent for `juliet` is withdrawn already");
    let enable = r#"{"enable-user":{"name":"juliet"}}"#;
    assert_eq!(refused(&mut school, enable), "the consent for `juliet` was withdrawn");
    done(&mut school, r#"{"record-consent":{"name":"juliet","consent":{"signed":"2026-09-07","slip":"2"}}}"#);
    assert_eq!(done(&mut school, enable), ["write juliet []", "tell enabled juliet"]);
    assert_eq!(
        done(&mut school, r#"{"remove-user":{"name":"juliet"}}"#),
        ["erase consent juliet", "erase juliet", "tell removed juliet"]
    );
    assert!(school.consented(|_| String::new()).is_empty());
}

#[test]
fn a_withdrawn_consent_is_not_walked_around_by_another_kind() {
    let mut school = empty();
    done(&mut school, &added("juliet", SIGNED));
    let withdraw = r#"{"withdraw-consent":{"name":"juliet"}}"#;
    let teacher = r#"{"set-kind":{"name":"juliet","kind":"teacher"}}"#;
    done(&mut school, withdraw);
    for kind in Kind::ALL {
        let act = format!(r#"{{"set-kind":{{"name":"juliet","kind":"{kind}"}}}}"#);
        assert_eq!(refused(&mut school, &act), "the consent for `juliet` was withdrawn");
    }
    let consent = r#"{"record-consent":{"name":"juliet","consent":{"signed":"2026-09-07","slip":"2"}}}"#;
    done(&mut school, consent);
    done(&mut school, r#"{"enable-user":{"name":"juliet"}}"#);
    done(&mut school, teacher);
    assert_eq!(
        done(&mut school, withdraw),
        ["write consent juliet false", "write juliet []", "tell disabled juliet"]
    );
    assert_eq!(school.users()[0].consent, Standing::Withdrawn);
    let enable = r#"{"enable-user":{"name":"juliet"}}"#;
    assert_eq!(refused(&mut school, enable), "the consent for `juliet` was withdrawn");
    // Nor by an account that is added later.
    done(&mut school, &consent.replace("juliet", "romeo"));
    done(&mut school, &withdraw.replace("juliet", "romeo"));
    let romeo = added("romeo", r#","kind":"parent""#);
    assert_eq!(refused(&mut school, &romeo), "the consent for `romeo` was withdrawn");
}

#[test]
fn a_child_can_become_a_teacher_where_consent_is_in_force_or_was_never_needed() {
    let mut school = empty();
    done(&mut school, &added("juliet", SIGNED));
    done(&mut school, &added("nurse", r#","kind":"parent""#));
    for name in ["juliet", "nurse"] {
        done(&mut school, &format!(r#"{{"set-kind":{{"name":"{name}","kind":"teacher"}}}}"#));
        done(&mut school, &format!(r#"{{"disable-user":{{"name":"{name}"}}}}"#));
        done(&mut school, &format!(r#"{{"enable-user":{{"name":"{name}"}}}}"#));
    }
    assert_eq!(school.users().iter().filter(|user| user.consent == Standing::NotNeeded).count(), 2);
}

#[test]
fn who_administers_the_server_is_not_shut_out_by_a_consent() {
    let mut school = empty();
    done(&mut school, &added("nurse", &format!(r#","kind":"administrator"{SIGNED}"#)));
    let withdraw = r#"{"withdraw-consent":{"name":"nurse"}}"#;
    assert_eq!(done(&mut school, withdraw), ["write consent nurse false"]);
}

#[test]
fn the_consent_for_somebody_who_never_got_an_account_can_be_erased() {
    let mut school = empty();
    done(&mut school, r#"{"record-consent":{"name":"juliet","consent":{"signed":"2026-09-01","slip":"1"}}}"#);
    let remove = r#"{"remove-user":{"name":"juliet"}}"#;
    assert_eq!(done(&mut school, remove), ["erase consent juliet"]);
    assert_eq!(refused(&mut school, remove), "there is no account `juliet`");
}

#[test]
fn nobody_signs_tomorrow() {
    let mut school = empty();
    let on = |day: &str| {
        format!(r#"{{"record-consent":{{"name":"a","consent":{{"signed":"{day}","slip":"1"}}}}}}"#)
    };
    assert!(refused(&mut school, &on("2026-09-09")).contains("2026-09-09 is yet to come"));
    done(&mut school, &on("2026-09-08"));
}

#[test]
fn nobody_looks_like_somebody_else() {
    let mut school = empty();
    done(&mut school, &added("romeo", &format!(r#","display-name":"Romeo M."{SIGNED}"#)));
    assert_eq!(refused(&mut school, &added("romeo", SIGNED)), "there is an account `romeo` already");
    for alike in ["r0meo", "rorneo"] {
        let why = refused(&mut school, &added(alike, SIGNED));
        assert!(why.contains("looks like `romeo`, `Romeo M.` to others"), "{why}");
    }
    let mixed = refused(&mut school, &added("r\u{43e}meo", SIGNED));
    assert_eq!(mixed, "`r\u{43e}meo` mixes letters of different scripts, which look like others");
    let mixed = format!(r#","display-name":"Romеo K."{SIGNED}"#);
    assert!(refused(&mut school, &added("tybalt", &mixed)).starts_with("`Rom\u{435}o` mixes"));
    let same = format!(r#","display-name":"ROMEO M."{SIGNED}"#);
    assert!(refused(&mut school, &added("tybalt", &same)).contains("looks like `romeo`"));
    done(&mut school, &added("tybalt", SIGNED));
    let rename = r#"{"rename-user":{"name":"tybalt","display-name":"Romeo M."}}"#;
    assert!(refused(&mut school, rename).contains("looks like `romeo`"));
    done(&mut school, r#"{"rename-user":{"name":"romeo","display-name":"Romeo Montague"}}"#);
    done(&mut school, rename);
}

#[test]
fn nobody_is_shown_by_the_name_of_somebody_else() {
    let mut school = empty();
    done(&mut school, &added("romeo", &format!(r#","display-name":"Romeo M."{SIGNED}"#)));
    done(&mut school, &added("tybalt", SIGNED));
    let shown = |name: &str| format!(r#"{{"rename-user":{{"name":"tybalt","display-name":"{name}"}}}}"#);
    for alike in ["romeo", "Romeo", "R0meo", "Romeo M."] {
        let why = refused(&mut school, &shown(alike));
        assert!(why.contains("looks like `romeo`, `Romeo M.` to others"), "{why}");
    }
    let displayed = format!(r#","display-name":"Romeo"{SIGNED}"#);
    assert!(refused(&mut school, &added("paris", &displayed)).contains("looks like `romeo`"));
    assert!(refused(&mut school, &added("romeom.", SIGNED)).contains("looks like `romeo`"));
    done(&mut school, &added("paul", SIGNED));
    assert!(refused(&mut school, &shown("PauI")).contains("looks like `paul`"));
    // One's own are one's own, and what was taken before is free again.
    done(&mut school, &shown("Tybalt"));
    done(&mut school, &shown("TYBALT"));
    done(&mut school, r#"{"remove-user":{"name":"romeo"}}"#);
    done(&mut school, &shown("Romeo"));
}

#[test]
fn an_old_clash_is_in_nobodys_way() {
    let person = |name: &str, display_name: &str, group: &str| Account {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        kind: Kind::Teacher,
        groups: vec![group.to_owned()],
        enabled: true,
        keys: Keys::nobodys(),
    };
    let people = [("romeo", "Romeo", "4b"), ("tybalt", "romeo", "4B"), ("paris", "Romeo", "4b")];
    let people = people.map(|(name, display_name, group)| person(name, display_name, group));
    let mut school = School::new(people.into(), [], NOW);
    for act in [
        r#"{"join-group":{"name":"romeo","group":"Choir"}}"#,
        r#"{"join-group":{"name":"romeo","group":"4B"}}"#,
        r#"{"set-groups":{"name":"tybalt","groups":["4B","4b"]}}"#,
        r#"{"disable-user":{"name":"paris"}}"#,
        r#"{"enable-user":{"name":"paris"}}"#,
        r#"{"rename-user":{"name":"tybalt","display-name":"Tybalt"}}"#,
        r#"{"rename-group":{"group":"Choir","to":"Singers"}}"#,
    ] {
        done(&mut school, act);
    }
    done(&mut school, &added("juliet", &format!(r#","groups":["4B"]{SIGNED}"#)));
}

#[test]
fn the_last_administrator_stays() {
    let mut school = empty();
    let administrator = r#","kind":"administrator""#;
    done(&mut school, &added("nurse", administrator));
    for act in ["disable-user", "remove-user"] {
        let json = format!(r#"{{"{act}":{{"name":"nurse"}}}}"#);
        assert_eq!(refused(&mut school, &json), "`nurse` is the last administrator");
    }
    let demote = r#"{"set-kind":{"name":"nurse","kind":"teacher"}}"#;
    assert_eq!(refused(&mut school, demote), "`nurse` is the last administrator");
    done(&mut school, &added("friar", administrator));
    done(&mut school, r#"{"disable-user":{"name":"friar"}}"#);
    assert_eq!(refused(&mut school, demote), "`nurse` is the last administrator");
    done(&mut school, r#"{"enable-user":{"name":"friar"}}"#);
    done(&mut school, demote);
    assert_eq!(
        refused(&mut school, r#"{"remove-user":{"name":"friar"}}"#),
        "`friar` is the last administrator"
    );
}

#[test]
fn groups_are_joined_left_and_renamed() {
    let mut school = empty();
    done(&mut school, &added("juliet", &format!(r#","groups":["4b","Chess"]{SIGNED}"#)));
    done(&mut school, &added("romeo", SIGNED));
    assert_eq!(
        done(&mut school, r#"{"join-group":{"name":"romeo","group":"4b"}}"#),
        [r#"write romeo ["4b"]"#, "tell relabelled romeo"]
    );
    assert_eq!(
        done(&mut school, r#"{"rename-group":{"group":"4b","to":"5b"}}"#),
        [
            r#"write juliet ["5b", "Chess"]"#,
            r#"write romeo ["5b"]"#,
            "tell relabelled juliet",
            "tell relabelled romeo"
        ]
    );
    assert_eq!(
        refused(&mut school, r#"{"rename-group":{"group":"4b","to":"6b"}}"#),
        "nobody is in a group `4b`"
    );
    assert_eq!(
        refused(&mut school, r#"{"rename-group":{"group":"5b","to":"Chess"}}"#),
        "there is a group `Chess` already"
    );
    done(&mut school, r#"{"leave-group":{"name":"romeo","group":"5b"}}"#);
    assert_eq!(
        refused(&mut school, r#"{"leave-group":{"name":"romeo","group":"5b"}}"#),
        "`romeo` is not in the group `5b`"
    );
    assert_eq!(
        refused(&mut school, r#"{"join-group":{"name":"nobody","group":"4b"}}"#),
        "there is no account `nobody`"
    );
}

#[test]
fn a_group_is_given_once_however_often_it_is_said() {
    let mut school = empty();
    done(&mut school, &added("juliet", &format!(r#","groups":["4b","4b"]{SIGNED}"#)));
    assert_eq!(school.users()[0].groups, ["4b"]);
    let set = r#"{"set-groups":{"name":"juliet","groups":["5b","Choir","5b"]}}"#;
    assert_eq!(done(&mut school, set)[0], r#"write juliet ["5b", "Choir"]"#);
}

#[test]
fn no_group_is_called_like_those_who_leave() {
    let mut school = empty();
    done(&mut school, &added("juliet", &format!(r#","groups":["4b"]{SIGNED}"#)));
    for json in [
        added("romeo", &format!(r#","groups":["leavers"]{SIGNED}"#)).as_str(),
        r#"{"join-group":{"name":"juliet","group":"leavers"}}"#,
        r#"{"set-groups":{"name":"juliet","groups":["4b","Leavers"]}}"#,
        r#"{"rename-group":{"group":"4b","to":"LEAVERS"}}"#,
        r#"{"add-room":{"name":"last","groups":["leavers"]}}"#,
    ] {
        assert!(refused(&mut school, json).starts_with("no group is called `"), "{json}");
    }
}

#[test]
fn no_new_group_looks_like_several() {
    let account = Account {
        name: "nurse".to_owned(),
        display_name: "Nurse".to_owned(),
        kind: Kind::Teacher,
        groups: vec!["4b, Choir".to_owned()],
        enabled: true,
        keys: Keys::nobodys(),
    };
    let mut school = School::new(vec![account], [], NOW);
    done(&mut school, &added("juliet", &format!(r#","groups":["4b"]{SIGNED}"#)));
    for json in [
        added("romeo", &format!(r#","groups":["4b; Choir"]{SIGNED}"#)).as_str(),
        r#"{"join-group":{"name":"juliet","group":"Choir|Chess"}}"#,
        r#"{"set-groups":{"name":"juliet","groups":["4b","Choir, Chess"]}}"#,
        r#"{"rename-group":{"group":"4b","to":"4b,Choir"}}"#,
        r#"{"add-room":{"name":"several","groups":["4b,Choir"]}}"#,
    ] {
        assert!(refused(&mut school, json).ends_with("as if it were several"), "{json}");
    }
    // One that there is, is that, until it gets another name.
    done(&mut school, r#"{"join-group":{"name":"juliet","group":"4b, Choir"}}"#);
    done(&mut school, r#"{"leave-group":{"name":"juliet","group":"4b, Choir"}}"#);
    done(&mut school, r#"{"rename-group":{"group":"4b, Choir","to":"Staff"}}"#);
}

#[test]
fn no_group_looks_like_another() {
    let mut school = empty().with_groups(["Teachers".to_owned()]);
    done(&mut school, &added("juliet", &format!(r#","groups":["4b"]{SIGNED}"#)));
    done(&mut school, &added("romeo", SIGNED));
    let alike = "`4B` looks like the group `4b`: people would take one for the other";
    for act in [
        r#"{"join-group":{"name":"romeo","group":"4B"}}"#,
        r#"{"set-groups":{"name":"romeo","groups":["Choir","4B"]}}"#,
        r#"{"add-room":{"name":"fourth","groups":["4B"]}}"#,
    ] {
        assert_eq!(refused(&mut school, act), alike);
    }
    let cyrillic = refused(&mut school, "{\"join-group\":{\"name\":\"romeo\",\"group\":\"4\u{412}\"}}");
    assert_eq!(cyrillic, alike.replace("4B", "4\u{412}"));
    let mixed = refused(&mut school, "{\"join-group\":{\"name\":\"romeo\",\"group\":\"Ch\u{43e}ir\"}}");
    assert_eq!(mixed, "`Ch\u{43e}ir` mixes letters of different scripts, which look like others");
    assert_eq!(refused(&mut school, &added("tybalt", &format!(r#","groups":["4B"]{SIGNED}"#))), alike);
    let twice = r#"{"set-groups":{"name":"romeo","groups":["Choir","CHOIR"]}}"#;
    assert!(refused(&mut school, twice).contains("looks like the group"));
    let of_the_site = "{\"join-group\":{\"name\":\"romeo\",\"group\":\"T\u{435}achers\"}}";
    assert!(refused(&mut school, of_the_site).contains("looks like the group `Teachers`"));
    done(&mut school, r#"{"join-group":{"name":"romeo","group":"Choir"}}"#);
    let rename = r#"{"rename-group":{"group":"Choir","to":"4B"}}"#;
    assert_eq!(refused(&mut school, rename), alike);
    // A group that goes is in nobody's way.
    done(&mut school, r#"{"rename-group":{"group":"Choir","to":"CHOIR"}}"#);
    done(&mut school, r#"{"set-groups":{"name":"juliet","groups":["4B"]}}"#);
}
