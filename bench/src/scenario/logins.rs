//! Logins, from the TCP connection to the roster: one after another, and everybody at once.

use std::sync::Arc;

use miette::Result;
use tokio::task::JoinSet;

use super::{Load, Measure, Samples, Scenario, crowd, microseconds_each};
use crate::server::Server;

const ALONE: Measure =
    Measure { scenario: Scenario::Logins, what: "one after another", unit: "µs each", budget: Some(2000.0) };
const TOGETHER: Measure = Measure { what: "everybody at once", ..ALONE };

pub(super) async fn run(server: &Arc<Server>, load: &Load) -> Result<Samples> {
    let meter = server.processes.meter()?;
    for index in 0..load.users {
        server.log_in(index).await?;
    }
    crowd::quiet(server).await?;
    let alone = meter.used()?;
    let meter = server.processes.meter()?;
    let mut arriving = JoinSet::new();
    for index in 0..load.users {
        let server = Arc::clone(server);
        arriving.spawn(async move { server.log_in(index).await });
    }
    let clients = crowd::all(arriving).await?;
    let together = meter.used()?;
    drop(clients);
    Ok(vec![
        (ALONE, microseconds_each(alone, load.users)),
        (TOGETHER, microseconds_each(together, load.users)),
    ])
}
