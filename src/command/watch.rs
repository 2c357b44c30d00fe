//! Waiting for changes: what a held Ping and a held Sync share.
//!
//! The order matters (S23): subscribe first, then compare every view with the backend, then sleep.
//! What changed before the subscription the comparison finds; what changes after it wakes us. A hint
//! is never passed on unseen: only what a Sync would show ends the wait.

mod collections;

use std::time::Duration;

use airgate_codec::imap::MailboxName;
use tracing::info;

use self::collections::Collections;
use super::{Call, folders};
use crate::clock;
use crate::failure::{self, Failure, Remedy};
use crate::push::{Event, Hold, Moved};
use crate::store::{ChainRow, FolderRow};
use crate::sync::folders::Hierarchy;
use crate::sync::mailbox::unmoved;
use crate::sync::options::Options;
use crate::sync::plan;
use crate::sync::view::MailView;

/// Why a wait ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Woken {
    /// These collections have something to show.
    Changes(Vec<String>),
    /// The folders are not those the phone holds.
    Hierarchy,
    /// The time is over.
    Nothing,
    /// A newer request of the device took over, or the server is going down.
    Superseded,
}

/// What to look at next.
enum Hint {
    All,
    Mail(Event),
    Dav(Moved),
}

/// A short pause after a hint, so that a burst of changes wakes the phone once.
const SETTLE: Duration = Duration::from_millis(20);

/// Comparisons of a collection that Syncs of the same device keep changing.
const SECOND_LOOKS: usize = 4;

/// Pause before another try at a backend that did not answer.
const RETRY: Duration = Duration::from_secs(5);

/// Waits until one of the collections has something to show, at most `patience`, or until a newer
/// request of the device takes the place of `hold`.
///
/// # Errors
/// The store's. A backend that is down is waited out: the watcher tells when it is back.
pub(super) async fn wait(
    call: &Call<'_>,
    rows: &[FolderRow],
    ids: &[&str],
    patience: Duration,
    hold: &Hold,
) -> Result<Woken, Failure> {
    let watched: Vec<&FolderRow> = rows
        .iter()
        // In a level of the hierarchy nothing ever happens.
        .filter(|row| row.is_mailbox() && ids.contains(&row.id.as_str()))
        .collect();
    let names: Vec<MailboxName> = watched
        .iter()
        .map(|row| MailboxName::new(row.name.clone()))
        .collect();
    let gateway = call.gateway;
    let mut subscription = gateway.hub.subscribe(call.login, &names);
    let mut collections = Collections::listen(call, rows, ids);
    let deadline = tokio::time::sleep_until(clock::deadline(patience));
    tokio::pin!(deadline);
    metrics::gauge!("airgate_pings_held").increment(1.0);
    let _held = Held;
    let mut hint = Hint::All;
    // Looks are in boxes, so that the wait between them keeps no room for them (T56).
    if subscription.hierarchy_moved() && matches!(Box::pin(hierarchy_differs(call)).await, Ok(true))
    {
        return Ok(Woken::Hierarchy);
    }
    loop {
        let mut again = None;
        let woken = match &hint {
            Hint::Mail(Event::Hierarchy) | Hint::Dav(Moved::Hierarchy) => {
                Box::pin(hierarchy_differs(call))
                    .await
                    .map(|yes| yes.then_some(Woken::Hierarchy))
            }
            Hint::All | Hint::Mail(Event::Anything) => {
                Box::pin(changed(call, &watched)).await.map(changes)
            }
            Hint::Mail(Event::Mailbox(name)) => {
                let one: Vec<&FolderRow> = watched
                    .iter()
                    .copied()
                    .filter(|row| row.name == name.as_str())
                    .collect();
                Box::pin(changed(call, &one)).await.map(changes)
            }
            Hint::Dav(Moved::Anything | Moved::Collections(_)) => Ok(None),
        };
        let mut found = Vec::new();
        match woken {
            Ok(Some(Woken::Changes(ids))) => found = ids,
            Ok(Some(woken)) => return Ok(woken),
            Ok(None) => {}
            Err(failure) if failure.remedy == Remedy::ResyncFolders => {
                return Ok(Woken::Hierarchy);
            }
            Err(failure) => {
                info!(error = %failure::chain(&failure), "cannot compare now, waiting on");
                again = Some(RETRY);
            }
        }
        if !collections.is_empty() && !matches!(hint, Hint::Mail(_)) {
            let compared = Box::pin(collections.compare(call)).await?;
            if compared.hierarchy {
                return Ok(Woken::Hierarchy);
            }
            found.extend(compared.changed);
        }
        if !found.is_empty() {
            return Ok(Woken::Changes(found));
        }
        // What could not be compared is compared later, though nothing more may be heard of it.
        let retry = async {
            match again {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = subscription.next() => {
                tokio::time::sleep(SETTLE).await;
                hint = Hint::Mail(event);
            }
            moved = collections.next() => hint = Hint::Dav(moved),
            () = retry => hint = Hint::Mail(Event::Anything),
            () = &mut deadline => return Ok(Woken::Nothing),
            () = hold.superseded() => return Ok(Woken::Superseded),
            () = gateway.ending(call.user, call.device) => return Ok(Woken::Superseded),
        }
    }
}

fn changes(ids: Vec<String>) -> Option<Woken> {
    (!ids.is_empty()).then_some(Woken::Changes(ids))
}

/// The collections in which a Sync would show something.
async fn changed(call: &Call<'_>, watched: &[&FolderRow]) -> Result<Vec<String>, Failure> {
    let mut changed = Vec::new();
    let mut rows = watched.to_vec();
    for _ in 0..SECOND_LOOKS {
        let mut again = Vec::new();
        for (row, compared) in differing(call, &rows).await? {
            // A Sync of this device went on meanwhile: what was seen may be its own doing.
            let now = chain(call, row).await?;
            let same =
                |now: &ChainRow| now.version() == compared.version() && now.view == compared.view;
            if now.as_ref().is_some_and(same) {
                changed.push(row.id.clone());
            } else {
                again.push(row);
            }
        }
        rows = again;
        if rows.is_empty() {
            return Ok(changed);
        }
    }
    // A device that never rests will not mind to be woken.
    changed.extend(rows.iter().map(|row| row.id.clone()));
    Ok(changed)
}

/// A collection's chain. A Sync of this device under way has perhaps told the backend already and its
/// view not yet: the phone's own changes must not wake it.
async fn chain(call: &Call<'_>, row: &FolderRow) -> Result<Option<ChainRow>, Failure> {
    let leases = &call.gateway.leases;
    let _lease = leases.take(call.user, call.device, &row.id).await;
    let store = &call.gateway.store;
    Ok(store
        .chain(call.user, call.device, &call.space(row))
        .await?)
}

/// The collections whose views differ from the backend, each with the chain that was compared. One
/// STATUS flight; only what moved is looked at.
async fn differing<'r>(
    call: &Call<'_>,
    watched: &[&'r FolderRow],
) -> Result<Vec<(&'r FolderRow, ChainRow)>, Failure> {
    let mut candidates = Vec::new();
    for row in watched {
        if let Some(chain) = chain(call, row).await? {
            candidates.push((*row, chain));
        }
    }
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<MailboxName> = candidates
        .iter()
        .map(|(row, _)| MailboxName::new(row.name.clone()))
        .collect();
    let imap = &call.gateway.imap;
    let mut session = imap.session(call.login, names.first()).await?;
    let statuses = session.status(&names).await?;
    let mut differing = Vec::new();
    for (((row, chain), name), status) in candidates.into_iter().zip(&names).zip(statuses) {
        // A view that cannot be read, or was never filled: a Sync has something to say.
        let view = MailView::decode(&chain.view).ok();
        let Some(mut view) = view.filter(|view| view.cursor.is_some()) else {
            differing.push((row, chain));
            continue;
        };
        let options = Options::decode(&chain.options);
        let window = call.window(row, options.filter_type, options.conversation_mode);
        let status = status?;
        let moved = view.cursor.is_none_or(|cursor| !unmoved(&cursor, &status));
        if moved || view.window() != window {
            let mailbox = call.mailbox(row, name);
            mailbox
                .look(&mut session, &mut view, window, Some(&status))
                .await?;
        }
        if plan::anything(&view) {
            differing.push((row, chain));
        }
    }
    Ok(differing)
}

/// Whether the folders are others than the phone was told.
async fn hierarchy_differs(call: &Call<'_>) -> Result<bool, Failure> {
    // A change of this device's own under way is at the backend already and in its view not yet.
    let _lease = call
        .gateway
        .leases
        .take(call.user, call.device, folders::CHAIN)
        .await;
    let now = folders::refresh(call).await?;
    let held = call
        .gateway
        .store
        .chain(call.user, call.device, folders::CHAIN)
        .await?;
    let held = held
        .and_then(|row| Hierarchy::decode(&row.view).ok())
        .unwrap_or_default();
    let shown = now.shown(&held, call.version, call.one_folder());
    Ok(held.changes_to(&shown).count() > 0)
}

/// Counts a held request for as long as it is held.
struct Held;

impl Drop for Held {
    fn drop(&mut self) {
        metrics::gauge!("airgate_pings_held").decrement(1.0);
    }
}
