//! Pages for who looks after a device, in the school's words: how it is told to trust the school.

use serde::Deserialize;

use super::{School, Text, Texts};
use crate::{
    error::Result,
    paper::{Block, Document, Size},
    site::{Language, Site},
};

/// A kind of device, which has a page of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Device {
    /// Phones and tablets with Android.
    Android,
    /// iPhone and iPad.
    IphoneIpad,
    /// Computers with Linux.
    Linux,
    /// Apple's computers.
    Macos,
    /// Computers with Windows.
    Windows,
}

impl Device {
    /// Its name in those of files.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::IphoneIpad => "iphone-ipad",
            Self::Linux => "linux",
            Self::Macos => "macos",
            Self::Windows => "windows",
        }
    }
}

/// The pages of a school, in one language: a kind that is missing is a mistake, and so is one that nobody knows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Pages {
    words: Words,
    android: Page,
    iphone_ipad: Page,
    linux: Page,
    macos: Page,
    windows: Page,
}

/// What all pages have in common.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    introduction: String,
    check: String,
    fingerprint: String,
    install: String,
    programs: String,
    remove: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    title: String,
    check: String,
    install: Vec<String>,
    programs: Vec<String>,
    remove: Vec<String>,
}

/// A page for each kind of device, with the fingerprint to compare: `C1:2D:…`.
///
/// # Errors
/// As [`Texts::read`].
pub fn device_pages(
    texts: &Texts,
    site: &Site,
    language: &Language,
    paper: Size,
    fingerprint: &str,
) -> Result<Vec<(Device, Document)>> {
    let pages: Pages = texts.read(Text::Devices, language, &School::from(site))?;
    let words = pages.words;
    let pages = [
        (Device::Android, pages.android),
        (Device::IphoneIpad, pages.iphone_ipad),
        (Device::Linux, pages.linux),
        (Device::Macos, pages.macos),
        (Device::Windows, pages.windows),
    ];
    let document = |page: Page| Document {
        title: page.title.clone(),
        language: language.to_string(),
        size: paper,
        blocks: page.blocks(&words, fingerprint),
    };
    Ok(pages.into_iter().map(|(device, page)| (device, document(page))).collect())
}

impl Page {
    fn blocks(self, words: &Words, fingerprint: &str) -> Vec<Block> {
        vec![
            Block::Title(self.title),
            Block::Paragraph(words.introduction.clone()),
            Block::Heading(words.check.clone()),
            Block::Paragraph(words.fingerprint.clone()),
            Block::Code(super::in_lines(fingerprint)),
            Block::Paragraph(self.check),
            Block::Heading(words.install.clone()),
            Block::Steps(self.install),
            Block::Heading(words.programs.clone()),
            Block::Points(self.programs),
            Block::Heading(words.remove.clone()),
            Block::Points(self.remove),
        ]
    }
}
