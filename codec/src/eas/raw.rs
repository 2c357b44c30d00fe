//! Content of an element kept as it came, for classes that have no type of their own yet.
//!
//! A flat list and no tree: it costs one loop to read, to write and to drop, however deep it nests.

use super::Malformed;
use crate::ProtocolVersion;
use crate::wbxml::{Event, Reader, Tag, Writer, air_sync};

/// What stood between an element's start and its end.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Raw(Vec<RawEvent>);

/// One step of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RawEvent {
    Start(Tag),
    End,
    Text(String),
    Opaque(Vec<u8>),
}

impl Raw {
    /// Content made of these events; starts and ends must pair.
    pub const fn new(events: Vec<RawEvent>) -> Self {
        Self(events)
    }

    /// Content as a typed writer writes it into an element, for that version.
    pub fn written(version: ProtocolVersion, write: impl FnOnce(&mut Writer)) -> Self {
        let mut writer = Writer::new(version);
        writer.start(air_sync::APPLICATION_DATA);
        write(&mut writer);
        writer.end();
        let document = writer.into_bytes();
        let read = || {
            let mut reader = Reader::new(&document)?;
            reader.root()?;
            Self::read(&mut reader)
        };
        // Only what is larger than a document may be cannot be read back.
        read().unwrap_or_default()
    }

    /// Whether there is nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps in order.
    pub fn events(&self) -> &[RawEvent] {
        &self.0
    }

    /// The rest of the current element, whose end is consumed.
    ///
    /// # Errors
    /// A fault in the bytes.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut events = Vec::new();
        let mut open = 0usize;
        while let Some(event) = reader.next()? {
            match event {
                Event::Start(tag) => {
                    open += 1;
                    events.push(RawEvent::Start(tag));
                }
                Event::End if open == 0 => break,
                Event::End => {
                    open -= 1;
                    events.push(RawEvent::End);
                }
                Event::Text(text) => events.push(RawEvent::Text(text.into_owned())),
                Event::Opaque(bytes) => events.push(RawEvent::Opaque(bytes.to_vec())),
            }
        }
        Ok(Self(events))
    }

    /// Writes it into the open element.
    pub fn write(&self, writer: &mut Writer) {
        let mut events = self.0.iter().peekable();
        while let Some(event) = events.next() {
            match event {
                RawEvent::Start(tag) if matches!(events.peek(), Some(RawEvent::End)) => {
                    events.next();
                    writer.empty(*tag);
                }
                RawEvent::Start(tag) => writer.start(*tag),
                RawEvent::End => writer.end(),
                RawEvent::Text(text) => {
                    writer.start_text();
                    writer.text_piece(text);
                    writer.end_text();
                }
                RawEvent::Opaque(bytes) => {
                    writer.start_opaque(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
                    writer.opaque_piece(bytes);
                }
            }
        }
    }

    /// The content as a document of its own under `root`, for a typed reader to go over.
    pub fn to_document(&self, root: Tag) -> Vec<u8> {
        let mut writer = Writer::ungated();
        writer.start(root);
        self.write(&mut writer);
        writer.end();
        writer.into_bytes()
    }
}
