//! XEP-0049: private XML, which only its owner reads. Bookmarks in it are those of XEP-0402.

use super::{Answer, Feature, Reply, Request, Target, bookmarks, pubsub::Changes};
use crate::{
    ns,
    record::Shelf,
    router::Router,
    stanza::StanzaError,
    stream::Context,
    xml::{Escaped, Excerpt, Node},
};

/// Advertised where clients look for it.
pub const FEATURE: Feature = Feature {
    namespace: ns::PRIVATE_XML,
    advertised: &[ns::PRIVATE_XML],
    of_account: &[ns::PRIVATE_XML],
    answer,
    ..Feature::DEFAULT
};

fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let query = request.payload;
    match (&request.target, query.children.as_slice()) {
        (Target::Account(_), _) => Err(StanzaError::Forbidden.into()),
        (Target::Server, _) => Err(StanzaError::ServiceUnavailable.into()),
        (Target::Own, [element]) if query.name == "query" => {
            if is_reserved(&element.namespace) {
                return Err(StanzaError::NotAcceptable.into());
            }
            if request.is_set { set(router, request, element, cx) } else { get(router, request, element, cx) }
        }
        (Target::Own, _) => Err(StanzaError::BadRequest.into()),
    }
}

/// XEP-0049 §5: what XMPP itself uses, and what has no namespace at all.
fn is_reserved(namespace: &str) -> bool {
    namespace.is_empty() || namespace.starts_with("jabber:") || namespace == ns::VCARD
}

/// Names have no spaces.
fn key(element: &Node) -> String {
    format!("{} {}", element.name, element.namespace)
}

fn get(router: &mut Router, request: &Request<'_>, element: &Node, cx: &mut Context<'_>) -> Answer {
    let (owner, _) = super::pubsub::parties(router, request)?;
    let stored = if element.is("storage", ns::BOOKMARK_STORAGE) {
        router.offer_rooms(&owner, cx);
        bookmarks::storage(router.personal_of(&owner)).map(str::to_owned)
    } else {
        let stored = router.personal_of(&owner).private.get(&key(element));
        stored.map(|stored| String::from_utf8_lossy(stored).into_owned())
    };
    let empty = || format!("<{} xmlns='{}'/>", element.name, Escaped(&element.namespace));
    let stored = stored.unwrap_or_else(empty);
    Ok(Reply::Payload(format!("<query xmlns='{}'>{stored}</query>", ns::PRIVATE_XML)))
}

fn set(router: &mut Router, request: &Request<'_>, element: &Node, cx: &mut Context<'_>) -> Answer {
    let (owner, _) = super::pubsub::parties(router, request)?;
    let text = Excerpt::of(request.element, &[0, 0]).ok_or(StanzaError::BadRequest)?.text();
    let personal = router.personal_of(&owner);
    if element.is("storage", ns::BOOKMARK_STORAGE) {
        let mut changes = Changes::default();
        bookmarks::store(personal, &text, &mut changes)?;
        router.tell(&owner, &changes, cx);
        return Ok(Reply::Recorded(changes.records));
    }
    let key = key(element);
    let replaced = personal.private.get(&key).map_or(0, |stored| key.len() + stored.len());
    personal.make_room((key.len() + text.len()).saturating_sub(replaced))?;
    let value = bytes::Bytes::from(text);
    let record = personal.record(Shelf::PrivateXml, &key, Some(value.clone()));
    personal.private.insert(key, value);
    Ok(Reply::Recorded(vec![record]))
}
