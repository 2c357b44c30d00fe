//! The follow-up flag on the wire: Email:Flag with its Tasks elements ([MS-ASEMAIL] 2.2.2.34).

use super::FollowUp;
use crate::eas::Malformed;
use crate::eas::fields::{
    boolean, moment_or_none, number, text, write_boolean, write_separated, write_text,
};
use crate::wbxml::{Reader, Writer, email, tasks};

impl FollowUp {
    /// Reads the children of Flag; an empty Flag is a cleared one.
    pub(in crate::eas) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut flag = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                email::STATUS => flag.status = number(reader, tag)?,
                email::FLAG_TYPE => flag.flag_type = Some(text(reader, tag)?),
                email::COMPLETE_TIME => flag.complete_time = moment_or_none(reader, tag)?,
                tasks::DATE_COMPLETED => flag.date_completed = moment_or_none(reader, tag)?,
                tasks::START_DATE => flag.start_date = moment_or_none(reader, tag)?,
                tasks::DUE_DATE => flag.due_date = moment_or_none(reader, tag)?,
                tasks::UTC_START_DATE => flag.utc_start_date = moment_or_none(reader, tag)?,
                tasks::UTC_DUE_DATE => flag.utc_due_date = moment_or_none(reader, tag)?,
                tasks::REMINDER_SET => flag.reminder_set = Some(boolean(reader, tag)?),
                tasks::REMINDER_TIME => flag.reminder_time = moment_or_none(reader, tag)?,
                tasks::SUBJECT => flag.subject = Some(text(reader, tag)?),
                tasks::ORDINAL_DATE => flag.ordinal_date = moment_or_none(reader, tag)?,
                tasks::SUB_ORDINAL_DATE => flag.sub_ordinal_date = Some(text(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(flag)
    }

    /// Writes Flag; a cleared one is an empty element, whatever else it holds.
    pub(in crate::eas) fn write(&self, writer: &mut Writer) {
        if self.status == 0 {
            writer.empty(email::FLAG);
            return;
        }
        writer.start(email::FLAG);
        writer.number(email::STATUS, self.status);
        write_text(writer, email::FLAG_TYPE, self.flag_type.as_ref());
        write_separated(writer, email::COMPLETE_TIME, self.complete_time);
        write_text(writer, tasks::SUBJECT, self.subject.as_ref());
        write_separated(writer, tasks::DATE_COMPLETED, self.date_completed);
        write_separated(writer, tasks::START_DATE, self.start_date);
        write_separated(writer, tasks::DUE_DATE, self.due_date);
        write_separated(writer, tasks::UTC_START_DATE, self.utc_start_date);
        write_separated(writer, tasks::UTC_DUE_DATE, self.utc_due_date);
        write_boolean(writer, tasks::REMINDER_SET, self.reminder_set);
        write_separated(writer, tasks::REMINDER_TIME, self.reminder_time);
        write_separated(writer, tasks::ORDINAL_DATE, self.ordinal_date);
        write_text(
            writer,
            tasks::SUB_ORDINAL_DATE,
            self.sub_ordinal_date.as_ref(),
        );
        writer.end();
    }
}
