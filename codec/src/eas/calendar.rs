//! The Calendar class ([MS-ASCAL]): one event with its exceptions, as a phone says it and is told it.
//!
//! The order of writing is not the schema's but the one in which Android acts on what it reads:
//! AllDayEvent before Timezone, both before the times, Exceptions last (device-notes 11).

mod attendee;
mod exception;

use super::email::{Attachment, AttachmentChange, Body, BodyType};
use super::fields::{
    base64_bytes, boolean, moment, moment_or_none, number, text, texts, write_base64,
    write_boolean, write_compact, write_list, write_number, write_text,
};
use super::location::Location;
use super::recurrence::{self, Recurrence};
use super::{Malformed, Moment, Raw, Said};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Tag, Writer, air_sync, air_sync_base, calendar};

pub use attendee::Attendee;
pub use exception::Exception;

/// The properties of one event. `None` and [`Said::Nothing`] are "not said": the writer leaves the
/// element out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// A [`crate::zone::ZoneBlob`].
    pub time_zone: Option<Vec<u8>>,
    pub all_day: Option<bool>,
    pub stamp: Option<Moment>,
    pub start: Option<Moment>,
    pub end: Option<Moment>,
    pub subject: Option<String>,
    /// Before 16.0 only its display name goes out.
    pub location: Said<Location>,
    /// Up to 14.1 also of a client.
    pub uid: Option<String>,
    /// From 16.0 on, of a client.
    pub client_uid: Option<String>,
    pub organizer_name: Option<String>,
    pub organizer_email: Option<String>,
    /// `Some` and empty clears them.
    pub attendees: Option<Vec<Attendee>>,
    /// 0 free, 1 tentative, 2 busy, 3 out of office, 4 elsewhere (16.0 and later).
    pub busy_status: Option<u8>,
    /// 0 normal, 1 personal, 2 private, 3 confidential.
    pub sensitivity: Option<u8>,
    /// Minutes before the start.
    pub reminder: Said<u32>,
    /// `Some` and empty clears them.
    pub categories: Option<Vec<String>>,
    /// Bits: 1 a meeting, 2 received, 4 cancelled.
    pub meeting_status: Option<u8>,
    pub body: Option<Body>,
    pub native_body_type: Option<BodyType>,
    /// Only told, from 16.0 on.
    pub attachments: Vec<Attachment>,
    /// Of a client, from 16.0 on.
    pub attachment_changes: Vec<AttachmentChange>,
    pub recurrence: Said<Recurrence>,
    pub response_requested: Option<bool>,
    /// Only told.
    pub reply_time: Option<Moment>,
    /// Only told: 0 none, 1 organizer, 2 tentative, 3 accepted, 4 declined, 5 not responded.
    pub response_type: Option<u8>,
    pub disallow_new_time_proposal: Option<bool>,
    /// Only told.
    pub conference_link: Option<String>,
    /// Only told.
    pub external_link: Option<String>,
    /// `None`: nothing is said of any.
    pub exceptions: Option<Vec<Exception>>,
}

/// Attachments of one event that are read.
const MAX_ATTACHMENTS: usize = 1000;

/// Exceptions of one series (the schema's bound).
pub const MAX_EXCEPTIONS: usize = 1000;

impl Event {
    /// Reads the properties of an event.
    ///
    /// # Errors
    /// A value of the wrong type.
    pub fn from_raw(raw: &Raw) -> Result<Self, Malformed> {
        let document = raw.to_document(air_sync::APPLICATION_DATA);
        let mut reader = Reader::new(&document)?;
        reader.root()?;
        let mut event = Self::default();
        let mut old = OldBody::default();
        while let Some(tag) = reader.child()? {
            if tag == calendar::EXCEPTIONS {
                event.exceptions = Some(exception::read_all(&mut reader)?);
            } else if !event.take(&mut reader, &mut old, tag)? {
                reader.skip()?;
            }
        }
        event.settle(old);
        Ok(event)
    }

    /// The properties as that version has them.
    pub fn to_raw(&self, version: ProtocolVersion) -> Raw {
        Raw::written(version, |writer| {
            self.write(writer, version);
            if let Some(exceptions) = &self.exceptions {
                exception::write_all(exceptions, writer, version);
            }
        })
    }

    fn settle(&mut self, old: OldBody) {
        if self.body.is_none() {
            self.body = old.into_body();
        }
    }

    /// Takes a property that an event and an exception may have; says whether it was one.
    fn take(
        &mut self,
        reader: &mut Reader<'_>,
        old: &mut OldBody,
        tag: Tag,
    ) -> Result<bool, Malformed> {
        match tag {
            calendar::TIMEZONE => self.time_zone = Some(base64_bytes(reader, tag)?),
            calendar::ALL_DAY_EVENT => self.all_day = Some(boolean(reader, tag)?),
            calendar::DT_STAMP => self.stamp = moment_or_none(reader, tag)?,
            calendar::START_TIME => self.start = Some(moment(reader, tag)?),
            calendar::END_TIME => self.end = Some(moment(reader, tag)?),
            calendar::SUBJECT => self.subject = Some(text(reader, tag)?),
            calendar::LOCATION => {
                let name = text(reader, tag)?;
                self.location = Some(name)
                    .filter(|name| !name.is_empty())
                    .map(Location::named)
                    .into();
            }
            air_sync_base::LOCATION => {
                let location = Location::read(reader)?;
                let empty = location == Location::default();
                self.location = (!empty).then_some(location).into();
            }
            calendar::UID => self.uid = Some(text(reader, tag)?),
            calendar::CLIENT_UID => self.client_uid = Some(text(reader, tag)?),
            calendar::ORGANIZER_NAME => self.organizer_name = Some(text(reader, tag)?),
            calendar::ORGANIZER_EMAIL => self.organizer_email = Some(text(reader, tag)?),
            calendar::ATTENDEES => self.attendees = Some(attendee::read_all(reader)?),
            calendar::BUSY_STATUS => self.busy_status = Some(number(reader, tag)?),
            calendar::SENSITIVITY => self.sensitivity = Some(number(reader, tag)?),
            calendar::REMINDER => {
                let minutes = text(reader, tag)?;
                // Some say "none" with a word or a negative number.
                self.reminder = minutes.trim().parse().ok().into();
            }
            calendar::CATEGORIES => self.categories = Some(texts(reader, calendar::CATEGORY)?),
            calendar::MEETING_STATUS => self.meeting_status = Some(number(reader, tag)?),
            air_sync_base::BODY => self.body = Some(Body::read(reader)?),
            air_sync_base::NATIVE_BODY_TYPE => {
                self.native_body_type = BodyType::from_number(number(reader, tag)?);
            }
            air_sync_base::ATTACHMENTS => self.read_attachments(reader)?,
            calendar::RECURRENCE => self.recurrence = read_recurrence(reader)?,
            calendar::RESPONSE_REQUESTED => self.response_requested = Some(boolean(reader, tag)?),
            calendar::APPOINTMENT_REPLY_TIME => self.reply_time = moment_or_none(reader, tag)?,
            calendar::RESPONSE_TYPE => self.response_type = Some(number(reader, tag)?),
            calendar::DISALLOW_NEW_TIME_PROPOSAL => {
                self.disallow_new_time_proposal = Some(boolean(reader, tag)?);
            }
            calendar::ONLINE_MEETING_CONF_LINK => self.conference_link = Some(text(reader, tag)?),
            calendar::ONLINE_MEETING_EXTERNAL_LINK => {
                self.external_link = Some(text(reader, tag)?);
            }
            _ => return old.take(reader, tag),
        }
        Ok(true)
    }

    /// What is told, or what is changed.
    fn read_attachments(&mut self, reader: &mut Reader<'_>) -> Result<(), Malformed> {
        while let Some(tag) = reader.child()? {
            if self.attachments.len().max(self.attachment_changes.len()) >= MAX_ATTACHMENTS {
                reader.skip()?;
            } else if tag == air_sync_base::ATTACHMENT {
                self.attachments.push(Attachment::read(reader)?);
            } else {
                match AttachmentChange::read(reader, tag)? {
                    Some(change) => self.attachment_changes.push(change),
                    None => reader.skip()?,
                }
            }
        }
        Ok(())
    }

    /// Writes what an event and an exception may have.
    fn write(&self, writer: &mut Writer, version: ProtocolVersion) {
        let structured = version >= ProtocolVersion::V16_0;
        write_boolean(writer, calendar::ALL_DAY_EVENT, self.all_day);
        if let Some(zone) = &self.time_zone {
            write_base64(writer, calendar::TIMEZONE, zone);
        }
        write_compact(writer, calendar::DT_STAMP, self.stamp);
        write_compact(writer, calendar::START_TIME, self.start);
        write_compact(writer, calendar::END_TIME, self.end);
        write_text(writer, calendar::SUBJECT, self.subject.as_ref());
        match &self.location {
            Said::Nothing => {}
            Said::Empty if structured => Location::default().write(writer),
            Said::Empty => writer.empty(calendar::LOCATION),
            Said::Value(location) if structured => location.write(writer),
            Said::Value(location) => {
                write_text(writer, calendar::LOCATION, location.display_name.as_ref());
            }
        }
        write_text(writer, calendar::UID, self.uid.as_ref());
        if structured {
            write_text(writer, calendar::CLIENT_UID, self.client_uid.as_ref());
        }
        match self.reminder {
            Said::Nothing => {}
            Said::Empty => writer.empty(calendar::REMINDER),
            Said::Value(minutes) => writer.number(calendar::REMINDER, minutes),
        }
        write_text(
            writer,
            calendar::ORGANIZER_NAME,
            self.organizer_name.as_ref(),
        );
        write_text(
            writer,
            calendar::ORGANIZER_EMAIL,
            self.organizer_email.as_ref(),
        );
        if let Some(attendees) = &self.attendees {
            attendee::write_all(attendees, writer);
        }
        // Working elsewhere is unknown before 16.0: people there can be met.
        let busy = self.busy_status.map(|status| match status {
            4.. if !structured => 0,
            status => status,
        });
        write_number(writer, calendar::BUSY_STATUS, busy);
        write_number(writer, calendar::SENSITIVITY, self.sensitivity);
        write_list(
            writer,
            calendar::CATEGORIES,
            calendar::CATEGORY,
            self.categories.as_deref(),
        );
        write_number(writer, calendar::MEETING_STATUS, self.meeting_status);
        match &self.body {
            Some(body) if version == ProtocolVersion::V2_5 => write_old_body(writer, body),
            Some(body) => body.write(writer),
            None => {}
        }
        if version != ProtocolVersion::V2_5 {
            let native = self.native_body_type.map(|kind| kind as u8);
            write_number(writer, air_sync_base::NATIVE_BODY_TYPE, native);
        }
        if structured && !(self.attachments.is_empty() && self.attachment_changes.is_empty()) {
            writer.start(air_sync_base::ATTACHMENTS);
            for attachment in &self.attachments {
                attachment.write(writer);
            }
            for change in &self.attachment_changes {
                change.write(writer);
            }
            writer.end();
        }
        match &self.recurrence {
            Said::Nothing => {}
            Said::Empty => writer.empty(calendar::RECURRENCE),
            Said::Value(recurrence) => {
                writer.start(calendar::RECURRENCE);
                recurrence.write(writer, &recurrence::CALENDAR);
                writer.end();
            }
        }
        if version >= ProtocolVersion::V14_0 {
            write_boolean(
                writer,
                calendar::RESPONSE_REQUESTED,
                self.response_requested,
            );
            write_compact(writer, calendar::APPOINTMENT_REPLY_TIME, self.reply_time);
            write_number(writer, calendar::RESPONSE_TYPE, self.response_type);
            write_boolean(
                writer,
                calendar::DISALLOW_NEW_TIME_PROPOSAL,
                self.disallow_new_time_proposal,
            );
        }
        if version >= ProtocolVersion::V14_1 {
            write_text(
                writer,
                calendar::ONLINE_MEETING_CONF_LINK,
                self.conference_link.as_ref(),
            );
            write_text(
                writer,
                calendar::ONLINE_MEETING_EXTERNAL_LINK,
                self.external_link.as_ref(),
            );
        }
    }
}

/// Nothing in it makes the event a single one (16.x).
fn read_recurrence(reader: &mut Reader<'_>) -> Result<Said<Recurrence>, Malformed> {
    let mut recurrence = Recurrence::default();
    let mut anything = false;
    while let Some(tag) = reader.child()? {
        anything = true;
        if !recurrence.take(reader, tag, &recurrence::CALENDAR)? {
            reader.skip()?;
        }
    }
    Ok(anything.then_some(recurrence).into())
}

/// The body of 2.5, whose elements are siblings among the other properties.
#[derive(Debug, Default)]
struct OldBody {
    data: Option<String>,
    truncated: bool,
}

impl OldBody {
    fn take(&mut self, reader: &mut Reader<'_>, tag: Tag) -> Result<bool, Malformed> {
        match tag {
            calendar::BODY => self.data = Some(text(reader, tag)?),
            calendar::BODY_TRUNCATED => self.truncated = boolean(reader, tag)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn into_body(self) -> Option<Body> {
        let body = Body::whole(BodyType::Plain, self.data?);
        Some(Body {
            truncated: self.truncated,
            ..body
        })
    }
}

/// An empty body is a single blank, as phones of that time expect (REFERENCE.md 10.2).
fn write_old_body(writer: &mut Writer, body: &Body) {
    let data = body.data.as_deref().unwrap_or_default();
    writer.text(calendar::BODY, if data.is_empty() { " " } else { data });
    writer.boolean(calendar::BODY_TRUNCATED, body.truncated);
}

#[cfg(test)]
mod tests;
