//! The twin's side of the web: a few answers, as bad as its habits.

use std::{io, net::TcpStream, sync::Arc, time::Instant};

use super::{
    tls::Pipe,
    world::{Habit, World},
};
use crate::probe::client::ANSWER;

/// Answers one request.
pub(super) fn answer(world: &Arc<World>, socket: TcpStream) {
    let _ = try_answer(world, &socket);
}

fn try_answer(world: &World, socket: &TcpStream) -> io::Result<()> {
    let mut pipe = Pipe::plain(socket.try_clone()?)?;
    let mut first = [0];
    socket.set_read_timeout(Some(ANSWER))?;
    socket.peek(&mut first)?;
    let is_hello = first == [22]; // a record of the handshake
    if is_hello || !world.has(Habit::HttpInTheClear) {
        pipe = pipe.secure(&world.web_tls, false)?;
    }
    let request = read_head(&mut pipe)?;
    pipe.write(respond(world, &request).as_bytes())
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
