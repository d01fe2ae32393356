//! The bare cost: a relay that knows nothing of XMPP. What one member of a group sends, it decrypts, copies for each other
//! member, and encrypts; like any server worth its name it writes at once what waits for somebody.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex},
};

use bytes::{Bytes, BytesMut};
use miette::{IntoDiagnostic, Result};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{Beginning, Language, Running, Server, certificate, free_port};
use crate::{
    charge::Processes,
    client::{Client, login},
    cores::Cores,
};

const DOMAIN: &str = "relay.test";
const GULP: usize = 16 * 1024;

/// Where the relay listens.
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    address: SocketAddr,
    certificate: PathBuf,
}

/// Starts the relay as a process of its own, so that it can be charged.
pub(crate) async fn start(cores: &Cores) -> Result<Server> {
    let folder = TempDir::new().into_diagnostic()?;
    certificate::write(folder.path(), DOMAIN)?;
    let address = free_port()?;
    let mut command = Command::new(std::env::current_exe().into_diagnostic()?);
    command.args(["relay", &address.to_string()]).arg(folder.path());
    let running = Running::start(&mut command, address, cores).await?;
    Ok(Server {
        address,
        beginning: Beginning::Direct,
        language: Language::Relay,
        domain: DOMAIN.to_owned(),
        tls: certificate::trusted(&folder.path().join("chain.pem"))?,
        accounts: Arc::new([]),
        processes: Processes::new(vec![running.process()]),
        _running: Some(running),
    })
}

/// Connects, and becomes a member of that group.
pub(crate) async fn join(server: &Server, group: usize) -> Result<Client> {
    let mut wire = login::connect(server).await?;
    wire.send(&format!("{group:08}")).await?;
    wire.until("joined").await?;
    Ok(Client::new(wire, format!("member@{DOMAIN}/of-{group}")))
}

type Members = Vec<UnboundedSender<Bytes>>;
type Groups = Arc<Mutex<HashMap<[u8; 8], Members>>>;

/// Relays for ever.
#[tokio::main]
pub(crate) async fn serve(arguments: &Arguments) -> Result<()> {
    let acceptor = TlsAcceptor::from(certificate::shown(&arguments.certificate)?);
    let listener = TcpListener::bind(arguments.address).await.into_diagnostic()?;
    let groups = Groups::default();
    loop {
        let (socket, _) = listener.accept().await.into_diagnostic()?;
        let (acceptor, groups) = (acceptor.clone(), Arc::clone(&groups));
        tokio::spawn(async move {
            socket.set_nodelay(true).into_diagnostic()?;
            serve_member(acceptor.accept(socket).await.into_diagnostic()?, groups).await
        });
    }
}

async fn serve_member(stream: TlsStream<TcpStream>, groups: Groups) -> Result<()> {
    let (mut from, to) = tokio::io::split(stream);
    let mut group = [0; 8];
    from.read_exact(&mut group).await.into_diagnostic()?;
    let (mailbox, waiting) = unbounded_channel();
    let _ = mailbox.send(Bytes::from_static(b"joined"));
    groups.lock().expect("nobody panics with it").entry(group).or_default().push(mailbox.clone());
    tokio::spawn(write(waiting, to));
    copy(from, &mailbox, group, &groups).await
}

/// To all others of the group, until the member hangs up.
async fn copy(
    mut from: ReadHalf<TlsStream<TcpStream>>,
    own: &UnboundedSender<Bytes>,
    group: [u8; 8],
    groups: &Groups,
) -> Result<()> {
    loop {
        let mut buffer = BytesMut::with_capacity(GULP);
        let count = from.read_buf(&mut buffer).await.into_diagnostic()?;
        let text = buffer.freeze();
        let mut groups = groups.lock().expect("nobody panics with it");
        let members = groups.entry(group).or_default();
        if count == 0 {
            members.retain(|member| !member.same_channel(own));
            return Ok(());
        }
        for member in members.iter().filter(|member| !member.same_channel(own)) {
            let _ = member.send(text.clone());
        }
    }
}

async fn write(mut waiting: UnboundedReceiver<Bytes>, mut to: WriteHalf<TlsStream<TcpStream>>) -> Result<()> {
    let mut buffer = BytesMut::new();
    while let Some(text) = waiting.recv().await {
        buffer.extend_from_slice(&text);
        while buffer.len() < GULP
            && let Ok(more) = waiting.try_recv()
        {
            buffer.extend_from_slice(&more);
        }
        to.write_all(&buffer).await.into_diagnostic()?;
        to.flush().await.into_diagnostic()?;
        buffer.clear();
    }
    Ok(())
}
