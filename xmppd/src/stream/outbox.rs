//! What is to be done about what came in: plain data, carried out by the network and the store.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use time::OffsetDateTime;
use xmppd_control::Request;

use super::StreamError;
use crate::{record::Record, stanza::Packet};

/// A connection, as the network numbers them; never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConnectionId(pub u64);

/// A bound resource; never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SessionId(pub u64);

/// A message in the store; never used twice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MessageId(pub i64);

/// One thing to be done. Never shown by `Debug`, for it holds content.
pub enum Action {
    /// Ask this of the administration, and hand the router what it answers.
    Administer {
        /// What.
        request: Request,
        /// Who asks.
        who: String,
        /// Where the answer belongs.
        ticket: Ticket,
    },
    /// Send this error, then end the stream and the connection. The session is gone already.
    Close {
        /// Whose.
        connection: ConnectionId,
        /// Why.
        error: StreamError,
    },
    /// Erase these files that users have shared.
    EraseFiles(Vec<String>),
    /// Erase messages of the store: whoever they were for has acknowledged them.
    EraseOffline {
        /// For whom they were.
        account: Arc<str>,
        /// Which.
        ids: Vec<MessageId>,
    },
    /// Keep a message for somebody who is offline.
    KeepOffline {
        /// For whom.
        account: Arc<str>,
        /// From whose account.
        sender: Arc<str>,
        /// The whole stanza.
        stanza: Bytes,
        /// When it came.
        at: OffsetDateTime,
        /// What to tell whom if there is no room for it.
        refusals: Vec<(SessionId, Packet)>,
    },
    /// Write these down, all or none.
    Record {
        /// What.
        records: Vec<Record>,
        /// What to tell whom when they are on disk.
        receipt: Option<Receipt>,
    },
    /// Messages of the store were delivered to a session that ended without acknowledging them: the next one
    /// that asks gets them.
    ReleaseOffline {
        /// Which.
        ids: Vec<MessageId>,
    },
    /// Erase what waits from one account for another and goes by this id.
    RetractOffline {
        /// For whom it waits.
        account: Arc<str>,
        /// From whose account.
        sender: Arc<str>,
        /// The message's own id, or its origin's.
        id: String,
    },
    /// Put this into the connection's mailbox.
    Send {
        /// Whose.
        connection: ConnectionId,
        /// In pieces.
        packet: Packet,
    },
    /// Read the kept messages, and hand them to the router for this session.
    TakeOffline {
        /// Whose.
        account: Arc<str>,
        /// Who waits for them.
        session: SessionId,
    },
}

/// A command that waits for the answer to what it has asked.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Who waits.
    pub session: SessionId,
    /// The request's id, if it has one.
    pub id: Option<String>,
    /// The command's node.
    pub node: &'static str,
    /// The command's own session.
    pub sitting: String,
}

/// What a session waits for until something is on disk.
pub struct Receipt {
    /// Who waits.
    pub session: SessionId,
    /// The answer when it is.
    pub done: Packet,
    /// The answer when it cannot be.
    pub failed: Packet,
}

/// What pure code may use of the world.
pub struct Context<'a> {
    /// The wall clock, for stamps.
    pub now: OffsetDateTime,
    /// The steady clock, for waiting times.
    pub instant: Instant,
    /// Fills with random bytes.
    pub random: &'a mut dyn FnMut(&mut [u8]),
    /// In the order in which it is to be done.
    pub outbox: &'a mut Vec<Action>,
}

impl Context<'_> {
    /// The same, with another time on the wall clock.
    pub fn at(&mut self, now: OffsetDateTime) -> Context<'_> {
        Context { now, instant: self.instant, random: &mut *self.random, outbox: &mut *self.outbox }
    }

    /// Puts a packet into a connection's mailbox.
    pub fn send(&mut self, connection: ConnectionId, packet: Packet) {
        self.outbox.push(Action::Send { connection, packet });
    }

    /// Has facts written down that nobody waits for.
    pub fn record(&mut self, records: Vec<Record>) {
        if !records.is_empty() {
            self.outbox.push(Action::Record { records, receipt: None });
        }
    }

    /// A name that nobody can guess: 96 bits, in letters and digits.
    pub fn token(&mut self) -> String {
        let mut bytes = [0; 12];
        (self.random)(&mut bytes);
        bytes.iter().fold(String::with_capacity(24), |mut token, byte| {
            token.push(HEX[usize::from(byte >> 4)]);
            token.push(HEX[usize::from(byte & 15)]);
            token
        })
    }
}

const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
