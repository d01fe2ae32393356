//! The way of a request: to the daemon where one runs, else straight into the store.

use std::{io, path::Path, sync::Arc};

use xmppd::{
    control::{Administration, Answer, Client, NobodyLive, Request, SOCKET},
    store::{Capacity, Store, StoreError},
};

use crate::failure::Failure;

/// Whoever carries requests out.
pub(super) enum Administrator {
    /// The daemon.
    Daemon(Client),
    /// This process, which holds the store, so that no daemon can start meanwhile.
    Alone(Administration, Store),
}

impl Administrator {
    /// Finds out who serves this data folder.
    pub(super) fn of(data: &Path) -> Result<Self, Failure> {
        if let Some(client) = daemon(data)? {
            return Ok(Self::Daemon(client));
        }
        // No message is kept by this process, whatever the limit.
        let store = Store::open(data, Capacity::default()).map_err(|error| match error {
            StoreError::InUse => Failure::new(
                "the database is in use, but no daemon answers on the control socket",
                "the daemon may be starting or stopping: try again in a moment",
            ),
            error => error.into(),
        })?;
        let live = Arc::new(NobodyLive(store.clone()));
        Ok(Self::Alone(Administration::new(store.clone(), live), store))
    }

    /// Asks, and waits until it is done.
    pub(super) async fn ask(&mut self, request: Request) -> Result<Answer, Failure> {
        let answer = match self {
            Self::Daemon(client) => return Ok(client.ask(request)?),
            Self::Alone(administration, _) => {
                let who = format!("uid {}, no daemon running", nix::unistd::getuid());
                administration.carry_out(&who, request).await
            }
        };
        Ok(answer?)
    }

    /// Lets the store go.
    pub(super) async fn done(self) {
        if let Self::Alone(_, store) = self {
            store.close().await;
        }
    }
}

/// Asks the daemon that serves this data folder; without one, there is nothing to ask.
pub(super) async fn ask_daemon(data: &Path, request: Request) -> Result<Answer, Failure> {
    let Some(mut client) = daemon(data)? else {
        let what = format!("no daemon runs on `{}`", data.display());
        return Err(Failure::new(what, "`xmppd serve` starts one; `--data` names its data folder"));
    };
    Ok(client.ask(request)?)
}

/// The daemon that serves this data folder, if one runs.
fn daemon(data: &Path) -> Result<Option<Client>, Failure> {
    Client::connect(&data.join(SOCKET), None).map_err(|error| {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => "only the daemon's user and root may administer it",
            _ => "`--data` names the daemon's data folder",
        };
        Failure::new(format!("cannot connect to the control socket in `{}`: {error}", data.display()), hint)
    })
}
