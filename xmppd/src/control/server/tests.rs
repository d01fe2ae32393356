#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Mutex;

use tempfile::TempDir;

use super::*;
use crate::{
    control::{Answer, Change, Client, Live, LiveStatus, Reload},
    store::{Capacity, Store},
};

/// A server that notes what it is told.
#[derive(Default)]
struct Noting(Mutex<Vec<String>>);

impl Live for Noting {
    fn apply(&self, change: Change) {
        let note = match change {
            Change::Added(account) => {
                format!("added {} {:?} {:?}", account.name, account.display_name, account.groups)
            }
            Change::Disabled(account) => format!("disabled {} {}", account.name, account.enabled),
            Change::Enabled(account) => format!("enabled {} {}", account.name, account.enabled),
            Change::PasswordChanged(account) => format!("password of {}", account.name),
            Change::Relabelled(account) => {
                format!("relabelled {:?} {:?}", account.display_name, account.groups)
            }
            Change::Removed(name) => format!("removed {name}"),
            Change::SessionsEnded(name) => format!("sessions of {name}"),
        };
        self.0.lock().unwrap().push(note);
    }

    fn reload(&self) -> Reload {
        Reload::NeedsRestart(vec!["domain".to_owned()])
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
    let mut stream = UnixStream::connect(running.folder.path().join(FILE)).await.unwrap();
    stream.write_all(lines.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    answers.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_account_lives_its_life_over_the_wire() {
    let running = start();
    let requests = [
        r#"{"add-user":{"name":"Juliet","display-name":"Juliet C.","groups":["4b"],"password":"o romeo romeo"}}"#,
        r#"{"rename-user":{"name":"juliet","display-name":"Juliet M."}}"#,
        r#"{"set-groups":{"name":"juliet","groups":["4c","Chess"]}}"#,
        r#"{"set-password":{"name":"juliet","password":"wherefore art thou"}}"#,
        r#"{"end-sessions":{"name":"juliet"}}"#,
        r#"{"disable-user":{"name":"juliet"}}"#,
        r#""list-users""#,
        r#"{"enable-user":{"name":"juliet"}}"#,
        r#"{"remove-user":{"name":"juliet"}}"#,
        r#""status""#,
        r#""reload""#,
    ];
    let lines: String = requests.map(|request| format!("{{\"version\":1,\"request\":{request}}}\n")).concat();
    let answers = say(&running, &lines).await;
    let done = r#"{"version":1,"answer":"done"}"#;
    assert_eq!(answers[..6], [done; 6]);
    assert_eq!(
        answers[6],
        r#"{"version":1,"answer":{"users":[{"name":"juliet","display-name":"Juliet M.","groups":["4c","Chess"],"administrator":false,"enabled":false}]}}"#
    );
    assert_eq!(answers[7..9], [done; 2]);
    assert!(answers[9].contains(r#""accounts":0,"online":1,"connections":3,"sessions":2"#), "{}", answers[9]);
    assert!(answers[9].contains(r#""schema":3,"since":"2"#), "{}", answers[9]);
    assert_eq!(answers[10], r#"{"version":1,"answer":{"reload":{"needs-restart":["domain"]}}}"#);
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
        ]
    );
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let running = start();
    let requests = [
        r#"{"add-user":{"name":"nurse","administrator":true,"password":"long enough"}}"#,
        r#"{"remove-user":{"name":"nurse"}}"#,
        r#"{"disable-user":{"name":"nurse"}}"#,
        r#"{"add-user":{"name":"friar","administrator":true,"password":"long enough"}}"#,
        r#"{"disable-user":{"name":"nurse"}}"#,
        r#"{"remove-user":{"name":"friar"}}"#,
        r#"{"remove-user":{"name":"nurse"}}"#,
    ];
    let lines: String = requests.map(|request| format!("{{\"version\":1,\"request\":{request}}}\n")).concat();
    let answers = say(&running, &lines).await;
    for refused in [1, 2, 5] {
        assert!(answers[refused].contains("is the last administrator"), "{answers:?}");
    }
    for done in [0, 3, 4, 6] {
        assert_eq!(answers[done], r#"{"version":1,"answer":"done"}"#);
    }
}

#[tokio::test]
async fn what_is_not_a_request_is_refused_and_changes_nothing() {
    let running = start();
    let refused = [
        "hello\n",
        "{\"version\":1,\"request\":\"drop-tables\"}\n",
        "{\"version\":1,\"request\":{\"remove-user\":{\"name\":\"juliet\",\"really\":true}}}\n",
        "{\"version\":1,\"request\":{\"remove-user\":{\"name\":\"nobody\"}}}\n",
        "{\"version\":1,\"request\":{\"add-user\":{\"name\":\"a b\",\"password\":\"long enough\"}}}\n",
        "{\"version\":1,\"request\":{\"add-user\":{\"name\":\"juliet\",\"password\":\"short\"}}}\n",
        "{\"version\":2,\"request\":{\"something\":\"new\"}}\n",
    ];
    let answers = say(&running, &refused.concat()).await;
    assert_eq!(answers.len(), refused.len());
    assert!(
        answers.iter().all(|answer| answer.starts_with(r#"{"version":1,"refusal":{"what":"#)),
        "{answers:?}"
    );
    assert!(answers[6].contains("version 2 of the protocol is not spoken here"));
    assert!(running.noting.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_line_without_end_is_cut_off() {
    let running = start();
    let most = usize::try_from(LINE_BYTES).unwrap();
    let answers = say(&running, &"x".repeat(most)).await;
    assert!(answers.len() == 1 && answers[0].contains("the request has no end"), "{answers:?}");
}

#[tokio::test]
async fn the_socket_is_for_its_owner_alone_and_goes_with_the_daemon() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(FILE), "left over").unwrap();
    fs::create_dir(folder.path().join(format!(".control-{}", process::id()))).unwrap();
    let socket = ControlSocket::bind(folder.path()).unwrap();
    let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(socket);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(Client::connect(folder.path()).await.unwrap().is_none());
}

#[tokio::test]
async fn our_own_client_understands() {
    let running = start();
    let mut client = Client::connect(running.folder.path()).await.unwrap().unwrap();
    assert!(matches!(client.ask(Request::ListUsers).await, Ok(Answer::Users(users)) if users.is_empty()));
    let name = "nobody".parse().unwrap();
    let refusal = client.ask(Request::RemoveUser { name }).await.unwrap_err();
    assert_eq!(refusal.what, "there is no account `nobody`");
    assert!(matches!(client.ask(Request::Status).await, Ok(Answer::Status(_))));
}
