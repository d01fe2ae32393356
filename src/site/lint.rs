//! Whether the trust stores of the world would take a certificate: the rules of Apple's and Android's, of the
//! libraries under Gajim and its like, and our own. Nothing here is asked of the certificate's maker.

use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use x509_parser::{
    extensions::{GeneralName, GeneralSubtree, ParsedExtension},
    parse_x509_certificate,
    prelude::X509Certificate,
    public_key::PublicKey,
    time::ASN1Time,
};

use super::{Domain, names::Names};

/// A rule that a certificate breaks.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// Whose rule it is.
    pub by: &'static str,
    /// What is wrong.
    pub what: String,
}

const ANDROID: &str = "Android";
/// <https://support.apple.com/en-us/103769>: trusted certificates in iOS 13 and macOS 10.15.
const APPLE: &str = "Apple";
/// What this project promises to parents.
const OURS: &str = "jailbuild";
/// Path validation (RFC 5280 §6), as OpenSSL, `GnuTLS` and webpki do it.
const PATH: &str = "RFC 5280";
/// How XMPP clients compare names (RFC 6120 §13.7.1).
const XMPP: &str = "RFC 6120";

/// Lints what a server shows: the leaf first, then whatever it sends besides.
///
/// Empty if every rule is kept at `now`, by the chain and by the authority that a client trusts.
pub fn lint(
    chain: &[impl AsRef<[u8]>],
    authority: &[u8],
    domain: &Domain,
    now: OffsetDateTime,
) -> Vec<Finding> {
    let Some(leaf) = chain.first() else { return vec![finding(PATH, "the chain is empty")] };
    let (Ok((_, leaf)), Ok((_, issuer))) =
        (parse_x509_certificate(leaf.as_ref()), parse_x509_certificate(authority))
    else {
        return vec![finding(PATH, "a certificate cannot be parsed")];
    };
    let mut findings = lint_authority(authority, domain, now);
    findings.extend(validity(&leaf, "leaf", now));
    findings.extend(strength(&leaf, "leaf"));
    findings.extend(usage(&leaf));
    findings.extend(lifetime(&leaf));
    findings.extend(names(&leaf, domain));
    findings.extend(issued(&leaf, &issuer));
    findings
}

/// Lints an authority: that it is one, and for this domain alone.
pub fn lint_authority(authority: &[u8], domain: &Domain, now: OffsetDateTime) -> Vec<Finding> {
    let Ok((_, authority)) = parse_x509_certificate(authority) else {
        return vec![finding(PATH, "the authority's certificate cannot be parsed")];
    };
    let mut findings = validity(&authority, "authority", now);
    findings.extend(strength(&authority, "authority"));
    findings.extend(is_authority(&authority));
    findings.extend(constraints(&authority, domain));
    findings
}

/// The certificates in a text, in their order.
///
/// # Errors
/// Those of the PEM parser.
pub fn chain_from_pem(pem: &str) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect()
}

fn finding(by: &'static str, what: impl Into<String>) -> Finding {
    Finding { by, what: what.into() }
}

/// A finding for each rule that is not kept.
fn broken<const N: usize>(rules: [(bool, &'static str, String); N]) -> Vec<Finding> {
    rules.into_iter().filter(|(kept, ..)| !kept).map(|(_, by, what)| finding(by, what)).collect()
}

fn validity(certificate: &X509Certificate<'_>, whose: &str, now: OffsetDateTime) -> Vec<Finding> {
    let validity = certificate.validity();
    let now = ASN1Time::from(now);
    broken([
        (
            validity.not_before <= now,
            PATH,
            format!("the {whose} is not valid before {}", validity.not_before),
        ),
        (now <= validity.not_after, PATH, format!("the {whose} is not valid after {}", validity.not_after)),
    ])
}

fn lifetime(leaf: &X509Certificate<'_>) -> Vec<Finding> {
    let validity = leaf.validity();
    let lifetime = validity.not_after.to_datetime() - validity.not_before.to_datetime();
    broken([(
        lifetime <= Duration::days(825),
        APPLE,
        format!("the leaf lives for {} days: 825 is the most", lifetime.whole_days()),
    )])
}

fn strength(certificate: &X509Certificate<'_>, whose: &str) -> Vec<Finding> {
    let strong = match certificate.public_key().parsed() {
        Ok(PublicKey::EC(point)) => point.key_size() >= 256,
        Ok(PublicKey::RSA(key)) => key.key_size() >= 2048,
        _ => false,
    };
    let signature = certificate.signature_algorithm.algorithm.to_id_string();
    let serial = certificate.raw_serial();
    broken([
        (strong, APPLE, format!("the {whose}'s key is neither RSA of 2048 bits nor elliptic of 256")),
        (
            SHA2.contains(&signature.as_str()),
            APPLE,
            format!("the {whose}'s signature, {signature}, is not with SHA-2"),
        ),
        (
            serial.len() <= 20
                && serial.first().is_some_and(|first| first & 0x80 == 0)
                && serial.iter().any(|byte| *byte != 0),
            PATH,
            format!("the {whose}'s serial number is not a positive one of at most 20 bytes"),
        ),
    ])
}

/// sha256/384/512WithRSAEncryption (RFC 8017), ecdsa-with-SHA256/384/512 (RFC 5758).
const SHA2: [&str; 6] = [
    "1.2.840.113549.1.1.11",
    "1.2.840.113549.1.1.12",
    "1.2.840.113549.1.1.13",
    "1.2.840.10045.4.3.2",
    "1.2.840.10045.4.3.3",
    "1.2.840.10045.4.3.4",
];

fn usage(leaf: &X509Certificate<'_>) -> Vec<Finding> {
    let extended = leaf.extended_key_usage().ok().flatten();
    let usage = leaf.key_usage().ok().flatten();
    broken([
        (
            extended.is_some_and(|usage| usage.value.server_auth),
            APPLE,
            "the leaf's extended key usage has no `serverAuth`".to_owned(),
        ),
        (
            usage.is_some_and(|usage| usage.value.digital_signature()),
            PATH,
            "the leaf's key usage has no `digitalSignature`".to_owned(),
        ),
        (!leaf.is_ca(), PATH, "the leaf is an authority".to_owned()),
    ])
}

fn names(leaf: &X509Certificate<'_>, domain: &Domain) -> Vec<Finding> {
    let found = Names::in_certificate(leaf);
    let wanted = Names::of(domain);
    let missing = |form: &str, found: &[String], wanted: &[String]| {
        let missing: Vec<_> = wanted.iter().filter(|name| !found.contains(name)).cloned().collect();
        (missing.is_empty(), format!("the leaf lacks the {form} `{}`", missing.join("`, `")))
    };
    let (dns, no_dns) = missing("dNSName", &found.dns, &wanted.dns);
    let (srv, no_srv) = missing("SRVName", &found.srv, &wanted.srv);
    let (xmpp, no_xmpp) = missing("xmppAddr", &found.xmpp, &wanted.xmpp);
    let beyond = found.dns.iter().find(|name| !is_below(name, domain.ascii()));
    broken([
        (dns, ANDROID, no_dns),
        (srv, XMPP, no_srv),
        (xmpp, XMPP, no_xmpp),
        (beyond.is_none(), OURS, format!("the leaf is also for `{}`", beyond.map_or("", |name| name))),
        (found.others == 0, OURS, "the leaf has names of other forms".to_owned()),
    ])
}

/// A name matches a constraint if labels can be added on its left to make it (RFC 5280 §4.2.1.10).
fn is_below(name: &str, domain: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.strip_suffix(domain).is_some_and(|labels| labels.is_empty() || labels.ends_with('.'))
}

fn issued(leaf: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Vec<Finding> {
    broken([
        (
            leaf.issuer() == issuer.subject(),
            PATH,
            "the leaf names another issuer than the authority".to_owned(),
        ),
        (
            leaf.verify_signature(Some(issuer.public_key())).is_ok(),
            PATH,
            "the leaf's signature is not the authority's".to_owned(),
        ),
        (
            authority_key(leaf).is_some() && authority_key(leaf) == subject_key(issuer),
            PATH,
            "the leaf's authority key identifier is not the authority's".to_owned(),
        ),
    ])
}

fn authority_key(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(identifier) => {
            Some(identifier.key_identifier.as_ref()?.0.to_vec())
        }
        _ => None,
    })
}

fn subject_key(certificate: &X509Certificate<'_>) -> Option<Vec<u8>> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
        _ => None,
    })
}

fn is_authority(authority: &X509Certificate<'_>) -> Vec<Finding> {
    let basic = authority.basic_constraints().ok().flatten();
    let usage = authority.key_usage().ok().flatten();
    broken([
        (
            basic.as_ref().is_some_and(|basic| basic.critical && basic.value.ca),
            ANDROID,
            "the authority is not marked as one".to_owned(),
        ),
        (
            basic.is_some_and(|basic| basic.value.path_len_constraint == Some(0)),
            OURS,
            "the authority may make further authorities".to_owned(),
        ),
        (
            usage.is_some_and(|usage| usage.critical && usage.value.key_cert_sign()),
            PATH,
            "the authority's key usage has no `keyCertSign`".to_owned(),
        ),
        (authority.verify_signature(None).is_ok(), PATH, "the authority did not sign itself".to_owned()),
    ])
}

/// That who trusts the authority trusts it for the school's domain, and for nothing else.
fn constraints(authority: &X509Certificate<'_>, domain: &Domain) -> Vec<Finding> {
    let extension = authority.name_constraints().ok().flatten();
    let Some(extension) = extension.filter(|extension| extension.critical) else {
        return vec![finding(OURS, "the authority is not constrained by name, or not critically")];
    };
    let name = |subtree: &GeneralSubtree<'_>| match &subtree.base {
        GeneralName::DNSName(name) => (*name).to_owned(),
        other => other.to_string(),
    };
    let permitted: Vec<_> = extension.value.permitted_subtrees.iter().flatten().map(name).collect();
    let excluded = extension.value.excluded_subtrees.as_deref().unwrap_or_default();
    broken([
        (
            permitted == [domain.ascii()],
            OURS,
            format!("the authority is for `{}`, not for `{}` alone", permitted.join("`, `"), domain.ascii()),
        ),
        (
            [4, 16]
                .iter()
                .all(|bytes| excluded.iter().any(|subtree| is_every_address(&subtree.base, *bytes))),
            OURS,
            "the authority is not barred from IP addresses".to_owned(),
        ),
    ])
}

/// An address and a mask, both of zeros (RFC 5280 §4.2.1.10).
fn is_every_address(name: &GeneralName<'_>, bytes: usize) -> bool {
    matches!(name, GeneralName::IPAddress(range) if range.len() == 2 * bytes && range.iter().all(|byte| *byte == 0))
}
