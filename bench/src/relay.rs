//! The bare cost: a relay that knows nothing of XMPP, and only decrypts, copies and encrypts.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use miette::{IntoDiagnostic, Result, miette};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    client::Connection,
    load::{Load, Pair, free_port},
    server::{Certificate, Running},
};

/// Where the relay listens.
#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    address: SocketAddr,
    certificate: PathBuf,
}

/// CPU microseconds for each message through the relay.
pub(crate) fn measure(load: &Load, window: usize) -> Result<f64> {
    let folder = tempfile::tempdir().into_diagnostic()?;
    let certificate = Certificate::write(folder.path())?;
    let address = free_port()?;
    let relay = Command::new(std::env::current_exe().into_diagnostic()?)
        .args(["relay", &address.to_string()])
        .arg(folder.path())
        .spawn()
        .into_diagnostic()?;
    let relay = Running::wait_for(relay, address)?;
    let pairs = (0..load.pairs)
        .map(|index| {
            let mut reader = Connection::open(address, &certificate.tls)?;
            let mut writer = Connection::open(address, &certificate.tls)?;
            reader.send(&format!("r{index:07}"))?;
            std::thread::sleep(Duration::from_millis(20));
            writer.send(&format!("w{index:07}"))?;
            Ok(Pair { writer, reader, to: format!("r{index}@bench.test/b") })
        })
        .collect::<Result<Vec<_>>>()?;
    load.run(pairs, window, relay.pid())
}

type Waiting = Arc<Mutex<HashMap<[u8; 7], WriteHalf<TlsStream<TcpStream>>>>>;

/// Relays what each writer sends to the reader with the same number, for ever.
#[tokio::main]
pub(crate) async fn serve(arguments: &Arguments) -> Result<()> {
    let acceptor = TlsAcceptor::from(Certificate::read(&arguments.certificate)?);
    let listener = TcpListener::bind(arguments.address).await.into_diagnostic()?;
    let waiting = Waiting::default();
    loop {
        let (socket, _) = listener.accept().await.into_diagnostic()?;
        let (acceptor, waiting) = (acceptor.clone(), Arc::clone(&waiting));
        tokio::spawn(async move {
            socket.set_nodelay(true).into_diagnostic()?;
            relay(acceptor.accept(socket).await.into_diagnostic()?, waiting).await
        });
    }
}

async fn relay(stream: TlsStream<TcpStream>, waiting: Waiting) -> Result<()> {
    let (mut from, to) = tokio::io::split(stream);
    let mut role = [0; 8];
    from.read_exact(&mut role).await.into_diagnostic()?;
    let number: [u8; 7] = role[1..].try_into().into_diagnostic()?;
    if role[0] == b'r' {
        waiting.lock().expect("nobody panics with it").insert(number, to);
        return hold(from).await;
    }
    let reader = waiting.lock().expect("nobody panics with it").remove(&number);
    let mut to = reader.ok_or_else(|| miette!("the writer came before its reader"))?;
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).await.into_diagnostic()?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..count]).await.into_diagnostic()?;
        to.flush().await.into_diagnostic()?;
    }
}

/// Keeps a reader's half open until its client goes.
async fn hold(mut from: ReadHalf<TlsStream<TcpStream>>) -> Result<()> {
    while from.read(&mut [0; 64]).await.into_diagnostic()? > 0 {}
    Ok(())
}
