//! FolderCreate ([MS-ASCMD] 2.2.1.2).

use super::Malformed;
use super::fields::{choice, identifier, number, open, required, text, write_text};
use super::folder_sync::FolderType;
use crate::ProtocolVersion;
use crate::wbxml::{Writer, folder_hierarchy};

/// Status codes of FolderCreate, FolderUpdate and FolderDelete; not all know all.
pub mod status {
    pub const OK: u16 = 1;
    /// The name is taken; for an update also: a folder that may not change.
    pub const EXISTS: u16 = 2;
    /// The folder, or the parent, is a special one.
    pub const SPECIAL_FOLDER: u16 = 3;
    pub const NOT_FOUND: u16 = 4;
    pub const PARENT_NOT_FOUND: u16 = 5;
    /// The client tries again.
    pub const SERVER_ERROR: u16 = 6;
    /// The client starts FolderSync again with key 0.
    pub const INVALID_SYNC_KEY: u16 = 9;
    pub const MALFORMED: u16 = 10;
    pub const UNKNOWN_ERROR: u16 = 11;
    pub const CODE_UNKNOWN: u16 = 12;
}

/// A FolderCreate request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    pub sync_key: String,
    /// `0` is the root.
    pub parent_id: String,
    pub display_name: String,
    pub kind: FolderType,
}

impl Request {
    /// # Errors
    /// Not WBXML, or something missing: status 10.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, folder_hierarchy::FOLDER_CREATE)?;
        let (mut sync_key, mut parent_id, mut display_name, mut kind) = (None, None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::SYNC_KEY => sync_key = Some(text(&mut reader, tag)?),
                folder_hierarchy::PARENT_ID => parent_id = Some(identifier(&mut reader, tag)?),
                folder_hierarchy::DISPLAY_NAME => display_name = Some(text(&mut reader, tag)?),
                folder_hierarchy::TYPE => {
                    kind = Some(choice(&mut reader, tag, FolderType::from_number)?);
                }
                _ => reader.skip()?, // BlackBerry 10 sends an empty ServerId
            }
        }
        let request = Self {
            sync_key: required(sync_key, &reader, folder_hierarchy::SYNC_KEY)?,
            parent_id: required(parent_id, &reader, folder_hierarchy::PARENT_ID)?,
            display_name: required(display_name, &reader, folder_hierarchy::DISPLAY_NAME)?,
            kind: required(kind, &reader, folder_hierarchy::TYPE)?,
        };
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(folder_hierarchy::FOLDER_CREATE);
        writer.text(folder_hierarchy::SYNC_KEY, &self.sync_key);
        writer.text(folder_hierarchy::PARENT_ID, &self.parent_id);
        writer.text(folder_hierarchy::DISPLAY_NAME, &self.display_name);
        writer.number(folder_hierarchy::TYPE, self.kind as u8);
        writer.end();
        writer.into_bytes()
    }
}

/// A FolderCreate response. Key and id only on success.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    pub status: u16,
    /// Replaces the hierarchy's key.
    pub sync_key: Option<String>,
    pub server_id: Option<String>,
}

impl Response {
    /// # Errors
    /// Not WBXML, or not a FolderCreate response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, folder_hierarchy::FOLDER_CREATE)?;
        let mut response = Self::default();
        let mut status = None;
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::STATUS => status = Some(number(&mut reader, tag)?),
                folder_hierarchy::SYNC_KEY => response.sync_key = Some(text(&mut reader, tag)?),
                folder_hierarchy::SERVER_ID => response.server_id = Some(text(&mut reader, tag)?),
                _ => reader.skip()?,
            }
        }
        response.status = required(status, &reader, folder_hierarchy::STATUS)?;
        reader.finish()?;
        Ok(response)
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(folder_hierarchy::FOLDER_CREATE);
        writer.number(folder_hierarchy::STATUS, self.status);
        write_text(
            &mut writer,
            folder_hierarchy::SYNC_KEY,
            self.sync_key.as_ref(),
        );
        write_text(
            &mut writer,
            folder_hierarchy::SERVER_ID,
            self.server_id.as_ref(),
        );
        writer.end();
        writer.into_bytes()
    }
}
