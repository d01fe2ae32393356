//! XEP-0133 §4.23–§4.26: what an administrator tells everybody, at once or as the message of the day.
//!
//! The message of the day goes once to each who comes online. It is the school's, not a conversation: it is
//! recorded until it is replaced or taken back. The audit log has a line of each, which says nothing of the words.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use xmppd_control::{Request, Verb};

use super::{
    Asked, Command, Run, Told,
    field::{FORM_TYPE, Parsed, wrong},
};
use crate::{
    features::{
        Feature,
        form::{Field, FieldType, Form, Submission},
    },
    record::{Owner, Record, Shelf},
    router::{Nature, Parcel, Router, Session},
    stanza::Stamped,
    stream::{Context, SessionId},
    xml::Escaped,
};

/// Nothing to ask; it listens for who comes.
pub const FEATURE: Feature = Feature {
    came: |router, session, cx| router.tell_message_of_the_day(session, cx),
    forgot: |router, account, _| drop(router.announcements.seen.remove(account)),
    shelves: &[Shelf::MessageOfTheDay],
    restore: |router, record| router.announcements.restore(record),
    ..Feature::DEFAULT
};

/// The most that can be announced, in bytes.
const MOST_BYTES: usize = 8 * 1024;
/// The record of the message itself; those of accounts say which they have seen.
const MESSAGE: &str = "message";
const SEEN: &str = "seen";

pub(super) const ALL: [Command; 5] = [
    Command {
        node: "http://jabber.org/protocol/admin#announce",
        name: "Tell something to all who are online",
        form: Some(|_| announcement("Tell something to all who are online", "announcement", "")),
        run: |_, submission, _| remembering(submission, "announcement", Verb::Announce),
        tell: |router, asked, _, cx| {
            said(asked, "announcement", |text| {
                let count = router.announce(text, cx);
                format!("{count} people are online and have it.")
            })
        },
    },
    Command {
        node: "http://jabber.org/protocol/admin#announce-all",
        name: "Tell something to everybody",
        form: Some(|_| {
            announcement("Tell something to everybody", "announcement", "It waits for those who are offline.")
        }),
        run: |_, submission, _| remembering(submission, "announcement", Verb::AnnounceAll),
        tell: |router, asked, _, cx| {
            said(asked, "announcement", |text| {
                let online = router.announce(text, cx);
                let offline = router.leave_for_the_absent(text, cx);
                format!("{online} people are online and have it; it waits for {offline} more.")
            })
        },
    },
    Command {
        node: "http://jabber.org/protocol/admin#set-motd",
        name: "Set the message of the day",
        form: Some(|_| {
            announcement(
                "Set the message of the day",
                "motd",
                "Everybody gets it once: now, or at the next login.",
            )
        }),
        run: |_, submission, _| remembering(submission, "motd", Verb::SetMotd),
        tell: |router, asked, _, cx| {
            said(asked, "motd", |text| {
                router.set_message_of_the_day(text, cx);
                "Set.".to_owned()
            })
        },
    },
    Command {
        node: "http://jabber.org/protocol/admin#edit-motd",
        name: "Edit the message of the day",
        form: Some(editing),
        run: |_, submission, _| remembering(submission, "motd", Verb::EditMotd),
        tell: |router, asked, _, cx| {
            said(asked, "motd", |text| {
                router.edit_message_of_the_day(text, cx);
                "Changed, for those who have not seen it yet.".to_owned()
            })
        },
    },
    Command {
        node: "http://jabber.org/protocol/admin#delete-motd",
        name: "Take back the message of the day",
        run: |_, _, _| Run::Ask(Request::Remember { verb: Verb::DeleteMotd }),
        tell: |router, _, _, cx| {
            router.delete_message_of_the_day(cx);
            Told::Done("There is no message of the day.".to_owned())
        },
        ..Command::DEFAULT
    },
];

/// What has been announced and stays.
#[derive(Default)]
pub(crate) struct Announcements {
    message: Option<Message>,
    /// Which message each account has seen last, by its id.
    seen: HashMap<Arc<str>, String>,
}

/// The message of the day.
#[derive(Clone, Deserialize, Serialize)]
struct Message {
    id: String,
    text: String,
}

impl Announcements {
    fn restore(&mut self, record: &Record) -> Option<()> {
        let value = record.value.as_ref()?;
        match &record.owner {
            Owner::Server => self.message = Some(serde_json::from_slice(value).ok()?),
            Owner::Account(name) => {
                self.seen.insert(Arc::clone(name), String::from_utf8_lossy(value).into_owned());
            }
        }
        Some(())
    }
}

impl Router {
    /// To every device of everybody who is there; answers how many people that is.
    fn announce(&self, text: &str, cx: &mut Context<'_>) -> usize {
        let message = self.announcement(text, "headline");
        let mut people = 0;
        for name in self.people.keys() {
            let there = self.sessions_of(name).filter(|session| session.priority() >= Some(0));
            people += usize::from(there.map(|session| tell(session, &message, cx)).count() > 0);
        }
        people
    }

    /// For everybody who is not there; answers how many that is.
    fn leave_for_the_absent(&mut self, text: &str, cx: &mut Context<'_>) -> usize {
        let message = self.announcement(text, "normal");
        let absent = self.people.values().filter(|person| {
            person.account.enabled && !self.sessions_of(&person.name).any(|one| one.priority() >= Some(0))
        });
        let absent: Vec<_> =
            absent.map(|person| (Arc::clone(&person.name), message.to(&person.bare))).collect();
        for (name, packet) in &absent {
            self.keep_offline(name, "".into(), packet, Vec::new(), cx);
        }
        absent.len()
    }

    fn set_message_of_the_day(&mut self, text: &str, cx: &mut Context<'_>) {
        self.announcements.message = Some(Message { id: cx.token(), text: text.to_owned() });
        self.record_message_of_the_day(cx);
        let there: Vec<_> =
            self.sessions.values().filter(|one| one.presence.is_some()).map(|one| one.id).collect();
        for session in there {
            self.tell_message_of_the_day(session, cx);
        }
    }

    /// Who has seen the old one does not get the new one.
    fn edit_message_of_the_day(&mut self, text: &str, cx: &mut Context<'_>) {
        match &mut self.announcements.message {
            Some(message) => text.clone_into(&mut message.text),
            None => return self.set_message_of_the_day(text, cx),
        }
        self.record_message_of_the_day(cx);
    }

    fn delete_message_of_the_day(&mut self, cx: &mut Context<'_>) {
        self.announcements.message = None;
        self.record_message_of_the_day(cx);
        let seen = std::mem::take(&mut self.announcements.seen);
        let end = |name| Record::of_account(name, Shelf::MessageOfTheDay, SEEN, None);
        cx.record(seen.keys().map(end).collect());
    }

    fn record_message_of_the_day(&self, cx: &mut Context<'_>) {
        let write = |message| serde_json::to_vec(message).expect("a message is plain data");
        let value = self.announcements.message.as_ref().map(write).map(Bytes::from);
        cx.record(vec![Record::of_server(Shelf::MessageOfTheDay, MESSAGE, value)]);
    }

    /// To one who comes, unless they have seen it.
    fn tell_message_of_the_day(&mut self, session: SessionId, cx: &mut Context<'_>) {
        let Some(message) = &self.announcements.message else { return };
        let Some(session) = self.sessions.get(&session) else { return };
        let is_seen = self.announcements.seen.get(&session.account) == Some(&message.id);
        if is_seen || session.priority() < Some(0) {
            return;
        }
        tell(session, &self.announcement(&message.text, "headline"), cx);
        let id = Bytes::from(message.id.clone());
        cx.record(vec![Record::of_account(&session.account, Shelf::MessageOfTheDay, SEEN, Some(id))]);
        self.announcements.seen.insert(Arc::clone(&session.account), message.id.clone());
    }

    fn announcement(&self, text: &str, kind: &str) -> Stamped {
        let start = format!("message type='{kind}' from='{}'", Escaped(&self.settings.domain));
        Stamped::own(&start, format!("><body>{}</body></message>", Escaped(text)))
    }
}

fn tell(session: &Session, message: &Stamped, cx: &mut Context<'_>) {
    let nature = Nature::Message { sender: "".into(), is_worth_keeping: false, is_copied: false };
    session.send(Parcel { packet: message.to(&session.bare), nature }, cx);
}

fn announcement(title: &str, field: &str, instructions: &str) -> Form {
    filled_in(title, field, instructions, &[])
}

fn editing(router: &Router) -> Form {
    let text = router.announcements.message.as_ref().map_or("", |message| &message.text);
    let lines: Vec<_> = text.lines().collect();
    filled_in("Edit the message of the day", "motd", "Who has seen it already does not get it again.", &lines)
}

fn filled_in(title: &str, field: &str, instructions: &str, lines: &[&str]) -> Form {
    Form::to_fill_in(FORM_TYPE)
        .title(title)
        .instructions(instructions)
        .field(&Field { is_required: true, ..Field::new(field, FieldType::TextMulti, "Text", lines) })
}

/// Has the administration remember first that it is said, never what.
fn remembering(submission: &Submission, field: &str, verb: Verb) -> Run {
    match text(submission, field) {
        Ok(_) => Run::Ask(Request::Remember { verb }),
        Err(reason) => wrong(reason),
    }
}

/// Does it with the lines of that field.
fn said(asked: &Asked, field: &str, work: impl FnOnce(&str) -> String) -> Told {
    match text(&asked.filled, field) {
        Ok(text) => Told::Done(work(&text)),
        Err(reason) => Told::Wrong(vec![reason]),
    }
}

/// The lines of that field.
fn text(submission: &Submission, field: &str) -> Parsed<String> {
    let text = submission.values(field).join("\n");
    match text.trim() {
        "" => Err("there is nothing to say".to_owned()),
        text if text.len() > MOST_BYTES => Err(format!("at most {MOST_BYTES} bytes can be announced")),
        text => Ok(text.to_owned()),
    }
}
