//! The certificates as those judge them who did not make them: webpki and OpenSSL.

use std::{fs, process::Command, sync::Arc};

use rustls::{
    CertificateError, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use super::{School, school};
use crate::{
    site::{Domain, names::Names},
    test_support::skip,
};

impl School {
    /// What a rustls client that trusts this school alone makes of a chain.
    fn client_verdict(&self, chain: &[CertificateDer<'static>], name: &str) -> Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority().certificate().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], UnixTime::now()).map(drop)
    }
}

#[test]
fn a_client_takes_the_domain_and_no_other_name() {
    let school = school();
    school.client_verdict(&school.chain(), "school.test").unwrap();
    for name in ["other.test", "chat.school.test", "test", "192.0.2.1"] {
        let refused = school.client_verdict(&school.chain(), name).unwrap_err();
        assert!(
            matches!(
                refused,
                rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { .. })
            ),
            "{name}: {refused}"
        );
    }
}

/// What makes it safe for parents to trust the authority: even with its key, nobody can pretend to be their bank.
#[test]
fn a_client_refuses_what_the_authority_may_not_sign() {
    let school = school();
    let named = |name: &str| {
        let mut names = Names::of(&Domain::parse("school.test").unwrap());
        names.dns = vec![name.to_owned()];
        school.leaf(|leaf| leaf.custom_extensions = vec![names.extension()])
    };
    school.client_verdict(&[named("rooms.school.test")], "rooms.school.test").unwrap();
    for name in ["evil.example", "evilschool.test", "test"] {
        let refused = school.client_verdict(&[named(name)], name).unwrap_err();
        assert!(refused.to_string().contains("NameConstraintViolation"), "{name}: {refused}");
    }
    let address = school.leaf(|leaf| {
        leaf.custom_extensions.clear();
        leaf.subject_alt_names = vec![rcgen::SanType::IpAddress([192, 0, 2, 1].into())];
    });
    let refused = school.client_verdict(&[address], "192.0.2.1").unwrap_err();
    assert!(refused.to_string().contains("NameConstraintViolation"), "{refused}");
}

#[test]
fn openssl_agrees() {
    let school = school();
    let openssl = |arguments: &[&str]| Command::new("openssl").args(arguments).output();
    let (authority, chain) = (school.folder.authority(), school.folder.chain());
    let (Some(authority), Some(chain)) = (authority.to_str(), chain.to_str()) else {
        panic!("the path is not UTF-8")
    };
    let verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", authority];
    let Ok(good) = openssl(&[&verify[..], &["-verify_hostname", "school.test", chain]].concat()) else {
        return skip("openssl is not installed");
    };
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    let other = openssl(&[&verify[..], &["-verify_hostname", "other.test", chain]].concat()).unwrap();
    assert!(!other.status.success());

    let evil = school.leaf(|leaf| {
        let evil = Domain::parse("evil.example").unwrap();
        leaf.custom_extensions = vec![Names::of(&evil).extension()];
    });
    let path = school.folder.chain().with_file_name("evil.der");
    fs::write(&path, &evil).unwrap();
    let refused = openssl(&[&verify[..], &[path.to_str().unwrap()]].concat()).unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("permitted subtree violation"));

    let text = openssl(&["x509", "-in", chain, "-noout", "-text"]).unwrap().stdout;
    // OpenSSL 3.0 prints two colons, later ones print one.
    let text = String::from_utf8(text).unwrap().replace("::", ":");
    assert!(text.contains("othername: SRVName:_xmpp-client.school.test"), "{text}");
    assert!(text.contains("othername: XmppAddr:school.test") && text.contains("DNS:school.test"), "{text}");
}
