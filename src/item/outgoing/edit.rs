//! A draft as a phone edits it: the stored message and the phone's change become the new message
//! ([MS-ASEMAIL] 3.2.5.3). Pure.
//!
//! What the phone did not send stays (S12): header fields and parts that are not touched keep their
//! octets, a new body takes the place of the old one in each form the message has, attachments come
//! and go one by one. A phone that writes whole messages (type 4) replaces the content; attachments
//! it does not mention stay if its message has none, since then it names them one by one.

mod attach;
mod body;
mod header;
mod tree;

#[cfg(test)]
mod tests;

use airgate_codec::eas::email::{
    AttachmentAdd, AttachmentChange, BodyChange, BodyType, EmailChange,
};

pub use header::Stamp;

use self::body::{Bodies, Written};
use self::tree::Node;
use super::boundary::boundaries;
use super::fields::{self, Field};
use super::lines;
use crate::item::legal::legalise;
use crate::item::structure::Outline;
use crate::item::walk::walk;

/// An edited draft.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Edited {
    pub octets: Vec<u8>,
    /// The attachments the phone added, in its order.
    pub added: Vec<Added>,
    /// Sections of the parts that were there before, old and new.
    pub moved: Vec<(String, String)>,
}

/// An attachment that was added.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Added {
    /// The phone's name for it.
    pub client_id: String,
    /// Its IMAP section.
    pub section: String,
}

/// Why a draft cannot be edited so.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unusable {
    #[error("the message has no readable header")]
    NotMime,
    #[error("a body in a form nobody asked for")]
    BodyType,
    #[error("an attachment is named that the draft does not have")]
    NoSuchAttachment,
    #[error("the draft's parts cannot be told apart")]
    Parts,
}

/// The draft after the change. An empty `stored` is a new draft. `removed` are the sections of the
/// attachments that go.
///
/// # Errors
/// See [`Unusable`]: Sync's item status 6.
pub fn edit(
    stored: &[u8],
    change: &EmailChange,
    removed: &[String],
    stamp: Stamp<'_>,
) -> Result<Edited, Unusable> {
    let stored = clean(stored);
    let (fields, body) = split(&stored)?;
    let written = change.body.as_ref().filter(|body| !body.truncated);
    let whole = match written.map(|body| (body.kind, &body.data)) {
        Some((BodyType::Mime, data)) => Some(clean(data)),
        Some((BodyType::Rtf, _)) => return Err(Unusable::BodyType),
        _ => None,
    };
    let adds: Vec<&AttachmentAdd> = change
        .attachments
        .iter()
        .filter_map(|one| match one {
            AttachmentChange::Add(add) => Some(add),
            AttachmentChange::Delete { .. } => None,
        })
        .collect();
    let mut texts: Vec<&[u8]> = adds.iter().map(|add| add.content.as_slice()).collect();
    texts.push(&stored);
    texts.extend(whole.as_deref());
    let boundaries = Box::new(boundaries(&texts));
    let old = entity(&fields, body);
    let new = match &whole {
        Some(whole) => Some(split(whole)?),
        None => None,
    };
    let new_entity = new.as_ref().map(|(all, body)| entity(all, body));
    let (mut octets, mut content) = match (&new, &new_entity) {
        (Some((all, _)), Some(entity)) => {
            let mut content = Tree::new(entity, boundaries)?;
            content.take_over(&old, removed)?;
            (header::write(all, &fields, change, stamp), content)
        }
        _ => {
            let mut content = Tree::new(&old, boundaries)?;
            content.remove(removed)?;
            (header::write(&fields, &[], change, stamp), content)
        }
    };
    if let Some(BodyChange {
        kind: kind @ (BodyType::Plain | BodyType::Html),
        data,
        ..
    }) = written
    {
        let text = legalise(String::from_utf8_lossy(data).into_owned());
        content.body(match kind {
            BodyType::Html => Written::Html(&text),
            _ => Written::Text(&text),
        });
    }
    content.attach(&adds);
    content.root.write(&mut octets);
    if !octets.ends_with(b"\r\n") {
        octets.extend_from_slice(b"\r\n");
    }
    let mut places = content.root.places();
    let added = adds
        .iter()
        .enumerate()
        .map(|(index, add)| Added {
            client_id: add.client_id.clone(),
            section: places.added.remove(&index).unwrap_or_default(),
        })
        .collect();
    Ok(Edited {
        octets,
        added,
        moved: places.moved,
    })
}

/// CRLF line ends, and nothing before the header.
fn clean(message: &[u8]) -> Vec<u8> {
    let mut octets = lines::normalise(message);
    let start = octets
        .iter()
        .position(|octet| !matches!(octet, b'\r' | b'\n'))
        .unwrap_or(octets.len());
    octets.drain(..start);
    octets
}

fn split(message: &[u8]) -> Result<(Vec<Field<'_>>, &[u8]), Unusable> {
    if message.is_empty() {
        return Ok((Vec::new(), message));
    }
    match fields::split(message) {
        Some((all, body)) if !all.is_empty() => Ok((all, body)),
        _ => Err(Unusable::NotMime),
    }
}

/// The content fields, the empty line and the body.
fn entity(all: &[Field<'_>], body: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(body.len() + 512);
    for field in all.iter().filter(|field| field.is_content()) {
        super::push(field.raw, &mut octets);
    }
    octets.extend_from_slice(b"\r\n");
    octets.extend_from_slice(body);
    octets
}

/// The content under edit.
struct Tree<'a> {
    root: Node<'a>,
    bodies: Bodies,
    boundaries: Box<dyn Iterator<Item = String>>,
}

impl<'a> Tree<'a> {
    fn new(
        entity: &'a [u8],
        boundaries: Box<dyn Iterator<Item = String>>,
    ) -> Result<Self, Unusable> {
        let root = Node::read(entity);
        let walked = walk(entity, true);
        // The phone and we must mean the same parts: where the walker that offered them saw others
        // than the editor does, nothing is touched.
        let seen: Vec<&str> = walked
            .leaves
            .iter()
            .filter(|leaf| !leaf.is_message)
            .map(|leaf| leaf.section.as_str())
            .collect();
        let known: Vec<(String, String)> = root.places().moved;
        let inside_messages = |section: &str| {
            walked.leaves.iter().any(|leaf| {
                leaf.is_message
                    && section
                        .strip_prefix(leaf.section.as_str())
                        .is_some_and(|rest| rest.starts_with('.'))
            })
        };
        let same = seen
            .iter()
            .filter(|section| !inside_messages(section))
            .all(|section| known.iter().any(|(old, _)| old == section));
        if !same || walked.cut {
            return Err(Unusable::Parts);
        }
        let bodies = Bodies::of(&Outline::of(&walked.root)).with_blank(&root);
        Ok(Self {
            root,
            bodies,
            boundaries,
        })
    }

    /// Takes attachments out.
    fn remove(&mut self, sections: &[String]) -> Result<(), Unusable> {
        for section in sections {
            if self.root.find(section).is_none() {
                return Err(Unusable::NoSuchAttachment);
            }
        }
        let gone = |node: &Node<'_>| {
            let origin = node.origin.as_ref();
            origin.is_some_and(|origin| sections.contains(origin))
        };
        self.root.remove(&gone);
        Ok(())
    }

    /// Keeps the attachments of the message this one replaces, unless it has its own.
    fn take_over(&mut self, old: &[u8], removed: &[String]) -> Result<(), Unusable> {
        let walked = walk(old, true);
        let outline = Outline::of(&walked.root);
        let mut own = Vec::new();
        self.root.write(&mut own);
        let own = walk(&own, true);
        let complete = !Outline::of(&own.root).attachments.is_empty();
        let tree = Node::read(old);
        let mut kept = Vec::new();
        for found in &outline.attachments {
            let section = &found.part.section;
            let Some(path) = tree.find(section) else {
                continue;
            };
            if complete || removed.contains(section) {
                continue;
            }
            let mut tree = tree.clone();
            if let Some(node) = tree.at_mut(&path) {
                let mut octets = Vec::new();
                node.write(&mut octets);
                let mut node = Node::made(octets);
                node.origin = Some(section.clone());
                kept.push(node);
            }
        }
        for section in removed {
            if tree.find(section).is_none() {
                return Err(Unusable::NoSuchAttachment);
            }
        }
        // The phone's own parts were not there before.
        self.root.forget_origins();
        self.append(kept);
        Ok(())
    }

    fn body(&mut self, written: Written<'_>) {
        body::replace(&mut self.root, &self.bodies, written, &mut self.boundaries);
    }

    fn attach(&mut self, adds: &[&AttachmentAdd]) {
        let mut parts = Vec::new();
        let mut shown = Vec::new();
        let html = body::html(&self.root);
        for (index, add) in adds.iter().enumerate() {
            let mut part = attach::part(add);
            part.added = Some(index);
            if add.is_inline && html.is_some() {
                shown.push(part);
            } else {
                parts.push(part);
            }
        }
        if let (Some(path), false) = (html, shown.is_empty()) {
            parts.extend(self.show(&path, shown));
        }
        self.append(parts);
    }

    /// Puts pictures beside the HTML that shows them; gives back those for which there is no such
    /// place.
    fn show(&mut self, html: &[usize], shown: Vec<Node<'a>>) -> Vec<Node<'a>> {
        let above = html
            .split_last()
            .and_then(|(_, above)| self.root.at_mut(above))
            .filter(|node| node.media_type() == "multipart/related")
            .and_then(Node::parts_mut);
        if let Some(parts) = above {
            parts.extend(shown);
            return Vec::new();
        }
        let boundary = self.boundaries.next().unwrap_or_default();
        let Some(node) = self.root.at_mut(html) else {
            return shown;
        };
        let mut parts = vec![node.clone()];
        parts.extend(shown);
        *node = Node::multipart("related", boundary, parts);
        Vec::new()
    }

    /// Adds parts at the end.
    fn append(&mut self, parts: Vec<Node<'a>>) {
        if parts.is_empty() {
            return;
        }
        if self.root.media_type() == "multipart/mixed"
            && let Some(all) = self.root.parts_mut()
        {
            all.extend(parts);
            return;
        }
        let boundary = self.boundaries.next().unwrap_or_default();
        let mut all = vec![self.root.clone()];
        // A message without any content is not worth a part.
        if self.root.is_blank() && self.root.header.is_empty() {
            all = vec![Node::made(
                b"Content-Type: text/plain; charset=utf-8\r\n\r\n".to_vec(),
            )];
        }
        all.extend(parts);
        self.root = Node::multipart("mixed", boundary, all);
    }
}
