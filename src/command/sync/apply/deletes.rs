//! Deletions, which never escalate (S9).

use airgate_codec::eas::sync::ItemResponse;
use airgate_codec::imap::{Flag, MailboxName, UidSet};
use tracing::warn;

use super::{Target, deleted, refusal, status};
use crate::backend::imap::{Expunged, ImapError};
use crate::command::moved;
use crate::failure::{self, Failure};
use crate::sync::folders::Role;
use crate::sync::view::ItemNumber;

/// A Delete that names a message the phone may hold.
pub(super) struct Deletion {
    pub(super) server_id: String,
    pub(super) number: ItemNumber,
    pub(super) uid: u32,
    pub(super) fingerprint: [u8; 16],
}

impl Target<'_, '_> {
    /// Deletes: to the trash, or for good where the phone says so or the folder is the trash (S9).
    pub(super) async fn delete(
        &mut self,
        deletions: Vec<Deletion>,
        moves: bool,
        responses: &mut Vec<ItemResponse>,
    ) -> Result<(), Failure> {
        let mut fresh = Vec::new();
        for deletion in deletions {
            match self.done.take(&deletion.fingerprint) {
                Some(outcome) => {
                    let there = self.view.server().items.contains(deletion.uid);
                    self.view
                        .phone_deleted(deletion.number, Some(deletion.uid), !there);
                    if outcome.status != 1 {
                        responses.push(deleted(&deletion.server_id, u16::from(outcome.status)));
                    }
                }
                None => fresh.push(deletion),
            }
        }
        let mut uids: UidSet = fresh
            .iter()
            .map(|deletion| deletion.uid)
            .filter(|uid| self.view.server().items.contains(*uid) || self.view.aged.contains(*uid))
            .collect();
        // What else there is of a note that goes is not to come up in its place.
        for uid in uids.clone().iter() {
            uids |= self.view.twins(uid);
        }
        let removed = if uids.is_empty() {
            Ok(Removed::Gone)
        } else {
            self.remove(&uids, moves).await
        };
        let status = match &removed {
            Ok(_) => status::OK,
            Err(error) if refusal(error) => {
                warn!(error = %failure::chain(error), "the backend refused a deletion");
                status::SERVER_ERROR
            }
            Err(_) => {
                removed?;
                return Ok(());
            }
        };
        for deletion in fresh {
            // A refused deletion makes the next plan send the message again: the phone has dropped
            // it, the backend has it.
            let gone = status == status::OK;
            self.view
                .phone_deleted(deletion.number, Some(deletion.uid), gone);
            if matches!(removed, Ok(Removed::Hidden)) {
                self.view.hidden.insert(deletion.uid);
            }
            self.record(deletion.fingerprint, status);
            if status != status::OK {
                responses.push(deleted(&deletion.server_id, status));
            }
        }
        Ok(())
    }

    async fn remove(&mut self, uids: &UidSet, moves: bool) -> Result<Removed, ImapError> {
        let in_trash = self.folder.role == Role::Trash as u8;
        if !moves || in_trash {
            return Ok(match self.session.expunge(uids).await? {
                Expunged::Removed => Removed::Gone,
                Expunged::Marked => Removed::Hidden,
            });
        }
        let Some(trash) = self.trash else {
            // An account without a trash: hidden, not destroyed (S9).
            self.session.store(uids, &[Flag::Deleted], &[]).await?;
            return Ok(Removed::Hidden);
        };
        let destination = MailboxName::new(trash.name.clone());
        let source = MailboxName::new(self.folder.name.clone());
        let validity = self.view.cursor.map_or(0, |cursor| cursor.uid_validity);
        let moved = moved::carry(
            self.call,
            self.session,
            &source,
            validity,
            uids,
            &destination,
        )
        .await?;
        moved::remember(self.call, &self.folder.id, validity, &trash.id, &moved).await;
        Ok(Removed::Gone)
    }
}

/// How messages were removed.
enum Removed {
    Gone,
    /// Still in the mailbox with `\Deleted`, for lack of UIDPLUS or of a trash.
    Hidden,
}
