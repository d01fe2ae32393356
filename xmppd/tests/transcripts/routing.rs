//! Random resources and a random message: who gets it, who a copy, and who an error, as RFC 6121 §8.5 and XEP-0280 §7
//! tell in words.

use proptest::{collection::vec, prelude::*, sample::select};
use xmppd::xml::Node;

use super::stage::Stage;

/// A resource of the recipient: its priority, if it is available, and whether it wants copies.
type Resource = (Option<i8>, bool);

const RECEIVED: &str = "urn:xmpp:carbons:2";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn messages_go_where_the_words_say(
        resources in vec((prop::option::of(-1_i8..3), any::<bool>()), 0..=3),
        named in prop::option::of(0..4_usize),
        kind in select(&["normal", "chat", "groupchat", "headline", "error"][..]),
    ) {
        let seen = play(&resources, named, kind);
        let takers = takers(&resources, named, kind);
        let copies = !takers.is_empty() && matches!(kind, "normal" | "chat" | "error");
        for (index, (_, wants_copies)) in resources.iter().enumerate() {
            let names: Vec<_> = seen.resources[index].iter().map(what).collect();
            let expected = match (takers.contains(&index), copies && *wants_copies) {
                (true, _) => &["message"][..],
                (false, true) => &["copy"][..],
                (false, false) => &[],
            };
            prop_assert_eq!(names, expected, "resource {}", index);
        }
        let is_refused = takers.is_empty() && match kind {
            "groupchat" => true,
            "normal" => named.is_some(),
            _ => false,
        };
        prop_assert_eq!(seen.sender.iter().map(what).collect::<Vec<_>>(), vec!["error"; is_refused.into()]);
    }
}

/// What everybody has received.
struct Seen {
    sender: Vec<Node>,
    resources: Vec<Vec<Node>>,
}

fn play(resources: &[Resource], named: Option<usize>, kind: &str) -> Seen {
    let mut stage = Stage::new("random");
    let mut step = |text: &str, body: &str| stage.step(text, body).unwrap();
    step("juliet is juliet@school.test/balcony", "");
    for (index, (priority, wants_copies)) in resources.iter().enumerate() {
        step(&format!("r{index} is romeo@school.test/r{index}"), "");
        if *wants_copies {
            step(
                &format!("r{index} sends:"),
                &format!("<iq type='set' id='c'><enable xmlns='{RECEIVED}'/></iq>"),
            );
        }
        if let Some(priority) = priority {
            let presence = format!("<presence><priority>{priority}</priority></presence>");
            step(&format!("r{index} sends:"), &presence);
        }
    }
    let resource = named.map(|index| format!("/r{index}")).unwrap_or_default();
    let message =
        format!("<message to='romeo@school.test{resource}' type='{kind}' id='1'><body>x</body></message>");
    step("juliet sends:", &message);
    let mut messages = |who: &str| {
        let mut received = stage.received(who);
        received.retain(|stanza| stanza.name == "message");
        received
    };
    Seen {
        sender: messages("juliet"),
        resources: (0..resources.len()).map(|index| messages(&format!("r{index}"))).collect(),
    }
}

fn takers(resources: &[Resource], named: Option<usize>, kind: &str) -> Vec<usize> {
    if let Some(named) = named.filter(|named| *named < resources.len()) {
        return vec![named];
    }
    let least = match (kind, named) {
        ("headline", None) => Some(0),
        ("normal", None) | ("chat", _) => resources.iter().filter_map(|(priority, _)| *priority).max(),
        _ => None,
    };
    let is_taker = |priority: Option<i8>| least.is_some_and(|least| priority >= Some(least.max(0)));
    (0..resources.len()).filter(|index| is_taker(resources[*index].0)).collect()
}

fn what(message: &Node) -> &'static str {
    match message.attribute("type") {
        _ if message.child("received", RECEIVED).is_some() => "copy",
        _ if message.child("body", "jabber:client").is_some() => "message",
        Some("error") => "error",
        _ => "something else",
    }
}
