//! The page for the volunteer, on paper: the very text of `HANDOVER.md`, with a line to write on.

use crate::paper::{Block, Document, Size};

/// The page's text as a document. It knows as much of Markdown as the page has: headings, paragraphs, lists, code.
pub(super) fn document(text: &str, size: Size) -> Document {
    let mut reader = Reader::default();
    text.lines().for_each(|line| reader.take(line));
    reader.end_block();
    let title = reader.blocks.iter().find_map(|block| match block {
        Block::Title(title) => Some(title.clone()),
        _ => None,
    });
    reader.blocks.push(Block::Blanks(vec!["Who handed it over".to_owned(), "Telephone".to_owned()]));
    Document { title: title.unwrap_or_default(), language: "en".to_owned(), size, blocks: reader.blocks }
}

/// What has been read so far, and of what is being read.
#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    open: Open,
}

/// A block that may go on in the next line.
#[derive(Default)]
enum Open {
    #[default]
    Nothing,
    Paragraph(String),
    Points(Vec<String>),
    Steps(Vec<String>),
    Code(Vec<String>),
}

impl Reader {
    fn take(&mut self, line: &str) {
        if let Open::Code(lines) = &mut self.open {
            if line.starts_with("```") {
                self.end_block();
            } else {
                lines.push(line.to_owned());
            }
            return;
        }
        if let Some(item) = line.strip_prefix("- ") {
            self.add_point(item);
        } else if let Some(item) = step(line) {
            self.add_step(item);
        } else if line.starts_with("```") {
            self.begin(Open::Code(Vec::new()));
        } else if let Some(heading) = line.strip_prefix("## ") {
            self.add(Block::Heading(inline(heading)));
        } else if let Some(title) = line.strip_prefix("# ") {
            self.add(Block::Title(inline(title)));
        } else if line.trim().is_empty() {
            self.end_block();
        } else {
            self.go_on(line.trim());
        }
    }

    fn add_point(&mut self, item: &str) {
        if let Open::Points(items) = &mut self.open {
            items.push(item.to_owned());
        } else {
            self.begin(Open::Points(vec![item.to_owned()]));
        }
    }

    fn add_step(&mut self, item: &str) {
        if let Open::Steps(items) = &mut self.open {
            items.push(item.to_owned());
        } else {
            self.begin(Open::Steps(vec![item.to_owned()]));
        }
    }

    /// A line that belongs to what stands before it.
    fn go_on(&mut self, line: &str) {
        let text = match &mut self.open {
            Open::Paragraph(text) => Some(text),
            Open::Points(items) | Open::Steps(items) => items.last_mut(),
            Open::Nothing | Open::Code(_) => None,
        };
        match text {
            Some(text) => {
                text.push(' ');
                text.push_str(line);
            }
            None => self.begin(Open::Paragraph(line.to_owned())),
        }
    }

    fn add(&mut self, block: Block) {
        self.end_block();
        self.blocks.push(block);
    }

    fn begin(&mut self, open: Open) {
        self.end_block();
        self.open = open;
    }

    fn end_block(&mut self) {
        let inlines = |items: Vec<String>| items.iter().map(|item| inline(item)).collect();
        self.blocks.extend(match std::mem::take(&mut self.open) {
            Open::Nothing => None,
            Open::Paragraph(text) => Some(Block::Paragraph(inline(&text))),
            Open::Points(items) => Some(Block::Points(inlines(items))),
            Open::Steps(items) => Some(Block::Steps(inlines(items))),
            Open::Code(lines) => Some(Block::Code(lines.join("\n"))),
        });
    }
}

/// What stands behind `1. `.
fn step(line: &str) -> Option<&str> {
    let (number, item) = line.split_once(". ")?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(item)
}

/// What is typed is bold on paper, for want of another letter.
fn inline(text: &str) -> String {
    text.replace('`', "**")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_page_becomes_a_block() {
        let text = "# Title\n\nOne `word`\nand more.\n\n- a\n- b\n  goes on\n\n1. first\n2. second\n\n```\none\n  two\n```\n## Next\n";
        let points = vec!["a".to_owned(), "b goes on".to_owned()];
        let expected = [
            Block::Title("Title".to_owned()),
            Block::Paragraph("One **word** and more.".to_owned()),
            Block::Points(points),
            Block::Steps(vec!["first".to_owned(), "second".to_owned()]),
            Block::Code("one\n  two".to_owned()),
            Block::Heading("Next".to_owned()),
            Block::Blanks(vec!["Who handed it over".to_owned(), "Telephone".to_owned()]),
        ];
        assert_eq!(document(text, Size::A4).blocks, expected);
    }
}
