//! The document: lines, and the index of components over them.

use bytes::{Bytes, BytesMut};

use super::line::{self, Line};
use super::property::{Property, PropertyId};

/// What one object may be. A calendar object of 500 exceptions has some 20,000 lines and 600 kB;
/// pictures of cards and files of events are most of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    pub octets: usize,
    pub lines: usize,
    /// Components inside each other. VCALENDAR, VTIMEZONE, STANDARD are three.
    pub depth: usize,
}

impl Limits {
    /// What is stored: as much as servers take.
    pub const OBJECT: Self = Self {
        octets: 16 << 20,
        lines: 100_000,
        depth: 16,
    };
    /// What comes by mail, from anybody.
    pub const INVITATION: Self = Self {
        octets: 1 << 20,
        ..Self::OBJECT
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::OBJECT
    }
}

/// Which limit was passed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TooMuch {
    #[error("more than {0} octets")]
    Octets(usize),
    #[error("more than {0} lines")]
    Lines(usize),
    #[error("components nested deeper than {0}")]
    Depth(usize),
}

/// An iCalendar or vCard object, or several, as lines.
#[derive(Clone, Debug)]
pub struct Document {
    pub(super) lines: Vec<Line>,
    pub(super) nodes: Vec<Node>,
    /// Lines outside any component.
    outside: Vec<usize>,
    /// Of components outside any other.
    roots: Vec<usize>,
    pub(super) next_id: u32,
    pub(super) limits: Limits,
}

/// The three ways of writing a card.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum CardVersion {
    /// versit: quoted-printable, parameters without names.
    V2_1,
    /// RFC 2426.
    V3_0,
    /// RFC 6350.
    V4_0,
}

/// A component's name for edits; good until that component is removed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ComponentId(pub(super) u32);

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) name: String,
    /// The BEGIN line.
    pub(super) begin: usize,
    /// Behind the END line, or behind the last line where it is missing.
    pub(super) end: usize,
    pub(super) closed: bool,
    /// The lines of its own between BEGIN and END.
    pub(super) own: Vec<usize>,
    children: Vec<usize>,
}

impl Document {
    /// Takes any octets apart.
    ///
    /// # Errors
    /// When they are more than [`Limits::default`] allows.
    pub fn parse(octets: &[u8]) -> Result<Self, TooMuch> {
        Self::parse_within(octets, Limits::default())
    }

    /// The same with other limits.
    ///
    /// # Errors
    /// When one of them is passed.
    pub fn parse_within(octets: &[u8], limits: Limits) -> Result<Self, TooMuch> {
        if octets.len() > limits.octets {
            return Err(TooMuch::Octets(limits.octets));
        }
        let octets = Bytes::copy_from_slice(octets);
        let mut lines = Vec::new();
        let mut next_id = 0;
        let mut at = 0;
        while at < octets.len() {
            if lines.len() >= limits.lines {
                return Err(TooMuch::Lines(limits.lines));
            }
            let length = line::length(octets.get(at..).unwrap_or_default());
            lines.push(Line::new(next_id, octets.slice(at..at + length)));
            next_id += 1;
            at += length;
        }
        let mut document = Self {
            lines,
            nodes: Vec::new(),
            outside: Vec::new(),
            roots: Vec::new(),
            next_id,
            limits,
        };
        document.index()?;
        Ok(document)
    }

    /// The octets: those that came in, but for what was edited.
    pub fn to_bytes(&self) -> Bytes {
        let length = self.lines.iter().map(|line| line.raw.len()).sum();
        let mut octets = BytesMut::with_capacity(length);
        for line in &self.lines {
            octets.extend_from_slice(&line.raw);
        }
        octets.freeze()
    }

    /// The components that lie in no other: VCALENDAR, VCARD.
    pub fn components(&self) -> impl Iterator<Item = Component<'_>> {
        self.roots
            .iter()
            .filter_map(|&node| self.component_at(node))
    }

    /// The first component of that name outside any other.
    pub fn component(&self, name: &str) -> Option<Component<'_>> {
        self.components()
            .find(|component| component.name().eq_ignore_ascii_case(name))
    }

    /// The component with that id, if it is still there.
    pub fn find(&self, id: ComponentId) -> Option<Component<'_>> {
        self.component_at(self.node_of(id)?)
    }

    fn component_at(&self, node: usize) -> Option<Component<'_>> {
        let node = self.nodes.get(node)?;
        Some(Component {
            document: self,
            node,
        })
    }

    pub(super) fn node_of(&self, id: ComponentId) -> Option<usize> {
        let mut begins = self.nodes.iter().map(|node| self.lines.get(node.begin));
        begins.position(|line| line.is_some_and(|line| line.id == id.0))
    }

    pub(super) fn line_of(&self, id: PropertyId) -> Option<usize> {
        self.lines.iter().position(|line| line.id == id.0)
    }

    /// What a new line ends with: what the first one does.
    pub(super) fn line_end(&self) -> &'static [u8] {
        let first = self.lines.first().map_or(&b""[..], |line| &line.raw);
        match line::line_end(first) {
            b"\n" => b"\n",
            _ => b"\r\n",
        }
    }

    /// Makes the index anew. An END closes the innermost open component of its name and whatever
    /// is open inside; one without BEGIN is a line like any other.
    pub(super) fn index(&mut self) -> Result<(), TooMuch> {
        self.nodes.clear();
        self.outside.clear();
        self.roots.clear();
        let mut open: Vec<usize> = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            match &*line.name {
                "BEGIN" => {
                    if open.len() >= self.limits.depth {
                        return Err(TooMuch::Depth(self.limits.depth));
                    }
                    let node = self.nodes.len();
                    match open.last().and_then(|&parent| self.nodes.get_mut(parent)) {
                        Some(parent) => parent.children.push(node),
                        None => self.roots.push(node),
                    }
                    self.nodes.push(Node {
                        name: line.component_name(),
                        begin: at,
                        end: self.lines.len(),
                        closed: false,
                        own: Vec::new(),
                        children: Vec::new(),
                    });
                    open.push(node);
                    continue;
                }
                "END" => {
                    let name = line.component_name();
                    let level = open.iter().rposition(|&node| {
                        self.nodes.get(node).is_some_and(|node| node.name == name)
                    });
                    if let Some(level) = level {
                        for node in open.drain(level..).rev() {
                            if let Some(node) = self.nodes.get_mut(node) {
                                node.closed = node.name == name;
                                node.end = at + usize::from(node.closed);
                            }
                        }
                        continue;
                    }
                }
                _ => {}
            }
            match open.last().and_then(|&node| self.nodes.get_mut(node)) {
                Some(node) => node.own.push(at),
                None => self.outside.push(at),
            }
        }
        Ok(())
    }
}

/// One component of a document.
#[derive(Clone, Copy, Debug)]
pub struct Component<'d> {
    document: &'d Document,
    node: &'d Node,
}

impl<'d> Component<'d> {
    /// For edits.
    pub fn id(&self) -> ComponentId {
        let begin = self.document.lines.get(self.node.begin);
        ComponentId(begin.map_or(u32::MAX, |line| line.id))
    }

    /// In upper case: `VEVENT`.
    pub fn name(&self) -> &'d str {
        &self.node.name
    }

    /// Whether its END was there.
    pub fn is_closed(&self) -> bool {
        self.node.closed
    }

    /// The components directly in it, in order.
    pub fn components(&self) -> impl Iterator<Item = Self> + use<'d> {
        let document = self.document;
        self.node
            .children
            .iter()
            .filter_map(move |&node| document.component_at(node))
    }

    /// All its own properties, in order. Lines that are none are left out.
    pub fn properties(&self) -> impl Iterator<Item = Property> + use<'d> {
        let document = self.document;
        let old = self.is_old_card();
        self.node
            .own
            .iter()
            .filter_map(move |&at| Property::read(document.lines.get(at)?, old))
    }

    /// The names of all its own properties, in upper case, in order.
    pub fn names(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        let document = self.document;
        let lines = self.node.own.iter();
        let names = lines.filter_map(move |&at| document.lines.get(at).map(|line| &*line.name));
        names.filter(|name| !name.is_empty())
    }

    /// Its properties of that name, which is given in upper case.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = Property> + use<'d, 'n> {
        let document = self.document;
        let old = self.is_old_card();
        self.node.own.iter().filter_map(move |&at| {
            let line = document.lines.get(at)?;
            (&*line.name == name).then(|| Property::read(line, old))?
        })
    }

    /// The first property of that name.
    pub fn property(&self, name: &str) -> Option<Property> {
        self.all(name).next()
    }

    /// The octets of it all, from BEGIN to END.
    pub fn to_bytes(&self) -> Bytes {
        let lines = self.document.lines.get(self.node.begin..self.node.end);
        let mut octets = BytesMut::new();
        for line in lines.unwrap_or_default() {
            octets.extend_from_slice(&line.raw);
        }
        octets.freeze()
    }

    /// Which vCard it is, by its VERSION; 3.0 where it has none.
    pub fn card_version(&self) -> CardVersion {
        if self.is_old_card() {
            return CardVersion::V2_1;
        }
        let version = self.property("VERSION");
        match version.as_ref().map(|version| version.value().trim()) {
            Some("4.0") => CardVersion::V4_0,
            _ => CardVersion::V3_0,
        }
    }

    /// vCard 2.1 escapes and encodes otherwise than everything after it.
    fn is_old_card(&self) -> bool {
        self.node.name == "VCARD"
            && self.node.own.iter().any(|&at| {
                self.document.lines.get(at).is_some_and(|line| {
                    &*line.name == "VERSION" && line.raw.trim_ascii_end().ends_with(b"2.1")
                })
            })
    }
}
