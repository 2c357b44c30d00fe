//! MoveItems ([MS-ASCMD] 2.2.1.12): messages from folder to folder, once each, however often asked.
//!
//! The next Sync tells the source's Delete and the destination's Add. That is an echo, but a phone that
//! never got this answer needs both, and all but one client take them as nothing new (S1 before S6).
//! In the view of the destination the message is claimed: if it is gone before that Sync, a phone that
//! did get this answer must be told to let it go. Neither wakes a waiting phone. The one client is Outlook, which would show the mail
//! twice: its view of the destination takes the message in here.

use std::collections::BTreeMap;

use airgate_codec::eas::move_items::{Move, Moved, Request, Response, status};
use airgate_codec::imap::{MailboxName, UidSet};
use tracing::warn;

use super::moved::{self, Place};
use super::{Answer, Call, failures, folders, malformed, objects};
use crate::backend::imap::{ImapError, Search};
use crate::failure::{self, Failure};
use crate::front::Reply;
use crate::store::FolderRow;
use crate::sync::chain::Asked;
use crate::sync::folders::merged;
use crate::sync::server_id;
use crate::sync::step::Step;
use crate::sync::view::MailView;

/// Moves in one request (REFERENCE 3, size limits).
const MAX_MOVES: usize = 1000;

/// Answers a MoveItems.
pub(super) async fn move_items(call: &Call<'_>) -> Answer {
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
    if request.moves.len() > MAX_MOVES {
        let status = airgate_codec::eas::status::INVALID_XML;
        return Ok(failures::status_reply(call.version, call.command, status));
    }
    let rows = folders::known(call).await?;
    let mut answers: Vec<Option<Moved>> = vec![None; request.moves.len()];
    // Messages with the same way to go travel together.
    let mut ways: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    let mut bound: BTreeMap<&str, &str> = BTreeMap::new();
    for (at, (asked, answer)) in request.moves.iter().zip(&mut answers).enumerate() {
        let (item, folder) = (&asked.source_item, &asked.destination_folder);
        match check(call, &rows, asked) {
            // [MS-ASCMD] 2.2.3.177.10: nothing goes to two places.
            Ok(()) if bound.entry(item).or_insert(folder) != folder => {
                *answer = Some(respond(asked, status::FAILED, None));
            }
            Ok(()) => ways
                .entry((
                    asked.source_folder.clone(),
                    asked.destination_folder.clone(),
                ))
                .or_default()
                .push(at),
            Err(status) => *answer = Some(respond(asked, status, None)),
        }
    }
    for ((source, destination), positions) in ways {
        let asked: Vec<&Move> = positions
            .iter()
            .filter_map(|at| request.moves.get(*at))
            .collect();
        let found = |id: &str| rows.iter().find(|row| row.id == id);
        let (Some(source), Some(destination)) = (found(&source), found(&destination)) else {
            continue;
        };
        let outcomes = match (objects::kind_of(source), objects::kind_of(destination)) {
            (None, None) => way(call, source, destination, &asked).await?,
            (Some(kind), Some(other)) if kind == other => {
                objects::way(call, kind, source, destination, &asked).await?
            }
            // Nothing becomes an object of another class by being moved (REFERENCE 6.3).
            _ => asked
                .iter()
                .map(|asked| respond(asked, status::INVALID_DESTINATION, None))
                .collect(),
        };
        for (at, outcome) in positions.into_iter().zip(outcomes) {
            if let Some(answer) = answers.get_mut(at) {
                *answer = Some(outcome);
            }
        }
    }
    let results = answers.into_iter().flatten().collect();
    Ok(Reply::wbxml(
        Response {
            status: None,
            results,
        }
        .write(call.version),
    ))
}

fn check(call: &Call<'_>, rows: &[FolderRow], asked: &Move) -> Result<(), u16> {
    let one = call.one_folder();
    // A phone is not shown what it finds in another folder.
    let shown = |row: &FolderRow| !row.retired && !merged::is_hidden(rows, row, one);
    let known = |id: &str| rows.iter().any(|row| row.id == id && shown(row));
    if !known(&asked.source_folder) {
        Err(status::INVALID_SOURCE)
    } else if !known(&asked.destination_folder) {
        Err(status::INVALID_DESTINATION)
    } else if asked.source_folder == asked.destination_folder {
        Err(status::SAME_FOLDER)
    } else {
        Ok(())
    }
}

pub(super) fn respond(asked: &Move, status: u16, destination: Option<String>) -> Moved {
    Moved {
        source_item: asked.source_item.clone(),
        status,
        destination_item: destination,
    }
}

/// Moves messages of one folder to one other.
async fn way(
    call: &Call<'_>,
    source: &FolderRow,
    destination: &FolderRow,
    asked: &[&Move],
) -> Result<Vec<Moved>, Failure> {
    // Nobody compares a view with the backend before it knows of the move.
    let chains = [source.id.as_str(), destination.id.as_str()];
    let leases = &call.gateway.leases;
    let _leases = leases.take_both(call.user, call.device, chains).await;
    let chain = call
        .gateway
        .store
        .chain(call.user, call.device, &source.id)
        .await?;
    let view = chain.and_then(|row| MailView::decode(&row.view).ok());
    let name = MailboxName::new(source.name.clone());
    let mut session = call.gateway.imap.session(call.login, Some(&name)).await?;
    let validity = session.select(&name, None).await?.uid_validity.get();
    let view = view
        .filter(|view| {
            view.cursor
                .is_some_and(|cursor| cursor.uid_validity == validity)
        })
        .unwrap_or_default();
    let uid_of = |asked: &Move| {
        let (collection, number) = server_id::read(&asked.source_item)?;
        view.uid_of(number).filter(|_| collection == source.id)
    };
    let mut fresh = UidSet::new();
    let mut earlier: BTreeMap<u32, Place> = BTreeMap::new();
    for uid in asked.iter().filter_map(|asked| uid_of(asked)) {
        let place = Place {
            folder: source.id.clone(),
            uid_validity: validity,
            uid,
        };
        match moved::follow(call, &place).await {
            Some(place) => {
                earlier.insert(uid, place);
            }
            None => {
                fresh.insert(uid);
            }
        }
    }
    if !fresh.is_empty() {
        // A server that finds nothing to move says OK all the same.
        fresh = session.search(&Search::In(fresh)).await?;
    }
    let target = MailboxName::new(destination.name.clone());
    let outcome = if fresh.is_empty() {
        Ok(None)
    } else {
        session.move_messages(&fresh, &target).await.map(Some)
    };
    let moved = match outcome {
        Ok(moved) => moved,
        Err(
            error @ (ImapError::NoMailbox(_)
            | ImapError::Denied(_)
            | ImapError::ReadOnly
            | ImapError::OverQuota
            | ImapError::Refused(_)),
        ) => {
            warn!(error = %failure::chain(&error), "the backend refused a move");
            let status = if matches!(error, ImapError::NoMailbox(_)) {
                status::INVALID_DESTINATION
            } else {
                status::LOCKED
            };
            return Ok(asked
                .iter()
                .map(|asked| respond(asked, status, None))
                .collect());
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(moved) = &moved {
        moved::remember(call, &source.id, validity, &destination.id, moved).await;
    }
    drop(session);
    let left: UidSet = moved
        .iter()
        .flat_map(|moved| moved.pairs.iter().map(|(uid, _)| uid.get()))
        .collect();
    if !left.is_empty() {
        note(call, source, |view| {
            view.claims -= &left;
            view.departed |= &left & &view.phone.items;
        })
        .await?;
    }
    // What the phone knows of the destination decides how its messages are numbered.
    let chain = call
        .gateway
        .store
        .chain(call.user, call.device, &destination.id)
        .await?;
    let held = chain
        .and_then(|row| MailView::decode(&row.view).ok())
        .unwrap_or_default();
    let mut arrived = UidSet::new();
    let answers = asked
        .iter()
        .map(|asked| {
            let Some(uid) = uid_of(asked) else {
                return respond(asked, status::INVALID_SOURCE, None);
            };
            if let Some(place) = earlier.get(&uid) {
                // The repeat of a move: the first answer again, if that is where it is now.
                let there = (place.folder == destination.id).then(|| held.number_of(place.uid));
                let id = there.map_or_else(
                    || asked.source_item.clone(),
                    |number| server_id::write(&destination.id, number),
                );
                return respond(asked, status::OK, Some(id));
            }
            let pairs = moved
                .as_ref()
                .map(|moved| moved.pairs.as_slice())
                .unwrap_or_default();
            if !pairs.iter().any(|(old, _)| old.get() == uid) {
                return respond(asked, status::INVALID_SOURCE, None);
            }
            let new = moved.as_ref().and_then(|moved| moved::new_uid(moved, uid));
            // Without a new UID the phone is told its old id: it drops the message here and finds it
            // there by the next Sync.
            let id = new.map_or_else(
                || asked.source_item.clone(),
                |new| {
                    arrived.insert(new.get());
                    server_id::write(&destination.id, held.number_of(new.get()))
                },
            );
            respond(asked, status::OK, Some(id))
        })
        .collect();
    if !arrived.is_empty() {
        note(call, destination, |view| {
            if call.is_outlook() {
                for uid in &arrived {
                    view.told_whole(uid, &airgate_codec::imap::Flags::default());
                }
            } else {
                view.claims |= &arrived;
            }
        })
        .await?;
    }
    Ok(answers)
}

/// Moves messages of one folder, of that generation, to another without telling the phone their new
/// names: it hears of them by the next Sync.
pub(super) async fn shift(
    call: &Call<'_>,
    source: &FolderRow,
    (uid_validity, uids): (u32, &UidSet),
    destination: &FolderRow,
) -> Result<(), Failure> {
    let _lease = call
        .gateway
        .leases
        .take(call.user, call.device, &source.id)
        .await;
    let name = MailboxName::new(source.name.clone());
    let target = MailboxName::new(destination.name.clone());
    let mut session = call.gateway.imap.session(call.login, Some(&name)).await?;
    if session.select(&name, None).await?.uid_validity.get() != uid_validity {
        return Err(Failure::gateway(
            "the mailbox got a new UIDVALIDITY during a request",
        ));
    }
    let moved = moved::carry(call, &mut session, &name, uid_validity, uids, &target).await?;
    moved::remember(call, &source.id, uid_validity, &destination.id, &moved).await;
    drop(session);
    let left: UidSet = moved.pairs.iter().map(|(uid, _)| uid.get()).collect();
    note(call, source, |view| {
        view.claims -= &left;
        view.departed |= &left & &view.phone.items;
    })
    .await
}

/// Changes what the view of a folder says the phone holds, under the same key. Whoever calls it
/// holds the folder's lease.
async fn note(
    call: &Call<'_>,
    folder: &FolderRow,
    change: impl FnOnce(&mut MailView),
) -> Result<(), Failure> {
    let store = call.gateway.store.as_ref();
    let Some(row) = store.chain(call.user, call.device, &folder.id).await? else {
        return Ok(());
    };
    let key = format!("{}.{}", row.epoch, row.counter);
    let Ok(asked) = key.parse::<Asked>();
    let step = Step::open(store, call.user, call.device, &folder.id, asked).await?;
    let Some(Ok(mut view)) = step.base().map(MailView::decode) else {
        return Ok(());
    };
    if view.cursor.is_none() {
        return Ok(());
    }
    change(&mut view);
    let options = step.options().to_vec();
    step.keep(view.encode(), options, &[]).await
}
