//! Backups for tests.

use std::fs;

use tempfile::TempDir;
use time::OffsetDateTime;

use super::{Backup, Key, Lock, School};
use crate::site::{Folder, Origin, Recipient, Site, certificates};

/// What looks like a database of one page, as far as this program looks.
pub(crate) fn database(schema: u32) -> Vec<u8> {
    let mut page = vec![b'x'; 1024];
    page[..16].copy_from_slice(b"SQLite format 3\0");
    page[16..18].copy_from_slice(&1024_u16.to_be_bytes());
    page[28..32].copy_from_slice(&1_u32.to_be_bytes());
    page[60..64].copy_from_slice(&schema.to_be_bytes());
    page
}

/// A key of age, and what it opens.
pub(crate) fn key() -> (Key, Lock) {
    let identity = age::x25519::Identity::generate();
    let recipient = Recipient::parse(&identity.to_public().to_string()).unwrap();
    (Key::Identities(vec![Box::new(identity)]), Lock::Recipients(vec![recipient]))
}

/// A school of this domain where its administrator keeps it, with certificates.
pub(crate) fn origin(place: &TempDir, domain: &str) -> Origin {
    let path = place.path().join("jailbuild.toml");
    let text = Site::example_text().unwrap().replace("school.test", domain);
    fs::write(&path, text).unwrap();
    let site = Site::load(&path).unwrap();
    certificates::ensure(&site, &Folder::beside(&path), OffsetDateTime::now_utc()).unwrap();
    Origin::File(path)
}

/// A backup of such a school.
pub(crate) fn backup(place: &TempDir) -> Backup {
    backup_of(place, "school.test")
}

/// A backup of a school of this domain.
pub(crate) fn backup_of(place: &TempDir, domain: &str) -> Backup {
    let school = School::of(&origin(place, domain)).unwrap();
    Backup::new(school, database(3).into(), OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap())
        .unwrap()
}
