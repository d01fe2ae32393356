//! RFC 6121 §8 as promises that hold whatever is sent to whomever: not the table again, but what it is for.

use proptest::prelude::*;
use xmppd::xml::Node;

use super::stage::Stage;

/// Resources of Juliet's: their priorities, `None` for one that is not available.
type Resources = Vec<Option<i8>>;

#[derive(Clone, Debug)]
enum To {
    Account,
    AbsentResource,
    Nobody,
    Resource(prop::sample::Index),
}

/// What became of a message.
#[derive(Debug, Default)]
struct Outcome {
    /// Which of Juliet's resources got it, once each.
    delivered: Vec<usize>,
    kept: usize,
    /// The conditions that Romeo was told.
    errors: Vec<String>,
}

fn resources() -> impl Strategy<Value = Resources> {
    prop::collection::vec(prop::option::weighted(0.8, -2..=2_i8), 0..4)
}

fn to() -> impl Strategy<Value = To> {
    prop_oneof![
        4 => Just(To::Account),
        4 => any::<prop::sample::Index>().prop_map(To::Resource),
        1 => Just(To::AbsentResource),
        1 => Just(To::Nobody),
    ]
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["chat", "error", "groupchat", "headline", "normal"])
}

/// Juliet comes with her resources, and Romeo sends one message.
fn play(resources: &Resources, to: &str, kind: &str) -> Outcome {
    let mut stage = Stage::new("routing");
    stage.step("romeo is romeo@school.test/orchard", "").unwrap();
    for (index, priority) in resources.iter().enumerate() {
        stage.step(&format!("j{index} is juliet@school.test/j{index}"), "").unwrap();
        if let Some(priority) = priority {
            let presence = format!("<presence><priority>{priority}</priority></presence>");
            stage.step(&format!("j{index} sends:"), &presence).unwrap();
        }
    }
    let message = format!("<message to='{to}' type='{kind}'><body>But soft</body></message>");
    stage.step("romeo sends:", &message).unwrap();
    let conditions = stage.received("romeo").into_iter().flat_map(|stanza| {
        let error = stanza.child("error", "jabber:client").cloned();
        error.into_iter().flat_map(|error| error.children).map(|condition| condition.name)
    });
    let errors = conditions.collect();
    let is_message = |stanza: &Node| stanza.name == "message";
    let mut reached = |index| stage.received(&format!("j{index}")).into_iter().filter(is_message).count();
    let delivered = (0..resources.len()).flat_map(|index| vec![index; reached(index)]).collect();
    Outcome { delivered, kept: stage.waiting_for("juliet"), errors }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_message_keeps_the_promises_of_the_rfc(resources in resources(), to in to(), kind in kind()) {
        let named = match &to {
            To::Resource(index) if !resources.is_empty() => Some(index.index(resources.len())),
            _ => None,
        };
        let address = match (&to, named) {
            (_, Some(index)) => format!("juliet@school.test/j{index}"),
            (To::Nobody, _) => "nobody@school.test".to_owned(),
            (To::Account, _) => "juliet@school.test".to_owned(),
            (To::AbsentResource | To::Resource(_), _) => "juliet@school.test/absent".to_owned(),
        };
        let outcome = play(&resources, &address, kind);
        let Outcome { delivered, kept, errors } = &outcome;
        let priority = |index: &usize| resources[*index].filter(|priority| *priority >= 0);

        // §8.5.3.1: a resource that is there gets what is addressed to it, whatever it is, and nobody else does.
        if let Some(index) = named {
            prop_assert!(delivered == &[index] && *kept == 0 && errors.is_empty(), "{outcome:?}");
            return Ok(());
        }
        // §8.5.2: what is addressed to an account never goes to a resource of negative priority, nor to one that is
        // not available; and to nobody twice.
        prop_assert!(delivered.iter().all(|index| priority(index).is_some()), "{outcome:?}");
        prop_assert!(delivered.windows(2).all(|pair| pair[0] != pair[1]), "{outcome:?}");
        // §8.1: an error is never answered; and what nobody would miss does not wait.
        prop_assert!(kind != "error" || (errors.is_empty() && delivered.is_empty()), "{outcome:?}");
        prop_assert!(matches!(kind, "chat" | "normal") || *kept == 0, "{outcome:?}");
        prop_assert!(kind != "groupchat" || delivered.is_empty(), "an account is no room: {outcome:?}");
        // Nothing that somebody said is lost in silence, nor delivered and refused.
        let fates = [!delivered.is_empty(), *kept > 0, !errors.is_empty()];
        let count = fates.into_iter().filter(|fate| *fate).count();
        let must_be_told = matches!(kind, "chat" | "groupchat" | "normal");
        prop_assert!(count == 1 || (!must_be_told && count == 0), "{outcome:?}");
        // An unknown account, an absent resource: all look alike.
        prop_assert!(errors.iter().all(|condition| condition == "service-unavailable"), "{outcome:?}");
        // §8.5.2.1.1: a chat goes to the best, a headline to all who want it.
        let best = (0..resources.len()).filter_map(|index| priority(&index)).max();
        let is_chosen = |index: &usize| match kind {
            "headline" => priority(index).is_some(),
            _ => priority(index).is_some() && priority(index) == best,
        };
        let chosen: Vec<_> = (0..resources.len()).filter(is_chosen).collect();
        prop_assert!(delivered.is_empty() || *delivered == chosen, "{outcome:?}");
    }
}
