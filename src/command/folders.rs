//! The user's folders, for the commands that name them.

use crate::backend::dav::{CollectionKind, Davs};
use crate::failure::Failure;
use crate::gate::Scopes;
use crate::store::{FolderKind, FolderRow};
use crate::sync::folders::dav::kinds;
use crate::sync::hierarchy::{self, Folders, collections};

use super::Call;

/// The chain of the folder hierarchy; no collection has this id.
pub(super) const CHAIN: &str = "folders";

/// The mailboxes as the table has them; a user seen for the first time has them listed. Mere levels
/// of the hierarchy are left out: there is no mail in them.
pub(super) async fn known(call: &Call<'_>) -> Result<Vec<FolderRow>, Failure> {
    let mut rows = all(call).await?;
    rows.retain(|row| !row.is_level());
    Ok(rows)
}

/// The same with the levels, for the commands that ask after whatever folder a phone was shown.
pub(super) async fn all(call: &Call<'_>) -> Result<Vec<FolderRow>, Failure> {
    let table = call.gateway.store.folders(call.user).await?;
    let mut rows = if table.rows.is_empty() {
        // Boxed: it is large and rare, and whoever waits for long keeps room for it.
        Box::pin(refresh(call)).await?.rows
    } else {
        table.rows
    };
    rows.retain(|row| call.scopes.allows(scope(row.kind)));
    Ok(rows)
}

/// The folders as the backends have them now; only those of the classes that the passcode is for
/// (C3).
pub(super) async fn refresh(call: &Call<'_>) -> Result<Folders, Failure> {
    let gateway = call.gateway;
    let store = gateway.store.as_ref();
    let allowed = |kind| call.scopes.allows(scope(kind));
    let mail = async {
        if !allowed(FolderKind::Mail) {
            return Ok(Folders::default());
        }
        let overrides = &gateway.settings.folders;
        hierarchy::refresh(store, &gateway.imap, call.login, call.user, overrides).await
    };
    let wanted = |service| kinds(service).iter().any(|kind| allowed(*kind));
    let configured = gateway.dav.clone();
    let davs = Davs {
        calendars: configured
            .calendars
            .filter(|_| wanted(CollectionKind::Calendar)),
        contacts: configured
            .contacts
            .filter(|_| wanted(CollectionKind::AddressBook)),
    };
    let (mail, looks) = tokio::join!(mail, collections::look(&davs, call.login));
    let mut folders = mail?;
    folders.rows = collections::keep(store, &davs, call.login, call.user, &looks).await?;
    folders.rows.retain(|row| allowed(row.kind));
    folders.collections = looks;
    Ok(folders)
}

/// What a passcode must allow for a folder to be seen.
pub(super) const fn scope(kind: FolderKind) -> Scopes {
    match kind {
        FolderKind::Mail => Scopes::MAIL,
        FolderKind::Calendar => Scopes::CALENDAR,
        FolderKind::Contacts => Scopes::CONTACTS,
        FolderKind::Tasks => Scopes::TASKS,
        FolderKind::Notes => Scopes::NOTES,
    }
}
