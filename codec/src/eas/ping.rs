//! Ping ([MS-ASCMD] 2.2.1.13): a client waits for changes in some folders.

use super::fields::{identifier, number, open, required, texts, write_number};
use super::{Class, Malformed};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Writer, ping};

/// Status codes of Ping itself.
pub mod status {
    /// The interval is over and nothing happened.
    pub const NO_CHANGES: u16 = 1;
    /// Folders names those that changed.
    pub const CHANGES: u16 = 2;
    /// Neither said nor stored: the client sends all again.
    pub const MISSING_PARAMETERS: u16 = 3;
    pub const SYNTAX_ERROR: u16 = 4;
    /// HeartbeatInterval says what is nearest and allowed.
    pub const INTERVAL_OUT_OF_RANGE: u16 = 5;
    /// MaxFolders says how many are allowed.
    pub const TOO_MANY_FOLDERS: u16 = 6;
    /// The client syncs its folders, then pings again.
    pub const HIERARCHY_CHANGED: u16 = 7;
    pub const SERVER_ERROR: u16 = 8;
}

/// A Ping request. `None` is "as before", for both or, with an empty body, for either.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    /// Seconds.
    pub heartbeat: Option<u32>,
    pub folders: Option<Vec<Folder>>,
}

/// A folder to be watched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Folder {
    pub id: String,
    /// Always there by the specification, and never needed.
    pub class: Option<Class>,
}

impl Request {
    /// Reads a request; an empty body is "as before".
    ///
    /// # Errors
    /// Not WBXML, or not a Ping request: status 4.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut request = Self::default();
        if body.is_empty() {
            return Ok(request);
        }
        let mut reader = open(body, ping::PING)?;
        while let Some(tag) = reader.child()? {
            match tag {
                ping::HEARTBEAT_INTERVAL => request.heartbeat = Some(number(&mut reader, tag)?),
                ping::FOLDERS => {
                    let folders = request.folders.get_or_insert_default();
                    while let Some(tag) = reader.child()? {
                        match tag {
                            ping::FOLDER => folders.push(Folder::read(&mut reader)?),
                            _ => reader.skip()?,
                        }
                    }
                }
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version; "as before" has no bytes.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        if self.heartbeat.is_none() && self.folders.is_none() {
            return Vec::new();
        }
        let mut writer = Writer::new(version);
        writer.start(ping::PING);
        write_number(&mut writer, ping::HEARTBEAT_INTERVAL, self.heartbeat);
        match self.folders.as_deref() {
            None => {}
            Some([]) => writer.empty(ping::FOLDERS),
            Some(folders) => {
                writer.start(ping::FOLDERS);
                for folder in folders {
                    writer.start(ping::FOLDER);
                    writer.text(ping::ID, &folder.id);
                    if let Some(class) = folder.class {
                        writer.text(ping::CLASS, class.as_str());
                    }
                    writer.end();
                }
                writer.end();
            }
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Folder {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut id, mut class) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                ping::ID => id = Some(identifier(reader, tag)?),
                ping::CLASS => class = Some(Class::read(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            id: required(id, reader, ping::ID)?,
            class,
        })
    }
}

/// A Ping response.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    pub status: u16,
    /// Ids of the folders that changed, with status 2.
    pub folders: Vec<String>,
    /// With status 6.
    pub max_folders: Option<u32>,
    /// Seconds, with status 5.
    pub heartbeat: Option<u32>,
}

impl Response {
    /// An answer that is only a status.
    pub const fn of(status: u16) -> Self {
        Self {
            status,
            folders: Vec::new(),
            max_folders: None,
            heartbeat: None,
        }
    }

    /// # Errors
    /// Not WBXML, or not a Ping response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, ping::PING)?;
        let mut response = Self::default();
        let mut status = None;
        while let Some(tag) = reader.child()? {
            match tag {
                ping::STATUS => status = Some(number(&mut reader, tag)?),
                ping::FOLDERS => response.folders = texts(&mut reader, ping::FOLDER)?,
                ping::MAX_FOLDERS => response.max_folders = Some(number(&mut reader, tag)?),
                ping::HEARTBEAT_INTERVAL => response.heartbeat = Some(number(&mut reader, tag)?),
                _ => reader.skip()?,
            }
        }
        response.status = required(status, &reader, ping::STATUS)?;
        reader.finish()?;
        Ok(response)
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(ping::PING);
        writer.number(ping::STATUS, self.status);
        if !self.folders.is_empty() {
            writer.start(ping::FOLDERS);
            for folder in &self.folders {
                writer.text(ping::FOLDER, folder);
            }
            writer.end();
        }
        write_number(&mut writer, ping::MAX_FOLDERS, self.max_folders);
        write_number(&mut writer, ping::HEARTBEAT_INTERVAL, self.heartbeat);
        writer.end();
        writer.into_bytes()
    }
}
