//! The forms of commands that a real FreeBSD was seen to take, or its manual states: no other is run.

use std::path::Path;

/// Which commands may be run: a form a line, then where it was seen or is stated.
const FORMS: &str = include_str!("../../../tests/freebsd/forms.tsv");

/// Whether a command is of a form that is known to work: `*` is any word, `**` any rest.
pub(crate) fn is_known(words: &[&str]) -> bool {
    let forms = FORMS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    forms.map(|(form, _)| form.split(' ').collect::<Vec<_>>()).any(|form| fits(&form, words))
}

fn fits(form: &[&str], words: &[&str]) -> bool {
    match (form, words) {
        (["**"], _) | ([], []) => true,
        (["*", form @ ..], [_, words @ ..]) => fits(form, words),
        ([literal, form @ ..], [word, words @ ..]) if literal == word => fits(form, words),
        _ => false,
    }
}

#[test]
fn forms_are_told_from_others() {
    assert!(is_known(&["service", "schoolchat", "start"]));
    assert!(!is_known(&["service", "schoolchat", "start", "now"]));
    assert!(!is_known(&["rm", "-rf", "/"]));
}

#[test]
fn every_form_says_where_it_is_from() {
    for line in FORMS.lines().filter(|line| !line.starts_with('#')) {
        let (form, source) = line.split_once('\t').unwrap();
        let seen = (1..=4).any(|number| source == format!("transcript {number}"));
        let manual = source.ends_with(|end: char| end.is_ascii_digit());
        // A script that FreeBSD itself comes with.
        let script = Path::new(source).extension().is_some_and(|ending| ending == "in");
        assert!(seen || (manual || script) && source.contains('/'), "{form}: {source}");
    }
}
