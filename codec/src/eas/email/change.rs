//! What a client says of a message: flags, and from 16.0 the whole of a draft ([MS-ASEMAIL] 3.2.5.3).

use super::properties::write_categories;
use super::{BodyType, FollowUp};
use crate::eas::fields::{
    boolean, choice, number, required, text, texts, write_boolean, write_number, write_text,
};
use crate::eas::{Malformed, Raw};
use crate::wbxml::{Reader, Tag, Writer, air_sync, air_sync_base, email, email2};

/// A client's Add or Change of a message. `None` is "not said".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EmailChange {
    pub read: Option<bool>,
    /// An empty Flag element has status 0: the flag is cleared. Values above 2 arrive as they are.
    pub flag: Option<FollowUp>,
    /// `Some` and empty clears them.
    pub categories: Option<Vec<String>>,
    /// The rest belongs to drafts (16.0 and later), or to an SMS.
    pub to: Option<String>,
    pub cc: Option<String>,
    pub bcc: Option<String>,
    pub reply_to: Option<String>,
    pub from: Option<String>,
    pub subject: Option<String>,
    pub importance: Option<u8>,
    pub body: Option<BodyChange>,
    pub attachments: Vec<AttachmentChange>,
    /// Elements a client has no say in (ConversationId, Sender, DateReceived, IsDraft ...): some of
    /// them are answered with Sync status 6, so their names are kept. Not written.
    pub others: Vec<Tag>,
}

/// The body of a draft as a client writes it. Octets, because a whole message (type 4) need not be
/// UTF-8.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BodyChange {
    pub kind: BodyType,
    pub data: Vec<u8>,
    /// The client says itself that this is not all of it.
    pub truncated: bool,
}

/// One change to the attachments of a draft or an event ([MS-ASAIRS] 2.2.2.2, 2.2.2.15).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AttachmentChange {
    Add(AttachmentAdd),
    Delete { file_reference: String },
}

/// An attachment as a client uploads it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AttachmentAdd {
    pub client_id: String,
    /// 1 a file, 5 a message.
    pub method: u8,
    pub content: Vec<u8>,
    pub display_name: String,
    pub content_type: Option<String>,
    pub content_id: Option<String>,
    pub content_location: Option<String>,
    pub is_inline: bool,
}

impl EmailChange {
    /// Reads the properties in the current element, whose end is consumed.
    ///
    /// # Errors
    /// A fault in the bytes, or a value of the wrong type.
    pub fn read_properties(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut change = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                email::READ => change.read = Some(boolean(reader, tag)?),
                email::FLAG => change.flag = Some(FollowUp::read(reader)?),
                email::CATEGORIES => change.categories = Some(texts(reader, email::CATEGORY)?),
                email::TO => change.to = Some(text(reader, tag)?),
                email::CC => change.cc = Some(text(reader, tag)?),
                email2::BCC => change.bcc = Some(text(reader, tag)?),
                email::REPLY_TO => change.reply_to = Some(text(reader, tag)?),
                email::FROM => change.from = Some(text(reader, tag)?),
                email::SUBJECT => change.subject = Some(text(reader, tag)?),
                email::IMPORTANCE => change.importance = Some(number(reader, tag)?),
                air_sync_base::BODY => change.body = Some(BodyChange::read(reader)?),
                air_sync_base::ATTACHMENTS => change.attachments = read_attachments(reader)?,
                _ => {
                    change.others.push(tag);
                    reader.skip()?;
                }
            }
        }
        Ok(change)
    }

    /// The same out of content whose class was not known when it was read.
    ///
    /// # Errors
    /// A value of the wrong type.
    pub fn from_raw(raw: &Raw) -> Result<Self, Malformed> {
        let document = raw.to_document(air_sync::APPLICATION_DATA);
        let mut reader = Reader::new(&document)?;
        reader.root()?;
        Self::read_properties(&mut reader)
    }

    /// Writes what is set into the open element.
    pub fn write_properties(&self, writer: &mut Writer) {
        write_text(writer, email::TO, self.to.as_ref());
        write_text(writer, email::CC, self.cc.as_ref());
        write_text(writer, email::FROM, self.from.as_ref());
        write_text(writer, email::SUBJECT, self.subject.as_ref());
        write_text(writer, email::REPLY_TO, self.reply_to.as_ref());
        write_number(writer, email::IMPORTANCE, self.importance);
        write_boolean(writer, email::READ, self.read);
        if !self.attachments.is_empty() {
            writer.start(air_sync_base::ATTACHMENTS);
            for attachment in &self.attachments {
                attachment.write(writer);
            }
            writer.end();
        }
        if let Some(body) = &self.body {
            body.write(writer);
        }
        if let Some(flag) = &self.flag {
            flag.write(writer);
        }
        write_categories(writer, self.categories.as_deref());
        write_text(writer, email2::BCC, self.bcc.as_ref());
    }
}

impl BodyChange {
    /// All of a body.
    pub fn whole(kind: BodyType, data: impl Into<Vec<u8>>) -> Self {
        Self {
            kind,
            data: data.into(),
            truncated: false,
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut kind, mut data, mut truncated) = (None, Vec::new(), false);
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync_base::TYPE => kind = Some(choice(reader, tag, BodyType::from_number)?),
                air_sync_base::DATA => data = reader.bytes()?.into_owned(),
                air_sync_base::TRUNCATED => truncated = boolean(reader, tag)?,
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            kind: required(kind, reader, air_sync_base::TYPE)?,
            data,
            truncated,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(air_sync_base::BODY);
        writer.number(air_sync_base::TYPE, self.kind as u8);
        if self.truncated {
            writer.boolean(air_sync_base::TRUNCATED, true);
        }
        // What a text value would not carry unchanged goes as it is.
        let legal = |c: char| match c {
            '\t' | '\n' | '\r' => true,
            '\u{fffe}' | '\u{ffff}' => false,
            c => c >= ' ',
        };
        match std::str::from_utf8(&self.data) {
            Ok(text) if text.chars().all(legal) => writer.text(air_sync_base::DATA, text),
            _ => writer.opaque(air_sync_base::DATA, &self.data),
        }
        writer.end();
    }
}

impl AttachmentChange {
    /// Reads a child of Attachments, if it is a change; nothing is read of another.
    pub(in crate::eas) fn read(
        reader: &mut Reader<'_>,
        tag: Tag,
    ) -> Result<Option<Self>, Malformed> {
        match tag {
            air_sync_base::ADD => Ok(Some(Self::Add(AttachmentAdd::read(reader)?))),
            air_sync_base::DELETE => {
                let mut reference = None;
                while let Some(tag) = reader.child()? {
                    match tag {
                        air_sync_base::FILE_REFERENCE => reference = Some(text(reader, tag)?),
                        _ => reader.skip()?,
                    }
                }
                Ok(Some(Self::Delete {
                    file_reference: required(reference, reader, air_sync_base::FILE_REFERENCE)?,
                }))
            }
            _ => Ok(None),
        }
    }

    pub(in crate::eas) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Add(add) => add.write(writer),
            Self::Delete { file_reference } => {
                writer.start(air_sync_base::DELETE);
                writer.text(air_sync_base::FILE_REFERENCE, file_reference);
                writer.end();
            }
        }
    }
}

impl AttachmentAdd {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut add = Self::default();
        let mut client_id = None;
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync_base::CLIENT_ID => client_id = Some(text(reader, tag)?),
                air_sync_base::METHOD => add.method = number(reader, tag)?,
                air_sync_base::CONTENT => add.content = reader.bytes()?.into_owned(),
                air_sync_base::DISPLAY_NAME => add.display_name = text(reader, tag)?,
                air_sync_base::CONTENT_TYPE => add.content_type = Some(text(reader, tag)?),
                air_sync_base::CONTENT_ID => add.content_id = Some(text(reader, tag)?),
                air_sync_base::CONTENT_LOCATION => {
                    add.content_location = Some(text(reader, tag)?);
                }
                air_sync_base::IS_INLINE => add.is_inline = boolean(reader, tag)?,
                _ => reader.skip()?,
            }
        }
        add.client_id = required(client_id, reader, air_sync_base::CLIENT_ID)?;
        Ok(add)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(air_sync_base::ADD);
        writer.text(air_sync_base::CLIENT_ID, &self.client_id);
        writer.number(air_sync_base::METHOD, self.method);
        write_text(
            writer,
            air_sync_base::CONTENT_TYPE,
            self.content_type.as_ref(),
        );
        writer.opaque(air_sync_base::CONTENT, &self.content);
        writer.text(air_sync_base::DISPLAY_NAME, &self.display_name);
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
}

fn read_attachments(reader: &mut Reader<'_>) -> Result<Vec<AttachmentChange>, Malformed> {
    let mut changes = Vec::new();
    while let Some(tag) = reader.child()? {
        match AttachmentChange::read(reader, tag)? {
            Some(change) => changes.push(change),
            None => reader.skip()?,
        }
    }
    Ok(changes)
}
