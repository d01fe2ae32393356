//! The certificates, as those judge them who did not make them: webpki, OpenSSL, and the rules of the trust stores.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use rustls::{
    CertificateError, RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

use super::{
    Domain, Folder, Site,
    authority::{self, Authority},
    certificates::{Made, ensure, renew, show},
    key::PrivateKey,
    leaf, lint,
    names::Names,
    write_settings,
};
use crate::test_support::skip;

struct School {
    site: Site,
    folder: Folder,
    now: OffsetDateTime,
    _place: TempDir,
}

/// A school with its certificates made.
fn school() -> School {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(place.path().join("site"));
    let school = School { site: Site::example(), folder, now: OffsetDateTime::now_utc(), _place: place };
    assert_eq!(
        ensure(&school.site, &school.folder, school.now).unwrap(),
        Made { authority: true, leaf: true }
    );
    school
}

impl School {
    fn chain(&self) -> Vec<CertificateDer<'static>> {
        lint::chain_from_pem(&fs::read_to_string(self.folder.chain()).unwrap()).unwrap()
    }

    fn authority(&self) -> Authority {
        Authority::ensure(&self.site, &self.folder, self.now).unwrap().0
    }

    /// A leaf by the school's authority, with something changed.
    fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> CertificateDer<'static> {
        let mut parameters =
            leaf::parameters(&self.site, &Names::of(&self.site.domain, &[]), self.now).unwrap();
        change(&mut parameters);
        self.authority().sign(&parameters, &PrivateKey::generate().unwrap()).unwrap().into()
    }

    fn findings(&self, change: impl FnOnce(&mut CertificateParams)) -> Vec<String> {
        let chain = [self.leaf(change)];
        let findings = lint::lint(&chain, self.authority().certificate(), &self.site.domain, self.now);
        findings.into_iter().map(|finding| format!("{}: {}", finding.by, finding.what)).collect()
    }

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
fn making_twice_keeps_everything() {
    let school = school();
    let files = [
        school.folder.authority(),
        school.folder.authority_key(),
        school.folder.chain(),
        school.folder.key(),
    ];
    let read = || files.iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
    let before = read();
    assert_eq!(
        ensure(&school.site, &school.folder, school.now).unwrap(),
        Made { authority: false, leaf: false }
    );
    assert_eq!(read(), before);
    for (file, mode) in files.iter().zip([0o644, 0o600, 0o644, 0o600]) {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o7777, mode, "{}", file.display());
    }
}

#[test]
fn a_leaf_near_its_end_is_renewed_by_the_same_authority() {
    let school = school();
    let old = school.chain();
    for (days, leaf) in [(365, false), (367, true)] {
        let later = school.now + Duration::days(days);
        assert_eq!(ensure(&school.site, &school.folder, later).unwrap(), Made { authority: false, leaf });
    }
    assert_ne!(school.chain()[0], old[0]);
    assert_eq!(school.chain()[1], old[1]);
}

#[test]
fn renewal_changes_leaf_and_key() {
    let school = school();
    let key = fs::read(school.folder.key()).unwrap();
    assert_eq!(
        renew(&school.site, &school.folder, school.now).unwrap(),
        Made { authority: false, leaf: true }
    );
    assert_ne!(fs::read(school.folder.key()).unwrap(), key);
}

#[test]
fn a_leaf_whose_key_is_another_is_made_anew() {
    let school = school();
    PrivateKey::generate().unwrap().write(&school.folder.key()).unwrap();
    assert!(ensure(&school.site, &school.folder, school.now).unwrap().leaf);
}

#[test]
fn the_authority_of_another_domain_is_refused() {
    let school = school();
    let site = Site { domain: Domain::parse("other.test").unwrap(), ..school.site.clone() };
    let error = ensure(&site, &school.folder, school.now).unwrap_err();
    assert_eq!(error.exit_code(), 3);
    assert!(
        error.to_string().ends_with("the authority is for `DNS:school.test`, not for `other.test` alone"),
        "{error}"
    );
}

#[test]
fn an_authority_without_its_key_is_refused() {
    let school = school();
    fs::remove_file(school.folder.authority_key()).unwrap();
    assert_eq!(ensure(&school.site, &school.folder, school.now).unwrap_err().exit_code(), 3);
}

#[test]
fn an_authority_that_ends_before_its_leaf_would_makes_none() {
    let school = school();
    let late = school.now + authority::LIFETIME - Duration::days(100);
    assert_eq!(renew(&school.site, &school.folder, late).unwrap_err().exit_code(), 3);
    let short = Site { tls: super::Tls { leaf_days: 30 }, ..school.site.clone() };
    assert!(renew(&short, &school.folder, late).unwrap().leaf);
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
        let mut names = Names::of(&Domain::parse("school.test").unwrap(), &[]);
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
        leaf.custom_extensions = vec![Names::of(&evil, &[]).extension()];
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

#[test]
fn the_linter_finds_nothing_in_ours() {
    let school = school();
    let authority = school.authority();
    assert_eq!(lint::lint(&school.chain(), authority.certificate(), &school.site.domain, school.now), []);
}

#[test]
fn the_linter_finds_each_fault_of_a_leaf() {
    let school = school();
    let names = |change: fn(&mut Names)| {
        let mut names = Names::of(&Domain::parse("school.test").unwrap(), &[]);
        change(&mut names);
        names.extension()
    };
    let days = Duration::days;
    let found = [
        school.findings(|leaf| leaf.not_after = leaf.not_before + days(826)),
        school.findings(|leaf| leaf.not_after = leaf.not_before + Duration::hours(1)),
        school.findings(|leaf| leaf.not_before += days(2)),
        school.findings(|leaf| leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
        school.findings(|leaf| leaf.key_usages = vec![KeyUsagePurpose::KeyAgreement]),
        school.findings(|leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        school.findings(|leaf| leaf.use_authority_key_identifier_extension = false),
        school.findings(|leaf| leaf.serial_number = Some(vec![1; 21].into())),
        school.findings(|leaf| leaf.custom_extensions.clear()),
        school.findings(|leaf| {
            leaf.custom_extensions = vec![names(|names| names.dns.push("evil.example".to_owned()))]
        }),
        school.findings(|leaf| leaf.custom_extensions = vec![names(|names| names.srv.clear())]),
        school.findings(|leaf| {
            leaf.custom_extensions = vec![names(|names| names.xmpp = vec!["other.test".to_owned()])]
        }),
    ];
    let dates = without_dates(&found.map(|findings| findings.join("\n")).join("\n--\n"));
    insta::assert_snapshot!(dates);
}

/// Dates change with every run.
fn without_dates(text: &str) -> String {
    let cut = |line: &str| match line.split_once(" is not valid ") {
        Some((head, tail)) => format!("{head} is not valid {} …", tail.split(' ').next().unwrap_or_default()),
        None => line.to_owned(),
    };
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_linter_finds_a_leaf_of_another_authority() {
    let (ours, theirs) = (school(), school());
    let findings = lint::lint(&theirs.chain(), ours.authority().certificate(), &ours.site.domain, ours.now);
    let what: Vec<_> = findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "the leaf's signature is not the authority's",
            "the leaf's authority key identifier is not the authority's"
        ]
    );
}

#[test]
fn the_linter_finds_each_fault_of_an_authority() {
    let site = Site::example();
    let now = OffsetDateTime::now_utc();
    let findings = |change: fn(&mut CertificateParams)| {
        let mut parameters = authority::parameters(&site, now).unwrap();
        change(&mut parameters);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let findings = lint::lint_authority(certificate.der(), &site.domain, now);
        findings
            .into_iter()
            .map(|finding| format!("{}: {}", finding.by, finding.what))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(findings(|_| ()), "");
    let found = [
        findings(|authority| authority.name_constraints = None),
        findings(|authority| authority.name_constraints.as_mut().unwrap().excluded_subtrees.clear()),
        findings(|authority| {
            let constraints = authority.name_constraints.as_mut().unwrap();
            constraints.permitted_subtrees.push(rcgen::GeneralSubtree::DnsName("bank.example".to_owned()));
        }),
        findings(|authority| authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        findings(|authority| authority.is_ca = IsCa::ExplicitNoCa),
        findings(|authority| authority.key_usages = vec![KeyUsagePurpose::CrlSign]),
    ];
    insta::assert_snapshot!(found.join("\n--\n"));
}

#[test]
fn the_linter_finds_weak_keys_and_signatures() {
    let arguments =
        "req -x509 -newkey rsa:1024 -sha1 -nodes -subj /CN=weak -days 9 -outform DER -keyout /dev/null";
    let made = Command::new("openssl").args(arguments.split(' ')).output();
    let Some(weak) = made.ok().map(|output| output.stdout).filter(|der| !der.is_empty()) else {
        return skip("no openssl that makes weak certificates is installed");
    };
    let findings = lint::lint_authority(&weak, &Site::example().domain, OffsetDateTime::now_utc());
    let what: Vec<_> = findings.iter().map(|finding| finding.what.as_str()).take(2).collect();
    assert_eq!(
        what,
        [
            "the authority's key is neither RSA of 2048 bits nor elliptic of 256",
            "the authority's signature, 1.2.840.113549.1.1.5, is not with SHA-2",
        ]
    );
}

#[test]
fn what_is_shown_is_what_is_there() {
    let school = school();
    let shown = show(&school.folder, school.now).unwrap();
    assert_eq!(shown.authority.subject, "O=The School, CN=Chat authority of school.test");
    assert_eq!(shown.leaf.names, ["DNS:school.test", "SRV:_xmpp-client.school.test", "XMPP:school.test"]);
    assert_eq!((shown.leaf.days_left, shown.authority.days_left), (395, 3650));
    assert_eq!(shown.leaf.sha256.len(), 95);
    assert!(shown.to_string().contains(&format!("  sha256   {}", shown.authority.sha256)));
}

#[test]
fn there_is_nothing_to_show_before_it_is_made() {
    let folder = Folder::at("/nonexistent");
    assert_eq!(show(&folder, OffsetDateTime::now_utc()).unwrap_err().exit_code(), 6);
}

#[test]
fn the_settings_of_the_daemon_say_what_the_site_says() {
    let school = school();
    let destination = school.folder.chain().parent().unwrap().join("settings");
    write_settings(&school.site, &school.folder, &destination).unwrap();
    let text = fs::read_to_string(destination.join("xmppd.toml")).unwrap();
    let settings: toml::Table = text.parse().unwrap();
    assert_eq!(settings["domain"].as_str(), Some("school.test"));
    let limits = toml::Value::try_from(&school.site.limits).unwrap();
    assert_eq!(settings["limits"], limits);
    insta::assert_snapshot!(text);

    let mode = |name: &str| fs::metadata(destination.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("key.pem"), mode("chain.pem"), mode("xmppd.toml")), (0o600, 0o644, 0o644));
    let same = |name: &str, file: &Path| {
        assert_eq!(fs::read(destination.join(name)).unwrap(), fs::read(file).unwrap())
    };
    same("key.pem", &school.folder.key());
    same("chain.pem", &school.folder.chain());
}

#[test]
fn an_organisation_cannot_add_settings() {
    let organisation = super::Organisation::parse("The \"School\"' [limits] \\").unwrap();
    let site = Site { organisation, ..Site::example() };
    let settings: toml::Table = super::settings(&site).unwrap().parse().unwrap();
    assert_eq!(settings["organisation"].as_str(), Some("The \"School\"' [limits] \\"));
    let written = Site::file_text(&site.domain, &site.organisation).unwrap();
    assert_eq!(Site::parse(Path::new("jailbuild.toml"), &written).unwrap(), site);
}
