//! What the server changes in a stanza that it passes on: children taken out, and others put in at the end.

use bytes::Bytes;

use crate::xml::{
    Element,
    lexer::{Lexeme, Lexer},
    tag::{Form, Tag},
};

/// One such change.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Amendment {
    /// Children of this name and namespace go.
    pub without: Option<(&'static str, &'static str)>,
    /// XML that comes, behind all other children.
    pub with: String,
}

/// What follows the attributes of a stanza, like [`Element::tail`], with these changes.
pub(super) fn tail(element: &Element, amendments: &[Amendment]) -> Bytes {
    if amendments.is_empty() {
        return element.tail();
    }
    let mut tail = b">".to_vec();
    for (child, bytes) in element.children().zip(children(element.bytes())) {
        let is_gone =
            |one: &Amendment| one.without.is_some_and(|(name, ns)| child.0 == name && child.1 == ns);
        if !amendments.iter().any(is_gone) {
            tail.extend_from_slice(&bytes);
        }
    }
    for amendment in amendments {
        tail.extend_from_slice(amendment.with.as_bytes());
    }
    tail.extend_from_slice(format!("</{}>", element.qualified_name()).as_bytes());
    tail.into()
}

/// The direct children, each with all that is within.
fn children(bytes: &Bytes) -> Vec<Bytes> {
    let (mut lexer, mut depth, mut start) = (Lexer::default(), 0_usize, 0);
    let mut children = Vec::new();
    while let Ok(Some(lexeme)) = lexer.next(bytes) {
        let Lexeme::Tag(span) = lexeme else { continue };
        let tag = Tag::parse(span.text(bytes), span.start, usize::MAX).expect("checked when framed");
        if tag.form != Form::End {
            if depth == 1 {
                start = span.start;
            }
            depth += 1;
        }
        if tag.form != Form::Start {
            depth -= 1;
            match depth {
                0 => break,
                1 => children.push(bytes.slice(start..span.end)),
                _ => {}
            }
        }
    }
    children
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::xml::{Frame, Framer, Limits};

    fn amended(stanza: &str, amendments: &[Amendment]) -> String {
        let mut bytes =
            BytesMut::from(format!("<s xmlns='jabber:client' xmlns:v='urn:v'>{stanza}").as_bytes());
        let mut framer = Framer::new(Limits::of_bytes(10_000));
        loop {
            match framer.next(&mut bytes) {
                Ok(Some(Frame::Element(element))) => {
                    return String::from_utf8(tail(&element, amendments).to_vec()).expect("text");
                }
                Ok(Some(_)) => {}
                _ => panic!("no stanza"),
            }
        }
    }

    #[test]
    fn children_go_and_come() {
        let hash = Amendment { without: Some(("x", "urn:v")), with: "<x xmlns='urn:v'>1</x>".to_owned() };
        for (before, after) in [
            ("<presence/>", "><x xmlns='urn:v'>1</x></presence>"),
            ("<presence> <a><x/></a>\n</presence>", "><a><x/></a><x xmlns='urn:v'>1</x></presence>"),
            (
                "<presence><x xmlns='urn:v'><x/></x><x xmlns='urn:w'/><b>]]&gt;</b></presence>",
                "><x xmlns='urn:w'/><b>]]&gt;</b><x xmlns='urn:v'>1</x></presence>",
            ),
            ("<presence><v:x/><c/></presence>", "><c/><x xmlns='urn:v'>1</x></presence>"),
        ] {
            assert_eq!(amended(before, std::slice::from_ref(&hash)), after);
        }
    }

    #[test]
    fn nothing_to_amend_is_left_as_it_came() {
        assert_eq!(amended("<presence id='1' > <a/> </presence>", &[]), " > <a/> </presence>");
    }
}
