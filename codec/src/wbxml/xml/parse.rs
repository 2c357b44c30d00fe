//! XML to WBXML: one pass over quick-xml's events, no tree, nothing expanded that the text defines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::events::{BytesPI, BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::{BASE64, BLANKS, Form, OPAQUE, STRING, UNKNOWN};
use crate::wbxml::reader::Limits;
use crate::wbxml::tag::Tag;
use crate::wbxml::writer::Writer;

/// What is wrong with an XML text, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct XmlFault {
    /// Where the markup begins that cannot be used.
    pub offset: usize,
    /// What is wrong with it.
    pub kind: XmlFaultKind,
}

/// One way an XML text cannot be a document.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum XmlFaultKind {
    /// Not well-formed; the words are the XML parser's.
    #[error("{0}")]
    Syntax(String),
    /// A document type, which could define entities.
    #[error("a document type declaration, which is refused")]
    DocType,
    /// A reference to something only a document type could define.
    #[error("the entity &{0}; is not one of XML's own five")]
    Entity(String),
    /// Too many open elements.
    #[error("more than {0} open elements")]
    Depth(usize),
    /// A prefix that nothing binds, or no namespace at all.
    #[error("<{0}> is in no namespace; declare one, for example xmlns=\"AirSync\"")]
    NoNamespace(String),
    /// A namespace that no code page has.
    #[error("no code page is named {0:?}")]
    Namespace(String),
    /// A name the code page lacks.
    #[error("code page {namespace} has no element {name}")]
    Element {
        /// The code page's name.
        namespace: String,
        /// The name that is not in it.
        name: String,
    },
    /// EAS has no attributes.
    #[error("the attribute {0}, but EAS has none")]
    Attribute(String),
    /// A value that must be base64.
    #[error("the value is not base64")]
    Base64,
    /// A value longer than an OPAQUE can be.
    #[error("a value of more than 4 GiB")]
    TooLong,
    /// No element.
    #[error("there is no root element")]
    NoRoot,
    /// An element or text beside the root.
    #[error("something beside the root element")]
    Trailing,
    /// An element without its end.
    #[error("the text ends inside <{0}>")]
    Truncated(String),
}

/// The document that an XML text describes. Namespaces may be declared in any way, and with a
/// colon at their end, as libwbxml prints them; blanks between elements say nothing.
///
/// # Errors
/// Not well-formed, names the code pages lack, a DOCTYPE, or values that cannot travel.
pub fn from_xml(xml: &str) -> Result<Vec<u8>, XmlFault> {
    let start = xml.len()
        - xml
            .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
            .len();
    let mut reader = NsReader::from_str(xml.get(start..).unwrap_or_default());
    reader.config_mut().expand_empty_elements = true;
    let mut parser = Parser::new();
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let at = |kind| XmlFault {
            offset: start.saturating_add(offset),
            kind,
        };
        let (namespace, event) = match reader.read_resolved_event() {
            Ok(resolved) => resolved,
            Err(error) => {
                let kind = match parser.stack.last() {
                    Some(open) if offset.saturating_add(start) >= xml.len() => {
                        XmlFaultKind::Truncated(name(open.tag))
                    }
                    _ => XmlFaultKind::Syntax(error.to_string()),
                };
                return Err(at(kind));
            }
        };
        match event {
            Event::Start(element) => {
                let tag = tag(&namespace, &element).map_err(at)?;
                parser.start(tag).map_err(at)?;
            }
            Event::End(_) => parser.end().map_err(at)?,
            Event::Text(text) => parser.text(&text.xml10_content()).map_err(at)?,
            Event::CData(text) => parser.text(&text.xml10_content()).map_err(at)?,
            Event::GeneralRef(reference) => {
                let character = resolve(&reference).map_err(at)?;
                parser
                    .text(character.encode_utf8(&mut [0; 4]))
                    .map_err(at)?;
            }
            Event::PI(instruction) => parser.instruction(&instruction).map_err(at)?,
            Event::DocType(_) => return Err(at(XmlFaultKind::DocType)),
            Event::Comment(_) | Event::Decl(_) => {}
            Event::Eof => return parser.finish().map_err(at),
            // expand_empty_elements makes a start and an end of it
            Event::Empty(_) => {}
        }
    }
}

/// An element begun and not ended.
#[derive(Debug)]
struct Open {
    tag: Tag,
    form: Form,
    /// A processing instruction said the form of the value at hand: it counts even when blank.
    marked: bool,
    children: bool,
}

#[derive(Debug)]
struct Parser {
    writer: Writer,
    stack: Vec<Open>,
    /// Begun, and not written yet: what comes next decides whether it has content.
    pending: Option<Tag>,
    /// The text since the last markup.
    run: String,
    done: bool,
}

impl Parser {
    fn new() -> Self {
        Self {
            writer: Writer::ungated(),
            stack: Vec::with_capacity(Limits::VIEW.depth),
            pending: None,
            run: String::new(),
            done: false,
        }
    }

    fn start(&mut self, tag: Tag) -> Result<(), XmlFaultKind> {
        if self.done {
            return Err(XmlFaultKind::Trailing);
        }
        if self.stack.len() >= Limits::VIEW.depth {
            return Err(XmlFaultKind::Depth(Limits::VIEW.depth));
        }
        self.flush(true)?;
        self.write_pending();
        if let Some(parent) = self.stack.last_mut() {
            parent.children = true;
        }
        self.pending = Some(tag);
        self.stack.push(Open {
            tag,
            form: Form::usual(tag),
            marked: false,
            children: false,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), XmlFaultKind> {
        let children = self.stack.last().is_some_and(|open| open.children);
        self.flush(children)?;
        self.stack.pop();
        match self.pending.take() {
            Some(tag) => self.writer.empty(tag),
            None => self.writer.end(),
        }
        self.done = self.stack.is_empty();
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlFaultKind> {
        if self.stack.is_empty() {
            return match text.trim().is_empty() {
                true => Ok(()),
                false if self.done => Err(XmlFaultKind::Trailing),
                false => Err(XmlFaultKind::NoRoot),
            };
        }
        self.run.push_str(text);
        Ok(())
    }

    fn instruction(&mut self, instruction: &BytesPI<'_>) -> Result<(), XmlFaultKind> {
        let form = match (instruction.target(), instruction.content().trim()) {
            (STRING, "") => Form::Text,
            (OPAQUE, "") => Form::OpaqueText,
            (OPAQUE, BASE64) => Form::OpaqueBase64,
            _ => return Ok(()),
        };
        let children = self.stack.last().is_some_and(|open| open.children);
        self.flush(children)?;
        if let Some(open) = self.stack.last_mut() {
            open.form = form;
            open.marked = true;
        }
        Ok(())
    }

    /// Writes the text gathered as a value. Beside elements, blanks are layout and not a value.
    fn flush(&mut self, beside_elements: bool) -> Result<(), XmlFaultKind> {
        let Some(open) = self.stack.last_mut() else {
            return Ok(());
        };
        let (form, marked) = (open.form, std::mem::take(&mut open.marked));
        let blank = self.run.trim_matches(BLANKS).is_empty();
        let value = match form {
            Form::OpaqueText | Form::OpaqueBase64 if marked => true,
            Form::OpaqueBase64 => !blank,
            _ if beside_elements && !marked => !blank,
            _ => !self.run.is_empty(),
        };
        if !value {
            self.run.clear();
            return Ok(());
        }
        self.write_pending();
        match form {
            Form::Text => {
                self.writer.start_text();
                self.writer.text_piece(&self.run);
                self.writer.end_text();
            }
            Form::OpaqueText => write_opaque(&mut self.writer, self.run.as_bytes())?,
            Form::OpaqueBase64 => {
                self.run.retain(|c| !BLANKS.contains(&c));
                let bytes = STANDARD
                    .decode(self.run.as_bytes())
                    .map_err(|_| XmlFaultKind::Base64)?;
                write_opaque(&mut self.writer, &bytes)?;
            }
        }
        self.run.clear();
        Ok(())
    }

    fn write_pending(&mut self) {
        if let Some(tag) = self.pending.take() {
            self.writer.start(tag);
        }
    }

    fn finish(self) -> Result<Vec<u8>, XmlFaultKind> {
        match self.stack.last() {
            Some(open) => Err(XmlFaultKind::Truncated(name(open.tag))),
            None if self.done => Ok(self.writer.into_bytes()),
            None => Err(XmlFaultKind::NoRoot),
        }
    }
}

fn write_opaque(writer: &mut Writer, bytes: &[u8]) -> Result<(), XmlFaultKind> {
    let length = u32::try_from(bytes.len()).map_err(|_| XmlFaultKind::TooLong)?;
    writer.start_opaque(length);
    writer.opaque_piece(bytes);
    Ok(())
}

/// The tag an element stands for.
fn tag(namespace: &ResolveResult<'_>, element: &BytesStart<'_>) -> Result<Tag, XmlFaultKind> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| XmlFaultKind::Syntax(error.to_string()))?;
        let key = attribute.key.0;
        if attribute.key.as_namespace_binding().is_none() && !key.starts_with("xml:") {
            return Err(XmlFaultKind::Attribute(key.to_owned()));
        }
    }
    let local = element.local_name();
    let name = local.into_inner();
    if let Some(unknown) = name.strip_prefix(UNKNOWN).and_then(parse_unknown) {
        return Ok(unknown);
    }
    let ResolveResult::Bound(bound) = namespace else {
        return Err(XmlFaultKind::NoNamespace(name.to_owned()));
    };
    let namespace = bound.0.strip_suffix(':').unwrap_or(bound.0);
    Tag::by_name(namespace, name).ok_or_else(|| match Tag::has_namespace(namespace) {
        true => XmlFaultKind::Element {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        },
        false => XmlFaultKind::Namespace(namespace.to_owned()),
    })
}

/// `0-0x3f`: a page and a token that have no name.
fn parse_unknown(text: &str) -> Option<Tag> {
    let (page, token) = text.split_once("-0x")?;
    let tag = Tag::new(page.parse().ok()?, u8::from_str_radix(token, 16).ok()?);
    (0x05..=0x3F).contains(&tag.token).then_some(tag)
}

fn name(tag: Tag) -> String {
    tag.info()
        .map_or_else(|| UNKNOWN.to_owned(), |info| info.name.to_owned())
}

/// What a reference stands for: one of XML's own five, or a character by its number (T16).
pub(crate) fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlFaultKind> {
    let unknown = |text: &str| XmlFaultKind::Entity(text.to_owned());
    if reference.is_char_ref() {
        return match reference.resolve_char_ref() {
            Ok(Some(character)) => Ok(character),
            Ok(None) => Err(unknown(&reference.xml10_content())),
            Err(error) => Err(XmlFaultKind::Syntax(error.to_string())),
        };
    }
    match &*reference.xml10_content() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        other => Err(unknown(other)),
    }
}
