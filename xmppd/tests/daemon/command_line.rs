//! The command line where no daemon runs: straight to the store, with the same words and exit codes.

use std::{
    fs,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::server::run;

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    folder
}

fn user(folder: &TempDir, arguments: &[&str]) -> Output {
    run(folder.path(), "user", arguments, "")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn accounts_without_a_daemon() {
    let folder = folder();
    let added = user(
        &folder,
        &["add", "Juliet", "--display-name", "Juliet C.", "--group", "4b", "--kind", "administrator"],
    );
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert_eq!(text(&added.stdout).trim_end().len(), 23, "the password alone");
    assert_eq!(user(&folder, &["add", "romeo"]).status.code(), Some(1), "consent comes first");
    assert!(user(&folder, &["add", "romeo", "--signed", "2026-09-01", "--slip", "1"]).status.success());
    assert!(user(&folder, &["disable", "romeo"]).status.success());
    assert_eq!(
        text(&user(&folder, &["list"]).stdout),
        "juliet\tJuliet C.\tadministrator\tenabled\t4b\nromeo\tromeo\tchild\tdisabled\t\n"
    );
    assert_eq!(
        text(&user(&folder, &["list", "--json"]).stdout),
        "[{\"name\":\"juliet\",\"display-name\":\"Juliet C.\",\"kind\":\"administrator\",\"groups\":[\"4b\"],\
         \"enabled\":true,\"consent\":\"not-needed\"},{\"name\":\"romeo\",\"display-name\":\"romeo\",\"kind\":\"child\",\
         \"groups\":[],\"enabled\":false,\"consent\":\"given\"}]\n"
    );
    assert!(user(&folder, &["remove", "romeo"]).status.success());
    assert_eq!(text(&user(&folder, &["list"]).stdout).lines().count(), 1);
}

#[test]
fn refusals_say_what_to_do() {
    let folder = folder();
    let unknown = user(&folder, &["passwd", "nobody"]);
    assert_eq!((unknown.status.code(), text(&unknown.stdout).as_str()), (Some(1), ""));
    assert!(
        text(&unknown.stderr)
            .contains("error: there is no account `nobody`\n\nhint: `user list` shows all accounts\n")
    );
    let short = run(folder.path(), "user", &["add", "juliet", "--password-stdin"], "short\n");
    assert!(text(&short.stderr).starts_with("error: a password needs at least 8 characters\n\nhint: "));
    assert_eq!(user(&folder, &["add", "a b"]).status.code(), Some(2));
    assert_eq!(run(folder.path(), "status", &[], "").status.code(), Some(1));
}

#[test]
fn check_reads_settings_and_certificate() {
    let folder = folder();
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xmppd"));
        command.args(["check", "--config", "xmppd.toml"]).current_dir(folder.path()).output().unwrap()
    };
    assert_eq!(check().status.code(), Some(3));
    fs::write(folder.path().join("xmppd.toml"), "domain = \"school.test\"\norganisation = \"x\"\n").unwrap();
    let without_certificate = check();
    assert_eq!(without_certificate.status.code(), Some(3));
    assert!(text(&without_certificate.stderr).contains("chain.pem"));
    let certified = rcgen::generate_simple_self_signed(vec!["school.test".to_owned()]).unwrap();
    fs::write(folder.path().join("chain.pem"), certified.cert.pem()).unwrap();
    fs::write(folder.path().join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
    assert!(check().status.success());
}
