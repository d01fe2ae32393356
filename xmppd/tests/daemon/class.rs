//! A class while the whole school is online.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use xmppd_control::{Act, Changes, Client as Administrator, Outcome, Rule};

use crate::{client::Client, server::Server};

/// How many are online, and how many of them change their class.
const ONLINE: usize = 200;
const CLASS: usize = 30;

#[tokio::test]
async fn everybody_online_sees_a_class_change_at_once() {
    let names: Vec<String> = (0..ONLINE).map(|number| format!("pupil{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let server = Server::start_with(&names, "[limits]\nconnections-per-address = 1000\n");
    let mut online = Vec::new();
    for name in &names {
        let mut client = Client::online(&server, name).await;
        client.roster().await;
        online.push(client);
    }
    let join = |name: &&str| Act::JoinGroup { name: name.parse().unwrap(), group: "4b".parse().unwrap() };
    let acts: Vec<_> = names[..CLASS].iter().map(join).collect();
    let (data, begun) = (server.folder.path().join("data"), Instant::now());
    let outcomes = tokio::task::spawn_blocking(move || ask(&data, acts)).await.unwrap();
    assert!(outcomes.iter().all(Outcome::is_done));
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
    assert!(seen < Duration::from_secs(10), "{seen:?}");
}

fn ask(data: &Path, acts: Vec<Act>) -> Vec<Outcome> {
    let mut administrator = Administrator::connect(&data.join(xmppd_control::SOCKET), None).unwrap().unwrap();
    administrator.change(Changes { acts, rule: Rule::AllOrNothing, rehearse: false }).unwrap()
}
