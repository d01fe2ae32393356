//! XEP-0292 §8: what corresponds to what in the cards of XEP-0054 and RFC 6351. What has no counterpart in the
//! one stays as it is in the other.

use std::fmt::Write;

use crate::{
    ns,
    xml::{Element, Escaped, Excerpt, Node},
};

/// A property in both kinds of card.
struct Property {
    /// In XEP-0054.
    old: &'static str,
    /// In RFC 6351.
    new: &'static str,
    /// Its parts in both; an empty name is the text of the property itself.
    parts: &'static [(&'static str, &'static str)],
    /// What the new one's value begins with, besides.
    scheme: &'static str,
}

const fn text(old: &'static str, new: &'static str) -> Property {
    Property { old, new, parts: &[("", "text")], scheme: "" }
}

const fn parts(
    old: &'static str,
    new: &'static str,
    parts: &'static [(&'static str, &'static str)],
) -> Property {
    Property { old, new, parts, scheme: "" }
}

const PROPERTIES: &[Property] = &[
    text("FN", "fn"),
    parts(
        "N",
        "n",
        &[
            ("FAMILY", "surname"),
            ("GIVEN", "given"),
            ("MIDDLE", "additional"),
            ("PREFIX", "prefix"),
            ("SUFFIX", "suffix"),
        ],
    ),
    text("NICKNAME", "nickname"),
    parts("BDAY", "bday", &[("", "date")]),
    parts(
        "ADR",
        "adr",
        &[
            ("POBOX", "pobox"),
            ("EXTADD", "ext"),
            ("STREET", "street"),
            ("LOCALITY", "locality"),
            ("REGION", "region"),
            ("PCODE", "code"),
            ("CTRY", "country"),
        ],
    ),
    parts("TEL", "tel", &[("NUMBER", "text")]),
    parts("EMAIL", "email", &[("USERID", "text")]),
    Property { old: "JABBERID", new: "impp", parts: &[("", "uri")], scheme: "xmpp:" },
    text("TITLE", "title"),
    text("ROLE", "role"),
    parts("ORG", "org", &[("ORGNAME", "text")]),
    parts("URL", "url", &[("", "uri")]),
    text("DESC", "note"),
];

/// What an address or a number is for.
const TYPES: [(&str, &str); 5] =
    [("HOME", "home"), ("WORK", "work"), ("VOICE", "voice"), ("FAX", "fax"), ("CELL", "cell")];

/// The card of RFC 6351 for one of XEP-0054.
pub(super) fn from_card(card: &Node, before: Option<&Element>) -> String {
    let mut text = format!("<vcard xmlns='{}'>", ns::VCARD4);
    for (property, node) in properties(card, ns::VCARD, |property| property.old) {
        write!(text, "<{}>", property.new).expect("a string takes everything");
        let types = TYPES.iter().filter(|(old, _)| node.child(old, ns::VCARD).is_some());
        let types: String = types.flat_map(|(_, new)| ["<text>", new, "</text>"]).collect();
        if !types.is_empty() {
            write!(text, "<parameters><type>{types}</type></parameters>").expect("a string takes everything");
        }
        for (old, new) in property.parts {
            let value = if old.is_empty() { Some(node) } else { node.child(old, ns::VCARD) };
            if let Some(value) = value {
                let (scheme, value) = (property.scheme, Escaped(value.text.trim()));
                write!(text, "<{new}>{scheme}{value}</{new}>").expect("a string takes everything");
            }
        }
        write!(text, "</{}>", property.new).expect("a string takes everything");
    }
    text.push_str(&untranslated(before, |name| PROPERTIES.iter().any(|property| property.new == name)));
    text.push_str("</vcard>");
    text
}

/// The card of XEP-0054 for one of RFC 6351.
pub(super) fn to_card(card: &Node, before: Option<&Element>) -> String {
    let mut text = format!("<vCard xmlns='{}'>", ns::VCARD);
    for (property, node) in properties(card, ns::VCARD4, |property| property.new) {
        write!(text, "<{}>", property.old).expect("a string takes everything");
        for (old, _) in TYPES.iter().filter(|(_, new)| has_type(node, new)) {
            write!(text, "<{old}/>").expect("a string takes everything");
        }
        for (old, new) in property.parts {
            let value = node.child(new, ns::VCARD4).or_else(|| node.child("uri", ns::VCARD4));
            let Some(value) = value.map(|value| value.text.trim()) else { continue };
            let value = value.strip_prefix("tel:").unwrap_or(value);
            let value = Escaped(value.strip_prefix(property.scheme).unwrap_or(value));
            match *old {
                "" => write!(text, "{value}"),
                old => write!(text, "<{old}>{value}</{old}>"),
            }
            .expect("a string takes everything");
        }
        write!(text, "</{}>", property.old).expect("a string takes everything");
    }
    text.push_str(&untranslated(before, |name| PROPERTIES.iter().any(|property| property.old == name)));
    text.push_str("</vCard>");
    text
}

/// What of a card has a counterpart in the other kind.
fn properties<'a>(
    card: &'a Node,
    namespace: &str,
    name: impl Fn(&Property) -> &'static str,
) -> impl Iterator<Item = (&'static Property, &'a Node)> {
    card.children.iter().filter_map(move |node| {
        let property = PROPERTIES.iter().find(|property| node.is(name(property), namespace))?;
        Some((property, node))
    })
}

fn has_type(node: &Node, name: &str) -> bool {
    let types = node.child("parameters", ns::VCARD4).and_then(|all| all.child("type", ns::VCARD4));
    types.is_some_and(|types| types.children.iter().any(|kind| kind.text.eq_ignore_ascii_case(name)))
}

/// What the other kind of card cannot say.
fn untranslated(before: Option<&Element>, is_translated: impl Fn(&str) -> bool) -> String {
    let Some(before) = before else { return String::new() };
    let others = before.children().enumerate().filter(|(_, (name, _))| !is_translated(name));
    others.filter_map(|(place, _)| Some(Excerpt::of(before, &[place])?.text())).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;
    use crate::xml::excerpt;

    const OLD: &str = "<vCard xmlns='vcard-temp'><FN>Juliet &amp; Co</FN><N><FAMILY>Capulet</FAMILY><GIVEN>Juliet</GIVEN></N>\
        <EMAIL><HOME/><USERID>juliet@capulet.test</USERID></EMAIL><JABBERID>juliet@school.test</JABBERID>\
        <TEL><WORK/><VOICE/><NUMBER>+39 1</NUMBER></TEL></vCard>";
    const NEW: &str = "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>Juliet &amp; Co</text></fn>\
        <n><surname>Capulet</surname><given>Juliet</given></n>\
        <email><parameters><type><text>home</text></type></parameters><text>juliet@capulet.test</text></email>\
        <impp><uri>xmpp:juliet@school.test</uri></impp>\
        <tel><parameters><type><text>work</text><text>voice</text></type></parameters><text>+39 1</text></tel></vcard>";

    fn element(text: &str) -> Element {
        excerpt::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn each_kind_of_card_becomes_the_other() {
        assert_eq!(from_card(&Node::from(&element(OLD)), None), NEW);
        assert_eq!(to_card(&Node::from(&element(NEW)), None), OLD);
    }

    #[test]
    fn a_telephone_number_may_be_a_link() {
        let card = "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><tel><uri>tel:+391</uri></tel></vcard>";
        let expected = "<vCard xmlns='vcard-temp'><TEL><NUMBER>+391</NUMBER></TEL></vCard>";
        assert_eq!(to_card(&Node::from(&element(card)), None), expected);
    }

    #[test]
    fn what_has_no_counterpart_stays() {
        let before = element("<vCard xmlns='vcard-temp'><FN>Old</FN><GEO><LAT>1</LAT></GEO></vCard>");
        let card =
            element("<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><fn><text>New</text></fn></vcard>");
        let expected =
            "<vCard xmlns='vcard-temp'><FN>New</FN><GEO xmlns='vcard-temp'><LAT>1</LAT></GEO></vCard>";
        assert_eq!(to_card(&Node::from(&card), Some(&before)), expected);
    }
}
