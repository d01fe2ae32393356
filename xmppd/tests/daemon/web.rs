//! A browser's side of the web port: HTTPS by hand, and a WebSocket by an unrelated library.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use futures::{SinkExt, StreamExt};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use sasl::{
    client::{Mechanism, mechanisms::Scram},
    common::{ChannelBinding, Credentials, scram::Sha256},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue, StatusCode},
    },
};
use tokio_xmpp::minidom::Element;

use crate::server::{DOMAIN, LIMIT, PASSWORD, Server};

/// RFC 7395 §3.3.2.
pub(crate) const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='school.test' version='1.0'/>";
const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";

/// A WebSocket that speaks XMPP.
pub(crate) struct Socket(WebSocketStream<TlsStream<TcpStream>>);

/// An answer of HTTP.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The whole head, in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// TLS to the web port, as a browser asks for it.
pub(crate) async fn secure(server: &Server) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(server.authority()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let tcp = TcpStream::connect(server.web).await.unwrap();
    let name = ServerName::try_from(DOMAIN).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap()
}

/// Asks once: `GET /path HTTP/1.1` with its headers, each with its line's end; then what is to follow.
pub(crate) async fn request(server: &Server, head: &str, body: &[u8]) -> Response {
    let exchange = async {
        let mut tls = secure(server).await;
        let head = format!("{head}Host: {DOMAIN}\r\nConnection: close\r\n\r\n");
        tls.write_all(head.as_bytes()).await.unwrap();
        let _ = tls.write_all(body).await; // who refuses need not read
        let mut answer = Vec::new();
        let _ = tls.read_to_end(&mut answer).await;
        answer
    };
    let answer = timeout(LIMIT, exchange).await.expect("an answer takes too long");
    let end = memchr::memmem::find(&answer, b"\r\n\r\n").expect("a whole head");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Response { status, head, body: answer[end + 4..].to_vec() }
}

pub(crate) async fn get(server: &Server, path: &str) -> Response {
    request(server, &format!("GET {path} HTTP/1.1\r\n"), b"").await
}

impl Socket {
    /// Shakes hands with these headers.
    pub(crate) async fn connect(
        server: &Server,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, StatusCode> {
        let mut request = format!("wss://{DOMAIN}/xmpp-websocket").into_client_request().unwrap();
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        match client_async(request, secure(server).await).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(response)) => Err(response.status()),
            Err(other) => panic!("neither let in nor refused: {other}"),
        }
    }

    /// Connects as a well-behaved client does.
    pub(crate) async fn open(server: &Server) -> Self {
        let mut socket = Self::connect(server, &[("sec-websocket-protocol", "xmpp")]).await.unwrap();
        socket.send(OPEN).await;
        assert_eq!(socket.next().await.name(), "open");
        assert!(socket.next().await.is("features", "http://etherx.jabber.org/streams"));
        socket
    }

    /// Logs in, tied to the TLS connection, and is ready for messages.
    pub(crate) async fn online(server: &Server, name: &str) -> Self {
        let mut socket = Self::open(server).await;
        socket.log_in(name).await;
        socket.send("<presence xmlns='jabber:client'/>").await;
        socket
    }

    async fn log_in(&mut self, name: &str) {
        let tls = self.0.get_ref().get_ref().1;
        let exported = tls.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", None).unwrap();
        let credentials = Credentials::default()
            .with_username(name)
            .with_password(PASSWORD)
            .with_channel_binding(ChannelBinding::TlsExporter(exported));
        let mut scram = Scram::<Sha256>::from_credentials(credentials).unwrap();
        let first = BASE64.encode(scram.initial());
        self.send(&format!("<auth xmlns='{SASL}' mechanism='SCRAM-SHA-256-PLUS'>{first}</auth>")).await;
        let challenge = BASE64.decode(self.next().await.text()).unwrap();
        let answer = BASE64.encode(scram.response(&challenge).unwrap());
        self.send(&format!("<response xmlns='{SASL}'>{answer}</response>")).await;
        let success = self.next().await;
        assert!(success.is("success", SASL), "{success:?}");
        scram.success(&BASE64.decode(success.text()).unwrap()).unwrap();
        self.send(OPEN).await;
        assert_eq!(self.next().await.name(), "open");
        let features = self.next().await;
        assert!(features.has_child("bind", "urn:ietf:params:xml:ns:xmpp-bind"), "{features:?}");
        self.send(
            "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
        )
        .await;
        assert_eq!(self.next().await.attr("type"), Some("result"));
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.send_frame(Message::text(text)).await;
    }

    pub(crate) async fn send_frame(&mut self, message: Message) {
        timeout(LIMIT, self.0.send(message)).await.expect("sending takes too long").unwrap();
    }

    /// The next message, which must be one element that declares all its namespaces.
    pub(crate) async fn next(&mut self) -> Element {
        match self.next_frame().await {
            Message::Text(text) => text.parse().unwrap_or_else(|error| panic!("{error}: {text}")),
            other => panic!("no text but {other:?}"),
        }
    }

    /// The next stanza of that name, others being passed over.
    pub(crate) async fn stanza(&mut self, name: &str) -> Element {
        loop {
            let next = self.next().await;
            if next.is(name, "jabber:client") {
                return next;
            }
        }
    }

    pub(crate) async fn next_frame(&mut self) -> Message {
        timeout(LIMIT, self.0.next()).await.expect("nothing comes").expect("it is open").unwrap()
    }

    /// Reads on until it is closed; answers with what was said last, and the number of the reason.
    pub(crate) async fn closed(&mut self) -> (Vec<Element>, u16) {
        let mut said = Vec::new();
        loop {
            match self.next_frame().await {
                Message::Text(text) => said.push(text.parse().unwrap()),
                Message::Close(frame) => return (said, frame.expect("a reason").code.into()),
                other => panic!("neither text nor the end: {other:?}"),
            }
        }
    }
}
