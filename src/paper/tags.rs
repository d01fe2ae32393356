//! What a document says to who cannot see it: its outline, and its parts in the order in which they are read.

use std::num::NonZeroU16;

use krilla::{
    destination::XyzDestination,
    geom::Point,
    outline::{Outline, OutlineNode},
    tagging::{
        ArtifactType, ContentTag, Identifier, ListNumbering, Node, SpanTag, Tag, TagGroup, TagKind, TagTree,
    },
};

use super::sheet::{Role, Sheets};

/// As what a piece is marked where it stands.
pub(super) fn tag(role: &Role) -> ContentTag<'_> {
    match role {
        Role::Artifact => ContentTag::Artifact(ArtifactType::Page),
        Role::Figure(_) => ContentTag::Other,
        _ => ContentTag::Span(SpanTag::empty()),
    }
}

/// Where the headings are, for the side of a reader's window.
pub(super) fn outline(sheets: &Sheets) -> Outline {
    let mut outline = Outline::new();
    let mut found = vec![false; sheets.roles.len()];
    for (number, pieces) in sheets.sheets.iter().enumerate() {
        for piece in pieces {
            let (Role::Title(text) | Role::Heading(text)) = &sheets.roles[piece.part] else { continue };
            if !std::mem::replace(&mut found[piece.part], true) {
                let place = XyzDestination::new(number, Point::from_xy(piece.at.0, piece.at.1));
                outline.push_child(OutlineNode::new(text.clone(), place));
            }
        }
    }
    outline
}

/// What follows what, given where each part was written. Items that follow each other are one list.
pub(super) fn tree(roles: &[Role], written: &[Vec<Identifier>]) -> TagTree {
    let mut tree = TagTree::new();
    let parts: Vec<_> = roles.iter().zip(written).filter(|(role, _)| **role != Role::Artifact).collect();
    for parts in parts.chunk_by(|(one, _), (next, _)| (*one, *next) == (&Role::Item, &Role::Item)) {
        match parts {
            [(Role::Item, _), ..] => {
                tree.push(list(parts.iter().map(|(_, identifiers)| leaves(identifiers))));
            }
            _ => parts.iter().for_each(|(role, identifiers)| {
                tree.push(TagGroup::with_children(kind(role), leaves(identifiers)));
            }),
        }
    }
    tree
}

fn list(items: impl Iterator<Item = Vec<Node>>) -> TagGroup {
    let items = items.map(|leaves| {
        let body = TagGroup::with_children(Tag::LBody, leaves);
        TagGroup::with_children(Tag::LI, vec![body.into()]).into()
    });
    TagGroup::with_children(Tag::L(ListNumbering::None), items.collect())
}

fn leaves(identifiers: &[Identifier]) -> Vec<Node> {
    identifiers.iter().map(|identifier| Node::Leaf(*identifier)).collect()
}

fn kind(role: &Role) -> TagKind {
    let heading = |level, text: &String| Tag::Hn(level, Some(text.clone())).into();
    match role {
        Role::Title(text) => heading(NonZeroU16::MIN, text),
        Role::Heading(text) => heading(NonZeroU16::MIN.saturating_add(1), text),
        Role::Figure(words) => Tag::Figure(Some(words.clone())).into(),
        Role::Paragraph | Role::Item | Role::Artifact => Tag::P.into(),
    }
}
