//! What goes between the clients and the server, and what the server does at that.

use bytes::BytesMut;
use xmppd::{
    features::retraction,
    router::{Parcel, Router},
    stream::{Action, ConnectionId, Context, MessageId, Step, StreamError},
};

use super::{
    Client, Outcome, Stage,
    store::{KeptMessage, MOST_WAITING},
};

impl Stage {
    /// Lets bytes arrive at the server, and the server do what they cause.
    pub(super) fn send(&mut self, who: &str, text: &str) -> Outcome {
        let mut client = self.clients.remove(who).ok_or_else(|| format!("{who} is not connected"))?;
        client.sent.extend_from_slice(text.as_bytes());
        // It must hear of what it causes itself, too.
        let mut sent = std::mem::take(&mut client.sent);
        self.clients.insert(who.to_owned(), client);
        loop {
            let client = self.client(who)?;
            let batch = client.stream.read(&mut sent);
            if batch.is_empty() {
                break;
            }
            let mut client = self.clients.remove(who).expect("it was just there");
            let mut later = Vec::new();
            let step = self.drive_into(&mut later, |router, cx| client.stream.handle(batch, router, cx));
            self.clients.insert(who.to_owned(), client);
            self.carry_out(later);
            match step {
                Step::Close => {
                    self.client(who)?.is_cut_off = true;
                    break;
                }
                Step::StartTls => sent = BytesMut::new(),
                Step::Continue | Step::Pause(_) => {}
            }
        }
        self.client(who)?.sent = sent;
        Ok(())
    }

    pub(super) fn drive<T>(&mut self, work: impl FnOnce(&mut Router, &mut Context<'_>) -> T) -> T {
        let mut outbox = Vec::new();
        let result = self.drive_into(&mut outbox, work);
        self.carry_out(outbox);
        result
    }

    pub(super) fn drive_into<T>(
        &mut self,
        outbox: &mut Vec<Action>,
        work: impl FnOnce(&mut Router, &mut Context<'_>) -> T,
    ) -> T {
        let dice = &mut self.dice;
        let mut random = |bytes: &mut [u8]| {
            *dice += 1;
            bytes.fill(*dice);
        };
        let mut cx = Context { now: self.now, instant: self.instant, random: &mut random, outbox };
        work(&mut self.router, &mut cx)
    }

    pub(super) fn carry_out(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Administer { request, who, ticket } => {
                    let answer = self.answer(request, &who);
                    self.drive(|router, cx| router.administered(&ticket, answer, cx));
                }
                Action::Close { connection, error } => self.close(connection, error),
                Action::EraseOffline { account, ids } => self.erase(&account, &ids),
                Action::KeepOffline { account, stanza, at, refusals, .. } => {
                    let waiting = self.waiting.entry(account).or_default();
                    if waiting.len() < MOST_WAITING {
                        self.messages += 1;
                        waiting.push(KeptMessage { id: MessageId(self.messages), at, stanza });
                    } else {
                        for (session, packet) in refusals {
                            self.drive(|router, cx| router.deliver(session, Parcel::plain(packet), cx));
                        }
                    }
                }
                Action::EraseFiles(_) => {} // there are none
                Action::Record { records, receipt } => self.record(records, receipt),
                Action::ReleaseOffline { ids } => self.in_flight.retain(|id| !ids.contains(id)),
                Action::Send { connection, packet } => {
                    if let Some(client) = self.at(connection) {
                        client.receive(&packet.concat());
                    }
                }
                Action::RetractOffline { account, sender, id } => {
                    let is_senders = |kept: &KeptMessage| {
                        kept.stanza.starts_with(format!("<message from='{sender}@").as_bytes())
                    };
                    let waiting = self.waiting.entry(account).or_default();
                    waiting.retain(|kept| !is_senders(kept) || !retraction::goes_by(&kept.stanza, &id));
                }
                Action::TakeOffline { account, session } => {
                    let kept = self.waiting.get(&account).cloned().unwrap_or_default(); // at this moment
                    match &mut self.unanswered {
                        Some(unanswered) => unanswered.push((account, session, kept)),
                        None => self.deliver_offline(&account, session, kept),
                    }
                }
            }
        }
    }

    pub(super) fn close(&mut self, connection: ConnectionId, error: StreamError) {
        let Some(who) = self
            .clients
            .iter()
            .find(|(_, client)| client.stream.connection == connection)
            .map(|(who, _)| who.clone())
        else {
            return;
        };
        let mut client = self.clients.remove(&who).expect("it was just there");
        client.is_cut_off = true;
        let mut later = Vec::new();
        self.drive_into(&mut later, |router, cx| client.stream.fail(error, router, cx));
        self.clients.insert(who, client);
        self.carry_out(later);
    }

    pub(super) fn at(&mut self, connection: ConnectionId) -> Option<&mut Client> {
        self.clients.values_mut().find(|client| client.stream.connection == connection)
    }
}
