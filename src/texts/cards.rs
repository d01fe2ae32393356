//! Login cards in the school's words.

use serde::Deserialize;

use super::{School, Text, Texts, in_lines};
use crate::{
    error::Result,
    paper::{Card, Deck, Face, Size},
    site::{Language, Site},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    title: String,
    password: String,
    steps: Vec<String>,
    fingerprint: String,
}

/// Cards to print, with the fingerprint of the school's authority as certificates are shown here: `C1:2D:…`.
///
/// # Errors
/// As [`Texts::read`].
pub fn deck(
    texts: &Texts,
    site: &Site,
    language: &Language,
    paper: Size,
    fingerprint: &str,
    cards: Vec<Card>,
) -> Result<Deck> {
    let words: Words = texts.read(Text::Cards, language, &School::from(site))?;
    let face = Face {
        password: words.password,
        steps: words.steps.into_iter().filter(|step| !step.trim().is_empty()).collect(),
        fingerprint_label: words.fingerprint,
        fingerprint: in_lines(fingerprint),
    };
    Ok(Deck { title: words.title, language: language.to_string(), size: paper, face, cards })
}
