//! A task as a phone sees it: VTODO to EAS and back (REFERENCE 11.4). See [`super::object`].
//!
//! The fact one would not guess: a series is at its present instance in EAS and at its first one in
//! iCalendar, so most of what is here is about which one is meant (`series`).

mod alarm;
mod patch;
mod property;
mod read;
mod series;
mod when;

use airgate_codec::eas::Raw;
use airgate_codec::eas::tasks::Task;
use airgate_codec::vobject::{ContentLine, Document};

use self::read::Todo;
use self::series::utc_stamp;
use super::merge::{Merged, merge};
use super::object::{
    Base, Created, Digest, Edit, Edited, Manner, Refused, Rendered, Span, Supported, Unreadable,
};
use super::object_body::{Texts, body_hash};

/// See [`super::object::render`].
///
/// # Errors
/// There is no VTODO in it, or too much (T19).
pub fn render(text: &[u8], manner: &Manner<'_>) -> Result<Rendered, Unreadable> {
    let document = Document::parse(text).map_err(|error| Unreadable(error.to_string()))?;
    let todo = Todo::read(&document, manner.zone)?;
    let (task, digest) = todo.tell(&document, manner);
    Ok(Rendered {
        data: task.to_raw(manner.version),
        digest,
        span: if todo.complete {
            Span::Done
        } else {
            Span::Endless
        },
        renew: None,
    })
}

/// See [`super::object::stub`].
pub fn stub(name: &str, manner: &Manner<'_>) -> Rendered {
    let texts = Texts {
        plain: "The task is kept on the server as it is, but cannot be shown here.".to_owned(),
        html: None,
    };
    let task = Task {
        subject: Some(format!("Unreadable task ({name})")),
        body: Some(texts.told(manner.bodies)),
        importance: Some(1),
        complete: Some(0),
        sensitivity: Some(0),
        reminder_set: Some(0),
        ..Task::default()
    };
    Rendered {
        data: task.to_raw(manner.version),
        digest: Digest::of_stub(),
        span: Span::Endless,
        renew: None,
    }
}

/// See [`super::object::edit`].
///
/// # Errors
/// Values that cannot be (status 6); a change of one occurrence, of which tasks have none.
pub fn edit(
    text: &[u8],
    edit: Edit<'_>,
    base: &Base<'_>,
    manner: &Manner<'_>,
) -> Result<Edited, Refused> {
    let Edit::Whole(data) = edit else {
        return Err(Refused::conversion("a task has no occurrences to name"));
    };
    let task = said(data)?;
    let mut document = Document::parse(text).map_err(|error| refused(&error))?;
    let todo = Todo::read(&document, manner.zone).map_err(|error| refused(&error))?;
    property::check(&task, &todo.own)?;
    let (_, present) = todo.tell(&document, manner);
    let wishes = property::wishes(&task, &todo, &present, base, manner.version);
    let mut merged = merge(base, &present, wishes);
    patch::apply(&mut document, &todo, &task, &merged, manner)?;
    let changed = *document.to_bytes() != *text;
    if changed {
        patch::touch(&mut document, todo.id, manner.now).map_err(patch::Fault::from)?;
    }
    Ok(Edited {
        changed,
        lost: merged.lost,
        holds: holds(&document, &task, &mut merged, manner)?,
        text: document.to_bytes().to_vec(),
        answer: Raw::default(),
    })
}

/// See [`super::object::create`].
///
/// # Errors
/// Values that cannot be (status 6).
pub fn create(data: &Raw, uid: &str, manner: &Manner<'_>) -> Result<Created, Refused> {
    let too_much = |_| Refused::conversion("too much for one object");
    let mut document = Document::parse(EMPTY).map_err(|error| refused(&error))?;
    let todo = Todo::read(&document, manner.zone).map_err(|error| refused(&error))?;
    let task = said(data)?;
    property::check(&task, &todo.own)?;
    let now = utc_stamp(
        jiff::Timestamp::from_millisecond(manner.now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH),
    )
    .to_string();
    let lines = [
        ContentLine::new("UID").text(uid),
        ContentLine::new("DTSTAMP").raw(&now),
        ContentLine::new("CREATED").raw(&now),
        ContentLine::new("LAST-MODIFIED").raw(&now),
    ];
    for line in &lines {
        document.insert(todo.id, line).map_err(too_much)?;
    }
    let nothing = Digest::default();
    let base = Base {
        told: Some(&nothing),
        supported: &Supported::Nothing,
        client_wins: true,
    };
    let wishes = property::wishes(&task, &todo, &nothing, &base, manner.version);
    let mut merged = merge(&base, &nothing, wishes);
    patch::apply(&mut document, &todo, &task, &merged, manner)?;
    let mut holds = holds(&document, &task, &mut merged, manner)?;
    // What a phone does not say of a task of its own it has as it is by default.
    let after = Todo::read(&document, manner.zone).map_err(|error| refused(&error))?;
    property::hold_defaults(&task, &after.tell(&document, manner).1, &after, &mut holds);
    Ok(Created {
        text: document.to_bytes().to_vec(),
        uid: uid.to_owned(),
        holds,
        answer: Raw::default(),
    })
}

/// What a new task is written into.
const EMPTY: &[u8] = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Airgate//Airgate//EN\r\n\
    BEGIN:VTODO\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";

fn said(data: &Raw) -> Result<Task, Refused> {
    Task::from_raw(data).map_err(|error| refused(&error))
}

fn refused(why: &dyn std::fmt::Display) -> Refused {
    Refused::conversion(why.to_string())
}

/// What the phone holds after its change: a text it said in full it does not hold cut off, although
/// it would be told so.
fn holds(
    document: &Document,
    task: &Task,
    merged: &mut Merged,
    manner: &Manner<'_>,
) -> Result<Digest, Refused> {
    let mut holds = std::mem::take(&mut merged.holds);
    property::hold_sides(task, |property| merged.applies(property), &mut holds);
    if merged.applies(property::BODY)
        && let Some(body) = &task.body
    {
        let after = Todo::read(document, manner.zone).map_err(|error| refused(&error))?;
        if after.texts.says_the_same(body) {
            let told = after.texts.told(manner.bodies);
            holds.set(property::BODY, body_hash(&told));
        }
    }
    Ok(holds)
}

#[cfg(test)]
mod tests;
