//! A bound resource: its start and its end.

use std::{cell::RefCell, sync::Arc};

use bytes::Bytes;
use time::OffsetDateTime;

use super::{Parcel, Router, outlet::Outlet};
use crate::{
    auth::Agent,
    features::{self, client_caps::Capabilities},
    jid::{Jid, Resource},
    stanza::{Stamped, StanzaError, stamped::Addressee},
    stream::{Context, Host, SessionId, StreamError, host::BindRequest},
    xml::Escaped,
};

/// One client of one person.
pub struct Session {
    pub(crate) id: SessionId,
    /// The way out to it. In a cell, since what goes to many goes out while all of them are being looked at.
    pub(crate) outlet: RefCell<Outlet>,
    /// Since when it has been there.
    pub(crate) bound: OffsetDateTime,
    /// The account's name.
    pub(crate) account: Arc<str>,
    /// The full address.
    pub(crate) jid: Jid,
    /// The full address, for the heads of stanzas.
    pub(crate) full: Addressee,
    /// The account's address, for the heads of stanzas.
    pub(crate) bare: Addressee,
    /// The `xml:lang` of what the client sends without saying.
    pub(crate) language: Option<String>,
    /// Which of the person's clients it is, if it has said so (XEP-0388).
    pub(crate) agent: Option<Agent>,
    /// What the client last said about itself to everybody; `None` while it is not available.
    pub(crate) presence: Option<Available>,
    /// Whether it gets copies of its account's messages (XEP-0280).
    pub(crate) carbons: bool,
    /// Whether it has asked for the block list, and so wants to hear of changes (XEP-0191 §3.3).
    pub(crate) has_blocklist: bool,
    /// Whether it has asked for the roster, and so wants to hear of changes (RFC 6121 §2.1.6).
    pub(crate) interested: bool,
    /// What its client can do.
    pub(crate) capabilities: Capabilities,
    /// To whom it has sent presence directly (RFC 6121 §4.6).
    pub(crate) directed: Vec<Jid>,
    /// Messages that must come after those which the store is asked for.
    pub(crate) withheld: Option<Vec<Parcel>>,
}

/// Presence of an available resource.
pub(crate) struct Available {
    /// RFC 6121 §4.7.2.3.
    pub(crate) priority: i8,
    /// What followed the address as the client said it.
    pub(crate) said: Bytes,
    /// The whole stanza, for those who come later.
    pub(crate) stamped: Stamped,
}

impl Session {
    /// Its priority, if messages to the bare address may go to it.
    pub(crate) fn priority(&self) -> Option<i8> {
        self.presence.as_ref().map(|presence| presence.priority)
    }

    /// Presence that says that it is gone.
    pub(crate) fn farewell(&self) -> Stamped {
        Stamped::own(&format!("presence type='unavailable' from='{}'", Escaped(self.jid.as_str())), "/>")
    }
}

impl Router {
    pub(super) fn start_session(
        &mut self,
        request: BindRequest<'_>,
        cx: &mut Context<'_>,
    ) -> Result<(SessionId, Jid), StanzaError> {
        // It may have been removed or disabled, or got another password, since it proved the one that it had.
        let name = request.account.name.as_str();
        let is_admitted = self.still_admits(request.account);
        let person = self.person(name).filter(|_| is_admitted).ok_or(StanzaError::NotAllowed)?;
        let resource = request.resource.unwrap_or_else(|| random_resource(cx));
        let jid = person.jid.with_resource(&resource);
        // RFC 6120 §7.7.2.2: the older of two equal resources goes; XEP-0386 §3.2: and what the same client has left.
        let is_older = |session: &&Session| {
            session.jid == jid || session.agent.is_some() && session.agent == request.agent
        };
        let older: Vec<SessionId> =
            self.sessions_of(name).filter(is_older).map(|session| session.id).collect();
        if older.is_empty() {
            self.make_room(name, cx)?;
        }
        for session in older {
            self.expel(session, StreamError::Conflict, cx);
        }
        self.last_session += 1;
        let id = SessionId(self.last_session);
        let person = self.people.get_mut(name).expect("it was there above");
        person.sessions.push(id);
        let session = Session {
            id,
            outlet: RefCell::new(Outlet::new(request.connection)),
            bound: cx.now,
            account: Arc::clone(&person.name),
            full: Addressee::new(jid.as_str()),
            bare: person.bare.clone(),
            jid: jid.clone(),
            language: request.language,
            agent: request.agent,
            presence: None,
            carbons: false,
            has_blocklist: false,
            interested: false,
            capabilities: Capabilities::default(),
            directed: Vec::new(),
            withheld: None,
        };
        if let Some(member) = self.roster.member(name) {
            self.online.enter(id, &member.sight);
        }
        self.sessions.insert(id, session);
        Ok((id, jid))
    }

    /// One who comes is worth more than one who may come back.
    fn make_room(&mut self, account: &str, cx: &mut Context<'_>) -> Result<(), StanzaError> {
        let is_full =
            |router: &Self| router.sessions_of(account).count() >= router.settings.resources_per_account;
        if is_full(self) {
            self.give_up_oldest(account, cx);
        }
        if is_full(self) { Err(StanzaError::ResourceConstraint) } else { Ok(()) }
    }

    /// Forgets a session, tells those who saw it, and finds another way for what it was still to get.
    pub(crate) fn end_session(&mut self, id: SessionId, cx: &mut Context<'_>) {
        features::went(self, id, cx);
        self.sittings.end_all(id);
        let Some(mut session) = self.sessions.remove(&id) else { return };
        if let Some(person) = self.people.get_mut(&session.account) {
            person.sessions.retain(|other| *other != id);
        }
        if let Some(member) = self.roster.member(&session.account) {
            self.online.leave(id, &member.sight);
        }
        let was_available = session.presence.is_some();
        let farewell = session.farewell();
        self.farewell(&session.account, &session.jid, was_available, &session.directed, &farewell, cx);
        self.reroute_unacknowledged(&mut session, cx);
        self.reroute_withheld(&mut session, cx);
    }
}

/// RFC 6120 §7.6: a resource made by the server cannot be guessed.
fn random_resource(cx: &mut Context<'_>) -> Resource {
    Resource::parse(&cx.token()).expect("letters and digits are a resource")
}
