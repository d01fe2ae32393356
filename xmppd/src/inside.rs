//! Attempts to get out of the jail, made from within it: the probes judge what came of them.

use std::{
    fs::{self, OpenOptions},
    io,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::cli;

/// How long each attempt may take; all run at once.
const LIMIT: Duration = Duration::from_secs(3);

/// What happened, as `xmppd inside` prints it.
#[derive(Serialize)]
pub(crate) struct Report {
    uid: u32,
    gid: u32,
    connect: Vec<Connected>,
    write: Vec<Tried>,
    exec: Vec<Tried>,
}

#[derive(Serialize)]
struct Connected {
    target: SocketAddr,
    result: String,
}

#[derive(Serialize)]
struct Tried {
    path: PathBuf,
    result: String,
}

/// Makes all attempts at once.
pub(crate) fn attempt(attempts: cli::Inside) -> Report {
    let cli::Inside { connect, write, exec } = attempts;
    let connecting: Vec<_> = connect.iter().map(|&target| start(move || self::connect(target))).collect();
    let writing: Vec<_> = write.iter().cloned().map(|path| start(move || self::write(&path))).collect();
    let running: Vec<_> = exec.iter().cloned().map(|path| start(move || self::exec(&path))).collect();
    let deadline = Instant::now() + LIMIT;
    let result = |attempt: mpsc::Receiver<String>| {
        let left = deadline.saturating_duration_since(Instant::now());
        attempt.recv_timeout(left).unwrap_or_else(|_| "timeout".to_owned())
    };
    let tried = |path, attempt| {
        let result = match result(attempt).as_str() {
            "timeout" => "other: timeout".to_owned(),
            result => result.to_owned(),
        };
        Tried { path, result }
    };
    Report {
        uid: nix::unistd::getuid().as_raw(),
        gid: nix::unistd::getgid().as_raw(),
        connect: connect
            .into_iter()
            .zip(connecting)
            .map(|(target, attempt)| Connected { target, result: result(attempt) })
            .collect(),
        write: write.into_iter().zip(writing).map(|(path, attempt)| tried(path, attempt)).collect(),
        exec: exec.into_iter().zip(running).map(|(path, attempt)| tried(path, attempt)).collect(),
    }
}

/// An attempt in a thread of its own; one that hangs is left behind.
fn start(attempt: impl FnOnce() -> String + Send + 'static) -> mpsc::Receiver<String> {
    let (done, result) = mpsc::channel();
    let refused = done.clone();
    let spawned = thread::Builder::new().spawn(move || done.send(attempt()));
    if let Err(error) = spawned {
        let _ = refused.send(other(&error));
    }
    result
}

fn connect(target: SocketAddr) -> String {
    match TcpStream::connect_timeout(&target, LIMIT) {
        Ok(_) => "open".to_owned(),
        Err(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => "refused".to_owned(),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "unreachable".to_owned(),
            io::ErrorKind::PermissionDenied => "denied".to_owned(),
            io::ErrorKind::TimedOut => "timeout".to_owned(),
            _ => other(&error),
        },
    }
}

fn write(path: &Path) -> String {
    match try_write(path) {
        Ok(()) => "written".to_owned(),
        Err(error) => match error.kind() {
            io::ErrorKind::PermissionDenied => "denied".to_owned(),
            io::ErrorKind::ReadOnlyFilesystem => "read-only".to_owned(),
            _ => other(&error),
        },
    }
}

/// A new file is removed again; one that was there is opened for writing, and left as it is.
fn try_write(path: &Path) -> io::Result<()> {
    let name = format!(".xmppd-inside-{}", process::id());
    let path = if path.is_dir() { &path.join(name) } else { path };
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().append(true).open(path).map(|_| ())
        }
        Err(error) => Err(error),
    }
}

fn exec(path: &Path) -> String {
    // Pipes, as there is no /dev/null within: not to find that would look like not finding the program.
    let spawned =
        Command::new(path).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    match spawned {
        Ok(mut child) => {
            let _ = child.kill();
            let _ = child.wait();
            "ran".to_owned()
        }
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => "not-found".to_owned(),
            io::ErrorKind::PermissionDenied => "denied".to_owned(),
            _ => other(&error),
        },
    }
}

fn other(error: &io::Error) -> String {
    format!("other: {error}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn every_attempt_is_reported_as_the_probes_expect_it() {
        let folder = tempfile::tempdir().unwrap();
        let (new, old) = (folder.path().join("new"), folder.path().join("old"));
        fs::write(&old, "precious").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        // It is held, so that nobody else gets it, but does not listen.
        let held = tokio::net::TcpSocket::new_v4().unwrap();
        held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let closed = held.local_addr().unwrap();
        let report = attempt(cli::Inside {
            connect: vec![open, closed],
            write: vec![new.clone(), old.clone(), folder.path().to_owned(), folder.path().join("no/such")],
            exec: vec!["/bin/sh".into(), "/no/such/program".into()],
        });
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["uid"], nix::unistd::getuid().as_raw());
        assert_eq!(json["connect"][0], serde_json::json!({"target": open, "result": "open"}));
        assert_eq!(json["connect"][1]["result"], "refused");
        assert_eq!(json["write"][0], serde_json::json!({"path": new, "result": "written"}));
        assert_eq!(json["write"][1]["result"], "written");
        assert_eq!(json["write"][2]["result"], "written");
        assert!(json["write"][3]["result"].as_str().unwrap().starts_with("other: "));
        assert_eq!(json["exec"][0], serde_json::json!({"path": "/bin/sh", "result": "ran"}));
        assert_eq!(json["exec"][1]["result"], "not-found");
        assert_eq!(fs::read_to_string(&old).unwrap(), "precious");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "probe files are removed again");
    }
}
