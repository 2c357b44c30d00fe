//! FolderSync ([MS-ASCMD] 2.2.1.5): the folder hierarchy and what changed in it.

use airgate_codec::eas::folder_sync::{Changes, Folder, FolderType, Request, Response, status};

use super::{Call, folders, malformed};
use crate::failure::Failure;
use crate::front::Reply;
use crate::sync::chain::{Asked, Position, SyncKey};
use crate::sync::folders::{self as hierarchy, Hierarchy, Role};
use crate::sync::step::{Next, Step};

/// Answers a FolderSync.
pub(super) async fn folder_sync(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::MALFORMED)),
    };
    let answer = |response: &Response| Reply::wbxml(response.write(call.version));
    let Ok(asked) = request.sync_key.parse::<Asked>();
    let store = call.gateway.store.as_ref();
    let _lease = call
        .gateway
        .leases
        .take(call.user, call.device, folders::CHAIN)
        .await;
    let step = Step::open(store, call.user, call.device, folders::CHAIN, asked).await?;
    let held = match step.position {
        Position::Refused => return Ok(answer(&Response::failure(status::INVALID_SYNC_KEY))),
        Position::Start => Hierarchy::default(),
        Position::Current | Position::Replay => match step.base().map(Hierarchy::decode) {
            Some(Ok(held)) => held,
            _ => return Ok(answer(&Response::failure(status::INVALID_SYNC_KEY))),
        },
    };
    let now = folders::refresh(call)
        .await?
        .shown(&held, call.version, call.one_folder());
    let changes = held.changes_to(&now);
    let unchanged = changes.count() == 0 && step.position == Position::Current;
    let key = if call.probe {
        // Nothing is kept of a probe, so any key will do: the next one starts afresh.
        Some(SyncKey {
            epoch: 1,
            counter: 1,
        })
    } else if unchanged {
        step.present_key()
    } else {
        let view = now.encode();
        let repeats = step.present() == Some(view.as_slice());
        // A FolderCreate under this key may still be repeated: it is not to be done twice (S2).
        let journal = step.journal();
        step.commit(Next {
            view,
            repeats,
            journal,
            ..Next::default()
        })
        .await?
    };
    let Some(key) = key else {
        return Ok(answer(&Response::failure(status::SERVER_ERROR)));
    };
    let reply = answer(&Response {
        status: status::OK,
        sync_key: Some(key.to_string()),
        changes: Some(Changes {
            updates: changes.updated.iter().map(folder).collect(),
            deletes: changes.deleted,
            adds: changes.added.iter().map(folder).collect(),
        }),
    });
    // A phone that begins learns what this server can do (exchange-habits 5).
    Ok(if asked == Asked::Start {
        call.offer().anew_on(reply)
    } else {
        reply
    })
}

/// A folder as the protocol names it.
pub(super) fn folder(folder: &hierarchy::Folder) -> Folder {
    Folder {
        server_id: folder.id.clone(),
        parent_id: folder.parent.clone(),
        display_name: folder.name.clone(),
        kind: match folder.role {
            Role::Inbox => FolderType::Inbox,
            Role::Drafts => FolderType::Drafts,
            Role::Trash => FolderType::DeletedItems,
            Role::Sent => FolderType::SentItems,
            Role::Mail | Role::Level => FolderType::UserMail,
            Role::Tasks => FolderType::Tasks,
            Role::Calendar => FolderType::Calendar,
            Role::Contacts => FolderType::Contacts,
            Role::Notes => FolderType::Notes,
            Role::UserCalendar => FolderType::UserCalendar,
            Role::UserContacts => FolderType::UserContacts,
            Role::UserTasks => FolderType::UserTasks,
            Role::UserNotes => FolderType::UserNotes,
        },
    }
}
