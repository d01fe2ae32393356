//! One client: TLS over a blocking socket, and as much XMPP as a login takes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use miette::{IntoDiagnostic, Result, miette};
use rustls::{ClientConfig, ClientConnection, StreamOwned, pki_types::ServerName};
use sasl::{
    client::{Mechanism, mechanisms::Scram},
    common::{ChannelBinding, scram::Sha256},
};

/// A connection of one client.
pub(crate) struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    unread: Vec<u8>,
}

impl Connection {
    /// Connects with TLS from the first byte.
    pub(crate) fn open(address: SocketAddr, tls: &Arc<ClientConfig>) -> Result<Self> {
        let socket = TcpStream::connect(address).into_diagnostic()?;
        socket.set_nodelay(true).into_diagnostic()?;
        socket.set_read_timeout(Some(Duration::from_secs(20))).into_diagnostic()?;
        let name = ServerName::try_from("bench.test").into_diagnostic()?;
        let session = ClientConnection::new(Arc::clone(tls), name).into_diagnostic()?;
        Ok(Self { stream: StreamOwned::new(session, socket), unread: Vec::new() })
    }

    /// Logs in, and becomes available.
    pub(crate) fn log_in(&mut self, name: &str, password: &str) -> Result<()> {
        const OPEN: &str = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
                            to='bench.test' version='1.0'>";
        let mut scram =
            Scram::<Sha256>::new(name, password, ChannelBinding::None).map_err(|e| miette!("{e:?}"))?;
        self.send(OPEN)?;
        self.until("</stream:features>")?;
        self.send(&format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>{}</auth>",
            BASE64.encode(scram.initial())
        ))?;
        let challenge = BASE64.decode(between(&self.until("</challenge>")?)).into_diagnostic()?;
        let answer = scram.response(&challenge).map_err(|error| miette!("{error}"))?;
        self.send(&format!(
            "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</response>",
            BASE64.encode(answer)
        ))?;
        self.until("</success>")?;
        self.send(OPEN)?;
        self.until("</stream:features>")?;
        self.send(
            "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>b</resource></bind></iq>",
        )?;
        self.until("</iq>")?;
        self.send("<presence/><iq type='get' id='ready'><ping xmlns='urn:xmpp:ping'/></iq>")?;
        self.until("ready").map(drop)
    }

    /// Sends text.
    pub(crate) fn send(&mut self, text: &str) -> Result<()> {
        self.stream.write_all(text.as_bytes()).into_diagnostic()
    }

    /// Reads once, and counts how often `mark` came to its end.
    pub(crate) fn receive(&mut self, mark: &str) -> Result<usize> {
        self.fill()?;
        let text = &self.unread;
        let found = text.windows(mark.len()).filter(|window| *window == mark.as_bytes()).count();
        let keep = if found == 0 { text.len().min(mark.len() - 1) } else { tail(text, mark.as_bytes()) };
        self.unread.drain(..self.unread.len() - keep);
        Ok(found)
    }

    /// Reads until `mark` came, and returns what was read up to its end.
    fn until(&mut self, mark: &str) -> Result<String> {
        loop {
            let text = String::from_utf8_lossy(&self.unread).into_owned();
            if let Some(at) = text.find(mark) {
                let end = at + mark.len();
                self.unread.drain(..end);
                return Ok(text[..end].to_owned());
            }
            self.fill().map_err(|error| miette!("waiting for `{mark}`: {error}; got `{text}`"))?;
        }
    }

    fn fill(&mut self) -> Result<()> {
        let mut buffer = [0; 16 * 1024];
        let count = self.stream.read(&mut buffer).into_diagnostic()?;
        if count == 0 {
            return Err(miette!("the server closed the connection"));
        }
        self.unread.extend_from_slice(&buffer[..count]);
        Ok(())
    }
}

/// How many bytes after the last `mark` may still become one.
fn tail(text: &[u8], mark: &[u8]) -> usize {
    let after = text.windows(mark.len()).rposition(|window| window == mark).map_or(0, |at| at + mark.len());
    (text.len() - after).min(mark.len() - 1)
}

/// The text of the last element in `xml`.
fn between(xml: &str) -> &str {
    let end = xml.rfind("</").unwrap_or(xml.len());
    let start = xml[..end].rfind('>').map_or(0, |at| at + 1);
    &xml[start..end]
}
