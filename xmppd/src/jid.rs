//! Addresses (RFC 7622): `localpart@domainpart/resourcepart`, prepared, so that equal ones are equal byte for
//! byte.

use std::{fmt, sync::Arc};

/// An address, bare or full, or of a server. Cheap to clone.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Jid {
    text: Arc<str>,
    /// How long the localpart is.
    local: Option<usize>,
    /// Where the slash is.
    slash: Option<usize>,
}

/// A text that is no address, or has a part that its profile forbids.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an address as RFC 7622 has it")]
pub struct JidError;

/// RFC 7622 §3.1: three parts of at most 1023 bytes each, and what stands between them.
const MOST_BYTES: usize = 3 * 1023 + 2;

impl Jid {
    /// Parses and prepares an address. What is far too long is not prepared first: that would cost more than
    /// its sender paid.
    pub fn parse(text: &str) -> Result<Self, JidError> {
        if text.len() > MOST_BYTES {
            return Err(JidError);
        }
        if is_prepared(text) {
            return Ok(Self::from_prepared(text));
        }
        let prepared = jid::Jid::new(text).map_err(|_| JidError)?;
        // RFC 8264 §7: what preparing does not settle is refused; `🄐` becomes `(A)`, and that `(a)`.
        let again = jid::Jid::new(prepared.as_str()).map_err(|_| JidError)?;
        if again == prepared { Ok(Self::from_prepared(prepared.as_str())) } else { Err(JidError) }
    }

    /// The address of an account, whose name is prepared already.
    pub(crate) fn of_account(name: &str, domain: &str) -> Self {
        Self::from_prepared(&format!("{name}@{domain}"))
    }

    /// The same account's address with a resource.
    #[must_use]
    pub fn with_resource(&self, resource: &Resource) -> Self {
        Self::from_prepared(&format!("{}/{}", self.bare(), resource.0))
    }

    /// The account's address, without a resource.
    #[must_use]
    pub fn to_bare(&self) -> Self {
        Self::from_prepared(self.bare())
    }

    /// The part before the `@`: for addresses of this server, the account's name.
    pub fn local(&self) -> Option<&str> {
        self.local.map(|end| &self.text[..end])
    }

    /// The server's name.
    pub fn domain(&self) -> &str {
        &self.bare()[self.local.map_or(0, |end| end + 1)..]
    }

    /// The part behind the first `/`.
    pub fn resource(&self) -> Option<&str> {
        self.slash.map(|slash| &self.text[slash + 1..])
    }

    /// All but the resource.
    pub fn bare(&self) -> &str {
        &self.text[..self.slash.unwrap_or(self.text.len())]
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn from_prepared(text: &str) -> Self {
        let slash = text.find('/');
        let local = text[..slash.unwrap_or(text.len())].find('@');
        Self { text: text.into(), local, slash }
    }
}

impl fmt::Display for Jid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Who talks to whom is nobody's business: addresses stay out of logs unless one is displayed on purpose.
impl fmt::Debug for Jid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Jid(…)")
    }
}

/// A prepared resource (RFC 7622 §3.4).
#[derive(Clone, Eq, PartialEq)]
pub struct Resource(String);

impl Resource {
    /// Parses and prepares a resource.
    pub fn parse(text: &str) -> Result<Self, JidError> {
        if text.len() > MOST_BYTES {
            return Err(JidError);
        }
        let prepared = jid::ResourcePart::new(text).map_err(|_| JidError)?;
        Ok(Self(prepared.as_str().to_owned()))
    }
}

/// Whether preparing would change nothing, told for the plain ASCII that nearly all addresses are. `false`
/// says nothing.
fn is_prepared(text: &str) -> bool {
    let (bare, resource) =
        text.split_once('/').map_or((text, None), |(bare, resource)| (bare, Some(resource)));
    let (local, domain) = bare.split_once('@').map_or((None, bare), |(local, domain)| (Some(local), domain));
    local.is_none_or(|local| is_short(local) && local.bytes().all(is_local))
        && domain.len() <= 253
        && domain.split('.').all(is_label)
        && resource.is_none_or(|resource| {
            is_short(resource) && resource.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        })
}

/// RFC 7622 §3.3.1: at least one byte, at most 1023.
fn is_short(part: &str) -> bool {
    (1..=1023).contains(&part.len())
}

fn is_local(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'+')
}

/// A DNS label in small letters, without `--`, behind which an A-label may hide.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.contains("--")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_has_its_parts() {
        let full = Jid::parse("Julia@School.test/Balcony/@2").unwrap();
        assert_eq!(full.as_str(), "julia@school.test/Balcony/@2");
        assert_eq!(
            (full.local(), full.domain(), full.resource()),
            (Some("julia"), "school.test", Some("Balcony/@2"))
        );
        assert_eq!(full.bare(), "julia@school.test");
        let server = Jid::parse("school.test/x").unwrap();
        assert_eq!((server.local(), server.domain(), server.resource()), (None, "school.test", Some("x")));
        assert_eq!(
            Jid::of_account("julia", "school.test").with_resource(&Resource::parse("a b").unwrap()).as_str(),
            "julia@school.test/a b"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "@school.test",
            "a@",
            "a@b@c",
            "school.test/",
            "a b@school.test",
            "-.test",
            "🄐@school.test",
            &"x".repeat(2000),
        ] {
            assert_eq!(Jid::parse(text), Err(JidError), "{text}");
        }
    }

    /// Wide letters, of which preparing makes narrow ones: only a length that is looked at first refuses them.
    #[test]
    fn what_is_far_too_long_is_not_even_prepared() {
        let wide = "ａ".repeat(1023);
        assert!(Jid::parse(&format!("{wide}@b")).is_ok());
        assert_eq!(Jid::parse(&format!("{wide}@bcd")), Err(JidError));
        assert!(Resource::parse(&"é".repeat(MOST_BYTES)).is_err());
    }

    const ADDRESSES: &str = "[a-cA-C1._+@/é -]{0,12}|[a-z.-]{1,70}|xn--[a-z]{1,5}\\.a/[ -~]{0,9}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_counts_as_prepared_is_what_preparing_leaves_alone(text in ADDRESSES) {
            if is_prepared(&text) {
                prop_assert_eq!(jid::Jid::new(&text).map(|jid| jid.to_string()), Ok(text));
            }
        }

        #[test]
        fn parts_make_the_whole_and_fit_their_profiles(text in ADDRESSES) {
            let Ok(jid) = Jid::parse(&text) else { return Ok(()) };
            let at = jid.local().map_or(String::new(), |local| format!("{local}@"));
            prop_assert_eq!(jid.bare(), format!("{at}{}", jid.domain()));
            // RFC 7622 §3.3.1, §3.5: what would end a part early cannot be within it.
            prop_assert!(!jid.local().unwrap_or("x").contains(['"', '&', '\'', '/', ':', '<', '>', '@', ' ']));
            let parts = [jid.local(), Some(jid.domain()), jid.resource()];
            prop_assert!(parts.into_iter().flatten().all(is_short));
            let resource = jid.resource().map(|resource| Resource::parse(resource).unwrap());
            let again = resource.map_or(jid.to_bare(), |resource| jid.to_bare().with_resource(&resource));
            prop_assert_eq!(again, jid);
        }

        /// RFC 7622 §3.2.2, §3.3, §3.4: large and small letters are the same but in a resource.
        #[test]
        fn letters_may_be_large_but_in_a_resource(
            local in "[a-zéß]{1,5}", domain in "[a-z]{1,5}\\.[a-z]{1,3}", resource in "[a-z]{1,5}"
        ) {
            let small = Jid::parse(&format!("{local}@{domain}/{resource}"));
            // `ß` has no single large letter.
            let large = local.replace('ß', "1").to_uppercase();
            let same = Jid::parse(&format!("{large}@{}/{resource}", domain.to_uppercase()));
            prop_assert_eq!(local.contains('ß') || same == small, true);
            prop_assert_ne!(Jid::parse(&format!("{local}@{domain}/{}", resource.to_uppercase())), small);
        }

        #[test]
        fn nothing_that_is_sent_can_hurt(text in "\\PC{0,40}|.{0,40}") {
            let parsed = (Jid::parse(&text), Resource::parse(&text));
            prop_assert!(parsed.0.is_err() || !text.is_empty());
        }

        #[test]
        fn preparing_twice_changes_nothing(text in "\\PC{1,6}@[a-z]{1,5}/\\PC{1,6}") {
            if let Ok(jid) = Jid::parse(&text) {
                prop_assert_eq!(Jid::parse(jid.as_str()), Ok(jid));
            }
        }
    }
}
