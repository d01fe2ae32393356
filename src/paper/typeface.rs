//! Noto Sans, in which everything is set: what it lacks, and how long a text becomes in it.

use std::{ops::Range, sync::LazyLock};

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, UnicodeBuffer};

use crate::error::{Error, Result};

static REGULAR: LazyLock<Typeface> = LazyLock::new(|| Typeface::of(notosans::REGULAR_TTF));
static BOLD: LazyLock<Typeface> = LazyLock::new(|| Typeface::of(notosans::BOLD_TTF));

/// How heavy letters are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// One weight of the font, as it measures and as it is embedded.
struct Typeface {
    face: Face<'static>,
    font: Font,
    units_per_em: f32,
}

impl Typeface {
    fn of(file: &'static [u8]) -> Self {
        let face = Face::from_slice(file, 0).expect("a font that is built in");
        let font = Font::new(file.into(), 0).expect("a font that is built in");
        Self { face, units_per_em: font.units_per_em(), font }
    }
}

impl Weight {
    fn typeface(self) -> &'static Typeface {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }

    /// The font to embed.
    pub(super) fn font(self) -> Font {
        self.typeface().font.clone()
    }
}

/// The first character that the font lacks. Spaces of all kinds it need not have.
pub(super) fn lacking(text: &str) -> Option<char> {
    text.chars().find(|letter| !letter.is_whitespace() && REGULAR.face.glyph_index(*letter).is_none())
}

/// Refuses what the font lacks.
pub(super) fn check(text: &str) -> Result<()> {
    let Some(letter) = lacking(text) else { return Ok(()) };
    Err(Error::configuration(
        format_args!(
            "the font has no `{}` (U+{:04X}), which stands in `{}`",
            letter.escape_debug(),
            u32::from(letter),
            text.escape_debug()
        ),
        "write it with the letters of Latin, Greek or Cyrillic, which Noto Sans has",
    ))
}

/// Glyphs in a row, of one weight; lengths are in ems, for any size.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) weight: Weight,
    pub(super) glyphs: Vec<KrillaGlyph>,
    pub(super) width: f32,
}

impl Run {
    /// Sets a text, with the kerning and ligatures of the font.
    pub(super) fn new(text: &str, weight: Weight) -> Self {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let typeface = weight.typeface();
        let shaped = rustybuzz::shape(&typeface.face, &[], buffer);
        let starts: Vec<_> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        let ems = |units: i32| units as f32 / typeface.units_per_em;
        let placed = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
        let glyphs: Vec<_> = placed
            .map(|(info, position)| KrillaGlyph {
                glyph_id: GlyphId::new(info.glyph_id),
                text_range: cluster(info.cluster as usize, &starts, text.len()),
                x_advance: ems(position.x_advance),
                x_offset: ems(position.x_offset),
                y_offset: ems(position.y_offset),
                y_advance: ems(position.y_advance),
                location: None,
            })
            .collect();
        let width = glyphs.iter().map(|glyph| glyph.x_advance).sum();
        Self { text: text.to_owned(), weight, glyphs, width }
    }

    /// Another of the same weight, right behind this one.
    pub(super) fn append(&mut self, other: Self) {
        let behind = self.text.len();
        self.text.push_str(&other.text);
        self.width += other.width;
        self.glyphs.extend(other.glyphs.into_iter().map(|glyph| KrillaGlyph {
            text_range: glyph.text_range.start + behind..glyph.text_range.end + behind,
            ..glyph
        }));
    }
}

/// The bytes of the text that a glyph stands for: up to where the next ones begin.
fn cluster(start: usize, starts: &[usize], length: usize) -> Range<usize> {
    let end = starts.partition_point(|other| *other <= start);
    start..starts.get(end).copied().unwrap_or(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_the_letters_of_europe_and_few_others() {
        assert_eq!(lacking("Zoë Müller-Łukasiewicz Иван Ωμέγα “–…•” §½ \u{a0}\n"), None);
        assert_eq!(lacking("Zoë 小明"), Some('小'));
        assert_eq!(lacking("\u{25a1}"), None);
    }

    #[test]
    fn letters_that_are_set_side_by_side_are_as_long_as_each() {
        let mut run = Run::new("A wide ", Weight::Bold);
        let (first, second) = (run.width, Run::new("world", Weight::Bold));
        let all = first + second.width;
        run.append(second);
        assert!((run.width - all).abs() < 0.001 && all > 5.0);
        assert_eq!(&run.text[run.glyphs[7].text_range.clone()], "w");
    }
}
