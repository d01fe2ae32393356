//! The names that a certificate is for, in the three forms in which XMPP clients look for them (RFC 6120 §13.7.1.2).

use rcgen::CustomExtension;
use x509_parser::{der_parser::Oid, extensions::GeneralName, prelude::X509Certificate};
use yasna::{ASN1Result, DERWriter, Tag, models::ObjectIdentifier};

use super::Domain;

/// id-on-xmppAddr (RFC 6120 §13.7.1.4).
const XMPP_ADDRESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 8, 5];
/// id-on-dnsSRV (RFC 4985 §2).
const SRV_NAME: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 8, 7];
/// id-ce-subjectAltName (RFC 5280 §4.2.1.6).
const SUBJECT_ALTERNATIVE_NAME: [u64; 4] = [2, 5, 29, 17];

/// The services with a domain of their own below the school's, such as `rooms`: of each, a certificate holds the name, and the linter
/// wants it. There is none as yet: all that the daemon serves has the school's own domain in its address.
const SERVICES: [&str; 0] = [];

/// The names that a certificate is for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Names {
    /// `dNSName`, in A-labels.
    pub(super) dns: Vec<String>,
    /// `SRVName` (RFC 4985), in A-labels.
    pub(super) srv: Vec<String>,
    /// `xmppAddr` (RFC 6120 §13.7.1.4), in U-labels.
    pub(super) xmpp: Vec<String>,
    /// How many names of other forms there are.
    pub(super) others: usize,
}

impl Names {
    /// The names of a domain and of its services. There is no `_xmpp-server`: no server comes here.
    pub(super) fn of(domain: &Domain) -> Self {
        Self::with(domain, &SERVICES)
    }

    fn with(domain: &Domain, services: &[&str]) -> Self {
        let service = |name: &&str| format!("{name}.{}", domain.ascii());
        Self {
            dns: std::iter::once(domain.ascii().to_owned()).chain(services.iter().map(service)).collect(),
            srv: vec![format!("_xmpp-client.{}", domain.ascii())],
            xmpp: vec![domain.as_str().to_owned()],
            others: 0,
        }
    }

    /// The names in a certificate.
    pub(super) fn in_certificate(certificate: &X509Certificate<'_>) -> Self {
        let mut names = Self::default();
        let Ok(Some(extension)) = certificate.subject_alternative_name() else { return names };
        for name in &extension.value.general_names {
            names.add(name);
        }
        names
    }

    fn add(&mut self, name: &GeneralName<'_>) {
        match name {
            GeneralName::DNSName(name) => self.dns.push((*name).to_owned()),
            GeneralName::OtherName(kind, value) if is(kind, &SRV_NAME) => match srv_name(value) {
                Ok(name) => self.srv.push(name),
                Err(_) => self.others += 1,
            },
            GeneralName::OtherName(kind, value) if is(kind, &XMPP_ADDRESS) => match xmpp_address(value) {
                Ok(name) => self.xmpp.push(name),
                Err(_) => self.others += 1,
            },
            _ => self.others += 1,
        }
    }

    /// The extension. Written here, since rcgen takes every `otherName` for a `UTF8String`: `SRVName` is an `IA5String`.
    pub(super) fn extension(&self) -> CustomExtension {
        let content = yasna::construct_der(|writer| {
            writer.write_sequence(|names| {
                for name in &self.dns {
                    names
                        .next()
                        .write_tagged_implicit(Tag::context(2), |writer| writer.write_ia5_string(name));
                }
                for name in &self.srv {
                    other_name(names.next(), &SRV_NAME, |writer| writer.write_ia5_string(name));
                }
                for name in &self.xmpp {
                    other_name(names.next(), &XMPP_ADDRESS, |writer| writer.write_utf8_string(name));
                }
            });
        });
        CustomExtension::from_oid_content(&SUBJECT_ALTERNATIVE_NAME, content)
    }

    /// All of them, as they are shown.
    pub(super) fn shown(&self) -> Vec<String> {
        let form = |form: &'static str, names: &[String]| -> Vec<_> {
            names.iter().map(|name| format!("{form}:{name}")).collect()
        };
        [form("DNS", &self.dns), form("SRV", &self.srv), form("XMPP", &self.xmpp)].concat()
    }
}

/// `otherName [0] SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }` (RFC 5280 §4.2.1.6).
fn other_name(writer: DERWriter<'_>, kind: &[u64], value: impl FnOnce(DERWriter<'_>)) {
    writer.write_tagged_implicit(Tag::context(0), |writer| {
        writer.write_sequence(|fields| {
            fields.next().write_oid(&ObjectIdentifier::from_slice(kind));
            fields.next().write_tagged(Tag::context(0), value);
        });
    });
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "the method is not general over lifetimes")]
fn srv_name(value: &[u8]) -> ASN1Result<String> {
    yasna::parse_der(value, |reader| reader.read_tagged(Tag::context(0), |value| value.read_ia5_string()))
}

#[expect(clippy::redundant_closure_for_method_calls, reason = "the method is not general over lifetimes")]
fn xmpp_address(value: &[u8]) -> ASN1Result<String> {
    yasna::parse_der(value, |reader| reader.read_tagged(Tag::context(0), |value| value.read_utf8string()))
}

fn is(oid: &Oid<'_>, wanted: &[u64]) -> bool {
    oid.iter().is_some_and(|numbers| numbers.eq(wanted.iter().copied()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use super::*;

    #[test]
    fn an_international_domain_has_its_own_form_in_each() {
        let names = Names::with(&Domain::parse("bücher.example").unwrap(), &["rooms"]);
        assert_eq!(
            names.shown(),
            [
                "DNS:xn--bcher-kva.example",
                "DNS:rooms.xn--bcher-kva.example",
                "SRV:_xmpp-client.xn--bcher-kva.example",
                "XMPP:bücher.example",
            ]
        );
    }
}
