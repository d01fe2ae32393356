//! The two ways to write a SASL exchange into XML: RFC 6120 §6, and XEP-0388, which leaves room for more.

use std::mem;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use zeroize::Zeroizing;

use super::inline::Wishes;
use crate::{
    ns,
    xml::{Element, Node},
};

/// One of the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Profile {
    /// RFC 6120 §6.
    Sasl,
    /// XEP-0388.
    Sasl2,
}

/// How a client begins.
pub(super) struct Request {
    pub(super) mechanism: String,
    /// The initial response; empty for none.
    pub(super) message: Zeroizing<Vec<u8>>,
    pub(super) wishes: Box<Wishes>,
}

impl Profile {
    /// The profile that an element belongs to.
    pub(super) fn of(element: &Element) -> Option<Self> {
        match &*element.namespace() {
            ns::SASL => Some(Self::Sasl),
            ns::SASL2 => Some(Self::Sasl2),
            _ => None,
        }
    }

    /// The name of the element that begins an exchange.
    pub(super) fn beginning(self) -> &'static str {
        match self {
            Self::Sasl => "auth",
            Self::Sasl2 => "authenticate",
        }
    }

    /// Reads the element that begins an exchange; the error is a condition of RFC 6120 §6.5.
    pub(super) fn request(self, element: &Element) -> Result<Request, &'static str> {
        let mut node = Node::from(element);
        let mechanism = node.attribute("mechanism").unwrap_or_default().to_owned();
        let (message, wishes) = match self {
            Self::Sasl => (self.decode(mem::take(&mut node.text)), Wishes::default()),
            Self::Sasl2 => {
                // XEP-0388 §2.3: we offer no upgrade, so there is none to ask for.
                if node.attribute("upgrade").is_some() {
                    return Err("invalid-mechanism");
                }
                let response = node.take_child("initial-response", ns::SASL2).unwrap_or_default();
                (self.decode(response.text), Wishes::take(&mut node)?)
            }
        };
        Ok(Request { mechanism, message: message?, wishes: Box::new(wishes) })
    }

    /// Reads what a client answers.
    pub(super) fn response(self, element: &Element) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        self.decode(Node::from(element).text)
    }

    /// RFC 6120 §6.4.3, XEP-0388 §2.5.
    pub(super) fn challenge(self, challenge: &[u8]) -> String {
        format!("<challenge xmlns='{}'>{}</challenge>", self.namespace(), BASE64.encode(challenge))
    }

    /// RFC 6120 §6.4.5, XEP-0388 §2.6.2.
    pub(super) fn failure(self, condition: &str) -> String {
        match self {
            Self::Sasl => format!("<failure xmlns='{}'><{condition}/></failure>", ns::SASL),
            Self::Sasl2 => {
                format!("<failure xmlns='{}'><{condition} xmlns='{}'/></failure>", ns::SASL2, ns::SASL)
            }
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Sasl => ns::SASL,
            Self::Sasl2 => ns::SASL2,
        }
    }

    /// RFC 6120 §6.4.2: `=` stands for nothing; XEP-0388 §2.2 has no need of that. It may be a password.
    fn decode(self, text: String) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let text = Zeroizing::new(text);
        let text = if self == Self::Sasl && *text == "=" { "" } else { text.as_str() };
        BASE64.decode(text).map(Zeroizing::new).map_err(|_| "incorrect-encoding")
    }
}
