//! The small reading and writing steps that all messages are made of.
//!
//! Reading steps know the element they are in, so that a fault can name it.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::base64_stream::Base64Stream;
use super::malformed::{Malformed, SchemaFault, SchemaFaultKind};
use super::moment::Moment;
use crate::wbxml::{Reader, Tag, Writer};

pub(super) const fn schema_fault(offset: usize, element: Tag, kind: SchemaFaultKind) -> Malformed {
    Malformed::Schema(SchemaFault {
        offset,
        element: Some(element),
        kind,
    })
}

/// Starts on a document whose root must be `root`.
pub(super) fn open(body: &[u8], root: Tag) -> Result<Reader<'_>, Malformed> {
    let mut reader = Reader::new(body)?;
    let found = reader.root()?;
    if found == root {
        Ok(reader)
    } else {
        Err(schema_fault(reader.offset(), found, SchemaFaultKind::Root))
    }
}

/// The value of an element that must be there.
pub(super) fn required<T>(
    value: Option<T>,
    reader: &Reader<'_>,
    element: Tag,
) -> Result<T, Malformed> {
    value.ok_or_else(|| schema_fault(reader.offset(), element, SchemaFaultKind::Missing))
}

pub(super) fn text(reader: &mut Reader<'_>, tag: Tag) -> Result<String, Malformed> {
    Ok(reader
        .text()
        .map_err(|fault| named(fault, tag))?
        .into_owned())
}

/// Characters of an identifier, in every schema.
const MAX_ID: usize = 64;

/// An identifier that a client sends back to us. A longer one is none of ours, and an answer that
/// names it would not be valid (T13).
pub(super) fn identifier(reader: &mut Reader<'_>, tag: Tag) -> Result<String, Malformed> {
    let offset = reader.offset();
    let id = text(reader, tag)?;
    if id.chars().nth(MAX_ID).is_some() {
        return Err(schema_fault(offset, tag, SchemaFaultKind::TooLong));
    }
    Ok(id)
}

pub(super) fn number<T: FromStr>(reader: &mut Reader<'_>, tag: Tag) -> Result<T, Malformed> {
    reader.number().map_err(|fault| named(fault, tag))
}

/// A number that is capped where it does not fit: sizes and counts a client exaggerates.
pub(super) fn capped(reader: &mut Reader<'_>, tag: Tag) -> Result<u32, Malformed> {
    let value: u64 = number(reader, tag)?;
    Ok(u32::try_from(value).unwrap_or(u32::MAX))
}

pub(super) fn boolean(reader: &mut Reader<'_>, tag: Tag) -> Result<bool, Malformed> {
    reader.boolean().map_err(|fault| named(fault, tag))
}

/// A value out of a closed set, by its number.
pub(super) fn choice<T>(
    reader: &mut Reader<'_>,
    tag: Tag,
    from: impl FnOnce(u8) -> Option<T>,
) -> Result<T, Malformed> {
    let offset = reader.offset();
    from(number(reader, tag)?).ok_or_else(|| schema_fault(offset, tag, SchemaFaultKind::Word))
}

pub(super) fn moment(reader: &mut Reader<'_>, tag: Tag) -> Result<Moment, Malformed> {
    let offset = reader.offset();
    let text = reader.text().map_err(|fault| named(fault, tag))?;
    Moment::parse(&text).ok_or_else(|| schema_fault(offset, tag, SchemaFaultKind::Moment))
}

/// A moment; an empty element is "no date".
pub(super) fn moment_or_none(
    reader: &mut Reader<'_>,
    tag: Tag,
) -> Result<Option<Moment>, Malformed> {
    let offset = reader.offset();
    let text = reader.text().map_err(|fault| named(fault, tag))?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    Moment::parse(&text)
        .map(Some)
        .ok_or_else(|| schema_fault(offset, tag, SchemaFaultKind::Moment))
}

/// Every child's text, as for Categories; children of other names are passed over.
pub(super) fn texts(reader: &mut Reader<'_>, wanted: Tag) -> Result<Vec<String>, Malformed> {
    let mut values = Vec::new();
    while let Some(tag) = reader.child()? {
        if tag == wanted {
            values.push(text(reader, tag)?);
        } else {
            reader.skip()?;
        }
    }
    Ok(values)
}

/// A value that travels as base64 text; line breaks in it are ignored.
pub(super) fn base64_bytes(reader: &mut Reader<'_>, tag: Tag) -> Result<Vec<u8>, Malformed> {
    let offset = reader.offset();
    let mut value = reader
        .bytes()
        .map_err(|fault| named(fault, tag))?
        .into_owned();
    value.retain(|byte| !byte.is_ascii_whitespace());
    STANDARD
        .decode(&value)
        .map_err(|_| schema_fault(offset, tag, SchemaFaultKind::Base64))
}

pub(super) fn write_text(writer: &mut Writer, tag: Tag, value: Option<&String>) {
    if let Some(value) = value {
        writer.text(tag, value);
    }
}

pub(super) fn write_number(writer: &mut Writer, tag: Tag, value: Option<impl Into<u64>>) {
    if let Some(value) = value {
        writer.number(tag, value);
    }
}

pub(super) fn write_boolean(writer: &mut Writer, tag: Tag, value: Option<bool>) {
    if let Some(value) = value {
        writer.boolean(tag, value);
    }
}

pub(super) fn write_separated(writer: &mut Writer, tag: Tag, value: Option<Moment>) {
    if let Some(value) = value {
        writer.text(tag, &value.to_separated());
    }
}

pub(super) fn write_compact(writer: &mut Writer, tag: Tag, value: Option<Moment>) {
    if let Some(value) = value {
        writer.text(tag, &value.to_compact());
    }
}

pub(super) fn write_base64(writer: &mut Writer, tag: Tag, value: &[u8]) {
    writer.text(tag, &STANDARD.encode(value));
}

/// Base64 of octets that come in pieces of any size, into an open text value.
#[derive(Debug, Default)]
pub(super) struct Base64Pieces(Base64Stream);

/// Octets encoded at a time: three quarters of a 16 KB buffer.
const BASE64_CHUNK: usize = 12_288;

impl Base64Pieces {
    pub(super) fn write(&mut self, writer: &mut Writer, octets: &[u8]) {
        let mut text = String::new();
        for chunk in octets.chunks(BASE64_CHUNK) {
            text.clear();
            self.0.push(chunk, &mut text);
            writer.text_piece(&text);
        }
    }

    /// Writes what is left; the next value may begin.
    pub(super) fn finish(&mut self, writer: &mut Writer) {
        let mut text = String::new();
        self.0.finish(&mut text);
        writer.text_piece(&text);
    }
}

/// A list of texts in an element of its own; an empty one is written as such.
pub(super) fn write_list(writer: &mut Writer, list: Tag, entry: Tag, values: Option<&[String]>) {
    let Some(values) = values else { return };
    if values.is_empty() {
        writer.empty(list);
        return;
    }
    writer.start(list);
    for value in values {
        writer.text(entry, value);
    }
    writer.end();
}

/// A present-or-absent element.
pub(super) fn write_mark(writer: &mut Writer, tag: Tag, present: bool) {
    if present {
        writer.empty(tag);
    }
}

fn named(fault: crate::wbxml::Fault, tag: Tag) -> Malformed {
    match Malformed::from(fault) {
        Malformed::Schema(fault) => Malformed::Schema(SchemaFault {
            element: Some(tag),
            ..fault
        }),
        other => other,
    }
}
