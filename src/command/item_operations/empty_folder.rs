//! EmptyFolderContents ([MS-ASCMD] 2.2.3.60): what is in a folder goes for good, at once.
//!
//! Only the messages found there when the command came go (S9): one that arrives meanwhile stays. The
//! phones hear of it by their next Sync, in pages like any other change, because a view changes only
//! by what its phone was told.

use airgate_codec::eas::item_operations::status;
use airgate_codec::imap::MailboxName;
use tracing::info;

use super::super::{Call, folder_change, folders};
use crate::backend::imap::{ImapError, Search, Session};
use crate::failure::{self, Failure};
use crate::store::{FolderKind, FolderRow};
use crate::sync::folders::Role;

/// Empties a folder, and deletes those below it if asked to; gives the status of the operation.
///
/// # Errors
/// A backend that is out of reach. What was removed until then is removed.
pub(in super::super) async fn empty(
    call: &Call<'_>,
    rows: &[FolderRow],
    collection: &str,
    delete_subfolders: bool,
) -> Result<u16, Failure> {
    // Only mail is emptied: what else there is has no trash to be fetched back from.
    let there =
        |row: &&FolderRow| row.id == collection && !row.retired && row.kind == FolderKind::Mail;
    // Levels of the hierarchy are folders to a phone as well; nothing is in them but folders.
    let all = match rows.iter().any(|row| there(&row)) {
        true => rows.to_vec(),
        false => folders::all(call).await?,
    };
    let Some(row) = all.iter().find(there) else {
        return Ok(status::NOT_FOUND);
    };
    let name = MailboxName::new(row.name.clone());
    let mut session = call.gateway.imap.session(call.login, Some(&name)).await?;
    if !row.is_level()
        && let Err(error) = purge(&mut session, &name).await
    {
        return refused(error);
    }
    match delete_subfolders {
        true => delete_below(call, &mut session, row).await,
        false => Ok(status::OK),
    }
}

/// Removes the messages there are.
async fn purge(session: &mut Session, name: &MailboxName) -> Result<(), ImapError> {
    session.select(name, None).await?;
    let seen = session.search(&Search::All).await?;
    if !seen.is_empty() {
        session.expunge(&seen).await?;
    }
    Ok(())
}

/// Deletes the mailboxes below a folder, the deepest first. Those with a role stay, and so does what
/// is above them.
async fn delete_below(
    call: &Call<'_>,
    session: &mut Session,
    row: &FolderRow,
) -> Result<u16, Failure> {
    let now = folders::refresh(call).await?;
    let mut gone = Vec::new();
    let mut kept: Vec<&FolderRow> = Vec::new();
    for below in now.ground().subtree(row) {
        let special = Role::from_number(below.role).is_special();
        let above = kept.iter().any(|kept| kept.name.starts_with(&below.name));
        if below.id == row.id || special || above {
            kept.push(below);
            continue;
        }
        if !below.is_level() {
            match session.delete(&MailboxName::new(below.name.clone())).await {
                Ok(()) | Err(ImapError::NoMailbox(_)) => {}
                Err(
                    error @ (ImapError::Denied(_) | ImapError::ReadOnly | ImapError::Refused(_)),
                ) => {
                    info!(error = %failure::chain(&error), "a folder below could not be deleted");
                    kept.push(below);
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            folder_change::subscribe(session, &below.name, false).await;
        }
        gone.push(below);
    }
    folder_change::retire(call, &gone).await?;
    // The folder itself is among those kept.
    Ok(match kept.len() > 1 {
        true => status::PARTIAL_SUCCESS,
        false => status::OK,
    })
}

fn refused(error: ImapError) -> Result<u16, Failure> {
    info!(error = %failure::chain(&error), "a folder could not be emptied");
    match error {
        ImapError::NoMailbox(_) => Ok(status::NOT_FOUND),
        ImapError::Denied(_) | ImapError::ReadOnly => Ok(status::ACCESS_DENIED),
        ImapError::Refused(_) => Ok(status::SERVER_ERROR),
        other => Err(other.into()),
    }
}
