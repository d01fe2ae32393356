//! The text of `jailbuild.toml` turned into a [`Site`], value by value, each mistake with its place.

mod network;
mod tables;

use std::{ops::Range, path::Path, str::FromStr};

use toml::Spanned;

use self::tables::{File, LimitsTable, RoomTable, RosterTable};
use super::{
    Backups, Creators, Domain, Language, Limits, Login, Mistake, Name, Organisation, Recipient, Room,
    RoomPolicy, Rooms, Roster, Site, Tls,
    limits::{self, Bounds},
    mistake::Source,
    rooms::{label, local_part},
    roster::{Contacts, Group, Visibility},
    toml_error,
};
use crate::{
    base::Choice,
    digest::Sha256,
    error::{Error, Result},
};

/// What to do where a key is missing.
const WHOLE: &str = "`jailbuild init` writes a file with every key explained";

/// Parses the text of the file at `path`; relative paths within are relative to its folder.
pub(super) fn parse(path: &Path, text: &str) -> Result<Site> {
    let source = Source { path, text };
    let file: File = toml::from_str(text).map_err(|error| toml_error::explain(source, &error, WHOLE))?;
    Reader(source).site(&file)
}

/// Reads values, and knows where they stand.
struct Reader<'a>(Source<'a>);

impl Reader<'_> {
    fn site(&self, file: &File) -> Result<Site> {
        let folder = self.0.path.parent().unwrap_or(Path::new(""));
        let limits = self.limits(&file.limits)?;
        let network = self.network(&file.network)?;
        let web = self.web(&file.web, &network)?;
        Ok(Site {
            domain: self.value(&file.domain, Domain::parse)?,
            organisation: self.value(&file.organisation, Organisation::parse)?,
            name: self.value_or(file.name.as_ref(), "schoolchat", Name::parse)?,
            show_version: file.show_version,
            languages: self.languages(file.languages.as_ref())?,
            flavor: self.value_or(file.flavor.as_ref(), "minimal", lower)?,
            base: self.value_or(file.base.as_ref(), "host", lower::<Choice>)?.within(folder),
            base_sha256: self.base_sha256(file)?,
            network,
            tls: Tls { leaf_days: self.bounded(file.tls.leaf_days.as_ref(), &limits::LEAF_DAYS)? },
            login: Login {
                plain: file.login.plain,
                token_days: self.bounded(file.login.token_days.as_ref(), &limits::TOKEN_DAYS)?,
            },
            roster: self.roster(&file.roster)?,
            limits,
            rooms: self.rooms(file)?,
            upload: self.upload(&file.upload, &web)?,
            web,
            backup: Backups { recipients: self.values(&file.backup.recipients, Recipient::parse)? },
        })
    }

    fn rooms(&self, file: &File) -> Result<Rooms> {
        let creators = self.value_or(file.rooms.creators.as_ref(), "staff", Creators::parse)?;
        let mut made: Vec<Room> = Vec::new();
        for table in &file.room {
            let room = self.room(table)?;
            if made.iter().any(|other| other.name == room.name) {
                let mistake = Mistake::new(
                    format!("there are two rooms `{}`", room.name),
                    "give each `[[room]]` a name of its own",
                );
                return Err(self.mistake(table.name.span(), mistake));
            }
            made.push(room);
        }
        Ok(Rooms { policy: RoomPolicy { creators }, made })
    }

    fn room(&self, table: &RoomTable) -> Result<Room> {
        Ok(Room {
            name: self.value(&table.name, local_part)?,
            title: self.value(&table.title, label)?,
            groups: self
                .values(&table.groups, |text| Group::parse(text).map(|group| group.as_str().to_owned()))?,
            moderators: self.values(&table.moderators, local_part)?,
            owners: self.values(&table.owners, local_part)?,
        })
    }

    fn values<T>(
        &self,
        texts: &[Spanned<String>],
        parse: impl Fn(&str) -> Result<T, Mistake>,
    ) -> Result<Vec<T>> {
        texts.iter().map(|text| self.value(text, &parse)).collect()
    }

    fn languages(&self, tags: Option<&Spanned<Vec<Spanned<String>>>>) -> Result<Vec<Language>> {
        let Some(tags) = tags else { return Ok(vec![self.default("en", Language::parse)?]) };
        let mut languages = Vec::new();
        for tag in tags.get_ref() {
            let language = self.value(tag, Language::parse)?;
            if languages.contains(&language) {
                return Err(self.mistake(
                    tag.span(),
                    Mistake::new(format!("`{language}` stands here twice"), "take one out"),
                ));
            }
            languages.push(language);
        }
        if languages.is_empty() {
            let mistake =
                Mistake::new("there is no language", "name one at least, such as `languages = [\"en\"]`");
            return Err(self.mistake(tags.span(), mistake));
        }
        Ok(languages)
    }

    /// A digest for files that nobody checks would only look like safety.
    fn base_sha256(&self, file: &File) -> Result<Option<Sha256>> {
        let Some(digest) = &file.base_sha256 else { return Ok(None) };
        let base = file.base.as_ref().map_or("host", |base| base.get_ref().as_str());
        if base.parse().is_ok_and(|base: Choice| !base.takes_digest()) {
            let mistake = Mistake::new(
                format!("`base-sha256` says nothing about `base = \"{base}\"`"),
                "take it out, or let `base` be a `base.txz`",
            );
            return Err(self.mistake(digest.span(), mistake));
        }
        self.value(digest, lower).map(Some)
    }

    fn roster(&self, table: &RosterTable) -> Result<Roster> {
        let sees_everyone = match &table.sees_everyone {
            Some(groups) => {
                groups.iter().map(|group| self.value(group, Group::parse)).collect::<Result<_>>()?
            }
            None => vec![self.default("Teachers", Group::parse)?],
        };
        Ok(Roster {
            visibility: self.value_or(table.visibility.as_ref(), "everyone", Visibility::parse)?,
            sees_everyone,
            contacts: self.value_or(table.contacts.as_ref(), "everybody", Contacts::parse)?,
        })
    }

    fn limits(&self, table: &LimitsTable) -> Result<Limits> {
        Ok(Limits {
            stanza_bytes: self.bounded(table.stanza_bytes.as_ref(), &limits::STANZA_BYTES)?,
            bytes_per_second: self.bounded(table.bytes_per_second.as_ref(), &limits::BYTES_PER_SECOND)?,
            burst_bytes: self.bounded(table.burst_bytes.as_ref(), &limits::BURST_BYTES)?,
            connections: self.bounded(table.connections.as_ref(), &limits::CONNECTIONS)?,
            connections_per_address: self
                .bounded(table.connections_per_address.as_ref(), &limits::CONNECTIONS_PER_ADDRESS)?,
            unauthenticated_seconds: self
                .bounded(table.unauthenticated_seconds.as_ref(), &limits::UNAUTHENTICATED_SECONDS)?,
            resources_per_account: self
                .bounded(table.resources_per_account.as_ref(), &limits::RESOURCES_PER_ACCOUNT)?,
            resumption_seconds: self
                .bounded(table.resumption_seconds.as_ref(), &limits::RESUMPTION_SECONDS)?,
            offline_messages: self.bounded(table.offline_messages.as_ref(), &limits::OFFLINE_MESSAGES)?,
            offline_bytes: self.bounded(table.offline_bytes.as_ref(), &limits::OFFLINE_BYTES)?,
            offline_days: self.bounded(table.offline_days.as_ref(), &limits::OFFLINE_DAYS)?,
        })
    }

    fn bounded(&self, number: Option<&Spanned<i64>>, bounds: &Bounds) -> Result<u32> {
        let Some(number) = number else { return Ok(bounds.default) };
        let within = u32::try_from(*number.get_ref())
            .ok()
            .filter(|value| (bounds.least..=bounds.most).contains(value));
        within.ok_or_else(|| {
            let mistake = Mistake::new(
                format!("`{}` cannot be {}", bounds.key, number.get_ref()),
                format!("choose from {} to {}; the default is {}", bounds.least, bounds.most, bounds.default),
            );
            self.mistake(number.span(), mistake)
        })
    }

    fn value<T>(&self, text: &Spanned<String>, parse: impl Fn(&str) -> Result<T, Mistake>) -> Result<T> {
        parse(text.get_ref()).map_err(|mistake| self.mistake(text.span(), mistake))
    }

    fn value_or<T>(
        &self,
        text: Option<&Spanned<String>>,
        default: &str,
        parse: impl Fn(&str) -> Result<T, Mistake>,
    ) -> Result<T> {
        text.map_or_else(|| self.default(default, &parse), |text| self.value(text, &parse))
    }

    fn default<T>(&self, text: &str, parse: impl Fn(&str) -> Result<T, Mistake>) -> Result<T> {
        parse(text).map_err(|mistake| self.mistake(0..0, mistake))
    }

    fn mistake(&self, at: Range<usize>, mistake: Mistake) -> Error {
        self.0.mistake(at, mistake)
    }
}

/// A value of a room below, whose error becomes a mistake in this file.
fn lower<T: FromStr<Err = Error>>(text: &str) -> Result<T, Mistake> {
    text.parse().map_err(Mistake::from)
}
