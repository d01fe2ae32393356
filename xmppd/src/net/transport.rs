//! TCP, or TLS over it: bytes in and out without holding a buffer in between.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

/// What is read at once: the content of one TLS record.
const GULP: usize = 16 * 1024;

/// What a stream runs over.
pub(super) enum Transport {
    /// Before STARTTLS.
    Plain(TcpStream),
    /// Ever after.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Transport {
    /// Reads into `buffer`; how many bytes, 0 at the end. The memory to read into is the stack's, for only as
    /// long as it takes.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        let mut stack = [const { MaybeUninit::uninit() }; GULP];
        let mut read = ReadBuf::uninit(&mut stack);
        ready!(match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, &mut read),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, &mut read),
        })?;
        buffer.extend_from_slice(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    }

    /// Writes all of `buffer`, as it goes.
    pub(super) fn poll_write_all(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut BytesMut,
    ) -> Poll<io::Result<()>> {
        while !buffer.is_empty() {
            let written = ready!(match self {
                Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buffer),
                Self::Tls(tls) => Pin::new(tls).poll_write(cx, buffer),
            })?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            buffer.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Sends what TLS still holds.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    /// Says that nothing more will come; with TLS by a `close_notify`.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
