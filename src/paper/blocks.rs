//! Each block as rows: how high, what stands in it, and whether the next row must be on the same sheet.

use super::{
    Block,
    code::Code,
    lines::{self, Line},
    sheet::{Mark, Role, Shade},
    typeface::{self, Weight},
};
use crate::error::Result;

/// A part of a document that has one role.
pub(super) struct Part {
    pub(super) role: Role,
    pub(super) rows: Vec<Row>,
}

/// What is never torn apart.
pub(super) struct Row {
    /// Room above, unless it is the first on its sheet.
    pub(super) above: f32,
    pub(super) height: f32,
    pub(super) marks: Vec<Mark>,
    pub(super) stays_with_next: bool,
}

/// How a text is set, in points.
#[derive(Clone, Copy)]
struct Style {
    size: f32,
    /// From one baseline to the next.
    leading: f32,
    above: f32,
    shade: Shade,
}

const TITLE: Style = Style { size: 19.0, leading: 24.0, above: 14.0, shade: Shade::Black };
const HEADING: Style = Style { size: 11.5, leading: 15.0, above: 11.0, shade: Shade::Black };
const BODY: Style = Style { size: 10.0, leading: 13.8, above: 4.5, shade: Shade::Black };
const ITEM: Style = Style { above: 2.5, ..BODY };
const NOTE: Style = Style { size: 8.5, leading: 11.5, above: 4.0, shade: Shade::Grey };

/// How far items of lists stand in, and code.
const INDENT: f32 = 15.0;
/// Between label and value, and between lines to write on.
const GUTTER: f32 = 14.0;
/// Room for handwriting.
const HANDWRITING: f32 = 23.0;
/// The side of a QR code, with its quiet zone.
const CODE: f32 = 120.0;
const THIN: f32 = 0.6;

/// Lays blocks out in a column of this width; those that say nothing are left out.
pub(super) fn lay_out(blocks: &[Block], width: f32) -> Result<Vec<Part>> {
    let parts = blocks.iter().map(|block| block.lay_out(width)).collect::<Result<Vec<_>>>()?;
    Ok(parts.into_iter().flatten().filter(|part| !part.rows.is_empty()).collect())
}

impl Block {
    /// Refuses what the font lacks.
    pub(super) fn check(&self) -> Result<()> {
        if let Self::Together(blocks) = self {
            return blocks.iter().try_for_each(Self::check);
        }
        self.texts().into_iter().try_for_each(typeface::check)
    }

    fn texts(&self) -> Vec<&str> {
        match self {
            Self::Title(text)
            | Self::Heading(text)
            | Self::Paragraph(text)
            | Self::Note(text)
            | Self::Code(text)
            | Self::Cut(text) => vec![text],
            Self::Points(texts) | Self::Steps(texts) | Self::Blanks(texts) => {
                texts.iter().map(String::as_str).collect()
            }
            Self::Facts(facts) => facts.iter().flat_map(|(label, value)| [label.as_str(), value]).collect(),
            Self::QrCode(_) | Self::Space | Self::Together(_) => Vec::new(),
        }
    }

    fn lay_out(&self, width: f32) -> Result<Vec<Part>> {
        Ok(match self {
            Self::Title(text) => vec![heading(Role::Title(text.clone()), text, TITLE, width)],
            Self::Heading(text) => vec![heading(Role::Heading(text.clone()), text, HEADING, width)],
            Self::Paragraph(text) => vec![paragraph(text, BODY, width)],
            Self::Note(text) => vec![paragraph(text, NOTE, width)],
            Self::Points(points) => points.iter().map(|point| item("•", point, width)).collect(),
            Self::Steps(steps) => {
                let numbered = steps.iter().enumerate();
                numbered.map(|(index, step)| item(&format!("{}.", index + 1), step, width)).collect()
            }
            Self::Facts(facts) => self::facts(facts, width),
            Self::Blanks(labels) => vec![blanks(labels, width)],
            Self::Code(text) => vec![code(text, width)],
            Self::QrCode(text) => vec![picture(text)?],
            Self::Cut(text) => vec![cut(text, width)],
            Self::Space => vec![space()],
            Self::Together(blocks) => together(lay_out(blocks, width)?),
        })
    }
}

fn heading(role: Role, text: &str, style: Style, width: f32) -> Part {
    let lines = lines::plain(text, Weight::Bold, width / style.size);
    let mut part = Part { role, rows: rows(lines, 0.0, style) };
    stay_with_next(&mut part.rows);
    part
}

fn paragraph(text: &str, style: Style, width: f32) -> Part {
    Part { role: Role::Paragraph, rows: rows(lines::marked(text, width / style.size), 0.0, style) }
}

fn item(sign: &str, text: &str, width: f32) -> Part {
    let mut rows = rows(lines::marked(text, (width - INDENT) / ITEM.size), INDENT, ITEM);
    if let Some(first) = rows.first_mut() {
        let sign = Line::of(sign, Weight::Regular);
        first.marks.insert(0, ITEM.mark(0.0, sign));
    }
    Part { role: Role::Item, rows }
}

/// Labels in a column that is as wide as the longest, if that is not too wide.
fn facts(facts: &[(String, String)], width: f32) -> Vec<Part> {
    let widest = facts.iter().map(|(label, _)| Line::of(label, Weight::Regular).width).fold(0.0, f32::max);
    let column = (widest * BODY.size + GUTTER).min(width * 0.4);
    let parts = facts.iter().map(|(label, value)| {
        let style = Style { shade: Shade::Grey, ..ITEM };
        let labels = rows(lines::plain(label, Weight::Regular, (column - GUTTER) / BODY.size), 0.0, style);
        let values = lines::plain(value, Weight::Regular, (width - column) / BODY.size);
        Part { role: Role::Item, rows: beside(labels, rows(values, column, ITEM)) }
    });
    parts.collect()
}

/// Two columns of rows, side by side.
fn beside(left: Vec<Row>, right: Vec<Row>) -> Vec<Row> {
    let (mut longer, shorter) = if left.len() >= right.len() { (left, right) } else { (right, left) };
    for (row, other) in longer.iter_mut().zip(shorter) {
        row.marks.extend(other.marks);
    }
    longer
}

fn blanks(labels: &[String], width: f32) -> Part {
    let column = (width + GUTTER) / labels.len().max(1) as f32;
    let marks = labels.iter().enumerate().flat_map(|(index, label)| {
        let left = index as f32 * column;
        let rule = Mark::Rule {
            from: (left, HANDWRITING),
            to: (left + column - GUTTER, HANDWRITING),
            thickness: THIN,
            dashed: false,
        };
        let texts = lines::plain(label, Weight::Regular, (column - GUTTER) / NOTE.size);
        let texts = texts.into_iter().enumerate().map(move |(index, line)| {
            let y = HANDWRITING + NOTE.leading * (index as f32 + 0.85);
            Mark::Text { x: left, y, size: NOTE.size, shade: Shade::Grey, line }
        });
        std::iter::once(rule).chain(texts)
    });
    let marks: Vec<_> = marks.collect();
    let lowest =
        marks.iter().filter_map(|mark| if let Mark::Text { y, .. } = mark { Some(*y) } else { None });
    let height = lowest.fold(HANDWRITING, f32::max) + 3.0;
    let row = Row { above: 2.0, height, marks, stays_with_next: false };
    Part { role: Role::Paragraph, rows: vec![row] }
}

/// Behind a rule, so that it is clear where it begins and ends.
fn code(text: &str, width: f32) -> Part {
    let lines =
        text.lines().flat_map(|line| lines::plain(line, Weight::Regular, (width - INDENT) / BODY.size));
    let mut rows = rows(lines.collect(), INDENT, Style { above: 6.0, ..BODY });
    for row in &mut rows {
        let rule = Mark::Rule { from: (4.0, 0.0), to: (4.0, row.height), thickness: 1.5, dashed: false };
        row.marks.insert(0, rule);
    }
    Part { role: Role::Paragraph, rows }
}

fn picture(text: &str) -> Result<Part> {
    let code = Code::of(text)?;
    // Its dark squares begin where texts do: the quiet zone is white as the margin.
    let mark = Mark::Code { x: -code.quiet_zone() * CODE, y: 0.0, side: CODE, code };
    let row = Row { above: BODY.above, height: CODE, marks: vec![mark], stays_with_next: false };
    Ok(Part { role: Role::Figure(text.to_owned()), rows: vec![row] })
}

fn cut(text: &str, width: f32) -> Part {
    let lines = lines::plain(text, Weight::Regular, width / NOTE.size);
    let mut rows = rows(lines, 0.0, Style { above: 16.0, ..NOTE });
    let rule = Mark::Rule { from: (0.0, 0.0), to: (width, 0.0), thickness: THIN, dashed: true };
    rows.push(Row { above: 3.0, height: 4.0, marks: vec![rule], stays_with_next: true });
    stay_with_next(&mut rows);
    Part { role: Role::Paragraph, rows }
}

fn space() -> Part {
    let row = Row { above: 0.0, height: BODY.leading, marks: Vec::new(), stays_with_next: false };
    Part { role: Role::Artifact, rows: vec![row] }
}

fn together(mut parts: Vec<Part>) -> Vec<Part> {
    let mut rows: Vec<_> = parts.iter_mut().flat_map(|part| &mut part.rows).collect();
    if let Some((_last, others)) = rows.split_last_mut() {
        stay_with_next(others.iter_mut().map(|row| &mut **row));
    }
    parts
}

fn stay_with_next<'a>(rows: impl IntoIterator<Item = &'a mut Row>) {
    for row in rows {
        row.stays_with_next = true;
    }
}

/// A row a line, the first with room above. No line of a paragraph is alone on a sheet.
fn rows(lines: Vec<Line>, x: f32, style: Style) -> Vec<Row> {
    let last = lines.len().saturating_sub(1);
    let rows = lines.into_iter().enumerate().map(|(index, line)| Row {
        above: if index == 0 { style.above } else { 0.0 },
        height: style.leading,
        marks: vec![style.mark(x, line)],
        stays_with_next: index < last && (index == 0 || index + 1 == last),
    });
    rows.collect()
}

impl Style {
    /// A line of text in a row of its own: the baseline leaves room for what hangs below it.
    fn mark(self, x: f32, line: Line) -> Mark {
        let y = f32::midpoint(self.leading, self.size * 0.72);
        Mark::Text { x, y, size: self.size, shade: self.shade, line }
    }
}
