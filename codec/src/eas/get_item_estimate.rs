//! GetItemEstimate ([MS-ASCMD] 2.2.1.9): how much a Sync would bring.
//!
//! Two shapes: up to 12.1 the class and the filter stand in the collection, from 14.0 on in Sync's
//! Options. Class and CollectionId come in either namespace.

use super::fields::{
    boolean, identifier, number, open, required, text, write_boolean, write_number, write_text,
};
use super::sync::Options;
use super::{Class, Malformed};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Writer, air_sync, get_item_estimate};

/// Status codes of GetItemEstimate itself.
pub mod status {
    pub const OK: u16 = 1;
    pub const INVALID_COLLECTION: u16 = 2;
    /// No Sync with key 0 happened yet.
    pub const NOT_PRIMED: u16 = 3;
    pub const INVALID_SYNC_KEY: u16 = 4;
}

/// A GetItemEstimate request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    pub collections: Vec<Collection>,
}

/// A collection to be estimated.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Collection {
    /// Up to 12.1; later it is in the options.
    pub class: Option<Class>,
    pub sync_key: Option<String>,
    pub collection_id: String,
    /// Up to 12.1; later it is in the options. See [`Self::filter`].
    pub filter_type: Option<u8>,
    pub conversation_mode: Option<bool>,
    /// `Some` and empty is an empty Options element.
    pub options: Option<Vec<Options>>,
}

impl Request {
    /// # Errors
    /// Not WBXML, or a collection without an id: status 103.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, get_item_estimate::GET_ITEM_ESTIMATE)?;
        let mut request = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                get_item_estimate::COLLECTIONS => {
                    while let Some(tag) = reader.child()? {
                        match tag {
                            get_item_estimate::COLLECTION => {
                                request.collections.push(Collection::read(&mut reader)?);
                            }
                            _ => reader.skip()?,
                        }
                    }
                }
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(get_item_estimate::GET_ITEM_ESTIMATE);
        writer.start(get_item_estimate::COLLECTIONS);
        for collection in &self.collections {
            writer.start(get_item_estimate::COLLECTION);
            if version <= ProtocolVersion::V12_1 {
                collection.write_12_1(&mut writer);
            } else {
                collection.write_14(&mut writer);
            }
            writer.end();
        }
        writer.end();
        writer.end();
        writer.into_bytes()
    }
}

impl Collection {
    /// The filter, wherever the version puts it.
    pub fn filter(&self) -> Option<u8> {
        let of_options = || self.options.as_ref()?.iter().find_map(|of| of.filter_type);
        self.filter_type.or_else(of_options)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut collection = Self::default();
        let mut collection_id = None;
        while let Some(tag) = reader.child()? {
            match tag {
                get_item_estimate::CLASS | air_sync::CLASS => {
                    collection.class = Some(Class::read(reader, tag)?);
                }
                get_item_estimate::COLLECTION_ID | air_sync::COLLECTION_ID => {
                    collection_id = Some(identifier(reader, tag)?);
                }
                air_sync::SYNC_KEY => collection.sync_key = Some(text(reader, tag)?),
                air_sync::FILTER_TYPE => collection.filter_type = Some(number(reader, tag)?),
                air_sync::CONVERSATION_MODE => {
                    collection.conversation_mode = Some(boolean(reader, tag)?);
                }
                air_sync::OPTIONS => {
                    let options = Options::read(reader)?;
                    let all = collection.options.get_or_insert_default();
                    if options != Options::default() {
                        all.push(options);
                    }
                }
                _ => reader.skip()?,
            }
        }
        collection.collection_id =
            required(collection_id, reader, get_item_estimate::COLLECTION_ID)?;
        Ok(collection)
    }

    fn write_12_1(&self, writer: &mut Writer) {
        if let Some(class) = self.class {
            writer.text(get_item_estimate::CLASS, class.as_str());
        }
        writer.text(get_item_estimate::COLLECTION_ID, &self.collection_id);
        write_number(writer, air_sync::FILTER_TYPE, self.filter_type);
        write_text(writer, air_sync::SYNC_KEY, self.sync_key.as_ref());
    }

    fn write_14(&self, writer: &mut Writer) {
        write_text(writer, air_sync::SYNC_KEY, self.sync_key.as_ref());
        writer.text(get_item_estimate::COLLECTION_ID, &self.collection_id);
        write_boolean(writer, air_sync::CONVERSATION_MODE, self.conversation_mode);
        match self.options.as_deref() {
            None => {}
            Some([]) => writer.empty(air_sync::OPTIONS),
            Some(options) => {
                for options in options {
                    options.write(writer);
                }
            }
        }
    }
}

/// A GetItemEstimate response.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    /// Only where the command failed as a whole.
    pub status: Option<u16>,
    pub estimates: Vec<Estimate>,
}

/// The answer for one collection.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Estimate {
    pub status: u16,
    /// Written up to 12.1 only.
    pub class: Option<Class>,
    pub collection_id: Option<String>,
    /// Adds, changes and deletes together.
    pub count: Option<u32>,
}

impl Response {
    /// The answer to a request that failed as a whole.
    pub const fn failure(status: u16) -> Self {
        Self {
            status: Some(status),
            estimates: Vec::new(),
        }
    }

    /// # Errors
    /// Not WBXML, or not a GetItemEstimate response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, get_item_estimate::GET_ITEM_ESTIMATE)?;
        let mut response = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                get_item_estimate::STATUS => response.status = Some(number(&mut reader, tag)?),
                get_item_estimate::RESPONSE => {
                    response.estimates.push(Estimate::read(&mut reader)?);
                }
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(response)
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(get_item_estimate::GET_ITEM_ESTIMATE);
        write_number(&mut writer, get_item_estimate::STATUS, self.status);
        for estimate in &self.estimates {
            writer.start(get_item_estimate::RESPONSE);
            writer.number(get_item_estimate::STATUS, estimate.status);
            estimate.write_collection(&mut writer);
            writer.end();
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Estimate {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut estimate = Self::default();
        let mut status = None;
        while let Some(tag) = reader.child()? {
            match tag {
                get_item_estimate::STATUS => status = Some(number(reader, tag)?),
                get_item_estimate::COLLECTION => estimate.read_collection(reader)?,
                _ => reader.skip()?,
            }
        }
        estimate.status = required(status, reader, get_item_estimate::STATUS)?;
        Ok(estimate)
    }

    fn read_collection(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        while let Some(tag) = reader.child()? {
            match tag {
                get_item_estimate::CLASS => self.class = Some(Class::read(reader, tag)?),
                get_item_estimate::COLLECTION_ID => {
                    self.collection_id = Some(text(reader, tag)?);
                }
                get_item_estimate::ESTIMATE => self.count = Some(number(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(())
    }

    fn write_collection(&self, writer: &mut Writer) {
        let Some(collection_id) = &self.collection_id else {
            return;
        };
        writer.start(get_item_estimate::COLLECTION);
        if let Some(class) = self.class {
            writer.text(get_item_estimate::CLASS, class.as_str()); // 14.0 and later lack the tag
        }
        writer.text(get_item_estimate::COLLECTION_ID, collection_id);
        write_number(writer, get_item_estimate::ESTIMATE, self.count);
        writer.end();
    }
}
