use super::*;
use crate::{host::double::Double, runtime::freebsd::plan::tests::place, test_support::transcript};

const FILTER: &str = "\
block drop quick on epair0a inet proto tcp from any to any port = 5269 label \"s2s\"
pass out quick on epair0a inet proto tcp from <lan> to 10.66.0.2 port = 5222 flags S/SA keep state (source-track rule, max-src-conn 100, max-src-conn-rate 50/10) label \"c2s\"
block drop quick on epair0a all label \"else\"
";
const TRANSLATION: &str =
    "rdr pass on vtnet0 inet proto tcp from <lan> to (vtnet0) port = 5222 -> 10.66.0.2\n";
const WANTED: &str = "\
table <lan> const { 192.168.0.0/16 10.9.8.7/32 10.66.0.1 }
rdr pass on vtnet0 inet proto tcp from <lan> to (vtnet0) port = 5222 -> 10.66.0.2
block drop quick on epair0a inet proto tcp from any to any port = 5269 label \"s2s\"
pass out quick on epair0a inet proto tcp from <lan> to 10.66.0.2 port = 5222 flags S/SA keep state (source-track rule, max-src-conn 100, max-src-conn-rate 50/10, src.track 10) label \"c2s\"
block drop quick on epair0a all label \"else\"
";

/// A host with the rules in force; the place of each answer is fixed.
fn sound() -> [(&'static str, i32, &'static str); 8] {
    [
        ("pfctl -s info", 0, "Status: Enabled for 0 days 00:00:01           Debug: Urgent\n"),
        ("pfctl -s nat", 0, "rdr-anchor \"jailbuild/*\" all\n"),
        ("pfctl -s rules", 0, "anchor \"jailbuild/*\" all\npass all flags S/SA keep state\n"),
        ("pfctl -P -a jailbuild/schoolchat -nvf -", 0, WANTED),
        ("pfctl -P -a jailbuild/schoolchat -sn", 0, TRANSLATION),
        ("pfctl -P -a jailbuild/schoolchat -sr", 0, FILTER),
        ("pfctl -a jailbuild/schoolchat -t lan -T show", 0, "   10.9.8.7\n   10.66.0.1\n   192.168.0.0/16\n"),
        ("pfctl -a jailbuild/schoolchat -vsl", 0, transcript::labels()),
    ]
}

/// What is said where one of the answers is another.
fn difference(index: usize, answer: &'static str) -> String {
    let mut answers = sound();
    answers[index].2 = answer;
    match check(&Double::answering(&answers), &place()) {
        Firewall::Differs { why } => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rules_that_are_as_written_are_in_force() {
    let Firewall::InForce { rules, blocked_packets } = check(&Double::answering(&sound()), &place()) else {
        panic!("they are not")
    };
    assert_eq!((rules.len(), blocked_packets), (4, 0));
    assert!(rules[3].starts_with("rdr pass"));
}

/// As of an interface that was named twice.
#[test]
fn a_rule_that_is_repeated_is_in_force_once() {
    let mut answers = sound();
    let (tables, others) = WANTED.split_once('\n').unwrap();
    answers[3].2 = Box::leak(format!("{tables}\n{TRANSLATION}{others}").into_boxed_str());
    assert!(matches!(check(&Double::answering(&answers), &place()), Firewall::InForce { .. }));
}

#[test]
fn each_difference_is_seen_and_said() {
    assert_eq!(difference(5, ""), "no rules are in force");
    let without_the_first = FILTER.split_once('\n').unwrap().1;
    assert_eq!(
        difference(5, without_the_first),
        "this rule is not in force: `block drop quick on epair0a inet proto tcp from any to any port = 5269 label \"s2s\"`"
    );
    let with_another: &'static str =
        Box::leak(format!("pass all flags S/SA keep state\n{FILTER}").into_boxed_str());
    assert_eq!(
        difference(5, with_another),
        "this rule is in force, and must not be: `pass all flags S/SA keep state`"
    );
    assert!(difference(4, "").starts_with("this rule is not in force: `rdr pass"));
    assert_eq!(difference(6, "   0.0.0.0/0\n"), "the table <lan> holds other addresses");
}

#[test]
fn the_order_of_rules_matters() {
    let lines: Vec<&str> = FILTER.lines().collect();
    let turned: &'static str = Box::leak([lines[2], lines[0], lines[1]].join("\n").into_boxed_str());
    assert_eq!(difference(5, turned), "the rules are in force, but in another order");
}

#[test]
fn a_firewall_that_is_off_or_elsewhere_is_never_in_force() {
    for missing in 0..3 {
        let mut answers = sound();
        answers[missing].2 = "pass all flags S/SA keep state\n";
        let host = Double::answering(&answers);
        assert_eq!(require(&host).unwrap_err().exit_code(), 6, "{missing}");
        assert!(matches!(check(&host, &place()), Firewall::Differs { .. }));
    }
}

#[test]
fn what_a_real_pf_printed_before_and_after_it_loaded_rules_is_the_same() {
    let transcript = transcript::transcript(1);
    let before = transcript.after("pfctl -a jailbuild/schoolchat -nvf /jails/t/pf.conf");
    let after = transcript.after("pfctl -a jailbuild/schoolchat -sr");
    let before: Vec<String> = rules(before).filter(|line| table(line).is_none()).collect();
    assert_eq!(before, rules(after).collect::<Vec<_>>());
}
