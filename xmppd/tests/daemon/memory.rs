//! What is left in the memory of the running daemon.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
};

use xmppd_control::{Act, Changes, Client, Kind, Password, Rule};

use crate::server::Server;

/// So many that their line outgrows every buffer many times.
const MANY: usize = 2000;

#[tokio::test]
async fn no_password_stays_in_memory_once_it_was_used() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux shows a process's memory as a file");
        return;
    }
    let server = Server::start(&[]);
    let socket = server.folder.path().join("data").join(xmppd_control::SOCKET);
    let asked = tokio::task::spawn_blocking(move || {
        let mut administrator = Client::connect(&socket, None).unwrap().unwrap();
        administrator.change(teacher(0).into()).unwrap();
        let acts = (1..MANY).map(teacher).collect();
        administrator.change(Changes { acts, rule: Rule::AllOrNothing, rehearse: true }).unwrap();
        administrator
    });
    let administrator = asked.await.unwrap();
    let regions = regions(server.process());
    let is_there =
        |mark: &str| regions.iter().any(|one| memchr::memmem::find(one, mark.as_bytes()).is_some());
    assert!(is_there("Shown-to-everybody"), "an account's display name is in memory");
    assert!(!is_there("o-romeo-romeo"), "a password is, too");
    drop(administrator);
}

fn teacher(number: usize) -> Act {
    Act::AddUser {
        name: format!("teacher{number}").parse().unwrap(),
        display_name: Some(format!("Shown-to-everybody {number}").parse().unwrap()),
        kind: Kind::Teacher,
        groups: Vec::new(),
        password: Password::choose(&format!("o-romeo-romeo-{number}")).unwrap(),
        consent: None,
    }
}

/// All that a process can write to.
fn regions(process: u32) -> Vec<Vec<u8>> {
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let region = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (from, to) = range.split_once('-')?;
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        rest.starts_with("rw").then(|| memory.read_exact_at(&mut bytes, from).ok())??;
        Some(bytes)
    };
    maps.lines().filter_map(region).collect()
}
