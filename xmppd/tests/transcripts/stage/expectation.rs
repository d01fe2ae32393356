//! What a scenario says that a client receives.

use bytes::BytesMut;
use xmppd::xml::{Frame, Framer, Limits, Node};

use super::{Outcome, Seen, Stage, client, matching};

impl Stage {
    /// What is not written out.
    pub(super) fn receives(&mut self, who: &str, what: &[&str]) -> Outcome {
        match what {
            ["features"] => match self.client(who)?.inbox.pop_front() {
                Some(Seen::Element(features)) if features.name == "features" => Ok(()),
                Some(seen) => Err(format!("but received {}", show(&seen))),
                None => Err("but received nothing".to_owned()),
            },
            ["a", "header"] => self.expect(who, &Seen::Header),
            ["nothing"] => match self.client(who)?.inbox.front() {
                None => Ok(()),
                Some(seen) => Err(format!("but received {}", show(seen))),
            },
            _ => Err("no such step".to_owned()),
        }
    }

    pub(super) fn expect(&mut self, who: &str, expected: &Seen) -> Outcome {
        let Some(seen) = self.client(who)?.inbox.pop_front() else {
            return Err(format!("expected {}, received nothing", show(expected)));
        };
        let holds = match (expected, &seen) {
            (Seen::Element(expected), Seen::Element(seen)) => {
                matching::matches(expected, seen, &mut self.bindings)
            }
            (expected, seen) => expected == seen,
        };
        if holds {
            Ok(())
        } else {
            Err(format!("\n  expected {}\n  received {}", show(expected), show(&seen)))
        }
    }

    pub(super) fn expect_all(&mut self, who: &str, body: &str) -> Outcome {
        for expected in parse(body)? {
            self.expect(who, &expected)?;
        }
        Ok(())
    }

    pub(super) fn expect_cut_off(&mut self, who: &str) -> Outcome {
        if self.client(who)?.is_cut_off { Ok(()) } else { Err("but is not".to_owned()) }
    }
}

pub(super) fn parse(body: &str) -> Result<Vec<Seen>, String> {
    let mut text = BytesMut::from(format!("{}{body}", client::header()).as_bytes());
    let mut framer = Framer::new(Limits::of_bytes(1 << 20));
    let mut expected = Vec::new();
    while let Some(frame) =
        framer.next(&mut text).map_err(|error| format!("the transcript's XML is {error}"))?
    {
        match frame {
            Frame::Element(element) => expected.push(Seen::Element(Node::from(&element))),
            Frame::End => expected.push(Seen::End),
            Frame::Header(_) => {}
        }
    }
    if text.is_empty() { Ok(expected) } else { Err("the transcript's XML is not whole".to_owned()) }
}

pub(super) fn show(seen: &Seen) -> String {
    match seen {
        Seen::Element(node) => matching::show(node),
        Seen::End => "</stream:stream>".to_owned(),
        Seen::Header => "<stream:stream>".to_owned(),
    }
}
