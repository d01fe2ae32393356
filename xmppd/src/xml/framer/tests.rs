//! The framer against itself (any cut of the bytes gives the same frames) and against rxml, an unrelated
//! parser.

#![expect(clippy::unwrap_used, reason = "tests may")]

use bytes::{BufMut, BytesMut};
use proptest::prelude::*;
use rxml::Parse;

use super::*;
use crate::{
    ns,
    xml::{Escaped, Node},
};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' xmlns:o='urn:outer' version='1.0'>";

/// What comes out when the bytes arrive in pieces of these sizes, and then all the rest.
fn frames(
    text: &[u8],
    pieces: impl IntoIterator<Item = usize>,
    limits: Limits,
) -> (Vec<String>, Option<XmlError>) {
    let (mut framer, mut buffer, mut rest, mut seen) =
        (Framer::new(limits), BytesMut::new(), text, Vec::new());
    let mut pieces = pieces.into_iter();
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(pieces.next().unwrap_or(rest.len()).clamp(1, rest.len()));
        buffer.put_slice(piece);
        rest = later;
        loop {
            match framer.next(&mut buffer) {
                Ok(None) => break,
                Ok(Some(Frame::Header(header))) => seen.push(format!("header {}", header.name())),
                Ok(Some(Frame::Element(element))) => {
                    seen.push(String::from_utf8(element.bytes().to_vec()).unwrap());
                }
                Ok(Some(Frame::End)) => seen.push("end".to_owned()),
                Err(error) => return (seen, Some(error)),
            }
        }
    }
    (seen, None)
}

const LIMITS: Limits = Limits { bytes: 1000, depth: 8, attributes: 8 };

fn verdict(content: &str) -> Option<XmlError> {
    frames(format!("{HEADER}{content}").as_bytes(), [], LIMITS).1
}

fn first(content: &str) -> Element {
    let mut buffer = BytesMut::from(format!("{HEADER}{content}").as_bytes());
    let mut framer = Framer::new(LIMITS);
    assert!(matches!(framer.next(&mut buffer), Ok(Some(Frame::Header(_)))));
    match framer.next(&mut buffer) {
        Ok(Some(Frame::Element(element))) => element,
        other => panic!("no element but {other:?}"),
    }
}

#[test]
fn a_stream_comes_apart() {
    let text = format!("{HEADER} \n<a/>\t<b x='>'>t<c/></b></stream:stream>what follows is dropped");
    let expected = ["header stream", "<a/>", "<b x='>'>t<c/></b>", "end"];
    assert_eq!(frames(text.as_bytes(), [], LIMITS), (expected.map(str::to_owned).to_vec(), None));
}

#[test]
fn an_element_knows_its_parts() {
    let element =
        first("<message to='a&amp;b' xmlns:h='urn:here'><body>hi</body><h:x/><o:y><z/></o:y></message>");
    assert!(element.is("message", ns::CLIENT));
    assert_eq!(element.attribute("to").unwrap(), "a&b");
    assert_eq!(element.tail(), "><body>hi</body><h:x/><o:y><z/></o:y></message>");
    let children: Vec<_> =
        element.children().map(|(name, namespace)| format!("{name} {namespace}")).collect();
    assert_eq!(children, ["body jabber:client", "x urn:here", "y urn:outer"]);
    assert_eq!(element.borrowed_prefixes().collect::<Vec<_>>(), [("o", "urn:outer")]);
}

#[test]
fn a_tree_resolves_names_and_references() {
    let node = Node::from(&first(
        "<iq><q xmlns='urn:q' a='&lt;'>x<![CDATA[<y>]]>&amp;<o:r xmlns:o='urn:inner'/><o:r/></q></iq>",
    ));
    let query = node.child("q", "urn:q").unwrap();
    assert_eq!((query.attribute("a"), query.text.as_str()), (Some("<"), "x<y>&"));
    assert!(query.child("r", "urn:inner").is_some() && query.child("r", "urn:outer").is_some());
}

#[test]
fn what_is_wrong_is_told_apart() {
    for (content, error) in [
        ("<a></b>", XmlError::NotWellFormed),
        ("<a/></a>", XmlError::NotWellFormed),
        ("<p:a/>", XmlError::NotWellFormed),
        ("<a p:b=''/>", XmlError::NotWellFormed),
        ("<a b='' b=''/>", XmlError::NotWellFormed),
        ("<a xmlns:p='u&amp;' xmlns:q='u&#38;' p:b='' q:b=''/>", XmlError::NotWellFormed),
        ("<a xmlns:p=''/>", XmlError::NotWellFormed),
        ("<a xmlns:xmlns='u'/>", XmlError::NotWellFormed),
        ("<a xmlns:xml='u'/>", XmlError::NotWellFormed),
        ("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", XmlError::NotWellFormed),
        ("<xmlns:a/>", XmlError::NotWellFormed),
        ("<a>&undeclared;</a>", XmlError::Restricted),
        ("<!-- comment -->", XmlError::Restricted),
        ("<a><?php ?></a>", XmlError::Restricted),
        ("<a><!DOCTYPE a></a>", XmlError::Restricted),
        ("<?xml version='1.0'?>", XmlError::Restricted),
        ("text", XmlError::StrayText),
        ("<![CDATA[ ]]>", XmlError::StrayText),
        ("<a><a><a><a><a><a><a><a><a/>", XmlError::TooDeep),
        ("<a a='' b='' c='' d='' e='' f='' g='' h='' i=''/>", XmlError::TooManyAttributes),
    ] {
        assert_eq!(verdict(content), Some(error), "{content}");
    }
    for content in
        ["<a xmlns=''/>", "<a xmlns:p='u' xmlns:q='v' p:b='' q:b='' b=''/>", "<a xml:lang='de'/>", "<xml:a/>"]
    {
        assert_eq!(verdict(content), None, "{content}");
    }
    assert_eq!(verdict(&format!("<a>{}", "x".repeat(1000))), Some(XmlError::TooBig));
    assert_eq!(frames(b"<a>\xff</a>", [], LIMITS), (vec!["header a".to_owned()], Some(XmlError::StrayText)));
    assert_eq!(frames(b"<a><b>\xff</b>", [], LIMITS).1, Some(XmlError::NotWellFormed));
}

/// What a stanza borrows from the header is written into the head of each copy of it, and the namespaces of
/// its children are compared one by one: all of that is paid by others.
#[test]
fn what_is_declared_is_small() {
    let name = |bytes: usize| "u".repeat(bytes);
    let limits = Limits::of_bytes(100_000);
    let outcome = |text: String| frames(text.as_bytes(), [], limits).1;
    assert_eq!(outcome(format!("{HEADER}<a xmlns:p='{}'/>", name(256))), None);
    assert_eq!(outcome(format!("{HEADER}<a xmlns:p='{}'/>", name(257))), Some(XmlError::TooBig));
    assert_eq!(outcome(format!("<a xmlns='{}'>", name(257))), Some(XmlError::TooBig));
    let declaring = |declarations: usize, name: &str| {
        let all: Vec<_> = (0..declarations).map(|number| format!(" xmlns:p{number}='{name}'")).collect();
        format!("<a{}>", all.concat())
    };
    let header = |declarations| declaring(declarations, &name(250));
    assert_eq!((outcome(header(4)), outcome(header(5))), (None, Some(XmlError::TooBig)));
    let tag = declaring(48, "u");
    assert_eq!(outcome(format!("{HEADER}{}", tag.repeat(2))), None);
    assert_eq!(outcome(format!("{HEADER}{}", tag.repeat(3))), Some(XmlError::TooBig));
}

#[test]
fn an_element_knows_its_children() {
    let element = first("<a xmlns:p='u&amp;v'><p:b/><b/>text<b><p:c/></b></a>");
    assert_eq!(element.child_count(), 3);
    assert!(element.has_child("b", "u&v") && element.has_child("b", ns::CLIENT));
    assert!(!element.has_child("c", "u&v") && !element.has_child("b", "u"));
}

#[test]
fn an_empty_stream_opens_and_ends() {
    assert_eq!(frames(b"<a/>", [], LIMITS), (vec!["header a".to_owned(), "end".to_owned()], None));
}

/// Whether rxml takes the whole stream. Line ends come as XML 1.0 §2.11 makes them of those that were sent: a lone carriage return in a value, with `]]` in
/// a later text, is more than rxml can take, though expat can.
fn rxml_accepts(text: &[u8]) -> bool {
    let mut followers = text.iter().skip(1);
    let line_end = |byte: &u8| match (byte, followers.next()) {
        (b'\r', Some(b'\n')) => None,
        (b'\r', _) => Some(b'\n'),
        (other, _) => Some(*other),
    };
    let text: Vec<u8> = text.iter().filter_map(line_end).collect();
    let (mut parser, mut rest) = (rxml::Parser::default(), &text[..]);
    loop {
        match parser.parse(&mut rest, true) {
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// Good XML of every kind that the framer knows, and pieces that are nearly so.
fn xml() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        4 => "[a-z \\n\\t]{0,6}",
        1 => Just("&amp;&lt;&#65;&#x1F98A;&quot;&apos;&gt;".to_owned()),
        1 => Just("<![CDATA[<x>&]] >]]>".to_owned()),
        1 => Just("🦊]] >ü".to_owned()),
    ];
    let attribute = prop_oneof![
        4 => ("[a-c]", "[a-z<>&'\"]{0,2}").prop_map(|(name, value)| format!(" {name}=\"{}\"", Escaped(&value))),
        1 => ("[a-c]", "[a-z>]{0,3}").prop_map(|(name, value)| format!(" {name} = '{value}\t'")),
        1 => Just(" xmlns='urn:d'".to_owned()),
        1 => Just(" xmlns=''".to_owned()),
        1 => ("[p-r]", "[uv]").prop_map(|(prefix, uri)| format!(" xmlns:{prefix}='{uri}'")),
        2 => ("[op]", "[ab]").prop_map(|(prefix, name)| format!(" {prefix}:{name}=''")),
        1 => Just(" xml:lang='de'".to_owned()),
    ];
    let name =
        prop_oneof![6 => "[a-c][a-c0-9.-]{0,2}", 1 => "o:[a-c]", 1 => "p:[a-c]", 1 => Just("ü名".to_owned())];
    let tag = (name, prop::collection::vec(attribute, 0..3)).prop_map(|(name, mut attributes)| {
        attributes.sort();
        attributes.dedup_by_key(|attribute| attribute.split('=').next().unwrap().trim().to_owned());
        (name, attributes.concat())
    });
    let leaf = (tag.clone(), text.clone()).prop_map(|((name, attributes), text)| match text.as_str() {
        "" => format!("<{name}{attributes}/>"),
        text => format!("<{name}{attributes} >{text}</{name} >"),
    });
    leaf.prop_recursive(4, 12, 3, move |inner| {
        (tag.clone(), prop::collection::vec(prop_oneof![inner, text.clone()], 0..3)).prop_map(
            |((name, attributes), content)| format!("<{name}{attributes}>{}</{name}>", content.concat()),
        )
    })
}

/// XML with a few bytes put in, taken out, or changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        prop::sample::select(b"<>/&;'\"=:!?[]-# \n\x00\x0b\x7f\x80\xc3\xef\xbf\xbe\xffxmlns10".to_vec()),
        any::<u8>()
    ];
    let change = (any::<prop::sample::Index>(), byte, 0..3_u8);
    (xml(), prop::collection::vec(change, 0..4)).prop_map(|(xml, changes)| {
        let mut bytes = xml.into_bytes();
        for (index, byte, kind) in changes {
            let at = index.index(bytes.len().max(1));
            match kind {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ if at < bytes.len() => bytes[at] = byte,
                _ => {}
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn how_the_bytes_are_cut_makes_no_difference(content in mutated(), pieces in prop::collection::vec(1..9_usize, 0..400)) {
        let text = [HEADER.as_bytes(), &content, b"</stream:stream>"].concat();
        let limits = Limits { bytes: 240, depth: 3, attributes: 4 };
        prop_assert_eq!(frames(&text, pieces, limits), frames(&text, [], limits));
    }

    /// A whole conversation, one byte at a time or any other way: each stanza comes out as it went in, in order.
    #[test]
    fn what_goes_in_comes_out_stanza_by_stanza(
        contents in prop::collection::vec((xml(), "[ \n]{0,2}"), 0..6), pieces in prop::collection::vec(1..40_usize, 0..400)
    ) {
        let wrap = |(content, space)| (format!("<message>{content}</message>"), space);
        let (stanzas, spaces): (Vec<String>, Vec<String>) =
            contents.into_iter().map(wrap).filter(|(stanza, _)| verdict(stanza).is_none()).unzip();
        let text: String = stanzas.iter().zip(&spaces).flat_map(|(stanza, space)| [&**stanza, space]).collect();
        let text = format!("{HEADER}{text}</stream:stream>");
        let header = std::iter::once("header stream".to_owned());
        let expected: Vec<_> = header.chain(stanzas).chain(["end".to_owned()]).collect();
        prop_assert_eq!(&frames(text.as_bytes(), pieces, LIMITS), &(expected.clone(), None));
        prop_assert_eq!(frames(text.as_bytes(), std::iter::repeat(1), LIMITS), (expected, None));
    }

    #[test]
    fn what_passes_here_passes_elsewhere(content in mutated()) {
        let text = [HEADER.as_bytes(), b"<message>", &content, b"</message></stream:stream>"].concat();
        let (seen, error) = frames(&text, [], Limits::of_bytes(100_000));
        let passes = error.is_none() && seen.last().is_some_and(|last| last == "end");
        prop_assert!(!passes || rxml_accepts(&text), "{}", String::from_utf8_lossy(&content));
    }

    /// Only for good XML: rxml also takes a namespace declared twice in one tag, and names of the fifth
    /// edition alone.
    #[test]
    fn what_passes_elsewhere_passes_here(content in xml()) {
        let text = format!("{HEADER}<message>{content}</message></stream:stream>");
        let error = frames(text.as_bytes(), [], Limits::of_bytes(100_000)).1;
        prop_assert_eq!(error.is_none(), rxml_accepts(text.as_bytes()), "{} {:?}", content, error);
    }

    #[test]
    fn each_element_still_passes_alone_under_a_head_of_ours(content in xml()) {
        let wrapped = format!("<message from='x'>{content}</message>");
        prop_assume!(verdict(&wrapped).is_none());
        let element = first(&wrapped);
        let mut alone = String::from("<message xmlns='jabber:client' from='y'");
        for (prefix, namespace) in element.borrowed_prefixes() {
            alone = format!("{alone} xmlns:{prefix}='{namespace}'");
        }
        alone.push_str(std::str::from_utf8(&element.tail()).unwrap());
        prop_assert!(rxml_accepts(alone.as_bytes()), "{alone}");
    }
}
