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

fn text_matches(expected: &str, received: &str, bindings: &mut Bindings) -> bool {
    match expected.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        None => expected == received,
        Some("") => !received.is_empty(),
        Some(name) => bindings.entry(name.to_owned()).or_insert_with(|| received.to_owned()) == received,
    }
}

/// An element as text, for complaints.
pub(super) fn show(node: &Node) -> String {
    let attributes: Vec<String> =
        node.attributes.iter().map(|(name, value)| format!(" {name}='{value}'")).collect();
    let children: Vec<String> = node.children.iter().map(show).collect();
    let (name, namespace) = (&node.name, &node.namespace);
    format!("<{name} xmlns='{namespace}'{}>{}{}</{name}>", attributes.concat(), node.text, children.concat())
}
