//! Stanzas as a transcript shows them.

use std::fmt::Write as _;

use jailbuild::probe::client::{Element, bare};

/// The namespace of rosters (RFC 6121 §2).
pub(crate) const ROSTER: &str = "jabber:iq:roster";

/// What has come, in a line.
pub(crate) fn told(element: &Element) -> String {
    let from = bare(element.attribute("from").unwrap_or("the server"));
    let text = |name: &str| {
        element.children.iter().find(|child| child.name == name).map(|child| child.text.as_str())
    };
    let roster = element.child("query", ROSTER).and_then(|query| query.children.first());
    match (element.name.as_str(), element.attribute("type"), roster) {
        (_, _, Some(item)) => format!("roster: {}\n", contact(item)),
        ("message", _, _) if text("body").is_some() => {
            format!("{from}: {}\n", text("body").unwrap_or_default())
        }
        ("presence", kind, _) => format!("{from} is {}\n", kind.unwrap_or("available")),
        _ => outline(element),
    }
}

/// A contact with its groups, or that it is one no more.
pub(crate) fn contact(item: &Element) -> String {
    let jid = item.attribute("jid").unwrap_or_default();
    if item.attribute("subscription") == Some("remove") {
        return format!("{jid} is gone");
    }
    let mut groups: Vec<&str> = item.children.iter().map(|group| group.text.as_str()).collect();
    groups.sort_unstable();
    let name = item.attribute("name").map(|name| format!(" {name}")).unwrap_or_default();
    let groups = if groups.is_empty() { String::new() } else { format!(" in {}", groups.join(", ")) };
    format!("{jid}{name}{groups}")
}

/// An element and what is in it, a line each.
pub(crate) fn outline(element: &Element) -> String {
    let mut text = String::new();
    outline_at(element, 0, &mut text).expect("there is room in memory");
    text
}

fn outline_at(element: &Element, depth: usize, text: &mut String) -> std::fmt::Result {
    write!(text, "{:indent$}{}", "", element.name, indent = 2 * depth)?;
    for (name, value) in element.attributes.iter().filter(|(name, _)| name != "id") {
        write!(text, " {name}='{value}'")?;
    }
    if !element.text.trim().is_empty() {
        write!(text, " {}", element.text.trim())?;
    }
    writeln!(text)?;
    element.children.iter().try_for_each(|child| outline_at(child, depth + 1, text))
}
