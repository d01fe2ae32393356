//! RFC 6121 §2: the roster. The school keeps most of it; a client reads it, hears of changes, and puts names,
//! groups and contacts of its own on top.

mod set;

use super::{Answer, Feature, Reply, Request, Target, disco::is_query};
use crate::{
    ns,
    record::{Record, Shelf},
    router::{Contact, ContactPolicy, Parcel, Router, Settings, roster::RosterUpdate},
    stanza::{Packet, StanzaError, reply},
    stream::Context,
    xml::Escaped,
};

/// With versioning (RFC 6121 §2.6), so that an unchanged roster costs nothing, and pre-approval (§3.4).
pub const FEATURE: Feature = Feature {
    namespace: ns::ROSTER,
    advertised: &[ns::ROSTER],
    stream,
    answer,
    shelves: &[Shelf::Contact],
    restore,
    ..Feature::DEFAULT
};

fn stream(settings: &Settings) -> String {
    let versioning = format!("<ver xmlns='{}'/>", ns::ROSTER_VERSIONING);
    match settings.roster.contacts {
        ContactPolicy::Everybody => format!("{versioning}<sub xmlns='{}'/>", ns::PRE_APPROVAL),
        ContactPolicy::Groups => versioning,
    }
}

fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    match &request.target {
        Target::Own if request.is_set => set::answer(router, request, cx),
        Target::Own => is_query(request, "query").and_then(|()| get(router, request, cx)),
        // RFC 6121 §2.1.5, §2.3.3: another's roster is not to be had, and that of a stranger not to be known of.
        Target::Account(_) if request.is_set => Err(StanzaError::Forbidden.into()),
        Target::Account(_) | Target::Server => Err(StanzaError::ServiceUnavailable.into()),
    }
}

fn get(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let session = router.sessions.get_mut(&request.session).ok_or(StanzaError::ServiceUnavailable)?;
    session.interested = true;
    let owner = session.account.clone();
    let known = request.payload.attribute("ver");
    let update = router.roster_update(&owner, known);
    let version = router.roster_version(&owner);
    let session = router.sessions.get(&request.session).ok_or(StanzaError::ServiceUnavailable)?;
    match update {
        RosterUpdate::All(items) => {
            let frame = reply::result(request.element, session.jid.as_str(), "\0");
            let (start, end) = frame.split_once('\0').expect("it was just put in");
            let head = format!("{start}<query xmlns='{}' ver='{}'>", ns::ROSTER, Escaped(&version));
            let tail = format!("</query>{end}");
            let packet = [head.into()].into_iter().chain(items).chain([tail.into()]);
            session.send(Parcel::plain(packet.collect::<Packet>()), cx);
        }
        RosterUpdate::Since(changed) => {
            session.say(reply::result(request.element, session.jid.as_str(), ""), cx);
            router.push_items(request.session, &changed, known.unwrap_or_default(), cx);
        }
    }
    Ok(Reply::Sent)
}

fn restore(router: &mut Router, record: &Record) -> Option<()> {
    let contact = Contact::parse(record.value.as_deref()?)?;
    router.restore_contact(record.account()?, &record.key, contact);
    Some(())
}
