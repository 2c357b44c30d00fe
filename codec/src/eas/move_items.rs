//! MoveItems ([MS-ASCMD] 2.2.1.12).

use super::Malformed;
use super::fields::{identifier, number, open, required, text, write_number, write_text};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Writer, move_items};

/// Status codes of MoveItems. Beware: success is 3 here.
pub mod status {
    /// The source folder or the item is unknown.
    pub const INVALID_SOURCE: u16 = 1;
    pub const INVALID_DESTINATION: u16 = 2;
    pub const OK: u16 = 3;
    pub const SAME_FOLDER: u16 = 4;
    /// More than one destination, or something is locked.
    pub const FAILED: u16 = 5;
    /// The client tries again.
    pub const LOCKED: u16 = 7;
}

/// A MoveItems request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Request {
    pub moves: Vec<Move>,
}

/// One item and where it is to go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Move {
    pub source_item: String,
    pub source_folder: String,
    pub destination_folder: String,
}

impl Request {
    /// # Errors
    /// Not WBXML, or a Move that lacks something: status 103.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, move_items::MOVE_ITEMS)?;
        let mut request = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                move_items::MOVE => request.moves.push(Move::read(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(move_items::MOVE_ITEMS);
        for item in &self.moves {
            writer.start(move_items::MOVE);
            writer.text(move_items::SRC_MSG_ID, &item.source_item);
            writer.text(move_items::SRC_FLD_ID, &item.source_folder);
            writer.text(move_items::DST_FLD_ID, &item.destination_folder);
            writer.end();
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Move {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut item, mut source, mut destination) = (None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                move_items::SRC_MSG_ID => item = Some(identifier(reader, tag)?),
                move_items::SRC_FLD_ID => source = Some(identifier(reader, tag)?),
                move_items::DST_FLD_ID => destination = Some(identifier(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            source_item: required(item, reader, move_items::SRC_MSG_ID)?,
            source_folder: required(source, reader, move_items::SRC_FLD_ID)?,
            destination_folder: required(destination, reader, move_items::DST_FLD_ID)?,
        })
    }
}

/// A MoveItems response: the results in the order of the request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    /// Only where the command failed as a whole.
    pub status: Option<u16>,
    pub results: Vec<Moved>,
}

/// What became of one item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moved {
    pub source_item: String,
    pub status: u16,
    /// The item's new id, on success.
    pub destination_item: Option<String>,
}

impl Response {
    /// The answer to a request that failed as a whole.
    pub const fn failure(status: u16) -> Self {
        Self {
            status: Some(status),
            results: Vec::new(),
        }
    }

    /// # Errors
    /// Not WBXML, or not a MoveItems response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, move_items::MOVE_ITEMS)?;
        let mut response = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                move_items::STATUS => response.status = Some(number(&mut reader, tag)?),
                move_items::RESPONSE => response.results.push(Moved::read(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(response)
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(move_items::MOVE_ITEMS);
        write_number(&mut writer, move_items::STATUS, self.status);
        for result in &self.results {
            writer.start(move_items::RESPONSE);
            writer.text(move_items::SRC_MSG_ID, &result.source_item);
            writer.number(move_items::STATUS, result.status);
            write_text(
                &mut writer,
                move_items::DST_MSG_ID,
                result.destination_item.as_ref(),
            );
            writer.end();
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Moved {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut source_item, mut status, mut destination_item) = (None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                move_items::SRC_MSG_ID => source_item = Some(text(reader, tag)?),
                move_items::STATUS => status = Some(number(reader, tag)?),
                move_items::DST_MSG_ID => destination_item = Some(text(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            source_item: required(source_item, reader, move_items::SRC_MSG_ID)?,
            status: required(status, reader, move_items::STATUS)?,
            destination_item,
        })
    }
}
