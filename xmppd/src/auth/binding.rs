//! What ties a login to its TLS connection: `tls-exporter` (RFC 9266), `tls-server-end-point` (RFC 5929 §4).

use ring::digest;
use x509_parser::{
    oid_registry as oid,
    prelude::{FromDer, X509Certificate},
    signature_algorithm::SignatureAlgorithm,
};

/// The channel bindings of one connection; those that it does not have are refused.
#[derive(Clone, Default)]
pub struct ChannelBindings {
    /// RFC 9266: 32 bytes exported under the label `EXPORTER-Channel-Binding`; for TLS 1.3 only, since
    /// TLS 1.2 would need the extended master secret to be sure.
    pub tls_exporter: Option<[u8; 32]>,
    /// RFC 5929 §4: the hash of our own certificate, see [`tls_server_end_point`].
    pub tls_server_end_point: Option<Vec<u8>>,
}

impl ChannelBindings {
    /// Whether the PLUS mechanisms can be offered.
    pub fn available(&self) -> bool {
        self.types().next().is_some()
    }

    /// The registered names of those that this connection has, best first, as XEP-0440 announces them.
    pub fn types(&self) -> impl Iterator<Item = &'static str> {
        let exporter = self.tls_exporter.as_ref().map(|_| "tls-exporter");
        let end_point = self.tls_server_end_point.as_ref().map(|_| "tls-server-end-point");
        exporter.into_iter().chain(end_point)
    }

    /// The bytes to compare for the binding of this registered name.
    pub(super) fn data(&self, name: &str) -> Option<&[u8]> {
        match name {
            "tls-exporter" => self.tls_exporter.as_ref().map(<[u8; 32]>::as_slice),
            "tls-server-end-point" => self.tls_server_end_point.as_deref(),
            _ => None,
        }
    }
}

/// The `tls-server-end-point` binding of a server whose leaf certificate has this DER.
///
/// `None` when the certificate does not parse, or when its signature has no single hash function of its own
/// (Ed25519), for which RFC 5929 §4.1 leaves the binding undefined.
pub fn tls_server_end_point(leaf: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
    let algorithm = &certificate.signature_algorithm;
    let hash = match SignatureAlgorithm::try_from(algorithm) {
        Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) => hash_of(parameters.hash_algorithm_oid())?,
        _ => hash_of(&algorithm.algorithm)?,
    };
    Some(digest::digest(hash, leaf).as_ref().to_vec())
}

/// The hash of a signature algorithm (or of a hash's own name), MD5 and SHA-1 replaced by SHA-256.
fn hash_of(algorithm: &oid::asn1_rs::Oid<'_>) -> Option<&'static digest::Algorithm> {
    let is = |names: &[oid::asn1_rs::Oid<'_>]| names.contains(algorithm);
    let weak = [
        oid::OID_PKCS1_MD5WITHRSAENC,
        oid::OID_PKCS1_SHA1WITHRSA,
        oid::asn1_rs::oid!(1.2.840.10045.4.1), // ecdsa-with-SHA1
        oid::OID_HASH_SHA1,
    ];
    let sha256 = [oid::OID_PKCS1_SHA256WITHRSA, oid::OID_SIG_ECDSA_WITH_SHA256, oid::OID_NIST_HASH_SHA256];
    let sha384 = [oid::OID_PKCS1_SHA384WITHRSA, oid::OID_SIG_ECDSA_WITH_SHA384, oid::OID_NIST_HASH_SHA384];
    let sha512 = [oid::OID_PKCS1_SHA512WITHRSA, oid::OID_SIG_ECDSA_WITH_SHA512, oid::OID_NIST_HASH_SHA512];
    if is(&weak) || is(&sha256) {
        Some(&digest::SHA256)
    } else if is(&sha384) {
        Some(&digest::SHA384)
    } else if is(&sha512) {
        Some(&digest::SHA512)
    } else {
        None
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn leaf(algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["school.test".to_owned()]).unwrap();
        parameters.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_hash_is_the_one_of_the_signature() {
        let sha256 = leaf(&rcgen::PKCS_ECDSA_P256_SHA256);
        let sha384 = leaf(&rcgen::PKCS_ECDSA_P384_SHA384);
        assert_eq!(tls_server_end_point(&sha256).unwrap(), digest::digest(&digest::SHA256, &sha256).as_ref());
        assert_eq!(tls_server_end_point(&sha384).unwrap(), digest::digest(&digest::SHA384, &sha384).as_ref());
    }

    #[test]
    fn weak_hashes_are_replaced() {
        assert_eq!(hash_of(&oid::OID_PKCS1_SHA1WITHRSA), Some(&digest::SHA256));
        assert_eq!(hash_of(&oid::OID_PKCS1_MD5WITHRSAENC), Some(&digest::SHA256));
    }

    #[test]
    fn nothing_is_made_up_where_the_rfc_is_silent() {
        assert_eq!(tls_server_end_point(&leaf(&rcgen::PKCS_ED25519)), None);
        assert_eq!(tls_server_end_point(b"no certificate"), None);
    }

    #[test]
    fn only_what_the_connection_has_is_announced() {
        let none = ChannelBindings::default();
        assert!(!none.available() && none.data("tls-exporter").is_none());
        let both = ChannelBindings { tls_exporter: Some([7; 32]), tls_server_end_point: Some(vec![8]) };
        assert_eq!(both.types().collect::<Vec<_>>(), ["tls-exporter", "tls-server-end-point"]);
        assert_eq!(both.data("tls-exporter"), Some([7; 32].as_slice()));
        assert_eq!(both.data("tls-unique"), None);
    }
}
