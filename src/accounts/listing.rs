//! Accounts, consents, sessions and administrative acts in columns.

use std::fmt;

use serde::Serialize;
use xmppd_control::{Act, AuditLine, Consented, Kind, Session, Standing, User};

use crate::columns::columns;

/// Which accounts are meant; all where nothing is said.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Filter {
    /// Those of this kind: child, parent, teacher or administrator.
    #[arg(long)]
    pub kind: Option<Kind>,

    /// Those in this group.
    #[arg(long)]
    pub group: Option<String>,

    /// Those that may not log in.
    #[arg(long)]
    pub disabled: bool,

    /// Those that lack the consent that they need, or whose was withdrawn.
    #[arg(long)]
    pub without_consent: bool,
}

impl Filter {
    /// Whether an account is meant.
    pub fn takes(&self, user: &User) -> bool {
        self.kind.is_none_or(|kind| user.kind == kind)
            && self.group.as_ref().is_none_or(|group| user.is_in(group))
            && !(self.disabled && user.enabled)
            && (!self.without_consent || lacks_consent(user))
    }
}

fn lacks_consent(user: &User) -> bool {
    matches!(user.consent, Standing::Missing | Standing::Withdrawn)
}

/// Things of a kind, shown in columns; as JSON a list.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Listing<T>(pub Vec<T>);

impl fmt::Display for Listing<User> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |user: &User| {
            [
                user.name.clone(),
                user.display_name.clone(),
                user.kind.to_string(),
                if user.enabled { "enabled" } else { "disabled" }.to_owned(),
                user.consent.name().to_owned(),
                user.groups.join(", "),
            ]
        };
        let titles = ["NAME", "DISPLAY NAME", "KIND", "LOGIN", "CONSENT", "GROUPS"];
        show(formatter, titles, self.0.iter().map(row), "there is no such account")
    }
}

impl fmt::Display for Listing<Session> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |session: &Session| [session.name.clone(), session.resource.clone(), session.since.clone()];
        show(formatter, ["NAME", "DEVICE", "SINCE"], self.0.iter().map(row), "nobody is online")
    }
}

impl fmt::Display for Listing<AuditLine> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |line: &AuditLine| {
            let about = to_what(line).to_owned();
            let AuditLine { at, who, act, outcome, .. } = line.clone();
            [at, who, act, about, outcome]
        };
        let titles = ["AT", "WHO", "DID", "TO", "OUTCOME"];
        show(formatter, titles, self.0.iter().map(row), "nothing was done yet")
    }
}

/// A list goes by a digest, of which a part is enough to tell it from a few others.
fn to_what(line: &AuditLine) -> &str {
    match line.act.as_str() {
        Act::END_YEAR => line.about.get(..12).unwrap_or(&line.about),
        _ => &line.about,
    }
}

impl fmt::Display for Listing<Consented> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |consented: &Consented| {
            [
                consented.name.clone(),
                consented.consent.signed.to_string(),
                consented.consent.slip.to_string(),
                consented.recorded_by.clone(),
                consented.recorded.clone(),
                standing(consented).to_owned(),
            ]
        };
        let titles = ["NAME", "SIGNED", "SLIP", "RECORDED BY", "RECORDED", ""];
        show(formatter, titles, self.0.iter().map(row), "no consent is recorded")
    }
}

fn standing(consented: &Consented) -> &'static str {
    match (&consented.withdrawn, consented.has_account) {
        (Some(_), _) => "withdrawn",
        (None, true) => "",
        (None, false) => "no account yet",
    }
}

fn show<const N: usize>(
    formatter: &mut fmt::Formatter<'_>,
    titles: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    none: &str,
) -> fmt::Result {
    let rows: Vec<_> = rows.collect();
    formatter.write_str(&if rows.is_empty() { none.to_owned() } else { columns(titles, &rows) })
}
