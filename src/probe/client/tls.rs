//! Whom the probes trust: the site's authority and nobody else.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::{Result, error::Context};

/// The ALPN protocol of clients' direct TLS (XEP-0368 §3).
const XMPP_CLIENT: &[u8] = b"xmpp-client";

/// The site's authority, as the only one that is trusted.
#[derive(Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
}

impl Trust {
    /// Trusts this authority (PEM), and no other.
    pub fn in_authority(pem: &str) -> Result<Self> {
        let certificate =
            CertificateDer::from_pem_slice(pem.as_bytes()).doing("read the authority's certificate")?;
        let mut roots = RootCertStore::empty();
        roots.add(certificate).doing("use the authority's certificate")?;
        Ok(Self { roots: Arc::new(roots) })
    }

    /// TLS 1.2 or 1.3, whichever is better.
    pub fn any_version(&self) -> Arc<ClientConfig> {
        self.versions(rustls::ALL_VERSIONS)
    }

    /// This version alone.
    pub fn only(&self, version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
        self.versions(&[version])
    }

    fn versions(&self, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth();
        config.alpn_protocols = vec![XMPP_CLIENT.to_vec()];
        // A resumed session would show no certificate.
        config.resumption = rustls::client::Resumption::disabled();
        Arc::new(config)
    }
}
