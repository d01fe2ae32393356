//! Every template that a FreeBSD host reads, rendered for a table of sites and looked at as that host would.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod pf;
pub(super) mod variants;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    process::{Command, Output, Stdio},
};

use super::{DEVICE_RULESET, device_rules};
use crate::test_support::{skip, transcript};

/// Parameters of other jails that FreeBSD 15.1 created, and `ip6=disable`, which jail(8) states.
const ACCEPTED_BESIDES: &str = "mount.devfs|devfs_ruleset=5222|ip4.addr=10.67.0.2|ip6=disable";

/// The statements of a jail.conf with one jail: comments off, and what stands between the braces cut at `;`.
pub(super) fn statements<'a>(text: &'a str, name: &str) -> BTreeMap<&'a str, &'a str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<_> = lines.collect();
    let [head, body @ .., "}"] = lines.as_slice() else { panic!("no jail between braces: {text}") };
    assert_eq!(*head, format!("{name} {{"));
    let parse = |line: &&'a str| {
        let statement = line.strip_suffix(';').unwrap_or_else(|| panic!("no `;` behind `{line}`"));
        assert!(
            !statement.contains([';', '{', '}', '#', '$', '\'']),
            "`{statement}` means more than it says"
        );
        let (key, value) = statement.split_once(" = ").unwrap_or((statement, ""));
        let value = value.strip_prefix('"').map_or(value, |value| value.strip_suffix('"').unwrap());
        assert!(!value.contains('"'), "`{statement}` is quoted by half");
        (key, value)
    };
    let statements: BTreeMap<_, _> = body.iter().map(parse).collect();
    assert_eq!(statements.len(), body.len(), "a statement stands twice: {text}");
    statements
}

#[test]
fn every_statement_of_every_jail_was_accepted_by_a_real_system() {
    let accepted: BTreeSet<_> = transcript::accepted_jail()
        .split('|')
        .chain(ACCEPTED_BESIDES.split('|'))
        .map(|statement| statement.split_once('=').unwrap_or((statement, "")))
        .collect();
    // Of these the value is the site's; of all others it is that which was seen.
    let free = ["path", "host.hostname", "vnet.interface", "ip4.addr", "meta"];
    for variant in variants::all() {
        for (key, value) in statements(&variant.jail(), &variant.policy.name) {
            let is_known = if free.contains(&key) {
                accepted.iter().any(|(seen, _)| *seen == key)
            } else {
                accepted.contains(&(key, value))
            };
            assert!(is_known, "{}: `{key} = {value}`", variant.what);
        }
    }
}

#[test]
fn every_rule_of_every_firewall_has_the_form_of_one_that_pf_took() {
    for variant in variants::all() {
        pf::check(&variant.pf()).unwrap_or_else(|mistake| panic!("{}: {mistake}", variant.what));
    }
}

#[test]
fn every_firewall_drops_servers_first_and_all_else_last() {
    for variant in variants::all() {
        let text = variant.pf();
        let filters = text.lines().filter(|line| line.starts_with("block ") || line.starts_with("pass "));
        let filters: Vec<_> = filters.collect();
        assert!(filters.iter().all(|rule| rule.contains(" quick ")), "{}: {text}", variant.what);
        assert!(filters.first().unwrap().contains(" port 5269 label \"s2s\""), "{}: {text}", variant.what);
        assert!(filters.last().unwrap().ends_with(" label \"else\""), "{}: {text}", variant.what);
        let passed = filters.iter().filter(|rule| rule.starts_with("pass "));
        assert!(passed.clone().count() == 2 && passed.clone().all(|rule| rule.ends_with(" label \"c2s\"")));
        let logged = filters.iter().filter(|rule| rule.starts_with("block drop log ")).count();
        assert_eq!(logged, if variant.log { filters.len() - 2 } else { 0 }, "{}: {text}", variant.what);
        let redirections = text.lines().filter(|line| line.starts_with("rdr ")).count();
        assert_eq!(redirections, variant.externals.len(), "{}: {text}", variant.what);
    }
}

/// Where one appliance names anything of the host, it is by its own name or its own address.
#[test]
fn two_appliances_on_one_host_share_nothing_but_the_rules_of_devices() {
    let named = |name: &str| {
        let variant = variants::variant("named", |variant| {
            variant.policy.name = name.to_owned();
            variant.devices = true;
        });
        (variant.service().render().unwrap(), variant.pf(), variant.jail())
    };
    // One name begins with the other.
    let ((script, pf, jail), (other_script, other_pf, other_jail)) = (named("a"), named("a_h"));
    for variable in ["name", "rcvar", "anchor", "outer", "inner", "pidfile"] {
        let line = |script: &str| {
            let start = format!("{variable}=");
            script.lines().find(|line| line.starts_with(&start)).unwrap().to_owned()
        };
        assert_ne!(line(&script), line(&other_script));
    }
    let rules = |pf: &str| {
        pf.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    // Tables are the anchor's own, and clients are redirected to the jail's address.
    let common: Vec<_> = rules(&pf).intersection(&rules(&other_pf)).cloned().collect();
    assert!(common.iter().all(|rule| rule.starts_with("table ") || rule.starts_with("rdr ")), "{common:?}");
    assert_ne!(statements(&jail, "a")["vnet.interface"], statements(&other_jail, "a_h")["vnet.interface"]);
}

#[test]
fn a_shell_can_parse_every_script() {
    for variant in variants::all() {
        let output = piped(Command::new("sh").arg("-n"), &variant.service().render().unwrap()).unwrap();
        assert!(output.status.success(), "{}: {}", variant.what, String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn shellcheck_finds_nothing() {
    for variant in variants::all() {
        // SC1091: rc.subr is on the host. SC2034: it reads the variables. SC2317 and SC2329: it calls the functions.
        let mut shellcheck = Command::new("shellcheck");
        shellcheck.args(["--shell=sh", "--exclude=SC1091,SC2034,SC2317,SC2329", "-"]);
        let Some(output) = piped(&mut shellcheck, &variant.service().render().unwrap()) else {
            return skip("shellcheck is not installed");
        };
        assert!(output.status.success(), "{}: {}", variant.what, String::from_utf8_lossy(&output.stdout));
    }
}

/// What begins with the name of the service is a function, a variable of rc.conf or an interface.
#[test]
fn every_function_that_a_script_calls_is_in_it() {
    for variant in variants::all() {
        let text = variant.service().render().unwrap();
        let prefix = format!("{}_", variant.policy.name);
        let words = text.split(|end: char| !end.is_ascii_alphanumeric() && end != '_');
        let others = ["enable", "h", "j", "maxproc", "svcj", "vmemoryuse"];
        for word in words.filter(|word| word.starts_with(&prefix)) {
            let is_other = others.contains(&&word[prefix.len()..]);
            assert!(is_other || text.contains(&format!("\n{word}()\n")), "{}: {word}", variant.what);
        }
    }
}

#[test]
fn the_devices_are_those_that_were_seen_in_a_jail() {
    let text = device_rules().unwrap();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.next(), Some(format!("[devfsrules_jailbuild={DEVICE_RULESET}]").as_str()));
    // devfs numbers them by the hundred.
    let added = lines.map(|line| line.strip_prefix("add ").unwrap());
    let shown = added.enumerate().map(|(place, rule)| format!("{}00 {rule}\n", place + 1));
    let seen = transcript::transcript(2)
        .after("service devfs restart; devfs rule showsets; devfs rule -s 5222 show");
    assert!(seen.ends_with(&format!("\n5222\n{}", shown.collect::<String>())), "{seen}");
}

#[test]
fn the_log_is_kept_small_by_one_line() {
    for variant in variants::all() {
        let text = variant.service().log_rotation().unwrap();
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let [line] = lines.as_slice() else { panic!("{text}") };
        let fields: Vec<_> = line.split_whitespace().collect();
        let pid_file = format!("/var/run/{}.pid", variant.policy.name);
        assert_eq!(fields, ["/var/log/schoolchat.log", "600", "5", "1000", "*", "C", &pid_file]);
    }
}

/// What a program makes of a text; `None` where it is not installed.
fn piped(program: &mut Command, text: &str) -> Option<Output> {
    let spawned = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut running = spawned.ok()?;
    running.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Some(running.wait_with_output().unwrap())
}
