//! Documents as values; `tests/paper.rs` looks at what comes out of the printer.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use super::{Block::*, *};

fn page(blocks: Vec<Block>) -> Document {
    Document { title: "A page".to_owned(), language: "en".to_owned(), size: Size::A4, blocks }
}

fn every_block() -> Vec<Block> {
    let text = |text: &str| text.to_owned();
    vec![
        Title(text("Every kind of block, on a page that shows each once")),
        Note(text("Small print, such as a version")),
        Paragraph(text(
            "Plain text, with **some words that matter** in it, and enough of them that a second line is needed to hold what is said.",
        )),
        Heading(text("A list")),
        Points(vec![
            text("a point"),
            text(
                "another, which is so long that it goes on below itself, as far in as it began: a hanging indent, so that the eye finds the next point",
            ),
        ]),
        Heading(text("An order")),
        Steps(vec![text("tap **Settings**"), text("tap **Add**, then wait")]),
        Facts(vec![
            (text("Address"), text("juliet@school.test")),
            (text("SHA-256"), text("C1 2D ".repeat(16).trim_end())),
        ]),
        Code(text("ssh-keygen -l -f FILE\n  two lines")),
        QrCode(text("xmpp:juliet@school.test")),
        Space,
        Together(vec![
            Cut(text("Cut here")),
            Blanks(vec![text("Name"), text("Class")]),
            Blanks(vec![text("Signature")]),
        ]),
    ]
}

#[test]
fn the_same_document_is_the_same_bytes() {
    assert_eq!(page(every_block()).pdf().unwrap(), page(every_block()).pdf().unwrap());
}

#[test]
fn a_letter_that_the_font_lacks_is_named() {
    let blocks = vec![Together(vec![Points(vec!["a".to_owned(), "Willkommen 小明".to_owned()])])];
    let error = page(blocks).pdf().unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert_eq!(error.to_string(), "the font has no `小` (U+5C0F), which stands in `Willkommen 小明`");
}

#[test]
fn an_empty_document_is_a_page() {
    assert!(page(Vec::new()).pdf().unwrap().starts_with(b"%PDF-1.7"));
    assert!(page(vec![Title(String::new()), Points(Vec::new()), Code(String::new())]).pdf().is_ok());
}
