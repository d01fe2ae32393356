//! Whom the clients talk to, and who is charged for it.
//!
//! | file | what it holds |
//! |---|---|
//! | [`xmppd`] | our daemon, started and filled with accounts |
//! | [`foreign`] | any other server, running already or to be started by a command |
//! | [`relay`] | the bare cost: decrypt, copy, encrypt |
//! | [`certificate`] | whom the clients trust |
//! | [`running`] | a process that ends with its value |

pub(crate) mod certificate;
pub(crate) mod foreign;
pub(crate) mod relay;
mod running;
pub(crate) mod xmppd;

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use clap::ValueEnum;
use miette::{IntoDiagnostic, Result, miette};
use rustls::ClientConfig;

pub(crate) use running::Running;

use crate::{
    charge::Processes,
    client::{Client, login},
};

/// A server that is ready.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) beginning: Beginning,
    pub(crate) language: Language,
    pub(crate) domain: String,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) accounts: Arc<[Account]>,
    pub(crate) processes: Processes,
    /// Ends it, if it was started for this.
    pub(crate) _running: Option<Running>,
}

/// How a connection begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Beginning {
    /// With TLS (XEP-0368).
    Direct,
    /// In the clear, asking for TLS (RFC 6120 §5).
    #[value(name = "starttls")]
    StartTls,
}

/// What a server understands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Language {
    /// Which group of connections one belongs to, and nothing more.
    Relay,
    /// XMPP.
    Xmpp,
}

/// Somebody who may log in.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl Server {
    /// Brings somebody online: under XMPP the account of that index, which sees the others; at the relay one of a
    /// group whose members hear each other.
    pub(crate) async fn arrive(&self, index: usize, group: usize) -> Result<Client> {
        match self.language {
            Language::Relay => relay::join(self, group).await,
            Language::Xmpp => {
                let mut client = self.log_in(index).await?;
                client.settle("<presence/>").await?;
                Ok(client)
            }
        }
    }

    /// Logs in and gets the roster, but is not seen yet; at the relay, a TLS connection.
    pub(crate) async fn log_in(&self, index: usize) -> Result<Client> {
        match self.language {
            Language::Relay => relay::join(self, index).await,
            Language::Xmpp => login::log_in(self, self.account(index)?).await,
        }
    }

    pub(crate) fn is_relay(&self) -> bool {
        self.language == Language::Relay
    }

    fn account(&self, index: usize) -> Result<&Account> {
        let enough = || miette!("this takes {} accounts, and there are {}", index + 1, self.accounts.len());
        self.accounts.get(index).ok_or_else(enough)
    }
}

/// A free port on loopback.
fn free_port() -> Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).into_diagnostic()
}
