//! FolderCreate ([MS-ASCMD] 2.2.1.2): a new mailbox, subscribed to, so that other clients show it; or
//! a new calendar, address book or task list.

use airgate_codec::eas::folder_create::{Request, Response, status};
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::imap::MailboxName;

use super::folder_change::{self, Answered, Change, RECIPIENT_CACHE, collections};
use super::{Answer, Call, folders, malformed};
use crate::backend::imap::ImapError;
use crate::failure::Failure;
use crate::front::Reply;
use crate::gate::Scopes;
use crate::sync::folders::place::Misplaced;
use crate::sync::folders::{Folder, Role};
use crate::sync::hierarchy::Folders;

/// Answers a FolderCreate.
pub(super) async fn folder_create(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::MALFORMED)),
    };
    let response = match create(call, &request).await? {
        Answered::Done { key, server_id } => Response {
            status: status::OK,
            sync_key: Some(key.to_string()),
            server_id,
        },
        Answered::Refused(status) => Response {
            status,
            ..Response::default()
        },
    };
    Ok(Reply::wbxml(response.write(call.version)))
}

async fn create(call: &Call<'_>, request: &Request) -> Result<Answered, Failure> {
    let (parent, name) = (&request.parent_id, &request.display_name);
    let kind = (request.kind as u8).to_string();
    let words: &[&str] = match collections::new_kind(request.kind) {
        Some(_) => &["create", parent, name, &kind],
        None => &["create", parent, name],
    };
    let mut change = match Change::open(call, &request.sync_key, words).await? {
        Ok(change) => change,
        Err(status) => return Ok(Answered::Refused(status)),
    };
    if parent == RECIPIENT_CACHE {
        return Ok(Answered::Refused(status::SPECIAL_FOLDER));
    }
    if let Some(kind) = collections::new_kind(request.kind) {
        return collections::create(call, change, kind, parent, name).await;
    }
    if let Some(outcome) = change.repeated() {
        let id = outcome.server_id.unwrap_or_default();
        change.held.put(folder(request, &id, Role::Mail));
        return change.commit(Some(id)).await;
    }
    if !is_mail(request.kind) || !call.scopes.allows(Scopes::MAIL) {
        return Ok(Answered::Refused(status::MALFORMED));
    }
    let before = folders::refresh(call).await?;
    let path = match before.ground().place_new(parent, name) {
        Ok(path) => path,
        Err(Misplaced::Taken) if change.intended().await? => {
            // Ours, made before a crash: the phone was never told of it.
            let own = sibling(&before, parent, name)
                .filter(|folder| change.held.folder(&folder.id).is_none());
            return match own {
                Some(own) => {
                    let id = own.id.clone();
                    change.held.put(folder(request, &id, own.role));
                    change.commit(Some(id)).await
                }
                None => Ok(Answered::Refused(status::EXISTS)),
            };
        }
        Err(fault) => return Ok(Answered::Refused(folder_change::misplaced(fault))),
    };
    change.intend().await?;
    if let Err(error) = make(call, &path).await {
        let status = folder_change::refused(error, status::SPECIAL_FOLDER)?;
        return Ok(Answered::Refused(status));
    }
    let after = folders::refresh(call).await?;
    // Some servers write a name otherwise than they were told: then it is the one that is new there.
    let made = after
        .rows
        .iter()
        .find(|row| !row.retired && row.name == path)
        .or_else(|| only_new(&before, &after));
    let Some(made) = made else {
        return Ok(Answered::Refused(status::SERVER_ERROR));
    };
    let id = made.id.clone();
    let role = Role::from_number(made.role);
    change.held.put(folder(request, &id, role));
    change.commit(Some(id)).await
}

/// Creates a mailbox and subscribes to it.
///
/// Quirk: Cyrus hangs up over some names (`{5}`). A name over which a server hangs up twice is none
/// it takes; to call that a passing fault would make the phone ask for ever.
async fn make(call: &Call<'_>, path: &str) -> Result<(), ImapError> {
    let imap = &call.gateway.imap;
    let mailbox = MailboxName::new(path);
    let mut session = imap.session(call.login, None).await?;
    let mut created = session.create(&mailbox).await;
    if matches!(created, Err(ImapError::Disconnected(_))) {
        session = imap.fresh_session(call.login).await?;
        created = session.create(&mailbox).await;
        match created {
            Err(ImapError::Disconnected(why)) => return Err(ImapError::BadName(why)),
            // The first try came through: nobody had it before.
            Err(ImapError::MailboxExists(_)) => created = Ok(()),
            _ => {}
        }
    }
    created?;
    folder_change::subscribe(&mut session, path, true).await;
    Ok(())
}

/// The folder as the phone has it from now on.
fn folder(request: &Request, id: &str, role: Role) -> Folder {
    Folder {
        id: id.to_owned(),
        parent: request.parent_id.clone(),
        name: request.display_name.clone(),
        role,
    }
}

/// Whether a folder of that type is a mailbox. What is neither that nor a collection is not for phones
/// to make (REFERENCE 4.3).
const fn is_mail(kind: FolderType) -> bool {
    matches!(kind, FolderType::Generic | FolderType::UserMail)
}

/// The folder of exactly that name below a parent.
fn sibling<'f>(folders: &'f Folders, parent: &str, name: &str) -> Option<&'f Folder> {
    let folders = &folders.hierarchy.folders;
    folders
        .iter()
        .find(|folder| folder.parent == parent && folder.name == name)
}

/// The one row that was not there before.
fn only_new<'f>(before: &Folders, after: &'f Folders) -> Option<&'f crate::store::FolderRow> {
    let mut new = after.rows.iter().filter(|row| {
        row.holds_mail()
            && !before
                .rows
                .iter()
                .any(|old| old.id == row.id && !old.retired)
    });
    let first = new.next();
    first.filter(|_| new.next().is_none())
}
