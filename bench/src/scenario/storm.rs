//! Everybody logs in at once, becomes available, and sees everybody: what each presence costs that somebody gets, the
//! logins spread over them.

use std::sync::Arc;

use miette::Result;
use tokio::task::JoinSet;

use super::{Load, Measure, Samples, Scenario, crowd, microseconds_each};
use crate::{client::Client, server::Server};

const WHOLE: Measure = Measure {
    scenario: Scenario::Storm,
    what: "everybody logs in",
    unit: "µs a presence",
    budget: Some(6.0),
};
const SEEN: Measure = Measure { what: "all are logged in, and appear", ..WHOLE };
const PRESENCE: &str = "<presence/>";
/// As it comes from the server: with the sender's and the recipient's address.
const RELAYED: &str = "<presence from='user000@bench.test/bench' to='user000@bench.test'/>";
const MARK: &str = "<presence";

pub(super) async fn run(server: &Arc<Server>, load: &Load) -> Result<Samples> {
    let mut samples = Vec::new();
    if !server.is_relay() {
        samples.push((WHOLE, storm(server, load.users).await?));
        crowd::quiet(server).await?;
    }
    samples.push((SEEN, appearance(server, load.users).await?));
    Ok(samples)
}

/// Each for itself, as fast as it goes.
async fn storm(server: &Arc<Server>, users: usize) -> Result<f64> {
    let meter = server.processes.meter()?;
    let mut coming = JoinSet::new();
    for index in 0..users {
        let server = Arc::clone(server);
        coming.spawn(async move { appear(server.log_in(index).await?, PRESENCE, users).await });
    }
    let clients = crowd::all(coming).await?;
    let used = meter.used()?;
    drop(clients);
    Ok(microseconds_each(used, users * users))
}

/// All together, when everybody has logged in; that is not counted.
async fn appearance(server: &Arc<Server>, users: usize) -> Result<f64> {
    let mut coming = JoinSet::new();
    for index in 0..users {
        let server = Arc::clone(server);
        coming.spawn(async move {
            if server.is_relay() { server.arrive(index, 0).await } else { server.log_in(index).await }
        });
    }
    let clients = crowd::all(coming).await?;
    // At the relay nobody hears themselves.
    let (presence, expected) = if server.is_relay() { (RELAYED, users - 1) } else { (PRESENCE, users) };
    let meter = server.processes.meter()?;
    let mut appearing = JoinSet::new();
    for client in clients {
        appearing.spawn(appear(client, presence, expected));
    }
    let clients = crowd::all(appearing).await?;
    let used = meter.used()?;
    drop(clients);
    Ok(microseconds_each(used, users * users))
}

/// Becomes available, and sees so many do so.
async fn appear(mut client: Client, presence: &str, others: usize) -> Result<Client> {
    client.wire.send(presence).await?;
    client.wire.count_to(MARK, others).await?;
    Ok(client)
}
