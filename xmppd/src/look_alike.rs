//! Texts that people take for one another: UTS #39, and what a child would try.

use unicode_security::{MixedScript, mixed_script::AugmentedScriptSet, skeleton};

/// How a text looks: the same for Latin and Cyrillic letters, `l` and `1`, `rn` and `m`, capitals, spaces, and with
/// something in between that nobody sees.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Look {
    is_drawn: bool,
    letters: String,
}

impl Look {
    /// Those of a text: as it is read, whatever is a capital, and as it is drawn, where a capital can stand for
    /// another letter than the small one does.
    pub(crate) fn of(text: &str) -> [Self; 2] {
        [Self::as_read(text), Self::as_drawn(text)]
    }

    fn as_read(text: &str) -> Self {
        Self { is_drawn: false, letters: folded(text) }
    }

    fn as_drawn(text: &str) -> Self {
        let drawn: String = text.split_whitespace().map(drawn).collect();
        Self { is_drawn: true, letters: folded(&drawn) }
    }
}

/// Whether people take one for the other.
pub(crate) fn is_alike(one: &[Look], other: &[Look]) -> bool {
    one.iter().any(|look| other.contains(look))
}

/// What the letters of a word look like: the `I` of `PauI` like an `l`, but not like the `L` of Lina. Among capitals it is
/// what it is, lest Elia be taken for Ella where both are written in capitals.
fn drawn(word: &str) -> String {
    let drawn: String = skeleton(word).collect();
    let is_among_capitals = !drawn.contains(|letter: char| letter.is_lowercase() && letter != 'l');
    let is_with_another = drawn.contains(char::is_uppercase);
    match (is_among_capitals, is_with_another) {
        (true, true) => drawn.replace('l', "I"),
        (true, false) => drawn.replace('l', STROKE),
        (false, _) => drawn.replace('L', CAPITAL_L),
    }
}

/// What only a stroke by itself looks like: `I`, `l` or `1`. For private use, so that no text has it.
const STROKE: &str = "\u{e000}";
/// What only a capital `L` among small letters looks like; likewise.
const CAPITAL_L: &str = "\u{e001}";

fn folded(text: &str) -> String {
    let plain: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    // What looks like a small letter may look like a capital first: 0 is the prototype O.
    let once: String = skeleton(&plain.to_lowercase()).collect();
    skeleton(&once.to_lowercase()).collect::<String>().to_lowercase()
}

/// The first word of a text in which letters of different scripts stand together that nobody writes together, such as
/// Latin and Cyrillic ones: UTS #39 §5.2, beyond "Highly Restrictive". The parts of a compound may differ: `IT-клуб`.
pub(crate) fn disguised(text: &str) -> Option<&str> {
    let is_between = |one: char| one.is_whitespace() || "-/.,_:+&()".contains(one);
    text.split(is_between).find(|word| mixes_scripts(word))
}

fn mixes_scripts(text: &str) -> bool {
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
            ("Juliet", "JUL1ET"),
            ("Felix", "FELlX"),
            ("lukas", "Iukas"),
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
            ("Iina", "Lina"),
            ("Ian", "Lan"),
            ("2i", "2l"),
            ("Klasse 5i", "Klasse 5l"),
            ("AG i", "AG l"),
            ("GruppeI", "GruppeL"),
            ("Anna 🌹", "Anna 🌻"),
        ] {
            assert!(!is_alike(&Look::of(one), &Look::of(other)), "{one} {other}");
        }
    }

    #[test]
    fn scripts_that_nobody_writes_together_are_a_disguise() {
        for mixed in ["r\u{43e}meo", "\u{3b1}nna", "ann\u{430}"] {
            assert_eq!(disguised(mixed), Some(mixed));
            assert_eq!(disguised(&format!("Anna-Lena {mixed}-2")), Some(mixed));
        }
        for plain in [
            "romeo",
            "Zoë",
            "анна",
            "Анна-2",
            "さくらラーメン",
            "東京tower",
            "김민준",
            "Anna🌹",
            "4b",
            "IT-клуб",
            "π-Tag",
        ] {
            assert_eq!(disguised(plain), None);
        }
    }
}
