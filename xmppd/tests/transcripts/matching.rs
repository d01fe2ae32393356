//! Whether what was received is what was expected.

use std::collections::HashMap;

use xmppd::xml::Node;

/// What `{name}` has stood for so far.
pub(super) type Bindings = HashMap<String, String>;

/// Whether the two are the same but for the order of attributes, white space around text, and placeholders.
pub(super) fn matches(expected: &Node, received: &Node, bindings: &mut Bindings) -> bool {
    expected.name == received.name
        && expected.namespace == received.namespace
        && expected.attributes.len() == received.attributes.len()
        && expected.attributes.iter().all(|(name, value)| {
            received.attribute(name).is_some_and(|received| text_matches(value, received, bindings))
        })
        && text_matches(expected.text.trim(), received.text.trim(), bindings)
        && expected.children.len() == received.children.len()
        && expected.children.iter().zip(&received.children).all(|(one, other)| matches(one, other, bindings))
}

/// A text may hold one placeholder.
fn text_matches(expected: &str, received: &str, bindings: &mut Bindings) -> bool {
    let Some((before, name, after)) = placeholder(expected) else { return expected == received };
    let stood_for = received.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    match (stood_for, name) {
        (None | Some(""), _) => false,
        (Some(_), "") => true,
        (Some(value), name) => bindings.entry(name.to_owned()).or_insert_with(|| value.to_owned()) == value,
    }
}

fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// The text with every placeholder that has stood for something replaced by it.
pub(super) fn fill(text: &str, bindings: &Bindings) -> String {
    bindings.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// An element as text, for complaints.
pub(super) fn show(node: &Node) -> String {
    let attributes: Vec<String> =
        node.attributes.iter().map(|(name, value)| format!(" {name}='{value}'")).collect();
    let children: Vec<String> = node.children.iter().map(show).collect();
    let (name, namespace) = (&node.name, &node.namespace);
    format!("<{name} xmlns='{namespace}'{}>{}{}</{name}>", attributes.concat(), node.text, children.concat())
}
