//! The twin's side of the web: a few answers, as bad as its habits.

use std::{io, net::TcpStream, sync::Arc, time::Instant};

use super::{
    tls::Pipe,
    world::{Habit, World},
};
use crate::probe::client::ANSWER;

/// Answers one request.
pub(super) fn answer(world: &Arc<World>, socket: TcpStream) {
    let _ = try_answer(world, socket);
}

fn try_answer(world: &World, socket: TcpStream) -> io::Result<()> {
    let in_the_clear = world.has(Habit::HttpInTheClear) && !begins_with_hello(&socket)?;
    let plain = Pipe::plain(socket)?;
    let mut pipe = if in_the_clear { plain } else { plain.secure(&world.web_tls, false)? };
    let request = read_head(&mut pipe)?;
    pipe.write(respond(world, &request).as_bytes())
}

/// Whether a record of TLS's handshake comes first.
fn begins_with_hello(socket: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(ANSWER))?;
    socket.peek(&mut first)?;
    Ok(first == [22])
}

fn read_head(pipe: &mut Pipe) -> io::Result<String> {
    let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
    let deadline = Instant::now() + ANSWER;
    while !head.ends_with(b"\r\n\r\n") && Instant::now() < deadline {
        match pipe.read(&mut buffer)? {
            Some(0) => break,
            Some(length) => head.extend_from_slice(&buffer[..length]),
            None => {}
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn respond(world: &World, request: &str) -> String {
    let is_foreign = request.contains("Origin: https://elsewhere.test") || request.contains("Origin: null");
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path {
        "/.well-known/host-meta" => ("200 OK", "<Link href='wss://school.test/'/>"),
        "/xmpp-websocket" if is_foreign && !world.has(Habit::AnyOrigin) => ("403 Forbidden", ""),
        "/xmpp-websocket" => return "HTTP/1.1 101 Switching Protocols\r\n\r\n".to_owned(),
        "/upload/" if world.has(Habit::ListsFiles) => ("200 OK", "<a href='0af3/cat.png'>cat.png</a>"),
        _ => ("404 Not Found", ""),
    };
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
