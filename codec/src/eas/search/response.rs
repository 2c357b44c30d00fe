//! What was found.

use crate::ProtocolVersion;
use crate::eas::fields::{number, open, required, text, write_number, write_text};
use crate::eas::gal::GalEntry;
use crate::eas::sync::{ItemData, Properties as _};
use crate::eas::{Class, Malformed, Range};
use crate::wbxml::{Reader, Writer, air_sync, gal, search};

/// A Search response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// 1, or 3 and nothing else.
    pub status: u16,
    pub store: Option<StoreResult>,
}

/// What one store says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoreResult {
    pub status: u16,
    /// No match: none at all in the directory, one empty result in the mailbox.
    pub results: Vec<SearchResult>,
    /// The rows that are here.
    pub range: Option<Range>,
    /// How many match.
    pub total: Option<u32>,
}

/// One match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchResult {
    pub class: Option<Class>,
    pub long_id: Option<String>,
    pub collection_id: Option<String>,
    pub properties: Option<Properties>,
}

/// Its properties.
#[derive(Clone, Debug, PartialEq)]
pub enum Properties {
    Gal(Box<GalEntry>),
    Item(ItemData),
}

impl Response {
    /// The answer of a store that has nothing but a status.
    pub fn of_store(status: u16) -> Self {
        Self {
            status: super::status::OK,
            store: Some(StoreResult {
                status,
                ..StoreResult::default()
            }),
        }
    }

    /// The answer to a request that failed as a whole.
    pub const fn failure(status: u16) -> Self {
        Self {
            status,
            store: None,
        }
    }

    /// # Errors
    /// Not WBXML, or not a Search response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, search::SEARCH)?;
        let (mut status, mut store) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                search::STATUS => status = Some(number(&mut reader, tag)?),
                search::RESPONSE => {
                    while let Some(tag) = reader.child()? {
                        match tag {
                            search::STORE => store = Some(StoreResult::read(&mut reader)?),
                            _ => reader.skip()?,
                        }
                    }
                }
                _ => reader.skip()?,
            }
        }
        let status = required(status, &reader, search::STATUS)?;
        reader.finish()?;
        Ok(Self { status, store })
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(search::SEARCH);
        writer.number(search::STATUS, self.status);
        if let Some(store) = &self.store {
            writer.start(search::RESPONSE);
            store.write(&mut writer);
            writer.end();
        }
        writer.end();
        writer.into_bytes()
    }
}

impl StoreResult {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut store = Self::default();
        let mut status = None;
        while let Some(tag) = reader.child()? {
            match tag {
                search::STATUS => status = Some(number(reader, tag)?),
                search::RESULT => store.results.push(SearchResult::read(reader)?),
                search::RANGE => store.range = Some(Range::read(reader, tag)?),
                search::TOTAL => store.total = Some(number(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        store.status = required(status, reader, search::STATUS)?;
        Ok(store)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(search::STORE);
        writer.number(search::STATUS, self.status);
        for result in &self.results {
            result.write(writer);
        }
        if let Some(range) = self.range {
            writer.text(search::RANGE, &range.to_string());
        }
        write_number(writer, search::TOTAL, self.total);
        writer.end();
    }
}

impl SearchResult {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut result = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::CLASS => result.class = Some(Class::read(reader, tag)?),
                search::LONG_ID => result.long_id = Some(text(reader, tag)?),
                air_sync::COLLECTION_ID => result.collection_id = Some(text(reader, tag)?),
                search::PROPERTIES => result.properties = Some(Properties::read(reader)?),
                _ => reader.skip()?,
            }
        }
        Ok(result)
    }

    fn write(&self, writer: &mut Writer) {
        if *self == Self::default() {
            writer.empty(search::RESULT);
            return;
        }
        writer.start(search::RESULT);
        if let Some(class) = self.class {
            writer.text(air_sync::CLASS, class.as_str());
        }
        write_text(writer, search::LONG_ID, self.long_id.as_ref());
        write_text(writer, air_sync::COLLECTION_ID, self.collection_id.as_ref());
        if let Some(properties) = &self.properties {
            writer.start(search::PROPERTIES);
            match properties {
                Properties::Gal(entry) => entry.write(writer),
                Properties::Item(item) => item.write_properties(writer),
            }
            writer.end();
        }
        writer.end();
    }
}

impl Properties {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match reader.clone().child()? {
            Some(tag) if tag.page == gal::DATA.page => {
                Ok(Self::Gal(Box::new(GalEntry::read(reader)?)))
            }
            _ => ItemData::read(reader).map(Self::Item),
        }
    }
}
