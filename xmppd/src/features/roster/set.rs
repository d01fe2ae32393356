//! RFC 6121 §2.3 to §2.5: what a user changes in the roster: names and groups of contacts, contacts of their
//! own. A contact that the school has put there comes back when it is removed, as the school has it.

use std::sync::Arc;

use super::{Answer, Reply, Request};
use crate::{
    jid::Jid,
    ns,
    record::Record,
    router::{Contact, Router, roster::Member},
    stanza::StanzaError,
    stream::Context,
    xml::Node,
};

/// The most characters of a name or a group.
const MOST_CHARACTERS: usize = 200;
/// The most groups that one contact may be in.
const MOST_GROUPS: usize = 20;

/// What is to become of an item.
struct Edit {
    /// The contact's bare address.
    contact: Jid,
    /// What it is to say; `None` if it is to go.
    wish: Option<Wish>,
}

struct Wish {
    name: Option<String>,
    groups: Vec<String>,
}

/// Changes it for all clients of the user, and answers when that is on disk.
pub(super) fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let session = router.sessions.get(&request.session).ok_or(StanzaError::ServiceUnavailable)?;
    let owner = &Arc::clone(&session.account);
    let edit = Edit::parse(request.payload)?;
    if edit.contact.as_str() == session.jid.bare() {
        return Err(StanzaError::NotAllowed.into());
    }
    let records = match edit.wish {
        Some(wish) => put(router, owner, edit.contact.as_str(), wish)?,
        None if !router.is_in_roster(owner, edit.contact.as_str()) => {
            return Err(StanzaError::ItemNotFound.into());
        }
        None => router.part(owner, &edit.contact, cx),
    };
    router.push_item(owner, edit.contact.as_str(), cx);
    Ok(Reply::Recorded(records))
}

fn put(router: &mut Router, owner: &Arc<str>, contact: &str, wish: Wish) -> Result<Vec<Record>, StanzaError> {
    if !router.has_room_for(owner, contact) {
        return Err(StanzaError::ResourceConstraint);
    }
    let wished = match router.shared(owner, contact) {
        Some(member) => wish.on_top_of(member),
        None => wish.alone(),
    };
    let amended = router.amend(owner, contact, |contact| {
        contact.is_listed |= wished.is_listed;
        contact.name = wished.name;
        contact.groups = wished.groups;
        contact.without = wished.without;
    });
    Ok(Vec::from_iter(amended.record))
}

impl Edit {
    /// RFC 6121 §2.3.3, §2.4.3, §2.5.3.
    fn parse(query: &Node) -> Result<Self, StanzaError> {
        let [item] = &query.children[..] else { return Err(StanzaError::BadRequest) };
        if query.name != "query" || !item.is("item", ns::ROSTER) {
            return Err(StanzaError::BadRequest);
        }
        let address = item.attribute("jid").ok_or(StanzaError::BadRequest)?;
        let contact = Jid::parse(address).map_err(|_| StanzaError::JidMalformed)?;
        if contact.resource().is_some() {
            return Err(StanzaError::BadRequest);
        }
        // §2.1.2.5: no other value counts.
        let is_removal = item.attribute("subscription") == Some("remove");
        let wish = if is_removal { None } else { Some(Wish::parse(item)?) };
        Ok(Self { contact, wish })
    }
}

impl Wish {
    fn parse(item: &Node) -> Result<Self, StanzaError> {
        let name = item.attribute("name").filter(|name| !name.is_empty()).map(str::to_owned);
        let mut groups: Vec<String> = Vec::new();
        for group in item.children.iter().filter(|child| child.is("group", ns::ROSTER)) {
            if group.text.is_empty() || is_too_long(&group.text) {
                return Err(StanzaError::NotAcceptable);
            }
            if groups.contains(&group.text) {
                return Err(StanzaError::BadRequest);
            }
            if groups.len() == MOST_GROUPS {
                return Err(StanzaError::NotAcceptable);
            }
            groups.push(group.text.clone());
        }
        if name.as_deref().is_some_and(is_too_long) {
            return Err(StanzaError::NotAcceptable);
        }
        Ok(Self { name, groups })
    }

    /// For a contact of whom the school says nothing.
    fn alone(self) -> Contact {
        Contact { name: self.name, groups: self.groups, is_listed: true, ..Contact::default() }
    }

    /// What differs from what the school says, so that what the school changes later shows.
    fn on_top_of(self, member: &Member) -> Contact {
        let Self { name, mut groups } = self;
        let without = member.groups.iter().filter(|group| !groups.contains(group)).cloned().collect();
        groups.retain(|group| !member.groups.contains(group));
        let name = name.filter(|name| *name != member.display_name);
        Contact { name, groups, without, ..Contact::default() }
    }
}

fn is_too_long(text: &str) -> bool {
    text.chars().count() > MOST_CHARACTERS
}
