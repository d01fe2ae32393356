//! The school that a scenario begins with, and how it is set up otherwise.

use std::time::Duration;

use time::OffsetDateTime;
use xmppd::{
    account::{Account, Kind},
    auth::{Authenticator, DecoySecret, Keys, Password},
    features::{
        rooms::{Creators, RoomSettings, SiteRoom},
        upload::Terms,
    },
    router::{ContactPolicy, RosterPolicy, Router, Settings, Visibility},
};

use super::{Outcome, PASSWORD, Stage};

impl Stage {
    /// What the server is like, and what becomes of it.
    pub(super) fn server(&mut self, what: &[&str]) -> Outcome {
        match what {
            ["has", key, value] => {
                self.set(key, value)?;
                self.restart();
            }
            ["reloads", "with", key, value] => {
                self.set(key, value)?;
                let settings = self.settings.clone();
                self.drive(|router, cx| router.resettle(settings, cx));
            }
            ["restarts"] => self.restart(),
            _ => return Err("no such step".to_owned()),
        }
        Ok(())
    }

    /// The site wants it so, from a restart on.
    fn set(&mut self, key: &str, value: &str) -> Outcome {
        let settings = &mut self.settings;
        match (key, value) {
            ("roster", "groups") => {
                settings.roster.visibility = Visibility::Groups;
                settings.roster.sees_everyone = vec!["Teachers".parse().unwrap()];
            }
            ("roster", "everyone") => settings.roster.visibility = Visibility::Everyone,
            ("contacts", "groups") => settings.roster.contacts = ContactPolicy::Groups,
            ("contacts", "everybody") => settings.roster.contacts = ContactPolicy::Everybody,
            ("class-room", "none") => settings.rooms.made.clear(),
            ("class-room", group) => settings.rooms.made.push(class_room(group)),
            ("creators", "everyone") => settings.rooms.creators = Creators::Everyone,
            ("occupants", most) => {
                settings.rooms.most_occupants = most.parse().map_err(|_| "not a number")?;
            }
            ("rooms", most) => settings.rooms.most = most.parse().map_err(|_| "not a number")?,
            ("plain", "taken") => settings.takes_plain = true,
            ("tokens", "refused") => settings.token_days = 0,
            ("personal-bytes", bytes) => {
                settings.personal_bytes = bytes.parse().map_err(|_| "not a number")?;
            }
            ("resumption-seconds", seconds) => {
                settings.resumption_seconds = seconds.parse().map_err(|_| "not a number")?;
            }
            ("version", "shown") => settings.version_shown = true,
            ("upload", "on") => settings.upload = Some(upload_terms()),
            _ => return Err("no such setting".to_owned()),
        }
        Ok(())
    }

    /// Everybody is cut off, and what is not on disk is forgotten.
    fn restart(&mut self) {
        self.clients.clear();
        self.router = router(self.settings.clone(), self.account_values(), self.now);
        self.router.restore(&self.records);
    }
}

/// They take some time to derive.
pub(super) fn everybodys_keys() -> Keys {
    thread_local! {
        static KEYS: Keys = Keys::derive_with(&Password::prepare(PASSWORD).unwrap(), [[1; 16]; 2]);
    }
    KEYS.with(Clone::clone)
}

pub(super) fn account(name: &str, display_name: &str, groups: &[&str]) -> Account {
    Account {
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        groups: groups.iter().map(|&group| group.to_owned()).collect(),
        kind: Kind::Child,
        enabled: true,
        keys: everybodys_keys(),
    }
}

/// The room of a class, moderated by the nurse.
pub(super) fn class_room(group: &str) -> SiteRoom {
    SiteRoom {
        name: group.parse().expect("a group is a name in transcripts"),
        title: group.parse().expect("a group is a label"),
        groups: vec![group.parse().expect("a group is a label")],
        moderators: vec!["nurse".parse().expect("the nurse's name")],
        owners: Vec::new(),
    }
}

pub(super) fn settings() -> Settings {
    Settings {
        domain: "school.test".to_owned(),
        organisation: "The School".to_owned(),
        stanza_bytes: 20_000,
        resources_per_account: 3,
        roster: RosterPolicy::default(),
        personal_bytes: 40_000,
        resumption_seconds: 600,
        patience: Duration::from_secs(60),
        takes_plain: false,
        token_days: 21,
        version_shown: false,
        rooms: RoomSettings { staff: vec!["Staff".to_owned()], ..RoomSettings::default() },
        upload: None,
    }
}

/// Small enough to be met.
pub(super) fn upload_terms() -> Terms {
    Terms {
        base: "https://school.test:5443/upload/".to_owned(),
        file_bytes: 100_000,
        account_bytes: 200_000,
        all_bytes: 300_000,
        types: ["application/octet-stream", "image/*"].map(|one| one.to_owned().try_into().unwrap()).into(),
        days: 30,
    }
}

pub(super) fn router(settings: Settings, accounts: Vec<Account>, now: OffsetDateTime) -> Router {
    Router::new(settings, Authenticator::new("school.test", DecoySecret::new([7; 32])), accounts, now)
}
