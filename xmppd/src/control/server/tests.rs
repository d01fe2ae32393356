#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use tempfile::TempDir;
use tokio::io::AsyncReadExt;

use super::*;
use crate::{
    control::{Act, Answer, AuditLine, Change, Client, Live, LiveStatus, Outcome, Reload, Session, Wiping},
    store::{Capacity, Store, StoreError},
};

/// A server that notes what it is told, and cannot wipe where that is said.
#[derive(Default)]
struct Noting(Mutex<Vec<String>>, AtomicBool);

impl Live for Noting {
    fn apply(&self, changes: Vec<Change>) {
        let notes = changes.into_iter().map(|change| match change {
            Change::Added(account) => {
                format!("added {} {:?} {:?}", account.name, account.display_name, account.groups)
            }
            Change::Disabled(account) => format!("disabled {} {}", account.name, account.enabled),
            Change::Enabled(account) => format!("enabled {} {}", account.name, account.enabled),
            Change::PasswordChanged(account) => format!("password of {}", account.name),
            Change::Relabelled(account) => {
                format!("relabelled {:?} {:?}", account.display_name, account.groups)
            }
            Change::RoomMade(room) => format!("room {} {:?}", room.name, room.groups),
            Change::RoomRemoved(name) => format!("no room {name}"),
            Change::Removed(name) => format!("removed {name}"),
            Change::SessionsEnded(name) => format!("sessions of {name}"),
        });
        self.0.lock().unwrap().extend(notes);
    }

    fn wipe(&self) -> Wiping<'_> {
        self.0.lock().unwrap().push("wiped".to_owned());
        let wiped = if self.1.load(Ordering::Relaxed) { Err(StoreError::Closed) } else { Ok(()) };
        Box::pin(async { wiped })
    }

    fn domain(&self) -> String {
        "school.test".to_owned()
    }

    fn reload(&self) -> Reload {
        Reload::NeedsRestart(vec!["domain".to_owned()])
    }

    fn sessions(&self) -> Vec<Session> {
        let session = |name: &str, resource: &str| Session {
            name: name.to_owned(),
            resource: resource.to_owned(),
            since: "2026-09-07T08:00:00Z".to_owned(),
        };
        vec![session("romeo", "phone"), session("juliet", "desk"), session("juliet", "balcony")]
    }

    fn status(&self) -> LiveStatus {
        LiveStatus { connections: 3, sessions: 2, online: 1, ..LiveStatus::default() }
    }
}

struct Running {
    folder: TempDir,
    noting: Arc<Noting>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn start() -> Running {
    let folder = TempDir::new().unwrap();
    let noting = Arc::new(Noting::default());
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    let administration = Arc::new(Administration::new(store, noting.clone()));
    let socket = ControlSocket::bind(folder.path()).unwrap();
    let task = tokio::spawn(async move { socket.serve(administration).await });
    Running { folder, noting, task }
}

/// Sends lines as they are; answers with what comes back.
async fn say(running: &Running, lines: &str) -> Vec<String> {
    let mut stream = UnixStream::connect(running.folder.path().join(SOCKET)).await.unwrap();
    stream.write_all(lines.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    answers.lines().map(str::to_owned).collect()
}

/// A line that asks for this.
fn line(request: &str) -> String {
    format!("{{\"version\":2,\"by\":\"anna\",\"request\":{request}}}\n")
}

/// A line that asks for these acts.
fn change(acts: &str, more: &str) -> String {
    line(&format!(r#"{{"change":{{"acts":[{acts}]{more}}}}}"#))
}

const JULIET: &str = r#"{"add-user":{"name":"Juliet","display-name":"Juliet C.","groups":["4b"],"password":"o romeo romeo","consent":{"signed":"2026-09-01","slip":"1"}}}"#;
const ROMEO: &str = r#"{"add-user":{"name":"romeo","kind":"teacher","password":"o juliet juliet"}}"#;
const NOBODY: &str = r#"{"disable-user":{"name":"nobody"}}"#;
const DONE: &str = r#"{"version":2,"answer":{"changed":["done"]}}"#;

#[tokio::test]
async fn an_account_lives_its_life_over_the_wire() {
    let running = start();
    let acts = [
        JULIET,
        r#"{"rename-user":{"name":"juliet","display-name":"Juliet M."}}"#,
        r#"{"set-groups":{"name":"juliet","groups":["4c","Chess"]}}"#,
        r#"{"set-password":{"name":"juliet","password":"wherefore art thou"}}"#,
        r#"{"end-sessions":{"name":"juliet"}}"#,
        r#"{"disable-user":{"name":"juliet"}}"#,
    ];
    let lines: String = acts.map(|act| change(act, "")).concat();
    assert_eq!(say(&running, &lines).await, [DONE; 6]);
    let rest = [
        line(r#""list-users""#),
        change(r#"{"enable-user":{"name":"juliet"}}"#, ""),
        change(r#"{"remove-user":{"name":"juliet"}}"#, ""),
        line(r#""status""#),
        line(r#""reload""#),
        line(r#"{"list-sessions":{"name":"juliet"}}"#),
    ];
    let answers = say(&running, &rest.concat()).await;
    assert_eq!(
        answers[0],
        r#"{"version":2,"answer":{"users":[{"name":"juliet","display-name":"Juliet M.","kind":"child","groups":["4c","Chess"],"enabled":false,"consent":"given"}]}}"#
    );
    assert_eq!(answers[1..3], [DONE; 2]);
    let told = |what: &str| assert!(answers[3].contains(what), "{}", answers[3]);
    told(r#""schema":4,"since":"2"#);
    told(r#""accounts":0,"kinds":{"child":0,"parent":0,"teacher":0,"administrator":0},"disabled":0"#);
    told(r#""online":1,"connections":3,"sessions":2,"waiting-messages":0,"throttled-addresses":0"#);
    assert_eq!(answers[4], r#"{"version":2,"answer":{"reload":{"needs-restart":["domain"]}}}"#);
    let [balcony, desk] = ["balcony", "desk"].map(|resource| {
        format!(r#"{{"name":"juliet","resource":"{resource}","since":"2026-09-07T08:00:00Z"}}"#)
    });
    assert_eq!(answers[5], format!(r#"{{"version":2,"answer":{{"sessions":[{balcony},{desk}]}}}}"#));
    assert_eq!(
        *running.noting.0.lock().unwrap(),
        [
            r#"added juliet "Juliet C." ["4b"]"#,
            r#"relabelled "Juliet M." ["4b"]"#,
            r#"relabelled "Juliet M." ["4c", "Chess"]"#,
            "password of juliet",
            "sessions of juliet",
            "disabled juliet false",
            "enabled juliet true",
            "removed juliet",
            "wiped",
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_wiped_is_in_force_and_what_cannot_be_erased_is_not_said_to_be() {
    let running = start();
    running.noting.1.store(true, Ordering::Relaxed);
    assert_eq!(say(&running, &change(JULIET, "")).await, [DONE]);
    // A log that cannot be opened for writing; the database itself goes on with the file that it holds.
    let log = running.folder.path().join("xmppd.sqlite-wal");
    std::fs::rename(&log, running.folder.path().join("aside")).unwrap();
    std::fs::create_dir(&log).unwrap();
    let new_password = r#"{"set-password":{"name":"juliet","password":"wherefore art thou"}}"#;
    assert_eq!(say(&running, &change(new_password, "")).await, [DONE]);
    let removed = say(&running, &change(r#"{"remove-user":{"name":"juliet"}}"#, "")).await;
    assert!(removed[0].contains(r#""refusal":{"what":"the store is closed""#), "{}", removed[0]);
}

#[tokio::test]
async fn what_is_done_together_is_done_or_not() {
    let running = start();
    let acts = [ROMEO, NOBODY, JULIET].join(",");
    let [all, rehearsed, some] = ["", r#","rule":"what-can-be","rehearse":true"#, r#","rule":"what-can-be""#]
        .map(|how| change(&acts, how));
    let answers = say(&running, &[&all, &rehearsed].map(String::as_str).concat()).await;
    let refused =
        r#"{"refused":{"what":"there is no account `nobody`","hint":"`user list` shows all accounts"}}"#;
    assert_eq!(
        answers[0],
        format!(r#"{{"version":2,"answer":{{"changed":["undone",{refused},"undone"]}}}}"#)
    );
    let partly = format!(r#"{{"version":2,"answer":{{"changed":["done",{refused},"done"]}}}}"#);
    assert_eq!(answers[1], partly);
    assert!(running.noting.0.lock().unwrap().is_empty(), "nothing is done");

    assert_eq!(say(&running, &some).await, [partly]);
    assert_eq!(
        *running.noting.0.lock().unwrap(),
        [r#"added romeo "romeo" []"#, r#"added juliet "Juliet C." ["4b"]"#]
    );
    let answers = say(&running, &line(r#""list-consents""#)).await;
    assert!(
        answers[0]
            .contains(r#"[{"name":"juliet","signed":"2026-09-01","slip":"1","recorded-by":"anna (uid "#),
        "{answers:?}"
    );
}

#[tokio::test]
async fn it_is_remembered_who_did_what_to_whom_and_when() {
    let running = start();
    let lines = [
        change(ROMEO, r#","rehearse":true"#),
        change(ROMEO, ""),
        change(NOBODY, ""),
        line(r#""reload""#),
        line(r#"{"remember":{"verb":"renew-certificate"}}"#),
    ];
    let answers = say(&running, &lines.concat()).await;
    assert_eq!(answers[4], r#"{"version":2,"answer":"remembered"}"#);
    let asked = [line(r#"{"audit":{"most":10}}"#), line(r#"{"audit":{"about":"nobody","most":10}}"#)];
    let answers = say(&running, &asked.concat()).await;
    let lines: Vec<Vec<AuditLine>> = answers
        .iter()
        .map(|answer| match serde_json::from_str::<Answered>(answer).unwrap().reply {
            Reply::Answer(Answer::Audit(lines)) => lines,
            other => panic!("{other:?}"),
        })
        .collect();
    let told = |line: &AuditLine| format!("{} {} {}", line.act, line.about, line.outcome);
    assert_eq!(
        lines[0].iter().map(told).collect::<Vec<_>>(),
        ["add-user romeo done", "disable-user nobody refused", "reload  refused", "renew-certificate  done"]
    );
    assert_eq!(lines[1], [lines[0][1].clone()]);
    assert!(
        lines[0].iter().all(|line| line.who.starts_with("anna (uid ") && line.at.ends_with('Z')),
        "{lines:?}"
    );
    let files = fs::read_dir(running.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let bytes: Vec<u8> = files.filter_map(|path| fs::read(path).ok()).flatten().collect();
    assert!(memchr::memmem::find(&bytes, b"o juliet juliet").is_none(), "no password is written");
}

#[tokio::test]
async fn programs_that_watch_it_get_numbers_and_no_names() {
    let running = start();
    let answers = say(&running, &(change(JULIET, "") + &line(r#""metrics""#))).await;
    let answered = serde_json::from_str::<Answered>(&answers[1]).unwrap();
    let Reply::Answer(Answer::Metrics(text)) = answered.reply else { panic!("{answers:?}") };
    assert!(text.contains("\nxmppd_accounts{kind=\"child\"} 1\n") && text.ends_with("# EOF\n"), "{text}");
    assert!(!text.contains("uliet") && !text.contains("4b"), "{text}");
}

#[tokio::test]
async fn what_is_not_a_request_is_refused_and_changes_nothing() {
    let running = start();
    let refused = [
        "hello\n".to_owned(),
        line(r#""drop-tables""#),
        line(r#"{"remember":{"verb":"something of my own"}}"#),
        change(r#"{"remove-user":{"name":"juliet","really":true}}"#, ""),
        change(r#"{"add-user":{"name":"a b","password":"long enough"}}"#, ""),
        change(r#"{"add-user":{"name":"juliet","password":"short"}}"#, ""),
        "{\"version\":1,\"request\":{\"something\":\"old\"}}\n".to_owned(),
    ];
    let answers = say(&running, &refused.concat()).await;
    assert_eq!(answers.len(), refused.len());
    assert!(
        answers.iter().all(|answer| answer.starts_with(r#"{"version":2,"refusal":{"what":"#)),
        "{answers:?}"
    );
    assert!(answers[6].contains("version 1 of the protocol is not spoken here"));
    assert!(running.noting.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_line_without_end_is_refused() {
    let running = start();
    let answers = say(&running, "{\"version\":2").await;
    assert!(answers.len() == 1 && answers[0].contains("the request has no end"), "{answers:?}");
}

/// A client that has been answered once, and says nothing more.
async fn idle(running: &Running) -> UnixStream {
    let mut stream = UnixStream::connect(running.folder.path().join(SOCKET)).await.unwrap();
    stream.write_all(line(r#""domain""#).as_bytes()).await.unwrap();
    stream.readable().await.unwrap();
    stream
}

#[tokio::test]
async fn whoever_finds_no_place_waits_for_one() {
    let running = start();
    let mut clients = Vec::new();
    for _ in 0..MOST_CLIENTS {
        clients.push(idle(&running).await);
    }
    let one_more = idle(&running);
    tokio::pin!(one_more);
    assert!(timeout(Duration::from_millis(100), &mut one_more).await.is_err(), "there is no place");
    clients.pop();
    one_more.await;
}

#[tokio::test]
async fn who_was_stopped_keeps_no_answer_in_memory() {
    let folder = TempDir::new().unwrap();
    let store = Store::open(folder.path(), Capacity::default()).unwrap();
    let administration = Administration::new(store, Arc::<Noting>::default());
    let (server, mut client) = tokio::io::duplex(1024);
    let patience = Patience { answer: Duration::from_millis(50), ..PATIENCE };
    let conversation = converse(tokio::io::split(server), "uid 0", patience, &administration);
    client.write_all(line(r#""backup""#).as_bytes()).await.unwrap();
    let gave_up = conversation.await.unwrap_err();
    assert_eq!(gave_up.kind(), io::ErrorKind::TimedOut);
    let mut some = Vec::new();
    client.read_to_end(&mut some).await.unwrap();
    assert!(some.starts_with(br#"{"version":2,"answer":{"backup""#) && some.len() <= 1024);
}

#[tokio::test]
async fn the_socket_is_for_its_owner_alone_and_goes_with_the_daemon() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(SOCKET), "left over").unwrap();
    fs::create_dir(folder.path().join(format!(".control-{}", process::id()))).unwrap();
    let socket = ControlSocket::bind(folder.path()).unwrap();
    let mode = fs::metadata(folder.path().join(SOCKET)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(socket);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(Client::connect(&folder.path().join(SOCKET), None).unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_client_understands() {
    let running = start();
    let mut client = Client::connect(&running.folder.path().join(SOCKET), None).unwrap().unwrap();
    assert!(matches!(client.ask(Request::ListUsers), Ok(Answer::Users(users)) if users.is_empty()));
    let name = "nobody".parse().unwrap();
    let outcomes = client.change(Act::RemoveUser { name }.into()).unwrap();
    let [Outcome::Refused(refusal)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(refusal.what, "there is no account `nobody`");
    assert!(matches!(client.ask(Request::Status), Ok(Answer::Status(_))));
}

#[tokio::test]
async fn a_copy_comes_behind_its_line_and_others_go_on_after_it() {
    let running = start();
    let socket = running.folder.path().join(SOCKET);
    let copied = tokio::task::spawn_blocking(move || {
        let mut client = Client::connect(&socket, "anna".parse().ok()).unwrap().unwrap();
        let (copied, bytes) = client.back_up().unwrap();
        assert!(matches!(client.ask(Request::BackedUp).unwrap(), Answer::BackedUp));
        let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
        assert_eq!(copied.sha256, crate::hex::hex(digest.as_ref()));
        assert!(bytes.starts_with(b"SQLite format 3"));
        copied
    });
    let copied = copied.await.unwrap();
    assert_eq!(copied.schema, crate::store::SCHEMA);
    let audit = say(&running, &line(r#"{"audit":{"most":5}}"#)).await.remove(0);
    assert!(audit.contains(r#""act":"backup","about":"","outcome":"done""#), "{audit}");
}
