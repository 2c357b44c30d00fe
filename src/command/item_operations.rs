//! ItemOperations ([MS-ASCMD] 2.2.1.10): bodies and attachments on demand. A large attachment is
//! passed on as it comes from the backend, never whole in memory.

mod answer;
mod attachment;
mod conversation;
pub(super) mod empty_folder;
mod item;
mod multipart;

use airgate_codec::eas::item_operations::{
    Fetch, FetchHead, Operation, Outcome, Properties, Request, Response, Store, status,
};
use airgate_codec::eas::status as common;

use self::answer::Making;
use super::{Answer, Call, folders, malformed};
use crate::failure::{Failure, Remedy};
use crate::front::Reply;
use crate::store::FolderRow;

/// Operations in one request (REFERENCE 3, size limits).
const MAX_OPERATIONS: usize = 100;
/// Characters of a LongId (REFERENCE 7.2); a longer one is nobody's, and is not said again.
const MAX_LONG_ID: usize = 256;

/// Answers an ItemOperations.
pub(super) async fn item_operations(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::PROTOCOL_ERROR)),
    };
    if request.operations.is_empty() || request.operations.len() > MAX_OPERATIONS {
        let status = if request.operations.is_empty() {
            status::PROTOCOL_ERROR
        } else {
            status::TOO_LARGE
        };
        return Ok(Reply::wbxml(Response::failure(status).write(call.version)));
    }
    let rows = folders::known(call).await?;
    let mut making = Making::new(call, request.operations.len());
    for operation in &request.operations {
        match operation {
            Operation::Fetch(asked) => {
                if let Err(status) = fetch(call, &rows, asked, &mut making).await? {
                    making.push(Outcome::Fetch {
                        head: FetchHead {
                            status,
                            class: None,
                            ..head(asked)
                        },
                        properties: None,
                    });
                }
            }
            Operation::EmptyFolderContents {
                collection_id,
                delete_sub_folders: below,
            } => {
                let status = empty_folder::empty(call, &rows, collection_id, *below).await?;
                making.push(Outcome::EmptyFolderContents {
                    status,
                    collection_id: collection_id.clone(),
                });
            }
            Operation::Move {
                conversation_id,
                destination,
                move_always: _,
            } => making.push(Outcome::Move {
                status: conversation::move_to(call, &rows, conversation_id, destination).await?,
                conversation_id: conversation_id.clone(),
            }),
        }
    }
    Ok(making.reply(call))
}

/// One Fetch, taken into the answer; the status that says why not. What is wrong with it costs it
/// alone; a backend that is down costs the request.
async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
    making: &mut Making,
) -> Result<Result<(), u16>, Failure> {
    if making.is_full() {
        return Ok(Err(status::TOO_LARGE));
    }
    let fetched = match asked.store {
        Some(Store::DocumentLibrary) => return Ok(Err(document(asked))),
        Some(Store::Other(_)) => return Ok(Err(status::STORE_UNKNOWN)),
        Some(Store::Mailbox) | None => match named(asked) {
            Ok(Named::Attachment(reference)) => {
                attachment::fetch(call, rows, asked, reference, making).await
            }
            Ok(Named::Item(name)) => item::fetch(call, rows, asked, name, making).await,
            Err(status) => return Ok(Err(status)),
        },
    };
    match fetched {
        // Faults that concern one operation become its status; the others stay faults.
        Err(failure) if failure.remedy == Remedy::ResyncFolders => Ok(Err(status::NOT_FOUND)),
        Err(failure) if failure.remedy == Remedy::Forbidden => Ok(Err(status::ACCESS_DENIED)),
        other => other,
    }
}

/// What a Fetch names.
enum Named<'a> {
    Attachment(&'a str),
    Item(item::Name<'a>),
}

/// One name, of one kind; a mixture has a status of its own.
fn named(asked: &Fetch) -> Result<Named<'_>, u16> {
    let ids = (asked.collection_id.as_deref(), asked.server_id.as_deref());
    let other = (asked.long_id.as_deref(), asked.file_reference.as_deref());
    match (ids, other, asked.link_id.as_deref()) {
        ((Some(collection), Some(id)), (None, None), None) => {
            Ok(Named::Item(item::Name::ServerId { collection, id }))
        }
        ((None, None), (Some(long_id), None), None) => Ok(Named::Item(item::Name::LongId(long_id))),
        ((None, None), (None, Some(reference)), None) => Ok(Named::Attachment(reference)),
        ((None, None), (None, None), Some(_)) => Err(document(asked)),
        ((_, None), (None, None), None) | ((None, Some(_)), (None, None), None) => {
            Err(status::PROTOCOL_ERROR)
        }
        _ => Err(common::INVALID_COMBINATION_OF_IDS),
    }
}

/// Documents on file servers are not offered.
fn document(asked: &Fetch) -> u16 {
    let Some(link) = asked.link_id.as_deref() else {
        return status::PROTOCOL_ERROR;
    };
    let known = ["\\\\", "http://", "https://", "file:"];
    let link = link.to_ascii_lowercase();
    if known.iter().any(|start| link.starts_with(start)) {
        status::DOCUMENT_ACCESS_DENIED
    } else {
        status::BAD_URI
    }
}

/// The head of a successful answer: the ids in the form they were asked in.
fn head(asked: &Fetch) -> FetchHead {
    FetchHead {
        status: status::OK,
        collection_id: asked.collection_id.clone(),
        server_id: asked.server_id.clone(),
        long_id: asked.long_id.clone().filter(|id| id.len() <= MAX_LONG_ID),
        class: asked
            .file_reference
            .is_none()
            .then_some(airgate_codec::eas::Class::Email),
        link_id: asked.link_id.clone(),
        file_reference: asked.file_reference.clone(),
    }
}
