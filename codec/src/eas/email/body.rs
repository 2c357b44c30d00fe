//! Bodies and attachments on the wire ([MS-ASAIRS] 2.2.2.9, 2.2.2.10, 2.2.2.8), and the forms that
//! stood in the Email namespace up to 2.5.

use super::{Attachment, Body, BodyPart, BodyType};
use crate::eas::Malformed;
use crate::eas::fields::{boolean, choice, number, required, text, write_number, write_text};
use crate::wbxml::{Reader, Tag, Writer, air_sync_base, email, item_operations};

/// BodyPart's Status when the part is there.
const BODY_PART_COMPLETE: u8 = 1;
/// BodyPart's Status when there is too much to find the part in.
const BODY_PART_TOO_LARGE: u8 = 176;

impl Body {
    /// A whole body.
    pub fn whole(kind: BodyType, data: impl Into<String>) -> Self {
        let data = data.into();
        Self {
            kind,
            estimated_size: u64::try_from(data.len()).unwrap_or(u64::MAX),
            truncated: false,
            data: Some(data),
            preview: None,
            part: None,
        }
    }

    /// Reads the children of Body.
    pub(in crate::eas) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Self::read_with_status(reader).map(|(body, _)| body)
    }

    /// Reads the children of Body or BodyPart, and the Status that only BodyPart has.
    fn read_with_status(reader: &mut Reader<'_>) -> Result<(Self, Option<u8>), Malformed> {
        let mut status = None;
        let (mut kind, mut size, mut truncated) = (None, None, false);
        let (mut data, mut preview, mut part) = (None, None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync_base::TYPE => kind = Some(choice(reader, tag, BodyType::from_number)?),
                air_sync_base::ESTIMATED_DATA_SIZE => size = Some(number(reader, tag)?),
                air_sync_base::TRUNCATED => truncated = boolean(reader, tag)?,
                air_sync_base::DATA => data = Some(text(reader, tag)?),
                air_sync_base::PREVIEW => preview = Some(text(reader, tag)?),
                item_operations::PART => part = Some(number(reader, tag)?),
                air_sync_base::STATUS => status = Some(number(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        let body = Self {
            kind: required(kind, reader, air_sync_base::TYPE)?,
            estimated_size: size.unwrap_or_else(|| length(data.as_ref())),
            truncated,
            data,
            preview,
            part,
        };
        Ok((body, status))
    }

    /// Writes Body, as 12.0 and later know it. Truncated only when true: Windows Phone 8 stops at
    /// a 0.
    pub(in crate::eas) fn write(&self, writer: &mut Writer) {
        writer.start(air_sync_base::BODY);
        self.write_content(writer);
        writer.end();
    }

    fn write_content(&self, writer: &mut Writer) {
        writer.number(air_sync_base::TYPE, self.kind as u8);
        writer.number(
            air_sync_base::ESTIMATED_DATA_SIZE,
            fitting(self.estimated_size),
        );
        if self.truncated {
            writer.boolean(air_sync_base::TRUNCATED, true);
        }
        write_text(writer, air_sync_base::DATA, self.data.as_ref());
        write_number(writer, item_operations::PART, self.part);
        write_text(writer, air_sync_base::PREVIEW, self.preview.as_ref());
    }

    /// Writes the body in the Email namespace, for 2.5. An empty one becomes a single space, as
    /// phones of that time expect.
    pub(in crate::eas) fn write_2_5(&self, writer: &mut Writer) {
        let data = self.data.as_deref().unwrap_or_default();
        let size = fitting(self.estimated_size);
        if self.kind == BodyType::Mime {
            writer.boolean(email::MIME_TRUNCATED, self.truncated);
            writer.number(email::MIME_SIZE, size);
            writer.text(email::MIME_DATA, data);
            return;
        }
        writer.boolean(email::BODY_TRUNCATED, self.truncated);
        writer.number(email::BODY_SIZE, size);
        writer.text(email::BODY, if data.is_empty() { " " } else { data });
    }
}

impl BodyPart {
    /// Reads the children of BodyPart.
    pub(in crate::eas) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (body, status) = Body::read_with_status(reader)?;
        let too_large = status == Some(BODY_PART_TOO_LARGE);
        Ok(Self { too_large, body })
    }

    /// Writes BodyPart.
    pub(in crate::eas) fn write(&self, writer: &mut Writer) {
        writer.start(air_sync_base::BODY_PART);
        let status = if self.too_large {
            BODY_PART_TOO_LARGE
        } else {
            BODY_PART_COMPLETE
        };
        writer.number(air_sync_base::STATUS, status);
        self.body.write_content(writer);
        writer.end();
    }
}

/// What of a 2.5 body came along so far: its elements are siblings among the other properties.
#[derive(Debug, Default)]
pub(in crate::eas) struct SiblingBody {
    kind: Option<BodyType>,
    data: Option<String>,
    size: Option<u64>,
    truncated: bool,
}

impl SiblingBody {
    /// Takes the element if it is one of the body's; says whether it was.
    pub(in crate::eas) fn take(
        &mut self,
        reader: &mut Reader<'_>,
        tag: Tag,
    ) -> Result<bool, Malformed> {
        match tag {
            email::BODY | email::MIME_DATA => self.data = Some(text(reader, tag)?),
            email::BODY_SIZE | email::MIME_SIZE => self.size = Some(number(reader, tag)?),
            email::BODY_TRUNCATED | email::MIME_TRUNCATED => {
                self.truncated = boolean(reader, tag)?;
            }
            _ => return Ok(false),
        }
        self.kind = Some(match tag {
            email::MIME_DATA | email::MIME_SIZE | email::MIME_TRUNCATED => BodyType::Mime,
            _ => self.kind.unwrap_or(BodyType::Plain),
        });
        Ok(true)
    }

    pub(in crate::eas) fn into_body(self) -> Option<Body> {
        Some(Body {
            kind: self.kind?,
            estimated_size: self.size.unwrap_or_else(|| length(self.data.as_ref())),
            truncated: self.truncated,
            data: self.data,
            preview: None,
            part: None,
        })
    }
}

impl Attachment {
    /// Reads the children of Attachment, in either namespace.
    pub(in crate::eas) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut attachment = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync_base::DISPLAY_NAME | email::DISPLAY_NAME => {
                    attachment.display_name = text(reader, tag)?;
                }
                air_sync_base::FILE_REFERENCE | email::ATT_NAME => {
                    attachment.file_reference = text(reader, tag)?;
                }
                air_sync_base::CLIENT_ID => attachment.client_id = Some(text(reader, tag)?),
                air_sync_base::METHOD | email::ATT_METHOD => {
                    attachment.method = number(reader, tag)?;
                }
                air_sync_base::ESTIMATED_DATA_SIZE | email::ATT_SIZE => {
                    attachment.estimated_size = number(reader, tag)?;
                }
                air_sync_base::CONTENT_ID | email::ATT_OID => {
                    attachment.content_id = Some(text(reader, tag)?);
                }
                air_sync_base::CONTENT_LOCATION => {
                    attachment.content_location = Some(text(reader, tag)?);
                }
                air_sync_base::IS_INLINE => attachment.is_inline = boolean(reader, tag)?,
                _ => reader.skip()?,
            }
        }
        Ok(attachment)
    }

    /// Writes Attachment, as 12.0 and later know it.
    pub(in crate::eas) fn write(&self, writer: &mut Writer) {
        writer.start(air_sync_base::ATTACHMENT);
        writer.text(air_sync_base::DISPLAY_NAME, &self.display_name);
        writer.text(air_sync_base::FILE_REFERENCE, &self.file_reference);
        write_text(writer, air_sync_base::CLIENT_ID, self.client_id.as_ref());
        writer.number(air_sync_base::METHOD, self.method);
        writer.number(
            air_sync_base::ESTIMATED_DATA_SIZE,
            fitting(self.estimated_size),
        );
        write_text(writer, air_sync_base::CONTENT_ID, self.content_id.as_ref());
        write_text(
            writer,
            air_sync_base::CONTENT_LOCATION,
            self.content_location.as_ref(),
        );
        if self.is_inline {
            writer.boolean(air_sync_base::IS_INLINE, true);
        }
        writer.end();
    }

    /// Writes Attachment in the Email namespace, for 2.5.
    pub(in crate::eas) fn write_2_5(&self, writer: &mut Writer) {
        writer.start(email::ATTACHMENT);
        writer.text(email::ATT_NAME, &self.file_reference);
        writer.number(email::ATT_SIZE, fitting(self.estimated_size));
        writer.number(email::ATT_METHOD, self.method);
        writer.text(email::DISPLAY_NAME, &self.display_name);
        writer.end();
    }
}

/// Sizes are unsigned 32-bit numbers on the wire.
fn fitting(size: u64) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

fn length(data: Option<&String>) -> u64 {
    data.map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX))
}
