//! Move of a conversation ([MS-ASCMD] 2.2.3.117.1, 14.0 and later): its messages from all folders but
//! Sent Items go to one. Future messages do not follow: a server that moves mail by itself while
//! nobody looks is the user's filter's business, not a gateway's. MoveAlways is thus taken for "now",
//! as its absence is, which Exchange does not refuse either (REFERENCE 7.1).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use airgate_codec::eas::item_operations::status;
use airgate_codec::eas::status as common;
use airgate_codec::imap::{MailboxName, UidSet};
use tracing::{info, warn};

use crate::backend::imap::{ImapError, Search, Session};
use crate::clock;
use crate::command::{Call, move_items};
use crate::failure::{self, Failure, Remedy};
use crate::item::conversation::Thread;
use crate::store::{FolderKind, FolderRow};
use crate::sync::folders::Role;

/// Folders looked at together. A user has a few connections only, and others of his devices need
/// some too.
const LANES: usize = 3;
/// Messages whose thread is read at a time while one of the conversation is looked for. A phone moves
/// conversations that it shows, and it shows the newest.
const BATCH: usize = 500;
/// Messages looked at for that in all, and how long.
const MAX_LOOKED_AT: usize = 50_000;
const MAX_SEARCH: Duration = Duration::from_secs(20);

/// The messages of a conversation in one folder.
struct Members<'r> {
    folder: &'r FolderRow,
    uid_validity: u32,
    uids: UidSet,
}

/// Moves a conversation; the status.
pub(super) async fn move_to(
    call: &Call<'_>,
    rows: &[FolderRow],
    conversation: &[u8],
    destination: &str,
) -> Result<u16, Failure> {
    let folders: Vec<&FolderRow> = searched(rows);
    let Some(target) = folders.iter().find(|row| row.id == destination) else {
        return Ok(common::MOVE_COMMAND_INVALID_DESTINATION_FOLDER);
    };
    if target.role == Role::Drafts as u8 {
        return Ok(common::MOVE_COMMAND_INVALID_DESTINATION_FOLDER);
    }
    let Some(thread) = named(call, &folders, conversation).await? else {
        return Ok(status::NOT_FOUND);
    };
    let found = members(call, &folders, &thread).await?;
    if found.is_empty() {
        return Ok(status::NOT_FOUND);
    }
    let (mut moved, mut refused) = (false, false);
    for Members {
        folder,
        uid_validity,
        uids,
    } in &found
    {
        if folder.id == target.id || folder.role == Role::Sent as u8 {
            continue;
        }
        match move_items::shift(call, folder, (*uid_validity, uids), target).await {
            Ok(()) => moved = true,
            // One folder that refuses does not keep the others from moving.
            Err(failure) if is_refusal(&failure) => {
                warn!(error = %failure::chain(&failure), "a part of a conversation stays");
                refused = true;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(match (moved, refused) {
        (_, false) => status::OK,
        (true, true) => status::PARTIAL_SUCCESS,
        (false, true) => common::FAILURE_IN_MOVE_OPERATION,
    })
}

fn is_refusal(failure: &Failure) -> bool {
    !matches!(failure.remedy, Remedy::RetryLater | Remedy::FreshSecret)
}

/// The mail folders, in the order in which a message of a conversation is most likely there.
fn searched(rows: &[FolderRow]) -> Vec<&FolderRow> {
    let mut folders: Vec<&FolderRow> = rows
        .iter()
        .filter(|row| row.kind == FolderKind::Mail && !row.retired)
        .collect();
    folders.sort_by_key(|row| match Role::from_number(row.role) {
        Role::Inbox => 0,
        Role::Mail => 1,
        _ => 2,
    });
    folders
}

/// The thread with that ConversationId: the id is a digest, so one of its messages must be found. The
/// newest messages of every folder come first, then older ones.
async fn named(
    call: &Call<'_>,
    folders: &[&FolderRow],
    conversation: &[u8],
) -> Result<Option<Thread>, Failure> {
    let until = clock::deadline(MAX_SEARCH);
    let mut left = MAX_LOOKED_AT;
    let mut round = 0;
    loop {
        let mut more = false;
        for folder in folders {
            let Some((mut session, _, uids)) = messages(call, folder).await? else {
                continue;
            };
            let all: Vec<u32> = uids.iter().rev().collect();
            let mut batches = all.chunks(BATCH).skip(round);
            let Some(batch) = batches.next() else {
                continue;
            };
            more |= batches.next().is_some();
            left = left.saturating_sub(batch.len());
            let batch: UidSet = batch.iter().copied().collect();
            let threads = &call.gateway.threads;
            let named = threads.of(call.user, &mut session, &batch).await?;
            let mut same = named
                .into_iter()
                .filter(|(_, thread)| thread.id() == conversation);
            if let Some((_, thread)) = same.next() {
                return Ok(Some(thread));
            }
            if left == 0 || clock::monotonic() >= until {
                info!("a conversation was not found in the time there is");
                return Ok(None);
            }
        }
        if !more {
            return Ok(None);
        }
        round += 1;
    }
}

/// A folder opened, its generation and the messages in it; `None` for one that cannot be read.
async fn messages(
    call: &Call<'_>,
    folder: &FolderRow,
) -> Result<Option<(Session, u32, UidSet)>, Failure> {
    let name = MailboxName::new(folder.name.clone());
    let mut session = call.gateway.imap.session(call.login, Some(&name)).await?;
    let validity = match session.select(&name, None).await {
        Ok(selected) => selected.uid_validity.get(),
        Err(ImapError::NoMailbox(_) | ImapError::Denied(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let uids = session.search(&Search::Undeleted).await?;
    Ok(Some((session, validity, uids)))
}

/// The messages of a thread in every folder that has some.
async fn members<'r>(
    call: &Call<'_>,
    folders: &[&'r FolderRow],
    thread: &Thread,
) -> Result<Vec<Members<'r>>, Failure> {
    let next = AtomicUsize::new(0);
    let lane = || async {
        let mut found = Vec::new();
        while let Some(&folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Some((mut session, uid_validity, there)) = messages(call, folder).await? else {
                continue;
            };
            let threads = &call.gateway.threads;
            let mut uids = threads.members(call.user, &mut session, thread).await?;
            uids &= &there;
            if !uids.is_empty() {
                found.push(Members {
                    folder,
                    uid_validity,
                    uids,
                });
            }
        }
        Ok::<_, Failure>(found)
    };
    let [mut found, second, third]: [Vec<_>; LANES] = {
        let lanes = tokio::try_join!(lane(), lane(), lane())?;
        lanes.into()
    };
    found.extend(second);
    found.extend(third);
    Ok(found)
}
