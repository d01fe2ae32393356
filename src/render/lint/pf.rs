//! The grammar of `pf.conf(5)`, as far as pf was seen to take it: a rule is cut into clauses, in their order.

use std::{collections::BTreeSet, net::Ipv4Addr};

use ipnet::Ipv4Net;

use crate::test_support::transcript::transcript;

/// The one clause that was not seen, but is stated by pf.conf(5): a redirection after which the filter rules decide.
const STATED: &str = "rdr";

/// The clauses in pf's order, each with its forms; a rule may lack any of them. Values are capitals: an address, an
/// interface, a list of ports, a table, a label, a number.
const ORDER: [&[&str]; 16] = [
    &["table <T> const { A }"],
    &["block drop", "pass", "rdr pass", "rdr"],
    &["in", "out"],
    &["log"],
    &["quick"],
    &["on I"],
    &["inet"],
    &["proto tcp"],
    &["all", "from any", "from A", "from <T>"],
    &["to any", "to A", "to (I)"],
    &["port P"],
    &["flags S/SA"],
    &["keep state"],
    &["(max-src-conn N, max-src-conn-rate N/N)"],
    &["label L"],
    &["-> A"],
];

/// Says what is wrong with a text of rules: each must be in pf's order, and each of its clauses must have been taken.
pub(super) fn check(text: &str) -> Result<(), String> {
    let seen = seen();
    for rule in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(unseen) = clauses(rule)?.iter().find(|clause| !seen.contains(*clause)) {
            return Err(format!("`{unseen}` was never seen to be taken: {rule}"));
        }
    }
    Ok(())
}

/// The clauses of all rules that a real pf printed after it had taken them.
fn seen() -> BTreeSet<&'static str> {
    let printed =
        (1..=4).flat_map(|number| transcript(number).sections()).flat_map(|(_, printed)| printed.lines());
    let rules = printed
        .filter(|line| ["block ", "pass ", "rdr ", "table "].iter().any(|start| line.starts_with(start)));
    rules.filter_map(|rule| clauses(rule).ok()).flatten().chain([STATED]).collect()
}

fn clauses(rule: &str) -> Result<Vec<&'static str>, String> {
    let shape = shape(rule);
    let (mut rest, mut found) = (shape.as_str(), Vec::new());
    for forms in ORDER {
        let after = |form: &&'static str| {
            let rest = rest.strip_prefix(*form)?;
            (rest.is_empty() || rest.starts_with(' ')).then(|| (*form, rest.trim_start()))
        };
        if let Some((form, after)) = forms.iter().find_map(after) {
            found.push(form);
            rest = after;
        }
    }
    if rest.is_empty() { Ok(found) } else { Err(format!("pf does not take `{rest}` there: {rule}")) }
}

/// The rule with capitals for its values.
fn shape(rule: &str) -> String {
    // pf adds these when it prints a rule.
    let rule = rule.replace("source-track rule, ", "").replace(", src.track 10", "");
    let mut parts = rule.split('"');
    let labelled = parts.next().unwrap_or_default().to_owned() + if rule.contains('"') { "L" } else { "" };
    let mut words = labelled.split_whitespace();
    let mut shape = Vec::new();
    while let Some(word) = words.next() {
        shape.push(match word {
            "on" => words.next().map_or_else(String::new, |_| "on I".to_owned()),
            "port" => {
                let first = words.find(|word| *word != "=");
                if first == Some("{") {
                    words.find(|word| *word == "}");
                }
                "port P".to_owned()
            }
            "{" => words.find(|word| *word == "}").map_or_else(String::new, |_| "{ A }".to_owned()),
            address if address.parse::<Ipv4Net>().is_ok() || address.parse::<Ipv4Addr>().is_ok() => {
                "A".to_owned()
            }
            table if table.starts_with('<') => "<T>".to_owned(),
            interface if interface.starts_with('(') && interface.ends_with(')') => "(I)".to_owned(),
            other => numbers_as_capitals(other),
        });
    }
    shape.join(" ")
}

fn numbers_as_capitals(word: &str) -> String {
    let one = |part: &str| {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) { part } else { "N" }.to_owned()
    };
    let (word, comma) = word.strip_suffix(',').map_or((word, ""), |word| (word, ","));
    let (word, end) = word.strip_suffix(')').map_or((word, ""), |word| (word, ")"));
    word.split('/').map(one).collect::<Vec<_>>().join("/") + end + comma
}

#[test]
fn a_rule_is_cut_into_clauses() {
    let rule = "pass out quick on s_h inet proto tcp from <lan> to 10.66.0.2 port { 5222, 5223 } flags S/SA keep state \
                (max-src-conn 100, max-src-conn-rate 100/10) label \"c2s\"";
    assert_eq!(
        clauses(rule).unwrap().join("|"),
        "pass|out|quick|on I|inet|proto tcp|from <T>|to A|port P|flags S/SA|keep state|\
         (max-src-conn N, max-src-conn-rate N/N)|label L"
    );
}

#[test]
fn what_pf_was_not_seen_to_take_is_refused() {
    for rule in [
        "block drop quick log on em0 all",
        "block drop quick on em0 all label else",
        "block return quick on em0 all",
        "pass quick on em0 inet6 all",
        "pass in quick on em0 inet proto udp from any to any port 53",
        "table <lan> { 10.0.0.0/8 }",
        "pass out quick on em0 all keep state (max-src-conn 100)",
        "rdr pass on em0 inet proto tcp from <lan> to (em0) port 5222 -> 10.66.0.2 port 5222",
    ] {
        assert!(check(rule).is_err(), "{rule}");
    }
}
