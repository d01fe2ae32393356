//! What comes out of the printer, looked at by programs that know nothing of this one: poppler reads and renders it,
//! zbar decodes the codes.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use jailbuild::{
    paper::{Card, Deck, Size},
    site::{Folder, Language, Site},
    texts::{Slip, Texts, deck},
};
use support::skipped;
use tempfile::TempDir;
use xmppd_control::Password;

/// In points: A4, two cards wide and four high.
const CELL: (f64, f64) = (595.276 / 2.0, 841.89 / 4.0);
/// What printers may leave out at the edge of a sheet: 6 mm.
const UNPRINTABLE: f64 = 17.0;

const FINGERPRINT: &str =
    "C1:2D:44:0E:5A:91:77:3B:C1:2D:44:0E:5A:91:77:3B:C1:2D:44:0E:5A:91:77:3B:C1:2D:44:0E:5A:91:77:3B";

/// A PDF in a folder of its own.
struct Paper {
    _folder: TempDir,
    path: PathBuf,
}

impl Paper {
    fn of(pdf: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("paper.pdf");
        fs::write(&path, pdf).unwrap();
        Self { _folder: folder, path }
    }

    fn text(&self) -> Option<String> {
        run("pdftotext", &["-layout", self.path.to_str()?, "-"])
    }

    fn facts(&self) -> Option<String> {
        run("pdfinfo", &[self.path.to_str()?])
    }

    /// What each code says, of one page.
    fn codes(&self, page: usize) -> Option<BTreeSet<String>> {
        let (page, image) = (page.to_string(), self.path.with_extension(""));
        run(
            "pdftoppm",
            &[
                "-r",
                "150",
                "-f",
                &page,
                "-l",
                &page,
                "-singlefile",
                "-png",
                self.path.to_str()?,
                image.to_str()?,
            ],
        )?;
        let decoded = run("zbarimg", &["--quiet", "--raw", image.with_extension("png").to_str()?])?;
        Some(decoded.lines().map(str::to_owned).collect())
    }

    /// Each word of the first page, with left, top, right and bottom.
    fn words(&self) -> Option<Vec<(String, [f64; 4])>> {
        let page = run("pdftotext", &["-bbox", "-l", "1", self.path.to_str()?, "-"])?;
        Some(page.lines().filter_map(|line| word(line.trim())).collect())
    }
}

/// `<word xMin="1" yMin="2" xMax="3" yMax="4">text</word>`
fn word(line: &str) -> Option<(String, [f64; 4])> {
    let mut parts = line.strip_prefix("<word ")?.split('"');
    let mut number = || parts.nth(1)?.parse().ok();
    let place = [number()?, number()?, number()?, number()?];
    Some((parts.next()?.trim_start_matches('>').trim_end_matches("</word>").to_owned(), place))
}

/// What a program says; `None`, and said so, where it is missing.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let Ok(output) = Command::new(program).args(arguments).output() else {
        skipped(&format!("{program} is not installed: `apt install poppler-utils zbar-tools`"));
        return None;
    };
    assert!(output.status.success(), "{program}: {}", support::said(&output));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn english() -> Language {
    Language::parse("en").unwrap()
}

fn shipped() -> Texts {
    Texts::of(&Folder::at("/nonexistent"))
}

fn slip(school: &Site, size: Size) -> Paper {
    let slip = Slip::read(&shipped(), school, &english()).unwrap();
    Paper::of(&slip.document(&english(), size).pdf().unwrap())
}

fn card(name: &str, address: &str) -> Card {
    let password = Password::prepare("lusab-babad-gutih-tugad").unwrap();
    Card { display_name: name.to_owned(), address: address.to_owned(), password }
}

fn cards(size: Size, cards: Vec<Card>) -> Deck {
    deck(&shipped(), &Site::example(), &english(), size, FINGERPRINT, cards).unwrap()
}

#[test]
fn the_slip_is_one_page_of_either_size() {
    for (size, points) in [(Size::A4, "595.276 x 841.89 pts (A4)"), (Size::Letter, "612 x 792 pts (letter)")]
    {
        let Some(facts) = slip(&Site::example(), size).facts() else { return };
        let fact =
            |name: &str| facts.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        assert_eq!(fact("Pages:"), "1");
        assert_eq!(fact("Page size:"), points);
        assert_eq!(fact("Title:"), "A private chat for the children of The School");
        assert_eq!(fact("Tagged:"), "yes");
        assert_eq!(fact("CreationDate:"), "");
    }
}

#[test]
fn the_slip_reads_like_this() {
    let Some(text) = slip(&Site::example(), Size::A4).text() else { return };
    insta::assert_snapshot!(text);
}

#[test]
fn the_slip_says_what_this_school_stores() {
    let path = Path::new("jailbuild.toml");
    let text = "domain = \"chat.north.example\"\norganisation = \"North School\"\nweb.enabled = true\n\
                upload = { enabled = true, days = 9 }\nlimits.offline-days = 5\n";
    let Some(text) = slip(&Site::parse(path, text).unwrap(), Size::A4).text() else { return };
    for said in
        ["of North School", "chat.north.example", "5 days at most", "Files that children share, for 9 days"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn the_cards_read_like_this() {
    let deck = cards(
        Size::Letter,
        vec![card("Juliet Capulet", "juliet@school.test"), card("小明 Müller", "xiaoming@school.test")],
    );
    let printed = deck.pdf().unwrap();
    assert_eq!(
        printed.replaced.iter().map(|replaced| replaced.address.as_str()).collect::<Vec<_>>(),
        ["xiaoming@school.test"]
    );
    let Some(text) = Paper::of(&printed.pdf).text() else { return };
    insta::assert_snapshot!(text);
}

#[test]
fn every_code_is_decoded_by_somebody_else() {
    let addresses: Vec<_> =
        (1..=9).map(|number| format!("child{number}@chat.north-school.example")).collect();
    let deck = cards(Size::A4, addresses.iter().map(|address| card("A child", address)).collect());
    let paper = Paper::of(&deck.pdf().unwrap().pdf);
    let expected = |addresses: &[String]| addresses.iter().map(|address| format!("xmpp:{address}")).collect();
    for (page, addresses) in addresses.chunks(8).enumerate() {
        let Some(codes) = paper.codes(page + 1) else { return };
        assert_eq!(codes, expected(addresses));
    }
}

#[test]
fn nothing_runs_over_the_edge_of_its_card() {
    let long = "Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine Anastasius of the Western Foothills";
    let name = "hubert.blaine.wolfeschlegelsteinhausenbergerdorff@chat.the-longest-name-of-all-schools-of-the-country.example";
    let cards = cards(
        Size::A4,
        vec![
            card(long, name),
            card(&"W".repeat(200), name),
            card("A", "a@b.example"),
            card("ﷺ", name),
            card(" ", name),
        ],
    );
    let Some(words) = Paper::of(&cards.pdf().unwrap().pdf).words() else { return };
    assert!(words.len() > 100);
    for (word, [left, top, right, bottom]) in words {
        let within = |low: f64, high: f64, cell: f64| {
            let start = (low / cell).floor() * cell;
            low >= start + UNPRINTABLE && high <= start + cell - UNPRINTABLE
        };
        assert!(within(left, right, CELL.0), "{word} from {left} to {right}");
        assert!(within(top, bottom, CELL.1), "{word} from {top} to {bottom}");
    }
}

#[test]
fn a_whole_school_is_printed_at_once_and_no_password_is_shown_elsewhere() {
    let cards = cards(
        Size::A4,
        (0..1000).map(|number| card("A child", &format!("child{number}@school.test"))).collect(),
    );
    assert!(!format!("{cards:?}").contains("lusab"));
    assert_eq!(cards.pdf().unwrap().sheets, 125);
}
