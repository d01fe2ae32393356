//! Settings that change while people are online: all that the file says, or nothing.

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio_xmpp::parsers::roster::Subscription;

use crate::{
    client::{Client, Login},
    server::{Server, eventually},
};

const UNCHANGED: &str = "all settings stay as they were";

/// What `xmppd reload` printed, what it complained of, and its exit code.
fn reload(server: &Server, arguments: &[&str]) -> (String, String, Option<i32>) {
    let done = server.run("reload", arguments, "");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(done.stdout), text(done.stderr), done.status.code())
}

/// Whether one more connection is let in.
async fn lets_in(server: &Server, name: &str) -> bool {
    Login::new(server, name).run().await.is_ok()
}

#[tokio::test]
async fn a_limit_is_in_force_for_who_comes_and_sessions_live_on() {
    let server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    server.edit(|text| text + "[limits]\nconnections-per-address = 1\n");
    let (out, err, code) = reload(&server, &[]);
    assert_eq!((out.as_str(), code), ("in force now: limits.connections-per-address\n", Some(0)), "{err}");
    assert!(!lets_in(&server, "romeo").await);
    juliet.say(&juliet.jid.clone().into(), "still here").await;
    juliet.message().await;

    server.edit(|text| text.replace("connections-per-address = 1", ""));
    assert_eq!(reload(&server, &["--json"]).0, "{\"applied\":[\"limits.connections-per-address\"]}\n");
    assert_eq!(reload(&server, &[]).0, "nothing has changed\n");
    assert!(lets_in(&server, "romeo").await);
}

#[tokio::test]
async fn who_sees_whom_changes_at_once() {
    let server = Server::start(&["juliet", "romeo"]);
    assert!(server.user(&["groups", "romeo", "--group", "4b"]).status.success());
    let mut juliet = Client::online(&server, "juliet").await;
    assert_eq!(juliet.roster().await.len(), 1);
    server.edit(|text| text + "[roster]\nvisibility = \"groups\"\n");
    server.signal(Signal::SIGHUP);
    let item = juliet.roster_push().await;
    assert_eq!(
        (item.jid.to_string().as_str(), item.subscription),
        ("romeo@school.test", Subscription::Remove)
    );
}

#[tokio::test]
async fn what_needs_a_restart_keeps_the_rest_from_being_applied() {
    let server = Server::start(&["juliet", "romeo"]);
    let _juliet = Client::online(&server, "juliet").await;
    let port = format!("starttls = {}", server.starttls.port());
    server.edit(|text| text.replace(&port, "starttls = 1") + "[limits]\nconnections-per-address = 1\n");
    let (out, err, code) = reload(&server, &["--json"]);
    assert_eq!((out.as_str(), code), ("{\"needs-restart\":[\"listen.starttls\"]}\n", Some(3)));
    assert!(err.contains("these keys need a restart: listen.starttls\n\nhint: "), "{err}");
    eventually(|| server.log().contains(UNCHANGED), "the log says so").await;
    assert!(lets_in(&server, "romeo").await, "the limit is not in force");
}

#[tokio::test]
async fn a_mistake_changes_nothing_not_even_the_certificate() {
    let server = Server::start(&["juliet"]);
    let leaf = Client::online(&server, "juliet").await.leaf;
    server.renew();
    server.edit(|text| text + "[limits]\nconnections = \"many\"\n");
    let (out, err, code) = reload(&server, &[]);
    assert_eq!((out.as_str(), code), ("", Some(3)));
    assert!(err.contains("connections = \"many\"\n") && err.contains("line "), "{err}");
    assert_eq!(Client::online(&server, "juliet").await.leaf, leaf);
    server.signal(Signal::SIGHUP);
    let told = || server.log().matches(UNCHANGED).count() == 2;
    eventually(told, "the log says so, whoever asked").await;
    assert_eq!(Client::online(&server, "juliet").await.leaf, leaf);

    server.edit(|text| text.replace("\"many\"", "1000"));
    assert_eq!(reload(&server, &[]).0, "in force now: limits.connections, certificate\n");
    assert_ne!(Client::online(&server, "juliet").await.leaf, leaf);
}

#[tokio::test]
async fn the_status_says_since_when_and_until_when() {
    let server = Server::start(&["juliet", "romeo"]);
    let _juliet = Client::online(&server, "juliet").await;
    let status = server.run("status", &["--json"], "");
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&status["accounts"], &status["online"], &status["schema"]),
        (&json!(2), &json!(1), &json!(4))
    );
    let stamp = |key: &str| status[key].as_str().unwrap().to_owned();
    assert!(stamp("since").ends_with('Z') && stamp("certificate-ends") > stamp("since"), "{status}");
}

#[tokio::test]
async fn programs_that_watch_it_get_numbers_and_no_names() {
    let server = Server::start(&["juliet", "romeo"]);
    let _juliet = Client::online(&server, "juliet").await;
    let metrics = String::from_utf8(server.run("metrics", &[], "").stdout).unwrap();
    for told in ["accounts_online 1", "logins_total{outcome=\"accepted\"} 1", "throttled_addresses 0"] {
        assert!(metrics.contains(&format!("\nxmppd_{told}\n")), "{metrics}");
    }
    let stanzas = metrics.lines().find_map(|line| line.strip_prefix("xmppd_stanzas_total ")).unwrap();
    assert!(stanzas.parse::<u64>().unwrap() > 0, "{metrics}");
    assert!(metrics.ends_with("# EOF\n") && !metrics.contains("juliet"), "{metrics}");
}

#[test]
fn without_a_daemon_there_is_nothing_to_reload() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    assert_eq!(crate::server::run(folder.path(), "reload", &[], "").status.code(), Some(1));
}
