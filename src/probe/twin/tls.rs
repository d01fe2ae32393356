//! The twin's side of TLS, and the pipe that a conversation goes through.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use rustls::{
    ProtocolVersion, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::{TLS12, TLS13},
};

use super::{certificates::Certificates, world::Habit};

/// How long a read waits: between two reads a conversation looks for what others sent.
const TICK: Duration = Duration::from_millis(5);

/// The bytes of a conversation, in the clear or through TLS.
pub(super) enum Pipe {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

pub(super) fn server(habits: &[Habit], certificates: &Certificates, protocol: &[u8]) -> Arc<ServerConfig> {
    let versions: Vec<&'static SupportedProtocolVersion> =
        [(&TLS12, Habit::NoTls12), (&TLS13, Habit::NoTls13)]
            .into_iter()
            .filter_map(|(version, without)| (!habits.contains(&without)).then_some(version))
            .collect();
    let chain = CertificateDer::pem_slice_iter(certificates.chain.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    if !habits.contains(&Habit::NoAlpn) {
        config.alpn_protocols = vec![protocol.to_vec()];
    }
    Arc::new(config)
}

impl Pipe {
    pub(super) fn plain(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(false)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(TICK))?;
        Ok(Self::Plain(socket))
    }

    pub(super) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// What a login can be bound to (RFC 9266).
    pub(super) fn exporter(&self) -> Option<Vec<u8>> {
        let Self::Tls(tls) = self else { return None };
        let exports = tls.conn.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        let export = || tls.conn.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", None).ok();
        exports.then(export).flatten()
    }

    /// Does the handshake; or answers a hello of old, if it is so lax.
    pub(super) fn secure(self, config: &Arc<ServerConfig>, lax: bool) -> io::Result<Self> {
        let Self::Plain(mut socket) = self else { return Ok(self) };
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        if lax && is_old(&socket)? {
            // The head of a ServerHello is all that a probe waits for.
            socket.write_all(&[22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1])?;
            return Err(io::Error::other("a hello of old was answered"));
        }
        let mut connection = ServerConnection::new(Arc::clone(config)).unwrap();
        while connection.is_handshaking() {
            if let Err(error) = connection.complete_io(&mut socket) {
                let _ = connection.write_tls(&mut socket); // the alert
                return Err(error);
            }
        }
        socket.set_read_timeout(Some(TICK))?;
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, socket))))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.write_all(bytes),
            Self::Tls(tls) => tls.write_all(bytes).and_then(|()| tls.flush()),
        }
    }

    /// `None` if nothing has come yet.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let read = match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        };
        match read {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Ok(None)
            }
            other => other.map(Some),
        }
    }
}

/// Whether the hello that waits to be read is of a version before TLS 1.2.
fn is_old(socket: &TcpStream) -> io::Result<bool> {
    let mut head = [0; 11];
    let mut length = 0;
    while length < head.len() {
        length = socket.peek(&mut head)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(u16::from_be_bytes([head[9], head[10]]) < 0x0303)
}
