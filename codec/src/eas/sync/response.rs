//! The response as a value: what the test phone reads, and small answers are made of.

use super::{CollectionHead, ResponseWriter};
use crate::ProtocolVersion;
use crate::eas::email::Email;
use crate::eas::fields::{number, open, required, text};
use crate::eas::{Class, Malformed, Raw};
use crate::wbxml::{Reader, air_sync, air_sync_base, email, email2};

/// A Sync response. Nothing set at all is the empty body: nothing new.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// Only where the command failed as a whole; then there are no collections.
    pub status: Option<u16>,
    /// With status 14 and 15: what is allowed.
    pub limit: Option<u32>,
    pub collections: Vec<CollectionResponse>,
}

/// The answer for one collection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CollectionResponse {
    pub head: CollectionHead,
    /// Results of the client's commands; no entry is success.
    pub responses: Vec<ItemResponse>,
    /// The server's changes.
    pub commands: Vec<ServerCommand>,
}

/// What became of one command of the client.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemResponse {
    Add {
        class: Option<Class>,
        client_id: String,
        /// Absent on failure.
        server_id: Option<String>,
        status: u16,
        /// 16.0 and later: properties the server set.
        data: Option<ItemData>,
    },
    Change {
        class: Option<Class>,
        server_id: String,
        instance_id: Option<String>,
        status: u16,
        /// 16.0 and later: attachments that were added. Microsoft's schema does not know it here.
        data: Option<ItemData>,
    },
    Delete {
        server_id: String,
        instance_id: Option<String>,
        status: u16,
    },
    Fetch {
        server_id: String,
        status: u16,
        data: Option<ItemData>,
    },
}

/// A change the server tells of.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerCommand {
    Add { server_id: String, data: ItemData },
    Change { server_id: String, data: ItemData },
    Delete { server_id: String },
    SoftDelete { server_id: String },
}

/// The properties of an item, told apart by their namespaces.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemData {
    Email(Box<Email>),
    Other(Raw),
}

impl Response {
    /// Reads a response; an empty body is "nothing new".
    ///
    /// # Errors
    /// Not WBXML, or not a Sync response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut response = Self::default();
        if body.is_empty() {
            return Ok(response);
        }
        let mut reader = open(body, air_sync::SYNC)?;
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::STATUS => response.status = Some(number(&mut reader, tag)?),
                air_sync::LIMIT => response.limit = Some(number(&mut reader, tag)?),
                air_sync::COLLECTIONS => {
                    while let Some(tag) = reader.child()? {
                        match tag {
                            air_sync::COLLECTION => response
                                .collections
                                .push(CollectionResponse::read(&mut reader)?),
                            _ => reader.skip()?,
                        }
                    }
                }
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(response)
    }

    /// The response for a phone of that version. A status excludes the collections.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        if let Some(status) = self.status {
            return ResponseWriter::failure(version, status, self.limit);
        }
        let mut writer = ResponseWriter::new(version);
        for collection in &self.collections {
            writer.begin_collection(&collection.head);
            writer.responses(&collection.responses);
            writer.begin_commands();
            for command in &collection.commands {
                match command {
                    ServerCommand::Add { server_id, data } => writer.add(server_id, data),
                    ServerCommand::Change { server_id, data } => writer.change(server_id, data),
                    ServerCommand::Delete { server_id } => writer.delete(server_id),
                    ServerCommand::SoftDelete { server_id } => writer.soft_delete(server_id),
                }
            }
            writer.end_commands();
            writer.end_collection();
        }
        writer.finish()
    }
}

impl CollectionResponse {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut collection = Self::default();
        let (mut sync_key, mut collection_id, mut status) = (None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::CLASS => collection.head.class = Some(Class::read(reader, tag)?),
                air_sync::SYNC_KEY => sync_key = Some(text(reader, tag)?),
                air_sync::COLLECTION_ID => collection_id = Some(text(reader, tag)?),
                air_sync::STATUS => status = Some(number(reader, tag)?),
                air_sync::MORE_AVAILABLE => {
                    collection.head.more_available = true;
                    reader.skip()?;
                }
                air_sync::RESPONSES => {
                    while let Some(tag) = reader.child()? {
                        let item = Item::read(reader)?;
                        collection
                            .responses
                            .extend(item.into_response(tag, reader)?);
                    }
                }
                air_sync::COMMANDS => {
                    while let Some(tag) = reader.child()? {
                        let item = Item::read(reader)?;
                        collection.commands.extend(item.into_command(tag, reader)?);
                    }
                }
                _ => reader.skip()?,
            }
        }
        collection.head.sync_key = required(sync_key, reader, air_sync::SYNC_KEY)?;
        collection.head.collection_id = required(collection_id, reader, air_sync::COLLECTION_ID)?;
        collection.head.status = required(status, reader, air_sync::STATUS)?;
        Ok(collection)
    }
}

/// What any child of Responses or Commands may hold.
#[derive(Default)]
struct Item {
    class: Option<Class>,
    client_id: Option<String>,
    server_id: Option<String>,
    instance_id: Option<String>,
    status: Option<u16>,
    data: Option<ItemData>,
}

impl Item {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut item = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::CLASS => item.class = Some(Class::read(reader, tag)?),
                air_sync::CLIENT_ID => item.client_id = Some(text(reader, tag)?),
                air_sync::SERVER_ID => item.server_id = Some(text(reader, tag)?),
                air_sync_base::INSTANCE_ID => item.instance_id = Some(text(reader, tag)?),
                air_sync::STATUS => item.status = Some(number(reader, tag)?),
                air_sync::APPLICATION_DATA => item.data = Some(ItemData::read(reader)?),
                _ => reader.skip()?,
            }
        }
        Ok(item)
    }

    fn into_response(
        self,
        tag: crate::wbxml::Tag,
        reader: &Reader<'_>,
    ) -> Result<Option<ItemResponse>, Malformed> {
        let server_id = |id| required(id, reader, air_sync::SERVER_ID);
        let status = required(self.status, reader, air_sync::STATUS)?;
        Ok(Some(match tag {
            air_sync::ADD => ItemResponse::Add {
                class: self.class,
                client_id: required(self.client_id, reader, air_sync::CLIENT_ID)?,
                server_id: self.server_id,
                status,
                data: self.data,
            },
            air_sync::CHANGE => ItemResponse::Change {
                class: self.class,
                server_id: server_id(self.server_id)?,
                instance_id: self.instance_id,
                status,
                data: self.data,
            },
            air_sync::DELETE => ItemResponse::Delete {
                server_id: server_id(self.server_id)?,
                instance_id: self.instance_id,
                status,
            },
            air_sync::FETCH => ItemResponse::Fetch {
                server_id: server_id(self.server_id)?,
                status,
                data: self.data,
            },
            _ => return Ok(None),
        }))
    }

    fn into_command(
        self,
        tag: crate::wbxml::Tag,
        reader: &Reader<'_>,
    ) -> Result<Option<ServerCommand>, Malformed> {
        let server_id = required(self.server_id, reader, air_sync::SERVER_ID)?;
        let data = self.data.unwrap_or_else(|| ItemData::Other(Raw::default()));
        Ok(Some(match tag {
            air_sync::ADD => ServerCommand::Add { server_id, data },
            air_sync::CHANGE => ServerCommand::Change { server_id, data },
            air_sync::DELETE => ServerCommand::Delete { server_id },
            air_sync::SOFT_DELETE => ServerCommand::SoftDelete { server_id },
            _ => return Ok(None),
        }))
    }
}

impl ItemData {
    /// The message, where it is one.
    pub fn email(&self) -> Option<&Email> {
        match self {
            Self::Email(email) => Some(email),
            Self::Other(_) => None,
        }
    }

    /// The same as a message, for a collection known to hold mail: content of nothing but
    /// AirSyncBase elements, which all classes have, is one as well.
    ///
    /// # Errors
    /// A value of the wrong type.
    pub fn to_email(&self) -> Result<Email, Malformed> {
        match self {
            Self::Email(email) => Ok((**email).clone()),
            Self::Other(raw) => {
                let document = raw.to_document(air_sync::APPLICATION_DATA);
                let mut reader = Reader::new(&document)?;
                reader.root()?;
                Email::read_properties(&mut reader)
            }
        }
    }

    /// Reads the content of ApplicationData or Properties.
    pub(in crate::eas) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut ahead = reader.clone();
        while let Some(tag) = ahead.child()? {
            if tag.page == email::SUBJECT.page || tag.page == email2::SENDER.page {
                return Ok(Self::Email(Box::new(Email::read_properties(reader)?)));
            }
            ahead.skip()?;
        }
        Raw::read(reader).map(Self::Other)
    }
}
