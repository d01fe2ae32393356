//! The words of all that is printed: the school's own where it has some, in any language, else those that are shipped
//! in English.

mod cards;
mod devices;
mod load;
mod slip;
#[cfg(test)]
mod tests;

pub use cards::deck;
pub use devices::{Device, device_pages};
pub use slip::{Slip, Version};

use std::path::{Path, PathBuf};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    host::file,
    site::{Folder, Language, Site},
};

/// The language of the texts that are shipped.
const SHIPPED: &str = "en";

/// A text of which a school can have its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Text {
    /// The words on login cards.
    Cards,
    /// How devices are told to trust the school.
    Devices,
    /// The permission slip.
    Slip,
}

impl Text {
    /// Every text, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Cards, Self::Devices, Self::Slip];

    /// Its file's name, in the folder of a language.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Cards => "cards.toml",
            Self::Devices => "devices.toml",
            Self::Slip => "slip.toml",
        }
    }

    /// As it is shipped, in English.
    pub const fn shipped(self) -> &'static str {
        match self {
            Self::Cards => include_str!("../../texts/en/cards.toml"),
            Self::Devices => include_str!("../../texts/en/devices.toml"),
            Self::Slip => include_str!("../../texts/en/slip.toml"),
        }
    }
}

/// What every text may say of the school.
#[derive(Clone, Debug, Serialize)]
pub struct School {
    organisation: String,
    domain: String,
    name: String,
    offline_days: u32,
    shares_files: bool,
    file_days: u32,
}

impl From<&Site> for School {
    fn from(site: &Site) -> Self {
        Self {
            organisation: site.organisation.to_string(),
            domain: site.domain.to_string(),
            name: site.name.to_string(),
            offline_days: site.limits.offline_days,
            shares_files: site.upload.enabled,
            file_days: site.upload.days,
        }
    }
}

/// The texts of a school.
#[derive(Clone, Debug)]
pub struct Texts {
    site: Folder,
}

/// A text that was written to be changed, or was there already.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Offered {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it was not there before.
    pub new: bool,
    /// Whether it is English, and to be translated.
    pub to_translate: bool,
}

impl Texts {
    /// Those in a school's folder, and the shipped ones behind them.
    pub fn of(folder: &Folder) -> Self {
        Self { site: folder.clone() }
    }

    /// A text with all placeholders filled in.
    ///
    /// # Errors
    /// [`Error::Configuration`], pointing into the file, for a key or a placeholder that is not known, or a key that is
    /// missing; and for a language in which there is no such text.
    pub fn read<T: DeserializeOwned>(
        &self,
        text: Text,
        language: &Language,
        values: &impl Serialize,
    ) -> Result<T> {
        let (path, content) = self.find(text, language)?;
        load::load(&path, &content, values)
    }

    /// A text as it is shipped.
    fn read_shipped<T: DeserializeOwned>(text: Text, values: &impl Serialize) -> Result<T> {
        load::load(&shipped_path(text), text.shipped(), values)
    }

    /// Writes each text that is shipped to where the school's own are looked for, unless there is one: that stays as it is.
    ///
    /// # Errors
    /// [`Error::Failed`] if one cannot be written.
    pub fn offer(&self, language: &Language, dry_run: bool) -> Result<Vec<Offered>> {
        if !dry_run {
            file::ensure_private_folder(self.site.root())?;
        }
        let folder = self.site.texts().join(language.to_string());
        let offered = Text::ALL.iter().map(|text| {
            let path = folder.join(text.file_name());
            let new = if dry_run { !path.exists() } else { write_new(&path, text.shipped())? };
            Ok(Offered { path, new, to_translate: new && !is_shipped(language) })
        });
        offered.collect()
    }

    /// The school's own text before the shipped one, and the text of a language's variant before that of the language.
    fn find(&self, text: Text, language: &Language) -> Result<(PathBuf, String)> {
        for tag in candidates(language) {
            let path = self.site.texts().join(&tag).join(text.file_name());
            if let Some(content) = file::read_if_there(&path)? {
                return Ok((path, content));
            }
        }
        if is_shipped(language) {
            return Ok((shipped_path(text), text.shipped().to_owned()));
        }
        Err(Error::configuration(
            format_args!("there is no `{}` in the language `{language}`", text.file_name()),
            format_args!(
                "`jailbuild texts --language {language}` writes the English one into `{}`: translate it there",
                self.site.texts().join(language.to_string()).display()
            ),
        ))
    }
}

/// The language, then with less and less of what it says (RFC 4647 §3.4): `zh-Hant-TW`, `zh-Hant`, `zh`.
fn candidates(language: &Language) -> impl Iterator<Item = String> {
    let longer = |tag: &String| tag.rsplit_once('-').map(|(shorter, _)| shorter.to_owned());
    std::iter::successors(Some(language.to_string()), longer)
}

fn is_shipped(language: &Language) -> bool {
    candidates(language).any(|tag| tag == SHIPPED)
}

/// Where it lies in this project.
fn shipped_path(text: Text) -> PathBuf {
    Path::new("texts").join(SHIPPED).join(text.file_name())
}

fn write_new(path: &Path, content: &str) -> Result<bool> {
    let folder = path.parent().expect("a text is in the folder of its language");
    file::create_folder(folder, 0o755)?;
    file::write_new(path, content.as_bytes(), file::PUBLIC)
}

/// How many bytes of a fingerprint stand on a line: half of a SHA-256.
const BYTES_A_LINE: usize = 16;

/// A fingerprint in lines that can be compared.
pub(crate) fn in_lines(fingerprint: &str) -> String {
    let bytes: Vec<_> = fingerprint.split(':').collect();
    bytes.chunks(BYTES_A_LINE).map(|line| line.join(":")).collect::<Vec<_>>().join("\n")
}
