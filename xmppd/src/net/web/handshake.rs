//! From HTTP to WebSocket (RFC 6455 §4.2).

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use hyper::{
    HeaderMap, Method, Request, StatusCode, Version,
    header::{self, HeaderName, HeaderValue},
};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::response::{Answer, empty, with};

/// RFC 6455 §1.3: proves that what was asked for was a WebSocket.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// RFC 7395 §3.1.
const SUBPROTOCOL: &str = "xmpp";

/// The answer to somebody who wants a WebSocket.
pub(super) fn answer<B>(request: &Request<B>) -> Answer {
    match accept(request) {
        Ok(accept) => {
            let mut answer = empty(StatusCode::SWITCHING_PROTOCOLS);
            let headers = answer.headers_mut();
            headers.clear();
            with(headers, header::CONNECTION, "upgrade");
            with(headers, header::UPGRADE, "websocket");
            with(headers, header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
            answer
        }
        Err(status) => {
            let mut answer = empty(status);
            match status {
                StatusCode::METHOD_NOT_ALLOWED => with(answer.headers_mut(), header::ALLOW, "GET"),
                // RFC 6455 §4.4.
                StatusCode::UPGRADE_REQUIRED => {
                    with(answer.headers_mut(), header::CONNECTION, "upgrade");
                    with(answer.headers_mut(), header::UPGRADE, "websocket");
                    with(answer.headers_mut(), header::SEC_WEBSOCKET_VERSION, "13");
                }
                _ => {}
            }
            answer
        }
    }
}

fn accept<B>(request: &Request<B>) -> Result<HeaderValue, StatusCode> {
    let headers = request.headers();
    if request.method() != Method::GET {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let is_upgrade = request.version() == Version::HTTP_11
        && has_token(headers, &header::CONNECTION, "upgrade")
        && has_token(headers, &header::UPGRADE, "websocket");
    let version = headers.get(header::SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes);
    if !is_upgrade || version != Some(b"13") {
        return Err(StatusCode::UPGRADE_REQUIRED);
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).ok_or(StatusCode::BAD_REQUEST)?;
    let is_nonce = BASE64.decode(key).is_ok_and(|nonce| nonce.len() == 16);
    if !is_nonce || !has_token(headers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    digest.update(key.as_bytes());
    digest.update(GUID);
    HeaderValue::try_from(BASE64.encode(digest.finish())).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// Whether one of the words of a header is that, in whatever case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(change: impl FnOnce(&mut HeaderMap)) -> Request<()> {
        let mut request = Request::new(());
        let headers = request.headers_mut();
        with(headers, header::CONNECTION, "keep-alive, Upgrade");
        with(headers, header::UPGRADE, "WebSocket");
        with(headers, header::SEC_WEBSOCKET_VERSION, "13");
        with(headers, header::SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==");
        with(headers, header::SEC_WEBSOCKET_PROTOCOL, "other, xmpp");
        change(headers);
        request
    }

    /// The example of RFC 6455 §1.3.
    #[test]
    fn a_client_of_xmpp_is_let_in() {
        let answer = answer(&request(|_| {}));
        assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(answer.headers()[header::SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(answer.headers()[header::SEC_WEBSOCKET_PROTOCOL], "xmpp");
    }

    #[test]
    fn others_are_told_what_is_missing() {
        let status = |change: fn(&mut HeaderMap)| answer(&request(change)).status();
        let without = |name: HeaderName| answer(&request(|headers| drop(headers.remove(name)))).status();
        assert_eq!(without(header::SEC_WEBSOCKET_PROTOCOL), StatusCode::BAD_REQUEST);
        assert_eq!(without(header::SEC_WEBSOCKET_KEY), StatusCode::BAD_REQUEST);
        assert_eq!(without(header::UPGRADE), StatusCode::UPGRADE_REQUIRED);
        assert_eq!(without(header::CONNECTION), StatusCode::UPGRADE_REQUIRED);
        assert_eq!(
            status(|headers| with(headers, header::SEC_WEBSOCKET_VERSION, "8")),
            StatusCode::UPGRADE_REQUIRED
        );
        assert_eq!(
            status(|headers| with(headers, header::SEC_WEBSOCKET_PROTOCOL, "mqtt")),
            StatusCode::BAD_REQUEST
        );
        let mut post = request(|_| {});
        *post.method_mut() = Method::POST;
        assert_eq!(answer(&post).status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
