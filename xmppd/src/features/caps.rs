//! XEP-0115 and XEP-0390: entity capabilities. The server tells its own in the stream features; those of clients
//! travel with their presence, untouched.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use super::{
    Feature,
    disco::{self, Extension},
};
use crate::{ns, router::Settings};

/// Advertised, and answered by service discovery.
pub const FEATURE: Feature =
    Feature { advertised: &[ns::CAPS, ns::CAPS2], stream: stream_feature, ..Feature::DEFAULT };

/// Names this software; where it runs is nobody's business.
const NODE: &str = "urn:x-jailbuild:xmppd";

/// The nodes under which service discovery answers the same as without one (XEP-0115 §6.2, XEP-0390 §4.3).
pub(super) fn nodes_of(settings: &Settings) -> [String; 2] {
    [format!("{NODE}#{}", sha1(settings)), format!("{}#sha-256.{}", ns::CAPS2, sha256(settings))]
}

fn stream_feature(settings: &Settings) -> String {
    let (old, new) = (sha1(settings), sha256(settings));
    format!(
        "<c xmlns='{}' hash='sha-1' node='{NODE}' ver='{old}'/>\
         <c xmlns='{}'><hash xmlns='{}' algo='sha-256'>{new}</hash></c>",
        ns::CAPS,
        ns::CAPS2,
        ns::HASHES
    )
}

/// XEP-0115 §5.1.
fn sha1(settings: &Settings) -> String {
    let mut text = format!("server/im/{}/{}<", disco::LANGUAGE, settings.organisation);
    for var in disco::advertised(settings) {
        text.push_str(var);
        text.push('<');
    }
    for Extension { form_type, fields } in disco::extensions(settings) {
        let fields = fields.iter().flat_map(|(name, value)| [*name, value]);
        text.extend([form_type].into_iter().chain(fields).flat_map(|part| [part, "<"]));
    }
    BASE64.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()))
}

/// XEP-0390 §4.1.
fn sha256(settings: &Settings) -> String {
    let identities = [("server", "im", disco::LANGUAGE, settings.organisation.as_str())];
    let input = input(identities, &disco::advertised(settings), &disco::extensions(settings));
    BASE64.encode(digest(&SHA256, input.as_bytes()))
}

/// Units end with U+001F, records with U+001E, forms with U+001D, and each of the three parts – features, identities, extensions –
/// with U+001C. Sorting by bytes is what `str` does.
fn input<const N: usize>(
    identities: [(&str, &str, &str, &str); N],
    features: &[&str],
    extensions: &[Extension],
) -> String {
    let mut features: Vec<String> = features.iter().map(|feature| format!("{feature}\u{1f}")).collect();
    let mut identities = identities.map(|(category, kind, language, name)| {
        format!("{category}\u{1f}{kind}\u{1f}{language}\u{1f}{name}\u{1f}\u{1e}")
    });
    features.sort_unstable();
    identities.sort_unstable();
    let mut extensions: Vec<String> = extensions.iter().map(extension_input).collect();
    extensions.sort_unstable();
    format!("{}\u{1c}{}\u{1c}{}\u{1c}", features.concat(), identities.concat(), extensions.concat())
}

fn extension_input(extension: &Extension) -> String {
    let field = |name: &str, value: &str| format!("{name}\u{1f}{value}\u{1f}\u{1e}");
    let mut fields: Vec<_> = extension.fields.iter().map(|(name, value)| field(name, value)).collect();
    fields.push(field("FORM_TYPE", extension.form_type));
    fields.sort_unstable();
    fields.concat() + "\u{1d}"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xep_0390_section_4_4_1() {
        let features = [
            "http://jabber.org/protocol/si",
            "http://jabber.org/protocol/bytestreams",
            "http://jabber.org/protocol/chatstates",
            "http://jabber.org/protocol/disco#info",
            "http://jabber.org/protocol/disco#items",
            "urn:xmpp:ping",
            "jabber:iq:time",
            "jabber:iq:privacy",
            "jabber:iq:version",
            "http://jabber.org/protocol/rosterx",
            "urn:xmpp:time",
            "jabber:x:oob",
            "http://jabber.org/protocol/ibb",
            "http://jabber.org/protocol/si/profile/file-transfer",
            "urn:xmpp:receipts",
            "jabber:iq:roster",
            "jabber:iq:last",
        ];
        let input = input([("client", "mobile", "", "BombusMod")], &features, &[]);
        let hash = BASE64.encode(digest(&SHA256, input.as_bytes()));
        assert_eq!(hash, "kzBZbkqJ3ADrj7v08reD1qcWUwNGHaidNUgD7nHpiw8=");
    }

    #[test]
    fn xep_0390_section_4_4_2_identities_are_sorted() {
        let identities = [("client", "pc", "ru", "Ткаббер"), ("client", "pc", "en", "Tkabber")];
        assert_eq!(
            input(identities, &[], &[]),
            "\u{1c}client\u{1f}pc\u{1f}en\u{1f}Tkabber\u{1f}\u{1e}client\u{1f}pc\u{1f}ru\u{1f}Ткаббер\u{1f}\u{1e}\u{1c}\u{1c}"
        );
    }
}
