//! What becomes of a request, and of its answer (RFC 6121 §8).

use super::{
    Parcel, Router,
    table::{self, Fate},
};
use crate::{
    features::{self, Reply, Request, Target},
    jid::Jid,
    record::Record,
    stanza::{IqType, Packet, Stamped, Stanza, StanzaError, reply},
    stream::{Action, Context, Receipt, SessionId},
    xml::{Element, Node},
};

impl Router {
    pub(super) fn iq(&mut self, session: SessionId, kind: IqType, stanza: &Stanza, cx: &mut Context<'_>) {
        let Some(sender) = self.sessions.get(&session) else { return };
        let target = match &stanza.to {
            // RFC 6120 §10.3.3: to nobody means to one's own account.
            None => Target::Own,
            Some(to) => match self.iq_fate(&sender.jid, to, kind) {
                Fate::Answer => match to.local() {
                    None => Target::Server,
                    Some(name) if name == &*sender.account => Target::Own,
                    Some(name) => Target::Account(name.to_owned()),
                },
                Fate::ToThat => return self.pass_iq_on(session, to, stanza, cx),
                Fate::Refuse => {
                    return self.refuse(session, &stanza.element, StanzaError::ServiceUnavailable, cx);
                }
                _ => return,
            },
        };
        match kind {
            IqType::Get | IqType::Set => self.answer(session, kind, target, stanza, cx),
            // What the server asks has no sender but the server or the account.
            IqType::Result | IqType::Error => features::answered(self, session, &stanza.element, cx),
        }
    }

    fn iq_fate(&self, from: &Jid, to: &Jid, kind: IqType) -> Fate {
        match (to.local(), to.resource()) {
            // XEP-0191 §3.3; an answer is dropped, as any that is refused.
            (Some(name), _) if self.is_blocked(from, name) => Fate::Refuse,
            (Some(_), _) => {
                let addressed = self.addressed(to);
                table::iq(addressed.recipient(), addressed.address(), kind)
            }
            (None, None) => Fate::Answer,
            (None, Some(_)) => table::iq(table::Recipient::NoAccount, table::Address::FullNoMatch, kind),
        }
    }

    fn pass_iq_on(&self, session: SessionId, to: &Jid, stanza: &Stanza, cx: &mut Context<'_>) {
        let (Some(sender), Some(recipient)) = (self.sessions.get(&session), self.session_at(to)) else {
            return;
        };
        let stamped = Stamped::new(&stanza.element, sender.jid.as_str(), sender.language.as_deref());
        recipient.send(Parcel::plain(stamped.to(&recipient.full)), cx);
    }

    /// What the server is asked itself, for itself or for an account.
    fn answer(
        &mut self,
        session: SessionId,
        kind: IqType,
        target: Target,
        stanza: &Stanza,
        cx: &mut Context<'_>,
    ) {
        let node = Node::from(&stanza.element);
        let Some(payload) = node.children.first() else { return };
        let request =
            Request { session, element: &stanza.element, is_set: kind == IqType::Set, target, payload };
        match features::answer(self, &request, cx) {
            Ok(Reply::Payload(payload)) => {
                self.acknowledge(session, &stanza.element, Vec::new(), &payload, cx);
            }
            Ok(Reply::Recorded(records)) => self.acknowledge(session, &stanza.element, records, "", cx),
            Ok(Reply::RecordedWith(records, payload)) => {
                self.acknowledge(session, &stanza.element, records, &payload, cx);
            }
            Ok(Reply::Sent) => {}
            Err(error) => self.refuse(session, &stanza.element, error, cx),
        }
    }

    /// Answers a request once what it changes is on disk; at once if that is nothing.
    pub(crate) fn acknowledge(
        &self,
        session: SessionId,
        request: &Element,
        records: Vec<Record>,
        payload: &str,
        cx: &mut Context<'_>,
    ) {
        let Some(to) = self.sessions.get(&session).map(|session| session.jid.as_str()) else { return };
        let packet = |text: String| Packet::from_iter([text.into()]);
        let done = packet(reply::result(request, to, payload));
        if records.is_empty() {
            return self.deliver(session, Parcel::plain(done), cx);
        }
        let failed = packet(reply::error(request, to, StanzaError::InternalServerError));
        let receipt = Some(Receipt { session, done, failed });
        cx.outbox.push(Action::Record { records, receipt });
    }
}
