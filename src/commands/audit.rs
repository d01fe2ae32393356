//! `jailbuild audit`: what administrators did.

use std::path::Path;

use xmppd_control::{AuditLine, Label, Name};

use super::desk::Desk;
use crate::{
    accounts::Listing,
    administration::{Daemon, Target},
    console::Console,
    error::Result,
};

/// Show what administrators did, the newest last: who, what, to which account, group or room, and with what outcome.
///
/// It never says what anybody wrote, or to whom.
///
/// For example: `jailbuild audit juliet --last 20`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// To this account, group or room alone.
    name: Option<Label>,

    /// So many lines at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    last: u32,

    #[command(flatten)]
    target: Target,
}

/// Asks the daemon, which remembers.
pub fn run(args: &Args, named: Option<&Path>, console: &Console) -> Result<u8> {
    let mut desk = Desk::open(&args.target, named, console)?;
    let lines = Listing(lines(args, &mut desk.daemon)?);
    let text = match &args.name {
        Some(name) if lines.0.is_empty() => format!("nothing is remembered of `{name}`"),
        _ => lines.to_string(),
    };
    console.result(&lines, text)?;
    Ok(0)
}

/// A group goes by its name as it is written; an account, or a room, by the prepared form of its own.
fn lines(args: &Args, daemon: &mut Daemon) -> Result<Vec<AuditLine>> {
    let mut lines = daemon.audit(args.name.clone(), args.last)?;
    if let Some(prepared) = args.name.as_ref().and_then(prepared) {
        lines.extend(daemon.audit(Some(prepared), args.last)?);
        lines.sort_by(|one, other| one.at.cmp(&other.at));
        let too_many = lines.len().saturating_sub(usize::try_from(args.last).unwrap_or(usize::MAX));
        lines.drain(..too_many);
    }
    Ok(lines)
}

/// Where that is another.
fn prepared(written: &Label) -> Option<Label> {
    let name: Name = written.as_str().parse().ok()?;
    name.as_str().parse().ok().filter(|prepared| prepared != written)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_for_in_its_prepared_form_as_well() {
        let label = |text: &str| text.parse::<Label>().unwrap();
        assert_eq!(prepared(&label("Björn")), Some(label("björn")));
        assert_eq!(prepared(&label("björn")), None);
        assert_eq!(prepared(&label("Class 4b")), None);
    }
}
