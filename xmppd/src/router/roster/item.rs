//! One item of a roster (RFC 6121 §2.1.2), as XML.

use std::fmt;

use crate::xml::Escaped;

/// Displays as an `<item/>`.
pub(super) struct Item<'a> {
    /// The bare address.
    pub(super) address: &'a str,
    /// What the contact is called.
    pub(super) name: Option<&'a str>,
    /// RFC 6121 §2.1.2.5.
    pub(super) subscription: &'a str,
    /// Whether the contact has been asked for a subscription, and has not answered.
    pub(super) is_asked: bool,
    /// Whether the contact need not ask.
    pub(super) is_approved: bool,
    /// Names of groups.
    pub(super) groups: Vec<&'a str>,
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "<item jid='{}'", Escaped(self.address))?;
        if let Some(name) = self.name {
            write!(formatter, " name='{}'", Escaped(name))?;
        }
        write!(formatter, " subscription='{}'", self.subscription)?;
        if self.is_asked {
            formatter.write_str(" ask='subscribe'")?;
        }
        if self.is_approved {
            formatter.write_str(" approved='true'")?;
        }
        if self.groups.is_empty() {
            return formatter.write_str("/>");
        }
        formatter.write_str(">")?;
        for group in &self.groups {
            write!(formatter, "<group>{}</group>", Escaped(group))?;
        }
        formatter.write_str("</item>")
    }
}
