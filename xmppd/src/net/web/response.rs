//! What goes back: a body, and the headers that all answers have.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::{
    HeaderMap, Response, StatusCode,
    body::{Body, Frame, SizeHint},
    header::{self, HeaderName, HeaderValue},
};

/// The answer to one request.
pub(super) type Answer = Response<Content>;

/// What an answer holds.
#[derive(Debug)]
pub(super) enum Content {
    /// This, until it is sent.
    Text(Bytes),
}

/// Nothing that comes from here may run, be framed, be taken for something else, or tell others where it was found.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// An answer without content.
pub(super) fn empty(status: StatusCode) -> Answer {
    text(status, Bytes::new())
}

/// An answer that holds this.
pub(super) fn text(status: StatusCode, text: Bytes) -> Answer {
    let mut answer = Response::new(Content::Text(text));
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

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Self::Text(text) = self.get_mut();
        Poll::Ready((!text.is_empty()).then(|| Ok(Frame::data(std::mem::take(text)))))
    }

    fn is_end_stream(&self) -> bool {
        let Self::Text(text) = self;
        text.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let Self::Text(text) = self;
        SizeHint::with_exact(text.len() as u64)
    }
}
