//! What is printed: pages for parents and for who looks after devices, and login cards. A document is a value, the same
//! value always becomes the same bytes, and a screen reader finds its way in them.

#![expect(clippy::cast_precision_loss, reason = "counts of lines and squares: small numbers")]

mod blocks;
mod cards;
mod code;
mod flow;
mod ink;
mod lines;
mod sheet;
mod tags;
#[cfg(test)]
mod tests;
mod typeface;
mod uri;

pub use cards::{Card, Deck, Face, Printed, Replaced};

use std::str::FromStr;

use serde::Serialize;

use crate::error::{Error, Result};

/// The size of a sheet.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// 210 × 297 mm (ISO 216).
    #[default]
    A4,
    /// 8½ × 11 inches, as in North America.
    Letter,
}

impl Size {
    /// Width and height in points, 72 to the inch.
    pub(crate) const fn points(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.276, 841.89),
            Self::Letter => (612.0, 792.0),
        }
    }
}

/// Something to print.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// What it is called in the window of who reads it.
    pub title: String,
    /// The language that it is in (BCP 47), for screen readers.
    pub language: String,
    /// The paper that it is for.
    pub size: Size,
    /// What stands on it, from top to bottom.
    pub blocks: Vec<Block>,
}

/// A part of a document. In all texts `**` begins and ends what is bold, but for those that are copied letter by letter:
/// values of facts, code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Block {
    /// What the whole document is about.
    Title(String),
    /// What follows is about.
    Heading(String),
    /// Plain text.
    Paragraph(String),
    /// Small print.
    Note(String),
    /// A list.
    Points(Vec<String>),
    /// A list in which the order counts: 1, 2, 3.
    Steps(Vec<String>),
    /// Labels, and the value of each beside it.
    Facts(Vec<(String, String)>),
    /// Lines to write on, side by side, with what to write below each.
    Blanks(Vec<String>),
    /// What is typed, or compared, letter by letter; its line breaks are kept.
    Code(String),
    /// A text for the camera of a device.
    QrCode(String),
    /// Where to cut, with what that is good for.
    Cut(String),
    /// Room.
    Space,
    /// What stays on one page.
    Together(Vec<Block>),
}

impl Document {
    /// The document as PDF, and nothing in it that changes from one time to the next.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a character that the font lacks, or a text that is too long for a QR code.
    pub fn pdf(&self) -> Result<Vec<u8>> {
        self.blocks.iter().try_for_each(Block::check)?;
        let sheets = flow::flow(&self.blocks, self.size)?;
        ink::print(&self.title, &self.language, self.size, &sheets)
    }
}

impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        clap::ValueEnum::from_str(text, true).map_err(|_| {
            Error::configuration(format_args!("`{text}` is no size of paper"), "choose `a4` or `letter`")
        })
    }
}
