//! The Notes class ([MS-ASNOTE], 14.0 and later): one note as a phone says it and is told it.

use super::email::Body;
use super::fields::{moment, text, texts, write_compact, write_list, write_text};
use super::{Malformed, Moment, Raw};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Writer, air_sync, air_sync_base, notes};

/// The properties of one note. `None` is "not said": the writer leaves the element out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Note {
    pub subject: Option<String>,
    pub body: Option<Body>,
    /// `IPM.StickyNote`; others are answered with Sync status 6.
    pub message_class: Option<String>,
    /// What a client says here is passed over by the server.
    pub last_modified: Option<Moment>,
    /// `Some` and empty clears them.
    pub categories: Option<Vec<String>>,
}

impl Note {
    /// Reads the properties of a note.
    ///
    /// # Errors
    /// A value of the wrong type.
    pub fn from_raw(raw: &Raw) -> Result<Self, Malformed> {
        let document = raw.to_document(air_sync::APPLICATION_DATA);
        let mut reader = Reader::new(&document)?;
        reader.root()?;
        let mut note = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                notes::SUBJECT => note.subject = Some(text(&mut reader, tag)?),
                notes::MESSAGE_CLASS => note.message_class = Some(text(&mut reader, tag)?),
                notes::LAST_MODIFIED_DATE => {
                    note.last_modified = Some(moment(&mut reader, tag)?);
                }
                notes::CATEGORIES => {
                    note.categories = Some(texts(&mut reader, notes::CATEGORY)?);
                }
                air_sync_base::BODY => note.body = Some(Body::read(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        Ok(note)
    }

    /// The properties as that version has them; nothing below 14.0.
    pub fn to_raw(&self, version: ProtocolVersion) -> Raw {
        if version < ProtocolVersion::V14_0 {
            return Raw::default();
        }
        Raw::written(version, |writer| self.write_properties(writer))
    }

    fn write_properties(&self, writer: &mut Writer) {
        write_text(writer, notes::SUBJECT, self.subject.as_ref());
        if let Some(body) = &self.body {
            body.write(writer);
        }
        write_text(writer, notes::MESSAGE_CLASS, self.message_class.as_ref());
        write_compact(writer, notes::LAST_MODIFIED_DATE, self.last_modified);
        write_list(
            writer,
            notes::CATEGORIES,
            notes::CATEGORY,
            self.categories.as_deref(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eas::email::BodyType;

    #[test]
    fn a_note_survives_from_14_0_on() {
        let note = Note {
            subject: Some("Shopping".into()),
            body: Some(Body::whole(BodyType::Html, "<p>milk</p>")),
            message_class: Some("IPM.StickyNote".into()),
            last_modified: Moment::parse("20260301T100000Z"),
            categories: Some(vec!["Yellow Category".into()]),
        };
        for version in ProtocolVersion::ALL {
            let expected = if version < ProtocolVersion::V14_0 {
                Note::default()
            } else {
                note.clone()
            };
            let raw = note.to_raw(version);
            assert_eq!(Note::from_raw(&raw), Ok(expected), "{version}");
        }
    }

    #[test]
    fn absent_and_empty_are_two_things() {
        let empty = Note {
            categories: Some(Vec::new()),
            subject: Some(String::new()),
            ..Note::default()
        };
        for note in [empty, Note::default()] {
            let raw = note.to_raw(ProtocolVersion::V14_1);
            assert_eq!(Note::from_raw(&raw), Ok(note));
        }
    }
}
