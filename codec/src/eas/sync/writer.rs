//! The response as it is made: item by item, so that it never exists twice in memory.

use super::{ItemData, ItemResponse};
use crate::ProtocolVersion;
use crate::eas::email::Email;
use crate::eas::fields::write_text;
use crate::eas::{Class, Raw};
use crate::wbxml::{Tag, Writer, air_sync, air_sync_base};

/// What a collection's answer begins with.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CollectionHead {
    /// Written up to 12.1 only: later clients do not expect it.
    pub class: Option<Class>,
    pub sync_key: String,
    pub collection_id: String,
    pub status: u16,
    pub more_available: bool,
}

/// Something that can write the properties of an item into ApplicationData.
pub trait Properties {
    fn write_properties(&self, writer: &mut Writer);
}

impl Properties for Email {
    fn write_properties(&self, writer: &mut Writer) {
        Self::write_properties(self, writer);
    }
}

impl Properties for Raw {
    fn write_properties(&self, writer: &mut Writer) {
        self.write(writer);
    }
}

impl Properties for ItemData {
    fn write_properties(&self, writer: &mut Writer) {
        match self {
            Self::Email(email) => email.write_properties(writer),
            Self::Other(raw) => raw.write(writer),
        }
    }
}

/// Writes a response in the order clients need (SyncKey, CollectionId, Status, MoreAvailable,
/// Responses, Commands: Windows Mobile stops at another) and never an empty Collections, Responses
/// or Commands, which iOS and Windows Phone do not survive.
#[derive(Debug)]
pub struct ResponseWriter {
    writer: Writer,
    version: ProtocolVersion,
    collections: bool,
    /// Commands were announced; the element itself waits for the first of them.
    commands: Commands,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Commands {
    Closed,
    Announced,
    Open,
}

impl ResponseWriter {
    /// A response for a phone of that version.
    pub fn new(version: ProtocolVersion) -> Self {
        let mut writer = Writer::new(version);
        writer.start(air_sync::SYNC);
        Self {
            writer,
            version,
            collections: false,
            commands: Commands::Closed,
        }
    }

    /// The whole response where the command failed as a whole. `limit` belongs to 14 and 15.
    pub fn failure(version: ProtocolVersion, status: u16, limit: Option<u32>) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(air_sync::SYNC);
        writer.number(air_sync::STATUS, status);
        if let Some(limit) = limit {
            writer.number(air_sync::LIMIT, limit);
        }
        writer.end();
        writer.into_bytes()
    }

    /// Begins a collection's answer.
    pub fn begin_collection(&mut self, head: &CollectionHead) {
        if !self.collections {
            self.collections = true;
            self.writer.start(air_sync::COLLECTIONS);
        }
        self.writer.start(air_sync::COLLECTION);
        if let Some(class) = head.class
            && self.version <= ProtocolVersion::V12_1
        {
            self.writer.text(air_sync::CLASS, class.as_str());
        }
        self.writer.text(air_sync::SYNC_KEY, &head.sync_key);
        self.writer
            .text(air_sync::COLLECTION_ID, &head.collection_id);
        self.writer.number(air_sync::STATUS, head.status);
        if head.more_available {
            self.writer.empty(air_sync::MORE_AVAILABLE);
        }
    }

    /// The results of the client's commands; none write nothing. To be called before
    /// [`Self::begin_commands`], once a collection.
    pub fn responses(&mut self, responses: &[ItemResponse]) {
        if responses.is_empty() {
            return;
        }
        self.writer.start(air_sync::RESPONSES);
        for response in responses {
            response.write(&mut self.writer);
        }
        self.writer.end();
    }

    /// Announces the server's changes. If none follow, nothing is written.
    pub fn begin_commands(&mut self) {
        self.commands = Commands::Announced;
    }

    /// An item new to the phone.
    pub fn add(&mut self, server_id: &str, item: &impl Properties) {
        self.item(air_sync::ADD, server_id, item);
    }

    /// An item with changed properties.
    pub fn change(&mut self, server_id: &str, item: &impl Properties) {
        self.item(air_sync::CHANGE, server_id, item);
    }

    /// An item that is gone.
    pub fn delete(&mut self, server_id: &str) {
        self.id_only(air_sync::DELETE, server_id);
    }

    /// An item that left the filter's window and still exists.
    pub fn soft_delete(&mut self, server_id: &str) {
        self.id_only(air_sync::SOFT_DELETE, server_id);
    }

    /// Ends the server's changes.
    pub fn end_commands(&mut self) {
        if self.commands == Commands::Open {
            self.writer.end();
        }
        self.commands = Commands::Closed;
    }

    /// Ends the collection's answer.
    pub fn end_collection(&mut self) {
        self.end_commands();
        self.writer.end();
    }

    /// How many bytes are written so far.
    pub fn len(&self) -> usize {
        self.writer.len()
    }

    /// Whether no collection was answered, so that the answer will be an empty body.
    pub const fn is_empty(&self) -> bool {
        !self.collections
    }

    /// The response; without any collection it has no bytes, which means "nothing new".
    pub fn finish(mut self) -> Vec<u8> {
        if !self.collections {
            return Vec::new();
        }
        self.writer.end();
        self.writer.end();
        self.writer.into_bytes()
    }

    fn item(&mut self, element: Tag, server_id: &str, item: &impl Properties) {
        self.open_commands();
        self.writer.start(element);
        self.writer.text(air_sync::SERVER_ID, server_id);
        write_data(&mut self.writer, item);
        self.writer.end();
    }

    fn id_only(&mut self, element: Tag, server_id: &str) {
        self.open_commands();
        self.writer.start(element);
        self.writer.text(air_sync::SERVER_ID, server_id);
        self.writer.end();
    }

    fn open_commands(&mut self) {
        if self.commands != Commands::Open {
            self.commands = Commands::Open;
            self.writer.start(air_sync::COMMANDS);
        }
    }
}

impl ItemResponse {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Add {
                class,
                client_id,
                server_id,
                status,
                data,
            } => {
                writer.start(air_sync::ADD);
                write_class(writer, *class);
                writer.text(air_sync::CLIENT_ID, client_id);
                write_text(writer, air_sync::SERVER_ID, server_id.as_ref());
                writer.number(air_sync::STATUS, *status);
                write_optional(writer, data.as_ref());
            }
            Self::Change {
                class,
                server_id,
                instance_id,
                status,
                data,
            } => {
                writer.start(air_sync::CHANGE);
                write_class(writer, *class);
                writer.text(air_sync::SERVER_ID, server_id);
                write_text(writer, air_sync_base::INSTANCE_ID, instance_id.as_ref());
                writer.number(air_sync::STATUS, *status);
                write_optional(writer, data.as_ref());
            }
            Self::Delete {
                server_id,
                instance_id,
                status,
            } => {
                writer.start(air_sync::DELETE);
                writer.text(air_sync::SERVER_ID, server_id);
                write_text(writer, air_sync_base::INSTANCE_ID, instance_id.as_ref());
                writer.number(air_sync::STATUS, *status);
            }
            Self::Fetch {
                server_id,
                status,
                data,
            } => {
                writer.start(air_sync::FETCH);
                writer.text(air_sync::SERVER_ID, server_id);
                writer.number(air_sync::STATUS, *status);
                write_optional(writer, data.as_ref());
            }
        }
        writer.end();
    }
}

fn write_class(writer: &mut Writer, class: Option<Class>) {
    if let Some(class) = class {
        writer.text(air_sync::CLASS, class.as_str());
    }
}

fn write_optional(writer: &mut Writer, data: Option<&ItemData>) {
    if let Some(data) = data {
        write_data(writer, data);
    }
}

fn write_data(writer: &mut Writer, item: &impl Properties) {
    writer.start(air_sync::APPLICATION_DATA);
    item.write_properties(writer);
    writer.end();
}
