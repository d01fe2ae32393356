//! XEP-0115: entity capabilities. The server tells its own in the stream features; those of clients travel
//! with their presence, untouched.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{
    Feature,
    disco::{self, Extension},
};
use crate::{ns, router::Settings};

/// Advertised, and answered by service discovery.
pub const FEATURE: Feature = Feature { advertised: &[ns::CAPS], stream: stream_feature, ..Feature::DEFAULT };

/// Names this software; where it runs is nobody's business.
const NODE: &str = "urn:x-jailbuild:xmppd";

/// The node under which service discovery answers the same as without one (XEP-0115 §6.2).
pub(super) fn node_of(settings: &Settings) -> String {
    format!("{NODE}#{}", hash(settings))
}

fn stream_feature(settings: &Settings) -> String {
    format!("<c xmlns='{}' hash='sha-1' node='{NODE}' ver='{}'/>", ns::CAPS, hash(settings))
}

/// XEP-0115 §5.1.
fn hash(settings: &Settings) -> String {
    let mut text = format!("server/im//{}<", settings.organisation);
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
