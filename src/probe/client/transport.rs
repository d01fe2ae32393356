//! Bytes to and from the appliance, in the clear or through TLS, never without a deadline.

use std::{
    io::{self, Read, Write},
    net::{SocketAddrV4, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};

use super::ClientError;

/// How long a TCP connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);

/// How long a handshake, or the writing of one stanza, may take; longer on what may be an emulated machine.
const PATIENCE: Duration = Duration::from_secs(if cfg!(target_os = "freebsd") { 30 } else { 10 });

/// A connection, in the clear or through TLS.
pub enum Transport {
    /// In the clear.
    Plain(TcpStream),
    /// Through TLS.
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// What reading brought.
pub enum Input {
    /// So many bytes.
    Bytes(usize),
    /// The other side has closed the connection, politely or not.
    Closed,
    /// Nothing, until the deadline.
    Silence,
}

impl Transport {
    /// Connects in the clear.
    pub fn connect(address: SocketAddrV4) -> Result<Self, ClientError> {
        let no_connection =
            |error: io::Error| ClientError::Connection(format!("cannot connect to {address}: {error}"));
        let socket = TcpStream::connect_timeout(&address.into(), CONNECT).map_err(no_connection)?;
        socket.set_nodelay(true).map_err(no_connection)?;
        socket.set_write_timeout(Some(PATIENCE)).map_err(no_connection)?;
        Ok(Self::Plain(socket))
    }

    /// Does the TLS handshake over what is still in the clear, and verifies the other side by `config`.
    pub fn secure(self, config: &Arc<ClientConfig>, name: &str) -> Result<Self, ClientError> {
        let Self::Plain(mut socket) = self else {
            return Err(ClientError::Unexpected("TLS was asked for within TLS".to_owned()));
        };
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| ClientError::Unexpected(format!("`{name}` is no name for TLS")))?;
        let mut connection = ClientConnection::new(Arc::clone(config), name).map_err(ClientError::Tls)?;
        let deadline = Instant::now() + PATIENCE;
        while connection.is_handshaking() {
            set_deadline(&socket, deadline)?;
            connection.complete_io(&mut socket).map_err(handshake_error)?;
        }
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, socket))))
    }

    /// Reads what has come, or waits for it until the deadline.
    pub fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<Input, ClientError> {
        set_deadline(self.socket(), deadline)?;
        let read = match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        };
        match read {
            Ok(0) => Ok(Input::Closed),
            Ok(length) => Ok(Input::Bytes(length)),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Ok(Input::Silence),
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
                    Ok(Input::Closed)
                }
                io::ErrorKind::Interrupted => Ok(Input::Bytes(0)),
                _ => Err(ClientError::Connection(format!("reading failed: {error}"))),
            },
        }
    }

    /// Writes all of it. That the other side has closed is no error: reading will say so, and after what it said last.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let written = match self {
            Self::Plain(socket) => socket.write_all(bytes),
            Self::Tls(tls) => tls.write_all(bytes).and_then(|()| tls.flush()),
        };
        match written {
            Err(error)
                if !matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) =>
            {
                Err(ClientError::Connection(format!("writing failed: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// The TLS connection's facts: certificates, version, protocol.
    pub fn tls(&self) -> Option<&ClientConnection> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => Some(&tls.conn),
        }
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => &tls.sock,
        }
    }
}

/// What is left until the deadline becomes the socket's timeout; at least a millisecond, as 0 would mean for ever.
fn set_deadline(socket: &TcpStream, deadline: Instant) -> Result<(), ClientError> {
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    socket
        .set_read_timeout(Some(left))
        .map_err(|error| ClientError::Connection(format!("cannot set a deadline: {error}")))
}

/// `rustls` hides its own errors within those of input and output.
fn handshake_error(error: io::Error) -> ClientError {
    match error.downcast::<rustls::Error>() {
        Ok(tls) => ClientError::Tls(tls),
        Err(error) => ClientError::Connection(format!("the TLS handshake broke off: {error}")),
    }
}
