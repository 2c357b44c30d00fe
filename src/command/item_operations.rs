//! ItemOperations ([MS-ASCMD] 2.2.1.10): bodies and attachments on demand. A large attachment is
//! passed on as it comes from the backend, never whole in memory.

mod attachment;
mod item;
mod multipart;

use airgate_codec::eas::item_operations::{
    Fetch, FetchHead, Operation, Outcome, Properties, Request, Response, ResponseWriter, Store,
    status,
};
use airgate_codec::eas::status as common;

use self::multipart::Parts;
use super::{Answer, Call, folders, malformed};
use crate::failure::{Failure, Remedy};
use crate::front::Reply;
use crate::store::FolderRow;

/// Operations in one request (REFERENCE 3, size limits).
const MAX_OPERATIONS: usize = 100;

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
    // The common case, one large attachment: straight through.
    if let ([Operation::Fetch(fetch)], false) = (request.operations.as_slice(), call.head.multipart)
        && let Some(reply) = attachment::stream(call, &rows, fetch).await?
    {
        return Ok(reply);
    }
    let mut parts = call.head.multipart.then(Parts::default);
    let mut writer = ResponseWriter::new(call.version, status::OK);
    for operation in &request.operations {
        let outcome = match operation {
            Operation::Fetch(asked) => fetch(call, &rows, asked, parts.as_mut()).await?,
            Operation::EmptyFolderContents { collection_id, .. } => Outcome::EmptyFolderContents {
                status: status::SERVER_ERROR,
                collection_id: collection_id.clone(),
            },
            Operation::Move {
                conversation_id, ..
            } => Outcome::Move {
                status: common::FAILURE_IN_MOVE_OPERATION,
                conversation_id: conversation_id.clone(),
            },
        };
        writer.outcome(&outcome);
    }
    let document = writer.finish();
    Ok(match parts {
        Some(parts) => Reply::multipart(parts.assemble(document)),
        None => Reply::wbxml(document),
    })
}

/// One Fetch. What is wrong with it costs it alone; a backend that is down costs the request.
async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
    parts: Option<&mut Parts>,
) -> Result<Outcome, Failure> {
    let head = head(asked);
    let result = match (
        &asked.store,
        &asked.file_reference,
        &asked.server_id,
        &asked.collection_id,
    ) {
        (Some(Store::DocumentLibrary), ..) => Err(status::DOCUMENT_ACCESS_DENIED),
        (Some(Store::Other(_)), ..) => Err(status::STORE_UNKNOWN),
        (_, Some(_), Some(_), _) | (_, Some(_), _, Some(_)) => {
            Err(common::INVALID_COMBINATION_OF_IDS)
        }
        (_, Some(reference), None, None) => {
            settle(attachment::fetch(call, rows, asked, reference, parts).await)?
        }
        (_, None, Some(server_id), Some(collection)) => {
            settle(item::fetch(call, rows, asked, collection, server_id, parts).await)?
        }
        // LongIds come from searches, which are not offered yet.
        (_, None, None, None) if asked.long_id.is_some() => Err(status::NOT_FOUND),
        _ => Err(status::PROTOCOL_ERROR),
    };
    Ok(match result {
        Ok(properties) => Outcome::Fetch {
            head,
            properties: Some(properties),
        },
        Err(status) => Outcome::Fetch {
            head: FetchHead {
                status,
                class: None,
                ..head
            },
            properties: None,
        },
    })
}

/// Faults that concern one operation become its status; the others stay faults.
fn settle(
    result: Result<Result<Properties, u16>, Failure>,
) -> Result<Result<Properties, u16>, Failure> {
    match result {
        Err(failure) if failure.remedy == Remedy::ResyncFolders => Ok(Err(status::NOT_FOUND)),
        Err(failure) if failure.remedy == Remedy::Forbidden => Ok(Err(status::ACCESS_DENIED)),
        other => other,
    }
}

/// The head of a successful answer: the ids in the form they were asked in.
fn head(asked: &Fetch) -> FetchHead {
    FetchHead {
        status: status::OK,
        collection_id: asked.collection_id.clone(),
        server_id: asked.server_id.clone(),
        long_id: asked.long_id.clone(),
        class: asked
            .server_id
            .as_ref()
            .map(|_| airgate_codec::eas::Class::Email),
        link_id: asked.link_id.clone(),
        file_reference: asked.file_reference.clone(),
    }
}
