//! What was found.

use crate::ProtocolVersion;
use crate::eas::fields::{
    boolean, moment, number, open, required, text, write_boolean, write_number, write_separated,
    write_text,
};
use crate::eas::gal::GalEntry;
use crate::eas::{Class, Malformed, Moment, Range};
use crate::wbxml::{Reader, Writer, air_sync, email, email2, find, gal, item_operations};

/// A Find response. With another status than 1 there is nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    pub status: u16,
    pub found: Option<Found>,
}

/// A page of results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// `Mailbox` or `GAL`.
    pub store: Option<String>,
    pub status: u16,
    pub results: Vec<FindResult>,
    pub range: Option<Range>,
    pub total: Option<u32>,
}

/// One match, with the ids of Sync.
#[derive(Clone, Debug, PartialEq)]
pub struct FindResult {
    pub class: Option<Class>,
    pub server_id: Option<String>,
    pub collection_id: Option<String>,
    pub properties: Properties,
}

/// Its properties.
#[derive(Clone, Debug, PartialEq)]
pub enum Properties {
    Mail(Box<FindMail>),
    Gal(Box<GalEntry>),
}

/// What the list of results shows of a message.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FindMail {
    pub subject: Option<String>,
    pub date_received: Option<Moment>,
    /// Display names, separated by `;`, here and in the next two.
    pub display_to: Option<String>,
    pub display_cc: Option<String>,
    pub display_bcc: Option<String>,
    pub importance: Option<u8>,
    pub read: Option<bool>,
    pub is_draft: Option<bool>,
    /// At most 255 characters.
    pub preview: Option<String>,
    pub has_attachments: Option<bool>,
    pub from: Option<String>,
}

impl Response {
    /// The answer to a request that failed as a whole.
    pub const fn failure(status: u16) -> Self {
        Self {
            status,
            found: None,
        }
    }

    /// # Errors
    /// Not WBXML, or not a Find response.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, find::FIND)?;
        let (mut status, mut found) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                find::STATUS => status = Some(number(&mut reader, tag)?),
                find::RESPONSE => found = Some(Found::read(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        let status = required(status, &reader, find::STATUS)?;
        reader.finish()?;
        Ok(Self { status, found })
    }

    /// The response for a phone of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(find::FIND);
        writer.number(find::STATUS, self.status);
        if let Some(found) = &self.found {
            found.write(&mut writer);
        }
        writer.end();
        writer.into_bytes()
    }
}

impl Found {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut found = Self::default();
        let mut status = None;
        while let Some(tag) = reader.child()? {
            match tag {
                item_operations::STORE => found.store = Some(text(reader, tag)?),
                find::STATUS => status = Some(number(reader, tag)?),
                find::RESULT => found.results.push(FindResult::read(reader)?),
                find::RANGE => found.range = Some(Range::read(reader, tag)?),
                find::TOTAL => found.total = Some(number(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        found.status = required(status, reader, find::STATUS)?;
        Ok(found)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(find::RESPONSE);
        write_text(writer, item_operations::STORE, self.store.as_ref());
        writer.number(find::STATUS, self.status);
        for result in &self.results {
            result.write(writer);
        }
        if let Some(range) = self.range {
            writer.text(find::RANGE, &range.to_string());
        }
        write_number(writer, find::TOTAL, self.total);
        writer.end();
    }
}

impl FindResult {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (mut class, mut server_id, mut collection_id) = (None, None, None);
        let mut properties = None;
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::CLASS => class = Some(Class::read(reader, tag)?),
                air_sync::SERVER_ID => server_id = Some(text(reader, tag)?),
                air_sync::COLLECTION_ID => collection_id = Some(text(reader, tag)?),
                find::PROPERTIES => properties = Some(Properties::read(reader)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            class,
            server_id,
            collection_id,
            properties: required(properties, reader, find::PROPERTIES)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(find::RESULT);
        if let Some(class) = self.class {
            writer.text(air_sync::CLASS, class.as_str());
        }
        write_text(writer, air_sync::SERVER_ID, self.server_id.as_ref());
        write_text(writer, air_sync::COLLECTION_ID, self.collection_id.as_ref());
        writer.start(find::PROPERTIES);
        match &self.properties {
            Properties::Mail(mail) => mail.write(writer),
            Properties::Gal(entry) => entry.write(writer),
        }
        writer.end();
        writer.end();
    }
}

impl Properties {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match reader.clone().child()? {
            Some(tag) if tag.page == gal::DATA.page => {
                Ok(Self::Gal(Box::new(GalEntry::read(reader)?)))
            }
            _ => Ok(Self::Mail(Box::new(FindMail::read(reader)?))),
        }
    }
}

impl FindMail {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut mail = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                email::SUBJECT => mail.subject = Some(text(reader, tag)?),
                email::DATE_RECEIVED => mail.date_received = Some(moment(reader, tag)?),
                email::DISPLAY_TO => mail.display_to = Some(text(reader, tag)?),
                find::DISPLAY_CC => mail.display_cc = Some(text(reader, tag)?),
                find::DISPLAY_BCC => mail.display_bcc = Some(text(reader, tag)?),
                email::IMPORTANCE => mail.importance = Some(number(reader, tag)?),
                email::READ => mail.read = Some(boolean(reader, tag)?),
                email2::IS_DRAFT => mail.is_draft = Some(boolean(reader, tag)?),
                find::PREVIEW => mail.preview = Some(text(reader, tag)?),
                find::HAS_ATTACHMENTS => mail.has_attachments = Some(boolean(reader, tag)?),
                email::FROM => mail.from = Some(text(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(mail)
    }

    fn write(&self, writer: &mut Writer) {
        write_text(writer, email::SUBJECT, self.subject.as_ref());
        write_separated(writer, email::DATE_RECEIVED, self.date_received);
        write_text(writer, email::DISPLAY_TO, self.display_to.as_ref());
        write_text(writer, find::DISPLAY_CC, self.display_cc.as_ref());
        write_text(writer, find::DISPLAY_BCC, self.display_bcc.as_ref());
        write_number(writer, email::IMPORTANCE, self.importance);
        write_boolean(writer, email::READ, self.read);
        write_boolean(writer, email2::IS_DRAFT, self.is_draft);
        write_text(writer, find::PREVIEW, self.preview.as_ref());
        write_boolean(writer, find::HAS_ATTACHMENTS, self.has_attachments);
        write_text(writer, email::FROM, self.from.as_ref());
    }
}
