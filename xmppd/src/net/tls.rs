//! The certificate, and what each connection's TLS ties logins to.

use std::{path::Path, sync::Arc};

use rustls::{
    ProtocolVersion, ServerConfig, ServerConnection,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version::{TLS12, TLS13},
};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::ServeError;
use crate::{
    auth::{ChannelBindings, tls_server_end_point},
    config,
};

/// RFC 7301 name of XMPP for clients (XEP-0368 §3).
const XMPP: &[u8] = b"xmpp-client";
/// RFC 7301 name of HTTP/1.1.
const HTTP: &[u8] = b"http/1.1";

/// A certificate ready for use. Connections that are there keep theirs when another takes its place.
pub struct Certificate {
    /// For STARTTLS, and with ALPN for direct TLS: XEP-0368 lets a client leave it out.
    pub xmpp: Arc<ServerConfig>,
    /// For the web port. A browser that is led to the wrong port gets no further than the handshake.
    pub web: Arc<ServerConfig>,
    /// The leaf, then those that lead to the authority.
    chain: Vec<CertificateDer<'static>>,
    /// RFC 5929 §4.
    end_point: Option<Vec<u8>>,
}

impl Certificate {
    /// Reads chain and key.
    pub fn load(files: &config::Tls) -> Result<Self, ServeError> {
        let chain = read_chain(&files.chain)?;
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| refused(&files.key, error))?;
        let end_point = chain.first().and_then(|leaf| tls_server_end_point(leaf));
        let mut xmpp = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain.clone(), key))
            .map_err(|error| refused(&files.chain, error))?;
        let mut web = xmpp.clone();
        xmpp.alpn_protocols = vec![XMPP.to_vec()];
        web.alpn_protocols = vec![HTTP.to_vec()];
        Ok(Self { xmpp: Arc::new(xmpp), web: Arc::new(web), chain, end_point })
    }

    /// Whether both show the same to clients.
    pub fn is_same(&self, other: &Self) -> bool {
        self.chain == other.chain
    }

    /// When the leaf ends.
    pub fn ends(&self) -> Option<OffsetDateTime> {
        let (_, leaf) = X509Certificate::from_der(self.chain.first()?).ok()?;
        OffsetDateTime::from_unix_timestamp(leaf.validity().not_after.timestamp()).ok()
    }

    /// What a login over this connection can be tied to.
    pub fn bindings(&self, connection: &ServerConnection) -> ChannelBindings {
        let exports = connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        let exporter = || connection.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None).ok();
        ChannelBindings {
            tls_exporter: exports.then(exporter).flatten(),
            tls_server_end_point: self.end_point.clone(),
        }
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| refused(path, error))?;
    certificates.collect::<Result<_, _>>().map_err(|error| refused(path, error))
}

fn refused(path: &Path, what: impl std::fmt::Display) -> ServeError {
    ServeError::Tls { path: path.to_owned(), what: what.to_string() }
}
