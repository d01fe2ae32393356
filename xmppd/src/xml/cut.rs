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

    /// What stands between the tags, but for the direct children whose name and namespace are unwanted.
    pub fn content_without(&self, is_unwanted: impl Fn(&str, &str) -> bool) -> String {
        let bytes = self.bytes();
        let mut at = bytes.len() - self.tail().len() + 1;
        let Some(end) = memchr::memmem::rfind(bytes, b"</").filter(|end| *end >= at) else {
            return String::new(); // an empty element
        };
        let text = Span::new(0, bytes.len()).text(bytes);
        let is_whole = !self.children().any(|(name, namespace)| is_unwanted(name, &namespace));
        if is_whole {
            return text[at..end].to_owned();
        }
        let mut kept = String::with_capacity(end - at);
        for ((name, namespace), place) in self.children().zip(self.child_places()) {
            if is_unwanted(name, &namespace) {
                kept.push_str(&text[at..place.start()]);
                at = place.end();
            }
        }
        kept.push_str(&text[at..end]);
        kept
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

    use crate::xml::{Element, Frame, Framer, Limits};

    fn element(text: &str) -> Element {
        let mut framer = Framer::new(Limits::of_bytes(10_000));
        let mut bytes = BytesMut::from(format!("<stream xmlns='x'>{text}").as_bytes());
        let Ok(Some(Frame::Header(_))) = framer.next(&mut bytes) else { panic!("no header") };
        let Ok(Some(Frame::Element(element))) = framer.next(&mut bytes) else { panic!("no element") };
        element
    }

    fn without_b(text: &str) -> String {
        let tail = element(text).tail_without(|child| child.name == "b");
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

    #[test]
    fn content_stands_between_the_tags() {
        for (text, left) in [
            ("<a/>", ""),
            ("<a></a >", ""),
            ("<a>1<c/>2</a>", "1<c/>2"),
            ("<a>1<b/>2<b y='/>'>3<b>4</b></b>5</a>", "125"),
            ("<a><b xmlns='z'/><b/><![CDATA[</b>]]></a >", "<b xmlns='z'/><![CDATA[</b>]]>"),
        ] {
            let content = element(text).content_without(|name, namespace| name == "b" && namespace == "x");
            assert_eq!(content, left, "{text}");
        }
    }
}
