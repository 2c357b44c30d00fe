//! ItemOperations ([MS-ASCMD] 2.2.1.10): bodies and attachments on demand. A large attachment is
//! passed on as it comes from the backend, never whole in memory.

mod attachment;
pub(super) mod empty_folder;
mod found;
mod item;
mod multipart;

use airgate_codec::eas::email::Body;
use airgate_codec::eas::item_operations::{
    Content, Fetch, FetchHead, Operation, Outcome, Properties, Request, Response, ResponseWriter,
    Store, status,
};
use airgate_codec::eas::status as common;

use self::attachment::Fetched;
use self::found::Finder;
use self::multipart::Parts;
use super::{Answer, Call, folders, malformed};
use crate::failure::{Failure, Remedy};
use crate::front::Reply;
use crate::store::FolderRow;

/// Operations in one request (REFERENCE 3, size limits).
const MAX_OPERATIONS: usize = 100;
/// Octets of bodies and attachments in one answer that is made whole: with the parts of the largest
/// mail that servers pass on there is room for more. 100 fetches of one attachment are an attack.
const MAX_ANSWER: u64 = 64 << 20;

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
    let mut gathering = Gathering {
        parts: call.head.multipart.then(Parts::default),
        room: MAX_ANSWER,
        finder: Finder::default(),
    };
    let alone = request.operations.len() == 1;
    let mut writer = ResponseWriter::new(call.version, status::OK);
    for operation in &request.operations {
        let outcome = match operation {
            Operation::Fetch(asked) => {
                match fetch(call, &rows, asked, (&mut gathering, alone)).await? {
                    Fetched::Now(result) => outcome(asked, result),
                    // The common case, one large attachment: straight through.
                    Fetched::Large(found) if gathering.parts.is_none() => {
                        return Ok(attachment::stream(call, asked, *found));
                    }
                    Fetched::Large(found) => {
                        match attachment::stream_part(call, asked, *found).await? {
                            Ok(reply) => return Ok(reply),
                            Err(status) => outcome(asked, Err(status)),
                        }
                    }
                }
            }
            Operation::EmptyFolderContents {
                collection_id,
                delete_sub_folders,
            } => Outcome::EmptyFolderContents {
                status: empty_folder::empty(call, &rows, collection_id, *delete_sub_folders)
                    .await?,
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
    Ok(match gathering.parts {
        Some(parts) => Reply::multipart(parts.assemble(&document)),
        None => Reply::wbxml(document),
    })
}

/// What is in an answer so far.
struct Gathering {
    /// In the multipart form: bodies and attachments.
    parts: Option<Parts>,
    /// Octets that still fit, see [`MAX_ANSWER`].
    room: u64,
    finder: Finder,
}

impl Gathering {
    /// Takes an attachment's octets into the answer.
    fn take(&mut self, octets: Vec<u8>) -> Content {
        self.room = self.room.saturating_sub(octets.len() as u64);
        match &mut self.parts {
            Some(parts) => Content::Part(parts.push(octets)),
            None => Content::Data(octets),
        }
    }

    /// Takes the body of an item that is in the answer.
    fn take_body(&mut self, body: &mut Body) {
        let length = body.data.as_ref().map_or(0, String::len);
        self.room = self.room.saturating_sub(length as u64);
        if let Some(parts) = &mut self.parts
            && let Some(data) = body.data.take()
        {
            body.part = Some(parts.push(data.into_bytes()));
        }
    }
}

/// One Fetch. What is wrong with it costs it alone; a backend that is down costs the request.
async fn fetch(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Fetch,
    (gathering, alone): (&mut Gathering, bool),
) -> Result<Fetched, Failure> {
    let refused = |status| Ok(Fetched::Now(Err(status)));
    if gathering.room == 0 {
        return refused(status::TOO_LARGE);
    }
    let fetched = match (
        &asked.store,
        &asked.file_reference,
        &asked.server_id,
        &asked.collection_id,
    ) {
        (Some(Store::DocumentLibrary), ..) => return refused(status::DOCUMENT_ACCESS_DENIED),
        (Some(Store::Other(_)), ..) => return refused(status::STORE_UNKNOWN),
        (_, Some(_), Some(_), _) | (_, Some(_), _, Some(_)) => {
            return refused(common::INVALID_COMBINATION_OF_IDS);
        }
        (_, Some(reference), None, None) => {
            attachment::fetch(call, rows, asked, reference, (gathering, alone)).await
        }
        (_, None, Some(server_id), Some(collection)) => {
            item::fetch(call, rows, asked, (collection, server_id), gathering)
                .await
                .map(Fetched::Now)
        }
        // LongIds come from searches, which are not offered yet.
        (_, None, None, None) if asked.long_id.is_some() => return refused(status::NOT_FOUND),
        _ => return refused(status::PROTOCOL_ERROR),
    };
    match fetched {
        // Faults that concern one operation become its status; the others stay faults.
        Err(failure) if failure.remedy == Remedy::ResyncFolders => refused(status::NOT_FOUND),
        Err(failure) if failure.remedy == Remedy::Forbidden => refused(status::ACCESS_DENIED),
        other => other,
    }
}

fn outcome(asked: &Fetch, result: Result<Properties, u16>) -> Outcome {
    let head = head(asked);
    match result {
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
