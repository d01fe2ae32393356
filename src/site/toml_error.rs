//! What the TOML parser and serde found wrong, in the administrator's words.

use super::mistake::{Mistake, Source};
use crate::error::Error;

/// The same error with its place in the file and what to do about it; `whole` says what writes a file with every key.
pub(crate) fn explain(source: Source<'_>, error: &toml::de::Error, whole: &str) -> Error {
    let message = error.message().trim().replace("i64", "a whole number").replace("a sequence", "a list");
    source.mistake(error.span().unwrap_or(0..0), mistake(&message, whole))
}

fn mistake(message: &str, whole: &str) -> Mistake {
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("unknown field") {
        let known: Vec<_> = message.split('`').skip(3).step_by(2).map(|key| format!("`{key}`")).collect();
        return Mistake::new(
            format!("`{}` is not a key here", quoted()),
            format!("the keys are {}", known.join(", ")),
        );
    }
    if message.starts_with("missing field") {
        let key = quoted();
        return Mistake::new(format!("the key `{key}` is missing"), format!("add `{key} = \"…\"`; {whole}"));
    }
    if message.starts_with("duplicate key") {
        return Mistake::new("this key stands here twice", "take one of the two out");
    }
    if let Some((found, expected)) =
        message.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected "))
    {
        return Mistake::new(format!("expected {expected}, found {found}"), advice(expected));
    }
    Mistake::new(
        message.lines().collect::<Vec<_>>().join(", "),
        "see https://toml.io for how such a file is written",
    )
}

fn advice(expected: &str) -> &'static str {
    match expected {
        "a string" => "put the value between quotes: `\"…\"`",
        "a whole number" => "write digits alone, without quotes",
        "a list" => "put the values between brackets, with commas: `[\"…\", \"…\"]`",
        "a table" => "write its keys on lines of their own, below its name in brackets: `[…]`",
        _ => "see https://toml.io for how such a value is written",
    }
}
