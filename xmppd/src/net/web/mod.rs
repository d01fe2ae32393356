//! HTTPS on a port of its own: WebSocket, discovery, and what else browsers are to find there.
//!
//! | file | what it holds |
//! |---|---|
//! | `site` | what the port is to browsers: its name, whom it lets in, what it says |
//! | `path` | which path leads where |
//! | `answer` | what becomes of one request |
//! | `handshake` | from HTTP to WebSocket (RFC 6455 §4.2) |
//! | `host_meta` | how else to connect (XEP-0156) |
//! | `upload` | files that users share (XEP-0363) |
//! | `range` | a part of a file |
//! | `response` | what goes back: a body, and the headers that all answers have |
//! | [`websocket`] | the frames of RFC 6455, without sockets |

mod answer;
mod handshake;
mod host_meta;
mod path;
mod range;
mod response;
mod site;
mod upload;
pub(super) mod websocket;

use std::{
    future::poll_fn,
    sync::{
        Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_rustls::server::TlsStream;

use super::{begin::Service, mailbox::Mailbox, shared::Shared};
use crate::router::Router;

pub(super) use site::Site;

/// So long the head of a request may take, and so long a connection may wait for the next.
const HEAD: Duration = Duration::from_secs(15);
/// So long a connection may go on with HTTP in all: an upload over a slow line takes minutes.
const LONGEST: Duration = Duration::from_secs(900);
/// The most that the head of a request may have; no more is ever buffered of a request.
const MOST_HEAD_BYTES: usize = 16 * 1024;
/// The most headers of a request.
const MOST_HEADERS: usize = 64;
/// So long closing may take.
const FAREWELL: Duration = Duration::from_secs(3);

/// Answers the requests of one connection; `Some` if it has become a WebSocket, with what came behind the handshake.
pub(super) async fn serve(
    tls: TlsStream<TcpStream>,
    service: &Service,
    mailbox: &Mailbox,
) -> Option<(TlsStream<TcpStream>, BytesMut)> {
    let terms = service.terms();
    let site = terms.site.as_ref()?;
    let is_websocket = AtomicBool::new(false);
    let answer = service_fn(|request: Request<Incoming>| async {
        let response = answer::answer(request, site, &service.shared).await;
        is_websocket.store(response.status() == hyper::StatusCode::SWITCHING_PROTOCOLS, Ordering::Relaxed);
        Ok::<_, std::convert::Infallible>(response)
    });
    let http = http(HEAD).serve_connection(TokioIo::new(tls), answer);
    let done = tokio::select! {
        done = timeout(LONGEST, http.without_shutdown()) => done.ok()?.ok()?,
        _ = poll_fn(|cx| mailbox.poll_order(cx)) => return None,
    };
    let (mut tls, rest) = (done.io.into_inner(), BytesMut::from(done.read_buf));
    if is_websocket.load(Ordering::Relaxed) {
        return Some((tls, rest));
    }
    let _ = timeout(FAREWELL, tls.shutdown()).await; // whether or not the peer hears it
    None
}

/// HTTP that waits so long for the head of a request.
fn http(head: Duration) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(MOST_HEAD_BYTES)
        .max_headers(MOST_HEADERS);
    http
}

/// Once an hour, has files erased that are older than the site wants them; for as long as the server is there.
pub(super) async fn expire(shared: Weak<Shared>) {
    let mut hours = interval(Duration::from_secs(3600));
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        hours.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        shared.drive(Router::expire_uploads);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::io;

    use super::*;

    #[tokio::test]
    async fn a_head_without_end_is_not_waited_for() {
        let (mut browser, daemon) = tokio::io::duplex(1024);
        browser.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let answer =
            service_fn(async |_| Err::<hyper::Response<String>, _>(io::Error::other("it was no request")));
        let served = http(Duration::from_secs(1)).serve_connection(TokioIo::new(daemon), answer);
        let ended = timeout(Duration::from_secs(60), served).await.expect("it is ended after a second");
        assert!(ended.unwrap_err().is_timeout());
    }
}
