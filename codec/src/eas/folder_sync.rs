//! FolderSync ([MS-ASCMD] 2.2.1.5): the folders and what changed among them.

use super::Malformed;
use super::fields::{choice, number, open, required, text, write_text};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Tag, Writer, folder_hierarchy};

/// Status codes of FolderSync itself; the common ones are in [`super::status`].
pub mod status {
    pub const OK: u16 = 1;
    /// The client tries again.
    pub const SERVER_ERROR: u16 = 6;
    /// The client starts again with key 0.
    pub const INVALID_SYNC_KEY: u16 = 9;
    /// The request breaks the protocol: no SyncKey, a wrong type.
    pub const MALFORMED: u16 = 10;
    pub const UNKNOWN_ERROR: u16 = 11;
    pub const CODE_UNKNOWN: u16 = 12;
}

/// What a folder is for ([MS-ASCMD] 2.2.3.186.3).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum FolderType {
    Generic = 1,
    Inbox = 2,
    Drafts = 3,
    DeletedItems = 4,
    SentItems = 5,
    Outbox = 6,
    Tasks = 7,
    Calendar = 8,
    Contacts = 9,
    Notes = 10,
    Journal = 11,
    UserMail = 12,
    UserCalendar = 13,
    UserContacts = 14,
    UserTasks = 15,
    UserJournal = 16,
    UserNotes = 17,
    Unknown = 18,
    RecipientCache = 19,
}

impl FolderType {
    /// All types, by number.
    pub const ALL: [Self; 19] = [
        Self::Generic,
        Self::Inbox,
        Self::Drafts,
        Self::DeletedItems,
        Self::SentItems,
        Self::Outbox,
        Self::Tasks,
        Self::Calendar,
        Self::Contacts,
        Self::Notes,
        Self::Journal,
        Self::UserMail,
        Self::UserCalendar,
        Self::UserContacts,
        Self::UserTasks,
        Self::UserJournal,
        Self::UserNotes,
        Self::Unknown,
        Self::RecipientCache,
    ];

    /// The type of that number.
    pub fn from_number(number: u8) -> Option<Self> {
        let at = usize::from(number).checked_sub(1)?;
        Self::ALL.get(at).copied()
    }
}

/// A FolderSync request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    pub sync_key: String,
}

impl Request {
    /// # Errors
    /// Not WBXML, or no SyncKey in it: status 10.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, folder_hierarchy::FOLDER_SYNC)?;
        let mut sync_key = None;
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::SYNC_KEY => sync_key = Some(text(&mut reader, tag)?),
                _ => reader.skip()?,
            }
        }
        let sync_key = required(sync_key, &reader, folder_hierarchy::SYNC_KEY)?;
        reader.finish()?;
        Ok(Self { sync_key })
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(folder_hierarchy::FOLDER_SYNC);
        writer.text(folder_hierarchy::SYNC_KEY, &self.sync_key);
        writer.end();
        writer.into_bytes()
    }
}

/// A FolderSync response. On failure it holds neither key nor changes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    pub status: u16,
    pub sync_key: Option<String>,
    pub changes: Option<Changes>,
}

/// What changed in the hierarchy. A parent stands before its children in `adds`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Changes {
    pub updates: Vec<Folder>,
    /// ServerIds.
    pub deletes: Vec<String>,
    pub adds: Vec<Folder>,
}

/// One folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Folder {
    pub server_id: String,
    /// `0` is the root.
    pub parent_id: String,
    pub display_name: String,
    pub kind: FolderType,
}

impl Response {
    /// The answer to a request that failed.
    pub const fn failure(status: u16) -> Self {
        Self {
            status,
            sync_key: None,
            changes: None,
        }
    }

    /// # Errors
    /// Not WBXML, or not a FolderSync response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, folder_hierarchy::FOLDER_SYNC)?;
        let (mut status, mut sync_key, mut changes) = (None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::STATUS => status = Some(number(&mut reader, tag)?),
                folder_hierarchy::SYNC_KEY => sync_key = Some(text(&mut reader, tag)?),
                folder_hierarchy::CHANGES => changes = Some(Changes::read(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        let status = required(status, &reader, folder_hierarchy::STATUS)?;
        reader.finish()?;
        Ok(Self {
            status,
            sync_key,
            changes,
        })
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(folder_hierarchy::FOLDER_SYNC);
        writer.number(folder_hierarchy::STATUS, self.status);
        write_text(
            &mut writer,
            folder_hierarchy::SYNC_KEY,
            self.sync_key.as_ref(),
        );
        if let Some(changes) = &self.changes {
            changes.write(&mut writer);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Changes {
    /// How many there are.
    pub const fn count(&self) -> usize {
        self.updates.len() + self.deletes.len() + self.adds.len()
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut changes = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::UPDATE => changes.updates.push(Folder::read(reader)?),
                folder_hierarchy::ADD => changes.adds.push(Folder::read(reader)?),
                folder_hierarchy::DELETE => {
                    let mut server_id = None;
                    while let Some(tag) = reader.child()? {
                        match tag {
                            folder_hierarchy::SERVER_ID => server_id = Some(text(reader, tag)?),
                            _ => reader.skip()?,
                        }
                    }
                    let server_id = required(server_id, reader, folder_hierarchy::SERVER_ID)?;
                    changes.deletes.push(server_id);
                }
                _ => reader.skip()?,
            }
        }
        Ok(changes)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(folder_hierarchy::CHANGES);
        let count = u64::try_from(self.count()).unwrap_or(u64::MAX);
        writer.number(folder_hierarchy::COUNT, count);
        for folder in &self.updates {
            folder.write(writer, folder_hierarchy::UPDATE);
        }
        for server_id in &self.deletes {
            writer.start(folder_hierarchy::DELETE);
            writer.text(folder_hierarchy::SERVER_ID, server_id);
            writer.end();
        }
        for folder in &self.adds {
            folder.write(writer, folder_hierarchy::ADD);
        }
        writer.end();
    }
}

impl Folder {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut server_id, mut parent_id, mut display_name, mut kind) = (None, None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::SERVER_ID => server_id = Some(text(reader, tag)?),
                folder_hierarchy::PARENT_ID => parent_id = Some(text(reader, tag)?),
                folder_hierarchy::DISPLAY_NAME => display_name = Some(text(reader, tag)?),
                folder_hierarchy::TYPE => {
                    kind = Some(choice(reader, tag, FolderType::from_number)?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            server_id: required(server_id, reader, folder_hierarchy::SERVER_ID)?,
            parent_id: required(parent_id, reader, folder_hierarchy::PARENT_ID)?,
            display_name: required(display_name, reader, folder_hierarchy::DISPLAY_NAME)?,
            kind: required(kind, reader, folder_hierarchy::TYPE)?,
        })
    }

    fn write(&self, writer: &mut Writer, element: Tag) {
        writer.start(element);
        writer.text(folder_hierarchy::SERVER_ID, &self.server_id);
        writer.text(folder_hierarchy::PARENT_ID, &self.parent_id);
        writer.text(folder_hierarchy::DISPLAY_NAME, &self.display_name);
        writer.number(folder_hierarchy::TYPE, self.kind as u8);
        writer.end();
    }
}
