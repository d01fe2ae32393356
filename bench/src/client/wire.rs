//! Text out, text in up to a mark: a client that measures must not parse.

use bytes::{Buf, BytesMut};
use memchr::memmem;
use miette::{IntoDiagnostic, Result, miette};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// One connection.
pub(crate) struct Wire<S> {
    pub(crate) stream: S,
    unread: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, unread: BytesMut::new() }
    }

    /// Sends text at once.
    pub(crate) async fn send(&mut self, text: &str) -> Result<()> {
        self.stream.write_all(text.as_bytes()).await.into_diagnostic()?;
        self.stream.flush().await.into_diagnostic()
    }

    /// Reads until `mark` came, and returns what was read up to its end.
    pub(crate) async fn until(&mut self, mark: &str) -> Result<String> {
        let mut searched = 0;
        loop {
            if let Some(at) = memmem::find(&self.unread[searched..], mark.as_bytes()) {
                let text = self.unread.split_to(searched + at + mark.len());
                return Ok(String::from_utf8_lossy(&text).into_owned());
            }
            searched = self.unread.len().saturating_sub(mark.len() - 1);
            if let Err(error) = self.fill().await {
                let seen = String::from_utf8_lossy(&self.unread);
                return Err(miette!("waiting for `{mark}`: {error}; got `{seen}`"));
            }
        }
    }

    /// How often `mark` has come in what is read next; none is forgotten, none counted twice.
    pub(crate) async fn count(&mut self, mark: &str) -> Result<usize> {
        if self.unread.len() < mark.len() {
            self.fill().await?;
        }
        let mut found = 0;
        while let Some(at) = memmem::find(&self.unread, mark.as_bytes()) {
            found += 1;
            self.unread.advance(at + mark.len());
        }
        // The rest may be the beginning of one.
        self.unread.advance(self.unread.len().saturating_sub(mark.len() - 1));
        Ok(found)
    }

    /// Reads until `mark` has come so often.
    pub(crate) async fn count_to(&mut self, mark: &str, wanted: usize) -> Result<()> {
        let mut seen = 0;
        while seen < wanted {
            seen += self.count(mark).await?;
        }
        Ok(())
    }

    /// Reads something, and forgets it.
    pub(crate) async fn skip(&mut self) -> Result<()> {
        self.unread.clear();
        self.fill().await
    }

    async fn fill(&mut self) -> Result<()> {
        self.unread.reserve(16 * 1024);
        match self.stream.read_buf(&mut self.unread).await.into_diagnostic()? {
            0 => Err(miette!("the server closed the connection")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;

    const TEXT: &str = "<presence a='1'/><presence/><pres><presence></presence>";

    #[tokio::test]
    async fn every_mark_is_counted_once_however_it_arrives() {
        for piece in 1..TEXT.len() {
            let (near, mut far) = tokio::io::duplex(piece);
            let writing = tokio::spawn(async move { far.write_all(TEXT.as_bytes()).await });
            let (mut wire, mut seen) = (Wire::new(near), 0);
            while let Ok(found) = wire.count("<presence").await {
                seen += found;
            }
            writing.await.unwrap().unwrap();
            assert_eq!(seen, 3, "{piece} bytes at a time");
        }
    }

    #[tokio::test]
    async fn what_comes_behind_a_mark_is_kept() {
        let (near, mut far) = tokio::io::duplex(1000);
        far.write_all(TEXT.as_bytes()).await.unwrap();
        let mut wire = Wire::new(near);
        assert_eq!(wire.until("<presence/>").await.unwrap(), "<presence a='1'/><presence/>");
        assert_eq!(wire.until("pres>").await.unwrap(), "<pres>");
        assert_eq!(wire.count("presence>").await.unwrap(), 2);
    }
}
