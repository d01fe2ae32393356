//! An element without some of its children, for the rare one of which not all may be passed on.

use bytes::Bytes;

use super::{
    Element, Node, Span,
    lexer::{Lexeme, Lexer},
};

impl Element {
    /// What [`Element::tail`] gives, but for the direct children that are unwanted. All else stays as it came.
    pub fn tail_without(&self, is_unwanted: impl Fn(&Node) -> bool) -> Bytes {
        let node = Node::from(self);
        let bytes = self.bytes();
        let mut at = bytes.len() - self.tail().len();
        let mut kept = Vec::with_capacity(bytes.len() - at);
        for (child, place) in node.children.iter().zip(self.child_places()) {
            if is_unwanted(child) {
                kept.extend_from_slice(&bytes[at..place.start()]);
                at = place.end();
            }
        }
        kept.extend_from_slice(&bytes[at..]);
        kept.into()
    }

    /// From the first byte of each direct child to its last.
    fn child_places(&self) -> Vec<Span> {
        let bytes = self.bytes();
        let (mut lexer, mut places) = (Lexer::default(), Vec::new());
        let (mut depth, mut start) = (0, 0);
        while let Ok(Some(lexeme)) = lexer.next(bytes) {
            let Lexeme::Tag(tag) = lexeme else { continue };
            let text = tag.of(bytes);
            let (opens, closes) =
                (!text.starts_with(b"</"), text.starts_with(b"</") || text.ends_with(b"/>"));
            if opens {
                if depth == 1 {
                    start = tag.start();
                }
                depth += 1;
            }
            if closes {
                depth -= 1;
                if depth == 1 {
                    places.push(Span::new(start, tag.end()));
                }
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use crate::xml::{Frame, Framer, Limits};

    fn without_b(text: &str) -> String {
        let mut framer = Framer::new(Limits::of_bytes(10_000));
        let mut bytes = BytesMut::from(format!("<stream xmlns='x'>{text}").as_bytes());
        let Ok(Some(Frame::Header(_))) = framer.next(&mut bytes) else { panic!("no header") };
        let Ok(Some(Frame::Element(element))) = framer.next(&mut bytes) else { panic!("no element") };
        let tail = element.tail_without(|child| child.name == "b");
        String::from_utf8(tail.to_vec()).expect("it was text")
    }

    #[test]
    fn only_direct_children_go() {
        for (text, left) in [
            ("<a/>", "/>"),
            ("<a c='d'></a>", "></a>"),
            ("<a><b/></a>", "></a>"),
            (
                "<a>1<b>2<b/>3</b>4<c><b/></c><b d='>'/><![CDATA[<b/>]]></a>",
                ">14<c><b/></c><![CDATA[<b/>]]></a>",
            ),
            ("<a><c/><x:b xmlns:x='y'>&lt;</x:b ></a>", "><c/></a>"),
        ] {
            assert_eq!(without_b(text), left, "{text}");
        }
    }
}
