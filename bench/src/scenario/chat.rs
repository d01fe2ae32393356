//! Pairs of clients, one of each pair writing to the other.

use std::sync::Arc;

use miette::Result;
use tokio::task::JoinSet;

use super::{Load, Measure, Samples, Scenario, crowd, microseconds_each};
use crate::{client::Client, server::Server};

const ALONE: Measure =
    Measure { scenario: Scenario::Chat, what: "one on the way", unit: "µs a message", budget: None };
const BUSY: Measure = Measure { what: "64 on the way", budget: Some(5.0), ..ALONE };
const CROWDED: Measure = Measure { what: "64 on the way, everybody online", ..BUSY };

/// A writer and the one who reads what it writes.
struct Pair {
    writer: Client,
    reader: Client,
}

pub(super) async fn run(server: &Arc<Server>, load: &Load) -> Result<Samples> {
    let mut pairs = Vec::new();
    for group in 0..load.pairs {
        let writer = server.arrive(2 * group, group).await?;
        let reader = server.arrive(2 * group + 1, group).await?;
        pairs.push(Pair { writer, reader });
    }
    let (alone, pairs) = talk(server, load, pairs, load.messages.div_ceil(10), 1).await?;
    let (busy, pairs) = talk(server, load, pairs, load.messages, 64).await?;
    let mut samples = vec![(ALONE, alone), (BUSY, busy)];
    let others = 2 * load.pairs..load.users;
    if !server.is_relay() && !others.is_empty() {
        let online = crowd::stand_by(server, others).await?;
        crowd::quiet(server).await?;
        samples.push((CROWDED, talk(server, load, pairs, load.messages, 64).await?.0));
        drop(online);
    }
    Ok(samples)
}

/// All pairs at the same time, with at most `window` messages of each on the way: CPU for each message.
async fn talk(
    server: &Server,
    load: &Load,
    pairs: Vec<Pair>,
    messages: usize,
    window: usize,
) -> Result<(f64, Vec<Pair>)> {
    let total = pairs.len() * messages;
    let meter = server.processes.meter()?;
    let mut talking = JoinSet::new();
    for pair in pairs {
        let message = format!("<message to='{}' type='chat'>{}", pair.reader.jid, load.rest_of_message());
        talking.spawn(exchange(pair, message, messages, window));
    }
    let pairs = crowd::all(talking).await?;
    Ok((microseconds_each(meter.used()?, total), pairs))
}

/// Writes in batches of half a window, as long as no more than the window is on its way.
async fn exchange(mut pair: Pair, message: String, messages: usize, window: usize) -> Result<Pair> {
    let batch = window.div_ceil(2);
    let (mut sent, mut seen) = (0, 0);
    while seen < messages {
        while sent < messages && sent + batch <= seen + window {
            let count = batch.min(messages - sent);
            pair.writer.wire.send(&message.repeat(count)).await?;
            sent += count;
        }
        seen += pair.reader.wire.count("</message>").await?;
    }
    Ok(pair)
}
