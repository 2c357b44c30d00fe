//! The user's folders, for the commands that name them.

use crate::failure::Failure;
use crate::gate::Scopes;
use crate::store::FolderRow;
use crate::sync::hierarchy::{self, Folders};

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
    if !call.scopes.allows(Scopes::MAIL) {
        return Ok(Vec::new());
    }
    let table = call.gateway.store.folders(call.user).await?;
    if table.rows.is_empty() {
        Ok(refresh(call).await?.rows)
    } else {
        Ok(table.rows)
    }
}

/// The folders as the backend has them now.
pub(super) async fn refresh(call: &Call<'_>) -> Result<Folders, Failure> {
    if !call.scopes.allows(Scopes::MAIL) {
        // A passcode for other classes only sees no mail folders (C3).
        return Ok(Folders::default());
    }
    let gateway = call.gateway;
    hierarchy::refresh(
        gateway.store.as_ref(),
        &gateway.imap,
        call.login,
        call.user,
        &gateway.settings.folders,
    )
    .await
}
