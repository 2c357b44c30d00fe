//! Who is invited ([MS-ASCAL] 2.2.2.4).

use crate::ProtocolVersion;
use crate::eas::Malformed;
use crate::eas::fields::{number, text, write_number};
use crate::wbxml::{Reader, Writer, calendar};

/// One who is invited.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attendee {
    pub email: String,
    pub name: String,
    /// From 12.0 on: 0 unknown, 2 tentative, 3 accepted, 4 declined, 5 not responded. Clients of
    /// 16.x do not say it.
    pub status: Option<u8>,
    /// From 12.0 on: 1 required, 2 optional, 3 a resource.
    pub kind: Option<u8>,
}

/// Attendees of one event that are read.
pub(super) const MAX_ATTENDEES: usize = 2000;

/// Reads the children of Attendees. One without an address is left out: some clients send it where
/// they changed another (REFERENCE.md 12, quirk 41).
pub(super) fn read_all(reader: &mut Reader<'_>) -> Result<Vec<Attendee>, Malformed> {
    let mut attendees = Vec::new();
    while let Some(tag) = reader.child()? {
        if tag != calendar::ATTENDEE || attendees.len() >= MAX_ATTENDEES {
            reader.skip()?;
            continue;
        }
        let mut attendee = Attendee::default();
        while let Some(tag) = reader.child()? {
            match tag {
                calendar::EMAIL => attendee.email = text(reader, tag)?,
                calendar::NAME => attendee.name = text(reader, tag)?,
                calendar::ATTENDEE_STATUS => attendee.status = Some(number(reader, tag)?),
                calendar::ATTENDEE_TYPE => attendee.kind = Some(number(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        if !attendee.email.trim().is_empty() {
            attendees.push(attendee);
        }
    }
    Ok(attendees)
}

pub(super) fn write_all(attendees: &[Attendee], writer: &mut Writer) {
    if attendees.is_empty() {
        writer.empty(calendar::ATTENDEES);
        return;
    }
    let with_status = writer.version() != Some(ProtocolVersion::V2_5);
    writer.start(calendar::ATTENDEES);
    for attendee in attendees {
        writer.start(calendar::ATTENDEE);
        writer.text(calendar::EMAIL, &attendee.email);
        writer.text(calendar::NAME, &attendee.name);
        if with_status {
            write_number(writer, calendar::ATTENDEE_STATUS, attendee.status);
            write_number(writer, calendar::ATTENDEE_TYPE, attendee.kind);
        }
        writer.end();
    }
    writer.end();
}
