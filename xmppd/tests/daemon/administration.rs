//! Changes by the administrator while people are online.

use std::time::{Duration, Instant};

use tokio_xmpp::parsers::{roster::Subscription, stream_error::DefinedCondition};

use crate::{
    client::{Client, Login, address},
    server::{PASSWORD, Server, eventually},
};

#[tokio::test]
async fn who_is_added_appears_at_once_and_can_log_in() {
    let server = Server::start(&["juliet"]);
    let mut juliet = Client::online(&server, "juliet").await;
    assert_eq!(juliet.roster().await, []);
    let added = server.run("user", &["add", "Romeo", "--group", "4b", "--password-stdin"], PASSWORD);
    assert!(added.status.success());
    let item = juliet.roster_push().await;
    assert_eq!((item.jid, item.subscription), (address("romeo").to_bare(), Subscription::Both));
    Login::new(&server, "romeo").run().await.unwrap();

    assert!(server.user(&["rename", "romeo", "--display-name", "Romeo M."]).status.success());
    assert_eq!(juliet.roster_push().await.name.as_deref(), Some("Romeo M."));
    assert!(server.user(&["groups", "romeo", "--group", "4c"]).status.success());
    assert_eq!(juliet.roster_push().await.groups[0].0, "4c");
}

#[tokio::test]
async fn who_is_disabled_is_out_within_a_second() {
    let server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let mut romeo = Client::online(&server, "romeo").await;
    juliet.roster().await;
    assert!(server.user(&["disable", "romeo"]).status.success());
    let disabled = Instant::now();
    assert_eq!(romeo.ended().await, Some(DefinedCondition::NotAuthorized));
    assert!(disabled.elapsed() < Duration::from_secs(1));
    assert!(Login::new(&server, "romeo").run().await.is_err());
    let item = juliet.roster_push().await;
    assert_eq!((item.jid, item.subscription), (romeo.bare(), Subscription::Remove));

    assert!(server.user(&["enable", "romeo"]).status.success());
    assert_eq!(juliet.roster_push().await.subscription, Subscription::Both);
    Login::new(&server, "romeo").run().await.unwrap();
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old_one() {
    let server = Server::start(&["juliet"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let changed = server.user(&["passwd", "juliet"]);
    assert!(changed.status.success());
    juliet.ended().await;
    assert!(Login::new(&server, "juliet").run().await.is_err());
    let made = String::from_utf8(changed.stdout).unwrap();
    Login::new(&server, "juliet").password(made.trim_end()).run().await.unwrap();
}

#[tokio::test]
async fn who_is_removed_is_gone_for_everybody() {
    let server = Server::start(&["juliet", "tybalt"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let mut tybalt = Client::online(&server, "tybalt").await;
    juliet.roster().await;
    assert!(server.user(&["remove", "tybalt"]).status.success());
    tybalt.ended().await;
    assert_eq!(juliet.roster_push().await.subscription, Subscription::Remove);
    assert!(server.files_with("tybalt").is_empty());
}

#[tokio::test]
async fn every_change_leaves_an_audit_line_without_any_password() {
    let server = Server::start(&["juliet"]);
    let status = server.run("status", &["--json"], "");
    assert!(String::from_utf8(status.stdout).unwrap().contains("\"accounts\":1"));
    assert!(
        server.run("user", &["passwd", "juliet", "--password-stdin"], "a secret of mine\n").status.success()
    );
    assert!(!server.user(&["remove", "nobody"]).status.success());
    let audited = |log: &str| log.lines().filter(|line| line.contains("audit")).count();
    eventually(|| audited(&server.log()) == 2, "both acts are in the log").await;
    let log = server.log();
    let audit: Vec<_> = log.lines().filter(|line| line.contains("audit")).collect();
    assert!(audit[0].contains("act=\"set-password\" account=\"juliet\" outcome=\"done\""), "{log}");
    assert!(audit[1].contains("act=\"remove-user\" account=\"nobody\" outcome=\"refused\""), "{log}");
    assert!(!log.contains("a secret of mine"));
}
