//! What is asked, and how the results are wanted.

use super::Query;
use crate::ProtocolVersion;
use crate::eas::fields::{
    boolean, number, open, required, text, write_boolean, write_mark, write_number, write_text,
};
use crate::eas::picture::PictureLimits;
use crate::eas::{BodyPreference, Malformed, Range};
use crate::wbxml::{Reader, Writer, air_sync, air_sync_base, rights_management, search};

/// A Search request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    pub store: Store,
    pub query: Query,
    pub options: Options,
}

/// Where to search.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Store {
    Mailbox,
    /// The directory.
    Gal,
    DocumentLibrary,
    Other(String),
}

/// How the results are wanted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Options {
    pub range: Option<Range>,
    /// Not from an earlier list of results.
    pub rebuild_results: bool,
    /// The folders below as well.
    pub deep_traversal: bool,
    pub mime_support: Option<u8>,
    pub body_preferences: Vec<BodyPreference>,
    pub body_part_preferences: Vec<BodyPreference>,
    pub rights_management: Option<bool>,
    pub user_name: Option<String>,
    pub password: Option<String>,
    pub picture: Option<PictureLimits>,
}

impl Request {
    /// Reads a request. Of several stores, which no client sends, the first counts.
    ///
    /// # Errors
    /// Not WBXML, or not a Search request: a store with status 2.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = open(body, search::SEARCH)?;
        let mut request = None;
        while let Some(tag) = reader.child()? {
            match tag {
                search::STORE if request.is_none() => request = Some(read_store(&mut reader)?),
                _ => reader.skip()?,
            }
        }
        let request = required(request, &reader, search::STORE)?;
        reader.finish()?;
        Ok(request)
    }

    /// The request for a server of that version.
    pub fn write(&self, version: ProtocolVersion) -> Vec<u8> {
        let mut writer = Writer::new(version);
        writer.start(search::SEARCH);
        writer.start(search::STORE);
        writer.text(search::NAME, self.store.as_str());
        self.query.write(&mut writer);
        if self.options != Options::default() {
            self.options.write(&mut writer);
        }
        writer.end();
        writer.end();
        writer.into_bytes()
    }
}

fn read_store(reader: &mut Reader<'_>) -> Result<Request, Malformed> {
    let (mut store, mut query, mut options) = (None, None, Options::default());
    while let Some(tag) = reader.child()? {
        match tag {
            search::NAME => store = Some(Store::parse(&reader.text()?)),
            search::QUERY => query = Some(Query::read(reader)?),
            search::OPTIONS => options = Options::read(reader)?,
            _ => reader.skip()?,
        }
    }
    Ok(Request {
        store: required(store, reader, search::NAME)?,
        query: required(query, reader, search::QUERY)?,
        options,
    })
}

impl Store {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        let is = |name: &str| text.eq_ignore_ascii_case(name);
        if is("Mailbox") {
            Self::Mailbox
        } else if is("GAL") {
            Self::Gal
        } else if is("DocumentLibrary") || is("Document Library") {
            Self::DocumentLibrary
        } else {
            Self::Other(text.to_owned())
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Mailbox => "Mailbox",
            Self::Gal => "GAL",
            Self::DocumentLibrary => "DocumentLibrary",
            Self::Other(name) => name,
        }
    }
}

impl Options {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut options = Self::default();
        while let Some(tag) = reader.child()? {
            match tag {
                search::RANGE => options.range = Some(Range::read(reader, tag)?),
                search::REBUILD_RESULTS => options.rebuild_results = boolean(reader, tag)?,
                search::DEEP_TRAVERSAL => options.deep_traversal = boolean(reader, tag)?,
                air_sync::MIME_SUPPORT => options.mime_support = Some(number(reader, tag)?),
                air_sync_base::BODY_PREFERENCE => {
                    options.body_preferences.push(BodyPreference::read(reader)?);
                }
                air_sync_base::BODY_PART_PREFERENCE => {
                    options
                        .body_part_preferences
                        .push(BodyPreference::read(reader)?);
                }
                rights_management::RIGHTS_MANAGEMENT_SUPPORT => {
                    options.rights_management = Some(boolean(reader, tag)?);
                }
                search::USER_NAME => options.user_name = Some(text(reader, tag)?),
                search::PASSWORD => options.password = Some(text(reader, tag)?),
                search::PICTURE => {
                    let limits =
                        PictureLimits::read(reader, search::MAX_SIZE, search::MAX_PICTURES)?;
                    options.picture = Some(limits);
                }
                _ => reader.skip()?,
            }
        }
        Ok(options)
    }

    fn write(&self, writer: &mut Writer) {
        writer.start(search::OPTIONS);
        if let Some(range) = self.range {
            writer.text(search::RANGE, &range.to_string());
        }
        write_mark(writer, search::REBUILD_RESULTS, self.rebuild_results);
        write_mark(writer, search::DEEP_TRAVERSAL, self.deep_traversal);
        write_text(writer, search::USER_NAME, self.user_name.as_ref());
        write_text(writer, search::PASSWORD, self.password.as_ref());
        if let Some(picture) = self.picture {
            picture.write(
                writer,
                search::PICTURE,
                search::MAX_SIZE,
                search::MAX_PICTURES,
            );
        }
        write_number(writer, air_sync::MIME_SUPPORT, self.mime_support);
        for preference in &self.body_preferences {
            preference.write(writer, air_sync_base::BODY_PREFERENCE);
        }
        for preference in &self.body_part_preferences {
            preference.write(writer, air_sync_base::BODY_PART_PREFERENCE);
        }
        write_boolean(
            writer,
            rights_management::RIGHTS_MANAGEMENT_SUPPORT,
            self.rights_management,
        );
        writer.end();
    }
}
