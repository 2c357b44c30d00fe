//! FolderUpdate ([MS-ASCMD] 2.2.1.6): a new name, a new parent, or both.

use super::Malformed;
use super::fields::{identifier, number, open, required, text, write_text};
use crate::ProtocolVersion;
use crate::wbxml::{Writer, folder_hierarchy};

pub use super::folder_create::status;

/// A FolderUpdate request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    pub sync_key: String,
    pub server_id: String,
    /// `0` is the root; another than before moves the folder.
    pub parent_id: String,
    pub display_name: String,
}

impl Request {
    /// # Errors
    /// Not WBXML, or something missing: status 10.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, folder_hierarchy::FOLDER_UPDATE)?;
        let (mut sync_key, mut server_id, mut parent_id, mut display_name) =
            (None, None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::SYNC_KEY => sync_key = Some(text(&mut reader, tag)?),
                folder_hierarchy::SERVER_ID => server_id = Some(identifier(&mut reader, tag)?),
                folder_hierarchy::PARENT_ID => parent_id = Some(identifier(&mut reader, tag)?),
                folder_hierarchy::DISPLAY_NAME => display_name = Some(text(&mut reader, tag)?),
                _ => reader.skip()?,
            }
        }
        let request = Self {
            sync_key: required(sync_key, &reader, folder_hierarchy::SYNC_KEY)?,
            server_id: required(server_id, &reader, folder_hierarchy::SERVER_ID)?,
            parent_id: required(parent_id, &reader, folder_hierarchy::PARENT_ID)?,
            display_name: required(display_name, &reader, folder_hierarchy::DISPLAY_NAME)?,
        };
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(folder_hierarchy::FOLDER_UPDATE);
        writer.text(folder_hierarchy::SYNC_KEY, &self.sync_key);
        writer.text(folder_hierarchy::SERVER_ID, &self.server_id);
        writer.text(folder_hierarchy::PARENT_ID, &self.parent_id);
        writer.text(folder_hierarchy::DISPLAY_NAME, &self.display_name);
        writer.end();
        writer.into_bytes()
    }
}

/// A FolderUpdate response. The key only on success.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    pub status: u16,
    /// Replaces the hierarchy's key.
    pub sync_key: Option<String>,
}

impl Response {
    /// # Errors
    /// Not WBXML, or not a FolderUpdate response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, folder_hierarchy::FOLDER_UPDATE)?;
        let (mut status, mut sync_key) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::STATUS => status = Some(number(&mut reader, tag)?),
                folder_hierarchy::SYNC_KEY => sync_key = Some(text(&mut reader, tag)?),
                _ => reader.skip()?,
            }
        }
        let status = required(status, &reader, folder_hierarchy::STATUS)?;
        reader.finish()?;
        Ok(Self { status, sync_key })
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(folder_hierarchy::FOLDER_UPDATE);
        writer.number(folder_hierarchy::STATUS, self.status);
        write_text(
            &mut writer,
            folder_hierarchy::SYNC_KEY,
            self.sync_key.as_ref(),
        );
        writer.end();
        writer.into_bytes()
    }
}
