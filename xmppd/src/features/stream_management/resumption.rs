//! A session that has lost its connection, and goes on with a new one (XEP-0198 §5).

use std::{collections::VecDeque, sync::Arc};

use crate::{
    router::{Router, Session},
    stanza::StanzaError,
    stream::{
        Action, ConnectionId, Context, Host, SessionId, StreamError,
        host::ResumeRequest,
        management::{Failed, Resumed, Unresumed},
    },
};

/// Of how many sessions of an account that could have been resumed it is remembered how far they came.
const MOST_REMEMBERED: usize = 8;

/// How many stanzas a session had sent that cannot be resumed any more, by the id that it had.
#[derive(Default)]
pub(crate) struct Former(VecDeque<(String, u32)>);

impl Former {
    /// Takes note of a session that is over.
    pub(crate) fn add(&mut self, id: String, handled: u32) {
        if self.0.len() == MOST_REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((id, handled));
    }

    fn handled(&self, id: &str) -> Option<u32> {
        self.0.iter().find(|(former, _)| former == id).map(|(_, handled)| *handled)
    }
}

impl Router {
    /// A session has lost its connection: it waits to be resumed, and seems to be there; or it is over.
    pub(crate) fn lose(&mut self, id: SessionId, connection: ConnectionId, cx: &mut Context<'_>) {
        if !self.is_current(id, connection) {
            return;
        }
        let session = self.sessions.get_mut(&id);
        if !session.is_some_and(|session| session.hibernate(cx)) {
            self.end_session(id, cx);
        }
    }

    /// Lets a session go on over another connection; whoever asks has proved whose it is.
    pub(crate) fn resume_session(
        &mut self,
        request: ResumeRequest<'_>,
        cx: &mut Context<'_>,
    ) -> Result<Resumed, Unresumed> {
        let ResumeRequest { connection, account, language, resume } = request;
        // Its sessions have ended if it has been removed or disabled, or got another password, since.
        let is_admitted = self.still_admits(account);
        let person = self.person(&account.name).filter(|_| is_admitted);
        let person = person.ok_or(Failed::from(StanzaError::ItemNotFound))?;
        let is_meant = |session: &&Session| session.is_resumed_by(&resume.id);
        let Some(id) = self.sessions_of(&person.name).find(is_meant).map(|session| session.id) else {
            let handled = person.former.handled(&resume.id);
            return Err(Failed { error: StanzaError::ItemNotFound, handled }.into());
        };
        let session = self.sessions.get_mut(&id).expect("it was just found");
        let outlet = session.outlet.get_mut();
        let management = outlet.management.as_mut().expect("it was found by its management");
        let ids = management.acknowledge(resume.handled, cx.instant).map_err(Unresumed::Fault)?;
        let handled = management.handled;
        if !ids.is_empty() {
            cx.outbox.push(Action::EraseOffline { account: Arc::clone(&session.account), ids });
        }
        management.until = None;
        session.language = language;
        let jid = session.jid.clone();
        if let Some(connection) = outlet.connection.replace(connection) {
            // It may look alive to us for long after the client has given it up.
            cx.outbox.push(Action::Close { connection, error: StreamError::Conflict });
        }
        Ok(Resumed { session: id, jid, id: resume.id, handled })
    }

    /// Sends a resumed session what it has not had, and then what was held back: nobody has said yet that it is
    /// inactive (XEP-0352 §5.1).
    pub(crate) fn retransmit_to(&mut self, session: SessionId, cx: &mut Context<'_>) {
        let Some(session) = self.sessions.get_mut(&session) else { return };
        let outlet = session.outlet.get_mut();
        let (Some(connection), Some(management)) = (outlet.connection, &mut outlet.management) else {
            return;
        };
        for packet in management.unacknowledged.retransmit() {
            cx.send(connection, packet.clone());
        }
        outlet.release(cx);
        if outlet.has_outstanding() {
            outlet.ask_at_once(cx);
        }
    }

    /// Makes room for one more session, if one waits to be resumed: of those, the one that has waited longest ends.
    pub(crate) fn give_up_oldest(&mut self, account: &str, cx: &mut Context<'_>) {
        let until = |session: &Session| session.outlet.borrow().management.as_ref()?.until;
        let waiting = self.sessions_of(account).filter_map(|session| Some((until(session)?, session.id)));
        if let Some((_, oldest)) = waiting.min() {
            self.end_session(oldest, cx);
        }
    }

    /// Ends the sessions that wait to be resumed, since the server stops.
    pub fn give_up_all(&mut self, cx: &mut Context<'_>) {
        let is_alone = |session: &&Session| session.outlet.borrow().connection.is_none();
        let alone: Vec<_> = self.sessions.values().filter(is_alone).map(|session| session.id).collect();
        for session in alone {
            self.end_session(session, cx);
        }
    }
}

impl Session {
    /// Waits to be resumed; `false` if it cannot be.
    fn hibernate(&mut self, cx: &Context<'_>) -> bool {
        let outlet = self.outlet.get_mut();
        let Some(management) = &mut outlet.management else { return false };
        if !management.hibernate(cx.instant) {
            return false;
        }
        outlet.connection = None;
        outlet.hold();
        true
    }

    fn is_resumed_by(&self, id: &str) -> bool {
        let outlet = self.outlet.borrow();
        let resumption = outlet.management.as_ref().and_then(|management| management.resumption.as_ref());
        resumption.is_some_and(|resumption| resumption.id == id)
    }
}
