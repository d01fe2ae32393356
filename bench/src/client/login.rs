//! From the first byte to an answered roster request.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use miette::{IntoDiagnostic, Result, miette};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{Client, Wire, sasl};
use crate::server::{Account, Beginning, Server};

/// TCP and TLS, and nothing of XMPP but what STARTTLS takes.
pub(crate) async fn connect(server: &Server) -> Result<Wire<TlsStream<TcpStream>>> {
    let tcp = TcpStream::connect(server.address).await.into_diagnostic()?;
    tcp.set_nodelay(true).into_diagnostic()?;
    let tcp = match server.beginning {
        Beginning::Direct => tcp,
        Beginning::StartTls => start_tls(tcp, &server.domain).await?,
    };
    let name = ServerName::try_from(server.domain.clone()).into_diagnostic()?;
    let connector = TlsConnector::from(Arc::clone(&server.tls));
    Ok(Wire::new(connector.connect(name, tcp).await.into_diagnostic()?))
}

/// Logs in, and gets the roster.
pub(crate) async fn log_in(server: &Server, account: &Account) -> Result<Client> {
    let mut wire = connect(server).await?;
    let features = open(&mut wire, &server.domain).await?;
    authenticate(&mut wire, account, &features).await?;
    open(&mut wire, &server.domain).await?;
    wire.send(
        "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>",
    )
    .await?;
    let bound = wire.until("</iq>").await?;
    let jid = text_of("jid", &bound).ok_or_else(|| miette!("no resource was bound: `{bound}`"))?;
    let mut client = Client::new(wire, jid);
    let roster = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>";
    client.wire.send(roster).await?;
    client.wire.until("</iq>").await?;
    Ok(client)
}

async fn start_tls(tcp: TcpStream, domain: &str) -> Result<TcpStream> {
    let mut wire = Wire::new(tcp);
    open(&mut wire, domain).await?;
    wire.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await?;
    wire.until("<proceed").await?;
    wire.until(">").await?;
    Ok(wire.stream)
}

/// Opens a stream; the features of what is next.
async fn open<S: AsyncRead + AsyncWrite + Unpin>(wire: &mut Wire<S>, domain: &str) -> Result<String> {
    let header = format!(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
         xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>"
    );
    wire.send(&header).await?;
    wire.until("</stream:features>").await
}

async fn authenticate(
    wire: &mut Wire<TlsStream<TcpStream>>,
    account: &Account,
    features: &str,
) -> Result<()> {
    const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
    let binding = wire.stream.get_ref().1;
    let mut mechanism = sasl::choose(features, account, binding)?;
    let (name, initial) = (mechanism.name().to_owned(), BASE64.encode(mechanism.initial()));
    wire.send(&format!("<auth xmlns='{SASL}' mechanism='{name}'>{initial}</auth>")).await?;
    while let Some(challenge) = next_challenge(wire, &name).await? {
        let answer = BASE64.encode(mechanism.response(&challenge).map_err(|error| miette!("{error}"))?);
        wire.send(&format!("<response xmlns='{SASL}'>{answer}</response>")).await?;
    }
    Ok(())
}

/// The server's next challenge; `None` when it is content.
async fn next_challenge<S>(wire: &mut Wire<S>, mechanism: &str) -> Result<Option<Vec<u8>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let start = wire.until(">").await?;
    if start.contains("<failure") {
        let reason = wire.until("</failure>").await?;
        return Err(miette!("the server refuses {mechanism}: {reason}"));
    }
    let is_empty = start.ends_with("/>");
    if start.contains("<success") {
        if !is_empty {
            wire.until("</success>").await?;
        }
        return Ok(None);
    }
    let text = if is_empty { String::new() } else { wire.until("</challenge>").await? };
    BASE64.decode(text.trim_end_matches("</challenge>")).map(Some).into_diagnostic()
}

/// The text of the first element of that name.
fn text_of(name: &str, xml: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once('<').map(|(text, _)| text.to_owned())
}
