//! FolderUpdate ([MS-ASCMD] 2.2.1.6): another name, another parent, or both. The folder keeps its id
//! and its items theirs (S16).

use airgate_codec::eas::folder_update::{Request, Response, status};
use airgate_codec::imap::MailboxName;

use super::folder_change::{self, Answered, Change, RECIPIENT_CACHE, collections};
use super::{Answer, Call, folders, malformed};
use crate::failure::Failure;
use crate::front::Reply;
use crate::sync::folders::{Folder, Role, dav};

/// Answers a FolderUpdate.
pub(super) async fn folder_update(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::MALFORMED)),
    };
    let (status, sync_key) = update(call, &request).await?.told();
    let response = Response { status, sync_key };
    Ok(Reply::wbxml(response.write(call.version)))
}

async fn update(call: &Call<'_>, request: &Request) -> Result<Answered, Failure> {
    let (id, parent, name) = (
        request.server_id.as_str(),
        request.parent_id.as_str(),
        request.display_name.as_str(),
    );
    let words = ["update", id, parent, name];
    let mut change = match Change::open(call, &request.sync_key, &words).await? {
        Ok(change) => change,
        Err(status) => return Ok(Answered::Refused(status)),
    };
    if id == RECIPIENT_CACHE {
        return Ok(Answered::Refused(status::SPECIAL_FOLDER));
    }
    // Only what it was shown can a phone change (T13).
    let Some(held) = change.held.folder(id).cloned() else {
        return Ok(Answered::Refused(status::NOT_FOUND));
    };
    if held.role.is_special() {
        return Ok(Answered::Refused(status::EXISTS));
    }
    let asked = Folder {
        parent: parent.to_owned(),
        name: name.to_owned(),
        ..held
    };
    if change.repeated().is_some() {
        change.held.put(asked);
        return change.commit(None).await;
    }
    let before = folders::refresh(call).await?;
    let ground = before.ground();
    let Some(row) = ground.row(id) else {
        return Ok(Answered::Refused(status::NOT_FOUND));
    };
    if Role::from_number(row.role).is_special() {
        return Ok(Answered::Refused(status::EXISTS));
    }
    if dav::service(row).is_some() {
        return collections::update(call, change, &before, row, asked).await;
    }
    let path = match ground.place_moved(row, parent, name) {
        Ok(path) => path,
        Err(fault) => return Ok(Answered::Refused(folder_change::misplaced(fault))),
    };
    if path != row.name {
        let from = MailboxName::new(row.name.clone());
        let mut session = call.gateway.imap.session(call.login, Some(&from)).await?;
        let renamed = folder_change::rename(call, &mut session, row, &path);
        if let Err(error) = renamed.await {
            let status = folder_change::refused(error, status::EXISTS)?;
            return Ok(Answered::Refused(status));
        }
        folder_change::follow_rename(call, &mut session, &before, row, &path).await?;
    }
    change.held.put(asked);
    change.commit(None).await
}
