//! From the names a phone uses to a message at the backend: CollectionId and ServerId become mailbox
//! and UID, through the phone's own view, so that nobody reaches a message he was not shown (T13).

use airgate_codec::imap::{MailboxName, UidSet};

use super::Call;
use super::edited;
use super::long_id::LongId;
use super::moved::{self, Place};
use crate::backend::imap::Session;
use crate::failure::Failure;
use crate::store::FolderRow;
use crate::sync::server_id;
use crate::sync::view::MailView;

/// A message's mailbox, selected.
pub(super) struct Found<'r> {
    pub(super) folder: &'r FolderRow,
    pub(super) uid_validity: u32,
    pub(super) uid: u32,
    pub(super) session: Session,
}

impl Found<'_> {
    /// The message alone, as a set.
    pub(super) fn uids(&self) -> UidSet {
        std::iter::once(self.uid).collect()
    }
}

/// Where the phone's ids point, by its view; `None` for what it was not told of. Whether the message
/// is still there only reading it shows. Without a collection, the ServerId says it. What Find found
/// in folders the phone does not synchronise bears LongIds, which need no view.
pub(super) async fn place(
    call: &Call<'_>,
    rows: &[FolderRow],
    collection: Option<&str>,
    id: &str,
) -> Result<Option<Place>, Failure> {
    if let Ok(found) = id.parse::<LongId>() {
        let wanted = collection.unwrap_or(&found.collection);
        return Ok((wanted == found.collection).then(|| Place::from(found)));
    }
    let Some((named, number)) = server_id::read(id) else {
        return Ok(None);
    };
    let wanted = collection.unwrap_or(named);
    let folder = rows.iter().find(|row| row.id == wanted && !row.retired);
    let Some(folder) = folder.filter(|folder| folder.id == named) else {
        return Ok(None);
    };
    let store = &call.gateway.store;
    let chain = store.chain(call.user, call.device, &folder.id).await?;
    let view = chain
        .and_then(|row| MailView::decode(&row.view).ok())
        .unwrap_or_default();
    // Before the first look at a folder, or just after the phone began it again, a number is a UID:
    // it may come from a MoveItems into the folder.
    let validity = view.cursor.map(|cursor| cursor.uid_validity);
    Ok(view
        .uid_of(number)
        .zip(validity.or(folder.uid_validity))
        .map(|(uid, uid_validity)| Place {
            folder: folder.id.clone(),
            uid_validity,
            uid,
        }))
}

/// A session with the place's mailbox selected; `None` when it is gone or became another.
pub(super) async fn at<'r>(
    call: &Call<'_>,
    rows: &'r [FolderRow],
    place: &Place,
) -> Result<Option<Found<'r>>, Failure> {
    let folder = rows
        .iter()
        .find(|row| row.id == place.folder && !row.retired);
    let Some(folder) = folder else {
        return Ok(None);
    };
    let name = MailboxName::new(folder.name.clone());
    let mut session = call.gateway.imap.session(call.login, Some(&name)).await?;
    let validity = match session.selected_validity(&name) {
        Some(validity) => validity,
        None => session.select(&name, None).await?.uid_validity,
    };
    Ok((validity.get() == place.uid_validity).then_some(Found {
        folder,
        uid_validity: place.uid_validity,
        uid: place.uid,
        session,
    }))
}

/// The same place after a phone moved or edited its message, if one did and nobody else since.
pub(super) async fn after_move<'r>(
    call: &Call<'_>,
    rows: &'r [FolderRow],
    gone: &Place,
) -> Result<Option<Found<'r>>, Failure> {
    match edited::locate(call, gone, "").await {
        Some((now, _)) => at(call, rows, &now).await,
        None => Ok(None),
    }
}

/// What a LongId names, also after we moved it; `None` for what is no LongId of ours or is in no
/// folder of the user's (T13). Whether the message is still there only reading it shows.
pub(super) async fn by_long_id<'r>(
    call: &Call<'_>,
    rows: &'r [FolderRow],
    text: &str,
) -> Result<Option<Found<'r>>, Failure> {
    let Ok(id) = text.parse::<LongId>() else {
        return Ok(None);
    };
    let named = Place::from(id);
    // A UID that we moved away from is used by no other message.
    let place = moved::follow(call, &named).await.unwrap_or(named);
    at(call, rows, &place).await
}
