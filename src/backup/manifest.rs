//! What a backup says of itself: `backup.json`.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use zeroize::Zeroizing;

use super::{Place, damaged};
use crate::{
    digest::Sha256,
    error::{Context as _, Error, Result},
    image::VERSION,
    site::Site,
};

/// Its name within a backup, where it comes first.
pub const FILE: &str = "backup.json";

/// The version of the form that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// What a backup says of itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The version of this form.
    pub format: u32,
    /// The appliance's name.
    pub name: String,
    /// The school's domain.
    pub domain: String,
    /// When it was made (RFC 3339).
    pub made_at: String,
    /// The version of the program that made it.
    pub made_by: String,
    /// The version of the database's tables.
    pub schema: u32,
    /// Its files.
    pub files: BTreeMap<Place, Described>,
}

/// What is said of a file.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// How long it is.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// All that is asked of a form that may not be known.
#[derive(Deserialize)]
struct Form {
    format: u32,
}

impl Manifest {
    /// What is to be said of these files.
    ///
    /// # Errors
    /// [`Error::Failed`] if the time is out of the calendar.
    pub(super) fn of(
        site: &Site,
        files: &BTreeMap<Place, Zeroizing<Vec<u8>>>,
        schema: u32,
        at: OffsetDateTime,
    ) -> Result<Self> {
        let described = |(place, bytes): (&Place, &Zeroizing<Vec<u8>>)| (place.clone(), Described::of(bytes));
        Ok(Self {
            format: FORMAT,
            name: site.name.to_string(),
            domain: site.domain.as_str().to_owned(),
            made_at: at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).doing("write the time")?,
            made_by: VERSION.to_owned(),
            schema,
            files: files.iter().map(described).collect(),
        })
    }

    /// Reads it, unless a newer program wrote it.
    ///
    /// # Errors
    /// [`Error::Configuration`] if it is newer, [`Error::Untrusted`] if it cannot be read.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let Form { format } = serde_json::from_slice(json).map_err(damaged)?;
        if format > FORMAT {
            return Err(Error::configuration(
                format_args!("the backup is of format {format}, and this jailbuild reads {FORMAT} at most"),
                "restore it with the version that made it, or a newer one; nothing was changed",
            ));
        }
        serde_json::from_slice(json).map_err(damaged)
    }

    /// The form in which it is written down.
    ///
    /// # Panics
    /// Never: it is plain data.
    pub fn to_json(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("a manifest is plain data");
        text.push(b'\n');
        text
    }

    /// The day on which it was made, as it stands in the names of files.
    pub fn day(&self) -> &str {
        self.made_at.split('T').next().unwrap_or_default()
    }
}

impl Described {
    /// What is to be said of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: Sha256::of(bytes) }
    }
}

/// What is in it, a line each: never more than names and sizes.
impl fmt::Display for Manifest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, domain, made_at, made_by, schema, .. } = self;
        write!(
            formatter,
            "{name}, {domain}, made at {made_at} by jailbuild {made_by}, database of schema {schema}"
        )?;
        self.files.iter().try_for_each(|(place, file)| write!(formatter, "\n{:>10}  {place}", file.bytes))
    }
}
