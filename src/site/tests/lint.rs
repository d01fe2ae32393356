//! The linter finds nothing in ours, and every fault that it is there for.

use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use time::{Duration, OffsetDateTime};

use super::{School, school};
use crate::{
    site::{Domain, Site, authority, lint, names::Names},
    test_support::skip,
};

impl School {
    /// What is found in a leaf of this school with something changed.
    fn findings(&self, change: impl FnOnce(&mut CertificateParams)) -> Vec<String> {
        let chain = [self.leaf(change)];
        let findings = lint::lint(&chain, self.authority().certificate(), &self.site.domain, self.now);
        findings.into_iter().map(|finding| format!("{}: {}", finding.by, finding.what)).collect()
    }
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
fn the_linter_finds_nothing_in_ours() {
    let school = school();
    let authority = school.authority();
    assert_eq!(lint::lint(&school.chain(), authority.certificate(), &school.site.domain, school.now), []);
}

#[test]
fn the_linter_finds_each_fault_of_a_leaf() {
    let school = school();
    let names = |change: fn(&mut Names)| {
        let mut names = Names::of(&Domain::parse("school.test").unwrap());
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
            leaf.custom_extensions = vec![names(|names| names.dns.push("evil.example".to_owned()))];
        }),
        school.findings(|leaf| leaf.custom_extensions = vec![names(|names| names.srv.clear())]),
        school.findings(|leaf| {
            leaf.custom_extensions = vec![names(|names| names.xmpp = vec!["other.test".to_owned()])];
        }),
    ];
    let dates = without_dates(&found.map(|findings| findings.join("\n")).join("\n--\n"));
    insta::assert_snapshot!(dates);
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
