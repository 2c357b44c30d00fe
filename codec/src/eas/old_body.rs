//! The body of 2.5 in objects: three elements among the other properties, in the class's own
//! namespace (REFERENCE.md 10.2).

use super::Malformed;
use super::email::{Body, BodyType};
use super::fields::{boolean, number, text};
use crate::wbxml::{Reader, Tag, Writer};

/// The elements of one class.
#[derive(Clone, Copy, Debug)]
pub(super) struct OldBodyTags {
    pub(super) body: Tag,
    pub(super) size: Option<Tag>,
    pub(super) truncated: Tag,
}

/// What of it came along so far.
#[derive(Debug, Default)]
pub(super) struct OldBody {
    data: Option<String>,
    size: Option<u64>,
    truncated: bool,
}

impl OldBody {
    /// Takes the element if it is one of the body's; says whether it was.
    pub(super) fn take(
        &mut self,
        reader: &mut Reader<'_>,
        tag: Tag,
        tags: &OldBodyTags,
    ) -> Result<bool, Malformed> {
        if tag == tags.body {
            self.data = Some(text(reader, tag)?);
        } else if Some(tag) == tags.size {
            self.size = Some(number(reader, tag)?);
        } else if tag == tags.truncated {
            self.truncated = boolean(reader, tag)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// A body, where its text was among them.
    pub(super) fn into_body(self) -> Option<Body> {
        let body = Body::whole(BodyType::Plain, self.data?);
        Some(Body {
            estimated_size: self.size.unwrap_or(body.estimated_size),
            truncated: self.truncated,
            ..body
        })
    }
}

/// Writes it. An empty body is a single blank, as phones of that time expect.
pub(super) fn write(writer: &mut Writer, body: &Body, tags: &OldBodyTags) {
    let data = body.data.as_deref().unwrap_or_default();
    writer.text(tags.body, if data.is_empty() { " " } else { data });
    if let Some(tag) = tags.size {
        let size = u32::try_from(body.estimated_size).unwrap_or(u32::MAX);
        writer.number(tag, size);
    }
    writer.boolean(tags.truncated, body.truncated);
}
