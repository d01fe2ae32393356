//! What comes out of the printer: read back, rendered and decoded by tools that know nothing of this program.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use xmppd_control::Password;

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
    let pdf = page(every_block()).pdf().unwrap();
    assert_eq!(pdf, page(every_block()).pdf().unwrap());
}

#[test]
fn a_letter_that_the_font_lacks_is_named() {
    let error = page(vec![Points(vec!["a".to_owned(), "Willkommen 小明".to_owned()])]).pdf().unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert_eq!(error.to_string(), "the font has no `小` (U+5C0F), which stands in `Willkommen 小明`");
}

fn deck(cards: Vec<Card>) -> Deck {
    Deck {
        title: "Login cards".to_owned(),
        language: "en".to_owned(),
        size: Size::A4,
        face: Face {
            password: "First password".to_owned(),
            steps: vec![
                "Install **Conversations** (Android), **Monal** (iPhone, iPad) or **Gajim** (computer)."
                    .to_owned(),
                "Let the device trust the school's chat: the page for your kind of device says how."
                    .to_owned(),
                "Log in with the address and the password above, then choose a password of your own."
                    .to_owned(),
            ],
            fingerprint_label: "Fingerprint of the school's authority (SHA-256)".to_owned(),
            fingerprint: "C1E0 2D44 ".repeat(8).trim_end().to_owned(),
        },
        cards,
    }
}

fn card(name: &str, address: &str) -> Card {
    Card {
        display_name: name.to_owned(),
        address: address.to_owned(),
        password: Password::prepare("lusab-babad-gutih-tugad").unwrap(),
    }
}

#[test]
fn cards_show() {
    let cards = vec![
        card("Juliet Capulet", "juliet.capulet@chat.north-school.example"),
        card("Romeo", "romeo@school.test"),
        card(
            "Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine Anastasius of the Western Foothills",
            "hubert.blaine.wolfeschlegelsteinhausenbergerdorff@chat.the-longest-name-of-all-schools-in-the-country.example",
        ),
        card("小明 Müller", "xiaoming@school.test"),
        card("W".repeat(90).as_str(), "w@school.test"),
        card("Zoë", "zoe@xn--schule-mnchen-7ib.example"),
        card("A", "a@b.c"),
        card("Benvolio Montague", "benvolio@school.test"),
        card("Mercutio", "mercutio@school.test"),
    ];
    let printed = deck(cards).pdf().unwrap();
    std::fs::write("/tmp/paper-cards.pdf", &*printed.pdf).unwrap();
    let cards =
        (0..1000).map(|n| card(&format!("Child the {n}th"), &format!("child{n}@chat.school.test"))).collect();
    let t = std::time::Instant::now();
    let printed = deck(cards).pdf().unwrap();
    eprintln!("1000 cards: {:?} {} bytes", t.elapsed(), printed.pdf.len());
}
