//! The administrator's end of the socket.

use std::{io, path::Path};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use zeroize::Zeroizing;

use super::{
    Answer, FILE, Refusal, Request,
    protocol::{Answered, Asked, Outcome, VERSION},
};

/// More than any school's list of accounts.
const LINE_BYTES: u64 = 64 << 20;

/// A connection to a running daemon.
pub struct Client {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Client {
    /// Connects to the daemon that serves this data folder; `None` where none listens.
    pub async fn connect(data: &Path) -> io::Result<Option<Self>> {
        match UnixStream::connect(data.join(FILE)).await {
            Ok(stream) => {
                let (reader, writer) = stream.into_split();
                Ok(Some(Self { reader: BufReader::new(reader), writer }))
            }
            Err(error)
                if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks, and waits for the answer.
    pub async fn ask(&mut self, request: Request) -> Result<Answer, Refusal> {
        match self.exchange(request).await {
            Ok(Outcome::Answer(answer)) => Ok(answer),
            Ok(Outcome::Refusal(refusal)) => Err(refusal),
            Err(error) => {
                let what = format!("the daemon did not answer: {error}");
                Err(Refusal::new(what, "its log says what happened; `xmppd user list` whether it was done"))
            }
        }
    }

    async fn exchange(&mut self, request: Request) -> io::Result<Outcome> {
        let mut line = Zeroizing::new(serde_json::to_vec(&Asked { version: VERSION, request })?);
        line.push(b'\n');
        self.writer.write_all(&line).await?;
        let mut answer = Vec::new();
        (&mut self.reader).take(LINE_BYTES).read_until(b'\n', &mut answer).await?;
        let Answered { outcome, .. } = serde_json::from_slice(&answer)?;
        Ok(outcome)
    }
}
