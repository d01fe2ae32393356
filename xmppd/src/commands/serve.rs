//! `xmppd serve`

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};
use xmppd::{config::Config, control::ControlSocket, net::Server, store::Store};

use crate::{cli, failure::Failure};

pub(super) async fn run(arguments: cli::Serve) -> Result<(), Failure> {
    let path = &arguments.config.config;
    let config = Config::load(path)?;
    let data = &arguments.data.data;
    let store = Store::open(data, config.capacity())?;
    let server = Server::bind(config, path, store.clone()).await?;
    let socket = ControlSocket::bind(data).map_err(|error| {
        let what = format!("cannot listen on the control socket in `{}`: {error}", data.display());
        Failure::new(what, "the data folder must belong to the daemon's user")
    })?;
    let administration = server.administration();
    tokio::select! {
        () = server.run() => {}
        () = socket.serve(administration) => {}
        () = expire(&store) => {}
    }
    drop(socket);
    store.close().await;
    Ok(())
}

/// Once an hour, erases what has waited too long.
async fn expire(store: &Store) {
    let mut hours = interval(Duration::from_secs(3600));
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        hours.tick().await;
        let now = OffsetDateTime::now_utc();
        match store.expire_offline(now).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, "erased messages that nobody fetched"),
            Err(error) => tracing::error!(%error, "cannot erase old messages"),
        }
        match store.expire_deeds(now).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, "erased what administrators did two school years ago"),
            Err(error) => tracing::error!(%error, "cannot erase what administrators did long ago"),
        }
    }
}
