//! Texts that people take for one another: UTS #39, and what a child would try.

use unicode_security::{MixedScript, mixed_script::AugmentedScriptSet, skeleton};

/// How a text looks: the same for Latin and Cyrillic letters, `l` and `1`, `rn` and `m`, capitals, spaces, and with
/// something in between that nobody sees.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Look(String);

impl Look {
    /// Those of a text: as it is read, whatever is a capital, and as it is drawn, where a capital can stand for
    /// another letter than the small one does.
    pub(crate) fn of(text: &str) -> [Self; 2] {
        let drawn: String = text.split_whitespace().map(drawn).collect();
        [text, &drawn].map(|text| Self(folded(text)))
    }
}

/// Whether people take one for the other.
pub(crate) fn is_alike(one: &[Look], other: &[Look]) -> bool {
    one.iter().any(|look| other.contains(look))
}

/// What the letters of a word look like: the `I` of `PauI` like an `l`. Among capitals it is what it is, lest Elia
/// be taken for Ella where both are written in capitals.
fn drawn(word: &str) -> String {
    let drawn: String = skeleton(word).collect();
    let is_among_capitals = !drawn.contains(|letter: char| letter.is_lowercase() && letter != 'l');
    if is_among_capitals { drawn.replace('l', "I") } else { drawn }
}

fn folded(text: &str) -> String {
    let plain: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    // What looks like a small letter may look like a capital first: 0 is the prototype O.
    let once: String = skeleton(&plain.to_lowercase()).collect();
    skeleton(&once.to_lowercase()).collect::<String>().to_lowercase()
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
            ("Paul", "PauI"),
            ("paul", "PauI"),
            ("PAUL", "PauI"),
            ("lan", "Ian"),
            ("5l", "5I"),
            ("Bill", "\u{412}ill"), // Cyrillic, as those below
            ("hanna", "\u{41d}anna"),
            ("Tom", "\u{422}om"),
            ("4b", "4\u{412}"),
            ("HATA", "\u{41d}\u{410}\u{422}\u{410}"),
            ("Max", "\u{39c}ax"), // Greek
            ("JULIET", "JUL\u{399}ET"),
        ] {
            assert!(is_alike(&Look::of(one), &Look::of(other)), "{one} {other}");
        }
        for (one, other) in [
            ("romeo", "romea"),
            ("juliet", "julia"),
            ("zoe", "zoë"),
            ("anna", "hannah"),
            ("max1", "max2"),
            ("Elia", "Ella"),
            ("ELIA", "Ella"),
            ("ELIA", "ELLA"),
            ("Elia MEIER", "Ella Meier"),
            ("5I", "5L"),
            ("Mia", "MLA"),
            ("Iris", "Lars"),
            ("Anna 🌹", "Anna 🌻"),
        ] {
            assert!(!is_alike(&Look::of(one), &Look::of(other)), "{one} {other}");
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
