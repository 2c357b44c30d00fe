//! The Tasks class ([MS-ASTASK]): one task as a phone says it and is told it.

use super::email::{Body, BodyType};
use super::fields::{
    boolean, moment, moment_or_none, number, text, texts, write_number, write_separated, write_text,
};
use super::malformed::SchemaFaultKind;
use super::recurrence::{self, Recurrence};
use super::{Malformed, Moment, Raw, Said, fields};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Tag, Writer, air_sync, air_sync_base, tasks};

/// The properties of one task. `None` and [`Said::Nothing`] are "not said": the writer leaves the
/// element out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    pub subject: Option<String>,
    pub body: Option<Body>,
    /// 0 low, 1 normal, 2 high. Others arrive as they are.
    pub importance: Option<u8>,
    /// Real UTC.
    pub utc_start: Said<Moment>,
    /// The user's wall-clock time, written as if it were UTC.
    pub start: Said<Moment>,
    pub utc_due: Said<Moment>,
    pub due: Said<Moment>,
    /// `Some` and empty clears them.
    pub categories: Option<Vec<String>>,
    pub recurrence: Said<TaskRecurrence>,
    /// 0 or 1; others arrive as they are.
    pub complete: Option<u8>,
    pub date_completed: Said<Moment>,
    /// 0 normal, 1 personal, 2 private, 3 confidential.
    pub sensitivity: Option<u8>,
    pub reminder_time: Said<Moment>,
    /// 0 or 1; others arrive as they are: they are answered with Sync status 6.
    pub reminder_set: Option<u8>,
    /// From 12.0 on, what lists are sorted by.
    pub ordinal_date: Said<Moment>,
    pub sub_ordinal_date: Option<String>,
}

/// How a task repeats ([MS-ASTASK] 2.2.2.18).
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct TaskRecurrence {
    pub rule: Recurrence,
    /// The first instance. Its absence in a request is answered with Sync status 6.
    pub start: Option<Moment>,
    /// The next one is counted from the completion of the last.
    pub regenerate: bool,
    /// This is one that was completed, split off its series.
    pub dead_occurrence: bool,
}

impl Task {
    /// Reads the properties of a task.
    ///
    /// # Errors
    /// A value of the wrong type, or a recurrence without Type.
    pub fn from_raw(raw: &Raw) -> Result<Self, Malformed> {
        let document = raw.to_document(air_sync::APPLICATION_DATA);
        let mut reader = Reader::new(&document)?;
        reader.root()?;
        Self::read_properties(&mut reader)
    }

    /// The properties as that version has them.
    pub fn to_raw(&self, version: ProtocolVersion) -> Raw {
        Raw::written(version, |writer| self.write_properties(writer))
    }

    fn read_properties(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut task = Self::default();
        let mut old = OldBody::default();
        while let Some(tag) = reader.child()? {
            match tag {
                tasks::SUBJECT => task.subject = Some(text(reader, tag)?),
                tasks::IMPORTANCE => task.importance = Some(number(reader, tag)?),
                tasks::UTC_START_DATE => task.utc_start = moment_or_none(reader, tag)?.into(),
                tasks::START_DATE => task.start = moment_or_none(reader, tag)?.into(),
                tasks::UTC_DUE_DATE => task.utc_due = moment_or_none(reader, tag)?.into(),
                tasks::DUE_DATE => task.due = moment_or_none(reader, tag)?.into(),
                tasks::CATEGORIES => task.categories = Some(texts(reader, tasks::CATEGORY)?),
                tasks::RECURRENCE => task.recurrence = TaskRecurrence::read(reader)?,
                tasks::COMPLETE => task.complete = Some(number(reader, tag)?),
                tasks::DATE_COMPLETED => task.date_completed = moment_or_none(reader, tag)?.into(),
                tasks::SENSITIVITY => task.sensitivity = Some(number(reader, tag)?),
                tasks::REMINDER_TIME => task.reminder_time = moment_or_none(reader, tag)?.into(),
                tasks::REMINDER_SET => task.reminder_set = Some(number(reader, tag)?),
                tasks::ORDINAL_DATE => task.ordinal_date = moment_or_none(reader, tag)?.into(),
                tasks::SUB_ORDINAL_DATE => task.sub_ordinal_date = Some(text(reader, tag)?),
                air_sync_base::BODY => task.body = Some(Body::read(reader)?),
                _ if old.take(reader, tag)? => {}
                _ => reader.skip()?,
            }
        }
        if task.body.is_none() {
            task.body = old.into_body();
        }
        Ok(task)
    }

    fn write_properties(&self, writer: &mut Writer) {
        match (&self.body, writer.version()) {
            (Some(body), Some(ProtocolVersion::V2_5)) => write_old_body(writer, body),
            (Some(body), _) => body.write(writer),
            (None, _) => {}
        }
        write_text(writer, tasks::SUBJECT, self.subject.as_ref());
        write_number(writer, tasks::IMPORTANCE, self.importance);
        write_moment(writer, tasks::UTC_START_DATE, self.utc_start);
        write_moment(writer, tasks::START_DATE, self.start);
        write_moment(writer, tasks::UTC_DUE_DATE, self.utc_due);
        write_moment(writer, tasks::DUE_DATE, self.due);
        fields::write_list(
            writer,
            tasks::CATEGORIES,
            tasks::CATEGORY,
            self.categories.as_deref(),
        );
        match &self.recurrence {
            Said::Value(recurrence) => recurrence.write(writer),
            Said::Empty => writer.empty(tasks::RECURRENCE),
            Said::Nothing => {}
        }
        write_number(writer, tasks::COMPLETE, self.complete);
        write_moment(writer, tasks::DATE_COMPLETED, self.date_completed);
        write_number(writer, tasks::SENSITIVITY, self.sensitivity);
        write_moment(writer, tasks::REMINDER_TIME, self.reminder_time);
        write_number(writer, tasks::REMINDER_SET, self.reminder_set);
        if writer.version() != Some(ProtocolVersion::V2_5) {
            write_moment(writer, tasks::ORDINAL_DATE, self.ordinal_date);
            write_text(
                writer,
                tasks::SUB_ORDINAL_DATE,
                self.sub_ordinal_date.as_ref(),
            );
        }
    }
}

impl TaskRecurrence {
    /// Reads the children of Recurrence, of which Type must be one; nothing at all clears it.
    fn read(reader: &mut Reader<'_>) -> Result<Said<Self>, Malformed> {
        let mut recurrence = Self::default();
        let (mut anything, mut kind) = (false, false);
        while let Some(tag) = reader.child()? {
            anything = true;
            kind |= tag == tasks::TYPE;
            match tag {
                tasks::START => recurrence.start = Some(moment(reader, tag)?),
                tasks::REGENERATE => recurrence.regenerate = boolean(reader, tag)?,
                tasks::DEAD_OCCUR => recurrence.dead_occurrence = boolean(reader, tag)?,
                _ if recurrence.rule.take(reader, tag, &recurrence::TASKS)? => {}
                _ => reader.skip()?,
            }
        }
        if anything && !kind {
            let at = reader.offset();
            return Err(fields::schema_fault(
                at,
                tasks::TYPE,
                SchemaFaultKind::Missing,
            ));
        }
        Ok(anything.then_some(recurrence).into())
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(tasks::RECURRENCE);
        self.rule.write(writer, &recurrence::TASKS);
        write_separated(writer, tasks::START, self.start);
        write_number(writer, tasks::REGENERATE, self.regenerate.then_some(1_u8));
        write_number(
            writer,
            tasks::DEAD_OCCUR,
            self.dead_occurrence.then_some(1_u8),
        );
        writer.end();
    }
}

/// The body of 2.5, whose elements are siblings among the other properties.
#[derive(Debug, Default)]
struct OldBody {
    data: Option<String>,
    size: Option<u64>,
    truncated: bool,
}

impl OldBody {
    fn take(&mut self, reader: &mut Reader<'_>, tag: Tag) -> Result<bool, Malformed> {
        match tag {
            tasks::BODY => self.data = Some(text(reader, tag)?),
            tasks::BODY_SIZE => self.size = Some(number(reader, tag)?),
            tasks::BODY_TRUNCATED => self.truncated = boolean(reader, tag)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn into_body(self) -> Option<Body> {
        let body = Body::whole(BodyType::Plain, self.data?);
        Some(Body {
            estimated_size: self.size.unwrap_or(body.estimated_size),
            truncated: self.truncated,
            ..body
        })
    }
}

/// An empty body is a single blank, as phones of that time expect (REFERENCE.md 10.2).
fn write_old_body(writer: &mut Writer, body: &Body) {
    let data = body.data.as_deref().unwrap_or_default();
    writer.text(tasks::BODY, if data.is_empty() { " " } else { data });
    let size = u32::try_from(body.estimated_size).unwrap_or(u32::MAX);
    writer.number(tasks::BODY_SIZE, size);
    writer.boolean(tasks::BODY_TRUNCATED, body.truncated);
}

fn write_moment(writer: &mut Writer, tag: Tag, value: Said<Moment>) {
    match value {
        Said::Value(moment) => writer.text(tag, &moment.to_separated()),
        Said::Empty => writer.empty(tag),
        Said::Nothing => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse(text).expect("a moment")
    }

    fn full() -> Task {
        Task {
            subject: Some("Water the plants".into()),
            body: Some(Body::whole(BodyType::Plain, "all of them\r\n")),
            importance: Some(2),
            utc_start: Said::Value(at("2026-03-01T23:00:00.000Z")),
            start: Said::Value(at("2026-03-02T00:00:00.000Z")),
            utc_due: Said::Value(at("2026-03-03T23:00:00.000Z")),
            due: Said::Value(at("2026-03-04T00:00:00.000Z")),
            categories: Some(vec!["Home".into(), "Später".into()]),
            recurrence: Said::Value(TaskRecurrence {
                rule: Recurrence {
                    kind: 1,
                    interval: Some(2),
                    until: Some(at("2026-12-31T00:00:00.000Z")),
                    day_of_week: Some(2),
                    ..Recurrence::default()
                },
                start: Some(at("2026-03-02T00:00:00.000Z")),
                regenerate: true,
                dead_occurrence: false,
            }),
            complete: Some(1),
            date_completed: Said::Value(at("2026-03-04T10:00:00.000Z")),
            sensitivity: Some(2),
            reminder_time: Said::Value(at("2026-03-04T08:00:00.000Z")),
            reminder_set: Some(1),
            ordinal_date: Said::Value(at("2026-03-01T10:00:00.000Z")),
            sub_ordinal_date: Some("5".into()),
        }
    }

    #[test]
    fn a_task_survives_in_every_version() {
        for version in ProtocolVersion::ALL {
            let mut expected = full();
            if version == ProtocolVersion::V2_5 {
                expected.ordinal_date = Said::Nothing;
                expected.sub_ordinal_date = None;
            }
            let raw = expected.to_raw(version);
            assert_eq!(Task::from_raw(&raw), Ok(expected), "{version}");
        }
    }

    #[test]
    fn absent_empty_and_set_are_three_things() {
        let nothing = Task::from_raw(&Task::default().to_raw(ProtocolVersion::V16_1));
        assert_eq!(nothing, Ok(Task::default()));
        let empty = Task {
            subject: Some(String::new()),
            categories: Some(Vec::new()),
            due: Said::Empty,
            recurrence: Said::Empty,
            ..Task::default()
        };
        let read = Task::from_raw(&empty.to_raw(ProtocolVersion::V16_1));
        assert_eq!(read, Ok(empty));
    }

    #[test]
    fn a_recurrence_without_type_is_no_recurrence() {
        let raw = Raw::written(ProtocolVersion::V14_1, |writer| {
            writer.start(tasks::RECURRENCE);
            writer.number(tasks::INTERVAL, 1_u8);
            writer.end();
        });
        assert!(Task::from_raw(&raw).is_err());
    }

    #[test]
    fn dates_come_in_either_form() {
        let raw = Raw::written(ProtocolVersion::V14_1, |writer| {
            writer.text(tasks::DUE_DATE, "20260304T000000Z");
        });
        let due = Task::from_raw(&raw).map(|task| task.due);
        assert_eq!(due, Ok(Said::Value(at("2026-03-04T00:00:00.000Z"))));
    }
}
