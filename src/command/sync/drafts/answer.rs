//! What a phone is told of a draft it wrote: its ServerId, its conversation, and how its attachments
//! are called from now on ([MS-ASCMD] 2.2.3.11.2).

use airgate_codec::eas::email::{Attachment, AttachmentAdd, AttachmentChange, Email, EmailChange};
use airgate_codec::eas::sync::{ItemData, ItemResponse};
use airgate_codec::imap::{Fetched, FetchedSection};

use super::super::apply::status;
use crate::item::email;
use crate::item::headers::Headers;
use crate::item::outgoing::edit::Edited;
use crate::sync::journal::{Made, MadeAttachment};

/// Octets of the header that tell a conversation.
const HEADER: usize = 256 * 1024;

/// What is to be told of an edited draft.
pub(super) fn made(edited: &Edited, change: &EmailChange) -> Made {
    let shown = email::stub(&header_of(&edited.octets), "");
    let adds = change.attachments.iter().filter_map(|one| match one {
        AttachmentChange::Add(add) => Some(add),
        AttachmentChange::Delete { .. } => None,
    });
    let mut made = Made::default();
    made.conversation_id = shown.conversation_id.unwrap_or_default();
    made.conversation_index = shown.conversation_index.unwrap_or_default();
    made.attachments = adds
        .zip(&edited.added)
        .map(|(add, added)| attachment(add, &added.section))
        .collect();
    made
}

fn attachment(add: &AttachmentAdd, section: &str) -> MadeAttachment {
    MadeAttachment {
        client_id: add.client_id.clone(),
        section: section.to_owned(),
        name: add.display_name.clone(),
        method: add.method,
        size: add.content.len() as u64,
        content_id: add.content_id.clone(),
        is_inline: add.is_inline,
    }
}

/// The Message-ID of a message we made.
pub(super) fn message_id(octets: &[u8]) -> String {
    Headers::read(octets.get(..HEADER).unwrap_or(octets))
        .text("Message-ID", None)
        .unwrap_or_default()
}

fn header_of(octets: &[u8]) -> Fetched {
    let end = octets
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(octets.len(), |at| at + 4);
    let end = end.min(HEADER);
    Fetched {
        sections: vec![FetchedSection {
            section: "HEADER".into(),
            origin: None,
            octets: Some(octets.get(..end).unwrap_or_default().to_vec()),
        }],
        ..Fetched::default()
    }
}

/// The properties the server set: of a new draft its conversation too; `None` if there are none.
pub(super) fn told(made: &Made, reference: impl Fn(&str) -> String, new: bool) -> Option<ItemData> {
    let attachments: Vec<Attachment> = made
        .attachments
        .iter()
        .map(|added| Attachment {
            display_name: added.name.clone(),
            file_reference: reference(&added.section),
            client_id: Some(added.client_id.clone()),
            method: added.method,
            estimated_size: added.size,
            content_id: added.content_id.clone(),
            is_inline: added.is_inline,
            ..Attachment::default()
        })
        .collect();
    if !new && attachments.is_empty() {
        return None;
    }
    Some(ItemData::Email(Box::new(Email {
        conversation_id: new.then(|| made.conversation_id.clone()),
        conversation_index: new.then(|| made.conversation_index.clone()),
        attachments,
        ..Email::default()
    })))
}

/// The answer to an Add.
pub(super) fn added(
    client_id: &str,
    server_id: Option<String>,
    status: u16,
    data: Option<ItemData>,
) -> ItemResponse {
    ItemResponse::Add {
        class: None,
        client_id: client_id.to_owned(),
        server_id,
        status,
        data,
    }
}

/// The answer to a Change that added attachments; others are only answered when they fail (CMD_R759).
pub(super) fn changed_with(server_id: &str, data: ItemData) -> ItemResponse {
    ItemResponse::Change {
        class: None,
        server_id: server_id.to_owned(),
        instance_id: None,
        status: status::OK,
        data: Some(data),
    }
}
