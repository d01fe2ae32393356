//! What has been shared and what is about to be. Quotas count both, so that nobody gets more slots than would fit.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use super::Terms;
use crate::stream::Context;

/// So long a slot waits for its file to begin. XEP-0363 §8 recommends about a minute; phones think longer.
const PATIENCE: Duration = Duration::from_secs(300);
/// How many slots one account may have waiting.
const MOST_SLOTS: usize = 20;
/// What the smallest file costs of a quota: each takes memory, a record and a name on the disk.
const LEAST_COST: u64 = 64 * 1024;

/// One file that somebody has shared.
#[derive(Clone, Eq, PartialEq)]
pub struct File {
    /// Whose it is.
    pub owner: Arc<str>,
    /// What its owner calls it.
    pub name: String,
    /// What its owner says that it is.
    pub media_type: String,
    /// How long it is.
    pub bytes: u64,
    /// When it was announced.
    pub since: OffsetDateTime,
}

/// What somebody who brings a file says about it.
pub struct Claim<'a> {
    /// What proves that the slot is theirs.
    pub authorization: &'a [u8],
    /// How long the file is.
    pub bytes: Option<u64>,
    /// What it is, if they say so.
    pub media_type: Option<&'a str>,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Denial {
    /// There is no such slot, or not any more.
    NoSlot,
    /// The slot is somebody else's.
    NotYours,
    /// It is not as long as was said.
    OtherLength,
    /// It is not what was said.
    OtherType,
}

/// Everything that has been shared, and every slot.
#[derive(Default)]
pub struct Uploads {
    files: HashMap<String, File>,
    slots: HashMap<String, Slot>,
    /// Slots that wait, oldest first; some of them may be used by now.
    waiting: VecDeque<(Instant, String)>,
    used: HashMap<Arc<str>, Used>,
    all_bytes: u64,
}

/// A file that is about to come.
struct Slot {
    file: File,
    authorization: String,
    /// It is coming.
    is_taken: bool,
}

/// What one account has shared, or is about to.
#[derive(Clone, Copy, Default)]
struct Used {
    bytes: u64,
    slots: usize,
}

/// A file as it is recorded.
#[derive(Deserialize, Serialize)]
struct Recorded {
    name: String,
    media_type: String,
    bytes: u64,
    since: i64,
}

impl File {
    /// What it takes of a quota.
    fn cost(&self) -> u64 {
        self.bytes.max(LEAST_COST)
    }

    /// As it is recorded.
    pub(super) fn to_record(&self) -> Vec<u8> {
        let Self { name, media_type, bytes, since, .. } = self.clone();
        let recorded = Recorded { name, media_type, bytes, since: since.unix_timestamp() };
        serde_json::to_vec(&recorded).expect("it is made of what JSON has")
    }

    /// From a record.
    pub(super) fn from_record(owner: &Arc<str>, value: &[u8]) -> Option<Self> {
        let Recorded { name, media_type, bytes, since } = serde_json::from_slice(value).ok()?;
        let since = OffsetDateTime::from_unix_timestamp(since).ok()?;
        Some(Self { owner: Arc::clone(owner), name, media_type, bytes, since })
    }
}

impl Uploads {
    /// Takes in a file that was there before the server started.
    pub(super) fn restore(&mut self, name: String, file: File) {
        self.count(&file);
        self.files.insert(name, file);
    }

    /// A file that may be fetched.
    pub fn file(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }

    /// Whose file a slot waits for.
    pub(super) fn awaited(&self, name: &str) -> Option<&Arc<str>> {
        self.slots.get(name).map(|slot| &slot.file.owner)
    }

    /// Makes a slot; if there is no room for it, says when there may be.
    pub(super) fn reserve(
        &mut self,
        name: String,
        file: File,
        secret: &str,
        terms: &Terms,
        cx: &Context<'_>,
    ) -> Result<(), OffsetDateTime> {
        self.let_go(cx.instant);
        let used = self.used.get(&file.owner).copied().unwrap_or_default();
        let is_room = used.slots < MOST_SLOTS
            && used.bytes + file.cost() <= terms.account_bytes
            && self.all_bytes + file.cost() <= terms.all_bytes;
        if !is_room {
            return Err(self.room_from(&file, used, terms));
        }
        self.count(&file);
        self.used.entry(Arc::clone(&file.owner)).or_default().slots += 1;
        self.waiting.push_back((cx.instant + PATIENCE, name.clone()));
        self.slots.insert(name, Slot { file, authorization: format!("Bearer {secret}"), is_taken: false });
        Ok(())
    }

    /// Uses a slot.
    pub(super) fn take(&mut self, name: &str, claim: &Claim<'_>, now: Instant) -> Result<(), Denial> {
        self.let_go(now);
        let slot = self.slots.get_mut(name).filter(|slot| !slot.is_taken).ok_or(Denial::NoSlot)?;
        if !bool::from(slot.authorization.as_bytes().ct_eq(claim.authorization)) {
            return Err(Denial::NotYours);
        }
        if claim.bytes != Some(slot.file.bytes) {
            return Err(Denial::OtherLength);
        }
        let media_type = super::terms::media_type(claim.media_type.unwrap_or(super::terms::OCTETS));
        if media_type.as_ref() != Some(&slot.file.media_type) {
            return Err(Denial::OtherType);
        }
        slot.is_taken = true;
        Ok(())
    }

    /// The file of a slot is there.
    pub(super) fn finish(&mut self, name: &str) -> Option<&File> {
        let Slot { file, .. } = self.slots.remove(name)?;
        if let Some(used) = self.used.get_mut(&file.owner) {
            used.slots -= 1;
        }
        Some(self.files.entry(name.to_owned()).or_insert(file))
    }

    /// The file of a slot will not come.
    pub(super) fn abandon(&mut self, name: &str) {
        if let Some(Slot { file, .. }) = self.slots.remove(name) {
            if let Some(used) = self.used.get_mut(&file.owner) {
                used.slots -= 1;
            }
            self.discount(&file);
        }
    }

    /// Forgets an account; answers with its files, those that are still coming as well.
    pub(super) fn forget(&mut self, owner: &str) -> Vec<String> {
        let slots = self.slots.iter().filter(|(_, slot)| *slot.file.owner == *owner);
        let files = self.files.iter().filter(|(_, file)| *file.owner == *owner);
        let names = slots.map(|(name, _)| name).chain(files.map(|(name, _)| name));
        let names: Vec<_> = names.cloned().collect();
        for name in &names {
            self.abandon(name);
            self.remove(name);
        }
        names
    }

    /// Forgets the files from before that time; answers with them and whose they are.
    pub(super) fn expire(&mut self, before: OffsetDateTime) -> Vec<(String, Arc<str>)> {
        let old = self.files.iter().filter(|(_, file)| file.since < before);
        let old: Vec<_> = old.map(|(name, file)| (name.clone(), Arc::clone(&file.owner))).collect();
        for (name, _) in &old {
            self.remove(name);
        }
        old
    }

    /// When something may have made room for a file: slots do it by not being used, other files with age.
    fn room_from(&self, file: &File, used: Used, terms: &Terms) -> OffsetDateTime {
        let soon = file.since + PATIENCE;
        if used.slots > 0 {
            return soon;
        }
        let is_own_fault = used.bytes + file.cost() > terms.account_bytes;
        let in_the_way = self.files.values().filter(|other| !is_own_fault || other.owner == file.owner);
        let oldest = in_the_way.map(|other| other.since).min();
        oldest.map_or(soon, |since| (since + terms.lifetime()).max(soon))
    }

    /// Abandons slots that have waited too long.
    fn let_go(&mut self, now: Instant) {
        while let Some((until, _)) = self.waiting.front()
            && *until <= now
            && let Some((_, name)) = self.waiting.pop_front()
        {
            if self.slots.get(&name).is_some_and(|slot| !slot.is_taken) {
                self.abandon(&name);
            }
        }
    }

    fn remove(&mut self, name: &str) {
        if let Some(file) = self.files.remove(name) {
            self.discount(&file);
        }
    }

    fn count(&mut self, file: &File) {
        self.used.entry(Arc::clone(&file.owner)).or_default().bytes += file.cost();
        self.all_bytes += file.cost();
    }

    fn discount(&mut self, file: &File) {
        self.all_bytes -= file.cost();
        if let Some(used) = self.used.get_mut(&file.owner) {
            used.bytes -= file.cost();
            if used.bytes == 0 && used.slots == 0 {
                self.used.remove(&file.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests;
