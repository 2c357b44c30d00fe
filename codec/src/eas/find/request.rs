//! What is asked.

use crate::ProtocolVersion;
use crate::eas::fields::{boolean, open, required, text, write_mark, write_text};
use crate::eas::picture::PictureLimits;
use crate::eas::{Class, Malformed, Range};
use crate::wbxml::{Reader, Writer, air_sync, find};

/// A Find request. All pages of one search have the same id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    pub search_id: String,
    pub criterion: Criterion,
    pub options: Options,
}

/// What to look for, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Criterion {
    Mailbox(MailboxQuery),
    /// Words for the directory.
    Gal(String),
}

/// What to look for in the mailbox.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MailboxQuery {
    pub class: Option<Class>,
    /// All folders without it.
    pub collection_id: Option<String>,
    /// In Keyword Query Language.
    pub free_text: Option<String>,
}

/// How the results are wanted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Options {
    pub range: Option<Range>,
    /// Mailbox only: the folders below as well.
    pub deep_traversal: bool,
    pub picture: Option<PictureLimits>,
}

impl Request {
    /// # Errors
    /// Not WBXML, or not a Find request: status 2.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, find::FIND)?;
        let (mut search_id, mut search) = (None, None);
        while let Some(tag) = reader.child()? {
            match tag {
                find::SEARCH_ID => search_id = Some(text(&mut reader, tag)?),
                find::EXECUTE_SEARCH => {
                    while let Some(tag) = reader.child()? {
                        match tag {
                            find::MAIL_BOX_SEARCH_CRITERION => {
                                search = Some(read_mailbox(&mut reader)?);
                            }
                            find::GAL_SEARCH_CRITERION => search = Some(read_gal(&mut reader)?),
                            _ => reader.skip()?,
                        }
                    }
                }
                _ => reader.skip()?,
            }
        }
        let search_id = required(search_id, &reader, find::SEARCH_ID)?;
        let (criterion, options) = required(search, &reader, find::EXECUTE_SEARCH)?;
        reader.finish()?;
        Ok(Self {
            search_id,
            criterion,
            options,
        })
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(find::FIND);
        writer.text(find::SEARCH_ID, &self.search_id);
        writer.start(find::EXECUTE_SEARCH);
        match &self.criterion {
            Criterion::Mailbox(query) => {
                writer.start(find::MAIL_BOX_SEARCH_CRITERION);
                query.write(&mut writer);
            }
            Criterion::Gal(words) => {
                writer.start(find::GAL_SEARCH_CRITERION);
                writer.text(find::QUERY, words);
            }
        }
        if self.options != Options::default() {
            self.options.write(&mut writer);
        }
        writer.end();
        writer.end();
        writer.end();
        writer.into_bytes()
    }
}

fn read_mailbox(reader: &mut Reader<'_>) -> Result<(Criterion, Options), Malformed> {
    let (mut query, mut options) = (None, Options::default());
    while let Some(tag) = reader.child()? {
        match tag {
            find::QUERY => query = Some(MailboxQuery::read(reader)?),
            find::OPTIONS => options = Options::read(reader)?,
            _ => reader.skip()?,
        }
    }
    let query = required(query, reader, find::QUERY)?;
    Ok((Criterion::Mailbox(query), options))
}

fn read_gal(reader: &mut Reader<'_>) -> Result<(Criterion, Options), Malformed> {
    let (mut words, mut options) = (None, Options::default());
    while let Some(tag) = reader.child()? {
        match tag {
            find::QUERY => words = Some(text(reader, tag)?),
            find::OPTIONS => options = Options::read(reader)?,
            _ => reader.skip()?,
        }
    }
    let words = required(words, reader, find::QUERY)?;
    Ok((Criterion::Gal(words), options))
}

impl MailboxQuery {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut query = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                air_sync::CLASS => query.class = Some(Class::read(reader, tag)?),
                air_sync::COLLECTION_ID => query.collection_id = Some(text(reader, tag)?),
                find::FREE_TEXT => query.free_text = Some(text(reader, tag)?),
                _ => reader.skip()?,
            }
        }
        Ok(query)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(find::QUERY);
        if let Some(class) = self.class {
            writer.text(air_sync::CLASS, class.as_str());
        }
        write_text(writer, air_sync::COLLECTION_ID, self.collection_id.as_ref());
        write_text(writer, find::FREE_TEXT, self.free_text.as_ref());
        writer.end();
    }
}

impl Options {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut options = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                find::RANGE => options.range = Some(Range::read(reader, tag)?),
                find::DEEP_TRAVERSAL => options.deep_traversal = boolean(reader, tag)?,
                find::PICTURE => {
                    let limits = PictureLimits::read(reader, find::MAX_SIZE, find::MAX_PICTURES)?;
                    options.picture = Some(limits);
                }
                _ => reader.skip()?,
            }
        }
        Ok(options)
    }

    fn write(self, writer: &mut Writer) {
        writer.start(find::OPTIONS);
        if let Some(range) = self.range {
            writer.text(find::RANGE, &range.to_string());
        }
        write_mark(writer, find::DEEP_TRAVERSAL, self.deep_traversal);
        if let Some(picture) = self.picture {
            picture.write(writer, find::PICTURE, find::MAX_SIZE, find::MAX_PICTURES);
        }
        writer.end();
    }
}
