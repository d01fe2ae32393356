//! `jailbuild user add`

use xmppd_control::{Act, Consent, Kind, Label, Name};

use super::passwd::Given;
use crate::{accounts::Signed, commands::desk::Desk, error::Result};

/// Add an account. Its password is made, and goes onto a login card.
///
/// A child gets an account when its parents' consent is recorded: by `consent record`, or here by `--signed` and `--slip`.
///
/// For example: `jailbuild user add juliet --display-name "Juliet Capulet" --group 4b --signed 2026-09-01 --slip 2026-2`
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The first part of the address.
    name: Name,

    /// What others see [default: NAME]
    #[arg(long, value_name = "TEXT")]
    display_name: Option<Label>,

    /// Whose it is: child, parent, teacher or administrator.
    #[arg(long, default_value_t)]
    kind: Kind,

    /// A group, such as the class; may be given several times.
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<Label>,

    /// The day that stands on the slip: 2026-09-01, or 1.9.2026.
    #[arg(long, value_name = "DAY", requires = "slip")]
    signed: Option<Signed>,

    /// The version that is printed on the slip.
    #[arg(long, value_name = "VERSION", requires = "signed")]
    slip: Option<Label>,

    #[command(flatten)]
    given: Given,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, desk: Desk<'_>) -> Result<u8> {
    let Args { name, display_name, kind, groups, signed, slip, given, dry_run } = args;
    let shown = display_name.as_ref().map_or(name.as_str(), Label::as_str);
    let consent = signed.zip(slip.clone()).map(|(Signed(signed), slip)| Consent { signed, slip });
    let act = |password| Act::AddUser {
        name: name.clone(),
        display_name: display_name.clone(),
        kind: *kind,
        groups: groups.clone(),
        password,
        consent,
    };
    given.change(desk, name, shown, act, "added", *dry_run)
}
