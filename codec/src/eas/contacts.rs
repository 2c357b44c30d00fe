//! The Contacts class ([MS-ASCNTC]): one contact as a phone says it and is told it.

mod field;

use std::collections::BTreeMap;

use super::email::Body;
use super::fields::{
    base64_bytes, moment_or_none, number, text, texts, write_base64, write_list, write_number,
};
use super::old_body::{self, OldBody, OldBodyTags};
use super::{Malformed, Moment, Raw, Said};
use crate::ProtocolVersion;
use crate::wbxml::{Reader, Tag, Writer, air_sync, air_sync_base, contacts};

pub use field::Field;

/// The properties of one contact. What is not in [`Contact::texts`], `None` and [`Said::Nothing`]
/// are "not said": the writer leaves the element out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contact {
    /// All properties that are a line of text; an empty one was said empty.
    pub texts: BTreeMap<Field, String>,
    pub birthday: Said<Moment>,
    pub anniversary: Said<Moment>,
    /// `Some` and empty clears them.
    pub categories: Option<Vec<String>>,
    /// `Some` and empty clears them.
    pub children: Option<Vec<String>>,
    /// The octets of an image; `Some` and empty is an empty element, which not all phones mean.
    pub picture: Option<Vec<u8>>,
    pub body: Option<Body>,
    /// How often the recipient was written to, in the recipient information cache (14.0).
    pub weighted_rank: Option<i32>,
}

impl Contact {
    /// Reads the properties of a contact.
    ///
    /// # Errors
    /// A value of the wrong type.
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

    /// What was said of a text.
    pub fn text(&self, field: Field) -> Option<&str> {
        self.texts.get(&field).map(String::as_str)
    }

    fn read_properties(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut contact = Self::default();
        let mut old = OldBody::default();
        while let Some(tag) = reader.child()? {
            match tag {
                contacts::BIRTHDAY => contact.birthday = moment_or_none(reader, tag)?.into(),
                contacts::ANNIVERSARY => contact.anniversary = moment_or_none(reader, tag)?.into(),
                contacts::CATEGORIES => {
                    contact.categories = Some(texts(reader, contacts::CATEGORY)?);
                }
                contacts::CHILDREN => contact.children = Some(texts(reader, contacts::CHILD)?),
                contacts::PICTURE => contact.picture = Some(base64_bytes(reader, tag)?),
                contacts::WEIGHTED_RANK => contact.weighted_rank = Some(number(reader, tag)?),
                air_sync_base::BODY => contact.body = Some(Body::read(reader)?),
                _ if old.take(reader, tag, &OLD_BODY)? => {}
                _ => match Field::of(tag) {
                    Some(field) => {
                        contact.texts.insert(field, text(reader, tag)?);
                    }
                    None => reader.skip()?,
                },
            }
        }
        if contact.body.is_none() {
            contact.body = old.into_body();
        }
        Ok(contact)
    }

    fn write_properties(&self, writer: &mut Writer) {
        for (field, value) in &self.texts {
            writer.text(field.tag(), value);
        }
        write_moment(writer, contacts::BIRTHDAY, self.birthday);
        write_moment(writer, contacts::ANNIVERSARY, self.anniversary);
        let categories = self.categories.as_deref();
        write_list(writer, contacts::CATEGORIES, contacts::CATEGORY, categories);
        let children = self.children.as_deref();
        write_list(writer, contacts::CHILDREN, contacts::CHILD, children);
        match self.picture.as_deref() {
            Some([]) => writer.empty(contacts::PICTURE),
            Some(octets) => write_base64(writer, contacts::PICTURE, octets),
            None => {}
        }
        match (&self.body, writer.version()) {
            (Some(body), Some(ProtocolVersion::V2_5)) => old_body::write(writer, body, &OLD_BODY),
            (Some(body), _) => body.write(writer),
            (None, _) => {}
        }
        write_number(
            writer,
            contacts::WEIGHTED_RANK,
            self.weighted_rank.and_then(|rank| u32::try_from(rank).ok()),
        );
    }
}

const OLD_BODY: OldBodyTags = OldBodyTags {
    body: contacts::BODY,
    size: Some(contacts::BODY_SIZE),
    truncated: contacts::BODY_TRUNCATED,
};

fn write_moment(writer: &mut Writer, tag: Tag, value: Said<Moment>) {
    match value {
        Said::Value(moment) => writer.text(tag, &moment.to_separated()),
        Said::Empty => writer.empty(tag),
        Said::Nothing => {}
    }
}

#[cfg(test)]
mod tests;
