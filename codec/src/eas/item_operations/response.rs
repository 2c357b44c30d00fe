//! What became of the operations, as a value.

use super::ResponseWriter;
use crate::ProtocolVersion;
use crate::eas::fields::{base64_bytes, number, open, required, text};
use crate::eas::range::Range;
use crate::eas::sync::ItemData;
use crate::eas::{Class, Malformed};
use crate::wbxml::{Reader, air_sync, air_sync_base, document_library, item_operations, search};

/// An ItemOperations response. With another status than 1 there are no outcomes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    pub status: u16,
    /// Written grouped as the schema demands: moves, emptied folders, fetches; each group in this
    /// order.
    pub outcomes: Vec<Outcome>,
}

/// What became of one operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Move {
        status: u16,
        conversation_id: Vec<u8>,
    },
    EmptyFolderContents {
        status: u16,
        collection_id: String,
    },
    Fetch {
        head: FetchHead,
        /// Only on success.
        properties: Option<Properties>,
    },
}

/// What a fetch is answered with besides its properties: the ids in the form they were asked in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FetchHead {
    pub status: u16,
    pub collection_id: Option<String>,
    pub server_id: Option<String>,
    pub long_id: Option<String>,
    /// For items.
    pub class: Option<Class>,
    pub link_id: Option<String>,
    pub file_reference: Option<String>,
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq)]
pub enum Properties {
    Item(ItemData),
    Attachment(Attachment),
}

/// An attachment, or some of its octets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attachment {
    /// What is here of it. Not said where no range was asked: iOS 10 fails on it.
    pub range: Option<Range>,
    /// The size of all of it.
    pub total: Option<u64>,
    pub content_type: Option<String>,
    pub content: Option<Content>,
}

/// Where the octets are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Content {
    /// Here; base64 on the wire.
    Data(Vec<u8>),
    /// In that part of a multipart answer.
    Part(u32),
}

impl Response {
    /// The answer to a request that failed as a whole.
    pub const fn failure(status: u16) -> Self {
        Self {
            status,
            outcomes: Vec::new(),
        }
    }

    /// # Errors
    /// Not WBXML, or not an ItemOperations response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, item_operations::ITEM_OPERATIONS)?;
        let mut status = None;
        let mut outcomes = Vec::new();
        while let Some(tag) = reader.child()? {
            match tag {
                item_operations::STATUS => status = Some(number(&mut reader, tag)?),
                item_operations::RESPONSE => {
                    while let Some(tag) = reader.child()? {
                        outcomes.push(match tag {
                            item_operations::MOVE => Outcome::read_move(&mut reader)?,
                            item_operations::EMPTY_FOLDER_CONTENTS => {
                                Outcome::read_empty(&mut reader)?
                            }
                            item_operations::FETCH => Outcome::read_fetch(&mut reader)?,
                            _ => {
                                reader.skip()?;
                                continue;
                            }
                        });
                    }
                }
                _ => reader.skip()?,
            }
        }
        let status = required(status, &reader, item_operations::STATUS)?;
        reader.finish()?;
        Ok(Self { status, outcomes })
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = ResponseWriter::new(version, self.status);
        let mut outcomes: Vec<&Outcome> = self.outcomes.iter().collect();
        outcomes.sort_by_key(|outcome| outcome.group()); // stable
        for outcome in outcomes {
            writer.outcome(outcome);
        }
        writer.finish()
    }
}

impl Outcome {
    /// The group of fetches, the last.
    pub const FETCHES: u8 = 2;

    /// Where its kind stands in a response, whose schema wants each kind together.
    pub const fn group(&self) -> u8 {
        match self {
            Self::Move { .. } => 0,
            Self::EmptyFolderContents { .. } => 1,
            Self::Fetch { .. } => Self::FETCHES,
        }
    }

    fn read_move(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut status, mut conversation_id) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                item_operations::STATUS => status = Some(number(reader, tag)?),
                item_operations::CONVERSATION_ID => {
                    conversation_id = Some(reader.bytes()?.into_owned());
                }
                _ => reader.skip()?,
            }
        }
        Ok(Self::Move {
            status: required(status, reader, item_operations::STATUS)?,
            conversation_id: required(conversation_id, reader, item_operations::CONVERSATION_ID)?,
        })
    }

    fn read_empty(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut status, mut collection_id) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                item_operations::STATUS => status = Some(number(reader, tag)?),
                air_sync::COLLECTION_ID => collection_id = Some(text(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self::EmptyFolderContents {
            status: required(status, reader, item_operations::STATUS)?,
            collection_id: required(collection_id, reader, air_sync::COLLECTION_ID)?,
        })
    }

    fn read_fetch(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut head = FetchHead::default();
        let (mut status, mut properties) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                item_operations::STATUS => status = Some(number(reader, tag)?),
                air_sync::COLLECTION_ID => head.collection_id = Some(text(reader, tag)?),
                air_sync::SERVER_ID => head.server_id = Some(text(reader, tag)?),
                search::LONG_ID => head.long_id = Some(text(reader, tag)?),
                air_sync::CLASS => head.class = Some(Class::read(reader, tag)?),
                document_library::LINK_ID => head.link_id = Some(text(reader, tag)?),
                air_sync_base::FILE_REFERENCE => head.file_reference = Some(text(reader, tag)?),
                item_operations::PROPERTIES => properties = Some(Properties::read(reader)?),
                _ => reader.skip()?,
            }
        }
        head.status = required(status, reader, item_operations::STATUS)?;
        Ok(Self::Fetch { head, properties })
    }
}

impl Properties {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut ahead = reader.clone();
        while let Some(tag) = ahead.child()? {
            if tag.page == item_operations::DATA.page || tag == air_sync_base::CONTENT_TYPE {
                return Attachment::read(reader).map(Self::Attachment);
            }
            ahead.skip()?;
        }
        ItemData::read(reader).map(Self::Item)
    }
}

impl Attachment {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut attachment = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                item_operations::RANGE => attachment.range = Some(Range::read(reader, tag)?),
                item_operations::TOTAL => attachment.total = Some(number(reader, tag)?),
                air_sync_base::CONTENT_TYPE => attachment.content_type = Some(text(reader, tag)?),
                item_operations::DATA => {
                    attachment.content = Some(Content::Data(base64_bytes(reader, tag)?));
                }
                item_operations::PART => {
                    attachment.content = Some(Content::Part(number(reader, tag)?));
                }
                _ => reader.skip()?,
            }
        }
        Ok(attachment)
    }
}
