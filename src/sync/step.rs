//! One step along a chain: open it where the request stands, commit the next generation. View,
//! journal and key go to disk in one transaction, before the first byte of the answer (S2, S4).

use super::chain::{self, Asked, Position, SyncKey};
use super::journal::Journal;
use crate::clock;
use crate::failure::Failure;
use crate::identity::{DeviceId, UserId};
use crate::store::{Along, ChainRow, ChainVersion, FingerprintBatch, HeldChanges, Store};

/// A chain opened for one request. Whoever opens one holds the chain's lease.
pub struct Step<'a> {
    store: &'a dyn Store,
    user: &'a UserId,
    device: &'a DeviceId,
    chain: &'a str,
    present: Option<ChainRow>,
    journal: Journal,
    pub position: Position,
}

/// The next generation of a chain.
#[derive(Debug, Default)]
pub struct Next {
    pub view: Vec<u8>,
    pub options: Vec<u8>,
    pub journal: Journal,
    pub fingerprints: Vec<FingerprintBatch>,
    /// What of the objects held changes.
    pub held: Option<HeldChanges>,
    /// Under this view the phone holds just what it holds under the present key, so a repeated
    /// request may have the present key again.
    pub repeats: bool,
}

impl<'a> Step<'a> {
    /// Finds out where `asked` stands on the chain.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(
        store: &'a dyn Store,
        user: &'a UserId,
        device: &'a DeviceId,
        chain: &'a str,
        asked: Asked,
    ) -> Result<Self, Failure> {
        let present = store.chain(user, device, chain).await?;
        // A journal that cannot be read only means that nothing can be repeated (T51).
        let journal = present
            .as_ref()
            .and_then(|row| Journal::decode(&row.journal).ok())
            .unwrap_or_default();
        let previous = present
            .as_ref()
            .filter(|row| row.previous_view.is_some())
            .and(journal.previous_counter);
        let position = chain::position(asked, present.as_ref().map(key_of), previous);
        Ok(Self {
            store,
            user,
            device,
            chain,
            present,
            journal,
            position,
        })
    }

    /// The view to go on from; `None` at the start of a chain and where nothing is kept.
    pub fn base(&self) -> Option<&[u8]> {
        let row = self.present.as_ref()?;
        match self.position {
            Position::Current => Some(&row.view),
            Position::Replay => row.previous_view.as_deref(),
            Position::Start | Position::Refused => None,
        }
    }

    /// The view under the present key.
    pub fn present(&self) -> Option<&[u8]> {
        self.present.as_ref().map(|row| row.view.as_slice())
    }

    /// The sticky options kept with the chain.
    pub fn options(&self) -> &[u8] {
        self.present.as_ref().map_or(&[], |row| &row.options)
    }

    /// Outcomes a repeated request is answered from; empty unless this is one.
    pub fn journal(&self) -> Journal {
        match self.position {
            Position::Replay => self.journal.clone(),
            _ => Journal::default(),
        }
    }

    /// The key the phone goes on with when nothing is to be told.
    pub fn present_key(&self) -> Option<SyncKey> {
        self.present.as_ref().map(key_of)
    }

    /// Keeps a view that says the same to the phone but knows the backend better, under the same
    /// key. Losing the race for it costs nothing.
    ///
    /// # Errors
    /// The store's; nothing was written.
    pub async fn keep(
        self,
        view: Vec<u8>,
        options: Vec<u8>,
        fingerprints: &[FingerprintBatch],
    ) -> Result<(), Failure> {
        if let (Position::Current, Some(row)) = (self.position, self.present) {
            let expected = Some(ChainVersion {
                epoch: row.epoch,
                counter: row.counter,
            });
            let row = ChainRow {
                view,
                options,
                updated: clock::now_seconds(),
                ..row
            };
            self.store
                .commit_chain(
                    self.user,
                    self.device,
                    self.chain,
                    expected,
                    &row,
                    Along {
                        fingerprints,
                        held: None,
                    },
                )
                .await?;
        }
        Ok(())
    }

    /// Commits the next generation and returns its key; `None` when another request was first, in
    /// which case nothing was written and this request is to be answered as busy.
    ///
    /// # Errors
    /// The store's; nothing was written.
    pub async fn commit(self, next: Next) -> Result<Option<SyncKey>, Failure> {
        let expected = self.present.as_ref().map(|row| ChainVersion {
            epoch: row.epoch,
            counter: row.counter,
        });
        let mut journal = next.journal;
        let (key, previous_view) = match (self.position, &self.present) {
            (Position::Current, Some(row)) => {
                journal.previous_counter = Some(row.counter);
                let key = SyncKey {
                    epoch: row.epoch,
                    counter: row.counter + 1,
                };
                (key, Some(row.view.clone()))
            }
            (Position::Replay, Some(row)) if next.repeats && journal == self.journal => {
                // The same step again leads to the same place: the key the phone did not get then is
                // good now. Of two equal requests at once both get it (S22).
                if next.view == row.view && next.options == row.options {
                    return Ok(Some(key_of(row)));
                }
                (key_of(row), row.previous_view.clone())
            }
            (Position::Replay, Some(row)) => {
                journal.previous_counter = self.journal.previous_counter;
                let key = SyncKey {
                    epoch: row.epoch,
                    counter: row.counter + 1,
                };
                (key, row.previous_view.clone())
            }
            _ => (
                SyncKey {
                    epoch: fresh_epoch()?,
                    counter: 1,
                },
                None,
            ),
        };
        let row = ChainRow {
            epoch: key.epoch,
            counter: key.counter,
            options: next.options,
            view: next.view,
            previous_view,
            journal: journal.encode(),
            updated: clock::now_seconds(),
        };
        let first = self
            .store
            .commit_chain(
                self.user,
                self.device,
                self.chain,
                expected,
                &row,
                Along {
                    fingerprints: &next.fingerprints,
                    held: next.held.as_ref(),
                },
            )
            .await?;
        Ok(first.then_some(key))
    }
}

fn key_of(row: &ChainRow) -> SyncKey {
    SyncKey {
        epoch: row.epoch,
        counter: row.counter,
    }
}

/// An epoch no earlier life of the chain had: 40 random bits, so that the key stays short (S3, S26).
fn fresh_epoch() -> Result<u64, Failure> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| Failure::gateway(error.to_string()))?;
    Ok((u64::from_be_bytes(bytes) >> 24).max(1))
}
