//! `multistatus` (RFC 4918 14.16), one `response` after the other, and the conditions in `error`.

use super::node::{Namespace, Node, Tree};
use super::properties::Properties;
use super::scan::Fault;

/// What is said of one resource.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Answer {
    /// As it came; [`super::Href`] judges it.
    pub href: String,
    /// The status of the resource itself, where one is said instead of properties: 404, 507.
    pub status: Option<u16>,
    /// Properties with a status of 200.
    pub found: Properties,
    /// The worst status of a group of properties, for one that was set (PROPPATCH).
    pub refused: Option<u16>,
    /// Local names of the conditions in `error`.
    pub conditions: Vec<String>,
}

/// Reads a multistatus as it arrives.
#[derive(Debug, Default)]
pub struct Answers {
    tree: Tree,
    trailer: Trailer,
}

/// What stands beside the answers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Trailer {
    /// RFC 6578 6.4.
    pub sync_token: Option<String>,
}

impl Answers {
    /// Takes in more of the document; gives the answers that are complete.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn feed(&mut self, octets: &[u8]) -> Result<Vec<Answer>, Fault> {
        let nodes = self.tree.feed(octets)?;
        if let Some(root) = self.tree.root()
            && !root.is(Namespace::Dav, "multistatus")
        {
            return Err(Fault::Root("multistatus"));
        }
        let mut answers = Vec::with_capacity(nodes.len());
        for node in &nodes {
            if node.is(Namespace::Dav, "response") {
                read(node, &mut answers);
            } else if node.is(Namespace::Dav, "sync-token") {
                self.trailer.sync_token = node.value().map(str::to_owned);
            }
        }
        Ok(answers)
    }

    /// The end of the document.
    ///
    /// # Errors
    /// It is not complete.
    pub fn finish(self) -> Result<Trailer, Fault> {
        self.tree.finish()?;
        Ok(self.trailer)
    }
}

/// The local names of the conditions in a DAV `error` document: why something was refused
/// (RFC 4918 16). Empty for anything else.
pub fn conditions(document: &[u8]) -> Vec<String> {
    let mut tree = Tree::default();
    let Ok(nodes) = tree.feed(document) else {
        return Vec::new();
    };
    match tree.root() {
        Some(root) if root.is(Namespace::Dav, "error") => {
            nodes.iter().map(|node| node.name.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

/// Reads a `response`. One with several hrefs and a status is as many answers.
fn read(node: &Node, answers: &mut Vec<Answer>) {
    let status = node
        .child(Namespace::Dav, "status")
        .and_then(|status| code(&status.text));
    let mut found = Properties::default();
    let mut refused = None;
    for propstat in node.all(Namespace::Dav, "propstat") {
        let code = propstat
            .child(Namespace::Dav, "status")
            .and_then(|status| code(&status.text));
        match (code, propstat.child(Namespace::Dav, "prop")) {
            (Some(200..=299), Some(prop)) => found.take(prop),
            (Some(code), _) => refused = refused.max(Some(code)),
            _ => {}
        }
    }
    let conditions: Vec<String> = node
        .all(Namespace::Dav, "error")
        .flat_map(|error| &error.children)
        .map(|condition| condition.name.to_string())
        .collect();
    for href in node.all(Namespace::Dav, "href").filter_map(Node::value) {
        answers.push(Answer {
            href: href.to_owned(),
            status,
            found: found.clone(),
            refused,
            conditions: conditions.clone(),
        });
    }
}

/// `HTTP/1.1 404 Not Found`.
fn code(line: &str) -> Option<u16> {
    let code = line.split_ascii_whitespace().nth(1)?;
    code.parse().ok().filter(|code| (100..600).contains(code))
}
