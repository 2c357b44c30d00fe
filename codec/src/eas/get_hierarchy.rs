//! GetHierarchy ([MS-ASCMD] 2.2.1.9): the mail folders, for phones up to 12.1 that know no
//! FolderSync. The request has no body, and failure no document.

use super::Malformed;
use super::fields::{choice, open, required, text};
use super::folder_sync::{Folder, FolderType};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Writer, folder_hierarchy};

/// A GetHierarchy response: at least one folder.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    pub folders: Vec<Folder>,
}

impl Response {
    /// # Errors
    /// Not WBXML, or not a GetHierarchy response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, folder_hierarchy::FOLDERS)?;
        let mut response = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                folder_hierarchy::FOLDER => response.folders.push(read_folder(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(response)
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(folder_hierarchy::FOLDERS);
        for folder in &self.folders {
            writer.start(folder_hierarchy::FOLDER);
            writer.text(folder_hierarchy::DISPLAY_NAME, &folder.display_name);
            writer.text(folder_hierarchy::SERVER_ID, &folder.server_id);
            writer.number(folder_hierarchy::TYPE, folder.kind as u8);
            writer.text(folder_hierarchy::PARENT_ID, &folder.parent_id);
            writer.end();
        }
        writer.end();
        writer.into_bytes()
    }
}

fn read_folder(reader: &mut Reader<'_>) -> Result<Folder, Malformed> {
    let (mut server_id, mut parent_id, mut display_name, mut kind) = (None, None, None, None);
    while let Some(tag) = reader.child()? {
        match tag {
            folder_hierarchy::SERVER_ID => server_id = Some(text(reader, tag)?),
            folder_hierarchy::PARENT_ID => parent_id = Some(text(reader, tag)?),
            folder_hierarchy::DISPLAY_NAME => display_name = Some(text(reader, tag)?),
            folder_hierarchy::TYPE => kind = Some(choice(reader, tag, FolderType::from_number)?),
            _ => reader.skip()?,
        }
    }
    Ok(Folder {
        server_id: required(server_id, reader, folder_hierarchy::SERVER_ID)?,
        parent_id: required(parent_id, reader, folder_hierarchy::PARENT_ID)?,
        display_name: required(display_name, reader, folder_hierarchy::DISPLAY_NAME)?,
        kind: required(kind, reader, folder_hierarchy::TYPE)?,
    })
}
