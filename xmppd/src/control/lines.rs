//! Lines of requests. They may hold passwords, so nothing of them stays behind in memory: what was read is wiped when it is
//! part of a line, and a line that outgrows its place is wiped there.

use std::{io, ops::Range, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};
use xmppd_control::LINE_BYTES;
use zeroize::{Zeroize, Zeroizing};

/// As much as is read at once.
const READ_BYTES: usize = 16 << 10;

/// The lines that come from a client.
pub(super) struct Lines<R> {
    from: R,
    buffer: Zeroizing<Box<[u8]>>,
    /// What of the buffer is no part of a line yet.
    unread: Range<usize>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, buffer: Zeroizing::new(vec![0; READ_BYTES].into()), unread: 0..0 }
    }

    /// The next line, with its end; without it where the client has said no more, or too much. It may be `idle` for so
    /// long before, and must have said all of the line after `patience`.
    pub(super) async fn next(
        &mut self,
        idle: Duration,
        patience: Duration,
    ) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        if self.unread.is_empty() && timeout(idle, self.read()).await?? == 0 {
            return Ok(None);
        }
        let line = timeout(patience, self.line()).await??;
        if self.unread.is_empty() {
            self.buffer.zeroize();
        }
        Ok(Some(line))
    }

    async fn line(&mut self) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut line = Zeroizing::new(Vec::new());
        loop {
            let unread = &self.buffer[self.unread.clone()];
            let end = unread.iter().position(|byte| *byte == b'\n').map_or(unread.len(), |end| end + 1);
            let taken = end.min(LINE_BYTES - line.len());
            append(&mut line, &unread[..taken]);
            self.unread.start += taken;
            let is_whole = line.ends_with(b"\n") || line.len() == LINE_BYTES;
            if is_whole || self.read().await? == 0 {
                return Ok(line);
            }
        }
    }

    async fn read(&mut self) -> io::Result<usize> {
        let count = self.from.read(&mut self.buffer).await?;
        self.unread = 0..count;
        Ok(count)
    }
}

/// A vector that grows by itself leaves what it held where that was.
fn append(line: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    let needed = line.len() + bytes.len();
    if needed > line.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * line.capacity())));
        larger.extend_from_slice(line);
        *line = larger;
    }
    line.extend_from_slice(bytes);
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_millis(10);

    async fn lines(said: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Lines::new(said);
        let mut all = Vec::new();
        while let Some(line) = lines.next(LONG, LONG).await.unwrap() {
            all.push(line.to_vec());
        }
        assert!(lines.buffer.iter().all(|byte| *byte == 0), "what was read is wiped");
        all
    }

    #[tokio::test]
    async fn lines_come_whole_however_long_they_are() {
        let long = [vec![b'x'; 3 * READ_BYTES], b"\n".to_vec()].concat();
        let said = [b"one\n".as_slice(), &long, b"\n", &long[..READ_BYTES - 1], b"\n", b"cut off"];
        assert_eq!(
            lines(&said.concat()).await,
            [said[0], &long, b"\n", &[said[3], said[4]].concat(), said[5]]
        );
        assert!(lines(b"").await.is_empty());
    }

    #[tokio::test]
    async fn who_has_begun_a_line_must_end_it_soon_and_who_has_not_may_think() {
        let (client, mut said) = tokio::io::duplex(64);
        let mut lines = Lines::new(client);
        assert_eq!(lines.next(SHORT, LONG).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        tokio::io::AsyncWriteExt::write_all(&mut said, b"one\ntw").await.unwrap();
        assert_eq!(**lines.next(LONG, LONG).await.unwrap().unwrap(), *b"one\n");
        assert_eq!(lines.next(LONG, SHORT).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
