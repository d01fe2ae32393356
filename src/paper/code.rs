//! QR codes as the squares that are dark.

use fast_qr::{ECL, Module, QRBuilder};

use crate::error::{Error, Result};

/// A QR code, ready to be drawn at any size.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// How many squares it is wide and high, with the quiet zone.
    pub(super) side: usize,
    /// Rows of dark squares: from the left, from the top, how many.
    pub(super) bars: Vec<(usize, usize, usize)>,
}

/// The white squares around a code that readers need (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;

impl Code {
    /// The code of a text. A quarter of it may be stained before it cannot be read any more, less for long texts.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a text that no code can hold.
    pub(super) fn of(text: &str) -> Result<Self> {
        let level = if text.len() > 200 { ECL::L } else { ECL::M };
        let code = QRBuilder::new(text).ecl(level).build().map_err(|_| {
            Error::configuration(
                format_args!("a text of {} bytes is too long for a QR code", text.len()),
                "shorten it to 2,900",
            )
        })?;
        let bars = (0..code.size).flat_map(|row| bars(&code[row][..code.size], row));
        Ok(Self { side: code.size + 2 * QUIET, bars: bars.collect() })
    }

    /// How much of its side is white before the first dark square.
    pub(super) fn quiet_zone(&self) -> f32 {
        QUIET as f32 / self.side as f32
    }
}

/// Dark squares that touch are one bar.
fn bars(row: &[Module], top: usize) -> Vec<(usize, usize, usize)> {
    let mut left = 0;
    let chunks = row.chunk_by(|one, next| one.value() == next.value());
    let placed = chunks.map(|chunk| {
        let start = left;
        left += chunk.len();
        (chunk[0].value(), (start + QUIET, top + QUIET, chunk.len()))
    });
    placed.filter_map(|(dark, bar)| dark.then_some(bar)).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_the_eye_of_its_corner() {
        let code = Code::of("xmpp:juliet@school.test").unwrap();
        assert_eq!(code.side, 25 + 8);
        assert_eq!(code.bars[0], (4, 4, 7));
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        assert!(Code::of(&"x".repeat(2900)).is_ok());
        assert_eq!(Code::of(&"x".repeat(3000)).unwrap_err().exit_code(), 3);
    }
}
