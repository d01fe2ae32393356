#![expect(clippy::unwrap_used, reason = "a test may")]

use std::process::{Command, Output};

use super::*;
use crate::{
    site::Site,
    test_support::{skip, transcript},
};

fn policy() -> Policy {
    Policy::of(&Site::example())
}

fn pf() -> String {
    policy().pf(&[Word::new("vtnet0").unwrap()], false).unwrap()
}

#[test]
fn the_rules_of_pf() {
    insta::assert_snapshot!(pf());
}

#[test]
fn the_rules_of_nftables() {
    insta::assert_snapshot!(policy().nft().unwrap());
}

#[test]
fn the_port_of_the_web_is_open_where_the_school_wants_it() {
    let mut site = Site::example();
    site.web.enabled = true;
    let policy = Policy::of(&site);
    assert_eq!(policy.open, [5222, 5223, 5443]);
    let pf = policy.pf(&[Word::new("vtnet0").unwrap()], false).unwrap();
    assert_eq!(pf.matches("port { 5222, 5223, 5443 }").count(), 3, "redirected, and let through: {pf}");
    let nft = policy.nft().unwrap();
    assert_eq!(nft.matches("{ 5222, 5223, 5443 }").count(), 2, "in, and answers out: {nft}");
}

/// pf makes a rule of each port: so the text is brought into pf's own form, and compared with what a real one said. There,
/// clients had no limits, and the host was one of them.
#[test]
fn the_rules_of_pf_are_of_the_form_that_was_seen_in_force() {
    let text =
        pf().replace("schoolchat_h", "epair0a").replace(" (max-src-conn 100, max-src-conn-rate 100/10)", "");
    let is_rule = |line: &&str| !line.starts_with('#') && !line.starts_with("table");
    let rules = text.lines().filter(is_rule).filter(|rule| !rule.contains(" from 10.66.0.1 to "));
    let normal: Vec<_> = rules.flat_map(one_a_port).collect();
    let seen = transcript::redirections().lines().chain(transcript::filter_rules().lines());
    assert_eq!(normal, seen.collect::<Vec<_>>());
}

fn one_a_port(rule: &str) -> Vec<String> {
    let Some((head, tail)) = rule.split_once(" port ") else { return vec![rule.to_owned()] };
    let (ports, tail) = match tail.strip_prefix("{ ") {
        Some(list) => list.split_once(" }").unwrap(),
        None => tail.split_at(tail.find(' ').unwrap()),
    };
    ports.split(", ").map(|port| format!("{head} port = {port}{tail}")).collect()
}

#[test]
fn the_rules_of_pf_for_a_jail_without_a_network_stack_of_its_own() {
    let policy = policy().with_stack(Stack::Shared);
    insta::assert_snapshot!(policy.pf(&[Word::new("vtnet0").unwrap()], true).unwrap());
}

/// No packet can leave or reach the jail but by a rule for its address: there is no interface that all of them pass.
#[test]
fn the_rules_of_a_shared_stack_name_the_jail_and_no_interface() {
    let pf = policy().with_stack(Stack::Shared).pf(&[], false).unwrap();
    for rule in pf.lines().filter(|line| line.starts_with("block ") || line.starts_with("pass ")) {
        assert!(!rule.contains(" on ") && rule.contains(" 10.66.0.2"), "{rule}");
    }
}

#[test]
fn without_clients_only_the_redirection_is_missing() {
    let rules = pf();
    let others: Vec<_> = rules.lines().filter(|line| !line.starts_with("rdr ")).collect();
    assert_eq!(policy().pf_for_host_alone().unwrap().lines().collect::<Vec<_>>(), others);
    assert_eq!(others.len() + 1, rules.lines().count());
}

#[test]
fn what_is_thrown_away_has_a_name_and_a_link_of_its_own() {
    let (sound, thrown) = (policy(), policy().throw_away());
    assert_ne!((&thrown.name, thrown.link), (&sound.name, sound.link));
    assert_eq!((thrown.host, thrown.jail), ([198, 19, 255, 253].into(), [198, 19, 255, 254].into()));
    assert!(thrown.link.contains(&thrown.host) && thrown.link.contains(&thrown.jail));
    for private in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] {
        assert!(!private.parse::<Ipv4Net>().unwrap().contains(&thrown.link), "{private}");
    }
    assert_eq!(
        Policy { name: sound.name.clone(), link: sound.link, host: sound.host, jail: sound.jail, ..thrown },
        sound
    );
}

#[test]
fn no_school_has_the_name_that_is_thrown_away() {
    let thrown = policy().throw_away();
    assert!(crate::site::Name::parse(&thrown.name).is_err());
    assert!(thrown.host_interface().len() <= 15, "as long as the name of an interface may be");
}

#[test]
fn a_name_that_means_more_is_refused() {
    let policy = Policy { name: "x { }; flush".to_owned(), ..policy() };
    assert!(policy.nft().is_err() && policy.pf(&[], false).is_err());
}

#[test]
fn nft_accepts_the_rules_and_drops_5269_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nft.conf");
    let several =
        Policy { lan: vec!["192.168.0.0/16".parse().unwrap(), "172.16.0.0/12".parse().unwrap()], ..policy() };
    std::fs::write(&file, several.nft().unwrap()).unwrap();
    let Some(output) = in_a_network_namespace(&format!("nft -f {0} && nft list ruleset", file.display()))
    else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rules = String::from_utf8(output.stdout).unwrap();
    for (chain, first) in [
        ("to_appliance", "tcp dport 5269 counter name \"s2s_in\" drop"),
        ("from_appliance", "tcp dport 5269 counter name \"s2s_out\" drop"),
    ] {
        let body = rules.split(&format!("chain {chain} {{\n")).nth(1).unwrap();
        assert_eq!(body.lines().next().unwrap().trim(), first);
    }
}

/// Runs a command where it can change no firewall but its own; `None` where that cannot be had.
fn in_a_network_namespace(command: &str) -> Option<Output> {
    if Command::new("nft").arg("--version").output().is_err() {
        skip("nft is not installed");
        return None;
    }
    let unshare = |command: &str| Command::new("unshare").args(["-Urn", "sh", "-c", command]).output();
    if !unshare("nft list ruleset").is_ok_and(|output| output.status.success()) {
        skip("no network namespace with nftables can be made here");
        return None;
    }
    unshare(command).ok()
}
