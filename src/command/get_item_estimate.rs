//! GetItemEstimate ([MS-ASCMD] 2.2.1.9): how many changes the next Syncs would bring.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Class;
use airgate_codec::eas::get_item_estimate::{Collection, Estimate, Request, Response, status};
use airgate_codec::imap::MailboxName;

use super::{Answer, Call, folders, malformed, objects};
use crate::failure::Failure;
use crate::front::Reply;
use crate::item::object::Kind;
use crate::store::FolderRow;
use crate::sync::chain::{Asked, Position};
use crate::sync::objects::{ObjectOptions, ObjectView};
use crate::sync::options::Options;
use crate::sync::plan;
use crate::sync::step::Step;
use crate::sync::view::MailView;

/// Collections in one request (REFERENCE 3, size limits).
const MAX_COLLECTIONS: usize = 1000;

/// Answers a GetItemEstimate.
pub(super) async fn get_item_estimate(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => {
            return Ok(malformed(
                call,
                &fault,
                airgate_codec::eas::status::INVALID_XML,
            ));
        }
    };
    if request.collections.len() > MAX_COLLECTIONS {
        let status = airgate_codec::eas::status::INVALID_XML;
        return Ok(super::failures::status_reply(
            call.version,
            call.command,
            status,
        ));
    }
    let rows = folders::all(call).await?;
    let mut estimates = Vec::with_capacity(request.collections.len());
    for collection in &request.collections {
        let (status, count) = estimate(call, &rows, collection).await?;
        estimates.push(Estimate {
            status,
            class: (call.version <= ProtocolVersion::V12_1)
                .then(|| class(&rows, &collection.collection_id)),
            collection_id: Some(collection.collection_id.clone()),
            count,
        });
    }
    let response = Response {
        status: None,
        estimates,
    };
    Ok(Reply::wbxml(response.write(call.version)))
}

async fn estimate(
    call: &Call<'_>,
    rows: &[FolderRow],
    asked: &Collection,
) -> Result<(u16, Option<u32>), Failure> {
    let Some(folder) = rows
        .iter()
        .find(|row| row.id == asked.collection_id && !row.retired)
    else {
        return Ok((status::INVALID_COLLECTION, None));
    };
    let Ok(key) = asked
        .sync_key
        .as_deref()
        .unwrap_or_default()
        .parse::<Asked>();
    let store = call.gateway.store.as_ref();
    let space = call.space(folder);
    let step = Step::open(store, call.user, call.device, &space, key).await?;
    if let Some(kind) = objects::kind_of(folder) {
        return objects_estimate(call, rows, (folder, kind), asked, &step).await;
    }
    let view = match step.position {
        // Not primed: there is no state to count from.
        Position::Start => return Ok((status::NOT_PRIMED, None)),
        Position::Refused => return Ok((status::INVALID_SYNC_KEY, None)),
        // The key is not consumed, so both generations may be asked about.
        Position::Current | Position::Replay => step.base().map(MailView::decode),
    };
    let Some(Ok(mut view)) = view else {
        return Ok((status::INVALID_SYNC_KEY, None));
    };
    let sticky = Options::decode(step.options());
    let filter = asked.filter().unwrap_or(sticky.filter_type);
    let conversations = asked.conversation_mode.unwrap_or(sticky.conversation_mode);
    let window = call.window(folder, filter, conversations);
    let name = MailboxName::new(folder.name.clone());
    let imap = &call.gateway.imap;
    let mut session = imap.session(call.login, Some(&name)).await?;
    let mailbox = call.mailbox(folder, &name);
    mailbox.look(&mut session, &mut view, window, None).await?;
    let waiting = u32::try_from(plan::waiting(&view)).unwrap_or(u32::MAX);
    Ok((status::OK, Some(waiting)))
}

/// The same for a collection of objects.
async fn objects_estimate(
    call: &Call<'_>,
    rows: &[FolderRow],
    (folder, kind): (&FolderRow, Kind),
    asked: &Collection,
    step: &Step<'_>,
) -> Result<(u16, Option<u32>), Failure> {
    let view = match step.position {
        Position::Start => return Ok((status::NOT_PRIMED, None)),
        Position::Refused => return Ok((status::INVALID_SYNC_KEY, None)),
        Position::Current | Position::Replay => step.base().map(ObjectView::decode),
    };
    let Some(Ok(mut view)) = view else {
        return Ok((status::INVALID_SYNC_KEY, None));
    };
    let sticky = ObjectOptions::decode(step.options());
    let options = ObjectOptions {
        filter_type: asked.filter().unwrap_or(sticky.filter_type),
        ..sticky
    };
    let waiting = objects::waiting(call, rows, (folder, kind), &mut view, &options).await?;
    Ok((status::OK, Some(u32::try_from(waiting).unwrap_or(u32::MAX))))
}

/// The class of a collection, as old clients are told it.
fn class(rows: &[FolderRow], id: &str) -> Class {
    let row = rows.iter().find(|row| row.id == id);
    row.map_or(Class::Email, |row| objects::class_of(row.kind))
}
