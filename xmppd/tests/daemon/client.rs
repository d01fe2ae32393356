//! An unrelated client: tokio-xmpp and xmpp-parsers, with our own trust, and no reconnecting behind our back.

use std::{borrow::Cow, collections::BTreeSet, net::SocketAddr, sync::Arc};

use futures::{SinkExt, StreamExt};
use rustls::{
    ALL_VERSIONS, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
    version::TLS12,
};
use sasl::common::{ChannelBinding, Credentials};
use tokio::{io::BufStream, net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_xmpp::{
    Error, Stanza, client_login,
    jid::{BareJid, FullJid, Jid},
    parsers::{
        bind::{BindQuery, BindResponse},
        iq::Iq,
        message::{Lang, Message},
        ns::JABBER_CLIENT,
        presence::Presence,
        roster::{Item, Roster},
        sm, starttls,
        stream_error::DefinedCondition,
        stream_features::StreamFeatures,
    },
    xmlstream::{StreamHeader, Timeouts, XmppStream, XmppStreamElement, initiate_stream},
};

use crate::server::{DOMAIN, LIMIT, PASSWORD, Server};

/// How somebody logs in.
pub(crate) struct Login<'a> {
    server: &'a Server,
    by_way_of: Option<SocketAddr>,
    name: &'a str,
    password: &'a str,
    direct: bool,
    mechanisms: Option<&'a [&'a str]>,
    tls12: bool,
}

type SecureStream = XmppStream<BufStream<TlsStream<TcpStream>>>;

/// Somebody who has proved who they are.
pub(crate) struct Proved {
    pub(crate) stream: SecureStream,
    /// What may come next.
    pub(crate) features: StreamFeatures,
    leaf: CertificateDer<'static>,
    mechanisms: BTreeSet<String>,
}

/// Somebody who is logged in and has bound a resource.
pub(crate) struct Client {
    stream: SecureStream,
    pub(crate) jid: FullJid,
    /// The certificate that the server showed.
    pub(crate) leaf: CertificateDer<'static>,
    /// How logins were offered.
    pub(crate) mechanisms: BTreeSet<String>,
    /// How many stanzas it has had since its stream is managed.
    handled: u32,
}

impl<'a> Login<'a> {
    pub(crate) fn new(server: &'a Server, name: &'a str) -> Self {
        Self {
            server,
            by_way_of: None,
            name,
            password: PASSWORD,
            direct: false,
            mechanisms: None,
            tls12: false,
        }
    }

    pub(crate) fn password(self, password: &'a str) -> Self {
        Self { password, ..self }
    }

    /// With TLS from the first byte, over something in between.
    pub(crate) fn by_way_of(self, address: SocketAddr) -> Self {
        Self { by_way_of: Some(address), direct: true, ..self }
    }

    /// TLS from the first byte, instead of STARTTLS.
    pub(crate) fn direct(self) -> Self {
        Self { direct: true, ..self }
    }

    /// Knows these mechanisms only.
    pub(crate) fn only(self, mechanisms: &'a [&'a str]) -> Self {
        Self { mechanisms: Some(mechanisms), ..self }
    }

    pub(crate) fn tls12(self) -> Self {
        Self { tls12: true, ..self }
    }

    /// Logs in and binds a resource of the server's choice.
    pub(crate) async fn run(self) -> Result<Client, Error> {
        timeout(LIMIT, self.connect()).await.expect("logging in takes too long")
    }

    async fn connect(self) -> Result<Client, Error> {
        let Proved { stream, leaf, mechanisms, .. } = self.prove().await?;
        let jid = FullJid::new(&format!("{}@{DOMAIN}/unbound", self.name)).unwrap();
        let mut client = Client { stream, jid, leaf, mechanisms, handled: 0 };
        client.bind().await;
        Ok(client)
    }

    /// Logs in, and binds nothing yet.
    pub(crate) async fn prove(&self) -> Result<Proved, Error> {
        let tls = self.secure().await?;
        let (_, connection) = tls.get_ref();
        let leaf = connection.peer_certificates().unwrap()[0].clone().into_owned();
        let tls13 = connection.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
        let binding = if tls13 { ChannelBinding::TlsExporter(exported(&tls)) } else { ChannelBinding::None };

        let stream = initiate_stream(BufStream::new(tls), JABBER_CLIENT, header(), Timeouts::tight()).await?;
        let (features, stream) = stream.recv_features().await?;
        let mechanisms = features.sasl_mechanisms;
        let mut known = mechanisms.clone();
        let binding = match self.mechanisms {
            Some(only) => {
                known.retain(|name| only.contains(&name.as_str()));
                if only.iter().any(|name| name.ends_with("-PLUS")) { binding } else { ChannelBinding::None }
            }
            None => binding,
        };
        let credentials = Credentials::default()
            .with_username(self.name)
            .with_password(self.password)
            .with_channel_binding(binding);
        let stream = client_login(stream, known, credentials).await?;
        let (features, stream) = stream.send_header(header()).await?.recv_features().await?;
        Ok(Proved { stream, features, leaf, mechanisms })
    }

    /// Connects, and has TLS.
    pub(crate) async fn secure(&self) -> Result<TlsStream<TcpStream>, Error> {
        let direct = self.by_way_of.unwrap_or(self.server.direct_tls);
        let tcp = if self.direct { tcp(direct).await? } else { self.starttls().await? };
        let connector = TlsConnector::from(Arc::new(self.tls()));
        Ok(connector.connect(ServerName::try_from(DOMAIN).unwrap(), tcp).await?)
    }

    /// RFC 6120 §5.
    async fn starttls(&self) -> Result<TcpStream, Error> {
        let plain = BufStream::new(tcp(self.server.starttls).await?);
        let stream = initiate_stream(plain, JABBER_CLIENT, header(), Timeouts::tight()).await?;
        let (features, mut stream): (_, XmppStream<_>) = stream.recv_features().await?;
        assert!(features.can_starttls() && features.sasl_mechanisms.is_empty(), "a login without TLS");
        stream.send(&XmppStreamElement::Starttls(starttls::Nonza::Request(starttls::Request))).await?;
        match stream.next().await.unwrap().unwrap().into_read_error().unwrap() {
            XmppStreamElement::Starttls(starttls::Nonza::Proceed(_)) => Ok(stream.into_inner().into_inner()),
            other => panic!("no leave to start TLS: {other:?}"),
        }
    }

    fn tls(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.server.authority()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let only = [&TLS12];
        let versions = if self.tls12 { &only[..] } else { ALL_VERSIONS };
        let builder = builder.with_protocol_versions(versions).unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = if self.direct { vec![b"xmpp-client".to_vec()] } else { Vec::new() };
        config
    }
}

impl Client {
    /// Logs in and is ready for messages.
    pub(crate) async fn online(server: &Server, name: &str) -> Self {
        let mut client = Login::new(server, name).run().await.unwrap();
        client.send(Presence::available()).await;
        client
    }

    pub(crate) async fn send(&mut self, stanza: impl Into<Stanza>) {
        self.send_element(XmppStreamElement::Stanza(stanza.into())).await;
    }

    /// Has its stream managed (XEP-0198).
    pub(crate) async fn enable(&mut self, resume: bool) {
        let enable = sm::Enable { max: None, resume };
        self.send_element(XmppStreamElement::SM(sm::Nonza::Enable(enable))).await;
        let answer = timeout(LIMIT, self.stream.next()).await.expect("nothing is enabled");
        let answer = answer.unwrap().unwrap().into_read_error().unwrap();
        assert!(matches!(answer, XmppStreamElement::SM(sm::Nonza::Enabled(_))), "{answer:?}");
        self.handled = 0;
    }

    /// Says how many stanzas it has had.
    pub(crate) async fn acknowledge(&mut self) {
        self.send_element(XmppStreamElement::SM(sm::Nonza::Ack(sm::A::new(self.handled)))).await;
    }

    async fn send_element(&mut self, element: XmppStreamElement) {
        timeout(LIMIT, self.stream.send(&element)).await.expect("sending takes too long").unwrap();
    }

    pub(crate) async fn say(&mut self, to: &Jid, text: &str) {
        self.send(Message::chat(to.clone()).with_body(Lang::new(), text.to_owned())).await;
    }

    /// Reads on until `wanted` finds what it looks for.
    pub(crate) async fn until<T>(&mut self, mut wanted: impl FnMut(Stanza) -> Option<T>) -> T {
        let search = async {
            loop {
                match self.next().await {
                    Ok(stanza) => {
                        if let Some(found) = wanted(stanza) {
                            return found;
                        }
                    }
                    Err(end) => panic!("the stream of {} ended: {end:?}", self.jid),
                }
            }
        };
        timeout(LIMIT, search).await.expect("what is wanted does not come")
    }

    /// The next message with a body.
    pub(crate) async fn message(&mut self) -> Message {
        self.until(|stanza| match stanza {
            Stanza::Message(message) if !message.bodies.is_empty() => Some(message),
            _ => None,
        })
        .await
    }

    /// The next roster push.
    pub(crate) async fn roster_push(&mut self) -> Item {
        self.until(|stanza| match stanza {
            Stanza::Iq(Iq::Set { payload, .. }) => Roster::try_from(payload).ok()?.items.pop(),
            _ => None,
        })
        .await
    }

    /// The whole roster.
    pub(crate) async fn roster(&mut self) -> Vec<Item> {
        let query = Roster { ver: None, items: Vec::new() };
        self.send(Iq::from_get("roster", query)).await;
        self.until(|stanza| match stanza {
            Stanza::Iq(Iq::Result { id, payload, .. }) if id == "roster" => {
                Some(Roster::try_from(payload?).unwrap().items)
            }
            _ => None,
        })
        .await
    }

    /// Waits until the request of that id is granted.
    pub(crate) async fn granted(&mut self, request: &str) {
        self.until(|stanza| match stanza {
            Stanza::Iq(Iq::Result { id, .. }) => (id == request).then_some(()),
            _ => None,
        })
        .await;
    }

    /// Reads on until the stream ends; answers with the stream error, if one was given.
    pub(crate) async fn ended(&mut self) -> Option<DefinedCondition> {
        let end = async {
            loop {
                if let Err(end) = self.next().await {
                    return end;
                }
            }
        };
        timeout(LIMIT, end).await.expect("the stream does not end")
    }

    pub(crate) fn bare(&self) -> BareJid {
        self.jid.to_bare()
    }

    /// The next stanza, or the end of the stream with its error.
    async fn next(&mut self) -> Result<Stanza, Option<DefinedCondition>> {
        match self.stream.next().await {
            Some(Ok(element)) => match element.into_read_error().expect("the server sends what parses") {
                XmppStreamElement::Stanza(stanza) => {
                    self.handled += 1;
                    Ok(stanza)
                }
                XmppStreamElement::SM(_) => Box::pin(self.next()).await, // asked, and not in a hurry to answer
                XmppStreamElement::StreamError(error) => Err(Some(error.0.condition)),
                other => panic!("neither a stanza nor a stream error: {other:?}"),
            },
            Some(Err(_)) | None => Err(None),
        }
    }

    async fn bind(&mut self) {
        self.send(Iq::from_set("bind", BindQuery::new(None))).await;
        self.jid = self
            .until(|stanza| match stanza {
                Stanza::Iq(Iq::Result { id, payload, .. }) if id == "bind" => {
                    Some(BindResponse::try_from(payload?).unwrap().jid)
                }
                _ => None,
            })
            .await;
    }
}

/// RFC 9266.
pub(crate) fn exported(tls: &TlsStream<TcpStream>) -> Vec<u8> {
    let (_, connection) = tls.get_ref();
    connection.export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", None).unwrap()
}

/// The text of a message.
pub(crate) fn body(message: &Message) -> &str {
    message.bodies.values().next().unwrap()
}

pub(crate) fn address(name: &str) -> Jid {
    Jid::new(&format!("{name}@{DOMAIN}")).unwrap()
}

async fn tcp(address: SocketAddr) -> Result<TcpStream, Error> {
    Ok(TcpStream::connect(address).await?)
}

pub(crate) fn header() -> StreamHeader<'static> {
    StreamHeader { to: Some(Cow::Borrowed(DOMAIN)), from: None, id: None }
}
