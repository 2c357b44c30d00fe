//! A new body for a draft. Whichever form the phone wrote it in, each form the message has says the
//! same afterwards: a recipient must not read in plain text what the HTML does not say any more.

use super::tree::{Node, Path, fields_of};
use crate::item::html_to_text::{Style, html_to_text};
use crate::item::outgoing::encode::text_part;
use crate::item::structure::Outline;
use crate::item::text_to_html::text_to_html;

/// What the phone wrote.
#[derive(Clone, Copy, Debug)]
pub(super) enum Written<'t> {
    Text(&'t str),
    Html(&'t str),
}

/// Where the bodies of the message are.
#[derive(Clone, Debug, Default)]
pub(super) struct Bodies {
    /// Sections of plain text.
    texts: Vec<String>,
    /// Sections of HTML.
    htmls: Vec<String>,
}

impl Bodies {
    pub(super) fn of(outline: &Outline<'_>) -> Self {
        let mut bodies = Self::default();
        for part in outline.text.iter().chain(&outline.html) {
            let list = match part.media_type.as_str() {
                "text/plain" => &mut bodies.texts,
                "text/html" => &mut bodies.htmls,
                _ => continue,
            };
            if !list.contains(&part.section) {
                list.push(part.section.clone());
            }
        }
        bodies
    }

    /// Adds forms of the body that are blank: readers are not shown them, but they are what the new
    /// words belong into.
    pub(super) fn with_blank(mut self, root: &Node<'_>) -> Self {
        let mut waiting = vec![root];
        while let Some(node) = waiting.pop() {
            waiting.extend(node.parts());
            if node.media_type() != "multipart/alternative" {
                continue;
            }
            for part in node.parts().iter().filter(|part| part.counts_as_blank()) {
                let list = match part.media_type().as_str() {
                    "text/plain" => &mut self.texts,
                    "text/html" => &mut self.htmls,
                    _ => continue,
                };
                if let Some(section) = part.origin.as_ref().filter(|at| !list.contains(at)) {
                    list.push(section.clone());
                }
            }
        }
        self
    }
}

/// Puts the body in place of the one there is. `boundaries` are for multiparts that get necessary.
pub(super) fn replace<'a>(
    root: &mut Node<'a>,
    bodies: &Bodies,
    written: Written<'_>,
    boundaries: &mut dyn Iterator<Item = String>,
) {
    let find = |root: &Node<'a>, sections: &[String]| -> Vec<Path> {
        sections
            .iter()
            .filter_map(|section| root.find(section))
            .collect()
    };
    let texts = find(root, &bodies.texts);
    let htmls = find(root, &bodies.htmls);
    let both = match written {
        Written::Html(_) => !texts.is_empty() && !htmls.is_empty(),
        // Text beside HTML is its other form; texts around a picture are not.
        Written::Text(_) => texts.len() == 1 && !htmls.is_empty(),
    };
    let (mut text, mut html) = match written {
        Written::Text(text) => (
            leaf("text/plain", text),
            both.then(|| leaf("text/html", &text_to_html(text))),
        ),
        Written::Html(html) => (
            leaf("text/plain", &html_to_text(html, Style::Full)),
            Some(leaf("text/html", html)),
        ),
    };
    let place = |root: &mut Node<'a>, path: &[usize], new: &mut Node<'a>| {
        if let Some(node) = root.at_mut(path) {
            inherit(node, new);
            *node = new.clone();
        }
    };
    match (texts.first(), htmls.first(), &mut html) {
        (Some(at_text), Some(at_html), Some(html)) => {
            place(root, at_text, &mut text);
            place(root, at_html, html);
        }
        // All there is takes the form that was sent; HTML gets its text beside it.
        (Some(at), _, None) | (None, Some(at), None) => place(root, at, &mut text),
        (Some(at), None, Some(html)) | (None, Some(at), Some(html)) => {
            place(root, at, &mut alternative(text, html.clone(), boundaries));
        }
        (None, None, html) => {
            let body = match html.take() {
                Some(html) => alternative(text, html, boundaries),
                None => text,
            };
            insert(root, body, boundaries);
        }
    }
    // What else was body is said by the new one.
    let rest: Vec<&String> = bodies.texts.iter().chain(&bodies.htmls).collect();
    root.remove(&|node| {
        let origin = node.origin.as_ref();
        origin.is_some_and(|origin| rest.contains(&origin)) && node.parts().is_empty()
    });
}

/// The path to the HTML the message has now.
pub(super) fn html(root: &Node<'_>) -> Option<Path> {
    let mut octets = Vec::new();
    root.write(&mut octets);
    let walked = crate::item::walk::walk(&octets, true);
    let outline = Outline::of(&walked.root);
    let part = outline
        .html
        .iter()
        .find(|part| part.media_type == "text/html")?;
    let path: Vec<usize> = part
        .section
        .split('.')
        .filter_map(|level| level.parse::<usize>().ok()?.checked_sub(1))
        .collect();
    if root.parts().is_empty() {
        return Some(Vec::new());
    }
    Some(path)
}

fn leaf<'a>(kind: &str, text: &str) -> Node<'a> {
    let mut out = Vec::new();
    text_part(kind, text, &mut out);
    Node::made(out)
}

fn alternative<'a>(
    text: Node<'a>,
    html: Node<'a>,
    boundaries: &mut dyn Iterator<Item = String>,
) -> Node<'a> {
    let boundary = boundaries.next().unwrap_or_default();
    Node::multipart("alternative", boundary, vec![text, html])
}

/// Fields that describe more than the octets go over to the new part (a Content-ID may be what a
/// multipart/related begins with).
fn inherit(old: &Node<'_>, new: &mut Node<'_>) {
    const REPLACED: [&str; 4] = [
        "Content-Type",
        "Content-Transfer-Encoding",
        "Content-MD5",
        "Content-Disposition",
    ];
    let header = new.header.to_mut();
    for field in fields_of(&old.header) {
        if !REPLACED.iter().any(|name| field.is(name)) {
            header.extend_from_slice(field.raw);
            header.extend_from_slice(b"\r\n");
        }
    }
}

/// Puts a body before what has none.
fn insert<'a>(root: &mut Node<'a>, body: Node<'a>, boundaries: &mut dyn Iterator<Item = String>) {
    if root.media_type() == "multipart/mixed"
        && let Some(parts) = root.parts_mut()
    {
        parts.insert(0, body);
        return;
    }
    let boundary = boundaries.next().unwrap_or_default();
    let old = root.clone();
    *root = Node::multipart("mixed", boundary, vec![body, old]);
}
