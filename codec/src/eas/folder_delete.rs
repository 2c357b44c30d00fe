//! FolderDelete ([MS-ASCMD] 2.2.1.3): the folder and what is in it.

use super::Malformed;
use super::fields::{identifier, number, open, required, text, write_text};
use crate::ProtocolVersion;
use crate::wbxml::{Writer, folder_hierarchy};

pub use super::folder_create::status;

/// A FolderDelete request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    pub sync_key: String,
    pub server_id: String,
}

impl Request {
    /// # Errors
    /// Not WBXML, or something missing: status 10.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, folder_hierarchy::FOLDER_DELETE)?;
        let (mut sync_key, mut server_id) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::SYNC_KEY => sync_key = Some(text(&mut reader, tag)?),
                folder_hierarchy::SERVER_ID => server_id = Some(identifier(&mut reader, tag)?),
                _ => reader.skip()?,
            }
        }
        let request = Self {
            sync_key: required(sync_key, &reader, folder_hierarchy::SYNC_KEY)?,
            server_id: required(server_id, &reader, folder_hierarchy::SERVER_ID)?,
        };
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(folder_hierarchy::FOLDER_DELETE);
        writer.text(folder_hierarchy::SYNC_KEY, &self.sync_key);
        writer.text(folder_hierarchy::SERVER_ID, &self.server_id);
        writer.end();
        writer.into_bytes()
    }
}

/// A FolderDelete response. The key only on success.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    pub status: u16,
    /// Replaces the hierarchy's key.
    pub sync_key: Option<String>,
}

impl Response {
    /// # Errors
    /// Not WBXML, or not a FolderDelete response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, folder_hierarchy::FOLDER_DELETE)?;
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
        writer.start(folder_hierarchy::FOLDER_DELETE);
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
