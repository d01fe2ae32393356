//! RFC 6121 §2: the roster. The school keeps it; a client reads it, and hears of changes.

use super::{Answer, Feature, Reply, Request, Target, disco::is_query};
use crate::{
    ns,
    router::{
        Parcel, Router,
        roster::{Update, push_head},
    },
    stanza::{Packet, StanzaError, reply},
    stream::Context,
    xml::Escaped,
};

/// With versioning (RFC 6121 §2.6), so that an unchanged roster costs nothing.
pub const FEATURE: Feature = Feature {
    namespace: ns::ROSTER,
    advertised: &[ns::ROSTER],
    stream: |_| format!("<ver xmlns='{}'/>", ns::ROSTER_VERSIONING),
    answer,
    ..Feature::DEFAULT
};

fn answer(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    match request.target {
        Target::Own if request.is_set => Err(StanzaError::NotAllowed.into()),
        Target::Own => is_query(request, "query").and_then(|()| get(router, request, cx)),
        // RFC 6121 §2.1.5: another's roster is not to be had, not even to be known of.
        Target::Account(_) | Target::Server => Err(StanzaError::ServiceUnavailable.into()),
    }
}

fn get(router: &mut Router, request: &Request<'_>, cx: &mut Context<'_>) -> Answer {
    let session = router.sessions.get_mut(&request.session).ok_or(StanzaError::ServiceUnavailable)?;
    session.interested = true;
    let shared = &router.roster;
    let known = request.payload.attribute("ver");
    match shared.update_for(&session.account, known) {
        Update::All([before, after]) => {
            let ver = shared.version();
            let frame = reply::result(request.element, session.jid.as_str(), "\0");
            let (start, end) = frame.split_once('\0').expect("it was just put in");
            let head = format!("{start}<query xmlns='{}' ver='{}'>", ns::ROSTER, Escaped(ver));
            let tail = format!("</query>{end}");
            let packet = Packet::from_iter([head.into(), before, after, tail.into()]);
            session.send(Parcel::plain(packet), cx);
        }
        Update::Since(changed) => {
            session.say(reply::result(request.element, session.jid.as_str(), ""), cx);
            for (index, name) in changed.iter().enumerate() {
                // Whose connection breaks in between is told the rest the next time.
                let is_last = index + 1 == changed.len();
                let version = if is_last { shared.version() } else { known.unwrap_or_default() };
                let head = push_head(session.jid.as_str(), cx);
                let push = shared.push(name, version) + "</iq>";
                session.send(Parcel::plain(Packet::from_iter([head, push.into()])), cx);
            }
        }
    }
    Ok(Reply::Sent)
}
