//! Where messages went that a phone moved: a repeated MoveItems gets the first answer, and an
//! attachment named before the move is found after it.

use airgate_codec::imap::{MailboxName, Uid, UidSet};
use tracing::warn;

use super::Call;
use crate::backend::imap::{ImapError, Moved, Search, Session};
use crate::clock;
use crate::failure;

/// The kind of outcome, in the store.
const KIND: &str = "moved";
/// How long a phone may come back to an old name, in seconds.
const KEPT: i64 = 30 * 86_400;
/// Moves followed from one name before giving up.
const MAX_HOPS: usize = 16;

/// A message by folder id, generation and UID.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) folder: String,
    pub(super) uid_validity: u32,
    pub(super) uid: u32,
}

impl Place {
    pub(super) fn key(&self) -> Vec<u8> {
        format!("{}:{}:{}", self.folder, self.uid_validity, self.uid).into_bytes()
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut parts = text.splitn(3, ':');
        Some(Self {
            folder: parts.next()?.to_owned(),
            uid_validity: parts.next()?.parse().ok()?,
            uid: parts.next()?.parse().ok()?,
        })
    }
}

/// Records a move whose destination the backend told. Failing to record costs a courtesy, not the
/// move, so it is only logged.
pub(super) async fn remember(
    call: &Call<'_>,
    from: &str,
    uid_validity: u32,
    to: &str,
    moved: &Moved,
) {
    let Some(new_validity) = moved.validity else {
        return;
    };
    for (uid, new_uid) in &moved.pairs {
        let Some(new_uid) = new_uid else { continue };
        let old = Place {
            folder: from.to_owned(),
            uid_validity,
            uid: uid.get(),
        };
        let new = Place {
            folder: to.to_owned(),
            uid_validity: new_validity.get(),
            uid: new_uid.get(),
        };
        let expires = clock::now_seconds() + KEPT;
        let store = &call.gateway.store;
        if let Err(error) = store
            .remember(call.user, None, KIND, &old.key(), &new.key(), expires)
            .await
        {
            warn!(error = %failure::chain(&error), "a move could not be recorded");
        }
    }
}

/// Moves messages of the selected mailbox. Without MOVE it takes several commands (S10): they then run
/// in a task of their own, so that a phone that hangs up in the middle leaves no second copy behind,
/// and one after the other, so that its repeated request finds what is done.
pub(super) async fn carry(
    call: &Call<'_>,
    session: &mut Session,
    from: &MailboxName,
    uid_validity: u32,
    uids: &UidSet,
    to: &MailboxName,
) -> Result<Moved, ImapError> {
    if session.capabilities().move_ {
        return session.move_messages(uids, to).await;
    }
    let chain = format!("move:{}", from.as_str());
    let lease = call
        .gateway
        .leases
        .take(call.user, call.device, &chain)
        .await;
    let (imap, login) = (call.gateway.imap.clone(), call.login.clone());
    let (from, uids, to) = (from.clone(), uids.clone(), to.clone());
    let task = crate::task::spawn("move", async move {
        let _lease = lease;
        let mut session = imap.session(&login, Some(&from)).await?;
        if session.select(&from, None).await?.uid_validity.get() != uid_validity {
            return Err(ImapError::NoMailbox(from));
        }
        let left = Search::And(vec![Search::In(uids), Search::Undeleted]);
        let left = session.search(&left).await?;
        session.move_messages(&left, &to).await
    });
    task.await
        .unwrap_or_else(|error| Err(ImapError::Protocol(error.to_string())))
}

/// Where a message is now, as far as we moved it; `None` if we did not.
pub(super) async fn follow(call: &Call<'_>, place: &Place) -> Option<Place> {
    let mut at = None;
    let mut next = place.clone();
    for _ in 0..MAX_HOPS {
        let now = clock::now_seconds();
        let found = call
            .gateway
            .store
            .recall(call.user, None, KIND, &next.key(), now)
            .await;
        match found.ok().flatten().as_deref().and_then(Place::read) {
            Some(found) => {
                at = Some(found.clone());
                next = found;
            }
            None => break,
        }
    }
    at
}

/// The destination of one message in a move.
pub(super) fn new_uid(moved: &Moved, uid: u32) -> Option<Uid> {
    moved
        .pairs
        .iter()
        .find(|(old, _)| old.get() == uid)
        .and_then(|(_, new)| *new)
}
