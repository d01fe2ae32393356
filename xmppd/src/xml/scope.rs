//! Which prefix means which namespace (Namespaces in XML 1.0).

use std::borrow::Cow;

use smallvec::SmallVec;

use super::{
    Span, XmlError,
    chars::{self, Place},
    tag::{Attribute, Name, Tag},
};
use crate::ns;

/// The most bytes of a namespace's name. No XEP comes near; and what the stream header declares is declared
/// again in the head of each stanza that uses it.
const MOST_NAME_BYTES: usize = 256;
/// The most bytes of all that a stream header declares, prefixes included: a stanza may use all of it.
const MOST_OUTER_BYTES: usize = 1024;

/// The most declarations in force at once: every name is looked up among them.
const MOST_IN_FORCE: usize = 128;

/// What the stream header declares, and every stanza may use without saying so.
#[derive(Debug, Default)]
pub struct Declarations(Vec<(Box<str>, Box<str>)>);

impl Declarations {
    /// Every prefix with its namespace; the default namespace has the empty prefix.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(prefix, namespace)| (&**prefix, &**namespace))
    }

    /// What a prefix means here.
    pub fn namespace(&self, prefix: &str) -> Option<&str> {
        self.iter().find(|(declared, _)| *declared == prefix).map(|(_, namespace)| namespace)
    }
}

/// Where a name's namespace was declared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Namespace {
    /// Within the element, with this value.
    Here(Span),
    /// Nowhere: it has none.
    None,
    /// In the stream header, at this place of its [`Declarations`].
    Outer(usize),
    /// Nowhere, because `xml:` needs no declaration.
    Xml,
}

impl Namespace {
    /// The namespace's name; empty for none.
    pub fn name<'a>(self, buffer: &'a [u8], outer: &'a Declarations) -> Cow<'a, str> {
        match self {
            Self::Here(span) => chars::decode(span.text(buffer), Place::Value),
            Self::None => Cow::Borrowed(""),
            Self::Outer(index) => Cow::Borrowed(&outer.0[index].1),
            Self::Xml => Cow::Borrowed(ns::XML),
        }
    }
}

/// The declarations in force at some point within a top-level element.
#[derive(Debug, Default)]
pub struct Scope {
    declared: Vec<Declared>,
    /// Which prefixes of the stream header were needed, one bit each.
    pub outer_used: u64,
}

#[derive(Debug)]
struct Declared {
    prefix: Span,
    namespace: Span,
}

impl Scope {
    /// How many declarations are in force: hand it to [`Scope::leave`] at the element's end.
    pub fn mark(&self) -> usize {
        self.declared.len()
    }

    /// Forgets what was declared since [`Scope::mark`].
    pub fn leave(&mut self, mark: usize) {
        self.declared.truncate(mark);
    }

    /// Takes in the declarations of a start tag, checks its attributes, and says what its name's namespace
    /// is.
    pub fn enter(&mut self, tag: &Tag, buffer: &[u8], outer: &Declarations) -> Result<Namespace, XmlError> {
        let mut prefixed = 0;
        for (index, attribute) in tag.attributes.iter().enumerate() {
            let name = attribute.name.whole.of(buffer);
            if tag.attributes[..index].iter().any(|earlier| earlier.name.whole.of(buffer) == name) {
                return Err(XmlError::NotWellFormed);
            }
            match declared_prefix(attribute.name, buffer) {
                Some(prefix) => self.declare(prefix, attribute.value, buffer)?,
                None => prefixed += usize::from(!attribute.name.prefix().of(buffer).is_empty()),
            }
        }
        if prefixed > 0 {
            self.check_prefixed(&tag.attributes, buffer, outer)?;
        }
        self.resolve(tag.name, buffer, outer)
    }

    /// The declarations in force as owned text, for the stream header.
    pub fn into_declarations(self, buffer: &[u8]) -> Result<Declarations, XmlError> {
        let length = |declared: &Declared| declared.prefix.len() + declared.namespace.len();
        if self.declared.iter().map(length).sum::<usize>() > MOST_OUTER_BYTES {
            return Err(XmlError::TooBig);
        }
        let owned = |declared: &Declared| {
            let namespace = chars::decode(declared.namespace.text(buffer), Place::Value);
            (declared.prefix.text(buffer).into(), namespace.into())
        };
        Ok(Declarations(self.declared.iter().map(owned).collect()))
    }

    fn declare(&mut self, prefix: Span, value: Span, buffer: &[u8]) -> Result<(), XmlError> {
        if value.len() > MOST_NAME_BYTES || self.declared.len() >= MOST_IN_FORCE {
            return Err(XmlError::TooBig);
        }
        let namespace = chars::decode(value.text(buffer), Place::Value);
        let legal = match prefix.text(buffer) {
            "" => namespace != ns::XML && namespace != ns::XMLNS,
            "xml" => namespace == ns::XML,
            "xmlns" => false,
            _ => !namespace.is_empty() && namespace != ns::XML && namespace != ns::XMLNS,
        };
        if !legal {
            return Err(XmlError::NotWellFormed);
        }
        self.declared.push(Declared { prefix, namespace: value });
        Ok(())
    }

    /// Two attributes must not have the same expanded name (Namespaces in XML §6.3).
    fn check_prefixed(
        &mut self,
        attributes: &[Attribute],
        buffer: &[u8],
        outer: &Declarations,
    ) -> Result<(), XmlError> {
        let mut seen: SmallVec<[(&[u8], Namespace); 4]> = SmallVec::new();
        for attribute in attributes {
            let name = attribute.name;
            if name.prefix().of(buffer).is_empty() || declared_prefix(name, buffer).is_some() {
                continue;
            }
            let (local, namespace) = (name.local.of(buffer), self.resolve(name, buffer, outer)?);
            let is_same = |other: Namespace| other.name(buffer, outer) == namespace.name(buffer, outer);
            if seen.iter().any(|&(earlier, other)| earlier == local && is_same(other)) {
                return Err(XmlError::NotWellFormed);
            }
            seen.push((local, namespace));
        }
        Ok(())
    }

    fn resolve(&mut self, name: Name, buffer: &[u8], outer: &Declarations) -> Result<Namespace, XmlError> {
        let prefix = name.prefix().of(buffer);
        if let Some(declared) =
            self.declared.iter().rev().find(|declared| declared.prefix.of(buffer) == prefix)
        {
            return Ok(Namespace::Here(declared.namespace));
        }
        if prefix == b"xml" {
            return Ok(Namespace::Xml);
        }
        match outer.0.iter().position(|(declared, _)| declared.as_bytes() == prefix) {
            Some(index) => {
                self.outer_used |= if prefix.is_empty() { 0 } else { 1 << index };
                Ok(Namespace::Outer(index))
            }
            None if prefix.is_empty() => Ok(Namespace::None),
            None => Err(XmlError::NotWellFormed),
        }
    }
}

/// Which prefix the attribute declares, if it is a declaration: the empty one for `xmlns`.
pub fn declared_prefix(name: Name, buffer: &[u8]) -> Option<Span> {
    match (name.prefix().of(buffer), name.local.of(buffer)) {
        (b"", b"xmlns") => Some(Span::new(name.whole.start(), name.whole.start())),
        (b"xmlns", _) => Some(name.local),
        _ => None,
    }
}
