//! Sheets of paper as values: what stands where, and what it is, for who reads with the ears.

use super::{code::Code, lines::Line};

/// How dark a mark is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shade {
    /// What is to be read.
    Black,
    /// What is beside the point.
    Grey,
}

/// Something to draw, in points from the upper left of what it belongs to.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    /// A line of text that starts at `x`, on the baseline `y`.
    Text { x: f32, y: f32, size: f32, shade: Shade, line: Line },
    /// A straight line.
    Rule { from: (f32, f32), to: (f32, f32), thickness: f32, dashed: bool },
    /// A QR code.
    Code { x: f32, y: f32, side: f32, code: Code },
}

/// What a part of a document is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Role {
    /// What everything below is about.
    Title(String),
    /// What follows until the next is about.
    Heading(String),
    /// Plain text.
    Paragraph,
    /// One of a list.
    Item,
    /// A picture, in words.
    Figure(String),
    /// Nothing that needs to be read: cutting marks, page numbers.
    Artifact,
}

/// Marks of one part on one sheet.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// Which of the roles it has.
    pub(super) part: usize,
    /// Where their upper left is, in points from that of the sheet.
    pub(super) at: (f32, f32),
    /// How much larger they are than they say.
    pub(super) scale: f32,
    pub(super) marks: Vec<Mark>,
}

/// All sheets of a document, and the roles of its parts in the order in which they are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheets {
    pub(super) roles: Vec<Role>,
    pub(super) sheets: Vec<Vec<Piece>>,
}
