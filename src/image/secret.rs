//! What must never be in an image, told by its name or its content.

/// Names of files that hold passwords or private keys wherever they occur.
const NAMES: [&str; 7] =
    ["ca.key", "id_ed25519", "key.pem", "master.passwd", "shadow", "spwd.db", "xmppd.sqlite"];

/// The two ends of a PEM label around what kind of private key it is (RFC 7468 §10 and §11, and OpenSSH's own).
const BEGIN: &[u8] = b"-----BEGIN ";
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";

/// The least number of base64 digits on the line below a label that make it a key: programs that read keys contain the label alone.
const KEY_DIGITS: usize = 32;

/// Why a file is a secret, if it is one.
pub(super) fn found_in(path: &str, bytes: &[u8]) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if NAMES.contains(&name) {
        return Some("a file of this name holds passwords or private keys");
    }
    holds_private_key(bytes).then_some("it contains a private key")
}

fn holds_private_key(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(start) = position(rest, BEGIN) {
        rest = &rest[start + BEGIN.len()..];
        let label = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        if rest[..label].ends_with(PRIVATE_KEY) && digits(&rest[label..]) >= KEY_DIGITS {
            return true;
        }
    }
    false
}

fn digits(bytes: &[u8]) -> usize {
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    bytes.trim_ascii_start().iter().take_while(is_digit).count()
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_found_wherever_it_stands() {
        for label in ["", "EC ", "RSA ", "ENCRYPTED ", "OPENSSH "] {
            let digits = "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
            let file = format!("\0\0junk-----BEGIN {label}PRIVATE KEY-----\r\n{digits}\r\n-----END");
            assert!(found_in("rootfs/anything", file.as_bytes()).is_some(), "{label}");
        }
    }

    #[test]
    fn a_program_that_only_knows_the_label_is_none() {
        let program =
            b"-----BEGIN PRIVATE KEY-----\0-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUBzCCAVmgAwIBAgIU";
        assert_eq!(found_in("rootfs/usr/local/sbin/xmppd", program), None);
    }

    #[test]
    fn names_are_judged_in_every_folder() {
        assert!(found_in("rootfs/usr/local/etc/xmppd/key.pem", b"").is_some());
        assert!(found_in("host/monkey.pem", b"").is_none());
    }
}
