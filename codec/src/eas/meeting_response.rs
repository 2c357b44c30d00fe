//! MeetingResponse ([MS-ASCMD] 2.2.1.11): accept, tentative or decline.

use super::email::Body;
use super::fields::{
    choice, moment, number, open, required, text, write_compact, write_number, write_text,
};
use super::{Malformed, Moment};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Writer, air_sync_base, meeting_response, search};

/// Status codes of MeetingResponse itself.
pub mod status {
    pub const OK: u16 = 1;
    /// Not a meeting request, or the user is its organizer, or no such occurrence.
    pub const INVALID: u16 = 2;
    pub const MAILBOX_ERROR: u16 = 3;
    pub const SERVER_ERROR: u16 = 4;
}

/// A MeetingResponse request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    pub replies: Vec<Reply>,
}

/// The answer to one invitation.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub user_response: UserResponse,
    /// The folder of `request_id`.
    pub collection_id: Option<String>,
    pub request_id: Option<String>,
    /// From Search, instead of the two above.
    pub long_id: Option<String>,
    /// The occurrence meant (14.1 and later), as text: a bad one has its own status (104).
    pub instance_id: Option<String>,
    /// 16.0 and later: the organizer is to be told.
    pub send_response: Option<SendResponse>,
}

/// What the user chose.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum UserResponse {
    Accept = 1,
    Tentative = 2,
    Decline = 3,
}

/// What the organizer is told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SendResponse {
    pub body: Option<Body>,
    /// 16.1: another time.
    pub proposed_start: Option<Moment>,
    pub proposed_end: Option<Moment>,
}

impl Request {
    /// # Errors
    /// Not WBXML, or not a MeetingResponse request: status 2.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, meeting_response::MEETING_RESPONSE)?;
        let mut request = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                meeting_response::REQUEST => request.replies.push(Reply::read(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(meeting_response::MEETING_RESPONSE);
        for reply in &self.replies {
            reply.write(&mut writer);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Reply {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut user_response, mut collection_id, mut request_id) = (None, None, None);
        let (mut long_id, mut instance_id, mut send_response) = (None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                meeting_response::USER_RESPONSE => {
                    user_response = Some(choice(reader, tag, UserResponse::from_number)?);
                }
                meeting_response::COLLECTION_ID => collection_id = Some(text(reader, tag)?),
                meeting_response::REQUEST_ID => request_id = Some(text(reader, tag)?),
                search::LONG_ID => long_id = Some(text(reader, tag)?),
                meeting_response::INSTANCE_ID => instance_id = Some(text(reader, tag)?),
                meeting_response::SEND_RESPONSE => {
                    send_response = Some(SendResponse::read(reader)?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            user_response: required(user_response, reader, meeting_response::USER_RESPONSE)?,
            collection_id,
            request_id,
            long_id,
            instance_id,
            send_response,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(meeting_response::REQUEST);
        writer.number(meeting_response::USER_RESPONSE, self.user_response as u8);
        write_text(
            writer,
            meeting_response::COLLECTION_ID,
            self.collection_id.as_ref(),
        );
        write_text(
            writer,
            meeting_response::REQUEST_ID,
            self.request_id.as_ref(),
        );
        write_text(writer, search::LONG_ID, self.long_id.as_ref());
        write_text(
            writer,
            meeting_response::INSTANCE_ID,
            self.instance_id.as_ref(),
        );
        if let Some(send) = &self.send_response {
            send.write(writer);
        }
        writer.end();
    }
}

impl UserResponse {
    const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Accept),
            2 => Some(Self::Tentative),
            3 => Some(Self::Decline),
            _ => None,
        }
    }
}

impl SendResponse {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut send = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync_base::BODY => send.body = Some(Body::read(reader)?),
                meeting_response::PROPOSED_START_TIME => {
                    send.proposed_start = Some(moment(reader, tag)?);
                }
                meeting_response::PROPOSED_END_TIME => {
                    send.proposed_end = Some(moment(reader, tag)?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(send)
    }

    fn write(&self, writer: &mut Writer) {
        if *self == Self::default() {
            writer.empty(meeting_response::SEND_RESPONSE);
            return;
        }
        writer.start(meeting_response::SEND_RESPONSE);
        if let Some(body) = &self.body {
            body.write(writer);
        }
        write_compact(
            writer,
            meeting_response::PROPOSED_START_TIME,
            self.proposed_start,
        );
        write_compact(
            writer,
            meeting_response::PROPOSED_END_TIME,
            self.proposed_end,
        );
        writer.end();
    }
}

/// A MeetingResponse response.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Response {
    /// Only where the command failed as a whole. Microsoft's schema does not know it, clients do.
    pub status: Option<u16>,
    pub results: Vec<Outcome>,
}

/// What became of one answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    /// As asked; absent where a LongId was used.
    pub request_id: Option<String>,
    pub status: u16,
    /// The event in the calendar; none after declining.
    pub calendar_id: Option<String>,
    pub instance_id: Option<String>,
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
    /// Not WBXML, or not a MeetingResponse response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, meeting_response::MEETING_RESPONSE)?;
        let mut response = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                meeting_response::STATUS => response.status = Some(number(&mut reader, tag)?),
                meeting_response::RESULT => response.results.push(Outcome::read(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        reader.finish()?;
        Ok(response)
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(meeting_response::MEETING_RESPONSE);
        write_number(&mut writer, meeting_response::STATUS, self.status);
        for result in &self.results {
            result.write(&mut writer);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Outcome {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut outcome = Self::default();
        let mut status = None;
        while let Some(tag) = reader.child()? {
            match tag {
                meeting_response::REQUEST_ID => outcome.request_id = Some(text(reader, tag)?),
                meeting_response::STATUS => status = Some(number(reader, tag)?),
                meeting_response::CALENDAR_ID => outcome.calendar_id = Some(text(reader, tag)?),
                meeting_response::INSTANCE_ID => outcome.instance_id = Some(text(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        outcome.status = required(status, reader, meeting_response::STATUS)?;
        Ok(outcome)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(meeting_response::RESULT);
        write_text(
            writer,
            meeting_response::REQUEST_ID,
            self.request_id.as_ref(),
        );
        writer.number(meeting_response::STATUS, self.status);
        write_text(
            writer,
            meeting_response::CALENDAR_ID,
            self.calendar_id.as_ref(),
        );
        write_text(
            writer,
            meeting_response::INSTANCE_ID,
            self.instance_id.as_ref(),
        );
        writer.end();
    }
}
