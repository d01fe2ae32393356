//! XEP-0402: bookmarks of rooms, one an item; kept in step with the one element of XEP-0048, in PEP and in private
//! XML (XEP-0411). The rooms of one's classes are among them without one's doing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::Arc,
};

use super::{
    Feature,
    personal::Personal,
    pubsub::{Changes, configuration::MOST_ITEMS, leaf::Item},
};
use crate::{
    jid::Jid,
    ns,
    record::Shelf,
    router::Router,
    stanza::Refusal,
    stream::Context,
    xml::{Element, Escaped, Excerpt, Node, excerpt},
};

/// Nothing to ask: the requests are those of XEP-0060 and XEP-0049.
pub const FEATURE: Feature = Feature {
    of_account: &[ns::BOOKMARKS_COMPAT, ns::BOOKMARKS_COMPAT_PEP, ns::BOOKMARKS_CONVERSION],
    changed,
    ..Feature::DEFAULT
};

/// The id of the one item of XEP-0048.
const CURRENT: &str = "current";

/// What both specifications can say of a room.
#[derive(Debug, Default, Eq, PartialEq)]
struct Bookmark {
    name: Option<String>,
    autojoin: bool,
    nick: Option<String>,
    password: Option<String>,
}

impl Bookmark {
    /// From a `conference` of either.
    fn of(conference: &Node) -> Self {
        let text = |name| conference.child(name, &conference.namespace).map(|child| child.text.clone());
        Self {
            name: conference.attribute("name").map(str::to_owned),
            autojoin: matches!(conference.attribute("autojoin"), Some("1" | "true")),
            nick: text("nick"),
            password: text("password"),
        }
    }

    /// The `conference`, whose first attributes are given, and whose last children.
    fn conference(&self, attributes: &str, extensions: &str) -> String {
        let mut text = format!("<conference{attributes} autojoin='{}'", self.autojoin);
        let mut add =
            |part: std::fmt::Arguments<'_>| text.write_fmt(part).expect("a string takes everything");
        if let Some(name) = &self.name {
            add(format_args!(" name='{}'", Escaped(name)));
        }
        add(format_args!(">"));
        for (element, value) in [("nick", &self.nick), ("password", &self.password)] {
            if let Some(value) = value {
                add(format_args!("<{element}>{}</{element}>", Escaped(value)));
            }
        }
        add(format_args!("{extensions}</conference>"));
        text
    }
}

/// All bookmarks as XEP-0048 has them, if there are any.
pub(super) fn storage(personal: &Personal) -> Option<&str> {
    Some(personal.last_item(ns::BOOKMARK_STORAGE)?.payload())
}

/// A client of XEP-0049 replaces all bookmarks.
pub(super) fn store(personal: &mut Personal, storage: &str, changes: &mut Changes) -> Result<(), Refusal> {
    let replaced = self::storage(personal).map_or(0, str::len);
    personal.make_room(storage.len().saturating_sub(replaced) * 2)?; // once more as items
    personal.follow_up(ns::BOOKMARK_STORAGE, CURRENT, storage, changes);
    follow_storage(personal, changes);
    Ok(())
}

/// Bookmarks have been published or retracted one by one: the element of XEP-0048 follows. What else a client
/// keeps in it stays there.
pub(super) fn follow_items(personal: &mut Personal, changes: &mut Changes) {
    let storage = personal.last_item(ns::BOOKMARK_STORAGE).and_then(Item::element);
    let items = items(personal);
    if storage.as_ref().map(stored).unwrap_or_default() == items {
        return;
    }
    let mut text = format!("<storage xmlns='{}'>", ns::BOOKMARK_STORAGE);
    for (room, bookmark) in &items {
        text.push_str(&bookmark.conference(&format!(" jid='{}'", Escaped(room)), ""));
    }
    if let Some(storage) = &storage {
        let others = storage.children().enumerate().filter(|(_, (name, _))| *name != "conference");
        let others = others.filter_map(|(place, _)| Excerpt::of(storage, &[place]));
        text.extend(others.map(|other| other.text()));
    }
    text.push_str("</storage>");
    personal.follow_up(ns::BOOKMARK_STORAGE, CURRENT, &text, changes);
}

/// The element of XEP-0048 has been replaced: items follow, those that changed (XEP-0402 §6).
pub(super) fn follow_storage(personal: &mut Personal, changes: &mut Changes) {
    let Some(storage) = personal.last_item(ns::BOOKMARK_STORAGE) else {
        // Who deletes the old node wants no old node, not no bookmarks.
        return;
    };
    let wanted = storage.element().as_ref().map(stored).unwrap_or_default();
    let items = items(personal);
    for (room, bookmark) in &wanted {
        if items.get(room) != Some(bookmark) {
            let attributes = format!(" xmlns='{}'", ns::BOOKMARKS);
            let text = bookmark.conference(&attributes, &extensions(personal, room));
            personal.follow_up(ns::BOOKMARKS, room, &text, changes);
        }
    }
    let gone: BTreeSet<&str> =
        items.keys().filter(|room| !wanted.contains_key(*room)).map(String::as_str).collect();
    if !gone.is_empty() {
        // It cannot fail: they are there.
        let _ = personal.retract(ns::BOOKMARKS, &gone, true, changes);
    }
}

/// The bookmarks of XEP-0402, by room.
fn items(personal: &Personal) -> BTreeMap<String, Bookmark> {
    let items = personal.leaf(ns::BOOKMARKS).into_iter().flat_map(|leaf| &leaf.items);
    let bookmarks = items.filter_map(|item| {
        let conference = Node::from(&item.element()?);
        conference.is("conference", ns::BOOKMARKS).then(|| (item.id.clone(), Bookmark::of(&conference)))
    });
    bookmarks.collect()
}

/// The bookmarks of XEP-0048, by room.
fn stored(storage: &Element) -> BTreeMap<String, Bookmark> {
    let storage = Node::from(storage);
    let conferences = storage.children.iter().filter(|child| child.is("conference", ns::BOOKMARK_STORAGE));
    let bookmarks = conferences.filter_map(|conference| {
        let room = Jid::parse(conference.attribute("jid")?).ok()?;
        Some((room.bare().to_owned(), Bookmark::of(conference)))
    });
    bookmarks.take(MOST_ITEMS).collect()
}

/// What XEP-0048 cannot say of a bookmark, and so does not change.
fn extensions(personal: &Personal, room: &str) -> String {
    let item = personal.leaf(ns::BOOKMARKS).and_then(|leaf| leaf.item(room));
    let Some(conference) = item.and_then(|item| excerpt::parse(item.payload().as_bytes())) else {
        return String::new();
    };
    let place = conference.children().position(|(name, _)| name == "extensions");
    let extensions = place.and_then(|place| Excerpt::of(&conference, &[place]));
    extensions.map_or_else(String::new, |extensions| extensions.text())
}

/// Once: what has been removed since, or edited, is the account's own decision. The bookmark that nobody has touched
/// follows its room to another title, and goes with a room that is offered no more.
fn offer(personal: &mut Personal, rooms: &[(Jid, String)], changes: &mut Changes) {
    for (room, name) in rooms {
        let room = room.as_str();
        let offered = personal.offered.get(room);
        if offered == Some(name) {
            continue;
        }
        if items(personal).get(room) == offered.map(|name| of_class(name)).as_ref() {
            let text = of_class(name).conference(&format!(" xmlns='{}'", ns::BOOKMARKS), "");
            personal.follow_up(ns::BOOKMARKS, room, &text, changes);
        }
        let value = name.clone().into_bytes().into();
        changes.records.push(personal.record(Shelf::OfferedRoom, room, Some(value)));
        personal.offered.insert(room.to_owned(), name.clone());
    }
    let is_offered = |room: &str| rooms.iter().any(|(offered, _)| offered.as_str() == room);
    let gone: Vec<_> = personal.offered.keys().filter(|room| !is_offered(room)).cloned().collect();
    for room in gone {
        let Some(name) = personal.offered.remove(&room) else { continue };
        changes.records.push(personal.record(Shelf::OfferedRoom, &room, None));
        if items(personal).get(&room) == Some(&of_class(&name)) {
            // It cannot fail: it is there.
            let _ = personal.retract(ns::BOOKMARKS, &BTreeSet::from([room.as_str()]), true, changes);
        }
    }
    if !changes.records.is_empty() {
        follow_items(personal, changes);
    }
}

/// How the server bookmarks a room.
fn of_class(name: &str) -> Bookmark {
    Bookmark { name: Some(name.to_owned()), autojoin: true, ..Bookmark::default() }
}

impl Router {
    /// Brings the rooms of an account's classes among its bookmarks.
    pub(crate) fn offer_rooms(&mut self, owner: &Arc<str>, cx: &mut Context<'_>) {
        let rooms = self.bookmarks_of(owner);
        let has_been_offered = self.personal.get(owner).is_some_and(|personal| !personal.offered.is_empty());
        if rooms.is_empty() && !has_been_offered {
            return;
        }
        let mut changes = Changes::default();
        offer(self.personal_of(owner), &rooms, &mut changes);
        self.settle(owner, changes, cx);
    }

    /// Takes a room that is no more from all to whom it was offered, also from those who are not online.
    pub(crate) fn take_back_room(&mut self, room: &str, cx: &mut Context<'_>) {
        let have_it = self.personal.iter().filter(|(_, personal)| personal.offered.contains_key(room));
        let have_it: Vec<_> = have_it.map(|(name, _)| Arc::clone(name)).collect();
        for name in have_it {
            self.offer_rooms(&name, cx);
        }
    }

    /// The rooms that the school has made for an account's classes, with their names.
    fn bookmarks_of(&self, account: &str) -> Vec<(Jid, String)> {
        self.person(account).map_or_else(Vec::new, |person| self.rooms.bookmarks_of(&person.account))
    }
}

/// Who belongs to another class now has other rooms.
fn changed(router: &mut Router, account: &str, cx: &mut Context<'_>) {
    if let Some(name) = router.person(account).map(|person| Arc::clone(&person.name)) {
        router.offer_rooms(&name, cx);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;

    fn personal() -> Personal {
        Personal::new("juliet".into(), 100_000)
    }

    fn rooms(names: &[&str]) -> Vec<(Jid, String)> {
        let room =
            |name: &&str| (Jid::parse(&format!("{name}@rooms.school.test")).unwrap(), (*name).to_owned());
        names.iter().map(room).collect()
    }

    fn bookmarked(personal: &Personal) -> Vec<String> {
        items(personal).into_keys().collect()
    }

    /// What clients of XEP-0048 see, and what is told and written down.
    fn offer_all(personal: &mut Personal, names: &[&str]) -> (String, Changes) {
        let mut changes = Changes::default();
        offer(personal, &rooms(names), &mut changes);
        (storage(personal).unwrap_or_default().to_owned(), changes)
    }

    #[test]
    fn rooms_of_ones_classes_are_bookmarked_once() {
        let mut personal = personal();
        let (storage, changes) = offer_all(&mut personal, &["4a"]);
        assert_eq!(
            storage,
            "<storage xmlns='storage:bookmarks'>\
             <conference jid='4a@rooms.school.test' autojoin='true' name='4a'></conference></storage>"
        );
        assert_eq!(changes.events.len(), 2);
        let (_, changes) = offer_all(&mut personal, &["4a"]);
        assert!(changes.records.is_empty() && changes.events.is_empty());
    }

    #[test]
    fn who_removes_one_is_not_offered_it_again() {
        let mut personal = personal();
        offer_all(&mut personal, &["4a"]);
        let removed = BTreeSet::from(["4a@rooms.school.test"]);
        personal.retract(ns::BOOKMARKS, &removed, true, &mut Changes::default()).unwrap();
        offer_all(&mut personal, &["4a", "chess"]);
        assert_eq!(bookmarked(&personal), ["chess@rooms.school.test"]);
    }

    #[test]
    fn a_bookmark_follows_its_room_to_another_title_unless_it_was_edited() {
        let titled = |title: &str| [(rooms(&["4a"])[0].0.clone(), title.to_owned())];
        let name = |personal: &Personal| items(personal)["4a@rooms.school.test"].name.clone();
        let mut personal = personal();
        offer(&mut personal, &titled("Class 4a"), &mut Changes::default());
        let mut changes = Changes::default();
        offer(&mut personal, &titled("The fourth"), &mut changes);
        assert_eq!(name(&personal).as_deref(), Some("The fourth"));
        assert!(storage(&personal).is_some_and(|storage| storage.contains("The fourth")));
        assert_eq!(changes.events.len(), 2);

        let edited = "<conference xmlns='urn:xmpp:bookmarks:1' name='Mine' autojoin='true'/>";
        personal.follow_up(ns::BOOKMARKS, "4a@rooms.school.test", edited, &mut Changes::default());
        offer(&mut personal, &titled("The fifth"), &mut Changes::default());
        assert_eq!(name(&personal).as_deref(), Some("Mine"));
    }

    #[test]
    fn who_leaves_a_class_keeps_only_what_is_edited() {
        let mut personal = personal();
        offer_all(&mut personal, &["4a", "chess"]);
        let edited = "<conference xmlns='urn:xmpp:bookmarks:1' name='4a' autojoin='false'/>";
        personal.follow_up(ns::BOOKMARKS, "4a@rooms.school.test", edited, &mut Changes::default());
        let (storage, changes) = offer_all(&mut personal, &[]);
        assert_eq!(bookmarked(&personal), ["4a@rooms.school.test"]);
        assert!(storage.contains("4a@") && !storage.contains("chess@"));
        assert!(personal.offered.is_empty() && !changes.records.is_empty());
    }
}
