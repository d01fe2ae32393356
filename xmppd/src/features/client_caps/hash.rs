//! XEP-0115 §5: the hash over what a client says about itself.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};

use crate::{ns, xml::Node};

/// XEP-0115 §5.4: whether the answer of service discovery is what was announced.
pub(super) fn is_verified(query: &Node, algorithm: &str, version: &str) -> bool {
    let hashed = algorithm_of(algorithm).zip(verification_string(query));
    hashed.is_some_and(|(algorithm, text)| BASE64.encode(digest(algorithm, text.as_bytes())) == version)
}

/// The hash functions that are worth asking for (XEP-0300 names them).
fn algorithm_of(name: &str) -> Option<&'static Algorithm> {
    match name {
        "sha-1" => Some(&SHA1_FOR_LEGACY_USE_ONLY),
        "sha-256" => Some(&SHA256),
        "sha-384" => Some(&SHA384),
        "sha-512" => Some(&SHA512),
        _ => None,
    }
}

/// XEP-0115 §5.1; `None` for what §5.4 calls ill-formed, and for a `<` within, which could stand for another
/// answer of the same hash.
fn verification_string(query: &Node) -> Option<String> {
    let mut parts = sorted(identities(query))?;
    parts.extend(sorted(features(query))?);
    let forms = query.children.iter().filter(|child| child.is("x", ns::DATA_FORMS));
    let mut forms: Vec<_> = forms.filter_map(form).collect();
    forms.sort();
    if forms.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return None;
    }
    parts.extend(forms.into_iter().flat_map(|(form_type, fields)| std::iter::once(form_type).chain(fields)));
    let is_plain = parts.iter().all(|part| !part.contains('<'));
    is_plain.then(|| parts.into_iter().flat_map(|part| [part, "<".to_owned()]).collect())
}

/// `None` if something is there twice.
fn sorted<T: Ord>(parts: impl Iterator<Item = (T, String)>) -> Option<Vec<String>> {
    let mut parts: Vec<_> = parts.collect();
    parts.sort();
    let is_unique = parts.windows(2).all(|pair| pair[0].1 != pair[1].1);
    is_unique.then(|| parts.into_iter().map(|(_, text)| text).collect())
}

/// Sorted by category, then type, then language (§5.1).
fn identities(query: &Node) -> impl Iterator<Item = ([&str; 4], String)> {
    query.children.iter().filter(|child| child.is("identity", ns::DISCO_INFO)).map(|identity| {
        let parts =
            ["category", "type", "xml:lang", "name"].map(|name| identity.attribute(name).unwrap_or(""));
        (parts, parts.join("/"))
    })
}

fn features(query: &Node) -> impl Iterator<Item = ((), String)> {
    let features = query.children.iter().filter(|child| child.is("feature", ns::DISCO_INFO));
    features.filter_map(|feature| Some(((), feature.attribute("var")?.to_owned())))
}

/// What a form is for, and its fields with their values; `None` where §5.4 ignores it.
fn form(form: &Node) -> Option<(String, Vec<String>)> {
    let fields = form.children.iter().filter(|child| child.is("field", ns::DATA_FORMS));
    let (types, others): (Vec<_>, Vec<_>) =
        fields.partition(|field| field.attribute("var") == Some("FORM_TYPE"));
    let form_type = types.first().filter(|field| field.attribute("type") == Some("hidden"))?;
    let mut others: Vec<_> =
        others.into_iter().map(|field| (field.attribute("var").unwrap_or(""), field)).collect();
    others.sort_by_key(|(var, _)| *var);
    let parts = others.into_iter().flat_map(|(var, field)| {
        let mut values = values(field);
        values.sort();
        std::iter::once(var.to_owned()).chain(values)
    });
    Some((values(form_type).into_iter().next()?, parts.collect()))
}

fn values(field: &Node) -> Vec<String> {
    let values = field.children.iter().filter(|child| child.is("value", ns::DATA_FORMS));
    values.map(|value| value.text.clone()).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests may")]
mod tests {
    use super::*;
    use crate::xml::excerpt;

    /// XEP-0115 §5.2.
    const SIMPLE: &str = "<identity category='client' name='Exodus 0.9.1' type='pc'/>\
        <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/muc'/>\
        <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/disco#info'/>";

    /// XEP-0115 §5.3.
    const COMPLEX: &str = "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>\
        <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>\
        <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>\
        <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>\
        <x xmlns='jabber:x:data' type='result'>\
          <field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>\
          <field var='ip_version'><value>ipv4</value><value>ipv6</value></field>\
          <field var='os'><value>Mac</value></field><field var='os_version'><value>10.5.1</value></field>\
          <field var='software'><value>Psi</value></field><field var='software_version'><value>0.11</value></field>\
        </x>";

    fn query(content: &str) -> Node {
        let text = format!("<query xmlns='{}'>{content}</query>", ns::DISCO_INFO);
        Node::from(&excerpt::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn the_examples_of_the_xep_are_verified() {
        assert!(is_verified(&query(SIMPLE), "sha-1", "QgayPKawpkPSDYmwT/WM94uAlu0="));
        assert!(is_verified(&query(COMPLEX), "sha-1", "q07IKJEyjvHSyhy//CH0CxmKi8w="));
        assert!(!is_verified(&query(COMPLEX), "sha-1", "QgayPKawpkPSDYmwT/WM94uAlu0="));
        assert!(!is_verified(&query(SIMPLE), "md5", "QgayPKawpkPSDYmwT/WM94uAlu0="));
    }

    #[test]
    fn the_verification_string_is_that_of_the_xep() {
        let expected = "client/pc/el/Ψ 0.11<client/pc/en/Psi 0.11<http://jabber.org/protocol/caps<\
            http://jabber.org/protocol/disco#info<http://jabber.org/protocol/disco#items<\
            http://jabber.org/protocol/muc<urn:xmpp:dataforms:softwareinfo<ip_version<ipv4<ipv6<os<Mac<\
            os_version<10.5.1<software<Psi<software_version<0.11<";
        assert_eq!(verification_string(&query(COMPLEX)).unwrap(), expected);
    }

    #[test]
    fn what_is_ill_formed_has_none() {
        let form = "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>a</value></field></x>";
        for text in [
            "<feature var='a'/><feature var='a'/>".to_owned(),
            "<identity category='a' type='b'/><identity category='a' type='b'/>".to_owned(),
            form.repeat(2),
            "<feature var='a&lt;b'/>".to_owned(),
        ] {
            assert_eq!(verification_string(&query(&text)), None, "{text}");
        }
        assert_eq!(verification_string(&query(form)).unwrap(), "a<");
        let not_hidden = form.replace(" type='hidden'", "");
        assert_eq!(verification_string(&query(&not_hidden)).unwrap(), "");
    }
}
