//! A class while the whole school is online.

use std::{path::Path, time::Instant};

use xmppd_control::{Act, Changes, Client as Administrator, Kind, Outcome, Password, Rule};

use crate::{
    client::Client,
    server::{PASSWORD, Server},
};

/// How many are online, and how many of them join a class. With 200, it is answered after 0.6 s by an unoptimised daemon.
const ONLINE: usize = 60;
const CLASS: usize = 30;

#[tokio::test]
async fn everybody_online_sees_a_class_change_at_once() {
    let names: Vec<String> = (0..ONLINE).map(|number| format!("pupil{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let server = Server::start_with(&[], "[limits]\nconnections-per-address = 1000\n");
    let data = server.folder.path().join("data");
    ask(&data, names.iter().map(|name| teacher(name)).collect()).await;
    let mut online = Vec::new();
    for name in &names {
        let mut client = Client::online(&server, name).await;
        client.roster().await;
        online.push(client);
    }
    let join = |name: &&str| Act::JoinGroup { name: name.parse().unwrap(), group: "4b".parse().unwrap() };
    let acts: Vec<_> = names[..CLASS].iter().map(join).collect();
    let begun = Instant::now();
    ask(&data, acts).await;
    let answered = begun.elapsed();
    for (place, client) in online.iter_mut().enumerate() {
        let own = format!("pupil{place}");
        for _ in names[..CLASS].iter().filter(|name| **name != own) {
            let item = client.roster_push().await;
            assert_eq!(item.groups[0].0, "4b");
        }
    }
    let seen = begun.elapsed();
    println!(
        "{CLASS} of {ONLINE}: answered after {answered:?}, all {} pushes read after {seen:?}",
        CLASS * (ONLINE - 1)
    );

    let leave = |name: &&str| Act::LeaveGroup { name: name.parse().unwrap(), group: "4b".parse().unwrap() };
    ask(&data, names[..1].iter().map(leave).collect()).await;
    for client in &mut online[1..] {
        let item = client.roster_push().await;
        assert!(item.jid.to_string().starts_with("pupil0@"));
        assert!(item.groups.iter().all(|group| group.0 != "4b"));
    }
}

/// Has all of it done in one request.
async fn ask(data: &Path, acts: Vec<Act>) {
    let socket = data.join(xmppd_control::SOCKET);
    let ask = move || {
        let mut administrator = Administrator::connect(&socket, None).unwrap().unwrap();
        administrator.change(Changes { acts, rule: Rule::AllOrNothing, rehearse: false }).unwrap()
    };
    let outcomes = tokio::task::spawn_blocking(ask).await.unwrap();
    assert!(outcomes.iter().all(Outcome::is_done));
}

fn teacher(name: &str) -> Act {
    Act::AddUser {
        name: name.parse().unwrap(),
        display_name: None,
        kind: Kind::Teacher,
        groups: Vec::new(),
        password: Password::choose(PASSWORD).unwrap(),
        consent: None,
    }
}
