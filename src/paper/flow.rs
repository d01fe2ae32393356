//! Parts of a document one below the other, on as many sheets as they need.

use super::{
    Block, Size,
    blocks::{self, Part, Row},
    lines::Line,
    sheet::{Mark, Piece, Role, Shade, Sheets},
    typeface::Weight,
};
use crate::error::Result;

/// The white around, in points: 22 mm at the sides, a little less above and below.
const MARGIN: (f32, f32) = (62.0, 54.0);

/// The size of a page's number.
const NUMBER: f32 = 8.5;

/// How much smaller a document may be set, so that it fits on one sheet: a second one gets lost.
const SMALLER: [f32; 3] = [0.96, 0.92, 0.88];

/// Lays blocks out.
pub(super) fn flow(blocks: &[Block], size: Size) -> Result<Sheets> {
    let mut sheets = scaled(blocks, size, 1.0)?;
    if sheets.sheets.len() == 2 {
        let smaller = SMALLER.iter().map(|scale| scaled(blocks, size, *scale));
        let fitting = smaller.filter_map(Result::ok).find(|sheets| sheets.sheets.len() == 1);
        sheets = fitting.unwrap_or(sheets);
    }
    number(&mut sheets, size);
    Ok(sheets)
}

fn scaled(blocks: &[Block], size: Size, scale: f32) -> Result<Sheets> {
    let (width, height) = size.points();
    let parts = blocks::lay_out(blocks, (width - 2.0 * MARGIN.0) / scale)?;
    let room = (height - 2.0 * MARGIN.1) / scale;
    let mut flow = Flow { scale, room, used: 0.0, sheets: vec![Vec::new()] };
    let rows = parts
        .iter()
        .enumerate()
        .flat_map(|(part, Part { rows, .. })| rows.iter().map(move |row| (part, row)));
    let rows: Vec<_> = rows.collect();
    for together in rows.chunk_by(|(_, row), _| row.stays_with_next) {
        flow.place(together);
    }
    Ok(Sheets { roles: parts.into_iter().map(|part| part.role).collect(), sheets: flow.sheets })
}

struct Flow {
    scale: f32,
    room: f32,
    used: f32,
    sheets: Vec<Vec<Piece>>,
}

impl Flow {
    /// Rows that stay together, on this sheet if there is room, else on the next.
    fn place(&mut self, rows: &[(usize, &Row)]) {
        let height: f32 = rows.iter().map(|(_, row)| row.above + row.height).sum();
        if self.used > 0.0 && self.used + height > self.room {
            self.turn();
        }
        for (part, row) in rows {
            // More than a sheet was to stay together: it cannot.
            if self.used > 0.0 && self.used + row.above + row.height > self.room {
                self.turn();
            }
            // Nothing above what is first on a sheet.
            if self.used > 0.0 {
                self.used += row.above;
            }
            let at = (MARGIN.0, MARGIN.1 + self.used * self.scale);
            let piece = Piece { part: *part, at, scale: self.scale, marks: row.marks.clone() };
            self.sheets.last_mut().expect("there is a sheet").push(piece);
            self.used += row.height;
        }
    }

    fn turn(&mut self) {
        self.sheets.push(Vec::new());
        self.used = 0.0;
    }
}

/// Numbers the sheets, if there is more than one.
fn number(sheets: &mut Sheets, size: Size) {
    let (width, height) = size.points();
    let total = sheets.sheets.len();
    if total < 2 {
        return;
    }
    let part = sheets.roles.len();
    sheets.roles.push(Role::Artifact);
    for (index, pieces) in sheets.sheets.iter_mut().enumerate() {
        let line = Line::of(&format!("{} / {total}", index + 1), Weight::Regular);
        let at = (width - MARGIN.0 - line.width * NUMBER, height - MARGIN.1 / 2.0);
        let mark = Mark::Text { x: 0.0, y: 0.0, size: NUMBER, shade: Shade::Grey, line };
        pieces.push(Piece { part, at, scale: 1.0, marks: vec![mark] });
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at once")]
mod tests {
    use super::*;

    fn paragraphs(count: usize) -> Vec<Block> {
        (0..count).map(|number| Block::Paragraph(format!("the paragraph {number}"))).collect()
    }

    /// What stands on each sheet.
    fn texts(sheets: &Sheets) -> Vec<Vec<String>> {
        let text = |mark: &Mark| match mark {
            Mark::Text { line, .. } => Some(line.runs.iter().map(|run| run.text.as_str()).collect()),
            _ => None,
        };
        let sheets = sheets.sheets.iter();
        sheets
            .map(|pieces| pieces.iter().flat_map(|piece| piece.marks.iter().filter_map(text)).collect())
            .collect()
    }

    #[test]
    fn what_is_long_goes_on_and_is_numbered() {
        let sheets = texts(&flow(&paragraphs(100), Size::A4).unwrap());
        assert_eq!(sheets.len(), 3);
        assert_eq!(
            sheets.iter().map(|sheet| sheet.last().unwrap().as_str()).collect::<Vec<_>>(),
            ["1 / 3", "2 / 3", "3 / 3"]
        );
        assert_eq!(sheets.concat().len(), 100 + 3);
    }

    #[test]
    fn what_is_a_little_too_long_is_set_smaller() {
        let fits = |count: &usize| flow(&paragraphs(*count), Size::A4).unwrap().sheets.len() == 1;
        let most = (1..100).take_while(fits).last().unwrap();
        let sheets = flow(&paragraphs(most), Size::A4).unwrap();
        assert!(sheets.sheets[0][0].scale < 0.9);
        assert_eq!(texts(&sheets)[0].len(), most, "and there is no number");
        assert!(flow(&paragraphs(3), Size::A4).unwrap().sheets[0][0].scale > 0.99);
    }

    #[test]
    fn a_heading_stays_with_what_it_is_about_and_what_belongs_together_is_not_torn() {
        for above in 30..100 {
            let mut blocks = paragraphs(above);
            blocks.push(Block::Heading("the heading".to_owned()));
            blocks.push(Block::Together(paragraphs(5)));
            blocks.extend(paragraphs(60));
            let sheets = texts(&flow(&blocks, Size::Letter).unwrap());
            let sheet = sheets.iter().find(|sheet| sheet.contains(&"the heading".to_owned())).unwrap();
            let heading = sheet.iter().position(|text| text == "the heading").unwrap();
            assert_eq!(sheet[heading + 1], "the paragraph 0");
            assert_eq!(sheet[heading + 5], "the paragraph 4");
        }
    }

    #[test]
    fn what_is_more_than_a_sheet_is_torn_all_the_same() {
        let sheets = flow(&[Block::Together(paragraphs(150))], Size::A4).unwrap();
        assert!(sheets.sheets.len() > 2);
        let (_, height) = Size::A4.points();
        let lowest = sheets.sheets.iter().flatten().map(|piece| piece.at.1).fold(0.0, f32::max);
        assert!(lowest < height);
    }
}
