//! XEP-0045 §15.6: what a room says beside a stanza: who it is about, and what has become of them.

use std::fmt::Write;

use super::rank::Standing;
use crate::{ns, xml::Escaped};

/// A status code (§15.6.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u16)]
pub(super) enum Status {
    /// Everybody sees the addresses of the occupants.
    NonAnonymous = 100,
    /// The room is configured in another way.
    ConfigurationChanged = 104,
    /// This is about oneself.
    OwnPresence = 110,
    /// From now on everybody sees the addresses.
    NowNonAnonymous = 172,
    /// From now on only moderators do.
    NowSemiAnonymous = 173,
    /// The room is new.
    Created = 201,
    /// The nick is another than the one that was asked for.
    NickModified = 210,
    /// Put out, and not to come back.
    Banned = 301,
    /// Called something else from now on.
    NickChanged = 303,
    /// Put out.
    Kicked = 307,
    /// Put out, as no member any more.
    NoMemberAnyMore = 321,
    /// Put out, since only members may stay from now on.
    MembersOnlyNow = 322,
    /// The server stops.
    Shutdown = 332,
    /// The connection broke.
    Broken = 333,
}

/// What is said about somebody beside the standing.
#[derive(Clone, Copy, Default)]
pub(super) struct Notice<'a> {
    pub(super) codes: &'a [Status],
    /// The nick from now on.
    pub(super) nick: Option<&'a str>,
    /// Who did it, as a nick.
    pub(super) actor: Option<&'a str>,
    pub(super) reason: Option<&'a str>,
    /// What follows the item.
    pub(super) rest: &'a str,
}

impl Notice<'_> {
    /// `<x/>` about somebody of that standing, with the address if it is to be seen.
    pub(super) fn about(&self, standing: Standing, address: Option<&str>) -> String {
        let mut text = format!("<x xmlns='{}'><item", ns::MUC_USER);
        let attribute = |text: &mut String, name: &str, value: &str| {
            write!(text, " {name}='{}'", Escaped(value)).expect("a string takes everything");
        };
        attribute(&mut text, "affiliation", standing.affiliation.name());
        attribute(&mut text, "role", standing.role.name());
        if let Some(address) = address {
            attribute(&mut text, "jid", address);
        }
        if let Some(nick) = self.nick {
            attribute(&mut text, "nick", nick);
        }
        text.push('>');
        if let Some(actor) = self.actor {
            write!(text, "<actor nick='{}'/>", Escaped(actor)).expect("a string takes everything");
        }
        if let Some(reason) = self.reason.filter(|reason| !reason.is_empty()) {
            write!(text, "<reason>{}</reason>", Escaped(reason)).expect("a string takes everything");
        }
        text.push_str("</item>");
        text.push_str(self.rest);
        text.push_str(&statuses(self.codes));
        text.push_str("</x>");
        text
    }
}

/// `<x/>` about the room itself.
pub(super) fn about_room(codes: &[Status]) -> String {
    format!("<x xmlns='{}'>{}</x>", ns::MUC_USER, statuses(codes))
}

fn statuses(codes: &[Status]) -> String {
    let mut text = String::new();
    for code in codes {
        write!(text, "<status code='{}'/>", *code as u16).expect("a string takes everything");
    }
    text
}
