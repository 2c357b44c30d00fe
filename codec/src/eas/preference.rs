//! How a client wants bodies: AirSyncBase BodyPreference and BodyPartPreference ([MS-ASAIRS] 2.2.2.12).

use super::Malformed;
use super::email::BodyType;
use super::fields::{boolean, capped, choice, required, write_number};
use crate::wbxml::{Reader, Tag, Writer, air_sync_base};

/// One body preference. A client lists up to four, best first; two of one kind are a protocol error
/// that the reader leaves for the command to see.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BodyPreference {
    pub kind: BodyType,
    /// Octets of the UTF-8 data at most; `None` is no limit.
    pub truncation_size: Option<u32>,
    /// Rather nothing than a truncated body of this kind.
    pub all_or_none: bool,
    /// Characters of a plain-text preview, at most 255.
    pub preview: Option<u32>,
}

impl BodyPreference {
    /// A preference for the whole body of that kind.
    pub const fn of(kind: BodyType) -> Self {
        Self {
            kind,
            truncation_size: None,
            all_or_none: false,
            preview: None,
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut kind, mut truncation_size, mut preview) = (None, None, None);
        let mut all_or_none = false;
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync_base::TYPE => kind = Some(choice(reader, tag, BodyType::from_number)?),
                air_sync_base::TRUNCATION_SIZE => truncation_size = Some(capped(reader, tag)?),
                air_sync_base::ALL_OR_NONE => all_or_none = boolean(reader, tag)?,
                air_sync_base::PREVIEW => preview = Some(capped(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            kind: required(kind, reader, air_sync_base::TYPE)?,
            truncation_size,
            all_or_none,
            preview,
        })
    }

    /// Writes it as `element`: BodyPreference or BodyPartPreference.
    pub(super) fn write(&self, writer: &mut Writer, element: Tag) {
        writer.start(element);
        writer.number(air_sync_base::TYPE, self.kind as u8);
        write_number(writer, air_sync_base::TRUNCATION_SIZE, self.truncation_size);
        if self.all_or_none {
            writer.boolean(air_sync_base::ALL_OR_NONE, true);
        }
        write_number(writer, air_sync_base::PREVIEW, self.preview);
        writer.end();
    }
}
