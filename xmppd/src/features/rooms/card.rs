//! XEP-0054, XEP-0486: the card of a room, with its avatar: set by an owner, read by everybody.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{
    Sender,
    mail::Mail,
    notice::{Status, about_room},
    rank::AffiliationPrivilege,
    room::Room,
};
use crate::{
    hex::hex,
    jid::Jid,
    ns,
    stanza::{Stamped, StanzaError},
    xml::{Element, Escaped, Excerpt, Node},
};

/// The most bytes of a card: an avatar of a few dozen KiB.
const MOST_BYTES: usize = 64 * 1024;

/// A card as XML, and its picture's hash.
pub(super) struct Card {
    pub(super) text: String,
    /// XEP-0153 §3.1; empty without a picture.
    pub(super) hash: String,
}

impl Card {
    /// A card as it was recorded.
    pub(super) fn new(text: String, hash: String) -> Self {
        Self { text, hash }
    }

    /// The card that a request holds; `None` for one that says nothing.
    fn within(request: &Element, card: &Node) -> Option<Self> {
        let picture = card.child("PHOTO", ns::VCARD).and_then(|photo| photo.child("BINVAL", ns::VCARD));
        let bytes = picture.and_then(|picture| {
            let text: String = picture.text.split_whitespace().collect();
            BASE64.decode(text).ok()
        });
        let hash = bytes.map(|bytes| hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, &bytes).as_ref()));
        let text = Excerpt::of(request, &[0]).filter(|_| !card.children.is_empty())?.text();
        Some(Self { text, hash: hash.unwrap_or_default() })
    }

    /// XEP-0486 §5.2: how older clients hear of an avatar.
    pub(super) fn presence(&self, room: &Jid) -> Stamped {
        avatar(room, &self.hash)
    }
}

fn avatar(room: &Jid, hash: &str) -> Stamped {
    let start = format!("presence from='{}'", Escaped(room.as_str()));
    Stamped::own(&start, format!("><x xmlns='{}'><photo>{hash}</photo></x></presence>", ns::VCARD_UPDATE))
}

impl Room {
    /// The card, or an empty one.
    pub(super) fn card_text(&self) -> String {
        let none = || format!("<vCard xmlns='{}'/>", ns::VCARD);
        self.card.as_ref().map_or_else(none, |card| card.text.clone())
    }

    /// Gives the room another card; an empty one takes it away.
    pub(super) fn set_card(
        &mut self,
        sender: &Sender,
        request: &Element,
        card: &Node,
        mail: &mut Mail,
    ) -> Result<(), StanzaError> {
        if !self.affiliation(&sender.account).may(AffiliationPrivilege::Configure) {
            return Err(StanzaError::Forbidden);
        }
        let card = Card::within(request, card);
        if card.as_ref().is_some_and(|card| card.text.len() > MOST_BYTES) {
            return Err(StanzaError::ResourceConstraint);
        }
        self.card = card;
        self.unsaved.card = true;
        self.announce(&about_room(&[Status::ConfigurationChanged]), mail);
        let presence = avatar(&self.jid, self.card.as_ref().map_or("", |card| &card.hash));
        for seat in self.seats() {
            mail.show(seat, &presence);
        }
        Ok(())
    }
}
