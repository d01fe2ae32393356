//! What becomes of one request.

use std::sync::Arc;

use bytes::Bytes;
use hyper::{Method, Request, StatusCode, body::Incoming, header};

use super::{
    handshake,
    path::Path,
    response::{Answer, Content, empty, with},
    site::{Site, Visitor},
    upload,
};
use crate::net::shared::Shared;

/// Answers.
pub(super) async fn answer(request: Request<Incoming>, site: &Site, shared: &Arc<Shared>) -> Answer {
    let visitor = site.visitor(request.headers());
    let uri = request.uri().clone();
    match Path::parse(uri.path()) {
        None => empty(StatusCode::NOT_FOUND),
        Some(Path::HostMeta) => host_meta(&request, &site.host_meta, "application/xrd+xml; charset=utf-8"),
        Some(Path::HostMetaJson) => host_meta(&request, &site.host_meta_json, "application/json"),
        Some(Path::Upload(name)) => upload::serve(request, name, &visitor, site, shared).await,
        // RFC 7395 §3.1 has no login before the stream, so what is left to check is whose script it is.
        Some(Path::WebSocket) if visitor == Visitor::Stranger => empty(StatusCode::FORBIDDEN),
        Some(Path::WebSocket) => handshake::answer(&request),
    }
}

/// For everybody's scripts: it holds nothing but how to connect.
fn host_meta<B>(request: &Request<B>, document: &Bytes, media_type: &'static str) -> Answer {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = empty(StatusCode::METHOD_NOT_ALLOWED);
        with(answer.headers_mut(), header::ALLOW, "GET, HEAD");
        return answer;
    }
    let mut answer = super::response::answer(StatusCode::OK, Content::Text(document.clone()));
    with(answer.headers_mut(), header::CONTENT_TYPE, media_type);
    with(answer.headers_mut(), header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    with(answer.headers_mut(), header::CACHE_CONTROL, "max-age=3600");
    answer
}
