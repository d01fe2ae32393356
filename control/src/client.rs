//! The administrator's end of the socket.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use zeroize::Zeroizing;

use crate::{
    Answer, Answered, Asked, Changes, Copied, LINE_BYTES, Label, Outcome, Refusal, Reply, Request, VERSION,
};

/// For how long an answer may take: a whole school is added in less, on a slow machine too.
const PATIENCE: Duration = Duration::from_secs(600);

/// A connection to a running daemon.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
    by: Option<Label>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The daemon has refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The connection failed, or what came was no answer.
    #[error("the daemon did not answer: {0}")]
    Broken(#[from] io::Error),
    /// The answer is one to something else.
    #[error("the daemon answered something else than what was asked")]
    OtherAnswer,
}

impl ClientError {
    /// What to do about it, where something is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.hint.as_deref(),
            Self::Broken(_) => Some("its log says what happened; look at the accounts whether it was done"),
            Self::OtherAnswer => Some("client and daemon should be of the same version"),
        }
    }
}

impl Client {
    /// Connects to the daemon that listens on this socket, in somebody's name; `None` where none listens.
    pub fn connect(socket: &Path, by: Option<Label>) -> io::Result<Option<Self>> {
        match UnixStream::connect(socket) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                Ok(Some(Self { stream: BufReader::new(stream), by }))
            }
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The same, if every answer comes within so long.
    pub fn within(self, patience: Duration) -> io::Result<Self> {
        self.stream.get_ref().set_read_timeout(Some(patience))?;
        Ok(self)
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, request: Request) -> Result<Answer, ClientError> {
        let asked = Asked { version: VERSION, by: self.by.clone(), request };
        // It may hold passwords.
        let mut line = Zeroizing::new(serde_json::to_vec(&asked).map_err(io::Error::from)?);
        line.push(b'\n');
        self.stream.get_mut().write_all(&line)?;
        let mut answer = Vec::new();
        (&mut self.stream).take(LINE_BYTES as u64).read_until(b'\n', &mut answer)?;
        let Answered { reply, .. } = serde_json::from_slice(&answer).map_err(io::Error::from)?;
        match reply {
            Reply::Answer(answer) => Ok(answer),
            Reply::Refusal(refusal) => Err(refusal.into()),
        }
    }

    /// A copy of the database without conversations. It holds every account's keys.
    pub fn back_up(&mut self) -> Result<(Copied, Zeroizing<Vec<u8>>), ClientError> {
        let Answer::Backup(copied) = self.ask(Request::Backup)? else {
            return Err(ClientError::OtherAnswer);
        };
        let mut bytes = Zeroizing::new(Vec::new());
        (&mut self.stream).take(copied.bytes).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == copied.bytes {
            return Ok((copied, bytes));
        }
        Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
    }

    /// Has these done; answers what has come of each.
    pub fn change(&mut self, changes: Changes) -> Result<Vec<Outcome>, ClientError> {
        match self.ask(Request::Change(changes))? {
            Answer::Changed(outcomes) => Ok(outcomes),
            _ => Err(ClientError::OtherAnswer),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{os::unix::net::UnixListener, thread};

    use super::*;
    use crate::Status;

    #[test]
    fn where_nobody_listens_there_is_nobody_to_ask() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Client::connect(&folder.path().join("s"), None).unwrap().is_none());
        drop(UnixListener::bind(folder.path().join("s")).unwrap());
        assert!(Client::connect(&folder.path().join("s"), None).unwrap().is_none());
    }

    #[test]
    fn a_line_is_asked_and_a_line_answered() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        let daemon = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            stream.write_all(b"{\"version\":2,\"refusal\":{\"what\":\"no\",\"hint\":\"later\"}}\n").unwrap();
            line
        });
        let by = Some("anna".parse().unwrap());
        let mut client = Client::connect(&socket, by).unwrap().unwrap();
        let error = client.ask(Request::Status).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.hint()), ("no", Some("later")));
        assert_eq!(daemon.join().unwrap(), "{\"version\":2,\"by\":\"anna\",\"request\":\"status\"}\n");
        assert!(matches!(client.ask(Request::Status), Err(ClientError::Broken(_))));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let answer = r#"{"version":2,"answer":{"status":{}}}"#;
        assert!(serde_json::from_str::<Answered>(answer).is_err());
        let _: fn(Status) -> Answer = Answer::Status;
    }
}
