//! One client: a connection over TLS, and as much XMPP as a login takes.
//!
//! | file | what it holds |
//! |---|---|
//! | [`wire`] | text out, text in up to a mark |
//! | [`login`] | from the first byte to an answered roster request |
//! | [`sasl`] | the best mechanism that both sides know; keys derived once an account |

pub(crate) mod login;
pub(crate) mod sasl;
mod wire;

use miette::{Result, miette};
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_rustls::client::TlsStream;

pub(crate) use wire::Wire;

/// A client that is there.
pub(crate) struct Client {
    pub(crate) wire: Wire<TlsStream<TcpStream>>,
    /// Its full address.
    pub(crate) jid: String,
    questions: usize,
}

/// A client that only reads, and forgets what it reads; gone with this value.
pub(crate) struct Bystander(JoinHandle<()>);

impl Client {
    pub(crate) fn new(wire: Wire<TlsStream<TcpStream>>, jid: String) -> Self {
        Self { wire, jid, questions: 0 }
    }

    /// Asks, and returns what comes up to the end of the answer.
    pub(crate) async fn ask(&mut self, kind: &str, to: &str, payload: &str) -> Result<String> {
        self.questions += 1;
        let id = format!("question-{}-", self.questions);
        self.wire.send(&format!("<iq type='{kind}' id='{id}' to='{to}'>{payload}</iq>")).await?;
        let head = self.wire.until(&id).await? + &self.wire.until(">").await?;
        let answer = if head.ends_with("/>") { head } else { head + &self.wire.until("</iq>").await? };
        let is_refused = answer.rfind("<error ").is_some_and(|error| Some(error) > answer.rfind("<iq "));
        if is_refused { Err(miette!("`{to}` refuses `{payload}`: `{answer}`")) } else { Ok(answer) }
    }

    /// Says something, and waits until the server has dealt with it.
    pub(crate) async fn settle(&mut self, text: &str) -> Result<()> {
        self.wire.send(text).await?;
        let domain = self.domain().to_owned();
        self.ask("get", &domain, "<ping xmlns='urn:xmpp:ping'/>").await.map(drop)
    }

    fn domain(&self) -> &str {
        self.jid.split(['@', '/']).nth(1).unwrap_or_default()
    }

    /// Leaves it online to read whatever comes.
    pub(crate) fn stand_by(mut self) -> Bystander {
        Bystander(tokio::spawn(async move { while self.wire.skip().await.is_ok() {} }))
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        self.0.abort();
    }
}
