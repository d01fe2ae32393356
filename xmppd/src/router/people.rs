//! Accounts as they are now, and changes to them while people are online.

use std::sync::Arc;

use super::{Router, contacts::Contacts};
use crate::{
    account::Account,
    features::{self, rooms::SiteRoom, stream_management::Former},
    jid::Jid,
    look_alike::Look,
    record::Record,
    stanza::stamped::Addressee,
    stream::{Action, Context, SessionId, StreamError},
};

/// An account, and who of it is there.
pub struct Person {
    /// The account's name, shared by its sessions.
    pub(crate) name: Arc<str>,
    /// The account.
    pub(crate) account: Arc<Account>,
    /// How its name and its display name look.
    pub(crate) looks: Vec<Look>,
    /// Its bare address.
    pub(crate) jid: Jid,
    /// Its bare address, for the heads of stanzas.
    pub(crate) bare: Addressee,
    /// Its sessions, oldest first.
    pub(crate) sessions: Vec<SessionId>,
    /// What it keeps about others.
    pub(crate) contacts: Contacts,
    /// Whether the store keeps messages for it.
    pub(crate) waiting: Waiting,
    /// Sessions that cannot be resumed any more.
    pub(crate) former: Former,
}

/// What is known about messages in the store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Waiting {
    /// There are none: whoever logs in need not ask.
    Nothing,
    /// There are some, or it has not been asked since the start.
    Perhaps,
    /// The store has been asked.
    Taking,
}

/// What has become of an account, or of a room for accounts, once it is on disk.
#[derive(Clone, Debug)]
pub enum AccountChange {
    /// Its password is another: whoever is logged in with the old one has to log in again.
    PasswordChanged(Arc<Account>),
    /// This is how it is now: new, or with another name, groups or rights, or disabled, or enabled again.
    Put(Arc<Account>),
    /// There is no such account any more.
    Removed(String),
    /// There is such a room for groups, or it is as this says from now on.
    RoomMade(SiteRoom),
    /// There is no such room any more.
    RoomRemoved(String),
    /// Its sessions are to end; it may log in again at once.
    SessionsEnded(String),
}

impl Person {
    pub(super) fn new(account: Arc<Account>, domain: &str) -> Self {
        let name: Arc<str> = account.name.as_str().into();
        let jid = Jid::of_account(&name, domain);
        let bare = Addressee::new(jid.as_str());
        Self {
            name,
            looks: account.looks(),
            account,
            jid,
            bare,
            sessions: Vec::new(),
            contacts: Contacts::default(),
            waiting: Waiting::Perhaps,
            former: Former::default(),
        }
    }

    /// Whether it may not log in.
    pub(crate) fn is_disabled(&self) -> bool {
        !self.account.enabled
    }

    /// Whether a resource of it is bound.
    pub(crate) fn is_online(&self) -> bool {
        !self.sessions.is_empty()
    }
}

impl Router {
    /// Carries out a change: ends sessions that may not go on, and tells everybody's roster.
    pub fn apply(&mut self, change: AccountChange, cx: &mut Context<'_>) {
        match change {
            AccountChange::PasswordChanged(account) => {
                self.end_all(&account.name, StreamError::Reset, cx);
                self.revoke_tokens(&account.name, cx);
                self.put(account, cx);
            }
            AccountChange::RoomMade(room) => self.make_class_room(&room, cx),
            AccountChange::RoomRemoved(name) => self.remove_room(&name, cx),
            AccountChange::Put(account) => self.put(account, cx),
            AccountChange::SessionsEnded(name) => self.end_all(&name, StreamError::Reset, cx),
            AccountChange::Removed(name) => {
                self.discard_unacknowledged(&name, cx);
                self.end_all(&name, StreamError::NotAuthorized, cx);
                let forget = |router: &mut Self, cx: &mut Context<'_>| {
                    router.people.remove(&*name);
                    router.forget(&name, cx);
                };
                self.reshape(&name, forget, cx);
            }
        }
    }

    /// Erases, before anybody is let in, what others keep of an account that was removed while no server ran, or just
    /// before one died. Somebody else may have its name by now.
    pub fn make_up_for_removal(&mut self, name: &str, cx: &mut Context<'_>) {
        self.forget_in_rooms_by_command(name, cx);
        self.reshape(name, |router, cx| router.forget(name, cx), cx);
    }

    /// Erases what others keep of an account that was removed. That this is owed is on record from the removal on; then, that
    /// it is still to be wiped.
    fn forget(&mut self, name: &str, cx: &mut Context<'_>) {
        self.forget_contact(name, cx);
        self.forget_directed(name);
        features::forgot(self, name, cx);
        cx.record(vec![Record::forgotten(name)]);
    }

    fn put(&mut self, account: Arc<Account>, cx: &mut Context<'_>) {
        let name = account.name.clone();
        if !account.enabled {
            self.end_all(&name, StreamError::NotAuthorized, cx);
            self.revoke_tokens(&name, cx);
        }
        let put = |router: &mut Self, _: &mut Context<'_>| {
            if let Some(person) = router.people.get_mut(&*account.name) {
                person.looks = account.looks();
                person.account = account;
            } else {
                let person = Person::new(account, &router.settings.domain);
                router.people.insert(Arc::clone(&person.name), person);
            }
        };
        self.reshape(&name, put, cx);
        features::changed(self, &name, cx);
    }

    /// Nobody has sent presence directly to whoever gets the name later.
    fn forget_directed(&mut self, name: &str) {
        let domain = self.domain.as_str();
        for session in self.sessions.values_mut() {
            session.directed.retain(|to| to.local() != Some(name) || to.domain() != domain);
        }
    }

    /// Ends every session of an account at once; its contacts see it go.
    fn end_all(&mut self, name: &str, error: StreamError, cx: &mut Context<'_>) {
        let sessions = self.people.get(name).map_or_else(Vec::new, |person| person.sessions.clone());
        for session in sessions {
            self.expel(session, error, cx);
        }
    }

    /// Ends a session from the server's side.
    pub(super) fn expel(&mut self, session: SessionId, error: StreamError, cx: &mut Context<'_>) {
        let connection = self.sessions.get(&session).and_then(|session| session.outlet.borrow().connection);
        if let Some(connection) = connection {
            cx.outbox.push(Action::Close { connection, error });
        }
        self.end_session(session, cx);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::time::Instant;

    use time::OffsetDateTime;

    use super::*;
    use crate::{
        account::Kind,
        auth::{Authenticator, DecoySecret, Keys, Password},
        record::Shelf,
        router::Settings,
        stream::Action,
    };

    fn account(name: &str) -> Account {
        let keys = Keys::derive(&Password::prepare("pencil").unwrap());
        let (name, display_name, groups) = (name.to_owned(), name.to_owned(), Vec::new());
        Account { name, display_name, kind: Kind::Teacher, groups, enabled: true, keys }
    }

    fn of_server(shelf: Shelf, key: &str, value: &str) -> Record {
        Record::of_server(shelf, key, Some(value.to_owned().into()))
    }

    /// What was there of the one who was removed is all that changes: the other keeps everything.
    #[test]
    fn what_others_keep_is_forgotten_late_as_well() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let authenticator = Authenticator::new("school.test", DecoySecret::new([1; 32]));
        // Somebody else has the name by now.
        let accounts = ["juliet", "tybalt"].map(account).into();
        let mut router = Router::new(Settings::small(), authenticator, accounts, now);
        let owned =
            r#"{"name":"chess","title":"Chess","owners":["tybalt"],"moderators":["tybalt","juliet"]}"#;
        let made = r#"{"configuration":{"persistent":true},"affiliations":{"juliet":"owner"},"reserved":{},
                       "subject":null,"creator":"tybalt"}"#;
        let contact = r#"{"name":"Prince of Cats","is-listed":true}"#;
        let of_juliet = |shelf, address: &str, value: &str| {
            Record::of_account(&"juliet".into(), shelf, address, Some(value.to_owned().into()))
        };
        let mut records = vec![
            of_server(Shelf::ClassRoom, "chess", owned),
            of_server(Shelf::Room, "balcony", made),
            of_juliet(Shelf::Contact, "tybalt@school.test", contact),
            of_juliet(Shelf::Blocked, "tybalt@school.test/street", ""),
            of_juliet(Shelf::Blocked, "tybalt@elsewhere.test", ""),
        ];
        assert!(router.restore(&records).is_empty());
        let mut outbox = Vec::new();
        let mut random = |bytes: &mut [u8]| bytes.fill(0);
        let mut cx = Context { now, instant: Instant::now(), random: &mut random, outbox: &mut outbox };
        assert!(!router.people["juliet"].contacts.revision().to_string().is_empty());
        router.make_up_for_removal("tybalt", &mut cx);
        let revision = router.people["juliet"].contacts.revision().to_string();
        assert_eq!(revision, "", "no client takes the roster that it remembers for the present one");

        for action in outbox {
            let Action::Record { records: changed, .. } = action else { continue };
            for record in changed {
                records.retain(|known| (known.shelf, &known.key) != (record.shelf, &record.key));
                records.push(record);
            }
        }
        assert_eq!(records.pop().unwrap(), Record::forgotten("tybalt"));
        let text =
            |record: &Record| record.value.as_ref().map(|value| String::from_utf8_lossy(value).into_owned());
        let left: Vec<_> =
            records.iter().filter_map(|record| Some((record.key.as_str(), text(record)?))).collect();
        assert!(left.iter().all(|(_, value)| !value.contains("tybalt")), "{left:?}");
        let keys: Vec<_> = left.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, ["tybalt@elsewhere.test", "chess", "balcony", "chess"]);
        assert!(left[1..].iter().all(|(_, value)| value.contains("juliet")), "{left:?}");
        assert!(router.people.contains_key("tybalt"), "who has the name now stays");
    }
}
