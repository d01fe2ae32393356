//! The opening tag of a stream (RFC 6120 §4.7, §4.8): theirs checked, ours written.

use std::{borrow::Cow, fmt::Write};

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
        language: header.attribute("xml:lang").filter(|tag| is_language(tag)).map(Cow::into_owned),
    })
}

/// RFC 5646 §4.4.1: 35 letters, digits and hyphens hold every language tag. What is longer is ignored, since
/// it would be stamped on all that the client sends.
fn is_language(tag: &str) -> bool {
    (1..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
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

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::xml::{Frame, Framer, Limits};

    fn language(tag: &str) -> Option<String> {
        let header = format!(
            "<stream:stream xmlns='{}' xmlns:stream='{}' to='school.test' version='1.0' xml:lang='{tag}'>",
            ns::CLIENT,
            ns::STREAMS
        );
        let frame = Framer::new(Limits::of_bytes(10_000)).next(&mut BytesMut::from(header.as_bytes()));
        let Ok(Some(Frame::Header(header))) = frame else { panic!("no header but {frame:?}") };
        check(&header, "school.test").ok().and_then(|header| header.language)
    }

    #[test]
    fn a_language_is_a_short_tag_or_none() {
        assert_eq!(language("de-CH-1901").as_deref(), Some("de-CH-1901"));
        for tag in ["", "d'e", "de_CH", &"x".repeat(36)] {
            assert_eq!(language(&Escaped(tag).to_string()), None, "{tag}");
        }
    }
}
