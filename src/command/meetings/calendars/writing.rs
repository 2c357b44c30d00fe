//! Events written into a user's calendars, under guard (S13) and with what was there before kept (S8).

use airgate_codec::dav::{Data, Href};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use super::{Added, Calendars, Changed, Kept, Word, href};
use crate::backend::dav::{DavError, Guard};
use crate::clock;
use crate::command::objects::refusal;
use crate::failure::{self, Failure};
use crate::item::meeting::{self, NoMeeting};
use crate::item::object::Kind;
use crate::store::UndoReason;
use crate::undo;

/// Times a change is tried on what others changed meanwhile.
const TRIES: usize = 4;
/// Longest UID an event is named by; file systems take names of 255 octets.
const MAX_NAME: usize = 100;

impl Calendars {
    /// Puts a new event into the default calendar, under a name made of its UID: two devices that do
    /// the same meet there.
    ///
    /// # Errors
    /// The server's.
    pub(in crate::command) async fn add(
        &self,
        uid: &str,
        text: Vec<u8>,
        word: Word,
    ) -> Result<Added, Failure> {
        let Some(row) = self.rows.first() else {
            return Ok(Added::Nowhere);
        };
        let collection = href(&row.name)?;
        let text = self.spoken(text, word);
        for name in names(uid) {
            let href = collection.join(&format!("{name}{}", Data::ICalendar.extension()));
            let made = match self.put(&href, &text, Guard::New).await {
                Ok(()) => true,
                Err(DavError::Precondition) => false,
                Err(error) => return Err(error.into()),
            };
            let Some(kept) = self.read(row.id.clone(), href).await? else {
                return Ok(Added::Nowhere);
            };
            if made && word == Word::Silent && self.scheduling {
                return Ok(Added::Made(self.hand_back(kept).await?));
            }
            if made {
                return Ok(Added::Made(kept));
            }
            if meeting::uid_of(&kept.text).is_ok_and(|other| other == uid) {
                info!("an event was put there by somebody else");
                return Ok(Added::There(kept));
            }
            // Another event has that name.
        }
        Err(DavError::Precondition.into())
    }

    /// Changes an event, on what others made of it if they were first; `None` of the change takes it
    /// away. What it was before is kept (S8).
    ///
    /// # Errors
    /// Inside: the change cannot be. Outside: the server's.
    pub(in crate::command) async fn change(
        &self,
        kept: Kept,
        word: Word,
        change: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, NoMeeting>,
    ) -> Result<Result<Changed, NoMeeting>, Failure> {
        let mut kept = kept;
        for _ in 0..TRIES {
            let text = match change(&kept.text) {
                Ok(Some(text)) if text == kept.text => return Ok(Ok(Changed::Same(kept))),
                Ok(text) => text,
                Err(why) => return Ok(Err(why)),
            };
            let outcome = match text {
                Some(text) => {
                    let before = self.keep(UndoReason::Overwritten, &kept).await?;
                    let text = self.spoken(text, word);
                    let put = self.put(&kept.href, &text, Guard::Match(&kept.etag)).await;
                    self.settle(before, put).await?
                }
                None => {
                    let before = self.keep(UndoReason::Deleted, &kept).await?;
                    let removed = self.remove(&kept, word).await;
                    match self.settle(before, removed).await? {
                        Ok(()) => return Ok(Ok(Changed::Gone)),
                        Err(error) => Err(error),
                    }
                }
            };
            let there = self
                .read(kept.collection.clone(), kept.href.clone())
                .await?;
            let Some(there) = there else {
                return Ok(Ok(Changed::Gone));
            };
            kept = there;
            match outcome {
                Ok(()) if word == Word::Silent && self.scheduling => {
                    return Ok(Ok(Changed::Kept(self.hand_back(kept).await?)));
                }
                Ok(()) => return Ok(Ok(Changed::Kept(kept))),
                Err(DavError::Precondition) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(DavError::Precondition.into())
    }

    /// Keeps an event as it is, before something is done to it.
    async fn keep(&self, reason: UndoReason, kept: &Kept) -> Result<i64, Failure> {
        let owner = &self.owner;
        let before = undo::Kept {
            href: kept.href.to_string(),
            text: kept.text.to_vec(),
        };
        let of = (&owner.user, &owner.device, kept.collection.as_str());
        let (keys, now) = (owner.gate.keys(), clock::now_seconds());
        let store = owner.store.as_ref();
        undo::keep(store, &keys, of, Kind::Event, reason, &before, now).await
    }

    /// Forgets what was kept where nothing was done; where nobody knows, it stays.
    async fn settle(
        &self,
        kept: i64,
        outcome: Result<(), DavError>,
    ) -> Result<Result<(), DavError>, Failure> {
        if let Err(error) = &outcome
            && (refusal(error) || matches!(error, DavError::Precondition | DavError::NotFound))
        {
            self.owner
                .store
                .drop_undo(&self.owner.user, &[kept])
                .await?;
        }
        Ok(outcome)
    }

    async fn put(&self, href: &Href, text: &[u8], guard: Guard<'_>) -> Result<(), DavError> {
        let octets = Bytes::copy_from_slice(text);
        let put = self
            .owner
            .dav
            .put(&self.owner.login, href, octets, Data::ICalendar, guard);
        put.await.map(|_| ())
    }

    async fn remove(&self, kept: &Kept, word: Word) -> Result<(), DavError> {
        let quiet = word == Word::Silent;
        let removed = self
            .owner
            .dav
            .withdraw(&self.owner.login, &kept.href, &kept.etag, quiet);
        match removed.await {
            Err(DavError::NotFound) => Ok(()),
            other => other,
        }
    }

    /// The text to be written where the server must not speak of it.
    fn spoken(&self, text: Vec<u8>, word: Word) -> Vec<u8> {
        if word == Word::Spread || !self.scheduling {
            return text;
        }
        meeting::silenced(&text, &self.me).unwrap_or(text)
    }

    /// After a change the server was to be silent about, it is to look after the meeting again: else
    /// the organizer's updates would pass it by. Nothing of anybody's is overwritten by that.
    async fn hand_back(&self, kept: Kept) -> Result<Kept, Failure> {
        let Ok(text) = meeting::unsilenced(&kept.text) else {
            return Ok(kept);
        };
        if text == kept.text {
            return Ok(kept);
        }
        match self.put(&kept.href, &text, Guard::Match(&kept.etag)).await {
            Ok(()) => {
                let again = self
                    .read(kept.collection.clone(), kept.href.clone())
                    .await?;
                Ok(again.unwrap_or(kept))
            }
            Err(error) => {
                warn!(error = %failure::chain(&error), "a meeting stays without its scheduling");
                Ok(kept)
            }
        }
    }
}

/// Names for an event with that UID, the best first.
fn names(uid: &str) -> [String; 2] {
    let digest = Sha256::digest(uid);
    let digest: String = digest
        .iter()
        .take(16)
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let plain = uid.len() <= MAX_NAME
        && uid
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+'));
    let first = match plain {
        true => uid.to_owned(),
        false => format!("m-{digest}"),
    };
    [first, format!("meeting-{digest}")]
}
