//! XEP-0424: retraction. Nothing is archived, so there is nothing to retract but what still waits for somebody who is
//! offline: that is erased, if its sender wants it back. The retraction passes on as any message, and waits itself,
//! since the recipient may have the message elsewhere. Nothing is advertised: there is no archive to hold it.

use bytes::BytesMut;

use crate::{
    ns,
    xml::{Element, Frame, Framer, Limits, Node},
};

/// The id of the message that this one takes back (§4).
pub(crate) fn retracted(message: &Element) -> Option<String> {
    let message = Node::from(message);
    message.child("retract", ns::RETRACTION)?.attribute("id").map(str::to_owned)
}

/// Whether a message that was kept goes by that id: its origin's (XEP-0359 §3.2), or its own.
pub fn goes_by(kept: &[u8], id: &str) -> bool {
    let Some(message) = parse(kept) else { return false };
    let origin = message.child("origin-id", ns::STANZA_IDS).and_then(|origin| origin.attribute("id"));
    [origin, message.attribute("id")].contains(&Some(id))
}

/// Whether what was kept is a message.
pub fn is_message(kept: &[u8]) -> bool {
    parse(kept).is_some_and(|message| message.is("message", ns::CLIENT))
}

/// What a recipient's client would see.
fn parse(kept: &[u8]) -> Option<Node> {
    let mut stream = BytesMut::from(format!("<stream xmlns='{}'>", ns::CLIENT).as_bytes());
    stream.extend_from_slice(kept);
    let known = Limits::of_bytes(usize::MAX);
    // Its head may declare what its sender's stream did.
    let mut framer = Framer::new(Limits { attributes: 2 * known.attributes, ..known });
    framer.next(&mut stream).ok()?;
    match framer.next(&mut stream) {
        Ok(Some(Frame::Element(message))) => Some(Node::from(&message)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::goes_by;

    #[test]
    fn a_message_goes_by_two_ids() {
        let kept = b"<message from='a@b/c' id='1' to='d@b'><body>2</body>\
            <origin-id xmlns='urn:xmpp:sid:0' id='it&apos;s 3'/><origin-id xmlns='urn:x' id='4'/></message>";
        assert!(goes_by(kept, "1") && goes_by(kept, "it's 3"));
        assert!(!goes_by(kept, "2") && !goes_by(kept, "4") && !goes_by(b"<message>", "1"));
    }
}
