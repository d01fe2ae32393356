//! The permission slip in the school's words.

use std::fmt;

use serde::{Deserialize, Serialize, de::Error as _};

use super::{School, Text, Texts, is_shipped};
use crate::{
    error::Result,
    paper::{Block, Document, Size},
    site::{Language, Site},
};

/// Which slip was signed, as records of consent say it: short, and one word.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Version(String);

impl Version {
    /// The longest.
    pub const MAX_LENGTH: usize = 32;

    /// The version.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let fits =
            (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("a version is one short word, such as `2026-1`"))
        }
    }
}

/// What parents read and sign.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Slip {
    /// Which it is.
    pub version: Version,
    title: String,
    edition: String,
    introduction: String,
    section: Vec<Section>,
    form: Form,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
struct Section {
    heading: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    points: Vec<String>,
}

/// What comes back to the school.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
struct Form {
    cut: String,
    heading: String,
    text: String,
    blanks: Vec<Vec<String>>,
}

impl Slip {
    /// The slip of a school in one of its languages.
    ///
    /// # Errors
    /// As [`Texts::read`].
    pub fn read(texts: &Texts, site: &Site, language: &Language) -> Result<Self> {
        texts.read(Text::Slip, language, &School::from(site))
    }

    /// Whether the school changed the text and kept the version of the shipped one: then nobody can tell which was signed.
    /// A translation may have the same version.
    ///
    /// # Errors
    /// As [`Texts::read`].
    pub fn claims_to_be_shipped(&self, site: &Site, language: &Language) -> Result<bool> {
        let shipped: Self = Texts::read_shipped(Text::Slip, &School::from(site))?;
        Ok(is_shipped(language) && self.version == shipped.version && *self != shipped)
    }

    /// The slip to print.
    pub fn document(self, language: &Language, size: Size) -> Document {
        let edition = format!("{} {}", self.edition, self.version);
        let head = [
            Block::Title(self.title.clone()),
            Block::Note(edition.clone()),
            Block::Paragraph(self.introduction),
        ];
        let sections = self.section.into_iter().flat_map(Section::blocks);
        let blocks =
            head.into_iter().chain(sections).chain([self.form.block(edition)]).filter(is_said).collect();
        Document { title: self.title, language: language.to_string(), size, blocks }
    }
}

impl Section {
    fn blocks(self) -> [Block; 3] {
        let points = self.points.into_iter().filter(|point| !point.trim().is_empty()).collect();
        [Block::Heading(self.heading), Block::Paragraph(self.text), Block::Points(points)]
    }
}

impl Form {
    /// On one sheet, and with the version: it is what the school keeps.
    fn block(self, edition: String) -> Block {
        let head = [
            Block::Cut(self.cut),
            Block::Heading(self.heading),
            Block::Note(edition),
            Block::Paragraph(self.text),
        ];
        let blanks = self.blanks.into_iter().map(Block::Blanks);
        Block::Together(head.into_iter().filter(is_said).chain(blanks).collect())
    }
}

/// Not an empty text.
fn is_said(block: &Block) -> bool {
    !matches!(block, Block::Heading(text) | Block::Paragraph(text) | Block::Cut(text) if text.trim().is_empty())
}
