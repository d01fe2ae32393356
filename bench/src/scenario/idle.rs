//! Everybody is online and says nothing: memory for each session.

use std::sync::Arc;

use miette::Result;

use super::{Load, Measure, Samples, Scenario, as_float, crowd};
use crate::server::Server;

const SESSION: Measure =
    Measure { scenario: Scenario::Idle, what: "a session online", unit: "KiB", budget: Some(24.0) };

pub(super) async fn run(server: &Arc<Server>, load: &Load) -> Result<Samples> {
    let before = server.processes.memory()?;
    let online = crowd::stand_by(server, 0..load.users).await?;
    crowd::quiet(server).await?;
    let used = server.processes.memory()? - before;
    drop(online);
    Ok(vec![(SESSION, used / 1024.0 / as_float(load.users))])
}
