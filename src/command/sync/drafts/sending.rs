//! `Send` in an Add or a Change: the draft goes out now, and is none any more.
//!
//! A sent draft is removed only after its sending is on disk under a name that the repeated command
//! has too: a repeat that finds the draft gone knows why.

use airgate_codec::eas::email::EmailChange;
use airgate_codec::eas::sync::ItemResponse;
use bytes::Bytes;
use tracing::{info, warn};

use super::super::apply::{Target, changed, status};
use super::keeper::{self, Old};
use super::{answer, intent, stamp};
use crate::clock;
use crate::command::send::{draft, hex};
use crate::failure::Failure;
use crate::item::outgoing::edit::{self, Stamp};
use crate::sync::journal;
use crate::sync::server_id;
use crate::sync::view::ItemNumber;

/// The kind of outcome, in the store.
const KIND: &str = "draft-sent";
/// How long a sent draft is known again, in seconds: as long as any sent mail (S17).
const KEPT: i64 = crate::store::outbox::KEPT;
/// Marks the number of a draft that never lay in a mailbox; neither generations nor UIDs reach it.
const UNKEPT: u64 = 1 << 62;

impl Target<'_, '_> {
    /// Sends a draft the server never had. It is given a ServerId and taken back by it, in the same
    /// answer where there is room: a phone must not keep it among its drafts.
    pub(super) async fn send_new(
        &mut self,
        client_id: &str,
        change: &EmailChange,
    ) -> Result<ItemResponse, Failure> {
        let content = intent::digest(change);
        let fingerprint = journal::fingerprint(&["send", client_id, &hex(&content)]);
        // Not the key of the Sync: a phone that begins anew and sends the same again must not (S17).
        let key = self.sending_key(&[b"add", client_id.as_bytes(), &content]);
        let number = ItemNumber(UNKEPT | (u64::from_be_bytes(first(&key)) >> 2));
        let id = server_id::write(&self.folder.id, number);
        if let Some(outcome) = self.done.take(&fingerprint) {
            let sent = outcome.status == 1;
            if sent {
                self.view.orphans.push(number);
            }
            let status = u16::from(outcome.status);
            return Ok(answer::added(client_id, sent.then_some(id), status, None));
        }
        let message_id = draft::message_id(self.call, &key);
        let address = draft::address(self.call);
        let stamp = Stamp {
            sending: true,
            ..stamp(&message_id, &address)
        };
        let status = match edit::edit(&[], change, &[], stamp) {
            Ok(edited) if self.fits(&edited) => {
                let mime = Bytes::from(edited.octets);
                draft::send(self.call, key, mime).await?.err()
            }
            Ok(_) => Some(status::OUT_OF_SPACE),
            Err(fault) => {
                info!(%fault, "a draft cannot be used");
                Some(status::CONVERSION_ERROR)
            }
        };
        let sent = status.is_none();
        if sent {
            self.view.orphans.push(number);
        }
        let status = status.unwrap_or(status::OK);
        self.record(fingerprint, status);
        Ok(answer::added(client_id, sent.then_some(id), status, None))
    }

    /// Sends a draft the phone holds, with the change it makes on the way.
    pub(super) async fn send_held(
        &mut self,
        server_id: &str,
        held: u32,
        change: &EmailChange,
    ) -> Result<Option<ItemResponse>, Failure> {
        let content = intent::digest(change);
        let fingerprint = journal::fingerprint(&["send", server_id, &hex(&content)]);
        if let Some(outcome) = self.done.take(&fingerprint) {
            let status = u16::from(outcome.status);
            if let (status::CONFLICT, Some(uid)) = (status, self.present(held).await)
                && uid != held
            {
                self.take_successor(held, uid);
            }
            return Ok((status != status::OK).then(|| changed(server_id, status)));
        }
        let validity = self.uid_validity().to_be_bytes();
        let key = self.sending_key(&[b"change", server_id.as_bytes(), &validity]);
        let call = self.call;
        let now = clock::now_seconds();
        let store = &call.gateway.store;
        let recalled = store
            .recall(call.user, Some(call.device), KIND, &key, now)
            .await?;
        let mut status = None;
        if recalled.is_none() {
            status = self.hand_over(held, change, key).await?;
            if status.is_none() {
                store
                    .remember(call.user, Some(call.device), KIND, &key, b"", now + KEPT)
                    .await?;
            }
        }
        if status.is_none() {
            self.put_away(held).await?;
        }
        let status = status.unwrap_or(status::OK);
        self.record(fingerprint, status);
        Ok((status != status::OK).then(|| changed(server_id, status)))
    }

    /// Sends what the draft becomes by the change; the status if it cannot be.
    async fn hand_over(
        &mut self,
        held: u32,
        change: &EmailChange,
        key: [u8; 32],
    ) -> Result<Option<u16>, Failure> {
        let uid = match self.present(held).await {
            Some(uid) if uid == held || self.client_wins => uid,
            // What somebody else made of it meanwhile the user has not seen.
            Some(successor) => {
                self.take_successor(held, successor);
                return Ok(Some(status::CONFLICT));
            }
            None => return Ok(Some(status::NOT_FOUND)),
        };
        let Some(stored) = self.read(uid).await? else {
            return Ok(Some(status::NOT_FOUND));
        };
        let Ok(removed) = self.removed(change, uid).await else {
            return Ok(Some(status::CONVERSION_ERROR));
        };
        let message_id = draft::message_id(self.call, &key);
        let address = draft::address(self.call);
        let stamp = Stamp {
            sending: true,
            ..stamp(&message_id, &address)
        };
        match edit::edit(&stored.octets, change, &removed, stamp) {
            Ok(edited) if self.fits(&edited) => {
                let mime = Bytes::from(edited.octets);
                Ok(draft::send(self.call, key, mime).await?.err())
            }
            Ok(_) => Ok(Some(status::OUT_OF_SPACE)),
            Err(fault) => {
                info!(%fault, "an edit cannot be used");
                Ok(Some(status::CONVERSION_ERROR))
            }
        }
    }

    /// Takes a sent draft out of the folder. It is a sent mail, whatever comes of this (S19).
    async fn put_away(&mut self, held: u32) -> Result<(), Failure> {
        let Some(uid) = self.present(held).await else {
            return Ok(());
        };
        match keeper::take_away(self.session, uid).await? {
            Old::Stays => warn!("a sent draft stays among the drafts"),
            gone => self.view.went(uid, gone == Old::Hidden),
        }
        Ok(())
    }

    fn sending_key(&self, fields: &[&[u8]]) -> [u8; 32] {
        let call = self.call;
        let mut all: Vec<&[u8]> = vec![
            b"send",
            call.user.as_str().as_bytes(),
            call.device.as_str().as_bytes(),
            self.folder.id.as_bytes(),
        ];
        all.extend(fields);
        intent::key(&all)
    }
}

fn first(key: &[u8; 32]) -> [u8; 8] {
    key.first_chunk().copied().unwrap_or_default()
}
