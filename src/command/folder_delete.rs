//! FolderDelete ([MS-ASCMD] 2.2.1.3): the folder with all that is below it.
//!
//! A deletion never escalates (S9): the mailbox goes into the trash as it is; where the server keeps
//! no mailboxes there, its mail goes into the trash. Only what lies in the trash already is deleted
//! for good. An account without a trash keeps its folders.

use airgate_codec::eas::folder_delete::{Request, Response, status};
use airgate_codec::imap::{MailboxName, UidSet};
use tracing::info;

use super::folder_change::{self, Answered, Change, RECIPIENT_CACHE, collections};
use super::{Answer, Call, folders, malformed};
use crate::backend::imap::{ImapError, Search, Session};
use crate::failure::{self, Failure};
use crate::front::Reply;
use crate::store::FolderRow;
use crate::sync::folders::{Role, dav};
use crate::sync::hierarchy::Folders;

/// Answers a FolderDelete.
pub(super) async fn folder_delete(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::MALFORMED)),
    };
    let (status, sync_key) = delete(call, &request).await?.told();
    let response = Response { status, sync_key };
    Ok(Reply::wbxml(response.write(call.version)))
}

async fn delete(call: &Call<'_>, request: &Request) -> Result<Answered, Failure> {
    let id = request.server_id.as_str();
    let mut change = match Change::open(call, &request.sync_key, &["delete", id]).await? {
        Ok(change) => change,
        Err(status) => return Ok(Answered::Refused(status)),
    };
    if id == RECIPIENT_CACHE {
        return Ok(Answered::Refused(status::SPECIAL_FOLDER));
    }
    let Some(held) = change.held.folder(id) else {
        return Ok(Answered::Refused(status::NOT_FOUND));
    };
    if held.role.is_special() {
        return Ok(Answered::Refused(status::SPECIAL_FOLDER));
    }
    if change.repeated().is_some() {
        change.held.drop_tree(id);
        return change.commit(None).await;
    }
    let before = folders::refresh(call).await?;
    let ground = before.ground();
    let Some(row) = ground.row(id) else {
        // Perhaps by this very command, before a crash.
        if change.intended().await? {
            change.held.drop_tree(id);
            return change.commit(None).await;
        }
        return Ok(Answered::Refused(status::NOT_FOUND));
    };
    if dav::service(row).is_some() {
        return collections::delete(call, change, &before, row).await;
    }
    let subtree = ground.subtree(row);
    if subtree
        .iter()
        .any(|row| Role::from_number(row.role).is_special())
    {
        return Ok(Answered::Refused(status::SPECIAL_FOLDER));
    }
    let trash = before
        .rows
        .iter()
        .find(|row| !row.retired && row.role == Role::Trash as u8);
    let Some(trash) = trash else {
        info!("an account without a trash keeps its folders (S9)");
        return Ok(Answered::Refused(status::SPECIAL_FOLDER));
    };
    let in_trash = ground.subtree(trash).iter().any(|below| below.id == row.id);
    if in_trash && !change.held.below(&trash.id).iter().any(|f| f.id == id) {
        // The phone knows it elsewhere: another client put it there, or this very command before a
        // crash. It is where the phone wants it; to delete it for good nobody asked.
        change.held.drop_tree(id);
        return change.commit(None).await;
    }
    change.intend().await?;
    let name = MailboxName::new(row.name.clone());
    let mut session = call.gateway.imap.session(call.login, Some(&name)).await?;
    let outcome = if in_trash {
        destroy(call, &mut session, &subtree).await
    } else {
        discard(call, &mut session, &before, row, &subtree, trash).await
    };
    match outcome? {
        Ok(()) => {
            change.held.drop_tree(id);
            change.commit(None).await
        }
        Err(status) => Ok(Answered::Refused(status)),
    }
}

/// Puts a folder into the trash: as a folder, else its mail.
async fn discard(
    call: &Call<'_>,
    session: &mut Session,
    before: &Folders,
    row: &FolderRow,
    subtree: &[&FolderRow],
    trash: &FolderRow,
) -> Result<Result<(), u16>, Failure> {
    if let Ok(path) = before.ground().place_below(row, trash) {
        match folder_change::rename(call, session, row, &path).await {
            Ok(()) => {
                folder_change::follow_rename(call, session, before, row, &path).await?;
                return Ok(Ok(()));
            }
            // No right to rename is no right to delete by another way.
            Err(error @ ImapError::Denied(_)) => {
                return folder_change::refused(error, status::SPECIAL_FOLDER).map(Err);
            }
            Err(
                error @ (ImapError::BadName(_)
                | ImapError::Refused(_)
                | ImapError::MailboxExists(_)),
            ) => {
                info!(error = %failure::chain(&error), "the trash takes no folders, only their mail");
            }
            Err(other) => return folder_change::refused(other, status::SPECIAL_FOLDER).map(Err),
        }
    }
    for row in subtree.iter().filter(|row| !row.is_level()) {
        if let Err(error) = empty_into(session, row, trash).await {
            return folder_change::refused(error, status::SPECIAL_FOLDER).map(Err);
        }
    }
    destroy(call, session, subtree).await
}

/// Moves all mail of a folder into the trash, and makes sure that none is left.
async fn empty_into(
    session: &mut Session,
    row: &FolderRow,
    trash: &FolderRow,
) -> Result<(), ImapError> {
    let (from, to) = (
        MailboxName::new(row.name.clone()),
        MailboxName::new(trash.name.clone()),
    );
    session.select(&from, None).await?;
    // What is marked \Deleted goes along, unless the marks are all that a move leaves behind.
    let moves = session.capabilities().move_ || session.capabilities().uidplus;
    let wanted = if moves {
        Search::All
    } else {
        Search::Undeleted
    };
    let all = session.search(&wanted).await?;
    if !all.is_empty() {
        session.move_messages(&all, &to).await?;
        let left: UidSet = session.search(&wanted).await?;
        if !left.is_empty() {
            return Err(ImapError::Refused("some mail could not be moved".into()));
        }
    }
    Ok(())
}

/// Deletes mailboxes for good, the deepest first, and what clients know of them.
async fn destroy(
    call: &Call<'_>,
    session: &mut Session,
    subtree: &[&FolderRow],
) -> Result<Result<(), u16>, Failure> {
    let mut gone = Vec::new();
    let mut refused = None;
    for row in subtree {
        if !row.is_level() {
            let name = MailboxName::new(row.name.clone());
            match session.delete(&name).await {
                // Gone is what was wanted.
                Ok(()) | Err(ImapError::NoMailbox(_)) => {}
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
            folder_change::subscribe(session, &row.name, false).await;
        }
        gone.push(*row);
    }
    folder_change::retire(call, &gone).await?;
    match refused {
        Some(error) => folder_change::refused(error, status::SPECIAL_FOLDER).map(Err),
        None => Ok(Ok(())),
    }
}
