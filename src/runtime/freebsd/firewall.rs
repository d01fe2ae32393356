//! The host's pf, as it is and as it must be.

use std::collections::BTreeSet;

use super::facts;
use crate::{
    error::{Error, Result},
    host::{Host, command::Command},
    runtime::{Firewall, Place},
};

/// Refuses a host whose pf would not look at the anchor: its rules would load without complaint, and do nothing.
pub fn require(host: &dyn Host) -> Result<()> {
    if !is_enabled(host) {
        return Err(Error::host("pf is not enabled", "type `sysrc pf_enable=YES && service pf start`"));
    }
    for (what, line, place) in [
        ("nat", "rdr-anchor \"jailbuild/*\"", "before the filter rules"),
        ("rules", "anchor \"jailbuild/*\"", "as the first of the filter rules"),
    ] {
        if !shows(host, what, line) {
            return Err(Error::host(
                "the host's pf does not evaluate the anchors of `jailbuild`",
                format_args!(
                    "add this line to /etc/pf.conf, {place}: `{line}`; then type `service pf reload`"
                ),
            ));
        }
    }
    Ok(())
}

/// Whether packets are looked at at all.
pub fn is_enabled(host: &dyn Host) -> bool {
    shows(host, "info", "Status: Enabled")
}

fn shows(host: &dyn Host, what: &str, line: &str) -> bool {
    let shown = host.ask(&Command::new("pfctl").args(["-s", what])).unwrap_or_default();
    shown.lines().any(|shown| shown.starts_with(line))
}

/// What an anchor holds, in pf's own normal form.
#[derive(Debug, Default, Eq, PartialEq)]
struct Ruleset {
    translation: Vec<String>,
    filter: Vec<String>,
    /// Each table with its addresses.
    tables: BTreeSet<(String, BTreeSet<String>)>,
}

/// Compares the anchor with what it must hold, and counts what was dropped under the label `s2s`.
pub(super) fn check(host: &dyn Host, place: &Place) -> Firewall {
    let look = || {
        require(host)?;
        let wanted = wanted(host, place)?;
        let loaded = loaded(host, place, &wanted)?;
        let labels = pfctl(host, place, &["-vsl"])?;
        Ok::<_, Error>((wanted, loaded, facts::labelled_packets(&labels, "s2s")))
    };
    let (wanted, loaded, blocked_packets) = match look() {
        Ok(seen) => seen,
        Err(error) => return Firewall::Differs { why: error.to_string() },
    };
    match loaded.difference_from(&wanted) {
        Some(why) => Firewall::Differs { why },
        None => Firewall::InForce { rules: loaded.lines(), blocked_packets },
    }
}

/// What pf itself makes of the rules as they were written, without loading them.
fn wanted(host: &dyn Host, place: &Place) -> Result<Ruleset> {
    let command = Command::new("pfctl").args(["-P", "-a", &place.policy.anchor(), "-nvf", "-"]);
    let listing = host.ask(&command.input(place.firewall.as_bytes()))?;
    let mut ruleset = Ruleset::default();
    for line in rules(&listing) {
        if let Some(table) = table(&line) {
            ruleset.tables.insert(table);
        } else if ["rdr ", "nat ", "binat "].iter().any(|kind| line.starts_with(kind)) {
            ruleset.translation.push(line);
        } else {
            ruleset.filter.push(line);
        }
    }
    Ok(ruleset)
}

/// What the anchor holds; of its tables those that it must have.
fn loaded(host: &dyn Host, place: &Place, wanted: &Ruleset) -> Result<Ruleset> {
    let numeric = |kind: &str| {
        let command = Command::new("pfctl").args(["-P", "-a", &place.policy.anchor(), kind]);
        Ok::<_, Error>(rules(&host.ask(&command)?).collect())
    };
    let mut ruleset =
        Ruleset { translation: numeric("-sn")?, filter: numeric("-sr")?, tables: BTreeSet::new() };
    for (name, _) in &wanted.tables {
        let listing = pfctl(host, place, &["-t", name, "-T", "show"])?;
        ruleset.tables.insert((name.clone(), listing.split_ascii_whitespace().map(address).collect()));
    }
    Ok(ruleset)
}

fn pfctl(host: &dyn Host, place: &Place, arguments: &[&str]) -> Result<String> {
    host.ask(&Command::new("pfctl").args(["-a", &place.policy.anchor()]).args(arguments))
}

/// The rules in a listing, each once: one that is repeated pf drops in silence. Where a rate is limited, it prints the
/// time for which sources are tracked before it loads a rule, and some kernels do not tell it afterwards.
fn rules(listing: &str) -> impl Iterator<Item = String> {
    let mut seen = BTreeSet::new();
    let rule = |line: &str| match line.split_once(", src.track ") {
        Some((before, after)) => {
            format!("{before}{}", after.trim_start_matches(|digit: char| digit.is_ascii_digit()))
        }
        None => line.to_owned(),
    };
    let lines = listing.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(rule).filter(move |rule| seen.insert(rule.clone()))
}

/// `table <NAME> const { ADDRESS ADDRESS }`.
fn table(line: &str) -> Option<(String, BTreeSet<String>)> {
    let (name, rest) = line.strip_prefix("table <")?.split_once('>')?;
    let (_, addresses) = rest.split_once('{')?;
    let addresses = addresses.trim_end().strip_suffix('}')?.split_ascii_whitespace().map(address);
    Some((name.to_owned(), addresses.collect()))
}

/// One address has no prefix in some listings, and has one in others.
fn address(text: &str) -> String {
    text.strip_suffix("/32").unwrap_or(text).to_owned()
}

impl Ruleset {
    fn lines(&self) -> Vec<String> {
        self.filter.iter().chain(&self.translation).cloned().collect()
    }

    /// The first difference, if there is any.
    fn difference_from(&self, wanted: &Self) -> Option<String> {
        if self.filter.is_empty() {
            return Some("no rules are in force".to_owned());
        }
        if let Some(rule) = wanted.lines().iter().find(|rule| !self.lines().contains(rule)) {
            return Some(format!("this rule is not in force: `{rule}`"));
        }
        if let Some(rule) = self.lines().iter().find(|rule| !wanted.lines().contains(rule)) {
            return Some(format!("this rule is in force, and must not be: `{rule}`"));
        }
        if (&self.filter, &self.translation) != (&wanted.filter, &wanted.translation) {
            return Some("the rules are in force, but in another order".to_owned());
        }
        let (name, _) = wanted.tables.difference(&self.tables).next()?;
        Some(format!("the table <{name}> holds other addresses"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests;
