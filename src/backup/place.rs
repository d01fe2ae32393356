//! Where a file lies within a backup.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    site::FILE_NAME,
};

/// The folders of a backup: nothing lies beside them but [`super::manifest::FILE`].
const FOLDERS: [&str; 3] = ["data/", "installed/", "site/"];

/// A path below one of the folders of a backup, which leads nowhere else.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Place(String);

impl Place {
    /// The daemon's database.
    pub fn database() -> Self {
        Self(format!("data/{}", super::database::FILE))
    }

    /// The school's file.
    pub fn school() -> Self {
        Self(format!("site/{FILE_NAME}"))
    }

    /// The certificate of the school's authority.
    pub fn authority() -> Self {
        Self("site/site/ca/ca.pem".to_owned())
    }

    /// What was installed, and how.
    pub fn appliance() -> Self {
        Self("installed/appliance.json".to_owned())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Place {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let is_below = FOLDERS.iter().any(|folder| text.starts_with(folder));
        let is_name = |part: &str| !matches!(part, "" | "." | "..");
        let is_plain = !text.contains(|character: char| character.is_control() || character == '\\');
        if is_below && is_plain && text.split('/').all(is_name) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::failed(format_args!("`{}` is no place within a backup", text.escape_debug())))
    }
}

impl TryFrom<String> for Place {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_leads_elsewhere() {
        for place in [Place::database(), Place::school(), Place::authority(), Place::appliance()] {
            assert_eq!(place.as_str().parse::<Place>().ok(), Some(place));
        }
        let elsewhere = [
            "",
            "backup.json",
            "data",
            "data/",
            "/data/x",
            "data//x",
            "data/../x",
            "site/./x",
            "etc/x",
            "data/\u{1b}",
        ];
        for text in elsewhere {
            assert!(text.parse::<Place>().is_err(), "{text:?}");
        }
        assert!("site/site/texts/de/Erklärung.toml".parse::<Place>().is_ok());
    }
}
