//! Searching all folders: side by side on a few of the user's connections, in a task of its own, so
//! that a search that takes longer than a phone waits is there when it asks again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::timeout_at;
use tokio_util::task::AbortOnDropHandle;
use tracing::info;

use super::lane::Lane;
use super::{LONGEST, Quarry, Shared};
use crate::backend::imap::{Elsewhere, ImapError, Session};
use crate::clock;
use crate::failure::{self, Failure, Remedy};

/// Connections a search uses at a time at most. It never takes all of a user's: mail has to arrive
/// meanwhile.
const MOST_CONNECTIONS: usize = 4;

/// Starts the search.
pub(super) fn start(shared: &Arc<Shared>) -> Vec<AbortOnDropHandle<()>> {
    let quarry = &shared.quarry;
    let connections = (quarry.imap.settings().per_user_connections / 2)
        .clamp(1, MOST_CONNECTIONS)
        .min(quarry.folders.len().max(1));
    let next = Arc::new(AtomicUsize::new(0));
    (0..connections)
        .map(|_| {
            let (shared, next) = (Arc::clone(shared), Arc::clone(&next));
            AbortOnDropHandle::new(crate::task::spawn("search", async move {
                let until = clock::deadline(LONGEST);
                // Whatever is left then counts as not searched.
                if timeout_at(until, work(&shared, &next)).await.is_err() {
                    shared.lose(None).await;
                }
            }))
        })
        .collect()
}

/// Searches one folder after the other.
async fn work(shared: &Shared, next: &AtomicUsize) {
    let quarry = &shared.quarry;
    loop {
        let folder = next.fetch_add(1, Ordering::Relaxed);
        let Some(name) = quarry.name(folder) else {
            return;
        };
        let session = quarry.imap.session(&quarry.login, Some(&name)).await;
        let searched = match session {
            Ok(mut session) => one(shared, &mut session, folder).await,
            Err(error) => Err(error),
        };
        match searched {
            Ok(lane) => shared.add(lane).await,
            // Gone, or not ours to read: nothing in it can be shown.
            Err(ImapError::NoMailbox(_)) => shared.add(None).await,
            Err(error) => {
                let failure = Failure::from(error);
                if failure.remedy == Remedy::Forbidden {
                    shared.add(None).await;
                } else {
                    info!(error = %failure::chain(&failure), "a folder could not be searched");
                    shared.lose(Some(failure)).await;
                }
            }
        }
    }
}

async fn one(
    shared: &Shared,
    session: &mut Session,
    folder: usize,
) -> Result<Option<Lane>, ImapError> {
    let quarry = &shared.quarry;
    match elsewhere(shared, session, folder).await? {
        Told::Unknown => Lane::search(session, quarry, folder, None).await,
        Told::Nothing => Ok(None),
        Told::Found(found) => Lane::search(session, quarry, folder, Some(found)).await,
    }
}

/// What a search over several folders says of one.
enum Told {
    Unknown,
    Nothing,
    Found(Elsewhere),
}

/// Asks for all folders at once where the server can, once.
async fn elsewhere(
    shared: &Shared,
    session: &mut Session,
    folder: usize,
) -> Result<Told, ImapError> {
    let quarry = &shared.quarry;
    if !session.capabilities().multisearch || quarry.is_alone() {
        return Ok(Told::Unknown);
    }
    let all = shared
        .several
        .get_or_try_init(|| async {
            let names: Vec<_> = (0..quarry.folders.len())
                .filter_map(|at| quarry.name(at))
                .collect();
            match session.search_in(&names, &quarry.program).await {
                Ok(found) => Ok(Some(found)),
                // One of the mailboxes, perhaps: each alone, then.
                Err(ImapError::Refused(_) | ImapError::NoMailbox(_) | ImapError::Denied(_)) => {
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        })
        .await?;
    Ok(match (all, quarry.name(folder)) {
        (Some(all), Some(name)) => all.get(&name).cloned().map_or(Told::Nothing, Told::Found),
        _ => Told::Unknown,
    })
}

impl Quarry {
    /// One folder only is searched.
    pub(super) fn is_alone(&self) -> bool {
        self.folders.len() == 1
    }
}
