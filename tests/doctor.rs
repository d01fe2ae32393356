//! The doctor looks at this very machine.

#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

mod support;

use serde_json::Value;
use support::{jailbuild, said};

#[test]
fn this_machine_is_looked_at_and_can_build() {
    let elsewhere = tempfile::tempdir().unwrap();
    let looked = jailbuild(elsewhere.path()).args(["doctor", "--json"]).output().unwrap();
    assert_eq!(looked.status.code(), Some(0), "{}", said(&looked));
    let checks: Vec<Value> = serde_json::from_slice(&looked.stdout).unwrap();
    let state = |subject: &str| &checks.iter().find(|check| check["subject"] == subject).unwrap()["state"];
    assert_eq!(state("Rust"), "ok");
    // Whether it can also start what it built is this machine's affair; that it was tried is ours.
    let starting = if cfg!(target_os = "linux") { "namespaces" } else { "rights" };
    assert!(["ok", "limited"].contains(&state(starting).as_str().unwrap()), "{}", said(&looked));
}
