//! One request of HTTP/1.1, and what was answered.

use std::{net::SocketAddrV4, sync::Arc, time::Instant};

use rustls::ClientConfig;

use super::{ANSWER, ClientError, Input, Transport};

/// The most that is read of an answer.
const MOST_BYTES: usize = 64 * 1024;

/// What was answered.
#[derive(Debug, Eq, PartialEq)]
pub struct Response {
    /// The three digits.
    pub status: u16,
    /// What came behind the headers.
    pub body: String,
}

/// Asks through TLS, with the protocol of HTTP pinned; `headers` are lines, each with its end.
pub fn ask(
    address: SocketAddrV4,
    config: &Arc<ClientConfig>,
    name: &str,
    line: &str,
    headers: &str,
) -> Result<Response, ClientError> {
    let mut config = (**config).clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut transport = Transport::connect(address)?.secure(&Arc::new(config), name)?;
    let answer = exchange(&mut transport, &format!("{line} HTTP/1.1\r\nHost: {name}\r\n{headers}\r\n"))?;
    Response::parse(&answer).ok_or_else(|| {
        ClientError::Garbled(format!("`{line}` is not answered with HTTP but with `{answer}`"))
    })
}

/// Writes, and reads until a whole answer is there, the other side closes, or it says nothing more.
pub fn exchange(transport: &mut Transport, request: &str) -> Result<String, ClientError> {
    transport.write(request.as_bytes())?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    let deadline = Instant::now() + ANSWER;
    while answer.len() < MOST_BYTES && !is_whole(&answer) {
        match transport.read(&mut buffer, deadline)? {
            Input::Bytes(length) => answer.extend_from_slice(&buffer[..length]),
            Input::Closed | Input::Silence => break,
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Whether the head is there, and as much behind it as it announces; a switch of protocols announces nothing.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = memchr::memmem::find(answer, b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    answer.len() - end - 4 >= length.unwrap_or(0)
}

impl Response {
    fn parse(answer: &str) -> Option<Self> {
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        Some(Self { status, body: body.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_status_and_what_follows_the_headers() {
        let answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone";
        assert_eq!(Response::parse(answer), Some(Response { status: 404, body: "none".to_owned() }));
        assert!(is_whole(answer.as_bytes()) && !is_whole(&answer.as_bytes()[..answer.len() - 1]));
        assert!(is_whole(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"));
        assert_eq!(Response::parse("<stream:stream>"), None);
    }
}
