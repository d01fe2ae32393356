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

/// What is said of a mistake, with its place.
fn mistake(result: Result<Slip>) -> (String, String) {
    let Err(Error::Configuration(mistake)) = result else { panic!("no mistake") };
    let (source, at) = (mistake.source_code.unwrap(), mistake.at.unwrap());
    (mistake.what, source.inner()[at.offset()..at.offset() + at.len()].to_owned())
}

#[test]
fn every_shipped_text_is_understood() {
    let place = place();
    let site = Site::example();
    for text in Text::ALL {
        let loaded: Result<toml::Table> = place.texts.read(text, &english(), &School::from(&site));
        assert!(!loaded.unwrap().is_empty(), "{text:?}");
    }
    assert_eq!(place.slip("en").unwrap().version.as_str(), "2026-2");
    let deck = deck(&place.texts, &site, &english(), Size::A4, "C1:2D", Vec::new()).unwrap();
    assert_eq!((deck.title.as_str(), deck.face.steps.len()), ("Login cards of The School", 3));
}

#[test]
fn what_is_not_known_is_pointed_at() {
    let place = place();
    let broken = |from: &str, to: &str| {
        place.write("en/slip.toml", &Text::Slip.shipped().replacen(from, to, 1));
        mistake(place.slip("en"))
    };
    let told = |(what, at): &(String, String), word: &str| assert!(what.contains(word), "{what} at {at}");

    let title = r#"title = "A private chat for the children of {{ organisation }}""#;
    let unknown = broken(title, r#"title = "For {{ school }}""#);
    assert_eq!(unknown, ("nothing is known here as `school`".to_owned(), r#""For {{ school }}""#.to_owned()));
    assert_eq!(broken(title, r#"title = "For {{ school""#).1, r#""For {{ school""#);
    assert_eq!(broken("edition =", "editoin =").0, "`editoin` is not a key here");
    told(&broken(title, ""), "the key `title` is missing");
    told(&broken("\"2026-2\"", "\"of 2026\""), "a version is one short word");
    assert_eq!(broken("\"2026-2\"", "2026").1, "2026");
}

#[test]
fn a_changed_text_needs_a_version_of_its_own() {
    let place = place();
    let site = Site::example();
    let claims = |language: &str| {
        let slip = place.slip(language).unwrap();
        slip.claims_to_be_shipped(&site, &Language::parse(language).unwrap()).unwrap()
    };
    assert!(!claims("en"));
    let changed = Text::Slip.shipped().replace("Dear parents", "Dear all");
    place.write("en/slip.toml", &changed);
    assert!(claims("en") && claims("en-GB"));
    place.write("en/slip.toml", &changed.replace("2026-2", "2026-3"));
    assert!(!claims("en"));
    place.write("de/slip.toml", &changed);
    assert!(!claims("de"), "a translation says the same");
}

#[test]
fn texts_are_offered_once_in_a_folder_that_is_the_schools_alone() {
    let place = place();
    let french = Language::parse("fr").unwrap();
    let site = place.folder.path().join("site");
    assert!(place.texts.offer(&french, true).unwrap().iter().all(|text| text.new && text.to_translate));
    assert!(!site.exists(), "a dry run writes nothing");

    assert!(place.texts.offer(&french, false).unwrap().iter().all(|text| text.new));
    assert_eq!(file::mode(&site).unwrap(), 0o700);
    place.write("fr/slip.toml", "mine");
    let again = place.texts.offer(&french, false).unwrap();
    assert!(again.iter().all(|text| !text.new && !text.to_translate));
    assert_eq!(fs::read_to_string(site.join("texts/fr/slip.toml")).unwrap(), "mine");
}

#[test]
fn the_schools_own_text_wins_and_a_variant_falls_back() {
    let place = place();
    assert_eq!(place.slip("de").unwrap_err().exit_code(), 3);
    place.write("de/slip.toml", &Text::Slip.shipped().replace("2026-2", "meine"));
    assert_eq!(place.slip("de").unwrap().version.as_str(), "meine");
    assert_eq!(place.slip("de-CH").unwrap().version.as_str(), "meine");
    assert_eq!(place.slip("en-GB").unwrap().version.as_str(), "2026-2");
}

#[test]
fn a_fingerprint_is_two_lines() {
    assert_eq!(in_lines(&["C1"; 32].join(":")), format!("{0}\n{0}", ["C1"; 16].join(":")));
}
