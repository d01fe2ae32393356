//! A persistent room as records: what it is, and its card by itself, which is large and changes seldom. What is
//! said in it is never among them.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::settings::SiteRoom;
use super::{
    Rooms,
    card::Card,
    configuration::Configuration,
    nick::Nick,
    rank::Affiliation,
    room::{Room, Subject},
};
use crate::{
    record::{Record, Shelf},
    router::Router,
};

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
struct SavedRoom {
    configuration: Configuration,
    affiliations: BTreeMap<String, Affiliation>,
    reserved: BTreeMap<String, Nick>,
    subject: Option<SavedSubject>,
    creator: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct SavedSubject {
    text: String,
    #[serde(default)]
    account: Option<String>,
    author: String,
    at: i64,
}

#[derive(Deserialize, Serialize)]
struct SavedCard {
    text: String,
    hash: String,
}

impl Room {
    /// The records that bring the store up to date with it.
    pub(super) fn records(&mut self) -> Vec<Record> {
        let unsaved = std::mem::take(&mut self.unsaved);
        if !self.configuration.persistent || self.is_gone() {
            let was_recorded = std::mem::take(&mut self.is_recorded);
            let removal = |key: String| Record::of_server(Shelf::Room, key, None);
            return if was_recorded {
                vec![removal(self.name.to_string()), removal(card_key(&self.name))]
            } else {
                Vec::new()
            };
        }
        let mut records = Vec::new();
        if unsaved.room {
            self.is_recorded = true;
            let value = json(&SavedRoom::from(&*self));
            records.push(Record::of_server(Shelf::Room, &*self.name, Some(value)));
        }
        if unsaved.card {
            let card = self.card.as_ref();
            let card = card.map(|card| json(&SavedCard { text: card.text.clone(), hash: card.hash.clone() }));
            records.push(Record::of_server(Shelf::Room, card_key(&self.name), card));
        }
        records
    }

    fn take_over(&mut self, saved: SavedRoom) {
        let SavedRoom { configuration, affiliations, reserved, subject, creator } = saved;
        let account = |name: String| Arc::<str>::from(name);
        self.configuration = configuration;
        // What the site file says by now comes before what was so.
        let by_site = std::mem::take(&mut self.affiliations);
        self.affiliations =
            affiliations.into_iter().map(|(name, affiliation)| (account(name), affiliation)).collect();
        self.affiliations.extend(by_site);
        self.reserved = reserved.into_iter().map(|(name, nick)| (account(name), nick)).collect();
        self.creator = creator.map(account);
        self.subject = subject.and_then(|subject| {
            let at = OffsetDateTime::from_unix_timestamp(subject.at).ok()?;
            Some(Subject {
                text: subject.text,
                account: subject.account.map(account),
                author: subject.author,
                at,
            })
        });
        if let Some(made) = &self.made {
            made.keep(&mut self.configuration);
        }
    }
}

/// Takes in what was recorded.
pub(super) fn restore(router: &mut Router, record: &Record) -> Option<()> {
    if record.shelf == Shelf::Room {
        return router.rooms.take_in(record);
    }
    let room: SiteRoom = serde_json::from_slice(record.value.as_ref()?).ok()?;
    router.rooms.make_one(&room, &router.settings);
    router.rooms.by_command.insert(record.key.clone(), room);
    Some(())
}

/// What is recorded of a room by command: what an administrator has said.
pub(crate) fn of_command(room: &SiteRoom) -> Record {
    Record::of_server(Shelf::ClassRoom, room.name.as_str(), Some(json(room)))
}

/// What takes everything off the record that is there of a room.
pub(crate) fn removals(name: &str) -> [Record; 3] {
    let removal = |shelf, key: String| Record::of_server(shelf, key, None);
    [
        removal(Shelf::ClassRoom, name.to_owned()),
        removal(Shelf::Room, name.to_owned()),
        removal(Shelf::Room, card_key(name)),
    ]
}

impl Rooms {
    /// Takes in what was recorded. What cannot be read is left as the site would have it.
    pub(super) fn take_in(&mut self, record: &Record) -> Option<()> {
        let value = record.value.as_ref()?;
        let (name, is_card) = match record.key.split_once('/') {
            Some((name, _)) => (name, true),
            None => (record.key.as_str(), false),
        };
        let room = self.room_for(name);
        room.is_recorded = true;
        if is_card {
            let SavedCard { text, hash } = serde_json::from_slice(value).ok()?;
            room.card = Some(Card::new(text, hash));
        } else {
            room.take_over(serde_json::from_slice(value).ok()?);
        }
        Some(())
    }
}

impl From<&Room> for SavedRoom {
    fn from(room: &Room) -> Self {
        let name = |name: &Arc<str>| name.to_string();
        Self {
            configuration: room.configuration.clone(),
            affiliations: room.affiliations.iter().map(|(account, is)| (name(account), *is)).collect(),
            reserved: room.reserved.iter().map(|(account, nick)| (name(account), nick.clone())).collect(),
            subject: room.subject.clone().map(|Subject { text, account, author, at }| SavedSubject {
                text,
                account: account.as_ref().map(name),
                author,
                at: at.unix_timestamp(),
            }),
            creator: room.creator.as_ref().map(name),
        }
    }
}

/// No room has a name with a slash.
fn card_key(name: &str) -> String {
    format!("{name}/card")
}

fn json(value: &impl Serialize) -> bytes::Bytes {
    serde_json::to_vec(value).expect("plain data can be written").into()
}
