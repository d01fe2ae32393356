//! What the opening tag of a client's stream says (RFC 6120 §4.7).

use std::borrow::Cow;

use super::{StreamError, framing::Framing};
use crate::{jid::Jid, xml::Element};

/// What a client's header says, once it is acceptable.
pub(super) struct Header {
    /// Who the client says that it is.
    pub(super) from: Option<Jid>,
    /// The language of what it will send.
    pub(super) language: Option<String>,
}

/// Checks a client's header.
pub(super) fn check(header: &Element, framing: Framing, domain: &str) -> Result<Header, StreamError> {
    framing.check(header)?;
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

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::{
        ns,
        xml::{Escaped, Frame, Framer, Limits},
    };

    fn language(tag: &str) -> Option<String> {
        let header = format!(
            "<stream:stream xmlns='{}' xmlns:stream='{}' to='school.test' version='1.0' xml:lang='{tag}'>",
            ns::CLIENT,
            ns::STREAMS
        );
        let frame = Framer::new(Limits::of_bytes(10_000)).next(&mut BytesMut::from(header.as_bytes()));
        let Ok(Some(Frame::Header(header))) = frame else { panic!("no header but {frame:?}") };
        check(&header, Framing::Document, "school.test").ok().and_then(|header| header.language)
    }

    #[test]
    fn a_language_is_a_short_tag_or_none() {
        assert_eq!(language("de-CH-1901").as_deref(), Some("de-CH-1901"));
        for tag in ["", "d'e", "de_CH", &"x".repeat(36)] {
            assert_eq!(language(&Escaped(tag).to_string()), None, "{tag}");
        }
    }
}
