//! Texts that people take for one another: UTS #39, and what a child would try.

use unicode_security::{MixedScript, mixed_script::AugmentedScriptSet, skeleton};

/// How a text looks: the same for Latin and Cyrillic letters, `l` and `1`, `rn` and `m`, capitals, spaces, and with
/// something in between that nobody sees.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Look(String);

impl Look {
    /// That of a text.
    pub(crate) fn of(text: &str) -> Self {
        let plain: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        // What looks like a small letter may look like a capital first: 0 is the prototype O.
        let once: String = skeleton(&plain.to_lowercase()).collect();
        Self(skeleton(&once.to_lowercase()).collect::<String>().to_lowercase())
    }
}

/// Whether letters of different scripts stand together that nobody writes together, such as Latin and Cyrillic ones:
/// UTS #39 §5.2, beyond "Highly Restrictive".
pub(crate) fn mixes_scripts(text: &str) -> bool {
    if text.is_single_script() {
        return false;
    }
    // What is written with Latin letters in between: Japanese, Korean, Chinese.
    let mut others = AugmentedScriptSet::default();
    text.chars().filter(|one| !one.is_ascii()).for_each(|one| others.intersect_with(one.into()));
    !(others.jpan || others.kore || others.hanb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (one, other) in [
            ("romeo", "r\u{43e}meo"), // Cyrillic
            ("juliet", "ju1iet"),
            ("bill", "bi11"),
            ("romeo", "r0meo"),
            ("emma", "emrna"),
            ("Juliet C.", "JULIET C."),
            ("Juliet C.", "JulietC."),
            ("Juliet C.", "Juliet\u{a0}C."),
            ("Juliet", "Ju\u{200b}liet"),
            ("Juliet", "\u{202a}Juliet\u{202c}"),
            ("zoë", "zoe\u{308}"),
            ("romeo", "\u{ff52}omeo"), // full width
        ] {
            assert_eq!(Look::of(one), Look::of(other), "{one} {other}");
        }
        for (one, other) in [
            ("romeo", "romea"),
            ("juliet", "julia"),
            ("zoe", "zoë"),
            ("anna", "hannah"),
            ("max1", "max2"),
            ("Anna 🌹", "Anna 🌻"),
        ] {
            assert_ne!(Look::of(one), Look::of(other), "{one} {other}");
        }
    }

    #[test]
    fn scripts_that_nobody_writes_together_are_a_disguise() {
        for mixed in ["r\u{43e}meo", "\u{3b1}nna", "ann\u{430}"] {
            assert!(mixes_scripts(mixed), "{mixed}");
        }
        for plain in
            ["romeo", "Zoë", "анна", "Анна-2", "さくらラーメン", "東京tower", "김민준", "Anna🌹", "4b"]
        {
            assert!(!mixes_scripts(plain), "{plain}");
        }
    }
}
