//! The same for calendars, address books and task lists: MKCALENDAR and MKCOL, another displayname,
//! DELETE (REFERENCE 4.3).
//!
//! A new collection is named on the server after the command itself, so that a repeat finds what was
//! made before a crash (S5).

use airgate_codec::eas::folder_create::status;
use airgate_codec::eas::folder_sync::FolderType;
use tracing::info;

use super::{Answered, Change, retire};
use crate::backend::dav::{Collection, CollectionKind, Dav, DavError, Href, NewKind, NotGot};
use crate::clock;
use crate::command::{Call, folders, objects};
use crate::failure::{self, Failure, Remedy};
use crate::store::{FolderKind, FolderRow, UndoReason};
use crate::sync::folders::dav::{self, Look};
use crate::sync::folders::tree::MAX_NAME;
use crate::sync::folders::{Folder, Role};
use crate::sync::hierarchy::Folders;
use crate::sync::hierarchy::collections::let_go;
use crate::undo::{self, Kept};

/// Objects of a collection that a phone deletes as a whole: half of what is kept of a user, so that one
/// mistake does not push out all others.
const MOST_KEPT: usize = 5000;
/// Read at a time, to hold little of it.
const KEPT_AT_A_TIME: usize = 50;

/// What a type of folder is made as; `None` for types that are no collection.
pub(in crate::command) const fn new_kind(kind: FolderType) -> Option<NewKind> {
    match kind {
        FolderType::UserCalendar => Some(NewKind::Events),
        FolderType::UserContacts => Some(NewKind::AddressBook),
        FolderType::UserTasks => Some(NewKind::Tasks),
        _ => None,
    }
}

/// The class and the server of what is to be made.
const fn place(kind: NewKind) -> (FolderKind, CollectionKind, Role) {
    match kind {
        NewKind::Events => (
            FolderKind::Calendar,
            CollectionKind::Calendar,
            Role::UserCalendar,
        ),
        NewKind::Tasks => (FolderKind::Tasks, CollectionKind::Calendar, Role::UserTasks),
        NewKind::AddressBook => (
            FolderKind::Contacts,
            CollectionKind::AddressBook,
            Role::UserContacts,
        ),
    }
}

/// Makes a collection.
///
/// # Errors
/// What passes; the store's.
pub(in crate::command) async fn create(
    call: &Call<'_>,
    mut change: Change<'_>,
    kind: NewKind,
    parent: &str,
    name: &str,
) -> Result<Answered, Failure> {
    let (folder_kind, service, role) = place(kind);
    let folder = |id: &str, role| Folder {
        id: id.to_owned(),
        parent: parent.to_owned(),
        name: name.to_owned(),
        role,
    };
    if let Some(outcome) = change.repeated() {
        let id = outcome.server_id.unwrap_or_default();
        change.held.put(folder(&id, role));
        return change.commit(Some(id)).await;
    }
    let (Some(dav), true) = (
        call.gateway.dav.of(service),
        call.scopes.allows(folders::scope(folder_kind)),
    ) else {
        return Ok(Answered::Refused(status::MALFORMED));
    };
    if let Err(status) = may_be_named(parent, name) {
        return Ok(Answered::Refused(status));
    }
    let before = folders::refresh(call).await?;
    if let Look::Down = before.collections.of(service) {
        info!("the server cannot be reached (T60)");
        return Ok(Answered::Refused(status::SERVER_ERROR));
    }
    let segment = change.segment();
    let known = before.rows.iter().find(|row| {
        row.kind == folder_kind && !row.retired && row.name.ends_with(&format!("/{segment}/"))
    });
    let href = if let Some(known) = known {
        // Ours, made before a crash: the phone was never told of it.
        known.name.clone()
    } else {
        let shown = before.shown(&change.held, call.version, call.one_folder());
        if taken(&shown.folders, None, parent, name) {
            return Ok(Answered::Refused(status::EXISTS));
        }
        match dav
            .create_collection(call.login, kind, &segment, name)
            .await
        {
            Ok(href) => href.as_str().to_owned(),
            Err(DavError::Precondition) => String::new(),
            Err(error) => return refused(error, status::SPECIAL_FOLDER).map(Answered::Refused),
        }
    };
    let after = folders::refresh(call).await?;
    let made = after.rows.iter().find(|row| {
        row.kind == folder_kind
            && !row.retired
            && (row.name == href || row.name.ends_with(&format!("/{segment}/")))
    });
    let Some(made) = made else {
        return Ok(Answered::Refused(status::SERVER_ERROR));
    };
    let (id, role) = (made.id.clone(), Role::from_number(made.role));
    change.held.put(folder(&id, role));
    change.commit(Some(id)).await
}

/// Gives a collection another name. It has no other parent than the root.
///
/// # Errors
/// What passes; the store's.
pub(in crate::command) async fn update(
    call: &Call<'_>,
    mut change: Change<'_>,
    before: &Folders,
    row: &FolderRow,
    asked: Folder,
) -> Result<Answered, Failure> {
    let (dav, collection) = match found(call, before, row)? {
        Ok(found) => found,
        Err(status) => return Ok(Answered::Refused(status)),
    };
    if let Err(status) = may_be_named(&asked.parent, &asked.name) {
        return Ok(Answered::Refused(status));
    }
    let shown = before.shown(&change.held, call.version, call.one_folder());
    if taken(&shown.folders, Some(&row.id), &asked.parent, &asked.name) {
        return Ok(Answered::Refused(status::EXISTS));
    }
    let present = shown.folder(&row.id).map(|folder| folder.name.as_str());
    // A name that was only shown otherwise (with a number) stays itself.
    if present != Some(asked.name.as_str()) {
        let renamed = dav.rename_collection(call.login, &collection.href, &asked.name);
        if let Err(error) = renamed.await {
            return refused(error, status::EXISTS).map(Answered::Refused);
        }
    }
    change.held.put(asked);
    change.commit(None).await
}

/// Deletes a collection with all that is in it, if it is the user's own and nothing else is in it than
/// what the phone sees.
///
/// # Errors
/// What passes; the store's.
pub(in crate::command) async fn delete(
    call: &Call<'_>,
    mut change: Change<'_>,
    before: &Folders,
    row: &FolderRow,
) -> Result<Answered, Failure> {
    let (dav, collection) = match found(call, before, row)? {
        Ok(found) => found,
        Err(status) => return Ok(Answered::Refused(status)),
    };
    let shared = before
        .rows
        .iter()
        .any(|other| other.id != row.id && !other.retired && other.name == row.name);
    if shared || collection.owner.is_some() || collection.read_only {
        info!(folder = %row.id, "a collection that is more than this folder stays (S9)");
        return Ok(Answered::Refused(status::SPECIAL_FOLDER));
    }
    if let Err(status) = keep_all(call, dav, row, &collection.href).await? {
        return Ok(Answered::Refused(status));
    }
    change.intend().await?;
    match dav.delete_collection(call.login, &collection.href).await {
        // Gone is what was wanted.
        Ok(()) | Err(DavError::NotFound) => {}
        Err(error) => return refused(error, status::SPECIAL_FOLDER).map(Answered::Refused),
    }
    let store = call.gateway.store.as_ref();
    let retired = FolderRow {
        retired: true,
        ..row.clone()
    };
    let_go(store, call.user, &before.rows, &[retired]).await?;
    retire(call, &[row]).await?;
    change.held.drop_tree(&row.id);
    change.commit(None).await
}

/// Keeps all that is in a collection for 30 days before it goes (S8). Inside: the status when there is
/// more than can be kept, or something that cannot be read: it then stays.
async fn keep_all(
    call: &Call<'_>,
    dav: &Dav,
    row: &FolderRow,
    collection: &Href,
) -> Result<Result<(), u16>, Failure> {
    let Some(kind) = objects::kind_of(row) else {
        return Ok(Err(status::SPECIAL_FOLDER));
    };
    let all = match dav.changes(call.login, collection, None).await {
        Ok(delta) => delta.changed,
        Err(error) => return refused(error, status::SPECIAL_FOLDER).map(Err),
    };
    if all.len() > MOST_KEPT {
        info!(folder = %row.id, objects = all.len(), "a collection too large to be kept stays (S8)");
        return Ok(Err(status::SPECIAL_FOLDER));
    }
    let store = call.gateway.store.as_ref();
    let keys = call.gateway.gate.keys();
    let (of, now) = (
        (call.user, call.device, row.id.as_str()),
        clock::now_seconds(),
    );
    let hrefs: Vec<Href> = all.into_iter().map(|(href, _)| href).collect();
    for batch in hrefs.chunks(KEPT_AT_A_TIME) {
        let data = undo::data_of(kind);
        let got = match dav.multiget(call.login, collection, data, batch).await {
            Ok(got) => got,
            Err(error) => return refused(error, status::SPECIAL_FOLDER).map(Err),
        };
        for got in got {
            let text = match got.result {
                Ok((_, text)) => text.to_vec(),
                Err(NotGot::Gone) => continue,
                Err(NotGot::Failed(why)) => {
                    info!(folder = %row.id, why, "a collection that cannot be kept stays (S8)");
                    return Ok(Err(status::SPECIAL_FOLDER));
                }
            };
            let href = got.href.to_string();
            let kept = Kept { href, text };
            let reason = UndoReason::Deleted;
            undo::keep(store, &keys, of, kind, reason, &kept, now).await?;
        }
    }
    Ok(Ok(()))
}

/// The collection of a row, as it was just seen. Inside: the status when it is not there.
fn found<'f>(
    call: &'f Call<'_>,
    before: &'f Folders,
    row: &FolderRow,
) -> Result<Result<(&'f Dav, &'f Collection), u16>, Failure> {
    let service = dav::service(row);
    let dav = service.and_then(|service| call.gateway.dav.of(service));
    let (Some(service), Some(dav)) = (service, dav) else {
        return Ok(Err(status::NOT_FOUND));
    };
    let Look::Seen(seen) = before.collections.of(service) else {
        info!("the server cannot be reached (T60)");
        return Ok(Err(status::SERVER_ERROR));
    };
    let href = Href::path(&row.name).ok();
    let collection = seen
        .iter()
        .find(|collection| Some(&collection.href) == href.as_ref());
    Ok(collection
        .map(|collection| (dav, collection))
        .ok_or(status::NOT_FOUND))
}

/// Collections have the root as their parent and a name that people can read.
fn may_be_named(parent: &str, name: &str) -> Result<(), u16> {
    if parent != "0" {
        return Err(status::PARENT_NOT_FOUND);
    }
    let readable = !name.trim().is_empty() && !name.contains(char::is_control);
    match readable && name.chars().count() <= MAX_NAME {
        true => Ok(()),
        false => Err(status::MALFORMED),
    }
}

fn taken(shown: &[Folder], own: Option<&str>, parent: &str, name: &str) -> bool {
    shown.iter().any(|folder| {
        Some(folder.id.as_str()) != own
            && folder.parent == parent
            && folder.name.to_lowercase() == name.to_lowercase()
    })
}

/// The status for what the server refused, or the failure of the whole command. `forbidden` makes the
/// phone put back what it did.
fn refused(error: DavError, forbidden: u16) -> Result<u16, Failure> {
    info!(error = %failure::chain(&error), "the server refused to change a collection");
    match error {
        DavError::Denied(_) | DavError::Unsupported(_) => Ok(forbidden),
        DavError::NotFound => Ok(status::NOT_FOUND),
        DavError::Refused { .. } => Ok(status::UNKNOWN_ERROR),
        other => passing(other.into()),
    }
}

/// The status of what passes: the phone tries again. Not HTTP 503, which would stop its mail as well
/// (T60).
fn passing(failure: Failure) -> Result<u16, Failure> {
    match failure.remedy {
        Remedy::RetryLater => Ok(status::SERVER_ERROR),
        _ => Err(failure),
    }
}
