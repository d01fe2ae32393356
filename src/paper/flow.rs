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
