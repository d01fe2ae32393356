//! Starting, reloading, stopping.

use nix::sys::signal::Signal;
use tokio_xmpp::parsers::stream_error::DefinedCondition;

use crate::{
    client::{Client, Login},
    server::{Server, eventually},
};

#[tokio::test]
async fn sigterm_says_goodbye_and_leaves_order() {
    let mut server = Server::start(&["juliet"]);
    let mut juliet = Client::online(&server, "juliet").await;
    server.signal(Signal::SIGTERM);
    assert_eq!(juliet.ended().await, Some(DefinedCondition::SystemShutdown));
    drop(juliet);
    assert!(server.ended().success());
    let left: Vec<_> =
        std::fs::read_dir(server.folder.path().join("data")).unwrap().map(Result::unwrap).collect();
    assert_eq!(left.iter().map(std::fs::DirEntry::file_name).collect::<Vec<_>>(), ["xmppd.sqlite"]);
}

#[tokio::test]
async fn who_lost_its_log_serves_on_and_leaves_order() {
    let mut server = Server::start(&["juliet"]);
    let mut juliet = Client::online(&server, "juliet").await;
    server.lose_log();
    for _ in 0..2 {
        let reloaded = server.run("reload", &[], "");
        assert!(reloaded.status.success(), "{}", String::from_utf8_lossy(&reloaded.stderr));
    }
    juliet.say(&juliet.jid.clone().into(), "still here").await;
    juliet.message().await;
    server.signal(Signal::SIGTERM);
    assert_eq!(juliet.ended().await, Some(DefinedCondition::SystemShutdown));
    drop(juliet);
    assert!(server.ended().success());
}

#[tokio::test]
async fn sighup_takes_up_a_new_certificate_and_disturbs_nobody() {
    let server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let renewed = server.renew();
    assert_ne!(juliet.leaf, renewed);
    server.signal(Signal::SIGHUP);
    let mut romeo = loop {
        let romeo = Client::online(&server, "romeo").await;
        if romeo.leaf == renewed {
            break romeo;
        }
    };
    juliet.say(&romeo.jid.clone().into(), "still here").await;
    romeo.message().await;

    // What cannot be used is not taken up.
    std::fs::write(server.folder.path().join("key.pem"), "no key").unwrap();
    server.signal(Signal::SIGHUP);
    eventually(|| server.log().contains("all settings stay as they were"), "the log says so").await;
    assert_eq!(Client::online(&server, "romeo").await.leaf, renewed);
}

#[tokio::test]
async fn a_second_daemon_is_refused() {
    let server = Server::start(&[]);
    let config = server.folder.path().join("xmppd.toml");
    let second = server.run("serve", &["--config", config.to_str().unwrap()], "");
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8(second.stderr).unwrap().contains("the database is in use by another process"));
    assert!(Login::new(&server, "nobody").run().await.is_err(), "the first one goes on");
}
