//! Runs every `*.txt` beside this file: who sends what, and who receives what of it.
//!
//! A file starts with the RFC or XEP that it is about. `== title` starts a scenario with a fresh server,
//! whose accounts are `juliet` (Juliet), `romeo` (Romeo) and `nurse` (Nurse, of the group Staff). Then, a
//! step a line, what belongs to it indented:
//!
//! ```text
//! juliet is juliet@school.test/balcony    logs in over TLS, and binds that resource
//! juliet logs in as juliet                over TLS, up to where binding or resuming comes next;
//!                                         `with PASSWORD` for another than the right one
//! juliet connects                         opens a connection, and nothing more; `by TLS`: with direct TLS;
//!                                         `by TLS 1.3`: with channel bindings, too
//! juliet secures                          does the handshake that <proceed/> invites to
//! juliet opens                            sends a stream header and receives one
//! juliet authenticates as juliet          by SCRAM-SHA-256; `with PASSWORD` for another than the right one
//! juliet authenticates as juliet for:     by XEP-0388; what follows is asked for in the same breath;
//!                                         `by TOKEN for:`: by HT-SHA-256-NONE
//! juliet sends:                           what follows, as it stands; `{5 KB}` stands for so many letters
//! juliet receives:                        the very next elements; `{}` in a value or text stands for
//!                                         anything, `{name}` for the same thing each time, also when sent
//! juliet receives a header                what it says; and so with `features`, whatever is in them
//! juliet receives nothing                 what it says
//! juliet is cut off                       the server has closed the connection
//! juliet disconnects                      the connection breaks, without a word
//! admin adds NAME                         and so with `disables`, `enables`, `kicks`, `promotes`, `removes`
//! admin renames NAME to TEXT              and `renames group GROUP to TEXT`
//! admin puts NAME into GROUP              and `takes NAME out of GROUP`
//! admin makes room NAME for GROUP         and `ends room NAME`
//! admin changes the password of NAME
//! server has SETTING VALUE                 a site that wants it so; comes first, since the server restarts
//! server reloads with SETTING VALUE       the same while it runs: sessions live on
//! server restarts                         everybody is gone, and so is what is not on disk
//! store holds 2 for romeo                 so many messages wait on disk
//! store is slow                           until `store answers`, nobody gets what waits
//! time passes: 90 s                       and the router looks after managed streams
//! ```
//!
//! When a scenario ends, nobody may have received anything that it does not mention.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod client;
mod matching;
mod promises;
mod routing;
mod script;
mod stage;

use std::{fs, path::Path};

#[test]
fn every_transcript_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(files.len() >= 10, "the transcripts are gone");
    let failures: Vec<String> = files.iter().flat_map(|file| script::run(file)).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

#[test]
fn a_transcript_that_does_not_hold_fails() {
    let folder = tempfile::tempdir().unwrap();
    for (text, complaint) in [
        ("# X\n== x\njuliet connects\njuliet receives a header\n", "nothing"),
        ("# X\n== x\njuliet is juliet@school.test/a\njuliet sends:\n  <presence/>\n", "not mentioned"),
        ("# X\n== x\njuliet dances\n", "no such step"),
    ] {
        let file = folder.path().join("x.txt");
        fs::write(&file, text).unwrap();
        let failures = script::run(&file);
        assert!(failures.len() == 1 && failures[0].contains(complaint), "{failures:?}");
    }
}
