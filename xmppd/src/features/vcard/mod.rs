//! XEP-0054: cards, for those who may see their owner. The picture is the avatar (XEP-0398), and the card of
//! XEP-0292 is kept in step.

mod vcard4;

use bytes::Bytes;

use super::{
    Answer, Feature, Reply, Request, Target,
    avatar::{self, Picture},
    personal::Personal,
    pubsub::{Changes, leaf::Item, parties},
};
use crate::{
    ns,
    record::Shelf,
    router::Router,
    stanza::{StanzaError, stamped::with_last_child},
    stream::Context,
    xml::{Excerpt, Node, excerpt},
};

/// One's own is read and written, others' are read.
pub const FEATURE: Feature = Feature {
    namespace: ns::VCARD,
    advertised: &[ns::VCARD],
    of_account: &[ns::VCARD],
    answer,
    ..Feature::DEFAULT
};

/// The id of the one item of XEP-0292.
const CURRENT: &str = "current";

fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    if request.payload.name != "vCard" {
        return Err(StanzaError::BadRequest.into());
    }
    match (&request.target, request.is_set) {
        (Target::Server, _) => Err(StanzaError::ServiceUnavailable.into()),
        (Target::Account(_), true) => Err(StanzaError::Forbidden.into()),
        (Target::Own, true) => set(router, request, cx),
        (_, false) => get(router, request),
    }
}

fn get(router: &Router, request: &Request<'_>) -> Answer {
    let (owner, asker) = parties(router, request)?;
    let card = card(router, &owner, &asker).ok_or(StanzaError::ItemNotFound)?;
    Ok(Reply::Payload(card))
}

/// An account's card as somebody may see it who is no stranger; `None` if there is nothing to see.
fn card(router: &Router, owner: &str, asker: &str) -> Option<String> {
    let personal = router.personal.get(owner)?;
    let data = personal.leaf(ns::AVATAR_DATA);
    let may_see_picture = data.is_some_and(|leaf| router.admits(owner, &leaf.door(), asker).is_ok());
    let picture = Picture::shown(personal).filter(|_| may_see_picture);
    let photo = picture.as_ref().map(Picture::photo).unwrap_or_default();
    match personal.card.as_ref().and_then(|card| with_last_child(card, photo.clone())) {
        Some(card) => String::from_utf8(card.concat()).ok(),
        None if photo.is_empty() => None,
        None => Some(format!("<vCard xmlns='{}'>{photo}</vCard>", ns::VCARD)),
    }
}

fn set(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let (owner, _) = parties(router, request)?;
    let picture = picture(request.payload)?;
    let text = Excerpt::of(request.element, &[0]).ok_or(StanzaError::BadRequest)?.text();
    let text = if picture.is_some() { without_photo(&text).ok_or(StanzaError::BadRequest)? } else { text };
    let personal = router.personal_of(&owner);
    let replaced = personal.card.as_ref().map_or(0, Bytes::len);
    personal.make_room((text.len() + picture.as_ref().map_or(0, Picture::len)).saturating_sub(replaced))?;
    let mut changes = Changes::default();
    put(personal, text.into(), &mut changes);
    avatar::show(personal, picture.as_ref(), &mut changes);
    follow_card(personal, request.payload, &mut changes);
    router.tell(&owner, &changes, cx);
    router.announce_avatar(&owner, cx);
    Ok(Reply::Recorded(changes.records))
}

/// The picture within a card; a link to one is none (XEP-0153 §3.1).
fn picture(card: &Node) -> Result<Option<Picture>, StanzaError> {
    let part = |photo: &Node, name| photo.child(name, ns::VCARD).map(|part| part.text.trim().to_owned());
    let photo = card.child("PHOTO", ns::VCARD);
    let Some(base64) = photo.and_then(|photo| part(photo, "BINVAL")).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let kind = photo.and_then(|photo| part(photo, "TYPE")).unwrap_or_default();
    Picture::of(&base64, &kind).map(Some).ok_or(StanzaError::BadRequest)
}

fn without_photo(card: &str) -> Option<String> {
    let element = excerpt::parse(card.as_bytes())?;
    let place = element.children().position(|(name, _)| name == "PHOTO")?;
    let span = Excerpt::of(&element, &[place])?.span;
    String::from_utf8(excerpt::replace(element.bytes(), span, "").to_vec()).ok()
}

fn put(personal: &mut Personal, card: Bytes, changes: &mut Changes) {
    changes.records.push(personal.record(Shelf::VCard, "", Some(card.clone())));
    personal.card = Some(card);
}

/// The card of XEP-0292 follows that of XEP-0054.
fn follow_card(personal: &mut Personal, card: &Node, changes: &mut Changes) {
    let old = personal.last_item(ns::VCARD4_NODE).and_then(Item::element);
    let text = vcard4::from_card(card, old.as_ref());
    let is_new = personal.last_item(ns::VCARD4_NODE).is_none_or(|item| item.payload() != text);
    if is_new {
        personal.follow_up(ns::VCARD4_NODE, CURRENT, &text, changes);
    }
}

/// The card of XEP-0054 follows that of XEP-0292.
pub(super) fn follow_vcard4(personal: &mut Personal, changes: &mut Changes) {
    let published = personal.last_item(ns::VCARD4_NODE).and_then(Item::element);
    let Some(published) = published.filter(|element| element.is("vcard", ns::VCARD4)) else { return };
    let old = personal.card.as_ref().and_then(|card| excerpt::parse(card));
    let text = vcard4::to_card(&Node::from(&published), old.as_ref());
    put(personal, text.into(), changes);
}
