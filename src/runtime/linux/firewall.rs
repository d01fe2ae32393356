//! The stage's firewall: nftables by nft(8), where there is one.

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    error::{Context as _, Error, Result},
    runtime::Firewall,
};

/// Where nft(8) is, besides `PATH`: an ordinary user's often lacks these.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

/// The rules that were loaded into this network namespace, or why none could be.
pub(super) enum Guard {
    /// nft(8) loaded them, and listed them like this.
    Loaded {
        /// The program.
        nft: PathBuf,
        /// The whole ruleset in its normal form: the namespace is the stage's own, so that nobody else's is in it.
        rules: Vec<String>,
    },
    /// They could not be loaded.
    Absent {
        /// Why.
        why: String,
        /// What to install or type.
        hint: String,
    },
}

impl Guard {
    /// Loads rules. That there is no nft(8), or no support for it in the kernel, is no error; rules that it refuses are.
    pub(super) fn load(rules: &str) -> Result<Self> {
        let absent = |why: String, hint: &str| Ok(Self::Absent { why, hint: hint.to_owned() });
        let Some(nft) = find_nft() else {
            return absent("there is no `nft` on this machine".to_owned(), "apt install nftables");
        };
        if let Err(error) = list(&nft) {
            return absent(error.to_string(), "modprobe nf_tables");
        }
        run(&nft, &["-f", "-"], rules)?;
        let rules = list(&nft)?;
        Ok(Self::Loaded { nft, rules })
    }

    /// Compares what is in force with what was loaded, and counts.
    pub(super) fn check(&self, blocked: &[u16]) -> Firewall {
        let (nft, loaded) = match self {
            Self::Absent { why, hint } => {
                return Firewall::NotChecked { why: why.clone(), hint: hint.clone() };
            }
            Self::Loaded { nft, rules } => (nft, rules),
        };
        match list(nft).and_then(|now| Ok((now, run(nft, &["-j", "list", "ruleset"], "")?))) {
            Err(error) => {
                Firewall::NotChecked { why: error.to_string(), hint: "type `nft list ruleset`".to_owned() }
            }
            Ok((now, _)) if now.is_empty() => Firewall::Differs { why: "no rules are in force".to_owned() },
            Ok((now, _)) if now != *loaded => Firewall::Differs { why: difference(loaded, &now) },
            Ok((rules, listing)) => {
                Firewall::InForce { blocked_packets: dropped_packets(&listing, blocked), rules }
            }
        }
    }

    /// Removes all rules.
    pub(super) fn flush(&self) -> Result<()> {
        match self {
            Self::Loaded { nft, .. } => run(nft, &["flush", "ruleset"], "").map(drop),
            Self::Absent { .. } => Ok(()),
        }
    }
}

fn find_nft() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(FOLDERS.map(PathBuf::from));
    folders.map(|folder| folder.join("nft")).find(|file| file.is_file())
}

/// The rules with numbers for names and without counts, a line each.
fn list(nft: &PathBuf) -> Result<Vec<String>> {
    let listing = run(nft, &["-n", "-s", "list", "ruleset"], "")?;
    Ok(listing.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
}

fn run(nft: &PathBuf, arguments: &[&str], input: &str) -> Result<String> {
    let doing = format!("run `nft {}`", arguments.join(" "));
    let mut child = Command::new(nft)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing(&doing)?;
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).doing(&doing)?;
    let ended = child.wait_with_output().doing(&doing)?;
    if !ended.status.success() {
        let complaint = String::from_utf8_lossy(&ended.stderr);
        return Err(Error::failed(format_args!("cannot {doing}: {}", complaint.trim())));
    }
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}

fn difference(loaded: &[String], now: &[String]) -> String {
    let lost = loaded.iter().find(|rule| !now.contains(rule)).map(|rule| format!("`{rule}` is gone"));
    let added = || now.iter().find(|rule| !loaded.contains(rule)).map(|rule| format!("`{rule}` was added"));
    lost.or_else(added).unwrap_or_else(|| "the rules are in another order".to_owned())
}

/// The packets counted by the rules that name one of these ports and drop, in `nft -j list ruleset`
/// (libnftables-json(5)).
fn dropped_packets(listing: &str, ports: &[u16]) -> u64 {
    let listing: Value = serde_json::from_str(listing).unwrap_or_default();
    let objects = listing["nftables"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rules = objects.iter().filter_map(|object| object["rule"]["expr"].as_array());
    rules
        .filter(|statements| statements.iter().any(|statement| statement.get("drop").is_some()))
        .filter(|statements| {
            statements.iter().any(|statement| names_port(&statement["match"]["right"], ports))
        })
        .flatten()
        .filter_map(|statement| statement["counter"]["packets"].as_u64())
        .sum()
}

fn names_port(right: &Value, ports: &[u16]) -> bool {
    match right {
        Value::Number(port) => {
            port.as_u64().is_some_and(|port| ports.iter().any(|known| u64::from(*known) == port))
        }
        Value::Array(set) => set.iter().any(|element| names_port(element, ports)),
        Value::Object(object) => object.get("set").is_some_and(|set| names_port(set, ports)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = r#"{"nftables": [
        {"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
        {"chain": {"family": "inet", "table": "jailbuild_x", "name": "out", "handle": 1}},
        {"rule": {"family": "inet", "table": "jailbuild_x", "chain": "out", "handle": 4, "expr": [
            {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 5269}},
            {"counter": {"packets": 7, "bytes": 420}}, {"drop": null}]}},
        {"rule": {"family": "inet", "table": "jailbuild_x", "chain": "in", "handle": 5, "expr": [
            {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "sport"}}, "right": {"set": [5269, 5270]}}},
            {"counter": {"packets": 2, "bytes": 120}}, {"drop": null}]}},
        {"rule": {"family": "inet", "table": "jailbuild_x", "chain": "out", "handle": 6, "expr": [
            {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"set": [5222, 5223]}}},
            {"counter": {"packets": 100, "bytes": 420}}, {"accept": null}]}}]}"#;

    #[test]
    fn counts_what_the_rules_for_blocked_ports_dropped() {
        assert_eq!(dropped_packets(LISTING, &[5269]), 9);
        assert_eq!(dropped_packets(LISTING, &[5222]), 0);
        assert_eq!(dropped_packets("", &[5269]), 0);
    }

    #[test]
    fn says_what_differs() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(difference(&lines("a\nb"), &lines("a")), "`b` is gone");
        assert_eq!(difference(&lines("a"), &lines("a\nc")), "`c` was added");
        assert_eq!(difference(&lines("a\nb"), &lines("b\na")), "the rules are in another order");
    }
}
