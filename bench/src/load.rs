//! The load: pairs of clients, one of each pair writing to the other.

use std::{net::SocketAddr, thread};

use miette::{Result, miette};

use crate::{client::Connection, cpu};

/// How much is sent.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Load {
    /// Pairs of clients, at work at the same time.
    #[arg(long, default_value_t = 10)]
    pub(crate) pairs: usize,

    /// Messages that each pair exchanges.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) messages: usize,

    /// Length of a message's body, in bytes.
    #[arg(long, default_value_t = 100)]
    pub(crate) body: usize,
}

/// A writer and the one who reads what it writes, ready to go.
pub(crate) struct Pair {
    pub(crate) writer: Connection,
    pub(crate) reader: Connection,
    pub(crate) to: String,
}

impl Load {
    /// Drives the pairs, at most `window` messages of each on the way at a time, and charges `pid`:
    /// CPU microseconds for each message delivered.
    pub(crate) fn run(&self, pairs: Vec<Pair>, window: usize, pid: u32) -> Result<f64> {
        let body = "x".repeat(self.body);
        let before = cpu::seconds(pid)?;
        let total = pairs.len() * self.messages;
        let workers: Vec<_> = pairs
            .into_iter()
            .map(|pair| {
                let message = format!("<message to='{}' type='chat'><body>{body}</body></message>", pair.to);
                let messages = self.messages;
                thread::spawn(move || exchange(pair, &message, messages, window))
            })
            .collect();
        for worker in workers {
            worker.join().map_err(|_| miette!("a client's thread panicked"))??;
        }
        let used = cpu::seconds(pid)? - before;
        Ok(used * 1e6 / f64::from(u32::try_from(total).expect("fewer than 2^32 messages")))
    }
}

/// Writes in batches of half a window, and waits until no more than the window is on its way.
fn exchange(mut pair: Pair, message: &str, messages: usize, window: usize) -> Result<()> {
    let batch = window.div_ceil(2);
    let (mut sent, mut seen) = (0, 0);
    while seen < messages {
        while sent < messages && sent + batch <= seen + window {
            let count = batch.min(messages - sent);
            pair.writer.send(&message.repeat(count))?;
            sent += count;
        }
        seen += pair.reader.receive("</message>")?;
    }
    Ok(())
}

/// A free port on loopback.
pub(crate) fn free_port() -> Result<SocketAddr> {
    use miette::IntoDiagnostic;
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).into_diagnostic()
}
