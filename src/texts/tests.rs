//! Texts as shipped, as changed by a school, and as mistaken.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::fs;

use super::*;
use crate::paper::Size;

fn english() -> Language {
    Language::parse("en").unwrap()
}

struct Place {
    folder: tempfile::TempDir,
    texts: Texts,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let texts = Texts::of(&Folder::at(folder.path().join("site")));
    Place { folder, texts }
}

impl Place {
    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join("site/texts").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn slip(&self, language: &str) -> Result<Slip> {
        Slip::read(&self.texts, &Site::example(), &Language::parse(language).unwrap())
    }
}

#[test]
fn the_shipped_slip_fits_on_one_page_of_either_size() {
    let slip = place().slip("en").unwrap();
    for size in [Size::A4, Size::Letter] {
        let pdf = slip.clone().document(&english(), size).pdf().unwrap();
        fs::write(format!("/tmp/slip-{size:?}.pdf"), pdf).unwrap();
    }
}

#[test]
fn every_shipped_text_has_one_more_reader() {
    let place = place();
    let site = Site::example();
    let deck = deck(&place.texts, &site, &english(), Size::A4, "C1:2D", Vec::new()).unwrap();
    assert_eq!(deck.face.steps.len(), 3);
}

#[test]
fn the_schools_own_text_wins_and_a_variant_falls_back() {
    let place = place();
    assert_eq!(place.slip("de").unwrap_err().exit_code(), 3);
    place.write("de/slip.toml", &Text::Slip.shipped().replace("2026-1", "meine"));
    assert_eq!(place.slip("de").unwrap().version.as_str(), "meine");
    assert_eq!(place.slip("de-CH").unwrap().version.as_str(), "meine");
    assert_eq!(place.slip("en-GB").unwrap().version.as_str(), "2026-1");
}

#[test]
fn a_fingerprint_is_two_lines() {
    assert_eq!(in_lines(&["C1"; 32].join(":")), format!("{0}\n{0}", ["C1"; 16].join(":")));
}
