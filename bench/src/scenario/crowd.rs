//! Many clients.

use std::{sync::Arc, time::Duration};

use miette::{IntoDiagnostic, Result};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use crate::{
    client::{Bystander, Client},
    server::Server,
};

/// How many logins are under way at the same time, where it is not the logins that are measured.
const AT_ONCE: usize = 8;
/// A server that has used less than a hundredth of this time has nothing more to do.
const QUIET: Duration = Duration::from_millis(300);

/// Brings the accounts of these numbers online, to do nothing but read.
pub(super) async fn stand_by(
    server: &Arc<Server>,
    indexes: std::ops::Range<usize>,
) -> Result<Vec<Bystander>> {
    let (doors, mut arriving) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for index in indexes {
        let (server, doors) = (Arc::clone(server), Arc::clone(&doors));
        arriving.spawn(async move {
            let _turn = doors.acquire_owned().await.into_diagnostic()?;
            server.arrive(index, index).await.map(Client::stand_by)
        });
    }
    all(arriving).await
}

/// What all tasks have brought, or the first thing that went wrong.
pub(super) async fn all<T: 'static>(mut tasks: JoinSet<Result<T>>) -> Result<Vec<T>> {
    let mut brought = Vec::with_capacity(tasks.len());
    while let Some(task) = tasks.join_next().await {
        brought.push(task.into_diagnostic()??);
    }
    Ok(brought)
}

/// Waits until the server does nothing any more.
pub(super) async fn quiet(server: &Server) -> Result<()> {
    loop {
        let meter = server.processes.meter()?;
        sleep(QUIET).await;
        if meter.used()? < QUIET / 100 {
            return Ok(());
        }
    }
}
