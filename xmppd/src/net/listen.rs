//! Accepting, signals, shutdown.

use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use time::OffsetDateTime;
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use super::{
    ServeError,
    begin::{self, Beginning, Service, Terms},
    complaint::Complaint,
    gate::{Gate, Permit},
    live::Running,
    reload::Reloader,
    shared::Shared,
    tls::Certificate,
    web,
};
use crate::{
    auth::Authenticator,
    config::{self, Config},
    control::{Administration, Request},
    router::Router,
    store::{Store, StoreError},
    stream::StreamError,
};

/// How long connections may take to say goodbye when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// The server, listening.
pub struct Server {
    listeners: Vec<(TcpListener, Beginning)>,
    service: Arc<Service>,
    gate: Arc<Gate>,
    administration: Arc<Administration>,
    signals: Signals,
}

struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Server {
    /// Reads the certificate and the accounts, has those forgotten that were removed meanwhile, and listens on every
    /// address that the settings name, which were read from `path`. From now on connections wait to be served, and
    /// signals for [`Server::run`].
    pub async fn bind(config: Config, path: &Path, store: Store) -> Result<Self, ServeError> {
        let certificate = Certificate::load(&config.tls)?;
        let router = router(&config, &store).await?;
        let listeners = listeners(&config).await?;
        if config.upload.enabled {
            store.files().prepare().map_err(ServeError::Files)?;
        }
        store.files().prune(|name| router.uploads.file(name).is_some()).map_err(ServeError::Files)?;
        let shared = Shared::new(router, store.clone());
        let is_wipe_owed = store.is_wipe_owed().await?;
        forget_removed(&shared, &store.removed().await?, is_wipe_owed).await;
        tokio::spawn(web::expire(Arc::downgrade(&shared)));
        let terms = Terms::new(&config, certificate, store.files());
        let service = Arc::new(Service::new(Arc::clone(&shared), terms));
        let gate = Gate::new(config.limits.connections, config.limits.connections_per_address);
        let reloader = Reloader {
            path: path.to_owned(),
            in_force: Mutex::new(config),
            service: Arc::clone(&service),
            gate: Arc::clone(&gate),
            store: store.clone(),
        };
        let live = Arc::new(Running { shared, gate: Arc::clone(&gate), reloader });
        let administration = Arc::new(Administration::new(store, live));
        service.shared.set_administration(&administration);
        let signals = Signals::new().map_err(ServeError::Signals)?;
        Ok(Self { listeners, service, gate, administration, signals })
    }

    /// Who administers this server, for the control socket.
    pub fn administration(&self) -> Arc<Administration> {
        Arc::clone(&self.administration)
    }

    /// Serves until SIGTERM or SIGINT, then lets everybody say goodbye. SIGHUP reads settings and certificate again.
    pub async fn run(mut self) {
        let (stop, stopped) = watch::channel(false);
        let (alive, mut all_gone) = mpsc::channel::<()>(1);
        for (listener, beginning) in self.listeners.drain(..) {
            let (service, gate) = (Arc::clone(&self.service), Arc::clone(&self.gate));
            let (mut stopped, alive) = (stopped.clone(), alive.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = accept(listener, beginning, service, gate, alive) => {}
                    _ = stopped.changed() => {}
                }
            });
        }
        drop(alive);
        tracing::info!("ready");
        while self.signals.next().await == Wish::Reload {
            // The log says what came of it.
            let _ = self.administration.carry_out("SIGHUP", Request::Reload).await;
        }
        tracing::info!("stopping");
        stop.send_replace(true);
        self.service.shared.drive(Router::close_rooms);
        self.service.shared.close_all(StreamError::SystemShutdown);
        if timeout(GRACE, all_gone.recv()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        if timeout(GRACE, self.service.shared.settle()).await.is_err() {
            tracing::warn!("the store did not finish in time");
        }
    }
}

/// Everything that the server knows at its start.
async fn router(config: &Config, store: &Store) -> Result<Router, StoreError> {
    let authenticator = Authenticator::new(config.domain.as_str(), store.decoy_secret().await?);
    let (accounts, now) = (store.accounts().await?, OffsetDateTime::now_utc());
    let mut router = Router::new(config.settings(), authenticator, accounts, now);
    for record in router.restore(&store.records().await?) {
        let (owner, shelf) = (&record.owner, record.shelf.name()); // the key may say whom somebody has blocked
        tracing::warn!(?owner, shelf, "a record cannot be read, and is left out");
    }
    Ok(router)
}

/// Erases what others keep of accounts that were removed while no server ran, or just before one died.
async fn forget_removed(shared: &Shared, removed: &[String], is_wipe_owed: bool) {
    if !is_wipe_owed {
        return;
    }
    shared.drive(|router, cx| removed.iter().for_each(|name| router.make_up_for_removal(name, cx)));
    // What cannot be wiped is tried again with whatever is written next.
    if let Err(error) = shared.wipe().await {
        tracing::error!(%error, "cannot wipe what others kept of removed accounts");
    }
}

async fn listeners(config: &Config) -> Result<Vec<(TcpListener, Beginning)>, ServeError> {
    let mut listeners = Vec::new();
    for address in &config.listen.addresses {
        for (port, beginning) in ports(config) {
            let address = SocketAddr::new(*address, port.number());
            let listener = TcpListener::bind(address).await;
            listeners.push((listener.map_err(|error| ServeError::Listen { address, error })?, beginning));
        }
    }
    Ok(listeners)
}

/// Where it listens, and how connections begin there.
fn ports(config: &Config) -> impl Iterator<Item = (config::Port, Beginning)> {
    let web = config.web.enabled.then_some((config.web.port, Beginning::Web));
    [(config.listen.starttls, Beginning::StartTls), (config.listen.direct_tls, Beginning::Direct)]
        .into_iter()
        .chain(web)
}

async fn accept(
    listener: TcpListener,
    beginning: Beginning,
    service: Arc<Service>,
    gate: Arc<Gate>,
    alive: mpsc::Sender<()>,
) {
    let (mut crowd, mut failure) = (Complaint::default(), Complaint::default());
    loop {
        match listener.accept().await {
            Ok((tcp, peer)) => match gate.enter(peer.ip()) {
                Some(permit) => admit(tcp, peer.ip(), beginning, permit, &service, &alive),
                None => {
                    if let Some(times) = crowd.again(Instant::now()) {
                        tracing::warn!(address = %peer.ip(), times, "too many connections");
                    }
                }
            },
            Err(error) => {
                if let Some(times) = failure.again(Instant::now()) {
                    tracing::warn!(%error, times, "cannot accept");
                }
                sleep(Duration::from_millis(100)).await; // no file descriptors, say: others may end meanwhile
            }
        }
    }
}

fn admit(
    tcp: TcpStream,
    peer: IpAddr,
    beginning: Beginning,
    permit: Permit,
    service: &Arc<Service>,
    alive: &mpsc::Sender<()>,
) {
    if tcp.set_nodelay(true).is_err() {
        return; // it is gone already
    }
    let (service, alive) = (Arc::clone(service), alive.clone());
    tokio::spawn(async move {
        begin::serve(tcp, peer, beginning, &service).await;
        drop((permit, alive));
    });
}

#[derive(Debug, Eq, PartialEq)]
enum Wish {
    Reload,
    Stop,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.hangup.recv() => Wish::Reload,
            _ = self.interrupt.recv() => Wish::Stop,
            _ = self.terminate.recv() => Wish::Stop,
        }
    }
}
