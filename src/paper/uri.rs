//! Addresses as URIs (RFC 5122), for cameras.

use std::fmt::Write as _;

/// `xmpp:` and the address, with all percent-encoded that is not plain in every URI.
pub(super) fn xmpp(address: &str) -> String {
    let mut uri = "xmpp:".to_owned();
    for byte in address.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                uri.push(char::from(byte));
            }
            _ => write!(uri, "%{byte:02X}").expect("writing to a string does not fail"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_is_encoded() {
        assert_eq!(xmpp("juliet.c@school.test"), "xmpp:juliet.c@school.test");
        // From RFC 5122 §2.7.3, and §2.8.1.
        assert_eq!(xmpp("ji\u{159}i@\u{10d}echy.example"), "xmpp:ji%C5%99i@%C4%8Dechy.example");
        assert_eq!(
            xmpp("nasty!#$%()*+,-.;=?[\\]^_`{|}~node@example.com"),
            "xmpp:nasty%21%23%24%25%28%29%2A%2B%2C-.%3B%3D%3F%5B%5C%5D%5E_%60%7B%7C%7D~node@example.com"
        );
    }
}
