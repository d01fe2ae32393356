//! An element as a tree, for what the server itself reads: requests to it, negotiation. What is only passed
//! on is never made into a tree.

use std::{borrow::Cow, fmt};

use super::{
    Span,
    chars::{self, Place},
    element::{self, Element},
    lexer::{Lexeme, Lexer},
    scope::Declarations,
    tag::{Form, Tag},
};
use crate::ns;

/// An element with all that is within.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Node {
    /// The name without its prefix.
    pub name: String,
    /// The namespace; empty for none.
    pub namespace: String,
    /// Names, with their prefix, and values; declarations of namespaces left out.
    pub attributes: Vec<(String, String)>,
    /// Elements within.
    pub children: Vec<Node>,
    /// All its text, in one; the children's not included.
    pub text: String,
}

/// Never the content.
impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Node({})", self.name)
    }
}

impl Node {
    /// What the attribute says.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(attribute, _)| attribute == name).map(|(_, value)| value.as_str())
    }

    /// The first child `name` of `namespace`.
    pub fn child(&self, name: &str, namespace: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(name, namespace))
    }

    /// The same, taken out.
    pub fn take_child(&mut self, name: &str, namespace: &str) -> Option<Self> {
        let index = self.children.iter().position(|child| child.is(name, namespace))?;
        Some(self.children.swap_remove(index))
    }

    /// Whether it is the element `name` of `namespace`.
    pub fn is(&self, name: &str, namespace: &str) -> bool {
        self.name == name && self.namespace == namespace
    }
}

impl From<&Element> for Node {
    fn from(element: &Element) -> Self {
        let mut builder = Builder {
            buffer: element.bytes(),
            outer: element.outer(),
            declared: Vec::new(),
            open: Vec::new(),
        };
        let mut lexer = Lexer::default();
        while let Ok(Some(lexeme)) = lexer.next(builder.buffer) {
            if let Some(root) = builder.take(lexeme) {
                return root;
            }
        }
        unreachable!("the framer lets only complete elements through")
    }
}

struct Builder<'a> {
    buffer: &'a [u8],
    outer: &'a Declarations,
    declared: Vec<(&'a str, Cow<'a, str>)>,
    open: Vec<(Node, usize)>,
}

impl Builder<'_> {
    /// The root, once it is closed.
    fn take(&mut self, lexeme: Lexeme) -> Option<Node> {
        match lexeme {
            Lexeme::Cdata(span) => self.text(span, Place::Cdata),
            Lexeme::Text(span) => self.text(span, Place::Text),
            Lexeme::Declaration(_) => {}
            Lexeme::Tag(span) => {
                let tag =
                    Tag::parse(span.text(self.buffer), span.start, usize::MAX).expect("checked when framed");
                if tag.form != Form::End {
                    self.open(&tag);
                }
                if tag.form != Form::Start {
                    return self.close();
                }
            }
        }
        None
    }

    fn text(&mut self, span: Span, place: Place) {
        if let Some((node, _)) = self.open.last_mut() {
            node.text.push_str(&chars::decode(span.text(self.buffer), place));
        }
    }

    fn open(&mut self, tag: &Tag) {
        let mark = self.declared.len();
        let mut node = Node { name: tag.name.local.text(self.buffer).to_owned(), ..Node::default() };
        for attribute in &tag.attributes {
            match element::declared(attribute, self.buffer) {
                Some(declaration) => self.declared.push(declaration),
                None => node.attributes.push((
                    attribute.name.whole.text(self.buffer).to_owned(),
                    chars::decode(attribute.value.text(self.buffer), Place::Value).into_owned(),
                )),
            }
        }
        self.namespace(tag.name.prefix().text(self.buffer)).clone_into(&mut node.namespace);
        self.open.push((node, mark));
    }

    fn close(&mut self) -> Option<Node> {
        let (node, mark) = self.open.pop()?;
        self.declared.truncate(mark);
        match self.open.last_mut() {
            Some((parent, _)) => parent.children.push(node),
            None => return Some(node),
        }
        None
    }

    fn namespace(&self, prefix: &str) -> &str {
        let here = self
            .declared
            .iter()
            .rev()
            .find(|(declared, _)| *declared == prefix)
            .map(|(_, namespace)| &**namespace);
        here.or_else(|| self.outer.namespace(prefix)).unwrap_or(if prefix == "xml" { ns::XML } else { "" })
    }
}
