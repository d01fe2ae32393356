//! What the server answers in its own words.

use std::fmt::Write;

use super::Refusal;
use crate::{
    ns,
    xml::{Element, Escaped},
};

/// The result of a request (RFC 6120 §8.2.3), to the one who asked.
pub fn result(request: &Element, to: &str, payload: &str) -> String {
    let mut reply = head(request, "result", to);
    match payload {
        "" => reply.push_str("/>"),
        payload => write!(reply, ">{payload}</{}>", request.name()).expect("a string takes everything"),
    }
    reply
}

/// A stanza error (RFC 6120 §8.3) about `stanza`, to the one who sent it. The original is not repeated: its
/// sender has it.
pub fn error(stanza: &Element, to: &str, refusal: impl Into<Refusal>) -> String {
    error_after(stanza, to, refusal, "")
}

/// The same with an element before the error, by which a client knows what it is about.
pub fn error_after(stanza: &Element, to: &str, refusal: impl Into<Refusal>, before: &str) -> String {
    let Refusal { error, kind, detail } = refusal.into();
    let mut reply = head(stanza, "error", to);
    write!(
        reply,
        ">{before}<error type='{}'><{} xmlns='{}'/>{detail}</error></{}>",
        kind,
        error.condition(),
        ns::STANZA_ERRORS,
        stanza.name()
    )
    .expect("a string takes everything");
    reply
}

/// The answer comes from where the question went to, with the same id.
fn head(stanza: &Element, kind: &str, to: &str) -> String {
    let mut head = format!("<{} type='{kind}' to='{}'", stanza.name(), Escaped(to));
    for (name, theirs) in [("id", "id"), ("from", "to")] {
        if let Some(value) = stanza.attribute(theirs) {
            write!(head, " {name}='{}'", Escaped(&value)).expect("a string takes everything");
        }
    }
    head
}
