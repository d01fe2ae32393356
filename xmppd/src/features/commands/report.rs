//! Counts and lists (XEP-0133 §4.10 to §4.21), one account, and what administrators did.

use xmppd_control::{self as control, User};

use super::{
    Asked, Command, OTHER_ANSWER, Run, Told,
    field::{ADDRESS, FORM_TYPE, account, form, wrong},
};
use crate::{
    features::{
        delay,
        form::{Field, FieldType, Form},
    },
    router::{Router, people::Person},
};

/// More than anybody reads on a phone.
const MOST_DEEDS: u32 = 50;

pub(super) const ALL: [Command; 8] = [
    Command {
        node: "http://jabber.org/protocol/admin#get-registered-users-num",
        name: "How many accounts there are",
        run: |router, _, _| count("registeredusersnum", "Accounts", names(router, |_| true).len()),
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-disabled-users-num",
        name: "How many accounts are disabled",
        run: |router, _, _| {
            count("disabledusersnum", "Disabled accounts", names(router, Person::is_disabled).len())
        },
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-online-users-num",
        name: "How many people are online",
        run: |router, _, _| count("onlineusersnum", "Online", names(router, Person::is_online).len()),
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-registered-users-list",
        name: "List accounts",
        run: |router, _, _| list("registereduserjids", "Accounts", &names(router, |_| true)),
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-disabled-users-list",
        name: "List disabled accounts",
        run: |router, _, _| {
            list("disableduserjids", "Disabled accounts", &names(router, Person::is_disabled))
        },
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-online-users-list",
        name: "List who is online",
        run: |router, _, _| list("onlineuserjids", "Online", &names(router, Person::is_online)),
        ..Command::DEFAULT
    },
    Command {
        node: "xmppd#show-user",
        name: "Show an account",
        form: Some(|_| {
            form("Show an account", "What is known of it; never what it says, or to whom.").field(&ADDRESS)
        }),
        run: |router, submission, _| match account(router, submission) {
            Ok(_) => Run::Ask(control::Request::ListUsers),
            Err(reason) => wrong(reason),
        },
        tell: |router, asked, answer, _| show(router, asked, answer),
    },
    Command {
        node: "xmppd#last-acts",
        name: "What administrators did last",
        run: |_, _, _| Run::Ask(control::Request::Audit { about: None, most: MOST_DEEDS }),
        tell: |_, _, answer, _| last_acts(answer),
        ..Command::DEFAULT
    },
];

fn show(router: &Router, asked: &Asked, answer: control::Answer) -> Told {
    let control::Answer::Users(users) = answer else { return Told::Wrong(vec![OTHER_ANSWER.to_owned()]) };
    let name = match account(router, &asked.filled) {
        Ok(name) => name,
        Err(reason) => return Told::Wrong(vec![reason]),
    };
    match users.into_iter().find(|user| user.name == name.as_str()) {
        Some(user) => Told::Shown(facts(router, &user)),
        None => Told::Wrong(vec![format!("there is no account `{name}`")]),
    }
}

fn facts(router: &Router, user: &User) -> Form {
    let User { name, display_name, kind, groups, enabled, consent } = user;
    let devices = router.sessions_of(name).map(|session| {
        let resource = session.jid.resource().unwrap_or_default();
        format!("{resource}, since {}", delay::stamp(session.bound))
    });
    let (devices, groups): (Vec<_>, Vec<_>) =
        (devices.collect(), groups.iter().map(String::as_str).collect());
    let devices: Vec<_> = devices.iter().map(String::as_str).collect();
    let address = format!("{name}@{}", router.settings.domain);
    let state = if *enabled { "enabled" } else { "disabled" };
    let line = |name, label, value| (name, FieldType::TextSingle, label, vec![value]);
    let fields = [
        ("accountjid", FieldType::JidSingle, "Address", vec![address.as_str()]),
        line("display_name", "What others see", display_name.as_str()),
        line("kind", "Whose account it is", kind.name()),
        line("state", "Account", state),
        line("consent", "Consent of the parents", consent.name()),
        ("groups", FieldType::TextMulti, "Groups", groups),
        ("devices", FieldType::TextMulti, "Online with", devices),
    ];
    fields.iter().fold(Form::result(FORM_TYPE), |form, (name, kind, label, values)| {
        form.field(&Field::new(name, *kind, label, values))
    })
}

fn last_acts(answer: control::Answer) -> Told {
    let control::Answer::Audit(lines) = answer else { return Told::Wrong(vec![OTHER_ANSWER.to_owned()]) };
    let columns =
        [("at", "When"), ("who", "Who"), ("act", "What"), ("about", "To whom"), ("outcome", "Outcome")];
    let rows = lines.into_iter().map(|line| [line.at, line.who, line.act, line.about, line.outcome]);
    Told::Shown(Form::result(FORM_TYPE).title("What administrators did last").table(columns, rows))
}

/// The addresses of accounts, by name.
fn names(router: &Router, is_wanted: fn(&Person) -> bool) -> Vec<&str> {
    let mut names: Vec<_> =
        router.people.values().filter(|person| is_wanted(person)).map(|person| person.jid.as_str()).collect();
    names.sort_unstable();
    names
}

fn count(field: &str, label: &str, number: usize) -> Run {
    let number = number.to_string();
    shown(&Field::new(field, FieldType::TextSingle, label, &[&number]))
}

fn list(field: &str, label: &str, names: &[&str]) -> Run {
    shown(&Field::new(field, FieldType::JidMulti, label, names))
}

fn shown(field: &Field<'_>) -> Run {
    Run::Told(Told::Shown(Form::result(FORM_TYPE).field(field)))
}
