//! What parents have signed: recorded, withdrawn, and whose is missing.

use xmppd_control::{self as control, Act, Standing, User};

use super::{
    Command, OTHER_ANSWER, Run, Told,
    field::{ADDRESSES, FORM_TYPE, Parsed, SIGNED, SLIP, changing, consent, each, form},
};
use crate::{
    features::form::{Field, Form, Submission},
    router::Router,
};

pub(super) const ALL: [Command; 3] = [
    Command {
        node: "xmppd#record-consent",
        name: "Record that parents have consented",
        form: Some(|_| {
            form(
                "Record that parents have consented",
                "For accounts, or names that are to get one. What was recorded before is replaced.",
            )
            .field(&ADDRESSES)
            .field(&Field { is_required: true, ..SIGNED })
            .field(&Field { is_required: true, ..SLIP })
        }),
        run: |router, submission, _| changing(record(router, submission)),
        ..Command::DEFAULT
    },
    Command {
        node: "xmppd#withdraw-consent",
        name: "Withdraw a consent",
        form: Some(|_| form("Withdraw a consent", "The accounts are disabled at once.").field(&ADDRESSES)),
        run: |router, submission, _| changing(each(router, submission, |name| Act::WithdrawConsent { name })),
        ..Command::DEFAULT
    },
    Command {
        node: "xmppd#missing-consents",
        name: "List accounts without the consent that they need",
        run: |_, _, _| Run::Ask(control::Request::ListUsers),
        tell: |router, _, answer, _| missing(router, answer),
        ..Command::DEFAULT
    },
];

fn record(router: &Router, submission: &Submission) -> Parsed<Vec<Act>> {
    let consent = consent(submission)?.ok_or("the day and the version that stand on the slip are missing")?;
    each(router, submission, |name| Act::RecordConsent { name, consent: consent.clone() })
}

fn missing(router: &Router, answer: control::Answer) -> Told {
    let control::Answer::Users(users) = answer else { return Told::Wrong(vec![OTHER_ANSWER.to_owned()]) };
    let is_missing = |user: &User| matches!(user.consent, Standing::Missing | Standing::Withdrawn);
    let row = |user: User| {
        let state = if user.enabled { "enabled" } else { "disabled" };
        let address = format!("{}@{}", user.name, router.settings.domain);
        [address, user.display_name, user.consent.name().to_owned(), state.to_owned()]
    };
    let columns = [("jid", "Address"), ("name", "Name"), ("consent", "Consent"), ("state", "Account")];
    let rows = users.into_iter().filter(is_missing).map(row);
    Told::Shown(
        Form::result(FORM_TYPE).title("Accounts without the consent that they need").table(columns, rows),
    )
}
