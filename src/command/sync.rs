//! Sync ([MS-ASCMD] 2.2.1.21): the phone's changes in, the backend's changes out, in one step along
//! each collection's chain of keys.

mod apply;
mod collection;
mod drafts;
mod objects;
pub(super) mod page;
mod request;

use std::collections::HashMap;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Class;
use airgate_codec::eas::sync::{Collection, Request, ResponseWriter};
use airgate_codec::imap::{MailboxName, MailboxStatus};
use tracing::info;

use self::collection::{Answer, Seen, status};
use self::page::{Budget, Told};
use self::request::{Refused, Wanted};
use super::meetings::due::catch_up;
use super::objects::has_calendars;
use super::objects::{Cursors, kind_of};
use super::{Call, folders, malformed, watch};
use crate::clock;
use crate::failure::{self, Blame, Failure};
use crate::front::Reply;
use crate::push::{Hold, HoldKind};
use crate::store::FolderRow;

/// Status of a request that breaks the protocol.
const PROTOCOL_ERROR: u16 = 4;

/// Answers a Sync.
pub(super) async fn sync(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, PROTOCOL_ERROR)),
    };
    // An empty request is the same one every time, and one without keys nearly.
    let named = request.collections.as_deref().unwrap_or_default();
    let has_keys = !named.is_empty() && named.iter().all(|c| c.sync_key.is_some());
    if has_keys && let Some(refusal) = call.gateway.loops.refuse(call).await {
        return Ok(refusal);
    }
    let wanted = match request::complete(call, request).await? {
        Ok(wanted) => wanted,
        Err(Refused { status, limit }) => {
            info!(status, "the Sync is refused as a whole");
            return Ok(Reply::wbxml(ResponseWriter::failure(
                call.version,
                status,
                limit,
            )));
        }
    };
    // Whatever Sync of this device still waits for news is told by this one instead.
    let hold = call
        .gateway
        .holds
        .begin(call.user, call.device, HoldKind::Sync);
    let rows = folders::all(call).await?;
    if has_calendars(&rows, wanted.collections.iter().map(|c| &*c.collection_id)) {
        Box::pin(catch_up(call)).await;
    }
    // In boxes, so that a Sync that is held keeps no room for them (T56).
    let mut answers = Box::pin(round(call, &rows, &wanted, None)).await?;
    if let (Some(wait), false) = (wanted.wait, answers.iter().any(Answer::speaks)) {
        let ids: Vec<&str> = wanted
            .collections
            .iter()
            .map(|c| c.collection_id.as_str())
            .collect();
        match watch::wait(call, &rows, &ids, wait, &hold).await? {
            watch::Woken::Changes(_) => {
                answers = Box::pin(round(call, &rows, &wanted, Some(&hold))).await?;
            }
            watch::Woken::Hierarchy => {
                let status = 12;
                return Ok(Reply::wbxml(ResponseWriter::failure(
                    call.version,
                    status,
                    None,
                )));
            }
            watch::Woken::Nothing | watch::Woken::Superseded => {}
        }
    }
    if has_keys && answers.iter().any(Answer::speaks) {
        call.gateway.loops.answered(call).await;
    }
    Ok(write(call, answers))
}

/// One pass over all collections. One that waited gives way to a newer request: to go on from the
/// same key would make the key void that the newer one was given.
async fn round(
    call: &Call<'_>,
    rows: &[FolderRow],
    wanted: &Wanted,
    waited: Option<&Hold>,
) -> Result<Vec<Answer>, Failure> {
    let seen = seen(call, rows, wanted).await;
    let families = families(rows, wanted);
    let window = wanted
        .window
        .map_or(usize::MAX, |window| collection::window_of(Some(window)));
    let mut budget = Budget::new(window, call.gateway.settings.page_time);
    let mut answers = Vec::with_capacity(wanted.collections.len());
    for collection in &wanted.collections {
        let answer = collection::answer(call, rows, collection, &mut budget, &seen, waited);
        match answer.await {
            Ok(answer) => answers.extend(answer),
            // T60: mail that is down stops no calendars, as long as there are some.
            Err(failure) if families > 1 && failure.blame == Blame::Backend => {
                info!(error = %failure::chain(&failure), "a mailbox cannot be had now");
                let key = collection.sync_key.as_deref().unwrap_or_default();
                let (class, status) = (Class::Email, status::SERVER_ERROR);
                answers.push(Answer::refused(call, class, collection, key, status));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(answers)
}

/// How many kinds of servers the collections of a request lie on.
fn families(rows: &[FolderRow], wanted: &Wanted) -> usize {
    let is_mail = |collection: &Collection| {
        let row = rows.iter().find(|row| row.id == collection.collection_id);
        row.is_none_or(|row| kind_of(row).is_none())
    };
    let mail = wanted.collections.iter().any(is_mail);
    let objects = wanted.collections.iter().any(|asked| !is_mail(asked));
    usize::from(mail) + usize::from(objects)
}

/// How far every collection is that may have moved, with one question to each server (S25). What
/// cannot be had is left to each collection to find out.
async fn seen(call: &Call<'_>, rows: &[FolderRow], wanted: &Wanted) -> Seen {
    let asked: Vec<&FolderRow> = wanted
        .collections
        .iter()
        .filter(|collection| collection.sync_key.as_deref() != Some("0"))
        .filter_map(|collection| {
            let mut rows = rows.iter();
            rows.find(|row| row.id == collection.collection_id && !row.retired)
        })
        .collect();
    let (objects, mail): (Vec<&FolderRow>, Vec<&FolderRow>) =
        asked.into_iter().partition(|row| kind_of(row).is_some());
    let kinds = objects.iter().filter_map(|row| kind_of(row));
    let cursors = Cursors::new(kinds);
    // One mailbox is asked after when its turn comes: it may not be necessary.
    if mail.len() < 2 && objects.is_empty() || mail.is_empty() {
        let statuses = HashMap::new();
        return Seen { statuses, cursors };
    }
    // Mail takes a round trip anyway: both at once.
    let ask = async {
        if !objects.is_empty() {
            cursors.all(call).await;
        }
    };
    let (statuses, ()) = tokio::join!(statuses(call, &mail), ask);
    Seen { statuses, cursors }
}

async fn statuses(call: &Call<'_>, asked: &[&FolderRow]) -> HashMap<String, MailboxStatus> {
    let names: Vec<MailboxName> = asked
        .iter()
        .map(|row| MailboxName::new(row.name.clone()))
        .collect();
    if names.is_empty() {
        return HashMap::new();
    }
    let Ok(mut session) = call.gateway.imap.session(call.login, names.first()).await else {
        return HashMap::new();
    };
    if !session.capabilities().condstore {
        return HashMap::new();
    }
    let Ok(answers) = session.status(&names).await else {
        return HashMap::new();
    };
    asked
        .iter()
        .zip(answers)
        .filter_map(|(row, status)| Some((row.id.clone(), status.ok()?)))
        .collect()
}

/// The answer as bytes; nothing to tell is an empty body where the version knows that.
fn write(call: &Call<'_>, answers: Vec<Answer>) -> Reply {
    let started = clock::monotonic();
    let says_all = call.version < ProtocolVersion::V12_1;
    let mut writer = ResponseWriter::new(call.version);
    for answer in answers {
        if !says_all && !answer.speaks() {
            continue;
        }
        let class = metric(answer.class);
        writer.begin_collection(&answer.head);
        writer.responses(&answer.responses);
        writer.begin_commands();
        for told in &answer.told {
            let operation = match told {
                Told::Add(id, item) => {
                    writer.add(id, item);
                    "add"
                }
                Told::Change(id, item) => {
                    writer.change(id, item);
                    "change"
                }
                Told::Delete(id) => {
                    writer.delete(id);
                    "delete"
                }
                Told::SoftDelete(id) => {
                    writer.soft_delete(id);
                    "softdelete"
                }
            };
            metrics::counter!("airgate_sync_items_total", "class" => class, "op" => operation)
                .increment(1);
        }
        writer.end_commands();
        writer.end_collection();
    }
    let document = writer.finish();
    metrics::histogram!("airgate_sync_encode_seconds").record(started.elapsed().as_secs_f64());
    if document.is_empty() {
        Reply::empty()
    } else {
        Reply::wbxml(document)
    }
}

/// A class as metrics name it.
const fn metric(class: Class) -> &'static str {
    match class {
        Class::Calendar => "calendar",
        Class::Contacts => "contacts",
        Class::Tasks => "tasks",
        Class::Notes => "notes",
        _ => "email",
    }
}
