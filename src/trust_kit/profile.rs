//! The certificate as Apple's devices take it: a configuration profile that holds nothing else.
//!
//! <https://support.apple.com/guide/deployment/dep91d2eb26>: the payload of a certificate.

use plist::{Dictionary, Value};
use sha2::{Digest, Sha256};

use crate::{
    error::{Context as _, Result},
    site::Site,
};

/// The profile. The same certificate always has the same identifiers, so that a second one replaces the first.
pub(super) fn profile(site: &Site, certificate: &[u8]) -> Result<Vec<u8>> {
    let identifier = identifier(site);
    let mut profile = payload(
        "Configuration",
        &identifier,
        &uuid("profile", certificate),
        &format!("Chat of {}", site.organisation),
        &format!(
            "Has this device trust the chat server {} of {}. It holds one certificate, which is good for that domain \
             alone, and manages nothing.",
            site.domain, site.organisation
        ),
    );
    profile.insert("PayloadOrganization".to_owned(), site.organisation.to_string().into());
    profile.insert("PayloadRemovalDisallowed".to_owned(), false.into());
    profile.insert("PayloadContent".to_owned(), vec![root(site, certificate, &identifier)].into());
    let mut text = Vec::new();
    Value::from(profile).to_writer_xml(&mut text).doing("write the profile")?;
    text.push(b'\n');
    Ok(text)
}

fn root(site: &Site, certificate: &[u8], identifier: &str) -> Value {
    let mut root = payload(
        "com.apple.security.root",
        &format!("{identifier}.authority"),
        &uuid("authority", certificate),
        &format!("Authority of {}", site.organisation),
        "The certificate of the school's own authority.",
    );
    root.insert("PayloadCertificateFileName".to_owned(), "ca.crt".into());
    root.insert("PayloadContent".to_owned(), Value::Data(certificate.to_vec()));
    root.into()
}

/// What every payload says of itself.
fn payload(kind: &str, identifier: &str, uuid: &str, name: &str, description: &str) -> Dictionary {
    let said = [
        ("PayloadType", kind),
        ("PayloadIdentifier", identifier),
        ("PayloadUUID", uuid),
        ("PayloadDisplayName", name),
        ("PayloadDescription", description),
    ];
    let mut payload: Dictionary =
        said.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect();
    payload.insert("PayloadVersion".to_owned(), 1.into());
    payload
}

/// As Apple has them: the domain from its end, `org.your-school.chat.trust`.
fn identifier(site: &Site) -> String {
    let labels: Vec<_> = site.domain.ascii().split('.').rev().collect();
    format!("{}.trust", labels.join("."))
}

/// RFC 9562 §5.8: a UUID of one's own making, here out of a certificate.
fn uuid(purpose: &str, certificate: &[u8]) -> String {
    let digest = Sha256::new().chain_update(purpose).chain_update([0]).chain_update(certificate).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let number = u128::from_be_bytes(bytes) & !(0xF << 76 | 0x3 << 62) | 0x8 << 76 | 0x2 << 62;
    let digits = format!("{number:032X}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}
