//! XEP-0084: avatars; XEP-0153 and XEP-0398: the same in the card, and their hash in presence for clients that
//! know no other way.

use std::{fmt::Write, sync::Arc};

use base64::{Engine, engine::general_purpose::GeneralPurpose};
use bytes::Bytes;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{
    Feature,
    personal::Personal,
    pubsub::{Changes, access::Access},
};
use crate::{
    ns,
    router::Router,
    stanza::{Stamped, stamped::with_last_child},
    stream::Context,
    xml::{Element, Escaped, Excerpt, Node, excerpt},
};

/// Nothing to ask: the requests are those of XEP-0060 and XEP-0054.
pub const FEATURE: Feature = Feature { of_account: &[ns::AVATAR_CONVERSION], ..Feature::DEFAULT };

/// A picture as cards have it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Picture {
    /// The hash of its bytes (XEP-0084 §4.2.1).
    pub(super) id: String,
    /// The media type; empty if nobody says.
    pub(super) kind: String,
    bytes: usize,
    base64: String,
}

impl Picture {
    /// From a card's `BINVAL`; `None` for what is no Base64, or nothing.
    pub(super) fn of(base64: &str, kind: &str) -> Option<Self> {
        let base64: String = base64.split_ascii_whitespace().collect();
        let bytes = BASE64_LENIENT.decode(&base64).ok().filter(|bytes| !bytes.is_empty())?;
        Some(Self { id: hash(&bytes), kind: kind.to_owned(), bytes: bytes.len(), base64 })
    }

    /// The picture that an account shows now: that of the metadata which is no link (XEP-0398 §3.1).
    pub(super) fn shown(personal: &Personal) -> Option<Self> {
        let info = info(personal)?;
        let data = personal.leaf(ns::AVATAR_DATA)?.item(info.attribute("id")?)?;
        Self::of(&Node::from(&data.element()?).text, info.attribute("type").unwrap_or_default())
    }

    /// As a card has it (XEP-0153 §3.1).
    pub(super) fn photo(&self) -> String {
        let Self { kind, base64, .. } = self;
        format!(
            "<PHOTO xmlns='{}'><TYPE>{}</TYPE><BINVAL>{base64}</BINVAL></PHOTO>",
            ns::VCARD,
            Escaped(kind)
        )
    }

    /// How long it is in a stanza.
    pub(super) fn len(&self) -> usize {
        self.base64.len()
    }
}

/// Some clients leave the padding out.
const BASE64_LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    base64::engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

fn hash(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(40);
    for byte in digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref() {
        write!(text, "{byte:02x}").expect("a string takes everything");
    }
    text
}

/// XEP-0084 §4.2.1: the item of a picture is called by the hash of its bytes.
pub(super) fn is_named_after_itself(id: &str, data: &Node) -> bool {
    Picture::of(&data.text, "").is_some_and(|picture| picture.id.eq_ignore_ascii_case(id))
}

/// The first `info` of the metadata that is no link.
fn info(personal: &Personal) -> Option<Node> {
    let metadata = Node::from(&personal.last_item(ns::AVATAR_METADATA)?.element()?);
    metadata
        .children
        .into_iter()
        .find(|child| child.is("info", ns::AVATAR_METADATA) && child.attribute("url").is_none())
}

/// XEP-0398 §3.2: the picture of a card becomes the avatar, or its absence none.
pub(super) fn show(personal: &mut Personal, picture: Option<&Picture>, changes: &mut Changes) {
    let shown = Picture::shown(personal);
    match picture {
        Some(picture) if shown.as_ref().is_none_or(|shown| shown.id != picture.id) => {
            let Picture { id, kind, bytes, base64 } = picture;
            let data = format!("<data xmlns='{}'>{base64}</data>", ns::AVATAR_DATA);
            personal.follow_up(ns::AVATAR_DATA, id, &data, changes);
            let kind = Escaped(if kind.is_empty() { "image/png" } else { kind });
            let metadata = format!(
                "<metadata xmlns='{}'><info id='{id}' type='{kind}' bytes='{bytes}'/></metadata>",
                ns::AVATAR_METADATA
            );
            personal.follow_up(ns::AVATAR_METADATA, id, &metadata, changes);
        }
        None if shown.is_some() => {
            let metadata = format!("<metadata xmlns='{}'/>", ns::AVATAR_METADATA);
            personal.follow_up(ns::AVATAR_METADATA, "current", &metadata, changes);
        }
        _ => {}
    }
}

impl Router {
    /// The hash that goes with an account's presence, if those who see that may see the avatar.
    fn avatar_hash(&self, account: &str) -> Option<String> {
        let personal = self.personal.get(account)?;
        let is_shown =
            |node| personal.leaf(node).is_some_and(|leaf| leaf.configuration.access != Access::Whitelist);
        if !is_shown(ns::AVATAR_METADATA) || !is_shown(ns::AVATAR_DATA) {
            return None;
        }
        let id = info(personal)?.attribute("id")?.to_owned();
        personal.leaf(ns::AVATAR_DATA)?.item(&id).map(|_| id)
    }

    /// Presence that an account sends, with the hash of its avatar (XEP-0398 §4). `said` is what its client has
    /// sent, and `presence` the same, taken apart.
    pub(crate) fn with_avatar(&self, account: &str, said: &Stamped, presence: &Element) -> Stamped {
        let tail = self.avatar_hash(account).and_then(|hash| tail_with(presence, &hash));
        tail.map_or_else(|| said.clone(), |tail| said.with_tail(tail))
    }

    /// An account has another avatar, or none any more: everybody who sees it is told, though its clients have
    /// said nothing.
    pub(crate) fn announce_avatar(&mut self, account: &Arc<str>, cx: &mut Context<'_>) {
        let hash = self.avatar_hash(account).unwrap_or_default();
        let sessions: Vec<_> = self.sessions_of(account).map(|session| session.id).collect();
        for id in sessions {
            let session = self.sessions.get_mut(&id);
            let Some(presence) = session.and_then(|session| session.presence.as_mut()) else { continue };
            let Some(tail) = element(&presence.said).and_then(|element| tail_with(&element, &hash)) else {
                continue;
            };
            if tail == *presence.stamped.tail() {
                continue;
            }
            presence.stamped = presence.stamped.with_tail(tail);
            let stamped = presence.stamped.clone();
            for watcher in self.audience(account) {
                watcher.see(&stamped, cx);
            }
        }
    }
}

/// Presence of which only what follows the `to` is there; `None` if it needs what its stream declares.
fn element(tail: &Bytes) -> Option<Element> {
    excerpt::parse(&[b"<presence xmlns='jabber:client'", &tail[..]].concat())
}

/// What follows the `to`, with that hash; `None` where it stays as it is.
fn tail_with(presence: &Element, hash: &str) -> Option<Bytes> {
    match presence.children().position(|(name, namespace)| name == "x" && namespace == ns::VCARD_UPDATE) {
        Some(place) => replaced(presence, place, hash),
        None => Some(added(presence, hash)),
    }
}

fn update(hash: &str) -> String {
    format!("<x xmlns='{}'><photo>{}</photo></x>", ns::VCARD_UPDATE, Escaped(hash))
}

fn added(presence: &Element, hash: &str) -> Bytes {
    let tail = presence.tail();
    match with_last_child(&tail, update(hash)) {
        Some(packet) => packet.concat().into(),
        None => format!(">{}</{}>", update(hash), presence.qualified_name()).into(),
    }
}

/// An empty `photo` is a client's word that it shows none; all else is the server's to say.
fn replaced(presence: &Element, place: usize, hash: &str) -> Option<Bytes> {
    let node = Node::from(presence);
    let photo = node.children.get(place)?.child("photo", ns::VCARD_UPDATE).map(|photo| photo.text.trim());
    if photo == Some("") || photo == Some(hash) {
        return None;
    }
    let span = Excerpt::of(presence, &[place])?.span;
    let head = presence.bytes().len() - presence.tail().len();
    Some(excerpt::replace(presence.bytes(), span, &update(hash)).slice(head..))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_called_by_its_hash() {
        let picture = Picture::of("YWJj\n", "image/png").unwrap();
        assert_eq!(picture.id, "a9993e364706816aba3e25717850c26c9cd0d89d"); // RFC 3174 §7.3, "abc"
        assert_eq!(Picture::of("YQ", "").unwrap().bytes, 1);
        assert_eq!(Picture::of("?", ""), None);
        assert_eq!(Picture::of("", ""), None);
    }

    #[test]
    fn the_hash_finds_its_place_in_presence() {
        let presence = |text: &str| excerpt::parse(text.as_bytes()).unwrap();
        let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        let update = "<x xmlns='vcard-temp:x:update'><photo>h</photo></x>";
        assert_eq!(text(added(&presence("<presence/>"), "h")), format!(">{update}</presence>"));
        let away = presence("<presence id='1'><show>away</show></presence>");
        assert_eq!(text(added(&away, "h")), format!("><show>away</show>{update}</presence>"));
        let replace = |x: &str, hash| {
            replaced(&presence(&format!("<presence id='1'>{x}<a/></presence>")), 0, hash).map(text)
        };
        assert_eq!(
            replace("<x xmlns='vcard-temp:x:update'/>", "h").unwrap(),
            format!(">{update}<a/></presence>")
        );
        assert_eq!(replace(update, "h"), None);
        assert_eq!(replace("<x xmlns='vcard-temp:x:update'><photo/></x>", "h"), None);
    }
}
