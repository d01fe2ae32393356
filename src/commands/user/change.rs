//! `jailbuild user rename`, `kind`, `groups`, `disable` and `enable`

use xmppd_control::{Act, Kind, Label, Name};

use crate::{
    commands::desk::{Desk, each_once},
    error::Result,
};

/// Which accounts.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Whose.
    #[arg(required = true, value_name = "NAME")]
    pub(super) names: Vec<Name>,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Give an account another display name; its address stays.
///
/// For example: `jailbuild user rename juliet "Juliet Montague"`
#[derive(clap::Args, Debug)]
pub(super) struct RenameArgs {
    /// Whose.
    name: Name,

    /// What others shall see.
    display_name: Label,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Make an account one of another kind: child, parent, teacher or administrator.
///
/// For example: `jailbuild user kind escalus administrator`
#[derive(clap::Args, Debug)]
pub(super) struct KindArgs {
    /// Whose.
    name: Name,

    /// The kind; a child's takes a recorded consent.
    kind: Kind,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Put an account into these groups, and out of all others.
///
/// For example: `jailbuild user groups juliet 5b Choir`
#[derive(clap::Args, Debug)]
pub(super) struct GroupsArgs {
    /// Whose.
    name: Name,

    /// The groups.
    #[arg(required_unless_present = "none", value_name = "GROUP")]
    groups: Vec<Label>,

    /// Out of all groups.
    #[arg(long, conflicts_with = "groups")]
    none: bool,

    /// Say what would come of it, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn rename(args: &RenameArgs, desk: Desk<'_>) -> Result<u8> {
    let RenameArgs { name, display_name, dry_run } = args;
    let act = Act::RenameUser { name: name.clone(), display_name: display_name.clone() };
    desk.change(vec![act], *dry_run, "renamed")
}

pub(super) fn kind(args: &KindArgs, desk: Desk<'_>) -> Result<u8> {
    let act = Act::SetKind { name: args.name.clone(), kind: args.kind };
    desk.change(vec![act], args.dry_run, &format!("of the kind {}", args.kind))
}

pub(super) fn groups(args: &GroupsArgs, desk: Desk<'_>) -> Result<u8> {
    let act = Act::SetGroups { name: args.name.clone(), groups: args.groups.clone() };
    desk.change(vec![act], args.dry_run, if args.none { "in no group" } else { "in these groups alone" })
}

pub(super) fn disable(args: &Args, desk: Desk<'_>) -> Result<u8> {
    each(args, desk, |name| Act::DisableUser { name }, "disabled and cut off")
}

pub(super) fn enable(args: &Args, desk: Desk<'_>) -> Result<u8> {
    each(args, desk, |name| Act::EnableUser { name }, "enabled")
}

fn each(args: &Args, desk: Desk<'_>, act: impl Fn(Name) -> Act, did: &str) -> Result<u8> {
    desk.change(each_once(&args.names).into_iter().map(act).collect(), args.dry_run, did)
}
