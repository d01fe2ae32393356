//! Texts broken into lines that fit.

use super::typeface::{Run, Weight};

/// What switches to bold letters and back within a text.
const EMPHASIS: &str = "**";

/// After these a word that is longer than a line is broken with pleasure; else anywhere.
const SEAMS: [char; 7] = ['.', '@', '-', '/', ':', '_', '?'];

/// One line of text: runs side by side. Its width is in ems.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) runs: Vec<Run>,
    pub(super) width: f32,
}

impl Line {
    /// A text in one line, however long.
    pub(super) fn of(text: &str, weight: Weight) -> Self {
        let mut line = Self::default();
        line.push(Run::new(text, weight));
        line
    }

    fn push(&mut self, run: Run) {
        self.width += run.width;
        match self.runs.last_mut() {
            Some(last) if last.weight == run.weight => last.append(run),
            _ => self.runs.push(run),
        }
    }

    fn extend(&mut self, other: Self) {
        other.runs.into_iter().for_each(|run| self.push(run));
    }

    fn weight(&self) -> Weight {
        self.runs.last().map_or(Weight::Regular, |run| run.weight)
    }
}

/// Breaks a text of one weight into lines of so many ems.
pub(super) fn plain(text: &str, weight: Weight, width: f32) -> Vec<Line> {
    fill(text.split(is_breakable).filter(|word| !word.is_empty()).map(|word| Line::of(word, weight)), width)
}

/// The same of a text in which `**` begins and ends what is bold.
pub(super) fn marked(text: &str, width: f32) -> Vec<Line> {
    let mut weight = Weight::Regular;
    let words = text.split(is_breakable).map(|word| {
        let mut line = Line::default();
        for (index, piece) in word.split(EMPHASIS).enumerate() {
            if index > 0 {
                weight = if weight == Weight::Bold { Weight::Regular } else { Weight::Bold };
            }
            if !piece.is_empty() {
                line.push(Run::new(piece, weight));
            }
        }
        line
    });
    fill(words.filter(|word| !word.runs.is_empty()), width)
}

/// Where a line may end; not at a space that says otherwise.
fn is_breakable(letter: char) -> bool {
    letter.is_ascii_whitespace()
}

/// As many words a line as fit.
fn fill(words: impl Iterator<Item = Line>, width: f32) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for word in words.flat_map(|word| chop(word, width)) {
        if let Some(line) = lines.last_mut() {
            let space = Run::new(" ", line.weight());
            if line.width + space.width + word.width <= width {
                line.push(space);
                line.extend(word);
                continue;
            }
        }
        lines.push(word);
    }
    lines
}

/// A word that is longer than a line, in pieces that are not.
fn chop(word: Line, width: f32) -> Vec<Line> {
    if word.width <= width {
        return vec![word];
    }
    let mut pieces = vec![Line::default()];
    for run in word.runs {
        let mut rest = run.text.as_str();
        while !rest.is_empty() {
            let last = pieces.len() - 1;
            let room = width - pieces[last].width;
            let end = fitting(&Run::new(rest, run.weight), room, pieces[last].runs.is_empty());
            if end > 0 {
                pieces[last].push(Run::new(&rest[..end], run.weight));
                rest = &rest[end..];
            }
            if !rest.is_empty() {
                pieces.push(Line::default());
            }
        }
    }
    pieces
}

/// How many bytes of a run fit; at least one letter where there is all the room that there will ever be.
fn fitting(run: &Run, room: f32, whole_line: bool) -> usize {
    if run.width <= room {
        return run.text.len();
    }
    let (mut used, mut fits, mut seam) = (0.0, 0, 0);
    for glyph in &run.glyphs {
        used += glyph.x_advance;
        if used > room {
            break;
        }
        fits = glyph.text_range.end;
        if run.text[..fits].ends_with(SEAMS) {
            seam = fits;
        }
    }
    let first = run.glyphs.first().map_or(run.text.len(), |glyph| glyph.text_range.end);
    match (seam, fits) {
        (0, 0) if whole_line => first,
        (0, fits) => fits,
        (seam, _) => seam,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.runs.iter().map(|run| run.text.as_str()).collect()).collect()
    }

    #[test]
    fn words_are_kept_whole_and_lines_are_never_too_long() {
        let lines = plain("The quick  brown\nfox jumps over the lazy dog", Weight::Regular, 8.2);
        assert_eq!(texts(&lines), ["The quick brown", "fox jumps over", "the lazy dog"]);
        assert!(lines.iter().all(|line| line.width <= 8.2));
    }

    #[test]
    fn a_long_word_is_broken_where_it_hurts_least() {
        let lines = plain("at juliet@chat.north-school.example", Weight::Bold, 8.0);
        assert_eq!(texts(&lines), ["at juliet@chat.", "north-school.", "example"]);
        let lines = plain("Donaudampfschifffahrt", Weight::Regular, 5.0);
        assert_eq!(texts(&lines).concat(), "Donaudampfschifffahrt");
        assert!(lines.len() > 2 && lines.iter().all(|line| line.width <= 5.0));
    }

    #[test]
    fn what_is_marked_is_bold_and_the_marks_are_gone() {
        let lines = marked("tap **Settings, Add**, then wait", 40.0);
        assert_eq!(texts(&lines), ["tap Settings, Add, then wait"]);
        let weights: Vec<_> = lines[0].runs.iter().map(|run| (run.weight, run.text.as_str())).collect();
        assert_eq!(weights[1].0, Weight::Bold);
        assert_eq!(weights[1].1.trim(), "Settings, Add");
    }

    #[test]
    fn no_room_at_all_still_ends() {
        assert_eq!(texts(&plain("abc", Weight::Regular, 0.0)), ["a", "b", "c"]);
    }
}
