//! Whatever happens to accounts, contacts, subscriptions and the site's word on them: a client that applies what it is told has the same
//! roster, and sees the same people, as one that comes anew.

mod school;

use proptest::prelude::*;

use school::School;

use crate::router::{contacts::MOST_CONTACTS, subscription::MOST_REQUESTS};

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const GROUPS: [&str; 4] = ["5a", "5b", "Teachers", ".unlisted"];

/// Something that happens. Numbers choose from [`NAMES`] and [`GROUPS`].
#[derive(Clone, Debug)]
enum Event {
    /// An account is there now, with these groups.
    Put { account: usize, groups: Vec<usize>, is_renamed: bool, is_enabled: bool },
    /// An account is there no more.
    Removed(usize),
    /// The site has decided otherwise.
    Decided { is_by_groups: bool, sees_everyone: usize, has_contacts: bool, is_renamed: bool },
    /// Somebody gives a contact a name and a group.
    Named { owner: usize, contact: usize, name: String, group: usize },
    /// Somebody removes a contact.
    Unlisted { owner: usize, contact: usize },
    /// Somebody sends presence about a subscription.
    Said { owner: usize, contact: usize, said: &'static str },
    /// A client goes, and comes back with the roster that it has.
    Reconnected(usize),
    /// The server starts anew.
    Restarted,
}

fn event() -> impl Strategy<Value = Event> {
    let account = 0..NAMES.len();
    let pair = || (0..NAMES.len(), 0..NAMES.len());
    let groups = proptest::collection::vec(0..GROUPS.len(), 0..3);
    let said = prop::sample::select(vec!["subscribe", "subscribed", "unsubscribe", "unsubscribed"]);
    prop_oneof![
        4 => (account.clone(), groups, any::<bool>(), prop::bool::weighted(0.8)).prop_map(
            |(account, groups, is_renamed, is_enabled)| Event::Put { account, groups, is_renamed, is_enabled }
        ),
        1 => account.clone().prop_map(Event::Removed),
        2 => (any::<bool>(), 0..GROUPS.len(), any::<bool>(), any::<bool>()).prop_map(
            |(is_by_groups, sees_everyone, has_contacts, is_renamed)| {
                Event::Decided { is_by_groups, sees_everyone, has_contacts, is_renamed }
            }
        ),
        3 => (pair(), "[xy]?", 0..GROUPS.len())
            .prop_map(|((owner, contact), name, group)| Event::Named { owner, contact, name, group }),
        1 => pair().prop_map(|(owner, contact)| Event::Unlisted { owner, contact }),
        5 => (pair(), said).prop_map(|((owner, contact), said)| Event::Said { owner, contact, said }),
        2 => account.prop_map(Event::Reconnected),
        1 => Just(Event::Restarted),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn who_is_told_of_changes_knows_what_who_comes_anew_is_told(
        events in proptest::collection::vec(event(), 1..40)
    ) {
        let mut school = School::new();
        school.check();
        for event in &events {
            school.happen(event);
            school.check();
        }
    }
}

#[test]
fn what_is_kept_is_bounded() {
    let mut school = School::new();
    school.fill("a", MOST_CONTACTS);
    school.send(0, "<presence type='subscribe' to='one-more@school.test'/>");
    assert!(!school.keeps("a", "one-more@school.test"));
    school.send(0, "<presence type='subscribe' to='b@school.test'/>");
    assert!(!school.keeps("a", "b@school.test") && !school.keeps("b", "a@school.test"));
}

#[test]
fn requests_that_wait_are_bounded() {
    let mut school = School::new();
    school.fill("b", MOST_REQUESTS);
    school.send(0, "<presence type='subscribe' to='b@school.test'/>");
    assert!(school.keeps("a", "b@school.test"), "whoever asks does not learn of it");
    assert!(!school.keeps("b", "a@school.test"));
}
