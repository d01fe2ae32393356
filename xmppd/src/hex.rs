//! Bytes as hexadecimal digits: what ids and digests are written with.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Two small letters or digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_byte_has_two_digits() {
        assert_eq!(super::hex(&[0, 0x5f, 0xa0]), "005fa0");
    }
}
