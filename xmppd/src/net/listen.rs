//! Accepting, signals, shutdown.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use time::OffsetDateTime;
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use super::{
    ServeError,
    begin::{self, Beginning, Service},
    complaint::Complaint,
    gate::{Gate, Permit},
    live::Running,
    shared::Shared,
    tls::Certificate,
    web,
};
use crate::{
    auth::Authenticator,
    config::{self, Config},
    control::Administration,
    router::{Router, Settings},
    store::Store,
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
    files: config::Tls,
    signals: Signals,
}

struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Server {
    /// Reads the certificate and the accounts, and listens on every address. From now on connections wait to
    /// be served, and signals for [`Server::run`].
    pub async fn bind(config: &Config, store: Store) -> Result<Self, ServeError> {
        let certificate = Arc::new(Certificate::load(&config.tls)?);
        let settings = Settings {
            domain: config.domain.as_str().to_owned(),
            organisation: config.organisation.clone(),
            stanza_bytes: config.limits.stanza_bytes,
            resources_per_account: config.limits.resources_per_account,
            roster: config.roster.clone(),
            personal_bytes: config.limits.personal_bytes,
            resumption_seconds: config.limits.resumption_seconds,
            patience: Duration::from_secs(config.limits.patience_seconds.into()),
            takes_plain: config.login.plain,
            token_days: config.login.token_days,
            version_shown: config.show_version,
            rooms: config.room_settings(),
            upload: config.upload_terms(),
        };
        let authenticator = Authenticator::new(config.domain.as_str(), store.decoy_secret().await?);
        let mut router =
            Router::new(settings, authenticator, store.accounts().await?, OffsetDateTime::now_utc());
        for record in router.restore(&store.records().await?) {
            tracing::warn!(?record, "cannot be read, and is left out");
        }
        let mut listeners = Vec::new();
        for address in &config.listen.addresses {
            for (port, beginning) in ports(config) {
                let address = SocketAddr::new(*address, port.number());
                let listener = TcpListener::bind(address).await;
                listeners.push((listener.map_err(|error| ServeError::Listen { address, error })?, beginning));
            }
        }
        let files = store.files().clone();
        if config.upload.enabled {
            files.prepare(|name| router.uploaded(name).is_some()).map_err(ServeError::Files)?;
        }
        let shared = Shared::new(router, store.clone());
        tokio::spawn(web::expire(Arc::downgrade(&shared)));
        let gate = Gate::new(config.limits.connections, config.limits.connections_per_address);
        let live = Arc::new(Running { shared: Arc::clone(&shared), gate: Arc::clone(&gate) });
        let administration = Arc::new(Administration::new(store, live));
        shared.set_administration(&administration);
        let service = Service {
            shared,
            certificate,
            limits: config.limits.clone(),
            site: web::Site::new(config, &files),
        };
        Ok(Self {
            listeners,
            service: Arc::new(service),
            gate,
            administration,
            files: config.tls.clone(),
            signals: Signals::new().map_err(ServeError::Signals)?,
        })
    }

    /// Who administers this server, for the control socket.
    pub fn administration(&self) -> Arc<Administration> {
        Arc::clone(&self.administration)
    }

    /// Serves until SIGTERM or SIGINT, then lets everybody say goodbye. SIGHUP reads the certificate again.
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
            match self.service.certificate.reload(&self.files) {
                Ok(()) => tracing::info!("certificate read again"),
                Err(error) => tracing::error!(%error, "certificate not read again, the old one stays"),
            }
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
