//! What the forms of commands ask for, and what was filled in, parsed.

use std::{fmt::Display, str::FromStr};

use xmppd_control::{Act, Consent, Kind, Label, Name};

use super::{Run, Told};
use crate::{
    auth::Password,
    features::form::{Field, FieldType, Form, Submission},
    router::Router,
};

pub(super) const FORM_TYPE: &str = "http://jabber.org/protocol/admin";

/// More accounts than anybody types into one form.
const MOST_ACCOUNTS: usize = 500;

pub(super) type Parsed<T> = Result<T, String>;

/// A form with a title, and a sentence that says what comes of it.
pub(super) fn form(title: &str, instructions: &str) -> Form {
    Form::to_fill_in(FORM_TYPE).title(title).instructions(instructions)
}

pub(super) const ADDRESS: Field<'static> = required("accountjid", FieldType::JidSingle, "Address");
pub(super) const ADDRESSES: Field<'static> =
    required("accountjids", FieldType::JidMulti, "Addresses, one a line");
pub(super) const KIND: Field<'static> = Field {
    values: &["child"],
    options: &[
        ("A child", "child"),
        ("A parent", "parent"),
        ("A teacher, or somebody else of the school", "teacher"),
        ("An administrator", "administrator"),
    ],
    ..required("kind", FieldType::ListSingle, "Whose account it is")
};
pub(super) const SIGNED: Field<'static> =
    optional("signed", FieldType::TextSingle, "Day on which the parents signed the slip, such as 2026-09-01");
pub(super) const SLIP: Field<'static> =
    optional("slip", FieldType::TextSingle, "Version that is printed on the slip");
pub(super) const PASSWORD: Field<'static> =
    optional("password", FieldType::TextPrivate, "Password; leave it empty, and a good one is made");
pub(super) const PASSWORD_AGAIN: Field<'static> =
    optional("password-verify", FieldType::TextPrivate, "Password, again");

pub(super) const fn required(name: &'static str, kind: FieldType, label: &'static str) -> Field<'static> {
    Field { is_required: true, ..optional(name, kind, label) }
}

pub(super) const fn optional(name: &'static str, kind: FieldType, label: &'static str) -> Field<'static> {
    Field { name, kind, label, values: &[], options: &[], is_required: false }
}

/// These are to be done; or what was filled in is wrong.
pub(super) fn changing(parsed: Parsed<Vec<Act>>) -> Run {
    match parsed {
        Ok(acts) => Run::Change(acts, None),
        Err(reason) => wrong(reason),
    }
}

pub(super) fn wrong(reason: String) -> Run {
    Run::Told(Told::Wrong(vec![reason]))
}

/// The same act for each of the accounts.
pub(super) fn each(router: &Router, submission: &Submission, act: impl Fn(Name) -> Act) -> Parsed<Vec<Act>> {
    let lines = submission.values(ADDRESSES.name).iter().flat_map(|value| value.split_whitespace());
    let acts = lines.map(|line| name_of(router, line).map(&act)).collect::<Result<Vec<_>, _>>()?;
    match acts.len() {
        0 => Err("no address is given".to_owned()),
        1..=MOST_ACCOUNTS => Ok(acts),
        _ => Err(format!("at most {MOST_ACCOUNTS} accounts at a time")),
    }
}

pub(super) fn account(router: &Router, submission: &Submission) -> Parsed<Name> {
    name_of(router, text(submission, ADDRESS.name).ok_or("no address is given")?)
}

/// An address of this server, or the part before its `@` alone.
fn name_of(router: &Router, text: &str) -> Parsed<Name> {
    let name = match text.split_once('@') {
        None => text,
        Some((name, domain)) if domain.eq_ignore_ascii_case(&router.settings.domain) => name,
        Some(_) => return Err(format!("`{text}` is not an address of `{}`", router.settings.domain)),
    };
    parse(name)
}

/// The one that was typed, twice where it is asked for twice; or else one that is made.
pub(super) fn password(submission: &Submission) -> Parsed<Option<Password>> {
    let typed = |field: &Field<'_>| submission.value(field.name).unwrap_or_default();
    let is_repeated = submission.names().any(|name| name == PASSWORD_AGAIN.name);
    if is_repeated && typed(&PASSWORD) != typed(&PASSWORD_AGAIN) {
        return Err("the two passwords differ".to_owned());
    }
    match typed(&PASSWORD) {
        "" => Ok(None),
        text => Password::choose(text).map(Some).map_err(|error| error.to_string()),
    }
}

pub(super) fn kind(submission: &Submission) -> Parsed<Kind> {
    text(submission, KIND.name).map_or(Ok(Kind::default()), parse)
}

/// What stands on the slip; neither of both where consent was recorded before, or none is needed.
pub(super) fn consent(submission: &Submission) -> Parsed<Option<Consent>> {
    match (text(submission, SIGNED.name), text(submission, SLIP.name)) {
        (None, None) => Ok(None),
        (Some(signed), Some(slip)) => Ok(Some(Consent { signed: parse(signed)?, slip: parse(slip)? })),
        _ => Err("a consent is the day on which the slip was signed, and its version: give both".to_owned()),
    }
}

/// A label that must be there.
pub(super) fn label(submission: &Submission, field: &Field<'_>) -> Parsed<Label> {
    let missing = || format!("`{}` is empty", field.label);
    parse(text(submission, field.name).ok_or_else(missing)?)
}

/// A label a line; maybe none.
pub(super) fn labels(submission: &Submission, field: &str) -> Parsed<Vec<Label>> {
    let lines = submission.values(field).iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    lines.map(parse).collect()
}

/// What stands in a field, unless that is nothing.
pub(super) fn text<'a>(submission: &'a Submission, field: &str) -> Option<&'a str> {
    submission.value(field).map(str::trim).filter(|text| !text.is_empty())
}

pub(super) fn parse<T: FromStr<Err: Display>>(text: &str) -> Parsed<T> {
    text.parse().map_err(|error: T::Err| error.to_string())
}
