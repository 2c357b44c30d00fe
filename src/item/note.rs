//! A note as a phone sees it: VJOURNAL to EAS and back (REFERENCE 11.5). See [`super::object`].
//! Notes in a mailbox are [`mail`].

pub mod mail;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::notes::Note;
use airgate_codec::eas::{Moment, Raw};
use airgate_codec::vobject::{Component, ComponentId, ContentLine, Document, Stamp};
use jiff::Timestamp;

use super::legal::legalise;
use super::merge::{Merged, Wish, hash, merge};
use super::object::{
    Base, Created, Digest, Edit, Edited, Manner, Refused, Rendered, Span, Supported, Unreadable,
};
use super::object_body::{Texts, body_hash};
use super::object_categories;
use super::stamp::{civil, moment};
use super::timezone::{Zone, Zones};

/// The class of every note.
pub const MESSAGE_CLASS: &str = "IPM.StickyNote";

/// Properties by number, as [`Digest`] keeps them: never used for anything else.
const SUBJECT: u8 = 1;
const BODY: u8 = 2;
const CATEGORIES: u8 = 3;

/// See [`super::object::render`].
///
/// # Errors
/// There is no VJOURNAL in it, or too much (T19).
pub fn render(text: &[u8], manner: &Manner<'_>) -> Result<Rendered, Unreadable> {
    let document = Document::parse(text).map_err(|error| Unreadable(error.to_string()))?;
    let journal = Journal::read(&document, manner)?;
    let note = journal.tell(manner);
    Ok(Rendered {
        data: note.to_raw(manner.version),
        digest: digest(&note),
        span: Span::Endless,
        renew: None,
    })
}

/// See [`super::object::stub`].
pub fn stub(name: &str, manner: &Manner<'_>) -> Rendered {
    let texts = Texts {
        plain: "The note is kept on the server as it is, but cannot be shown here.".to_owned(),
        html: None,
    };
    let note = Note {
        subject: Some(format!("Unreadable note ({name})")),
        body: Some(texts.told(manner.bodies)),
        message_class: Some(MESSAGE_CLASS.to_owned()),
        last_modified: Some(manner.now),
        categories: None,
    };
    Rendered {
        data: note.to_raw(manner.version),
        digest: Digest::of_stub(),
        span: Span::Endless,
        renew: None,
    }
}

/// See [`super::object::edit`].
///
/// # Errors
/// Values that cannot be (status 6); a change of one occurrence, of which notes have none.
pub fn edit(
    text: &[u8],
    edit: Edit<'_>,
    base: &Base<'_>,
    manner: &Manner<'_>,
) -> Result<Edited, Refused> {
    let Edit::Whole(data) = edit else {
        return Err(Refused::conversion("a note has no occurrences to name"));
    };
    let said = said(data)?;
    let mut document = Document::parse(text).map_err(|error| refused(&error))?;
    let journal = Journal::read(&document, manner).map_err(|error| refused(&error))?;
    let present = digest(&journal.tell(manner));
    let mut wishes = wishes(&said);
    for (property, wish) in &mut wishes {
        let told = base.told.unwrap_or(&present).get(*property);
        match *property {
            // Absent categories are deleted ones ([MS-ASNOTE] 3.2.5.3), in 16.x unchanged (S12). Before
            // 14.0 there are no words for notes: nothing said means nothing.
            CATEGORIES
                if *wish == Wish::Nothing
                    && (ProtocolVersion::V14_0..ProtocolVersion::V16_0)
                        .contains(&manner.version) =>
            {
                *wish = Wish::Gone;
            }
            BODY => {
                if told == present.get(BODY)
                    && let Some(body) = &said.body
                    && journal.texts.says_the_same(body)
                    && let Some(same) = told
                {
                    *wish = Wish::Is(same);
                }
            }
            _ => {}
        }
    }
    let mut merged = merge(base, &present, wishes);
    journal.apply(&mut document, &said, &merged, manner)?;
    let changed = *document.to_bytes() != *text;
    if changed {
        touch(&mut document, journal.id, manner.now)?;
    }
    Ok(Edited {
        changed,
        lost: merged.lost,
        holds: holds(&document, &said, &mut merged, manner)?,
        text: document.to_bytes().to_vec(),
        answer: Raw::default(),
    })
}

/// See [`super::object::create`].
///
/// # Errors
/// Values that cannot be (status 6).
pub fn create(data: &Raw, uid: &str, manner: &Manner<'_>) -> Result<Created, Refused> {
    let said = said(data)?;
    let mut document = Document::parse(EMPTY).map_err(|error| refused(&error))?;
    let journal = Journal::read(&document, manner).map_err(|error| refused(&error))?;
    let now = stamp_of(manner.now);
    for line in [
        ContentLine::new("UID").text(uid),
        ContentLine::new("DTSTAMP").raw(&now),
        ContentLine::new("CREATED").raw(&now),
        ContentLine::new("LAST-MODIFIED").raw(&now),
        // What lists of journals are sorted by.
        ContentLine::new("DTSTART").raw(&now),
    ] {
        document
            .insert(journal.id, &line)
            .map_err(|error| refused(&error))?;
    }
    let nothing = Digest::default();
    let base = Base {
        told: Some(&nothing),
        supported: &Supported::Nothing,
        client_wins: true,
    };
    let mut merged = merge(&base, &nothing, wishes(&said));
    journal.apply(&mut document, &said, &merged, manner)?;
    let mut holds = holds(&document, &said, &mut merged, manner)?;
    // What a phone does not say of a note of its own it has as it is by default.
    let after = Journal::read(&document, manner).map_err(|error| refused(&error))?;
    let after = digest(&after.tell(manner));
    for (property, wish) in wishes(&said) {
        if let (Wish::Nothing, Some(hash)) = (wish, after.get(property)) {
            holds.set(property, hash);
        }
    }
    Ok(Created {
        text: document.to_bytes().to_vec(),
        uid: uid.to_owned(),
        holds,
        answer: Raw::default(),
    })
}

/// What a new note is written into.
const EMPTY: &[u8] = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Airgate//Airgate//EN\r\n\
    BEGIN:VJOURNAL\r\nEND:VJOURNAL\r\nEND:VCALENDAR\r\n";

/// A note taken apart.
struct Journal {
    id: ComponentId,
    subject: String,
    texts: Texts,
    categories: Vec<String>,
    modified: Moment,
}

impl Journal {
    fn read(document: &Document, manner: &Manner<'_>) -> Result<Self, Unreadable> {
        let nothing = || Unreadable("there is no VJOURNAL in it".to_owned());
        let calendar = document.component("VCALENDAR").ok_or_else(nothing)?;
        let journal = calendar
            .components()
            .find(|component| component.name() == "VJOURNAL")
            .ok_or_else(nothing)?;
        let zones = Zones::read(&calendar, manner.zone.clone());
        let summary = journal.property("SUMMARY");
        Ok(Self {
            id: journal.id(),
            subject: summary.map_or_else(String::new, |text| legalise(text.text())),
            texts: Texts::read(&journal),
            categories: object_categories::read(&journal),
            modified: modified(&journal, &zones),
        })
    }

    fn tell(&self, manner: &Manner<'_>) -> Note {
        Note {
            subject: Some(self.subject.clone()),
            body: Some(self.texts.told(manner.bodies)),
            message_class: Some(MESSAGE_CLASS.to_owned()),
            last_modified: Some(self.modified),
            categories: Some(self.categories.clone()),
        }
    }

    fn apply(
        &self,
        document: &mut Document,
        said: &Note,
        merged: &Merged,
        manner: &Manner<'_>,
    ) -> Result<(), Refused> {
        if merged.applies(SUBJECT) {
            let subject = legalise(said.subject.clone().unwrap_or_default());
            document
                .set(self.id, "SUMMARY", |line| line.text(subject.trim()))
                .map_err(|error| refused(&error))?;
        }
        if merged.applies(BODY)
            && let Some(body) = &said.body
        {
            let told = self.texts.told(manner.bodies);
            let texts = self.texts.changed(&told, body);
            let texts = texts.map_err(|error| refused(&error))?;
            texts
                .write(document, self.id)
                .map_err(|error| refused(&error))?;
        }
        if merged.applies(CATEGORIES) {
            let wanted = object_categories::clean(said.categories.clone().unwrap_or_default());
            object_categories::write(document, self.id, &wanted)
                .map_err(|error| refused(&error))?;
        }
        Ok(())
    }
}

/// When a note was changed last; required in every answer.
fn modified(journal: &Component<'_>, zones: &Zones) -> Moment {
    let at = ["LAST-MODIFIED", "DTSTAMP", "CREATED", "DTSTART"]
        .into_iter()
        .find_map(|name| {
            let stamp = Stamp::parse(journal.property(name)?.value())?;
            match stamp {
                Stamp::Utc(..) => Zone::UTC.instant(civil(stamp)),
                _ => zones.own().instant(civil(stamp)),
            }
        });
    moment(at.unwrap_or(Timestamp::UNIX_EPOCH))
}

fn touch(document: &mut Document, id: ComponentId, now: Moment) -> Result<(), Refused> {
    let now = stamp_of(now);
    for name in ["DTSTAMP", "LAST-MODIFIED"] {
        document
            .set(id, name, |line| line.raw(&now))
            .map_err(|error| refused(&error))?;
    }
    Ok(())
}

fn stamp_of(now: Moment) -> String {
    now.to_compact()
}

/// Reads what a phone says; a class that is no note's is refused (status 6).
fn said(data: &Raw) -> Result<Note, Refused> {
    let note = Note::from_raw(data).map_err(|error| refused(&error))?;
    check_class(&note)?;
    Ok(note)
}

/// Whether the note is of a note's class ([MS-ASNOTE] 2.2.2.5).
fn check_class(note: &Note) -> Result<(), Refused> {
    let class = note.message_class.as_deref().unwrap_or(MESSAGE_CLASS);
    let is_note = class.get(..MESSAGE_CLASS.len()).is_some_and(|start| {
        let rest = class.get(MESSAGE_CLASS.len()..).unwrap_or_default();
        start.eq_ignore_ascii_case(MESSAGE_CLASS) && (rest.is_empty() || rest.starts_with('.'))
    });
    if is_note {
        return Ok(());
    }
    Err(Refused::conversion("MessageClass is not that of a note"))
}

fn refused(why: &dyn std::fmt::Display) -> Refused {
    Refused::conversion(why.to_string())
}

fn digest(note: &Note) -> Digest {
    let mut digest = Digest::default();
    for (property, wish) in wishes(note) {
        if let Wish::Is(hash) = wish {
            digest.set(property, hash);
        }
    }
    digest
}

fn wishes(note: &Note) -> [(u8, Wish); 3] {
    let subject = note.subject.clone().map(legalise);
    let categories = note.categories.clone().map(object_categories::clean);
    [
        (
            SUBJECT,
            subject.map_or(Wish::Nothing, |text| Wish::Is(hash(text.trim()))),
        ),
        (
            BODY,
            note.body
                .as_ref()
                .map_or(Wish::Nothing, |body| Wish::Is(body_hash(body))),
        ),
        (
            CATEGORIES,
            match categories {
                None => Wish::Nothing,
                Some(list) if list.is_empty() => Wish::Gone,
                Some(list) => Wish::Is(hash(&list.join("\n"))),
            },
        ),
    ]
}

/// What the phone holds after its change: a text it said in full it does not hold cut off.
fn holds(
    document: &Document,
    said: &Note,
    merged: &mut Merged,
    manner: &Manner<'_>,
) -> Result<Digest, Refused> {
    let mut holds = std::mem::take(&mut merged.holds);
    if merged.applies(BODY)
        && let Some(body) = &said.body
    {
        let after = Journal::read(document, manner).map_err(|error| refused(&error))?;
        if after.texts.says_the_same(body) {
            holds.set(BODY, body_hash(&after.texts.told(manner.bodies)));
        }
    }
    Ok(holds)
}

#[cfg(test)]
mod tests;
