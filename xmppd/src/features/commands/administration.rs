//! XEP-0133: accounts, from an administrator's client. Passwords cannot be read, and when somebody was last
//! here is not kept, so there are no commands for these.

use super::{Command, Run};
use crate::{
    account::{AccountError, Kind, Label, Name},
    act::Act,
    auth::Password,
    control::{Consent, DayError},
    features::form::{Field, FieldType, Form, Submission},
    router::{Router, people::Person},
};

pub(super) const FORM_TYPE: &str = "http://jabber.org/protocol/admin";

/// More accounts than anybody types into one form.
const MOST_ACCOUNTS: usize = 500;

pub(super) const ALL: [Command; 12] = [
    Command {
        node: "http://jabber.org/protocol/admin#add-user",
        name: "Add an account",
        form: Some(adding),
        run: |router, submission, _| acts(add(router, submission)),
    },
    Command {
        node: "http://jabber.org/protocol/admin#delete-user",
        name: "Remove accounts",
        form: Some(|_| accounts("Remove accounts", "All that the server keeps of them is erased.")),
        run: |router, submission, _| acts(each(router, submission, |name| Act::RemoveUser { name })),
    },
    Command {
        node: "http://jabber.org/protocol/admin#disable-user",
        name: "Disable accounts",
        form: Some(|_| accounts("Disable accounts", "Their sessions end at once, and they cannot log in.")),
        run: |router, submission, _| acts(each(router, submission, |name| Act::DisableUser { name })),
    },
    Command {
        node: "http://jabber.org/protocol/admin#reenable-user",
        name: "Enable accounts again",
        form: Some(|_| accounts("Enable accounts again", "They can log in with the password that they had.")),
        run: |router, submission, _| acts(each(router, submission, |name| Act::EnableUser { name })),
    },
    Command {
        node: "http://jabber.org/protocol/admin#end-user-session",
        name: "End sessions",
        form: Some(|_| accounts("End sessions", "Their sessions end at once; they can log in again.")),
        run: |router, submission, _| acts(each(router, submission, |name| Act::EndSessions { name })),
    },
    Command {
        node: "http://jabber.org/protocol/admin#change-user-password",
        name: "Give an account a new password",
        form: Some(new_password),
        run: |router, submission, _| acts(set_password(router, submission)),
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-registered-users-num",
        name: "How many accounts there are",
        form: None,
        run: |router, _, _| count("registeredusersnum", "Accounts", names(router, |_| true).len()),
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-disabled-users-num",
        name: "How many accounts are disabled",
        form: None,
        run: |router, _, _| {
            count("disabledusersnum", "Disabled accounts", names(router, Person::is_disabled).len())
        },
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-online-users-num",
        name: "How many people are online",
        form: None,
        run: |router, _, _| count("onlineusersnum", "Online", names(router, Person::is_online).len()),
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-registered-users-list",
        name: "List accounts",
        form: None,
        run: |router, _, _| list("registereduserjids", "Accounts", &names(router, |_| true)),
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-disabled-users-list",
        name: "List disabled accounts",
        form: None,
        run: |router, _, _| {
            list("disableduserjids", "Disabled accounts", &names(router, Person::is_disabled))
        },
    },
    Command {
        node: "http://jabber.org/protocol/admin#get-online-users-list",
        name: "List who is online",
        form: None,
        run: |router, _, _| list("onlineuserjids", "Online", &names(router, Person::is_online)),
    },
];

fn adding(_: &Router) -> Form {
    Form::to_fill_in(FORM_TYPE)
        .title("Add an account")
        .instructions("The parents' consent comes first.")
        .field(&required("accountjid", FieldType::JidSingle, "Address"))
        .field(&required("password", FieldType::TextPrivate, "Password"))
        .field(&required("password-verify", FieldType::TextPrivate, "Password, again"))
        .field(&Field::new("given_name", FieldType::TextSingle, "Given name", &[]))
        .field(&Field::new("surname", FieldType::TextSingle, "Surname", &[]))
        .field(&Field::new(
            "kind",
            FieldType::TextSingle,
            "child, parent, teacher or administrator",
            &["child"],
        ))
        .field(&Field::new(
            "signed",
            FieldType::TextSingle,
            "The day on which the parents signed the slip, as 2026-09-01",
            &[],
        ))
        .field(&Field::new("slip", FieldType::TextSingle, "The version that is printed on the slip", &[]))
        .field(&Field::new("groups", FieldType::TextMulti, "Groups, such as a class, one a line", &[]))
}

fn new_password(_: &Router) -> Form {
    Form::to_fill_in(FORM_TYPE)
        .title("Give an account a new password")
        .instructions("Its sessions end: whoever has the old password is out.")
        .field(&required("accountjid", FieldType::JidSingle, "Address"))
        .field(&required("password", FieldType::TextPrivate, "New password"))
}

fn accounts(title: &str, instructions: &str) -> Form {
    Form::to_fill_in(FORM_TYPE).title(title).instructions(instructions).field(&required(
        "accountjids",
        FieldType::JidMulti,
        "Addresses, one a line",
    ))
}

fn required<'a>(name: &'a str, kind: FieldType, label: &'a str) -> Field<'a> {
    Field { is_required: true, ..Field::new(name, kind, label, &[]) }
}

/// All or nothing: a mistake in one line leaves the others undone, too.
fn acts(parsed: Result<Vec<Act>, String>) -> Run {
    parsed.map_or_else(Run::Wrong, Run::Acts)
}

fn add(router: &Router, submission: &Submission) -> Result<Vec<Act>, String> {
    if submission.value("password") != submission.value("password-verify") {
        return Err("the two passwords differ".to_owned());
    }
    let full_name = ["given_name", "surname"].map(|part| submission.value(part).unwrap_or_default().trim());
    let full_name = full_name.join(" ");
    let display_name = match full_name.trim() {
        "" => None,
        text => Some(label(text)?),
    };
    let lines = submission.values("groups").iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let groups = lines.map(label).collect::<Result<_, _>>()?;
    let (name, password) = (account(router, submission.value("accountjid"))?, password(submission)?);
    let (kind, consent) = (kind(submission)?, consent(submission)?);
    Ok(vec![Act::AddUser { name, display_name, kind, groups, password, consent }])
}

fn set_password(router: &Router, submission: &Submission) -> Result<Vec<Act>, String> {
    let (name, password) = (account(router, submission.value("accountjid"))?, password(submission)?);
    Ok(vec![Act::SetPassword { name, password }])
}

fn each(router: &Router, submission: &Submission, act: fn(Name) -> Act) -> Result<Vec<Act>, String> {
    let lines = submission.values("accountjids").iter().flat_map(|value| value.split_whitespace());
    let acts = lines.map(|line| account(router, Some(line)).map(act)).collect::<Result<Vec<_>, _>>()?;
    match acts.len() {
        0 => Err("no address is given".to_owned()),
        1..=MOST_ACCOUNTS => Ok(acts),
        _ => Err(format!("at most {MOST_ACCOUNTS} accounts at a time")),
    }
}

/// An address of this server, or the part before its `@` alone.
fn account(router: &Router, text: Option<&str>) -> Result<Name, String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty()).ok_or("no address is given")?;
    let name = match text.split_once('@') {
        None => text,
        Some((name, domain)) if domain.eq_ignore_ascii_case(&router.settings.domain) => name,
        Some(_) => return Err(format!("`{text}` is not an address of `{}`", router.settings.domain)),
    };
    name.parse().map_err(|error: AccountError| error.to_string())
}

fn password(submission: &Submission) -> Result<Password, String> {
    Password::choose(submission.value("password").unwrap_or_default()).map_err(|error| error.to_string())
}

fn kind(submission: &Submission) -> Result<Kind, String> {
    let text = submission.value("kind").map(str::trim).filter(|text| !text.is_empty());
    text.map_or(Ok(Kind::default()), |text| text.parse().map_err(|error: AccountError| error.to_string()))
}

/// What stands on the slip; neither of both where consent was recorded before, or none is needed.
fn consent(submission: &Submission) -> Result<Option<Consent>, String> {
    let value = |name| submission.value(name).map(str::trim).filter(|text| !text.is_empty());
    match (value("signed"), value("slip")) {
        (None, None) => Ok(None),
        (Some(signed), Some(slip)) => {
            let signed = signed.parse().map_err(|error: DayError| error.to_string())?;
            Ok(Some(Consent { signed, slip: label(slip)? }))
        }
        _ => Err("a consent is the day on which the slip was signed, and its version: give both".to_owned()),
    }
}

fn label(text: &str) -> Result<Label, String> {
    text.parse().map_err(|error: AccountError| error.to_string())
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
    Run::Shown(Form::result(FORM_TYPE).field(&Field::new(field, FieldType::TextSingle, label, &[&number])))
}

fn list(field: &str, label: &str, names: &[&str]) -> Run {
    Run::Shown(Form::result(FORM_TYPE).field(&Field::new(field, FieldType::JidMulti, label, names)))
}
