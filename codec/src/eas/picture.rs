//! Photos in answers from the directory: what a client asks, and what it gets. Search, Find, GAL and
//! ResolveRecipients have the same elements on different code pages.

use super::Malformed;
use super::fields::{capped, number, required, write_number};
use crate::wbxml::{Reader, Tag, Writer};

/// What a client wants of photos. Nothing set is "as you like", which iOS sends.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct PictureLimits {
    /// Octets of one photo.
    pub max_size: Option<u32>,
    pub max_pictures: Option<u32>,
}

/// A photo, or why there is none: 173, 174 or 175.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Picture {
    pub status: u16,
    pub data: Option<Vec<u8>>,
}

impl PictureLimits {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        max_size: Tag,
        max_pictures: Tag,
    ) -> Result<Self, Malformed> {
        let mut limits = Self::default();
        while let Some(tag) = reader.child()? {
            if tag == max_size {
                limits.max_size = Some(capped(reader, tag)?);
            } else if tag == max_pictures {
                limits.max_pictures = Some(capped(reader, tag)?);
            } else {
                reader.skip()?;
            }
        }
        Ok(limits)
    }

    pub(super) fn write(self, writer: &mut Writer, element: Tag, max_size: Tag, max_pictures: Tag) {
        if self == Self::default() {
            writer.empty(element);
            return;
        }
        writer.start(element);
        write_number(writer, max_size, self.max_size);
        write_number(writer, max_pictures, self.max_pictures);
        writer.end();
    }
}

impl Picture {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        status_tag: Tag,
        data_tag: Tag,
    ) -> Result<Self, Malformed> {
        let (mut status, mut data) = (None, None);
        while let Some(tag) = reader.child()? {
            if tag == status_tag {
                status = Some(number(reader, tag)?);
            } else if tag == data_tag {
                data = Some(reader.bytes()?.into_owned());
            } else {
                reader.skip()?;
            }
        }
        Ok(Self {
            status: required(status, reader, status_tag)?,
            data,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer, element: Tag, status: Tag, data: Tag) {
        writer.start(element);
        writer.number(status, self.status);
        if let Some(octets) = &self.data {
            writer.opaque(data, octets);
        }
        writer.end();
    }
}
