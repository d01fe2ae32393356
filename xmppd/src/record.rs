//! Small durable facts: what an account, or the server itself, is to find again after a restart.
//!
//! The router holds all of them in memory; the store only writes them down. Each feature knows what its values
//! mean.

use std::{fmt, sync::Arc};

use bytes::Bytes;

/// One fact, or its end.
#[derive(Clone, Eq, PartialEq)]
pub struct Record {
    /// Whose it is.
    pub owner: Owner,
    /// What kind of fact.
    pub shelf: Shelf,
    /// Its name on the shelf.
    pub key: String,
    /// What it says; `None` once it is no more.
    pub value: Option<Bytes>,
}

/// Whose a fact is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Owner {
    /// An account's, by its name; the fact ends with it.
    Account(Arc<str>),
    /// Nobody's but the server's.
    Server,
}

/// Declares the shelves with their names in the database.
macro_rules! shelves {
    ($($(#[$doc:meta])* $shelf:ident = $name:literal,)*) => {
        /// What kind of fact. A name, once used, keeps its meaning: databases hold it.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Shelf {
            $($(#[$doc])* $shelf,)*
        }

        impl Shelf {
            /// Every shelf.
            pub const ALL: &[Self] = &[$(Self::$shelf),*];

            /// Its name in the database.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$shelf => $name,)*
                }
            }
        }
    };
}

shelves! {
    /// When the last backup was put away. The store's own: no feature knows of it.
    Backup = "backup",
    /// XEP-0191: an address that an account has blocked.
    Blocked = "blocked",
    /// XEP-0045: a room that an administrator has made for groups. Written with the audit log, not by the router.
    ClassRoom = "class-room",
    /// RFC 6121 §3: a subscription between accounts that share no group, and what an account calls a contact.
    Contact = "contact",
    /// XEP-0060: an item of a node.
    Item = "item",
    /// XEP-0133: the message of the day, and who has seen it.
    MessageOfTheDay = "message-of-the-day",
    /// XEP-0060: how a node is configured.
    Node = "node",
    /// XEP-0402: a room that has been put among an account's bookmarks.
    OfferedRoom = "offered-room",
    /// XEP-0049: private XML.
    PrivateXml = "private-xml",
    /// The name of an account that was removed, as long as others may keep something of it, or it is not wiped. The store's
    /// own.
    Removed = "removed",
    /// XEP-0045: a persistent room.
    Room = "room",
    /// XEP-0484: the tokens of one client.
    Token = "token",
    /// XEP-0363: a file that somebody has uploaded.
    Upload = "upload",
    /// XEP-0054: a card.
    VCard = "vcard",
}

impl Shelf {
    /// The shelf of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|shelf| shelf.name() == name)
    }

    /// Whether a backup holds it. Nothing that would let in again whom somebody has shut out since, and nothing about
    /// files, which are no part of a backup.
    pub fn is_backed_up(self) -> bool {
        match self {
            Self::Backup | Self::Token | Self::Upload => false,
            Self::Blocked
            | Self::ClassRoom
            | Self::Contact
            | Self::Item
            | Self::MessageOfTheDay
            | Self::Node
            | Self::OfferedRoom
            | Self::PrivateXml
            | Self::Removed
            | Self::Room
            | Self::VCard => true,
        }
    }
}

/// Never the value: it is private.
impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Record({:?}, {:?}, {:?})", self.owner, self.shelf, self.key)
    }
}

impl Record {
    /// A fact about an account.
    pub fn of_account(name: &Arc<str>, shelf: Shelf, key: impl Into<String>, value: Option<Bytes>) -> Self {
        Self { owner: Owner::Account(Arc::clone(name)), shelf, key: key.into(), value }
    }

    /// Whose it is, unless it is the server's.
    pub fn account(&self) -> Option<&Arc<str>> {
        match &self.owner {
            Owner::Account(name) => Some(name),
            Owner::Server => None,
        }
    }

    /// A fact about the server.
    pub fn of_server(shelf: Shelf, key: impl Into<String>, value: Option<Bytes>) -> Self {
        Self { owner: Owner::Server, shelf, key: key.into(), value }
    }

    /// That an account of this name was removed, of which others may still keep something.
    pub(crate) fn removed(name: &str) -> Self {
        Self::of_server(Shelf::Removed, name, Some(Bytes::new()))
    }

    /// That nobody does any more, and that it is still to be wiped. Whoever gets the name next keeps what is theirs.
    pub(crate) fn forgotten(name: &str) -> Self {
        Self::of_server(Shelf::Removed, name, Some(Bytes::from_static(FORGOTTEN)))
    }
}

/// The value of a removed account that all have forgotten.
pub(crate) const FORGOTTEN: &[u8] = b"forgotten";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shelf_is_found_by_its_name() {
        for shelf in Shelf::ALL {
            assert_eq!(Shelf::from_name(shelf.name()), Some(*shelf));
        }
        assert_eq!(Shelf::from_name("attic"), None);
    }
}
