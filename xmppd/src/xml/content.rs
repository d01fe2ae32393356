//! What an element holds, as it came, without some of its children: for what is passed on with less than came.

use smallvec::SmallVec;

use super::{
    Element, Span,
    lexer::{Lexeme, Lexer},
};

impl Element {
    /// What stands between its tags, without the direct children that are unwanted by name and namespace.
    pub fn content_without(&self, is_unwanted: impl Fn(&str, &str) -> bool) -> String {
        let content = self.content();
        let text = self.text();
        if !self.children().any(|(name, namespace)| is_unwanted(name, &namespace)) {
            return content.text(self.bytes()).to_owned();
        }
        let mut kept = String::with_capacity(content.len());
        let mut from = content.start;
        for (span, (name, namespace)) in self.child_spans().into_iter().zip(self.children()) {
            if is_unwanted(name, &namespace) {
                kept.push_str(&text[from..span.start]);
                from = span.end;
            }
        }
        kept.push_str(&text[from..content.end]);
        kept
    }

    fn text(&self) -> &str {
        Span::new(0, self.bytes().len()).text(self.bytes())
    }

    /// Behind the start tag, up to the end tag.
    fn content(&self) -> Span {
        let bytes = self.bytes();
        let start = bytes.len() - self.tail().len() + 1;
        match memchr::memmem::rfind(bytes, b"</") {
            Some(end) if end >= start => Span::new(start, end),
            _ => Span::default(),
        }
    }

    /// Where each direct child stands.
    fn child_spans(&self) -> SmallVec<[Span; 8]> {
        let buffer = self.bytes();
        let (mut spans, mut start, mut depth) = (SmallVec::new(), 0, 0);
        let mut lexer = Lexer::default();
        lexer.at = self.content().start;
        while let Ok(Some(lexeme)) = lexer.next(buffer) {
            let Lexeme::Tag(span) = lexeme else { continue };
            let (closes, is_empty) = (span.of(buffer).starts_with(b"</"), span.of(buffer).ends_with(b"/>"));
            if depth == 0 {
                start = span.start;
            }
            depth = match (closes, is_empty) {
                (true, _) if depth == 0 => break, // the element's own end
                (true, _) => depth - 1,
                (false, true) => depth,
                (false, false) => depth + 1,
            };
            if depth == 0 {
                spans.push(Span::new(start, span.end));
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use crate::xml::{Frame, Framer, Limits};

    fn without_b(text: &str) -> String {
        let mut buffer = BytesMut::from(format!("<s xmlns='urn:s'>{text}").as_bytes());
        let mut framer = Framer::new(Limits::of_bytes(9999));
        let mut next = || framer.next(&mut buffer).expect("it is good XML");
        next();
        let Some(Frame::Element(element)) = next() else { panic!("no element") };
        element.content_without(|name, namespace| name == "b" && namespace == "urn:s")
    }

    #[test]
    fn unwanted_children_are_left_out() {
        for (text, content) in [
            ("<a/>", ""),
            ("<a></a>", ""),
            ("<a>1<c/>2</a>", "1<c/>2"),
            ("<a>1<b/>2<b x='/>'>3<b>4</b></b>5</a>", "125"),
            (
                "<a><c><b/></c><b xmlns='urn:x'/><b/><![CDATA[</b>]]></a >",
                "<c><b/></c><b xmlns='urn:x'/><![CDATA[</b>]]>",
            ),
        ] {
            assert_eq!(without_b(text), content, "{text}");
        }
    }
}
