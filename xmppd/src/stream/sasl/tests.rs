use std::time::Instant;

use bytes::BytesMut;
use time::OffsetDateTime;

use super::*;
use crate::{
    auth::{Authenticator, DecoySecret, Verdict},
    router::{Router, Settings},
    stream::{Action, ConnectionId},
};

const OPENING: &str = "<stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' to='school.test' version='1.0'>";
/// Of somebody who does not exist.
const GUESS: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AG5vYm9keQBndWVzcw==</auth>";
const ABORT: &str = "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";

/// What the network has to do about the last of these.
fn last_step(router: &mut Router, texts: &[&str]) -> Step {
    let mut stream = Stream::direct(ConnectionId(1), [10, 0, 0, 1].into(), ChannelBindings::default());
    let mut buffer = BytesMut::from(texts.concat().as_bytes());
    let mut step = Step::Continue;
    for _ in texts {
        let batch = stream.read(&mut buffer);
        drive(router, |router, cx| step = stream.handle(batch, router, cx));
    }
    step
}

fn drive(router: &mut Router, work: impl FnOnce(&mut Router, &mut Context<'_>)) {
    let mut random = |bytes: &mut [u8]| bytes.fill(1);
    let (now, instant) = (OffsetDateTime::UNIX_EPOCH, Instant::now());
    let mut outbox: Vec<Action> = Vec::new();
    work(router, &mut Context { now, instant, random: &mut random, outbox: &mut outbox });
}

#[test]
fn who_is_held_back_is_held_back_at_the_last_try_as_well() {
    let authenticator = Authenticator::new("school.test", DecoySecret::new([1; 32]));
    let settings = Settings { takes_plain: true, ..Settings::small() };
    let mut router = Router::new(settings, authenticator, Vec::new(), OffsetDateTime::UNIX_EPOCH);
    for network in 0..=20 {
        let peer = [10, 0, 1, network].into();
        drive(&mut router, |router, cx| {
            assert!(!matches!(router.attempt(peer, "nobody", cx), Verdict::Refused(_)));
        });
    }
    let step = last_step(&mut router, &[OPENING, GUESS]);
    assert!(matches!(step, Step::Pause(_)), "{step:?}");
    let step = last_step(&mut router, &[OPENING, ABORT, ABORT, ABORT, ABORT, GUESS]);
    assert!(matches!(step, Step::Pause(_)), "{step:?}");
    let step = last_step(&mut router, &[OPENING, ABORT, ABORT, ABORT, ABORT, ABORT]);
    assert_eq!(step, Step::Close);
}
