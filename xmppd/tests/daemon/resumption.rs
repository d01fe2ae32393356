//! Streams that survive (XEP-0198), with tokio-xmpp's own stream management at the other end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::{StreamExt, future::join_all};
use nix::sys::signal::Signal;
use tokio::{sync::Notify, time::timeout};
use tokio_xmpp::{
    Stanza,
    jid::Jid,
    parsers::{
        message::{Lang, Message},
        presence::Presence,
    },
    stanzastream::{Connection, Event, StanzaStream, StreamEvent},
};

use crate::{
    client::{Client, Login, address, body},
    knife::Knife,
    server::{LIMIT, Server, eventually, eventually_by_progress},
};

/// How many times connections break in the middle of a conversation and are resumed.
const CUTS: usize = 1000;
/// How many pairs talk at the same time.
const PAIRS: usize = 4;
/// How many messages are under way in each direction.
const WINDOW: usize = 5;
/// In every message, and never to be found on disk.
const MARK: &str = "canary-1679091c5a880faf";

#[tokio::test]
async fn what_waits_is_erased_when_it_is_acknowledged_and_not_before() {
    let server = Server::start(&["juliet", "romeo"]);
    let mut romeo = Client::online(&server, "romeo").await;
    romeo.say(&address("juliet"), MARK).await;
    eventually(|| !server.files_with(MARK).is_empty(), "the message waits on disk").await;

    let mut juliet = Login::new(&server, "juliet").run().await.unwrap();
    juliet.enable(false).await;
    juliet.send(Presence::available()).await;
    assert_eq!(body(&juliet.message().await), MARK);
    drop(juliet);

    let mut juliet = Login::new(&server, "juliet").run().await.unwrap();
    juliet.enable(false).await;
    juliet.send(Presence::available()).await;
    assert_eq!(body(&juliet.message().await), MARK, "it was never acknowledged");
    assert!(!server.files_with(MARK).is_empty());
    juliet.acknowledge().await;
    eventually(|| server.files_with(MARK).is_empty(), "not a byte of it stays on disk").await;
}

#[tokio::test]
async fn what_nobody_has_come_back_for_is_kept_when_the_server_stops() {
    let mut server = Server::start(&["juliet", "romeo"]);
    let mut romeo = Client::online(&server, "romeo").await;
    let mut juliet = Login::new(&server, "juliet").run().await.unwrap();
    juliet.enable(true).await;
    let address = juliet.jid.clone().into();
    romeo.say(&address, "before").await;
    assert_eq!(body(&juliet.message().await), "before");
    drop(juliet);
    romeo.say(&address, "after").await;
    romeo.roster().await; // answered after it was taken
    server.signal(Signal::SIGTERM);
    server.restart();
    let mut juliet = Client::online(&server, "juliet").await;
    assert_eq!([body(&juliet.message().await), body(&juliet.message().await)], ["before", "after"]);
}

/// What goes on between all pairs.
struct Conversation {
    knife: Knife,
    resumptions: AtomicUsize,
    /// All have said and heard everything.
    end: Notify,
}

/// What one of a pair has said and heard.
#[derive(Default)]
struct Tally {
    said: AtomicUsize,
    heard: AtomicUsize,
}

impl Conversation {
    fn goes_on(&self) -> bool {
        self.resumptions.load(Ordering::SeqCst) < CUTS
    }

    fn resumed(&self) {
        if self.resumptions.fetch_add(1, Ordering::SeqCst) + 1 >= CUTS {
            self.knife.blunt();
        }
    }
}

/// Connects, again and again if need be, and binds a resource; comes back whenever the connection breaks.
async fn talker(server: &Arc<Server>, name: String, conversation: &Conversation) -> (StanzaStream, Jid) {
    let (server, way) = (Arc::clone(server), conversation.knife.address);
    let connector = move |_, slot: tokio::sync::oneshot::Sender<Connection>| {
        let (server, name) = (Arc::clone(&server), name.clone());
        tokio::spawn(async move {
            loop {
                let login = Login::new(&server, &name).by_way_of(way);
                if let Ok(Ok(proved)) = timeout(LIMIT, login.prove()).await {
                    let (stream, features) = (proved.stream.box_stream(), proved.features);
                    let _ = slot.send(Connection { stream, features, identity: address(&name) });
                    return;
                }
            }
        });
    };
    let mut stream = StanzaStream::new(Box::new(connector), 2 * WINDOW);
    match timeout(LIMIT, stream.next()).await {
        Ok(Some(Event::Stream(StreamEvent::Reset { bound_jid, .. }))) => (stream, bound_jid),
        other => panic!("no session but {other:?}"),
    }
}

/// Answers each message with the next one until there have been enough cuts; every one must be the next of the other.
async fn talk(mut stream: StanzaStream, peer: Jid, own: Arc<Tally>, conversation: Arc<Conversation>) {
    for _ in 0..WINDOW {
        say(&stream, &peer, &own).await;
    }
    loop {
        let event = tokio::select! {
            event = stream.next() => event.expect("the stream does not end"),
            () = conversation.end.notified() => return,
        };
        match event {
            Event::Stanza(Stanza::Message(message)) => {
                let number = own.heard.load(Ordering::SeqCst);
                assert_eq!(body(&message), format!("{MARK} {number}"), "lost or doubled");
                if conversation.goes_on() {
                    say(&stream, &peer, &own).await;
                }
                own.heard.fetch_add(1, Ordering::SeqCst);
            }
            Event::Stream(StreamEvent::Resumed) => conversation.resumed(),
            Event::Stream(StreamEvent::Reset { .. }) => panic!("the session was lost"),
            Event::Stream(StreamEvent::Suspended) | Event::Stanza(_) => {}
        }
    }
}

async fn say(stream: &StanzaStream, peer: &Jid, own: &Tally) {
    let number = own.said.fetch_add(1, Ordering::SeqCst);
    let message = Message::chat(peer.clone()).with_body(Lang::new(), format!("{MARK} {number}"));
    stream.send(Box::new(message.into())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_cuts_in_the_middle_of_conversations_lose_nothing_and_double_nothing() {
    let names: Vec<_> = (0..2 * PAIRS).map(|number| format!("pupil{number}")).collect();
    let accounts: Vec<_> = names.iter().map(String::as_str).collect();
    let server = Arc::new(Server::start_with(&accounts, "[limits]\nconnections-per-address = 2000\n"));
    let conversation = Arc::new(Conversation {
        knife: Knife::before(server.direct_tls, 0).await,
        resumptions: AtomicUsize::new(0),
        end: Notify::new(),
    });
    let talkers = join_all(names.iter().map(|name| talker(&server, name.clone(), &conversation))).await;
    conversation.knife.sharpen();
    let tallies: Vec<Arc<Tally>> = talkers.iter().map(|_| Arc::default()).collect();
    let addresses: Vec<Jid> = talkers.iter().map(|(_, jid)| jid.clone()).collect();
    let talks: Vec<_> = (talkers.into_iter().enumerate())
        .map(|(number, (stream, _))| {
            let (peer, own) = (addresses[number ^ 1].clone(), Arc::clone(&tallies[number]));
            tokio::spawn(talk(stream, peer, own, Arc::clone(&conversation)))
        })
        .collect();
    let is_settled = || {
        let heard = |number: usize| tallies[number].heard.load(Ordering::SeqCst);
        let said = |number: usize| tallies[number].said.load(Ordering::SeqCst);
        let has_failed = talks.iter().any(tokio::task::JoinHandle::is_finished);
        has_failed
            || (!conversation.goes_on() && (0..2 * PAIRS).all(|number| heard(number) == said(number ^ 1)))
    };
    let progress = || {
        let heard: usize = tallies.iter().map(|tally| tally.heard.load(Ordering::SeqCst)).sum();
        heard + conversation.resumptions.load(Ordering::SeqCst)
    };
    eventually_by_progress(progress, is_settled, "everything that was said is heard").await;
    conversation.end.notify_waiters();
    for talk in talks {
        talk.await.unwrap();
    }
    assert!(server.files_with(MARK).is_empty(), "nothing had to wait on disk");
}
