//! Changes by the administrator while people are online.

use tokio_xmpp::{
    Stanza,
    minidom::Element,
    parsers::{iq::Iq, roster::Subscription, stream_error::DefinedCondition},
};

use xmppd_control::{Act, Client as Administrator};

use crate::{
    client::{Client, Login, address},
    server::{DOMAIN, PASSWORD, Server, eventually},
};

#[tokio::test]
async fn who_is_added_appears_at_once_and_can_log_in() {
    let server = Server::start(&["juliet"]);
    let mut juliet = Client::online(&server, "juliet").await;
    assert_eq!(juliet.roster().await, []);
    let added = server.run(
        "user",
        &["add", "Romeo", "--group", "4b", "--kind", "teacher", "--password-stdin"],
        PASSWORD,
    );
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
async fn who_is_disabled_is_out_at_once() {
    let server = Server::start(&["juliet", "romeo"]);
    let mut juliet = Client::online(&server, "juliet").await;
    let mut romeo = Client::online(&server, "romeo").await;
    juliet.roster().await;
    assert!(server.user(&["disable", "romeo"]).status.success());
    assert_eq!(romeo.ended().await, Some(DefinedCondition::NotAuthorized));
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
    // That there was such an account, and who removed it, is remembered; nothing else is.
    assert!(server.files_with("tybalt@").is_empty());
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
    assert!(audit[0].contains(r#"act=set-password about="juliet" outcome=done"#), "{log}");
    assert!(audit[1].contains(r#"act=remove-user about="nobody" outcome=refused"#), "{log}");
    assert!(!log.contains("a secret of mine"));
}

#[tokio::test]
async fn what_people_type_forges_nothing_in_the_log() {
    let server = Server::start(&[]);
    let socket = server.folder.path().join("data").join(xmppd_control::SOCKET);
    let ask = move || {
        let by = "anna act=nothing".parse().ok();
        let mut administrator = Administrator::connect(&socket, by).unwrap().unwrap();
        let [group, to] = ["4b outcome=done", "5b \"now\""].map(|group| group.parse().unwrap());
        administrator.change(Act::RenameGroup { group, to }.into()).unwrap();
    };
    tokio::task::spawn_blocking(ask).await.unwrap();
    eventually(|| server.log().contains("audit"), "the act is in the log").await;
    let log = server.log();
    assert!(log.contains(r#"who="anna act=nothing (uid "#), "{log}");
    assert!(log.contains(r#"act=rename-group about="4b outcome=done" outcome=refused"#), "{log}");
}

#[tokio::test]
async fn an_administrator_works_from_a_client() {
    let server = Server::start(&[]);
    assert!(
        server
            .run("user", &["add", "nurse", "--kind", "administrator", "--password-stdin"], PASSWORD)
            .status
            .success()
    );
    let mut nurse = Client::online(&server, "nurse").await;
    let fields =
        [("accountjid", "juliet@school.test"), ("password", PASSWORD), ("password-verify", PASSWORD)];
    let refused = nurse.commands("add-user", &fields).await;
    assert!(refused.starts_with("no consent of the parents is recorded for `juliet`"), "{refused}");
    let fields = [&fields[..], &[("signed", "2026-09-01"), ("slip", "1")]].concat();
    assert_eq!(nurse.commands("add-user", &fields).await, "Done.");
    let mut juliet = Client::online(&server, "juliet").await;

    assert_eq!(nurse.commands("disable-user", &[("accountjids", "juliet@school.test")]).await, "Done.");
    assert_eq!(juliet.ended().await, Some(DefinedCondition::NotAuthorized));
    assert!(Login::new(&server, "juliet").run().await.is_err());

    let refused = nurse.commands("delete-user", &[("accountjids", "nurse@school.test")]).await;
    assert_eq!(refused, "`nurse` is the last administrator");
    let audit = r#"who="nurse (chat)" act=disable-user about="juliet" outcome=done"#;
    eventually(|| server.log().contains(audit), "the act is in the log").await;
    assert!(!server.log().contains(PASSWORD));
}

impl Client {
    /// Has a command of XEP-0133 carried out; answers with the note.
    async fn commands(&mut self, node: &str, fields: &[(&str, &str)]) -> String {
        let asked = self.command(&format!("<command xmlns='{COMMANDS}' node='{ADMIN}#{node}'/>")).await;
        let sitting = asked.attr("sessionid").unwrap();
        let form_type = ("FORM_TYPE", ADMIN);
        let fields: Vec<_> = [form_type]
            .iter()
            .chain(fields)
            .map(|(name, value)| format!("<field var='{name}'><value>{value}</value></field>"))
            .collect();
        let fields = fields.concat();
        let done = self
            .command(&format!(
                "<command xmlns='{COMMANDS}' node='{ADMIN}#{node}' sessionid='{sitting}'>\
                 <x xmlns='jabber:x:data' type='submit'>{fields}</x></command>"
            ))
            .await;
        done.get_child("note", COMMANDS).unwrap().text()
    }

    async fn command(&mut self, payload: &str) -> Element {
        let payload = payload.parse().unwrap();
        let to = Some(DOMAIN.parse().unwrap());
        self.send(Iq::Set { from: None, to, id: "command".to_owned(), payload }).await;
        self.until(|stanza| match stanza {
            Stanza::Iq(Iq::Result { id, payload, .. }) if id == "command" => payload,
            Stanza::Iq(Iq::Error { error, .. }) => panic!("{error:?}"),
            _ => None,
        })
        .await
    }
}

const ADMIN: &str = "http://jabber.org/protocol/admin";
const COMMANDS: &str = "http://jabber.org/protocol/commands";
