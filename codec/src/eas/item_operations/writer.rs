//! The response as it is made, so that an attachment need not be in memory whole.

use super::{Attachment, Content, FetchHead, Outcome, Properties};
use crate::ProtocolVersion;
use crate::eas::fields::{Base64Pieces, write_number, write_text};
use crate::eas::sync::Properties as _;
use crate::wbxml::{Writer, air_sync, air_sync_base, document_library, item_operations, search};

/// Writes a response. The schema wants moves first, then emptied folders, then fetches.
#[derive(Debug)]
pub struct ResponseWriter {
    writer: Writer,
    /// The Response element is open: it must not be empty.
    response: bool,
    data: Base64Pieces,
}

impl ResponseWriter {
    /// A response for a phone of that version.
    pub fn new(version: ProtocolVersion, status: u16) -> Self {
        let mut writer = Writer::new(version);
        writer.start(item_operations::ITEM_OPERATIONS);
        writer.number(item_operations::STATUS, status);
        Self {
            writer,
            response: false,
            data: Base64Pieces::default(),
        }
    }

    /// One operation's outcome, whole.
    pub fn outcome(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Move {
                status,
                conversation_id,
            } => {
                self.open();
                self.writer.start(item_operations::MOVE);
                self.writer.number(item_operations::STATUS, *status);
                self.writer
                    .opaque(item_operations::CONVERSATION_ID, conversation_id);
                self.writer.end();
            }
            Outcome::EmptyFolderContents {
                status,
                collection_id,
            } => {
                self.open();
                self.writer.start(item_operations::EMPTY_FOLDER_CONTENTS);
                self.writer.number(item_operations::STATUS, *status);
                self.writer.text(air_sync::COLLECTION_ID, collection_id);
                self.writer.end();
            }
            Outcome::Fetch { head, properties } => self.fetch(head, properties.as_ref()),
        }
    }

    /// Begins an attachment whose octets follow by [`Self::data`]; `attachment.content` is not
    /// looked at.
    pub fn begin_data(&mut self, head: &FetchHead, attachment: &Attachment) {
        self.fetch_head(head);
        self.writer.start(item_operations::PROPERTIES);
        self.attachment_head(attachment);
        self.writer.start(item_operations::DATA);
        self.writer.start_text();
    }

    /// Some octets of the attachment begun.
    pub fn data(&mut self, octets: &[u8]) {
        self.data.write(&mut self.writer, octets);
    }

    /// Ends the attachment begun.
    pub fn end_data(&mut self) {
        self.data.finish(&mut self.writer);
        self.writer.end_text();
        self.writer.end();
        self.writer.end();
        self.writer.end();
    }

    /// How many bytes are waiting.
    pub fn len(&self) -> usize {
        self.writer.len()
    }

    /// Whether no bytes are waiting.
    pub fn is_empty(&self) -> bool {
        self.writer.is_empty()
    }

    /// Takes what is written so far, so that a long response can leave in pieces.
    pub fn take(&mut self) -> Vec<u8> {
        self.writer.take()
    }

    /// The response, or what was not taken of it.
    pub fn finish(mut self) -> Vec<u8> {
        if self.response {
            self.writer.end();
        }
        self.writer.end();
        self.writer.into_bytes()
    }

    fn open(&mut self) {
        if !self.response {
            self.response = true;
            self.writer.start(item_operations::RESPONSE);
        }
    }

    fn fetch(&mut self, head: &FetchHead, properties: Option<&Properties>) {
        self.fetch_head(head);
        if let Some(properties) = properties {
            self.writer.start(item_operations::PROPERTIES);
            match properties {
                Properties::Item(item) => item.write_properties(&mut self.writer),
                Properties::Attachment(attachment) => {
                    self.attachment_head(attachment);
                    match &attachment.content {
                        None => {}
                        Some(Content::Data(octets)) => {
                            self.writer.start(item_operations::DATA);
                            self.writer.start_text();
                            self.data(octets);
                            self.data.finish(&mut self.writer);
                            self.writer.end_text();
                            self.writer.end();
                        }
                        Some(Content::Part(part)) => {
                            self.writer.number(item_operations::PART, *part);
                        }
                    }
                }
            }
            self.writer.end();
        }
        self.writer.end();
    }

    fn fetch_head(&mut self, head: &FetchHead) {
        self.open();
        let writer = &mut self.writer;
        writer.start(item_operations::FETCH);
        writer.number(item_operations::STATUS, head.status);
        write_text(writer, air_sync::COLLECTION_ID, head.collection_id.as_ref());
        write_text(writer, air_sync::SERVER_ID, head.server_id.as_ref());
        write_text(writer, search::LONG_ID, head.long_id.as_ref());
        if let Some(class) = head.class {
            writer.text(air_sync::CLASS, class.as_str());
        }
        write_text(writer, document_library::LINK_ID, head.link_id.as_ref());
        write_text(
            writer,
            air_sync_base::FILE_REFERENCE,
            head.file_reference.as_ref(),
        );
    }

    fn attachment_head(&mut self, attachment: &Attachment) {
        if let Some(range) = attachment.range {
            self.writer.text(item_operations::RANGE, &range.to_string());
        }
        write_number(&mut self.writer, item_operations::TOTAL, attachment.total);
        write_text(
            &mut self.writer,
            air_sync_base::CONTENT_TYPE,
            attachment.content_type.as_ref(),
        );
    }
}
