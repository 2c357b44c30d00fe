//! The request: collections with their keys, options and client commands.

use super::{Command, Options};
use crate::ProtocolVersion;
use crate::eas::fields::{
    boolean, capped, identifier, number, open, required, text, write_boolean, write_number,
    write_text,
};
use crate::eas::{Class, Malformed};
use crate::wbxml::{Reader, Tag, Writer, air_sync};

/// A Sync request. Nothing set at all is the empty request: the stored one again (12.1 and later).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// `None` is "not said", which only an empty or partial request may.
    pub collections: Option<Vec<Collection>>,
    /// Minutes. Together with `heartbeat` it is a protocol error, left for the command to see.
    pub wait: Option<u32>,
    /// Seconds.
    pub heartbeat: Option<u32>,
    pub window_size: Option<u32>,
    /// What is not said here is to be taken from the stored request.
    pub partial: bool,
}

/// What the client says of one collection. `None` is "not said" throughout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// Up to 12.1.
    pub class: Option<Class>,
    pub sync_key: Option<String>,
    pub collection_id: String,
    /// The properties the client manages; `Some` and empty is an empty Supported.
    pub supported: Option<Vec<Tag>>,
    pub deletes_as_moves: Option<bool>,
    /// `Some(true)` with key 0 is a protocol error, left for the command to see.
    pub get_changes: Option<bool>,
    /// As sent: 0 and more than 512 mean 512.
    pub window_size: Option<u32>,
    pub conversation_mode: Option<bool>,
    /// `Some` and empty is an empty Options element.
    pub options: Option<Vec<Options>>,
    pub commands: Vec<Command>,
}

impl Request {
    /// Reads a request; an empty body is the empty request.
    ///
    /// # Errors
    /// Not WBXML, or not a Sync request: status 4 where the command answers itself.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut request = Self::default();
        if body.is_empty() {
            return Ok(request);
        }
        let mut reader = open(body, air_sync::SYNC)?;
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::COLLECTIONS => {
                    let collections = request.collections.get_or_insert_default();
                    while let Some(tag) = reader.child()? {
                        match tag {
                            air_sync::COLLECTION => {
                                collections.push(Collection::read(&mut reader)?);
                            }
                            _ => reader.skip()?,
                        }
                    }
                }
                air_sync::WAIT => request.wait = Some(number(&mut reader, tag)?),
                air_sync::HEARTBEAT_INTERVAL => {
                    request.heartbeat = Some(number(&mut reader, tag)?);
                }
                air_sync::WINDOW_SIZE => request.window_size = Some(capped(&mut reader, tag)?),
                air_sync::PARTIAL => request.partial = boolean(&mut reader, tag)?,
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(request)
    }

    /// Whether nothing is said: the client wants its stored request carried out again.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The request for a server of that version; the empty request has no bytes.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut writer = Writer::new(version);
        writer.start(air_sync::SYNC);
        match self.collections.as_deref() {
            None => {}
            Some([]) => writer.empty(air_sync::COLLECTIONS),
            Some(collections) => {
                writer.start(air_sync::COLLECTIONS);
                for collection in collections {
                    collection.write(&mut writer, version);
                }
                writer.end();
            }
        }
        write_number(&mut writer, air_sync::WAIT, self.wait);
        write_number(&mut writer, air_sync::HEARTBEAT_INTERVAL, self.heartbeat);
        write_number(&mut writer, air_sync::WINDOW_SIZE, self.window_size);
        if self.partial {
            writer.empty(air_sync::PARTIAL);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Collection {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut collection = Self::default();
        let mut collection_id = None;
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::CLASS => collection.class = Some(Class::read(reader, tag)?),
                air_sync::SYNC_KEY => collection.sync_key = Some(text(reader, tag)?),
                air_sync::COLLECTION_ID => collection_id = Some(identifier(reader, tag)?),
                air_sync::SUPPORTED => {
                    let supported = collection.supported.get_or_insert_default();
                    while let Some(tag) = reader.child()? {
                        supported.push(tag);
                        reader.skip()?;
                    }
                }
                air_sync::DELETES_AS_MOVES => {
                    collection.deletes_as_moves = Some(boolean(reader, tag)?);
                }
                air_sync::GET_CHANGES => collection.get_changes = Some(boolean(reader, tag)?),
                air_sync::WINDOW_SIZE => collection.window_size = Some(capped(reader, tag)?),
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
                air_sync::COMMANDS => {
                    while let Some(tag) = reader.child()? {
                        collection.commands.extend(Command::read(reader, tag)?);
                    }
                }
                _ => reader.skip()?,
            }
        }
        collection.collection_id = required(collection_id, reader, air_sync::COLLECTION_ID)?;
        Ok(collection)
    }

    fn write(&self, writer: &mut Writer, version: ProtocolVersion) {
        writer.start(air_sync::COLLECTION);
        if let Some(class) = self.class
            && version <= ProtocolVersion::V12_1
        {
            writer.text(air_sync::CLASS, class.as_str());
        }
        write_text(writer, air_sync::SYNC_KEY, self.sync_key.as_ref());
        writer.text(air_sync::COLLECTION_ID, &self.collection_id);
        match self.supported.as_deref() {
            None => {}
            Some([]) => writer.empty(air_sync::SUPPORTED),
            Some(tags) => {
                writer.start(air_sync::SUPPORTED);
                for tag in tags {
                    writer.empty(*tag);
                }
                writer.end();
            }
        }
        write_boolean(writer, air_sync::DELETES_AS_MOVES, self.deletes_as_moves);
        match self.get_changes {
            Some(true) => writer.empty(air_sync::GET_CHANGES),
            Some(false) => writer.boolean(air_sync::GET_CHANGES, false),
            None => {}
        }
        write_number(writer, air_sync::WINDOW_SIZE, self.window_size);
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
        if !self.commands.is_empty() {
            writer.start(air_sync::COMMANDS);
            for command in &self.commands {
                command.write(writer);
            }
            writer.end();
        }
        writer.end();
    }
}
