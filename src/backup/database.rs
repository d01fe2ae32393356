//! The daemon's database, as far as it can be judged without opening it: the first hundred bytes of the file
//! (<https://sqlite.org/fileformat2.html#the_database_header>). The rest, a daemon judges in a rehearsal.

use super::damaged;
use crate::error::Result;

/// The database's name in the daemon's data folder.
pub const FILE: &str = "xmppd.sqlite";

const MAGIC: &[u8] = b"SQLite format 3\0";

/// The version of its tables.
///
/// # Errors
/// [`crate::Error::Untrusted`] if it is no database, or not all of one.
pub fn schema(bytes: &[u8]) -> Result<u32> {
    let (Some(page), Some(pages), Some(schema), true) =
        (page_bytes(bytes), number(bytes, 28), number(bytes, 60), bytes.starts_with(MAGIC))
    else {
        return Err(damaged("its database is none"));
    };
    if page * u64::from(pages) == bytes.len() as u64 {
        return Ok(schema);
    }
    Err(damaged("its database is not whole"))
}

/// Refuses a database of other tables than the backup says.
///
/// # Errors
/// [`crate::Error::Untrusted`] likewise.
pub fn require(bytes: &[u8], wanted: u32) -> Result<()> {
    match schema(bytes)? {
        found if found == wanted => Ok(()),
        found => Err(damaged(format_args!("its database has schema {found}, not {wanted}"))),
    }
}

fn page_bytes(bytes: &[u8]) -> Option<u64> {
    let size = u16::from_be_bytes(bytes.get(16..18)?.try_into().ok()?);
    Some(if size == 1 { 65_536 } else { size.into() })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
