//! The school: its file `jailbuild.toml` parsed into types, its authority and certificates, and the folder `site/`
//! where they are kept. All that makes an appliance this school's is here; an image holds none of it.

mod answers;
mod authority;
mod backups;
pub mod certificates;
mod domain;
pub mod expiry;
mod file;
mod folder;
mod key;
mod leaf;
mod limits;
pub mod lint;
mod login;
mod mistake;
mod names;
mod network;
mod origin;
mod rooms;
mod roster;
mod settings;
#[cfg(test)]
mod tests;
mod toml_error;
mod web;
mod words;

pub use answers::{Answers, refuse_existing};
pub use backups::{Backups, Recipient};
pub use domain::Domain;
pub use folder::Folder;
pub use limits::Limits;
pub use login::Login;
pub use mistake::Mistake;
pub(crate) use mistake::Source;
pub use network::{Link, Network};
pub use origin::Origin;
pub use rooms::{Creators, Room, RoomPolicy, Rooms};
pub use roster::Roster;
pub use settings::{settings, write_settings};
pub(crate) use toml_error::explain;
pub use web::{MediaRange, Upload, Web, WebOrigin};
pub use words::{Language, Name, Organisation};

use std::{fs, path::Path};

use serde::Serialize;

use crate::{
    base::Choice,
    digest::Sha256,
    error::{Error, Result},
    pkg_list::Flavour,
};

/// The name of the school's file.
pub const FILE_NAME: &str = "jailbuild.toml";

/// A school's file, understood.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Site {
    /// The appliance's name on the host.
    pub name: Name,
    /// The domain of everybody's address.
    pub domain: Domain,
    /// Who runs it.
    pub organisation: Organisation,
    /// Whether clients that have logged in may ask for the version of the daemon.
    pub show_version: bool,
    /// The languages of the pages for parents: at least one, none twice, the preferred first.
    pub languages: Vec<Language>,
    /// What goes into the image besides the daemon.
    pub flavor: Flavour,
    /// Where the base system's files come from.
    pub base: Choice,
    /// The digest that `base` must have, where the administrator gave one.
    pub base_sha256: Option<Sha256>,
    /// Addresses and ports.
    pub network: Network,
    /// Certificates.
    pub tls: Tls,
    /// How clients log in.
    pub login: Login,
    /// Who sees whom.
    pub roster: Roster,
    /// What clients may take of the daemon.
    pub limits: Limits,
    /// Rooms, and who may make more.
    #[serde(flatten)]
    pub rooms: Rooms,
    /// What browsers speak to.
    pub web: Web,
    /// Files that children share.
    pub upload: Upload,
    /// For whom its backups are encrypted.
    pub backup: Backups,
}

impl Site {
    /// Reads and parses a school's file.
    ///
    /// # Errors
    /// [`Error::Configuration`], pointing into the file where it can be read.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(|cause| {
            Error::configuration(
                format_args!("cannot read the school's file `{}`: {cause}", path.display()),
                "`jailbuild init` writes one",
            )
        })?;
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))?;
        Self::parse(path, &text)
    }

    /// Parses the text of a school's file; relative paths within are relative to the folder of `path`.
    ///
    /// # Errors
    /// [`Error::Configuration`], pointing into the text.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        file::parse(path, text)
    }

    /// The built-in example school `school.test`: the very file that `jailbuild init` writes.
    ///
    /// # Panics
    /// Never: a test parses that file.
    pub fn example() -> Self {
        let text = Self::example_text().expect("the built-in file renders");
        Self::parse(Path::new(FILE_NAME), &text).expect("the built-in file parses")
    }

    /// The text of that file.
    ///
    /// # Errors
    /// [`Error::Failed`] if the template is broken.
    ///
    /// # Panics
    /// Never: domain and organisation are fixed.
    pub fn example_text() -> Result<String> {
        let domain = Domain::parse("school.test").expect("a domain");
        let organisation = Organisation::parse("The School").expect("a name");
        Answers::new(domain, organisation).file_text()
    }
}

/// The `[tls]` of the school's file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tls {
    /// For how many days a leaf certificate is made: 825 at most.
    pub leaf_days: u32,
}

/// A text as it stands in TOML, with its quotes.
pub(crate) fn toml_string(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> Error {
    let at = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(error.as_bytes());
    let length = text[at..].chars().next().map_or(0, char::len_utf8);
    let mistake = Mistake::new("the file is not UTF-8 here", "save it as UTF-8 in your editor");
    Source { path, text: &text }.mistake(at..at + length, mistake)
}
