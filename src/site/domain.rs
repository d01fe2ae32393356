//! The school's domain.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use idna::{
    AsciiDenyList,
    uts46::{DnsLength, Hyphens, Uts46},
};
use serde::{Serialize, Serializer};

use super::Mistake;

/// The domain part of every address of the school (RFC 7622 §3.2), in its normal form: what stands behind the `@`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Domain {
    unicode: String,
    ascii: String,
}

impl Domain {
    /// Accepts a fully qualified domain name, internationalised or not, and normalises it.
    ///
    /// # Errors
    /// A [`Mistake`] for an IP address, a single label, and all else that is not a host name in DNS.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        // RFC 7622 §3.2: a final dot is stripped before anything else.
        let name = text.strip_suffix('.').unwrap_or(text);
        refuse_other_things(name)?;
        let ascii = Uts46::new()
            .to_ascii(name.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Ignore)
            .map_err(|_| not_a_name(text))?;
        refuse_bad_lengths(text, &ascii)?;
        let (unicode, valid) = Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
        valid.map_err(|_| not_a_name(text))?;
        refuse_deviations(&unicode)?;
        Ok(Self { unicode: unicode.into_owned(), ascii: ascii.into_owned() })
    }

    /// As it stands in an address (U-labels).
    pub fn as_str(&self) -> &str {
        &self.unicode
    }

    /// As it stands in DNS and in a `dNSName` (A-labels, RFC 5890 §2.3.2.1).
    pub fn ascii(&self) -> &str {
        &self.ascii
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.unicode)
    }
}

impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.unicode)
    }
}

fn refuse_other_things(name: &str) -> Result<(), Mistake> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<Ipv4Addr>().is_ok() || bare.parse::<Ipv6Addr>().is_ok() {
        return Err(Mistake::new(
            format!("`{name}` is an IP address, not a domain"),
            "write a name, such as `chat.school.example`: certificates and addresses of people are made for it",
        ));
    }
    if name.contains(['@', '/', ':']) {
        return Err(Mistake::new(
            format!("`{name}` is more than a domain"),
            "write the domain alone, such as `school.example`",
        ));
    }
    if name.contains(char::is_whitespace) {
        return Err(Mistake::new(
            format!("the domain `{}` holds a space", name.escape_debug()),
            "take it out",
        ));
    }
    if name.split('.').any(|label| label.starts_with('-') || label.ends_with('-')) {
        return Err(Mistake::new(
            format!("a part of the domain `{name}` starts or ends with `-`"),
            "a hyphen may only stand between letters or digits (RFC 5891 §4.2.3.1)",
        ));
    }
    Ok(())
}

fn refuse_bad_lengths(text: &str, ascii: &str) -> Result<(), Mistake> {
    if ascii.is_empty() || ascii.split('.').any(str::is_empty) {
        return Err(Mistake::new(
            format!("the domain `{text}` has an empty part"),
            "write a name with something between the dots, such as `school.example`",
        ));
    }
    if let Some(label) = ascii.split('.').find(|label| label.len() > 63) {
        return Err(Mistake::new(
            format!("the part `{label}` of the domain has {} bytes", label.len()),
            "no part between two dots may have more than 63 (RFC 1035 §2.3.4)",
        ));
    }
    if ascii.len() > 253 {
        return Err(Mistake::new(
            format!("the domain has {} bytes", ascii.len()),
            "a domain may have 253 at most (RFC 1035 §2.3.4)",
        ));
    }
    let Some((_, last)) = ascii.rsplit_once('.') else {
        return Err(Mistake::new(
            format!("the domain `{text}` has only one part"),
            "clients and trust stores want a full name, such as `school.example`; \
             inside a school `chat.home.arpa` will do (RFC 8375)",
        ));
    };
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Mistake::new(
            format!("the domain `{text}` ends in a number"),
            "its last part must have a letter, or it is taken for an IP address (RFC 3696 §2)",
        ));
    }
    Ok(())
}

/// The four characters that IDNA2003 maps away and IDNA2008 keeps (UTS #46 §2.3): programs disagree which name is meant.
fn refuse_deviations(unicode: &str) -> Result<(), Mistake> {
    match unicode.chars().find(|character| ['ß', 'ς', '\u{200c}', '\u{200d}'].contains(character)) {
        Some(character) => Err(Mistake::new(
            format!("older and newer programs read `{}` in a domain differently", character.escape_debug()),
            "take a domain without it",
        )),
        None => Ok(()),
    }
}

fn not_a_name(text: &str) -> Mistake {
    Mistake::new(
        format!("`{}` is not a domain", text.escape_debug()),
        "use letters, digits and `-`, with dots between, such as `school.example` (RFC 7622 §3.2)",
    )
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn normalises() {
        for (text, unicode, ascii) in [
            ("school.test", "school.test", "school.test"),
            ("Chat.School.Test.", "chat.school.test", "chat.school.test"),
            ("Bücher.example", "bücher.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "bücher.example", "xn--bcher-kva.example"),
            ("学校.example", "学校.example", "xn--48s290a.example"),
        ] {
            let domain = Domain::parse(text).unwrap();
            assert_eq!((domain.as_str(), domain.ascii()), (unicode, ascii));
        }
    }

    #[test]
    fn refuses_with_a_reason() {
        let long = format!("{}.example", "a".repeat(64));
        let longest = format!("{}example", "a23456789.".repeat(25));
        let refused = [
            "",
            ".",
            "192.0.2.1",
            "[2001:db8::1]",
            "2001:db8::1",
            "localhost",
            "juliet@school.test",
            "https://school.test",
            "school.test:5222",
            "school..test",
            "school test",
            "-school.test",
            "school-.test",
            "sch_ool.test",
            "school.42",
            "xn--a.example",
            "school\u{202e}.test",
            "Straße.example",
            &long,
            &longest,
        ];
        let reasons: Vec<_> = refused.iter().map(|text| Domain::parse(text).unwrap_err().what).collect();
        insta::assert_snapshot!(reasons.join("\n"));
    }

    proptest! {
        #[test]
        fn is_stable_and_the_daemons_parser_agrees(text in "[a-zA-Zäöüßéñ0-9-]{1,12}(\\.[a-zA-Zäöü0-9-]{1,12}){1,3}") {
            if let Ok(domain) = Domain::parse(&text) {
                prop_assert_eq!(&Domain::parse(domain.as_str()).unwrap(), &domain);
                prop_assert_eq!(&Domain::parse(domain.ascii()).unwrap(), &domain);
                let daemons = jid::DomainPart::new(domain.as_str()).unwrap().into_owned();
                prop_assert_eq!(daemons.as_str(), domain.as_str());
            }
        }
    }
}
