//! XEP-0474: a digest of our offer inside SCRAM, where nobody in between can change it. A client that knows of it
//! sees whether what it was offered is what we offer; others ignore it (RFC 5802 §5.1).

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::{ChannelBindings, Mechanism, hash::Hash};

/// The attribute `h` of `server-first-message` (XEP-0474 §5.1).
pub(super) fn hash(hash: Hash, offered: &[Mechanism], bindings: &ChannelBindings) -> String {
    let mut offer = joined(offered.iter().map(|mechanism| mechanism.name()));
    if bindings.available() {
        offer.push('\x1f');
        offer.push_str(&joined(bindings.types()));
    }
    BASE64.encode(hash.digest(offer.as_bytes()))
}

/// In the order of their bytes, so that the order of the announcement does not matter.
fn joined(names: impl Iterator<Item = &'static str>) -> String {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.join("\x1e")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xep_0474_section_5_3() {
        let bindings =
            ChannelBindings { tls_exporter: Some([0; 32]), tls_server_end_point: Some(vec![0; 32]) };
        let offered = [Mechanism::ScramSha1Plus, Mechanism::ScramSha1];
        assert_eq!(hash(Hash::Sha1, &offered, &bindings), "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
    }

    #[test]
    fn no_list_of_bindings_where_none_was_announced() {
        let none = ChannelBindings::default();
        let expected = BASE64.encode(Hash::Sha256.digest(b"SCRAM-SHA-1\x1eSCRAM-SHA-256"));
        assert_eq!(hash(Hash::Sha256, Mechanism::offered(false, false), &none), expected);
    }
}
