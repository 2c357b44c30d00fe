//! What is searched for: words for the directory, terms for the mailbox ([MS-ASCMD] 2.2.3.137).

use crate::eas::fields::{required, text};
use crate::eas::{Class, Malformed, Moment};
use crate::wbxml::{Event, Reader, Tag, Writer, air_sync, document_library, email, search};

/// A query: text, or terms. The shape is kept as it came, since some shapes are answered with status
/// 8 (a second And, terms outside of And) and others are tolerated.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query {
    /// For the directory.
    pub text: String,
    /// For the mailbox and the document library.
    pub terms: Vec<Term>,
}

/// One condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Term {
    And(Vec<Self>),
    Or(Vec<Self>),
    FreeText(String),
    Class(Class),
    CollectionId(String),
    ConversationId(Vec<u8>),
    /// A document's address.
    EqualTo(String),
    GreaterThan(Comparison),
    LessThan(Comparison),
}

/// A property and what it is compared with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comparison {
    /// Email:DateReceived is the only one that means something.
    pub property: Option<Tag>,
    /// As text: a bad one has its own status.
    pub value: String,
}

impl Comparison {
    /// The value as a moment, for DateReceived.
    pub fn moment(&self) -> Option<Moment> {
        if self.property == Some(email::DATE_RECEIVED) {
            Moment::parse(&self.value)
        } else {
            None
        }
    }
}

impl Query {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut query = Self::default();
        query.terms = read_terms(reader, &mut query.text)?;
        Ok(query)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.start(search::QUERY);
        if !self.text.is_empty() {
            writer.start_text();
            writer.text_piece(&self.text);
            writer.end_text();
        }
        for term in &self.terms {
            term.write(writer);
        }
        writer.end();
    }
}

/// The terms in the current element, and the text between them. Recursion is as deep as the reader
/// allows elements to nest.
fn read_terms(reader: &mut Reader<'_>, between: &mut String) -> Result<Vec<Term>, Malformed> {
    let mut terms = Vec::new();
    while let Some(event) = reader.next()? {
        match event {
            Event::Start(tag) => terms.extend(Term::read(reader, tag)?),
            Event::Text(text) => between.push_str(&text),
            Event::Opaque(bytes) => between.push_str(&String::from_utf8_lossy(bytes)),
            Event::End => break,
        }
    }
    Ok(terms)
}

impl Term {
    fn read(reader: &mut Reader<'_>, tag: Tag) -> Result<Option<Self>, Malformed> {
        Ok(Some(match tag {
            search::AND => Self::And(read_terms(reader, &mut String::new())?),
            search::OR => Self::Or(read_terms(reader, &mut String::new())?),
            search::FREE_TEXT => Self::FreeText(text(reader, tag)?),
            air_sync::CLASS => Self::Class(Class::read(reader, tag)?),
            air_sync::COLLECTION_ID => Self::CollectionId(text(reader, tag)?),
            search::CONVERSATION_ID => Self::ConversationId(reader.bytes()?.into_owned()),
            search::EQUAL_TO => Self::EqualTo(Comparison::read(reader)?.value),
            search::GREATER_THAN => Self::GreaterThan(Comparison::read(reader)?),
            search::LESS_THAN => Self::LessThan(Comparison::read(reader)?),
            _ => {
                reader.skip()?;
                return Ok(None);
            }
        }))
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::And(terms) => write_terms(writer, search::AND, terms),
            Self::Or(terms) => write_terms(writer, search::OR, terms),
            Self::FreeText(text) => writer.text(search::FREE_TEXT, text),
            Self::Class(class) => writer.text(air_sync::CLASS, class.as_str()),
            Self::CollectionId(id) => writer.text(air_sync::COLLECTION_ID, id),
            Self::ConversationId(id) => writer.opaque(search::CONVERSATION_ID, id),
            Self::EqualTo(value) => {
                writer.start(search::EQUAL_TO);
                writer.empty(document_library::LINK_ID);
                writer.text(search::VALUE, value);
                writer.end();
            }
            Self::GreaterThan(comparison) => comparison.write(writer, search::GREATER_THAN),
            Self::LessThan(comparison) => comparison.write(writer, search::LESS_THAN),
        }
    }
}

fn write_terms(writer: &mut Writer, element: Tag, terms: &[Term]) {
    if terms.is_empty() {
        writer.empty(element);
        return;
    }
    writer.start(element);
    for term in terms {
        term.write(writer);
    }
    writer.end();
}

impl Comparison {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut property, mut value) = (None, None);
        while let Some(tag) = reader.child()? {
            if tag == search::VALUE {
                value = Some(text(reader, tag)?);
            } else {
                property = Some(tag);
                reader.skip()?;
            }
        }
        Ok(Self {
            property,
            value: required(value, reader, search::VALUE)?,
        })
    }

    fn write(&self, writer: &mut Writer, element: Tag) {
        writer.start(element);
        if let Some(property) = self.property {
            writer.empty(property);
        }
        writer.text(search::VALUE, &self.value);
        writer.end();
    }
}
