//! Whom the clients trust: a certificate made for the run, or an authority from a file.

use std::{fs, path::Path, sync::Arc};

use miette::{IntoDiagnostic, Result};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
};

/// Makes a certificate, and writes it as `chain.pem` and `key.pem`.
pub(crate) fn write(folder: &Path, domain: &str) -> Result<()> {
    let made = rcgen::generate_simple_self_signed([domain.to_owned()]).into_diagnostic()?;
    fs::write(folder.join("chain.pem"), made.cert.pem()).into_diagnostic()?;
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).into_diagnostic()
}

/// A client's side of TLS that trusts what is in this file alone. Sessions are not resumed: each login pays for a
/// handshake.
pub(crate) fn trusted(file: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).into_diagnostic()? {
        roots.add(certificate.into_diagnostic()?).into_diagnostic()?;
    }
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}

/// The server's side of what [`write()`] has written.
pub(crate) fn shown(folder: &Path) -> Result<Arc<ServerConfig>> {
    let chain = CertificateDer::from_pem_file(folder.join("chain.pem")).into_diagnostic()?;
    let key = PrivatePkcs8KeyDer::from_pem_file(folder.join("key.pem")).into_diagnostic()?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![chain], PrivateKeyDer::Pkcs8(key))
        .into_diagnostic()?;
    Ok(Arc::new(config))
}
