//! Accounts: added, removed, disabled, changed (XEP-0133 §4.1 to §4.6, and what it does not have).

use xmppd_control::Act;

use super::{
    Command, Run,
    field::{
        ADDRESS, ADDRESSES, FORM_TYPE, KIND, PASSWORD, PASSWORD_AGAIN, Parsed, SIGNED, SLIP, account,
        changing, consent, each, form, kind, label, labels, optional, parse, password, required, text, wrong,
    },
};
use crate::{
    auth::Password,
    features::form::{Field, FieldType, Form, Submission},
    router::Router,
};

const GIVEN_NAME: Field<'static> = optional("given_name", FieldType::TextSingle, "Given name");
const SURNAME: Field<'static> = optional("surname", FieldType::TextSingle, "Surname");
const GROUPS: Field<'static> =
    optional("groups", FieldType::TextMulti, "Groups, such as a class, one a line");
const DISPLAY_NAME: Field<'static> = required("display_name", FieldType::TextSingle, "What others shall see");

pub(super) const ALL: [Command; 8] = [
    Command {
        node: "http://jabber.org/protocol/admin#add-user",
        name: "Add an account",
        form: Some(adding),
        run: |router, submission, _| with_password(submission, |password| add(router, submission, password)),
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#delete-user",
        name: "Remove accounts",
        form: Some(|_| {
            form(
                "Remove accounts",
                "All that the server keeps of them is erased, and what they have sent that nobody has received yet.",
            )
            .field(&ADDRESSES)
        }),
        run: |router, submission, _| changing(each(router, submission, |name| Act::RemoveUser { name })),
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#disable-user",
        name: "Disable accounts",
        form: Some(|_| {
            form("Disable accounts", "Their sessions end at once, and they cannot log in.").field(&ADDRESSES)
        }),
        run: |router, submission, _| changing(each(router, submission, |name| Act::DisableUser { name })),
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#reenable-user",
        name: "Enable accounts again",
        form: Some(|_| {
            form("Enable accounts again", "They can log in with the password that they had.")
                .field(&ADDRESSES)
        }),
        run: |router, submission, _| changing(each(router, submission, |name| Act::EnableUser { name })),
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#end-user-session",
        name: "End sessions",
        form: Some(|_| {
            form("End sessions", "Their sessions end at once; they can log in again.").field(&ADDRESSES)
        }),
        run: |router, submission, _| changing(each(router, submission, |name| Act::EndSessions { name })),
        ..Command::DEFAULT
    },
    Command {
        node: "http://jabber.org/protocol/admin#change-user-password",
        name: "Give an account a new password",
        form: Some(|_| {
            form("Give an account a new password", "Its sessions end: whoever has the old password is out.")
                .field(&ADDRESS)
                .field(&PASSWORD)
        }),
        run: |router, submission, _| {
            with_password(submission, |password| {
                Ok(Act::SetPassword { name: account(router, submission)?, password })
            })
        },
        ..Command::DEFAULT
    },
    Command {
        node: "xmppd#rename-user",
        name: "Give an account another display name",
        form: Some(|_| {
            form(
                "Give an account another display name",
                "Its address stays; everybody's roster shows the new name at once.",
            )
            .field(&ADDRESS)
            .field(&DISPLAY_NAME)
        }),
        run: |router, submission, _| changing(rename(router, submission)),
        ..Command::DEFAULT
    },
    Command {
        node: "xmppd#set-kind",
        name: "Say whose accounts they are",
        form: Some(|_| {
            form("Say whose accounts they are", "No account becomes a child's without its parents' consent.")
                .field(&ADDRESSES)
                .field(&KIND)
        }),
        run: |router, submission, _| changing(set_kind(router, submission)),
        ..Command::DEFAULT
    },
];

fn adding(_: &Router) -> Form {
    form(
        "Add an account",
        "The parents' consent comes first: a child gets no account before it is recorded, here or earlier.",
    )
    .field(&ADDRESS)
    .field(&GIVEN_NAME)
    .field(&SURNAME)
    .field(&KIND)
    .field(&SIGNED)
    .field(&SLIP)
    .field(&GROUPS)
    .field(&PASSWORD)
    .field(&PASSWORD_AGAIN)
}

fn add(router: &Router, submission: &Submission, password: Password) -> Parsed<Act> {
    let full_name = [&GIVEN_NAME, &SURNAME].map(|field| text(submission, field.name).unwrap_or_default());
    let full_name = full_name.join(" ");
    let display_name = match full_name.trim() {
        "" => None,
        text => Some(parse(text)?),
    };
    let (name, kind) = (account(router, submission)?, kind(submission)?);
    let (groups, consent) = (labels(submission, GROUPS.name)?, consent(submission)?);
    Ok(Act::AddUser { name, display_name, kind, groups, password, consent })
}

fn rename(router: &Router, submission: &Submission) -> Parsed<Vec<Act>> {
    let (name, display_name) = (account(router, submission)?, label(submission, &DISPLAY_NAME)?);
    Ok(vec![Act::RenameUser { name, display_name }])
}

fn set_kind(router: &Router, submission: &Submission) -> Parsed<Vec<Act>> {
    let kind = kind(submission)?;
    each(router, submission, |name| Act::SetKind { name, kind })
}

/// With the password that was typed, or one that is made, to be shown once.
fn with_password(submission: &Submission, act: impl FnOnce(Password) -> Parsed<Act>) -> Run {
    let typed = match password(submission) {
        Ok(typed) => typed,
        Err(reason) => return wrong(reason),
    };
    let made = typed.is_none().then(Password::generate);
    let password = typed.or_else(|| made.clone()).expect("it is typed or made");
    match act(password) {
        Ok(act) => Run::Change(vec![act], made),
        Err(reason) => wrong(reason),
    }
}

/// The password that was made, to be written on a card.
pub(super) fn card(router: &Router, submission: &Submission, password: &Password) -> Form {
    let address = account(router, submission).map(|name| format!("{name}@{}", router.settings.domain));
    Form::result(FORM_TYPE)
        .title("Write it on the card")
        .instructions("The password is shown this once: nobody can read it later.")
        .field(&Field::new("accountjid", FieldType::JidSingle, "Address", &[&address.unwrap_or_default()]))
        .field(&Field::new("password", FieldType::TextSingle, "Password", &[password.reveal()]))
}
