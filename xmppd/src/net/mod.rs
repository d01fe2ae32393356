//! Sockets and TLS, the only input and output of the network.
//!
//! | file | what it holds |
//! |---|---|
//! | `listen` | accepting, signals, shutdown |
//! | `complaint` | what goes wrong over and over, told once a minute |
//! | `gate` | how many connections there may be, from one address and in all |
//! | [`tls`] | the certificate, and what each connection's TLS ties logins to |
//! | `shared` | the router under its lock, and everybody's mailbox |
//! | `mailbox` | what waits to be written to one connection |
//! | `begin` | how one connection begins, and its end |
//! | `connection` | one connection: bytes in, bytes out |
//! | `inlet` | what has been read, taken apart as far as it is whole |
//! | `pace` | when it may be read and written to, and when to look at it again |
//! | `vigil` | who takes too long, who is silent |
//! | `shaper` | how fast one connection may send |
//! | `transport` | TCP, or TLS over it |
//! | `errands` | the store's part in what the router asks |
//! | `reload` | settings and certificate, read again while the server runs |
//! | `live` | changes by the administrator, carried into the running server |
//! | `web` | HTTPS on a port of its own: WebSocket, discovery, files that users share |

mod begin;
mod complaint;
mod connection;
mod errands;
mod gate;
mod inlet;
mod listen;
mod live;
mod mailbox;
mod pace;
mod reload;
mod shaper;
mod shared;
pub mod tls;
mod transport;
mod vigil;
mod web;

#[cfg(test)]
mod tests;

use std::{io, net::SocketAddr, path::PathBuf};

pub use listen::Server;

use xmppd_control::Refusal;

use crate::store::StoreError;

/// Why the server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The folder of files that users share is of no use.
    #[error("cannot use the folder `uploads` in the data folder: {0}")]
    Files(io::Error),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The process cannot hear signals.
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate or its key is of no use.
    #[error("cannot use `{}`: {what}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl ServeError {
    /// What to do about it, where something is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Files(_) => Some("it must belong to the daemon's user, and hold files only"),
            Self::Listen { .. } => {
                Some("is another server running there, and is the address one of this jail?")
            }
            Self::Signals(_) => None,
            Self::Store(error) => error.hint(),
            Self::Tls { .. } => Some(
                "both files are PEM: the leaf certificate before its authorities, and the leaf's own key",
            ),
        }
    }
}

impl From<ServeError> for Refusal {
    fn from(error: ServeError) -> Self {
        Self { what: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}
