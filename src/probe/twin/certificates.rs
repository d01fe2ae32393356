//! The twin's authority and certificate: those that a site makes, or bad ones.

use std::fs;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use crate::site::{Folder, Site, certificates};

/// What the certificate is to be like.
pub(super) struct LeafPlan {
    /// Names that it is for.
    pub(super) names: Vec<String>,
    /// How long it has been valid, and how long it will be, in days.
    pub(super) days: (i64, i64),
    /// Whether some other authority issues it.
    pub(super) stranger: bool,
}

/// All in PEM.
pub(super) struct Certificates {
    pub(super) authority: String,
    pub(super) authority_key: String,
    pub(super) chain: String,
    pub(super) key: String,
}

impl LeafPlan {
    pub(super) fn simple() -> Self {
        Self { names: vec![super::DOMAIN.to_owned()], days: (1, 365), stranger: false }
    }
}

impl Certificates {
    /// Those of the example school.
    pub(super) fn of_the_site() -> Self {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(place.path().join("site"));
        certificates::ensure(&Site::example(), &folder, OffsetDateTime::now_utc()).unwrap();
        let text = |path| fs::read_to_string(path).unwrap();
        Self {
            authority: text(folder.authority()),
            authority_key: text(folder.authority_key()),
            chain: text(folder.chain()),
            key: text(folder.key()),
        }
    }

    pub(super) fn make(plan: &LeafPlan) -> Self {
        let (authority, authority_key, issuer) = make_authority();
        let issuer = if plan.stranger { make_authority().2 } else { issuer };
        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new(plan.names.clone()).unwrap();
        let now = OffsetDateTime::now_utc();
        leaf.not_before = now - Duration::days(plan.days.0);
        leaf.not_after = now + Duration::days(plan.days.1);
        leaf.use_authority_key_identifier_extension = true;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let chain = leaf.signed_by(&key, &issuer).unwrap().pem();
        Self { authority, authority_key, chain, key: key.serialize_pem() }
    }
}

fn make_authority() -> (String, String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let pem = parameters.self_signed(&key).unwrap().pem();
    let key_pem = key.serialize_pem();
    (pem, key_pem, Issuer::new(parameters, key))
}
