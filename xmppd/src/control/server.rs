//! The daemon's end of the socket.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    process,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    sync::Semaphore,
    time::timeout,
};

use xmppd_control::{Answer, Answered, Asked, LINE_BYTES, Refusal, Reply, Request, SOCKET, VERSION};
use zeroize::Zeroizing;

use super::{Administration, lines::Lines};
use crate::store::Snapshot;

/// More than administrators there are, with a program that watches.
const MOST_CLIENTS: usize = 16;

/// For how long a client is waited for.
#[derive(Clone, Copy)]
struct Patience {
    /// Until it begins a line.
    idle: Duration,
    /// Until it has ended the line.
    line: Duration,
    /// Until it has taken the answer, with what comes behind.
    answer: Duration,
}

/// Somebody may be asked something at a terminal meanwhile; and a copy may go to a slow disk. But one that was stopped
/// does not keep its answer in memory for good.
const PATIENCE: Patience = Patience {
    idle: Duration::from_secs(3600),
    line: Duration::from_secs(60),
    answer: Duration::from_secs(600),
};

/// The socket while it listens; the file goes when this does.
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Listens in the data folder. Whoever calls holds the store, so a socket found there is a dead one's.
    pub fn bind(data: &Path) -> io::Result<Self> {
        let path = data.join(SOCKET);
        // Made in a folder that nobody else can enter: there is no moment at which others could connect.
        let private = data.join(format!(".control-{}", process::id()));
        // In a jail, the one that died while it made this had the same number.
        match fs::remove_dir_all(&private) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => DirBuilder::new().mode(0o700).create(&private)?,
        }
        let listener = bind_private(&private.join("s"), &path);
        fs::remove_dir_all(&private)?;
        Ok(Self { listener: listener?, path })
    }

    /// Serves whoever connects, until it is dropped.
    pub async fn serve(&self, administration: Arc<Administration>) {
        let places = Arc::new(Semaphore::new(MOST_CLIENTS));
        // Who finds no place waits at the door, where they cost nothing.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let conversation = attend(stream, Arc::clone(&administration));
                    tokio::spawn(async move {
                        let _place = place;
                        conversation.await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept on the control socket");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn bind_private(hidden: &Path, path: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(hidden)?;
    fs::set_permissions(hidden, Permissions::from_mode(0o600))?;
    fs::rename(hidden, path)?;
    Ok(listener)
}

async fn attend(stream: UnixStream, administration: Arc<Administration>) {
    let peer = match stream.peer_cred() {
        Ok(peer) => format!("uid {}", peer.uid()),
        Err(_) => "unknown".to_owned(),
    };
    let conversation = converse(stream.into_split(), &peer, PATIENCE, &administration);
    if let Err(error) = conversation.await
        && error.kind() == io::ErrorKind::TimedOut
    {
        tracing::warn!(%peer, "gave up on a client of the control socket, which took too long");
    }
}

async fn converse(
    (reader, mut writer): (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    peer: &str,
    patience: Patience,
    administration: &Administration,
) -> io::Result<()> {
    let mut lines = Lines::new(reader);
    while let Some(line) = lines.next(patience.idle, patience.line).await? {
        let is_whole = line.ends_with(b"\n");
        let (reply, behind) = reply(line, peer, administration).await;
        let answered = serde_json::to_vec(&Answered { version: VERSION, reply });
        let mut answer = answered.expect("an answer is plain data");
        answer.push(b'\n');
        let answering = async {
            writer.write_all(&answer).await?;
            writer.write_all(behind.as_ref().map_or(&[], |snapshot| &snapshot.bytes)).await
        };
        timeout(patience.answer, answering).await??;
        if !is_whole {
            break;
        }
    }
    Ok(())
}

/// What is to be said to a line, and what comes behind that.
async fn reply(
    line: Zeroizing<Vec<u8>>,
    peer: &str,
    administration: &Administration,
) -> (Reply, Option<Snapshot>) {
    let asked = parse(&line);
    // It may hold passwords: they are not kept while the work is done, nor after the answer.
    drop(line);
    let answered = match asked {
        Ok(Asked { by, request, .. }) => {
            // What they call themselves is a claim; whose process asks is known.
            let who = by.map_or_else(|| peer.to_owned(), |by| format!("{by} ({peer})"));
            match request {
                Request::Backup => administration
                    .back_up(&who)
                    .await
                    .map(|(copied, snapshot)| (Answer::Backup(copied), Some(snapshot))),
                request => administration.carry_out(&who, request).await.map(|answer| (answer, None)),
            }
        }
        Err(refusal) => Err(refusal),
    };
    match answered {
        Ok((answer, behind)) => (Reply::Answer(answer), behind),
        Err(refusal) => (Reply::Refusal(refusal), None),
    }
}

fn parse(line: &[u8]) -> Result<Asked<Request>, Refusal> {
    if !line.ends_with(b"\n") {
        return Err(Refusal::new(
            "the request has no end",
            format!("one line of at most {LINE_BYTES} bytes"),
        ));
    }
    let hint = "client and daemon should be the same version of `xmppd`";
    let asked: Asked<serde::de::IgnoredAny> = serde_json::from_slice(line)
        .map_err(|error| Refusal::new(format!("not a request: {error}"), hint))?;
    if asked.version != VERSION {
        let what =
            format!("version {} of the protocol is not spoken here, version {VERSION} is", asked.version);
        return Err(Refusal::new(what, hint));
    }
    serde_json::from_slice(line).map_err(|error| Refusal::new(format!("not a request: {error}"), hint))
}

#[cfg(test)]
mod tests;
