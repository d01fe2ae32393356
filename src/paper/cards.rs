//! Login cards, eight to a sheet, to be cut apart: the only place where passwords are written.

use serde::Serialize;
use xmppd_control::Password;
use zeroize::Zeroizing;

use super::{
    Size,
    code::Code,
    ink,
    lines::{self, Line},
    sheet::{Mark, Piece, Role, Shade, Sheets},
    typeface::{self, Weight},
    uri,
};
use crate::error::Result;

/// Cards side by side, and one below the other.
const GRID: (usize, usize) = (2, 4);
/// The white within a card at its sides, and above and below: as much as a printer may leave out at the edge of a sheet.
const PADDING: (f32, f32) = (25.0, 18.0);
/// The side of a QR code with its quiet zone, in points: 27 mm, which a poor camera reads, too.
const CODE: f32 = 78.0;
/// How long a cutting mark is to each side.
const CUT: f32 = 7.0;
/// From one line to the next, in ems.
const LEADING: f32 = 1.32;
/// What stands for a letter that the font lacks.
const MISSING: char = '\u{25a1}';
/// How far steps stand in behind their numbers, in ems.
const INDENT: f32 = 1.4;

/// What one person needs to log in for the first time.
#[derive(Clone, Debug)]
pub struct Card {
    /// What others see.
    pub display_name: String,
    /// What is typed.
    pub address: String,
    /// The password.
    pub password: Password,
}

/// What stands on every card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Face {
    /// What the password is called.
    pub password: String,
    /// How to log in, a line or two each. `**` begins and ends what is bold.
    pub steps: Vec<String>,
    /// What the fingerprint is called, and what it is for.
    pub fingerprint_label: String,
    /// The fingerprint of the school's authority. Its line breaks are kept, so that it can be compared piece by piece.
    pub fingerprint: String,
}

/// Cards to print.
#[derive(Clone, Debug)]
pub struct Deck {
    /// What it is called in the window of who reads it.
    pub title: String,
    /// The language of what stands on every card (BCP 47).
    pub language: String,
    /// The paper that it is for.
    pub size: Size,
    /// What stands on every card.
    pub face: Face,
    /// Each card.
    pub cards: Vec<Card>,
}

/// Cards as PDF.
#[derive(Clone)]
pub struct Printed {
    /// The file: it holds passwords.
    pub pdf: Zeroizing<Vec<u8>>,
    /// How many sheets there are.
    pub sheets: usize,
    /// Names that could not be written as they are.
    pub replaced: Vec<Replaced>,
}

/// A name with letters that the font lacks: a sign stands in their place.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Replaced {
    /// Whose.
    pub address: String,
    /// The name as it should be.
    pub name: String,
}

impl Deck {
    /// The cards as PDF.
    ///
    /// # Errors
    /// [`crate::Error::Configuration`] for letters of the face that the font lacks.
    pub fn pdf(&self) -> Result<Printed> {
        self.face.check()?;
        let mut sheets = Sheets::default();
        let (columns, rows) = GRID;
        for cards in self.cards.chunks(columns * rows) {
            self.sheet(cards, &mut sheets)?;
        }
        let lacks = |text: &String| typeface::lacking(text).is_some();
        let replaced = self.cards.iter().filter(|card| lacks(&card.display_name) || lacks(&card.address));
        let replaced = replaced
            .map(|card| Replaced { address: card.address.clone(), name: card.display_name.clone() })
            .collect();
        let pdf = Zeroizing::new(ink::print(&self.title, &self.language, self.size, &sheets)?);
        Ok(Printed { pdf, sheets: sheets.sheets.len(), replaced })
    }

    fn sheet(&self, cards: &[Card], sheets: &mut Sheets) -> Result<()> {
        let (width, height) = self.size.points();
        let cell = (width / GRID.0 as f32, height / GRID.1 as f32);
        let mut pieces =
            vec![Piece { part: sheets.roles.len(), at: (0.0, 0.0), scale: 1.0, marks: cutting_marks(cell) }];
        sheets.roles.push(Role::Artifact);
        let room = (cell.0 - 2.0 * PADDING.0, cell.1 - 2.0 * PADDING.1);
        for (index, card) in cards.iter().enumerate() {
            let corner = ((index % GRID.0) as f32 * cell.0, (index / GRID.0) as f32 * cell.1);
            let at = (corner.0 + PADDING.0, corner.1 + PADDING.1);
            for (role, marks) in self.face.fitted(card, room)? {
                pieces.push(Piece { part: sheets.roles.len(), at, scale: 1.0, marks });
                sheets.roles.push(role);
            }
        }
        sheets.sheets.push(pieces);
        Ok(())
    }
}

impl Face {
    fn check(&self) -> Result<()> {
        let texts =
            [&self.password, &self.fingerprint_label, &self.fingerprint].into_iter().chain(&self.steps);
        texts.into_iter().try_for_each(|text| typeface::check(text))
    }

    /// A card that does not fit is set smaller until it does.
    fn fitted(&self, card: &Card, room: (f32, f32)) -> Result<Vec<(Role, Vec<Mark>)>> {
        let code = Code::of(&uri::xmpp(&card.address))?;
        let mut scale = 1.0;
        loop {
            let column = self.lay_out(card, &code, room, scale);
            if column.used <= room.1 || scale < 0.3 {
                return Ok(column.parts);
            }
            scale *= 0.95;
        }
    }

    fn lay_out(&self, card: &Card, code: &Code, room: (f32, f32), scale: f32) -> Column {
        let mut column = Column { width: room.0, scale, used: 0.0, parts: Vec::new() };
        let name = legible(&card.display_name);
        column.fit(Role::Title(name.clone()), &name, Weight::Bold, 14.0);
        column.fit(Role::Paragraph, &legible(&card.address), Weight::Regular, 9.5);
        column.used += 6.0 * scale;
        column.write(Role::Paragraph, Shade::Grey, 7.0, |width| {
            lines::plain(&self.password, Weight::Regular, width)
        });
        column.fit(Role::Paragraph, card.password.reveal(), Weight::Bold, 17.0);
        column.used += 5.0 * scale;
        let (below, quiet) = (column.used, code.quiet_zone() * CODE);
        column.width -= CODE - quiet;
        for (index, step) in self.steps.iter().enumerate() {
            column.item(&format!("{}.", index + 1), step, 7.2);
        }
        column.used += 4.0 * scale;
        let small = |text: &str, width| {
            text.lines().flat_map(|line| lines::plain(line, Weight::Regular, width)).collect()
        };
        column.write(Role::Paragraph, Shade::Grey, 6.2, |width| small(&self.fingerprint_label, width));
        column.write(Role::Paragraph, Shade::Black, 6.2, |width| small(&self.fingerprint, width));
        let mark = Mark::Code { x: room.0 - CODE + quiet, y: below - quiet, side: CODE, code: code.clone() };
        column.parts.push((Role::Figure(uri::xmpp(&card.address)), vec![mark]));
        column.used = column.used.max(below + CODE - 2.0 * quiet);
        column
    }
}

/// Texts one below the other.
struct Column {
    width: f32,
    scale: f32,
    used: f32,
    parts: Vec<(Role, Vec<Mark>)>,
}

impl Column {
    /// A text in one line, smaller if it must be; in several if that were too small.
    fn fit(&mut self, role: Role, text: &str, weight: Weight, size: f32) {
        let width = Line::of(text, weight).width * size * self.scale;
        let size = size * (self.width / width).clamp(0.65, 1.0);
        self.write(role, Shade::Black, size, |width| lines::plain(text, weight, width));
    }

    fn write(&mut self, role: Role, shade: Shade, size: f32, lines: impl Fn(f32) -> Vec<Line>) {
        let size = size * self.scale;
        let lines = lines(self.width / size).into_iter();
        let marks: Vec<_> = lines.map(|line| self.mark(0.0, shade, size, line)).collect();
        if !marks.is_empty() {
            self.parts.push((role, marks));
        }
    }

    fn item(&mut self, sign: &str, text: &str, size: f32) {
        let size = size * self.scale;
        let sign = Mark::Text {
            x: 0.0,
            y: self.used + size,
            size,
            shade: Shade::Black,
            line: Line::of(sign, Weight::Regular),
        };
        let lines = lines::marked(text, self.width / size - INDENT);
        let marks = lines.into_iter().map(|line| self.mark(INDENT * size, Shade::Black, size, line));
        let marks = std::iter::once(sign).chain(marks).collect();
        self.parts.push((Role::Item, marks));
    }

    /// The next line.
    fn mark(&mut self, x: f32, shade: Shade, size: f32, line: Line) -> Mark {
        let y = self.used + size;
        self.used += size * LEADING;
        Mark::Text { x, y, size, shade, line }
    }
}

/// With a sign for each letter that the font lacks.
fn legible(text: &str) -> String {
    let letters = text.chars().map(|letter| {
        if typeface::lacking(letter.encode_utf8(&mut [0; 4])).is_some() { MISSING } else { letter }
    });
    letters.collect()
}

/// A small cross wherever cards meet, and what of one there is at the edges.
fn cutting_marks(cell: (f32, f32)) -> Vec<Mark> {
    let mut marks = Vec::new();
    let rule = |from, to| Mark::Rule { from, to, thickness: 0.4, dashed: false };
    for column in 0..=GRID.0 {
        for row in 0..=GRID.1 {
            let (x, y) = (column as f32 * cell.0, row as f32 * cell.1);
            if 0 < row && row < GRID.1 {
                marks.push(rule((x - CUT, y), (x + CUT, y)));
            }
            if 0 < column && column < GRID.0 {
                marks.push(rule((x, y - CUT), (x, y + CUT)));
            }
        }
    }
    marks
}
