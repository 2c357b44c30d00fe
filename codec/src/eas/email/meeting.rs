//! MeetingRequest: what a phone shows of an invitation, an answer or a cancellation beside the
//! mail's own text ([MS-ASEMAIL] 2.2.2.48, REFERENCE.md 11.1.2).

use crate::ProtocolVersion;
use crate::eas::Malformed;
use crate::eas::compose_mail::Forwardee;
use crate::eas::fields::{
    base64_bytes, boolean, moment, number, required, text, write_base64, write_boolean,
    write_compact, write_number, write_separated, write_text,
};
use crate::eas::location::Location;
use crate::eas::moment::Moment;
use crate::eas::recurrence::{self, Recurrence};
use crate::wbxml::{
    Reader, Writer, air_sync_base, calendar, compose_mail, email, email2, meeting_response,
};

/// The meeting a mail is about. `None` is "not said".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeetingRequest {
    pub all_day: Option<bool>,
    pub start: Option<Moment>,
    pub stamp: Moment,
    pub end: Option<Moment>,
    /// 0 single, 1 series, 2 one occurrence, 3 an exception, 4 an occurrence without its series
    /// (16.0 and later).
    pub instance_type: Option<u8>,
    /// Before 16.0 only its display name goes out.
    pub location: Option<Location>,
    pub organizer: Option<String>,
    /// The original start of an occurrence.
    pub recurrence_id: Option<Moment>,
    /// Seconds before the start: elsewhere reminders are minutes.
    pub reminder: Option<u16>,
    pub response_requested: Option<bool>,
    pub recurrence: Option<Recurrence>,
    /// 0 normal, 1 personal, 2 private, 3 confidential.
    pub sensitivity: Option<u8>,
    /// 0 free, 1 tentative, 2 busy, 3 out of office, 4 elsewhere (16.0 and later).
    pub busy_status: Option<u8>,
    /// A [`crate::zone::ZoneBlob`].
    pub time_zone: Vec<u8>,
    /// Up to 14.1.
    pub global_object_id: Option<Vec<u8>>,
    pub disallow_new_time_proposal: Option<bool>,
    /// From 14.1 on: 0 unspecified, 1 initial, 2 full update, 3 informational update.
    pub message_type: Option<u8>,
    /// From 16.0 on, instead of the global object id.
    pub uid: Option<String>,
    /// 16.1: the time that an attendee proposes.
    pub proposed_start: Option<Moment>,
    pub proposed_end: Option<Moment>,
    /// 16.1.
    pub forwardees: Vec<Forwardee>,
}

impl MeetingRequest {
    /// Reads the children of the current element, whose end is consumed.
    pub(in crate::eas) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut meeting = Self::default();
        let mut stamp = None;
        while let Some(tag) = reader.child()? {
            match tag {
                email::ALL_DAY_EVENT => meeting.all_day = Some(boolean(reader, tag)?),
                email::START_TIME => meeting.start = Some(moment(reader, tag)?),
                email::DT_STAMP => stamp = Some(moment(reader, tag)?),
                email::END_TIME => meeting.end = Some(moment(reader, tag)?),
                email::INSTANCE_TYPE => meeting.instance_type = Some(number(reader, tag)?),
                email::LOCATION => meeting.location = Some(Location::named(text(reader, tag)?)),
                air_sync_base::LOCATION => meeting.location = Some(Location::read(reader)?),
                email::ORGANIZER => meeting.organizer = Some(text(reader, tag)?),
                email::RECURRENCE_ID => meeting.recurrence_id = Some(moment(reader, tag)?),
                email::REMINDER => meeting.reminder = Some(number(reader, tag)?),
                email::RESPONSE_REQUESTED => {
                    meeting.response_requested = Some(boolean(reader, tag)?);
                }
                email::RECURRENCES => meeting.recurrence = read_recurrences(reader)?,
                email::SENSITIVITY => meeting.sensitivity = Some(number(reader, tag)?),
                email::BUSY_STATUS => meeting.busy_status = Some(number(reader, tag)?),
                email::TIME_ZONE => meeting.time_zone = base64_bytes(reader, tag)?,
                email::GLOBAL_OBJ_ID => meeting.global_object_id = Some(base64_bytes(reader, tag)?),
                email::DISALLOW_NEW_TIME_PROPOSAL => {
                    meeting.disallow_new_time_proposal = Some(boolean(reader, tag)?);
                }
                email2::MEETING_MESSAGE_TYPE => meeting.message_type = Some(number(reader, tag)?),
                calendar::UID => meeting.uid = Some(text(reader, tag)?),
                meeting_response::PROPOSED_START_TIME => {
                    meeting.proposed_start = Some(moment(reader, tag)?);
                }
                meeting_response::PROPOSED_END_TIME => {
                    meeting.proposed_end = Some(moment(reader, tag)?);
                }
                compose_mail::FORWARDEES => meeting.forwardees = Forwardee::read_all(reader)?,
                _ => reader.skip()?,
            }
        }
        meeting.stamp = required(stamp, reader, email::DT_STAMP)?;
        Ok(meeting)
    }

    /// Writes the element, in the order of Microsoft's schema and as the writer's version has it.
    pub(in crate::eas) fn write(&self, writer: &mut Writer) {
        let structured = writer
            .version()
            .is_none_or(|version| version >= ProtocolVersion::V16_0);
        writer.start(email::MEETING_REQUEST);
        write_boolean(writer, email::ALL_DAY_EVENT, self.all_day);
        write_separated(writer, email::START_TIME, self.start);
        write_separated(writer, email::DT_STAMP, Some(self.stamp));
        write_separated(writer, email::END_TIME, self.end);
        // An occurrence without its series is unknown before 16.0: there it is one of a series.
        let instance_type = self.instance_type.map(|kind| match kind {
            4.. if !structured => 3,
            kind => kind,
        });
        write_number(writer, email::INSTANCE_TYPE, instance_type);
        match &self.location {
            Some(location) if structured => location.write(writer),
            Some(location) => write_text(writer, email::LOCATION, location.display_name.as_ref()),
            None => {}
        }
        write_text(writer, email::ORGANIZER, self.organizer.as_ref());
        write_separated(writer, email::RECURRENCE_ID, self.recurrence_id);
        write_number(writer, email::REMINDER, self.reminder);
        write_boolean(writer, email::RESPONSE_REQUESTED, self.response_requested);
        if let Some(recurrence) = &self.recurrence {
            writer.start(email::RECURRENCES);
            writer.start(email::RECURRENCE);
            recurrence.write(writer, &recurrence::EMAIL);
            writer.end();
            writer.end();
        }
        write_number(writer, email::SENSITIVITY, self.sensitivity);
        // Working elsewhere is unknown before 16.0: people there can be met.
        let busy_status = self.busy_status.map(|status| match status {
            4.. if !structured => 0,
            status => status,
        });
        write_number(writer, email::BUSY_STATUS, busy_status);
        write_base64(writer, email::TIME_ZONE, &self.time_zone);
        // The schema wants one of the two ids, even if there is nothing to say.
        let id = self.global_object_id.as_deref().unwrap_or_default();
        write_base64(writer, email::GLOBAL_OBJ_ID, id);
        write_boolean(
            writer,
            email::DISALLOW_NEW_TIME_PROPOSAL,
            self.disallow_new_time_proposal,
        );
        write_number(writer, email2::MEETING_MESSAGE_TYPE, self.message_type);
        if structured {
            // The tag is as old as the protocol, its place here is not.
            writer.text(calendar::UID, self.uid.as_deref().unwrap_or_default());
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
        if writer
            .version()
            .is_none_or(|version| version >= ProtocolVersion::V16_1)
        {
            Forwardee::write_all(&self.forwardees, writer);
        }
        writer.end();
    }
}

fn read_recurrences(reader: &mut Reader<'_>) -> Result<Option<Recurrence>, Malformed> {
    let mut recurrence = None;
    while let Some(tag) = reader.child()? {
        match tag {
            email::RECURRENCE => {
                recurrence = Some(Recurrence::read(reader, &recurrence::EMAIL)?);
            }
            _ => reader.skip()?,
        }
    }
    Ok(recurrence)
}
