//! Who is trusted, and what is said to whom is not.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::{
    host::{ThisHost, double::Double},
    image::SigningKey,
};

/// A school with a key of its own, and the key of another.
struct Desk {
    folder: TempDir,
    own: Fingerprint,
    stranger: Fingerprint,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key =
            |name: &str| Fingerprint::of(SigningKey::of_folder(&folder.path().join(name)).unwrap().public());
        Self { own: key("own"), stranger: key("stranger"), folder }
    }

    fn key_of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).join("id_ed25519.pub")
    }

    fn sources(&self) -> Sources {
        Sources { own: Some(self.key_of("own")), ..Sources::default() }
    }

    fn list(&self, options: &str) -> PathBuf {
        let path = self.folder.path().join("signers");
        let key = fs::read_to_string(self.key_of("stranger")).unwrap();
        fs::write(&path, format!("# schools that we know\nnorth {options} {key}")).unwrap();
        path
    }
}

#[test]
fn the_school_trusts_itself_and_nobody_else() {
    let desk = Desk::new();
    assert_eq!(judge(desk.own, &desk.sources(), &ThisHost).unwrap(), Trusted::Own);
    assert_eq!(judge(desk.stranger, &desk.sources(), &ThisHost).unwrap_err().exit_code(), 5);
}

#[test]
fn a_stranger_is_trusted_by_a_list_by_a_key_and_by_a_fingerprint() {
    let desk = Desk::new();
    let list = desk.list("");
    let by = |sources: Sources| judge(desk.stranger, &sources, &ThisHost).unwrap();
    assert_eq!(
        by(Sources { files: vec![list.clone()], ..desk.sources() }),
        Trusted::List { path: list, name: Some("north".to_owned()) }
    );
    let key = desk.key_of("stranger");
    assert_eq!(
        by(Sources { files: vec![key.clone()], ..desk.sources() }),
        Trusted::List { path: key, name: None }
    );
    assert_eq!(
        by(Sources { this: vec![desk.own, desk.stranger], ..Sources::default() }),
        Trusted::Fingerprint
    );
}

#[test]
fn a_refusal_says_who_where_and_how_to_trust() {
    let desk = Desk::new();
    let sources = Sources { host: true, ..desk.sources() };
    let Error::Untrusted { what, hint } = judge(desk.stranger, &sources, &Double::default()).unwrap_err()
    else {
        panic!("another kind")
    };
    let said = format!("{what}\n{hint}")
        .replace(&desk.stranger.to_string(), "STRANGER")
        .replace(&*desk.folder.path().to_string_lossy(), "SITE");
    insta::assert_snapshot!(said);
}

#[test]
fn what_a_list_says_of_a_key_is_obeyed_and_said() {
    let desk = Desk::new();
    let list = desk.list("valid-before=20200101Z");
    let sources = Sources { files: vec![list.clone()], ..Sources::default() };
    let failure = judge(desk.stranger, &sources, &ThisHost).unwrap_err().to_string();
    let end = format!("`{}` trusts it only until 2020-01-01T00:00:00Z", list.display());
    assert!(failure.ends_with(&end), "{failure}");
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let sources = Sources { files: vec!["/nonexistent/signers".into()], ..Sources::default() };
    assert_eq!(sources.read(&ThisHost).unwrap_err().exit_code(), 3);
    let nobody = Sources { own: Some("/nonexistent/id_ed25519.pub".into()), ..Sources::default() };
    assert!(nobody.read(&ThisHost).unwrap().is_empty());
}
