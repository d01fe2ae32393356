//! The stage's firewall: nftables by nft(8), where there is one.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{
    error::{Context as _, Result},
    host::command::{self, Command},
    runtime::Firewall,
};

/// Where nft(8) is, besides `PATH`: an ordinary user's often lacks these.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

/// The rules that were loaded into this network namespace, or why none could be.
pub(super) enum Guard {
    /// nft(8) loaded them.
    Loaded {
        /// The program.
        nft: PathBuf,
        /// What it listed then. The namespace is the stage's own: nobody else's rules are in it.
        ruleset: Vec<Value>,
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
        Command::new(&nft).args(["-f", "-"]).input(rules).run()?;
        let ruleset = list(&nft)?;
        Ok(Self::Loaded { nft, ruleset })
    }

    /// Compares what is in force with what was loaded, and counts.
    pub(super) fn check(&self, blocked: &[u16]) -> Firewall {
        match self {
            Self::Absent { why, hint } => Firewall::NotChecked { why: why.clone(), hint: hint.clone() },
            Self::Loaded { nft, ruleset } => compare(nft, ruleset, blocked).unwrap_or_else(|error| {
                Firewall::NotChecked { why: error.to_string(), hint: "type `nft list ruleset`".to_owned() }
            }),
        }
    }

    /// Removes all rules.
    pub(super) fn flush(&self) -> Result<()> {
        match self {
            Self::Loaded { nft, .. } => Command::new(nft).args(["flush", "ruleset"]).run().map(drop),
            Self::Absent { .. } => Ok(()),
        }
    }
}

/// Where nft(8) is, if this machine has it.
pub fn find_nft() -> Option<PathBuf> {
    let elsewhere = || FOLDERS.iter().map(|folder| Path::new(folder).join("nft")).find(|file| file.is_file());
    command::find("nft").or_else(elsewhere)
}

fn compare(nft: &Path, loaded: &[Value], blocked: &[u16]) -> Result<Firewall> {
    let now = list(nft)?;
    if now.is_empty() {
        return Ok(Firewall::Differs { why: "no rules are in force".to_owned() });
    }
    if let Some(why) = difference(&normal_form(loaded), &normal_form(&now)) {
        return Ok(Firewall::Differs { why });
    }
    // As people read it: numbers for names, neither counts nor elements of sets.
    let text = Command::new(nft).args(["-n", "-s", "-t", "list", "ruleset"]).read()?;
    let rules = text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    Ok(Firewall::InForce { rules, blocked_packets: dropped_packets(&now, blocked) })
}

/// Everything that is loaded, as libnftables-json(5) has it.
fn list(nft: &Path) -> Result<Vec<Value>> {
    let listing = Command::new(nft).args(["-j", "list", "ruleset"]).read()?;
    let listing: Value = serde_json::from_str(&listing).doing("understand `nft -j list ruleset`")?;
    let objects = listing["nftables"].as_array().cloned().unwrap_or_default();
    Ok(objects.into_iter().filter(|object| object.get("metainfo").is_none()).collect())
}

/// What was loaded, without what time adds to it: counts, and the elements of sets that rules fill.
fn normal_form(ruleset: &[Value]) -> Vec<String> {
    // Not by their flag `dynamic`: nft 1.0 does not list it.
    let filled: Vec<&str> = statements(ruleset)
        .filter_map(|statement| statement["set"]["set"].as_str())
        .map(|name| name.trim_start_matches('@'))
        .collect();
    let timeless = |object: &Value| {
        let mut object = object.clone();
        forget(object.get_mut("counter"), &["packets", "bytes"]);
        for statement in object.pointer_mut("/rule/expr").and_then(Value::as_array_mut).into_iter().flatten()
        {
            forget(statement.get_mut("counter"), &["packets", "bytes"]);
        }
        let set = object.get_mut("set");
        forget(set.filter(|set| set["name"].as_str().is_some_and(|name| filled.contains(&name))), &["elem"]);
        object.to_string()
    };
    ruleset.iter().map(timeless).collect()
}

fn statements(ruleset: &[Value]) -> impl Iterator<Item = &Value> {
    ruleset.iter().filter_map(|object| object["rule"]["expr"].as_array()).flatten()
}

fn forget(object: Option<&mut Value>, keys: &[&str]) {
    if let Some(object) = object.and_then(Value::as_object_mut) {
        object.retain(|key, _| !keys.contains(&key.as_str()));
    }
}

fn difference(loaded: &[String], now: &[String]) -> Option<String> {
    if loaded == now {
        return None;
    }
    let lost = loaded.iter().find(|rule| !now.contains(rule)).map(|rule| format!("`{rule}` is gone"));
    let added = || now.iter().find(|rule| !loaded.contains(rule)).map(|rule| format!("`{rule}` was added"));
    lost.or_else(added).or_else(|| Some("the rules are in another order".to_owned()))
}

/// The packets counted by the rules that name one of these ports and drop; counters may stand in the rule, or be named.
fn dropped_packets(ruleset: &[Value], ports: &[u16]) -> u64 {
    let named = |name: &Value| {
        let counters = ruleset.iter().map(|object| &object["counter"]);
        counters.filter(|counter| counter["name"] == *name).find_map(|counter| counter["packets"].as_u64())
    };
    let rules = ruleset.iter().filter_map(|object| object["rule"]["expr"].as_array());
    rules
        .filter(|statements| statements.iter().any(|statement| statement.get("drop").is_some()))
        .filter(|statements| {
            statements.iter().any(|statement| names_port(&statement["match"]["right"], ports))
        })
        .flatten()
        .filter_map(|statement| statement.get("counter"))
        .filter_map(|counter| counter["packets"].as_u64().or_else(|| named(counter)))
        .sum()
}

fn names_port(right: &Value, ports: &[u16]) -> bool {
    match right {
        Value::Number(port) => ports.iter().any(|known| port.as_u64() == Some(u64::from(*known))),
        Value::Array(set) => set.iter().any(|element| names_port(element, ports)),
        Value::Object(object) => object.get("set").is_some_and(|set| names_port(set, ports)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listing() -> Vec<Value> {
        let port = |port: Value, counter: Value, verdict: &str| {
            json!({"rule": {"table": "jailbuild_x", "chain": "out", "handle": 4, "expr": [
                {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": port}},
                {"counter": counter}, {verdict: null}]}})
        };
        vec![
            json!({"counter": {"name": "s2s_out", "table": "jailbuild_x", "packets": 7, "bytes": 420}}),
            json!({"counter": {"name": "else_out", "table": "jailbuild_x", "packets": 50, "bytes": 4200}}),
            json!({"set": {"name": "lan", "flags": ["interval"], "elem": ["10.66.0.1"]}}),
            json!({"set": {"name": "clients", "elem": ["192.168.0.7"]}}),
            json!({"rule": {"chain": "new_connection", "expr": [{"set": {"op": "add", "set": "@clients"}}, {"drop": null}]}}),
            port(json!(5269), json!("s2s_out"), "drop"),
            port(json!({"set": [5269, 5270]}), json!({"packets": 2, "bytes": 120}), "drop"),
            port(json!({"set": [5222, 5223]}), json!({"packets": 100, "bytes": 420}), "accept"),
        ]
    }

    #[test]
    fn counts_what_the_rules_for_blocked_ports_dropped() {
        assert_eq!(dropped_packets(&listing(), &[5269]), 9);
        assert_eq!(dropped_packets(&listing(), &[5222]), 0);
        assert_eq!(dropped_packets(&[], &[5269]), 0);
    }

    #[test]
    fn traffic_makes_no_difference() {
        let before = normal_form(&listing());
        let mut now = listing();
        now[0]["counter"]["packets"] = json!(8);
        now[3]["set"]["elem"] = json!([]);
        now[6]["rule"]["expr"][1]["counter"]["packets"] = json!(3);
        assert_eq!(difference(&before, &normal_form(&now)), None);
    }

    #[test]
    fn every_change_of_rules_and_fixed_sets_makes_one() {
        let before = normal_form(&listing());
        let mut now = listing();
        now[2]["set"]["elem"] = json!(["10.66.0.1", "0.0.0.0/0"]);
        assert!(difference(&before, &normal_form(&now)).is_some_and(|why| why.ends_with("is gone")));
        for changed in 0..listing().len() {
            let mut now = listing();
            now.remove(changed);
            assert!(difference(&before, &normal_form(&now)).is_some(), "{changed}");
        }
        assert_eq!(
            difference(&["a".to_owned(), "b".to_owned()], &["b".to_owned(), "a".to_owned()]),
            Some("the rules are in another order".to_owned())
        );
        let longer = ["a".to_owned(), "c".to_owned()];
        assert_eq!(difference(&longer[..1], &longer), Some("`c` was added".to_owned()));
    }
}
