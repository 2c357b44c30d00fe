//! Elements as small trees: one answer of a multistatus at a time.

use quick_xml::escape::unescape;
use quick_xml::events::BytesStart;
use quick_xml::name::{NamespaceResolver, ResolveResult};

use super::scan::{Fault, MAX_DEPTH, Scanner, Token};

/// Attributes of one element (T17).
pub(super) const MAX_ATTRIBUTES: usize = 64;
/// Elements of one answer. An access control list of a busy collection has some hundreds.
pub(super) const MAX_NODES: usize = 10_000;
/// Namespace bindings in scope at once: each costs time at every name (T17).
const MAX_BINDINGS: usize = 64;

/// The namespaces there is something to read in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Namespace {
    /// `DAV:`
    Dav,
    /// `urn:ietf:params:xml:ns:caldav`
    CalDav,
    /// `urn:ietf:params:xml:ns:carddav`
    CardDav,
    /// `http://calendarserver.org/ns/`
    CalendarServer,
    /// `http://apple.com/ns/ical/`
    Apple,
    Other,
}

/// An element with what is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    pub namespace: Namespace,
    pub name: Box<str>,
    /// The attribute `name`, the only one DAV says anything with.
    pub label: Option<Box<str>>,
    /// The text directly in it, joined.
    pub text: String,
    pub children: Vec<Self>,
}

/// Reads a document and hands out each child of the root as soon as it is complete.
#[derive(Debug, Default)]
pub struct Tree {
    scanner: Scanner,
    resolver: Resolver,
    /// The root is an element without children here.
    root: Option<Node>,
    /// The raw names of what is open, the root first.
    names: Vec<Box<str>>,
    /// What is open below the root.
    open: Vec<Node>,
    nodes: usize,
}

#[derive(Debug)]
struct Resolver(NamespaceResolver);

impl Default for Resolver {
    fn default() -> Self {
        let mut resolver = NamespaceResolver::default();
        resolver.set_max_namespace_bindings(MAX_BINDINGS);
        Self(resolver)
    }
}

impl Namespace {
    /// What it is called on the wire.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Dav => "DAV:",
            Self::CalDav => "urn:ietf:params:xml:ns:caldav",
            Self::CardDav => "urn:ietf:params:xml:ns:carddav",
            Self::CalendarServer => "http://calendarserver.org/ns/",
            Self::Apple => "http://apple.com/ns/ical/",
            Self::Other => "",
        }
    }

    fn of(uri: &str) -> Self {
        [
            Self::Dav,
            Self::CalDav,
            Self::CardDav,
            Self::CalendarServer,
            Self::Apple,
        ]
        .into_iter()
        .find(|known| known.uri() == uri)
        .unwrap_or(Self::Other)
    }
}

impl Node {
    /// Whether it is this element.
    pub fn is(&self, namespace: Namespace, name: &str) -> bool {
        self.namespace == namespace && &*self.name == name
    }

    /// The first child of that name.
    pub fn child(&self, namespace: Namespace, name: &str) -> Option<&Self> {
        self.children.iter().find(|node| node.is(namespace, name))
    }

    /// All children of that name.
    pub fn all<'a>(
        &'a self,
        namespace: Namespace,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Self> + 'a {
        self.children
            .iter()
            .filter(move |node| node.is(namespace, name))
    }

    /// The text without blanks around it; `None` where there is none.
    pub fn value(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }
}

impl Tree {
    /// Takes in more of the document; gives the children of the root that are complete.
    ///
    /// # Errors
    /// See [`Fault`]. What was handed out before stays true.
    pub fn feed(&mut self, octets: &[u8]) -> Result<Vec<Node>, Fault> {
        self.scanner.push(octets)?;
        let mut done = Vec::new();
        while let Some(token) = self.scanner.next()? {
            match token {
                Token::Start { inside, empty } => {
                    let node = self.start(&inside)?;
                    self.begin(node, empty, &mut done);
                }
                Token::End(range) => {
                    let name = str_of(self.scanner.octets(&range))?.trim_ascii_end();
                    if self.names.pop().as_deref() != Some(name) {
                        return Err(Fault::Syntax("an end without its start"));
                    }
                    self.end(&mut done);
                }
                Token::Text(range) => {
                    let raw = str_of(self.scanner.octets(&range))?;
                    let text = unescape(raw).map_err(|_| Fault::Entity)?;
                    if let Some(node) = self.open.last_mut() {
                        node.text.push_str(&text);
                    } else if !is_blank(&text) && self.names.is_empty() {
                        return Err(Fault::Syntax("text outside of the root"));
                    }
                }
                Token::CData(range) => {
                    let text = str_of(self.scanner.octets(&range))?;
                    if let Some(node) = self.open.last_mut() {
                        node.text.push_str(text);
                    }
                }
            }
        }
        Ok(done)
    }

    /// The root element, once it began.
    pub fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// The end of the document.
    ///
    /// # Errors
    /// It is not complete.
    pub fn finish(self) -> Result<Node, Fault> {
        if !self.names.is_empty() || !self.scanner.is_empty() {
            return Err(Fault::CutShort);
        }
        self.root.ok_or(Fault::CutShort)
    }

    /// Reads a start tag.
    fn start(&mut self, inside: &std::ops::Range<usize>) -> Result<Node, Fault> {
        if self.names.len() == MAX_DEPTH {
            return Err(Fault::Depth);
        }
        if self.names.is_empty() && self.root.is_some() {
            return Err(Fault::Syntax("a second root"));
        }
        let inside = str_of(self.scanner.octets(inside))?;
        let length = inside
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(inside.len());
        let raw = inside.get(..length).unwrap_or_default();
        if raw.is_empty() || raw.contains(['<', '/', '"', '\'', '=', '&']) {
            return Err(Fault::Syntax("an element without a proper name"));
        }
        let element = BytesStart::from_content(inside, length);
        // Counted before anything looks at them, and without the library's search for duplicates,
        // which is quadratic (T17).
        let mut label = None;
        for (count, attribute) in element.attributes().with_checks(false).enumerate() {
            if count == MAX_ATTRIBUTES {
                return Err(Fault::Attributes);
            }
            let attribute = attribute.map_err(|_| Fault::Syntax("a broken attribute"))?;
            if attribute.key.as_ref() == "name" {
                let value = unescape(&attribute.value).map_err(|_| Fault::Entity)?;
                label = Some(Box::from(value.as_ref()));
            }
        }
        self.resolver
            .0
            .push(&element)
            .map_err(|_| Fault::Attributes)?;
        let (resolved, local) = self.resolver.0.resolve_element(element.name());
        let namespace = match resolved {
            ResolveResult::Bound(namespace) => Namespace::of(namespace.as_ref()),
            ResolveResult::Unbound => Namespace::Other,
            ResolveResult::Unknown(_) => return Err(Fault::Syntax("an undeclared prefix")),
        };
        let node = Node {
            namespace,
            name: Box::from(local.as_ref()),
            label,
            text: String::new(),
            children: Vec::new(),
        };
        self.names.push(Box::from(raw));
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Fault::Elements);
        }
        Ok(node)
    }

    fn begin(&mut self, node: Node, empty: bool, done: &mut Vec<Node>) {
        if self.root.is_none() {
            self.root = Some(node);
        } else {
            self.open.push(node);
        }
        if empty {
            self.names.pop();
            self.end(done);
        }
    }

    /// The innermost element ends; its name is off the list already.
    fn end(&mut self, done: &mut Vec<Node>) {
        self.resolver.0.pop();
        let Some(node) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => {
                self.nodes = 0;
                done.push(node);
            }
        }
    }
}

fn str_of(octets: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(octets).map_err(|_| Fault::Encoding)
}

/// A byte order mark is blank, too.
fn is_blank(text: &str) -> bool {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
        .is_empty()
}
