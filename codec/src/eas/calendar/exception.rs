//! Occurrences that differ from their series ([MS-ASCAL] 2.2.2.20).

use super::{Event, MAX_EXCEPTIONS, OldBody};
use crate::ProtocolVersion;
use crate::eas::fields::{boolean, moment, write_compact};
use crate::eas::{Malformed, Moment};
use crate::wbxml::{Reader, Writer, air_sync_base, calendar};

/// One occurrence that differs: what is not said it has from the series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exception {
    /// When it would begin: ExceptionStartTime, from 16.0 on InstanceId.
    pub at: Option<Moment>,
    pub deleted: bool,
    /// Never has exceptions, a recurrence, a UID or a zone of its own.
    pub changes: Event,
}

/// Reads the children of Exceptions. Nothing nests further (T18).
pub(super) fn read_all(reader: &mut Reader<'_>) -> Result<Vec<Exception>, Malformed> {
    let mut exceptions = Vec::new();
    while let Some(tag) = reader.child()? {
        if tag != calendar::EXCEPTION || exceptions.len() >= MAX_EXCEPTIONS {
            reader.skip()?;
            continue;
        }
        let mut exception = Exception::default();
        let mut old = OldBody::default();
        while let Some(tag) = reader.child()? {
            match tag {
                calendar::EXCEPTION_START_TIME | air_sync_base::INSTANCE_ID => {
                    exception.at = Some(moment(reader, tag)?);
                }
                calendar::DELETED => exception.deleted = boolean(reader, tag)?,
                calendar::EXCEPTIONS | calendar::RECURRENCE => reader.skip()?,
                _ if exception.changes.take(reader, &mut old, tag)? => {}
                _ => reader.skip()?,
            }
        }
        exception.changes.settle(old);
        exceptions.push(exception);
    }
    Ok(exceptions)
}

pub(super) fn write_all(exceptions: &[Exception], writer: &mut Writer, version: ProtocolVersion) {
    if exceptions.is_empty() {
        return;
    }
    writer.start(calendar::EXCEPTIONS);
    for exception in exceptions.iter().take(MAX_EXCEPTIONS) {
        writer.start(calendar::EXCEPTION);
        if version >= ProtocolVersion::V16_0 {
            write_compact(writer, air_sync_base::INSTANCE_ID, exception.at);
        } else {
            write_compact(writer, calendar::EXCEPTION_START_TIME, exception.at);
        }
        if exception.deleted {
            writer.number(calendar::DELETED, 1_u8);
        }
        exception.changes.write(writer, version);
        writer.end();
    }
    writer.end();
}
