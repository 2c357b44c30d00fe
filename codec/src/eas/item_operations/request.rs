//! What is to be done, in order.

use crate::ProtocolVersion;
use crate::eas::fields::{
    boolean, identifier, number, open, required, text, write_boolean, write_mark, write_number,
    write_text,
};
use crate::eas::range::{BadRange, Range};
use crate::eas::{BodyPreference, Malformed};
use crate::wbxml::{
    Reader, Tag, Writer, air_sync, air_sync_base, document_library, item_operations,
    rights_management, search,
};

/// An ItemOperations request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Operation {
    Fetch(Box<Fetch>),
    EmptyFolderContents {
        collection_id: String,
        /// The folders below go too.
        delete_sub_folders: bool,
    },
    /// Every mail of a conversation (14.0 and later).
    Move {
        conversation_id: Vec<u8>,
        destination: String,
        /// Those to come as well. Required by the text; without it the answer is 155.
        move_always: bool,
    },
}

/// What is to be fetched: CollectionId and ServerId, LongId, FileReference, or LinkId. All are kept
/// as they came, since the wrong mixture has its own status (105).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fetch {
    pub store: Option<Store>,
    pub collection_id: Option<String>,
    pub server_id: Option<String>,
    pub long_id: Option<String>,
    pub link_id: Option<String>,
    pub file_reference: Option<String>,
    pub options: FetchOptions,
    pub remove_rights_management: bool,
}

/// Where it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Store {
    Mailbox,
    DocumentLibrary,
    /// Has its own status (9).
    Other(String),
}

/// How it is wanted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FetchOptions {
    /// 0 never, 1 for S/MIME only, 2 always.
    pub mime_support: Option<u8>,
    pub body_preferences: Vec<BodyPreference>,
    pub body_part_preferences: Vec<BodyPreference>,
    /// The only properties wanted.
    pub schema: Option<Vec<Tag>>,
    /// Octets of an attachment or document. A bad one fails this operation only (8).
    pub range: Option<Result<Range, BadRange>>,
    pub user_name: Option<String>,
    pub password: Option<String>,
    pub rights_management: Option<bool>,
}

impl Request {
    /// # Errors
    /// Not WBXML, or not an ItemOperations request: status 2.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, item_operations::ITEM_OPERATIONS)?;
        let mut request = Self::default();
        while let Some(tag) = reader.child()? {
            let operation = match tag {
                item_operations::FETCH => Operation::Fetch(Box::new(Fetch::read(&mut reader)?)),
                item_operations::EMPTY_FOLDER_CONTENTS => read_empty(&mut reader)?,
                item_operations::MOVE => read_move(&mut reader)?,
                _ => {
                    reader.skip()?;
                    continue;
                }
            };
            request.operations.push(operation);
        }
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(item_operations::ITEM_OPERATIONS);
        for operation in &self.operations {
            operation.write(&mut writer);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Operation {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Fetch(fetch) => fetch.write(writer),
            Self::EmptyFolderContents {
                collection_id,
                delete_sub_folders,
            } => {
                writer.start(item_operations::EMPTY_FOLDER_CONTENTS);
                writer.text(air_sync::COLLECTION_ID, collection_id);
                if *delete_sub_folders {
                    writer.start(item_operations::OPTIONS);
                    writer.empty(item_operations::DELETE_SUB_FOLDERS);
                    writer.end();
                }
                writer.end();
            }
            Self::Move {
                conversation_id,
                destination,
                move_always,
            } => {
                writer.start(item_operations::MOVE);
                writer.opaque(item_operations::CONVERSATION_ID, conversation_id);
                writer.text(item_operations::DST_FLD_ID, destination);
                if *move_always {
                    writer.start(item_operations::OPTIONS);
                    writer.empty(item_operations::MOVE_ALWAYS);
                    writer.end();
                }
                writer.end();
            }
        }
    }
}

fn read_empty(reader: &mut Reader<'_>) -> Result<Operation, Malformed> {
    let (mut collection_id, mut delete_sub_folders) = (None, false);
    while let Some(tag) = reader.child()? {
        match tag {
            air_sync::COLLECTION_ID => collection_id = Some(identifier(reader, tag)?),
            item_operations::OPTIONS => {
                delete_sub_folders = mark_inside(reader, item_operations::DELETE_SUB_FOLDERS)?;
            }
            _ => reader.skip()?,
        }
    }
    Ok(Operation::EmptyFolderContents {
        collection_id: required(collection_id, reader, air_sync::COLLECTION_ID)?,
        delete_sub_folders,
    })
}

fn read_move(reader: &mut Reader<'_>) -> Result<Operation, Malformed> {
    let (mut conversation_id, mut destination, mut move_always) = (None, None, false);
    while let Some(tag) = reader.child()? {
        match tag {
            item_operations::CONVERSATION_ID => {
                conversation_id = Some(reader.bytes()?.into_owned());
            }
            item_operations::DST_FLD_ID => destination = Some(identifier(reader, tag)?),
            item_operations::OPTIONS => {
                move_always = mark_inside(reader, item_operations::MOVE_ALWAYS)?;
            }
            _ => reader.skip()?,
        }
    }
    Ok(Operation::Move {
        conversation_id: required(conversation_id, reader, item_operations::CONVERSATION_ID)?,
        destination: required(destination, reader, item_operations::DST_FLD_ID)?,
        move_always,
    })
}

/// Whether the current element has that child.
fn mark_inside(reader: &mut Reader<'_>, wanted: Tag) -> Result<bool, Malformed> {
    let mut found = false;
    while let Some(tag) = reader.child()? {
        if tag == wanted {
            found = boolean(reader, tag)?;
        } else {
            reader.skip()?;
        }
    }
    Ok(found)
}

impl Fetch {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut fetch = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                item_operations::STORE => fetch.store = Some(Store::parse(&reader.text()?)),
                air_sync::COLLECTION_ID => fetch.collection_id = Some(identifier(reader, tag)?),
                air_sync::SERVER_ID => fetch.server_id = Some(identifier(reader, tag)?),
                search::LONG_ID => fetch.long_id = Some(text(reader, tag)?),
                document_library::LINK_ID => fetch.link_id = Some(text(reader, tag)?),
                air_sync_base::FILE_REFERENCE => fetch.file_reference = Some(text(reader, tag)?),
                item_operations::OPTIONS => fetch.options = FetchOptions::read(reader)?,
                rights_management::REMOVE_RIGHTS_MANAGEMENT_PROTECTION => {
                    fetch.remove_rights_management = boolean(reader, tag)?;
                }
                _ => reader.skip()?,
            }
        }
        Ok(fetch)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(item_operations::FETCH);
        if let Some(store) = &self.store {
            writer.text(item_operations::STORE, store.as_str());
        }
        write_text(writer, search::LONG_ID, self.long_id.as_ref());
        write_text(writer, air_sync::COLLECTION_ID, self.collection_id.as_ref());
        write_text(writer, air_sync::SERVER_ID, self.server_id.as_ref());
        write_text(writer, document_library::LINK_ID, self.link_id.as_ref());
        write_text(
            writer,
            air_sync_base::FILE_REFERENCE,
            self.file_reference.as_ref(),
        );
        if self.options != FetchOptions::default() {
            self.options.write(writer);
        }
        write_mark(
            writer,
            rights_management::REMOVE_RIGHTS_MANAGEMENT_PROTECTION,
            self.remove_rights_management,
        );
        writer.end();
    }
}

impl Store {
    fn parse(text: &str) -> Self {
        match text.trim() {
            name if name.eq_ignore_ascii_case("Mailbox") => Self::Mailbox,
            name if name.eq_ignore_ascii_case("DocumentLibrary")
                || name.eq_ignore_ascii_case("Document Library") =>
            {
                Self::DocumentLibrary
            }
            name => Self::Other(name.to_owned()),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Mailbox => "Mailbox",
            Self::DocumentLibrary => "DocumentLibrary",
            Self::Other(name) => name,
        }
    }
}

impl FetchOptions {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut options = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::MIME_SUPPORT => options.mime_support = Some(number(reader, tag)?),
                air_sync_base::BODY_PREFERENCE => {
                    options.body_preferences.push(BodyPreference::read(reader)?);
                }
                air_sync_base::BODY_PART_PREFERENCE => {
                    options
                        .body_part_preferences
                        .push(BodyPreference::read(reader)?);
                }
                item_operations::SCHEMA => {
                    let schema = options.schema.get_or_insert_default();
                    while let Some(tag) = reader.child()? {
                        schema.push(tag);
                        reader.skip()?;
                    }
                }
                item_operations::RANGE => options.range = Some(reader.text()?.parse()),
                item_operations::USER_NAME => options.user_name = Some(text(reader, tag)?),
                item_operations::PASSWORD => options.password = Some(text(reader, tag)?),
                rights_management::RIGHTS_MANAGEMENT_SUPPORT => {
                    options.rights_management = Some(boolean(reader, tag)?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(options)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(item_operations::OPTIONS);
        match self.schema.as_deref() {
            None => {}
            Some([]) => writer.empty(item_operations::SCHEMA),
            Some(tags) => {
                writer.start(item_operations::SCHEMA);
                for tag in tags {
                    writer.empty(*tag);
                }
                writer.end();
            }
        }
        match &self.range {
            None => {}
            Some(Ok(range)) => writer.text(item_operations::RANGE, &range.to_string()),
            Some(Err(BadRange(text))) => writer.text(item_operations::RANGE, text),
        }
        write_text(writer, item_operations::USER_NAME, self.user_name.as_ref());
        write_text(writer, item_operations::PASSWORD, self.password.as_ref());
        for preference in &self.body_preferences {
            preference.write(writer, air_sync_base::BODY_PREFERENCE);
        }
        for preference in &self.body_part_preferences {
            preference.write(writer, air_sync_base::BODY_PART_PREFERENCE);
        }
        write_number(writer, air_sync::MIME_SUPPORT, self.mime_support);
        write_boolean(
            writer,
            rights_management::RIGHTS_MANAGEMENT_SUPPORT,
            self.rights_management,
        );
        writer.end();
    }
}
