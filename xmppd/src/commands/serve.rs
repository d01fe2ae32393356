//! `xmppd serve`

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};
use xmppd::{
    config::{Config, Limits},
    control::ControlSocket,
    net::Server,
    store::{Capacity, Store},
};

use crate::{cli, failure::Failure};

pub(super) async fn run(arguments: cli::Serve) -> Result<(), Failure> {
    let config = Config::load(&arguments.config.config)?;
    let data = &arguments.data.data;
    let Limits { offline_messages: messages, offline_bytes: bytes, .. } = config.limits;
    let store = Store::open(data, Capacity { messages, bytes })?;
    let server = Server::bind(&config, store.clone()).await?;
    let socket = ControlSocket::bind(data).map_err(|error| {
        let what = format!("cannot listen on the control socket in `{}`: {error}", data.display());
        Failure::new(what, "the data folder must belong to the daemon's user")
    })?;
    let administration = server.administration();
    tokio::select! {
        () = server.run() => {}
        () = socket.serve(administration) => {}
        () = expire(&store, config.limits.offline_days) => {}
    }
    drop(socket);
    store.close().await;
    Ok(())
}

/// Once an hour, erases what has waited too long.
async fn expire(store: &Store, days: u32) {
    let mut hours = interval(Duration::from_secs(3600));
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        hours.tick().await;
        let before = OffsetDateTime::now_utc() - time::Duration::days(days.into());
        match store.expire_offline(before).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, days, "erased messages that nobody fetched"),
            Err(error) => tracing::error!(%error, "cannot erase old messages"),
        }
    }
}
