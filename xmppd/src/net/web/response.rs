//! What goes back: a body, and the headers that all answers have.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::{
    HeaderMap, Response, StatusCode,
    body::{Body, Frame, Incoming, SizeHint},
    header::{self, HeaderName, HeaderValue},
};
use tokio::{
    fs::File,
    io::{AsyncRead, ReadBuf},
};

/// What is read of a file at once: the content of a few TLS records.
const GULP: usize = 64 * 1024;

/// The answer to one request.
pub(super) type Answer = Response<Content>;

/// What an answer holds.
#[derive(Debug)]
pub(super) enum Content {
    /// So many bytes of a file.
    File {
        /// From where it stands.
        file: Box<File>,
        /// How many are still to come.
        left: u64,
    },
    /// This, until it is sent.
    Text(Bytes),
}

/// Nothing that comes from here may run, be framed, be taken for something else, be shown by other sites, or tell others
/// where it was found.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-site"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// An answer without content.
pub(super) fn empty(status: StatusCode) -> Answer {
    answer(status, Content::Text(Bytes::new()))
}

/// An answer that holds this.
pub(super) fn answer(status: StatusCode, content: Content) -> Answer {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Adds a header whose value is known to be one.
pub(super) fn with(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

/// The next bytes of what somebody sends; `None` at its end.
pub(super) async fn next_bytes(body: &mut Incoming) -> Option<hyper::Result<Bytes>> {
    loop {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await? {
            Ok(frame) => match frame.into_data() {
                Ok(bytes) => return Some(Ok(bytes)),
                Err(_trailers) => {}
            },
            Err(error) => return Some(Err(error)),
        }
    }
}

impl Content {
    /// So many bytes of a file, from where it stands.
    pub(super) fn of_file(file: File, bytes: u64) -> Self {
        Self::File { file: Box::new(file), left: bytes }
    }

    fn left(&self) -> u64 {
        match self {
            Self::File { left, .. } => *left,
            Self::Text(text) => text.len() as u64,
        }
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(match self.get_mut() {
            Self::Text(text) => Ok(Frame::data(std::mem::take(text))),
            Self::File { file, left } => ready!(poll_read(file, left, cx)).map(Frame::data),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}

fn poll_read(file: &mut File, left: &mut u64, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
    let mut bytes = vec![0; usize::try_from(*left).unwrap_or(GULP).min(GULP)];
    let mut buffer = ReadBuf::new(&mut bytes);
    ready!(Pin::new(file).poll_read(cx, &mut buffer))?;
    let read = buffer.filled().len();
    if read == 0 {
        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
    }
    bytes.truncate(read);
    *left -= read as u64;
    Poll::Ready(Ok(bytes.into()))
}
