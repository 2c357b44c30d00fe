//! MoveItems of objects: from collection to collection of one class, once each, however often asked.
//!
//! As with mail the next Sync tells the source's Delete and the destination's Add, and neither wakes a
//! waiting phone: one that never got this answer needs both (S1 before S6).

use airgate_codec::eas::move_items::{Move, Moved, status};
use bytes::Bytes;
use tracing::warn;

use super::{refusal, uid_of};
use crate::backend::dav::{Dav, DavError, Guard, Href};
use crate::clock;
use crate::command::Call;
use crate::command::move_items::respond;
use crate::failure::{self, Failure};
use crate::item::object::Kind;
use crate::store::FolderRow;
use crate::sync::chain::Asked;
use crate::sync::objects::ObjectView;
use crate::sync::server_id;
use crate::sync::step::Step;
use crate::sync::view::ItemNumber;
use crate::undo;

/// The outcomes that say where an object went.
const KIND: &str = "object-move";
/// How long they are kept, in seconds: longer than any phone tries.
const KEPT: i64 = 86_400;

/// Moves objects of one collection to one other of the same class.
///
/// # Errors
/// The servers'; what was not answered was perhaps done, which the next Sync shows.
pub(in crate::command) async fn way(
    call: &Call<'_>,
    kind: Kind,
    source: &FolderRow,
    destination: &FolderRow,
    asked: &[&Move],
) -> Result<Vec<Moved>, Failure> {
    // Nobody compares a view with the backend before it knows of the move.
    let chains = [source.id.as_str(), destination.id.as_str()];
    let leases = &call.gateway.leases;
    let _leases = leases.take_both(call.user, call.device, chains).await;
    let store = call.gateway.store.as_ref();
    let chain = store.chain(call.user, call.device, &source.id).await?;
    let view = chain.and_then(|row| ObjectView::decode(&row.view).ok());
    let view = view.unwrap_or_default();
    let mut answers = Vec::with_capacity(asked.len());
    let (mut left, mut arrived) = (Vec::new(), Vec::new());
    for one in asked {
        let respond = |status, destination| respond(one, status, destination);
        let key = [one.source_item.as_str(), destination.id.as_str()].join(" ");
        let now = clock::now_seconds();
        let device = Some(call.device);
        if let Some(known) = store
            .recall(call.user, device, KIND, key.as_bytes(), now)
            .await?
        {
            let id = String::from_utf8_lossy(&known).into_owned();
            answers.push(respond(status::OK, Some(id)));
            continue;
        }
        let named = server_id::read(&one.source_item).filter(|(id, _)| *id == source.id);
        let number = named.and_then(|(_, number)| u32::try_from(number.0).ok());
        let Some(number) = number.filter(|number| view.knows(*number)) else {
            answers.push(respond(status::INVALID_SOURCE, None));
            continue;
        };
        let moved = match carry(call, kind, (source, number), destination).await {
            Ok(moved) => moved,
            Err(Trouble::Gone) => {
                answers.push(respond(status::INVALID_SOURCE, None));
                continue;
            }
            Err(Trouble::Refused(error)) => {
                warn!(error = %failure::chain(&error), "the server refused a move");
                answers.push(respond(status::LOCKED, None));
                continue;
            }
            Err(Trouble::Failed(failure)) => return Err(failure),
        };
        left.push(number);
        arrived.push(moved);
        let id = server_id::write(&destination.id, ItemNumber(u64::from(moved)));
        let until = now.saturating_add(KEPT);
        store
            .remember(
                call.user,
                device,
                KIND,
                key.as_bytes(),
                id.as_bytes(),
                until,
            )
            .await?;
        answers.push(respond(status::OK, Some(id)));
    }
    note(call, source, |view| {
        left.iter().for_each(|number| view.departs(*number))
    })
    .await?;
    note(call, destination, |view| {
        arrived.iter().for_each(|number| view.claim(*number))
    })
    .await?;
    Ok(answers)
}

/// Why an object was not moved.
enum Trouble {
    Gone,
    Refused(DavError),
    Failed(Failure),
}

impl From<DavError> for Trouble {
    fn from(error: DavError) -> Self {
        match error {
            DavError::NotFound => Self::Gone,
            error if refusal(&error) => Self::Refused(error),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<crate::store::StoreError> for Trouble {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Moves one object; its number in the destination.
async fn carry(
    call: &Call<'_>,
    kind: Kind,
    (source, number): (&FolderRow, u32),
    destination: &FolderRow,
) -> Result<u32, Trouble> {
    let store = call.gateway.store.as_ref();
    let row = store.objects(call.user, &source.id, &[number]).await?.pop();
    let from = row
        .and_then(|row| Href::path(&row.href).ok())
        .ok_or(Trouble::Gone)?;
    let target = Href::path(&destination.name).map_err(|_| Trouble::Gone)?;
    let dav = undo::server(&call.gateway.dav, kind).ok_or(Trouble::Gone)?;
    let mut to = target.join(&from.last_segment());
    if let Ok(_there) = dav.get(call.login, &to).await {
        // The name is taken there: by another object, or by what an earlier try copied.
        to = target.join(&format!("{}-{number}-{}", source.id, from.last_segment()));
    }
    match dav.relocate(call.login, &from, &to).await {
        Ok(()) => {}
        Err(DavError::NotFound) => return Err(Trouble::Gone),
        // Servers without MOVE say so in many ways.
        Err(DavError::Unsupported(_) | DavError::Refused { .. } | DavError::Precondition) => {
            copy(call, dav, kind, &from, &to).await?;
        }
        Err(error) => return Err(error.into()),
    }
    let numbers = store
        .number_objects(call.user, &destination.id, &[to.to_string()])
        .await?;
    numbers.first().copied().ok_or(Trouble::Gone)
}

/// Copies, looks whether it is there, and only then removes (S10).
async fn copy(
    call: &Call<'_>,
    dav: &Dav,
    kind: Kind,
    from: &Href,
    to: &Href,
) -> Result<(), Trouble> {
    let login = call.login;
    let (etag, text): (_, Bytes) = dav.get(login, from).await?;
    match dav
        .put(login, to, text.clone(), undo::data_of(kind), Guard::New)
        .await
    {
        Ok(_) | Err(DavError::Precondition) => {}
        Err(error) => return Err(error.into()),
    }
    let (_, there) = dav.get(login, to).await?;
    if uid_of(&there) != uid_of(&text) {
        return Err(Trouble::Refused(DavError::Precondition));
    }
    match dav.delete(login, from, Some(&etag)).await {
        Ok(()) | Err(DavError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Changes what the view of a folder says, under the same key. Whoever calls it holds the lease.
async fn note(
    call: &Call<'_>,
    folder: &FolderRow,
    change: impl FnOnce(&mut ObjectView),
) -> Result<(), Failure> {
    let store = call.gateway.store.as_ref();
    let Some(row) = store.chain(call.user, call.device, &folder.id).await? else {
        return Ok(());
    };
    let Ok(asked) = format!("{}.{}", row.epoch, row.counter).parse::<Asked>();
    let step = Step::open(store, call.user, call.device, &folder.id, asked).await?;
    let Some(Ok(mut view)) = step.base().map(ObjectView::decode) else {
        return Ok(());
    };
    change(&mut view);
    let options = step.options().to_vec();
    step.keep(view.encode(), options, &[]).await
}
