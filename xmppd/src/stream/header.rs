//! The opening tag of a stream (RFC 6120 §4.7, §4.8): theirs checked, ours written.

use std::fmt::Write;

use super::{Context, StreamError};
use crate::{
    jid::Jid,
    ns,
    xml::{Element, Escaped},
};

/// What a client's header says, once it is acceptable.
pub(super) struct Header {
    /// Who the client says that it is.
    pub(super) from: Option<Jid>,
    /// The language of what it will send.
    pub(super) language: Option<String>,
}

/// Checks a client's header.
pub(super) fn check(header: &Element, domain: &str) -> Result<Header, StreamError> {
    if header.name() != "stream" {
        return Err(StreamError::BadFormat);
    }
    // RFC 6120 §4.8.1, §4.8.2: `jabber:server` in place of `jabber:client` ends here.
    if header.namespace() != ns::STREAMS || header.outer().namespace("") != Some(ns::CLIENT) {
        return Err(StreamError::InvalidNamespace);
    }
    let to = header.attribute("to").ok_or(StreamError::ImproperAddressing)?;
    let is_ours = Jid::parse(&to).is_ok_and(|to| to.as_str() == domain);
    if !is_ours {
        return Err(StreamError::HostUnknown);
    }
    check_version(header.attribute("version").as_deref())?;
    let from = header.attribute("from").map(|from| Jid::parse(&from)).transpose();
    Ok(Header {
        from: from.map_err(|_| StreamError::InvalidFrom)?,
        language: header.attribute("xml:lang").map(std::borrow::Cow::into_owned),
    })
}

/// RFC 6120 §4.7.5: no version means 0.9, which knows neither TLS nor SASL.
fn check_version(version: Option<&str>) -> Result<(), StreamError> {
    let (major, minor) =
        version.and_then(|version| version.split_once('.')).ok_or(StreamError::UnsupportedVersion)?;
    match (major.parse::<u32>(), minor.parse::<u32>()) {
        (Ok(1..), Ok(_)) => Ok(()),
        _ => Err(StreamError::UnsupportedVersion),
    }
}

/// Our header, with an id that nobody can guess (RFC 6120 §4.7.3).
pub(super) fn ours(domain: &str, to: Option<&Jid>, cx: &mut Context<'_>) -> String {
    let mut header = format!(
        "<?xml version='1.0'?><stream:stream xmlns='{}' xmlns:stream='{}' id='{}' from='{}' \
         version='1.0' xml:lang='en'",
        ns::CLIENT,
        ns::STREAMS,
        cx.token(),
        Escaped(domain)
    );
    if let Some(to) = to {
        write!(header, " to='{}'", Escaped(to.as_str())).expect("a string takes everything");
    }
    header.push('>');
    header
}
