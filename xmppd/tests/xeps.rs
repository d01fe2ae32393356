//! `docs/xeps.md` is true: what is advertised has a row, what a row says is advertised, and each row is shown.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A row of the tables.
struct Row {
    /// `XEP-0280`, `RFC 6120`.
    number: String,
    state: String,
    names: Vec<String>,
    shown_by: Vec<String>,
}

impl Row {
    fn is_offered(&self) -> bool {
        self.state != "no"
    }

    /// Whether it covers an advertised name; one that ends in `#` covers what begins with it.
    fn covers(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name || own.ends_with('#') && name.starts_with(own))
    }
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(here().join("../docs/xeps.md")).unwrap();
    let list = |cell: &str| cell.split(", ").map(str::to_owned).filter(|one| !one.is_empty()).collect();
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [title, state, names, shown_by, _] = cells[..] else { return None };
        let mut words = title.split(' ');
        let number = match words.next()? {
            "RFC" => format!("RFC {}", words.next()?),
            number => number.to_owned(),
        };
        (number != "specification" && !number.starts_with('-')).then(|| Row {
            number,
            state: state.to_owned(),
            names: list(names),
            shown_by: list(shown_by),
        })
    };
    text.lines().filter(|line| line.starts_with('|')).filter_map(row).collect()
}

fn transcripts() -> Vec<(String, String)> {
    let files = fs::read_dir(here().join("tests/transcripts")).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
    texts
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// What stands between two marks, wherever it does.
fn between(text: &str, start: &str, end: char) -> BTreeSet<String> {
    text.split(start).skip(1).map(|rest| rest.split(end).next().unwrap().to_owned()).collect()
}

/// What clients are told: by every feature, and, as transcripts show, by streams and rooms.
fn advertised() -> BTreeSet<String> {
    let features = xmppd::features::ALL.iter();
    let mut names: BTreeSet<String> = features
        .flat_map(|one| one.advertised.iter().chain(one.of_account))
        .map(|&one| one.to_owned())
        .collect();
    for (name, text) in transcripts() {
        if name.starts_with("rooms-") || ["commands", "disco"].contains(&name.as_str()) {
            names.extend(between(&text, "<feature var='", '\''));
        }
        for features in between(&text, "<stream:features>", '\0') {
            let features = features.split("</stream:features>").next().unwrap();
            names.extend(between(features, "xmlns='", '\''));
        }
    }
    names
}

#[test]
fn what_is_advertised_has_a_row() {
    // Parts of the negotiation that belong to no extension, or to one that has a row by another name.
    const NEGOTIATION: [&str; 5] = [
        "urn:ietf:params:xml:ns:xmpp-sasl",
        "urn:ietf:params:xml:ns:xmpp-session",
        "urn:ietf:params:xml:ns:xmpp-tls",
        "urn:xmpp:hashes:2",
        "jabber:client",
    ];
    let rows = rows();
    let is_told = |name: &&String| {
        NEGOTIATION.contains(&name.as_str()) || rows.iter().any(|row| row.is_offered() && row.covers(name))
    };
    let untold: Vec<_> = advertised().into_iter().filter(|name| !is_told(&name)).collect();
    assert!(untold.is_empty(), "advertised, but without a row in docs/xeps.md: {untold:#?}");
}

#[test]
fn what_a_row_says_is_advertised() {
    let (advertised, mut wrong) = (advertised(), Vec::new());
    for row in rows() {
        for name in &row.names {
            let is_advertised =
                advertised.iter().any(|one| row.covers(one) && (one == name || name.ends_with('#')));
            if is_advertised != row.is_offered() {
                wrong.push(format!("{}: {name}", row.number));
            }
        }
    }
    assert!(wrong.is_empty(), "docs/xeps.md and what is advertised differ: {wrong:#?}");
}

#[test]
fn every_row_is_shown() {
    let transcripts = transcripts();
    for row in rows() {
        assert!(!row.is_offered() || !row.shown_by.is_empty(), "nothing shows {}", row.number);
        for place in &row.shown_by {
            let Some((folder, file)) = place.split_once('/') else {
                let (_, text) = transcripts
                    .iter()
                    .find(|(name, _)| name == place)
                    .unwrap_or_else(|| panic!("{}: there is no transcript `{place}`", row.number));
                assert!(text.contains("receives"), "{place} shows nothing");
                continue;
            };
            let extension = if folder == "interop" { "py" } else { "rs" };
            let path: PathBuf = here().join("tests").join(folder).join(file).with_extension(extension);
            assert!(path.exists(), "{}: there is no `{}`", row.number, path.display());
        }
    }
}

#[test]
fn what_the_code_names_has_a_row() {
    let rows = rows();
    let mut named: BTreeSet<String> = BTreeSet::new();
    for (_, text) in transcripts() {
        named.extend(numbers(text.lines().next().unwrap()));
    }
    for folder in ["src/features", "src/stream"] {
        named.extend(first_lines(&here().join(folder)).iter().flat_map(|line| numbers(line)));
    }
    let missing: Vec<_> =
        named.iter().filter(|number| !rows.iter().any(|row| row.number == **number)).collect();
    assert!(named.len() > 40, "the first lines name nothing any more");
    assert!(missing.is_empty(), "named in the code, but without a row in docs/xeps.md: {missing:#?}");
}

fn first_lines(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let lines = entries.flat_map(|path| {
        if path.is_dir() {
            return first_lines(&path);
        }
        vec![fs::read_to_string(&path).unwrap().lines().next().unwrap_or_default().to_owned()]
    });
    lines.collect()
}

/// `XEP-0280` and so on.
fn numbers(text: &str) -> Vec<String> {
    let digits = |rest: &str| rest.chars().take(4).collect::<String>();
    text.split("XEP-").skip(1).map(|rest| format!("XEP-{}", digits(rest))).collect()
}
