//! Names that people take for one another: UTS #39, and what a child would try.

use unicode_security::skeleton;

/// The same for all texts that look the same: Latin and Cyrillic letters, `l` and `1`, `rn` and `m`, capitals and spaces.
pub(super) fn look(text: &str) -> String {
    let plain: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    // What looks like a small letter may look like a capital first: 0 is the prototype O.
    let once: String = skeleton(&plain.to_lowercase()).collect();
    skeleton(&once.to_lowercase()).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::look;

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (one, other) in [
            ("romeo", "rоmeo"), // Cyrillic о
            ("juliet", "ju1iet"),
            ("bill", "bi11"),
            ("romeo", "r0meo"),
            ("emma", "emrna"),
            ("Juliet C.", "JULIET C."),
            ("Juliet C.", "JulietC."),
            ("zoë", "zoe\u{308}"),
        ] {
            assert_eq!(look(one), look(other), "{one} {other}");
        }
        for (one, other) in
            [("romeo", "romea"), ("juliet", "julia"), ("zoe", "zoë"), ("anna", "hannah"), ("max1", "max2")]
        {
            assert_ne!(look(one), look(other), "{one} {other}");
        }
    }
}
