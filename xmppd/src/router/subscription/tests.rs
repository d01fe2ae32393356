//! The tables of RFC 6121 appendix A, cell by cell.

use super::{Half, Inbound, Move, Subscription};
use Inbound::{Answer, Deliver, Ignore};

const fn state(to: Half, from: Half) -> Subscription {
    Subscription { to, from }
}

const NONE: Subscription = state(Half::None, Half::None);
const NONE_OUT: Subscription = state(Half::Pending, Half::None);
const NONE_IN: Subscription = state(Half::None, Half::Pending);
const NONE_OUT_IN: Subscription = state(Half::Pending, Half::Pending);
const TO: Subscription = state(Half::Granted, Half::None);
const TO_IN: Subscription = state(Half::Granted, Half::Pending);
const FROM: Subscription = state(Half::None, Half::Granted);
const FROM_OUT: Subscription = state(Half::Pending, Half::Granted);
const BOTH: Subscription = state(Half::Granted, Half::Granted);

/// §A.1, in its order.
const STATES: [Subscription; 9] = [NONE, NONE_OUT, NONE_IN, NONE_OUT_IN, TO, TO_IN, FROM, FROM_OUT, BOTH];

fn outbound(said: Move, cells: [(Subscription, bool); 9]) {
    for (before, cell) in STATES.into_iter().zip(cells) {
        assert_eq!(before.outbound(said), cell, "{before:?} {said:?}");
    }
}

fn inbound(said: Move, is_approved: bool, cells: [(Subscription, Inbound); 9]) {
    for (before, cell) in STATES.into_iter().zip(cells) {
        assert_eq!(before.inbound(said, is_approved), cell, "{before:?} {said:?}");
    }
}

/// §A.2.1
#[test]
fn a_request_goes_out() {
    outbound(
        Move::Subscribe,
        [
            (NONE_OUT, true),
            (NONE_OUT, true),
            (NONE_OUT_IN, true),
            (NONE_OUT_IN, true),
            (TO, true),
            (TO_IN, true),
            (FROM_OUT, true),
            (FROM_OUT, true),
            (BOTH, true),
        ],
    );
}

/// §A.2.2
#[test]
fn an_unsubscription_goes_out() {
    outbound(
        Move::Unsubscribe,
        [
            (NONE, true),
            (NONE, true),
            (NONE_IN, true),
            (NONE_IN, true),
            (NONE, true),
            (NONE_IN, true),
            (FROM, true),
            (FROM, true),
            (FROM, true),
        ],
    );
}

/// §A.2.3
#[test]
fn an_approval_goes_out_to_who_has_asked() {
    outbound(
        Move::Subscribed,
        [
            (NONE, false),
            (NONE_OUT, false),
            (FROM, true),
            (FROM_OUT, true),
            (TO, false),
            (BOTH, true),
            (FROM, false),
            (FROM_OUT, false),
            (BOTH, false),
        ],
    );
}

/// §A.2.4
#[test]
fn a_cancellation_goes_out_to_whom_it_concerns() {
    outbound(
        Move::Unsubscribed,
        [
            (NONE, false),
            (NONE_OUT, false),
            (NONE, true),
            (NONE_OUT, true),
            (TO, false),
            (TO, true),
            (NONE, true),
            (NONE_OUT, true),
            (TO, true),
        ],
    );
}

/// §A.3.1
#[test]
fn a_request_comes_in() {
    inbound(
        Move::Subscribe,
        false,
        [
            (NONE_IN, Deliver),
            (NONE_OUT_IN, Deliver),
            (NONE_IN, Ignore),
            (NONE_OUT_IN, Ignore),
            (TO_IN, Deliver),
            (TO_IN, Ignore),
            (FROM, Answer),
            (FROM_OUT, Answer),
            (BOTH, Answer),
        ],
    );
}

/// §A.3.1, first note; §3.4
#[test]
fn a_request_comes_in_that_has_been_approved() {
    inbound(
        Move::Subscribe,
        true,
        [
            (FROM, Answer),
            (FROM_OUT, Answer),
            (FROM, Answer),
            (FROM_OUT, Answer),
            (BOTH, Answer),
            (BOTH, Answer),
            (FROM, Answer),
            (FROM_OUT, Answer),
            (BOTH, Answer),
        ],
    );
}

/// §A.3.2
#[test]
fn an_unsubscription_comes_in() {
    inbound(
        Move::Unsubscribe,
        false,
        [
            (NONE, Ignore),
            (NONE_OUT, Ignore),
            (NONE, Deliver),
            (NONE_OUT, Deliver),
            (TO, Ignore),
            (TO, Deliver),
            (NONE, Deliver),
            (NONE_OUT, Deliver),
            (TO, Deliver),
        ],
    );
}

/// §A.3.3
#[test]
fn an_approval_comes_in_if_it_was_asked_for() {
    inbound(
        Move::Subscribed,
        false,
        [
            (NONE, Ignore),
            (TO, Deliver),
            (NONE_IN, Ignore),
            (TO_IN, Deliver),
            (TO, Ignore),
            (TO_IN, Ignore),
            (FROM, Ignore),
            (BOTH, Deliver),
            (BOTH, Ignore),
        ],
    );
}

/// §A.3.4
#[test]
fn a_cancellation_comes_in() {
    inbound(
        Move::Unsubscribed,
        false,
        [
            (NONE, Ignore),
            (NONE, Deliver),
            (NONE_IN, Ignore),
            (NONE_IN, Deliver),
            (NONE, Deliver),
            (NONE_IN, Deliver),
            (FROM, Ignore),
            (FROM, Deliver),
            (FROM, Deliver),
        ],
    );
}

/// §2.1.2.5
#[test]
fn a_roster_says_one_of_four_words() {
    let words = ["none", "none", "none", "none", "to", "to", "from", "from", "both"];
    assert_eq!(STATES.map(Subscription::name), words);
}
