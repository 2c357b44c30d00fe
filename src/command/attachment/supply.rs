//! One part and the ways to its octets: gathered, counted, or passed on as they come.

use std::future::Future;

use airgate_codec::eas::Range;

use super::found::Found;
use super::layouts::{Key, Layouts};
use super::reading::{Misfit, Reading};
use crate::backend::imap::{ImapError, SinkClosed};
use crate::command::Call;
use crate::item::attachment::Attached;
use crate::item::layout::{Layout, TAIL};

/// A found part.
pub(in crate::command) struct Supply {
    found: Found,
    layouts: Layouts,
    key: Key,
}

/// Octets held in memory, and how many the whole part has where all of it was read.
#[derive(Debug, Default, Eq, PartialEq)]
pub(in crate::command) struct Gathered {
    pub(in crate::command) octets: Vec<u8>,
    pub(in crate::command) seen: u64,
}

/// How a reading ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// With the part; so many decoded octets were seen.
    Whole { seen: u64 },
    /// There is no such message or part any more.
    Gone,
    /// It is not laid out as its two ends promised.
    Misfit,
}

impl Supply {
    pub(super) fn new(call: &Call<'_>, found: Found, part: String) -> Self {
        Self {
            found,
            layouts: call.gateway.layouts.clone(),
            key: Key {
                user: call.user.clone(),
                part,
            },
        }
    }

    pub(in crate::command) const fn attached(&self) -> &Attached {
        &self.found.attached
    }

    /// Gives the connection back until the octets are read: others wait for one.
    pub(in crate::command) fn rest(&mut self) {
        self.found.rest();
    }

    /// How the part is laid out, looked at if it is not known; `None` if only reading can tell.
    pub(in crate::command) async fn layout(&mut self) -> Result<Option<Layout>, ImapError> {
        if let Some(known) = self.layouts.known(&self.key).await {
            return Ok(known);
        }
        let (encoding, size) = (self.found.attached.encoding.clone(), self.attached().size);
        let layout = match size.checked_sub(TAIL) {
            Some(_) => self
                .found
                .ends()
                .await?
                .and_then(|(head, tail)| Layout::of(&encoding, size, &head, &tail)),
            None => None,
        };
        self.layouts.learn(&self.key, layout).await;
        Ok(layout)
    }

    /// How many decoded octets there are, by reading them all; `None` if they are gone.
    pub(in crate::command) async fn count(&mut self) -> Result<Option<u64>, ImapError> {
        let end = self
            .read(&Reading::whole(), |_| std::future::ready(Ok(())))
            .await?;
        Ok(match end {
            End::Whole { seen } => Some(seen),
            End::Gone | End::Misfit => None,
        })
    }

    /// The octets of a reading in memory, at most `room` ([`ImapError::TooLarge`]); `None` if they
    /// are gone. A part that is not what it seemed is cut out of the whole.
    pub(in crate::command) async fn gather(
        &mut self,
        reading: &Reading,
        range: Option<Range>,
        room: u64,
    ) -> Result<Option<Gathered>, ImapError> {
        let mut octets = Vec::new();
        let mut end = self.gather_into(reading, room, &mut octets).await?;
        if end == End::Misfit {
            octets.clear();
            let reading = range.map_or_else(Reading::whole, Reading::cut);
            end = self.gather_into(&reading, room, &mut octets).await?;
        }
        Ok(match end {
            End::Whole { seen } => Some(Gathered { octets, seen }),
            End::Gone | End::Misfit => None,
        })
    }

    async fn gather_into(
        &mut self,
        reading: &Reading,
        room: u64,
        octets: &mut Vec<u8>,
    ) -> Result<End, ImapError> {
        let read = self
            .read(reading, |piece| {
                octets.extend_from_slice(piece);
                let fits = octets.len() as u64 <= room;
                std::future::ready(if fits { Ok(()) } else { Err(SinkClosed) })
            })
            .await;
        match read {
            Err(ImapError::SinkClosed) => Err(ImapError::TooLarge),
            other => other,
        }
    }

    /// Passes the wanted octets on, decoded, no faster than they are taken.
    pub(super) async fn read<S, F>(
        &mut self,
        reading: &Reading,
        mut sink: S,
    ) -> Result<End, ImapError>
    where
        S: FnMut(&[u8]) -> F,
        F: Future<Output = Result<(), SinkClosed>>,
    {
        let mut cutter = reading.cutter(&self.found.attached.encoding);
        let mut misfit = false;
        let told = self
            .found
            .each_piece(reading.partial(), |octets| {
                let passed = match cutter.push(&octets) {
                    Ok([]) => None,
                    Ok(plain) => Some(sink(plain)),
                    Err(Misfit) => {
                        misfit = true;
                        None
                    }
                };
                async move {
                    match passed {
                        Some(passed) => passed.await,
                        None => Ok(()),
                    }
                }
            })
            .await?;
        if told.is_none() {
            return Ok(End::Gone);
        }
        let rest = cutter.finish();
        if !rest.is_empty() && !misfit {
            sink(rest).await.map_err(|_| ImapError::SinkClosed)?;
        }
        if misfit || !reading.complete(cutter.left()) {
            self.layouts.learn(&self.key, None).await;
            return Ok(End::Misfit);
        }
        Ok(End::Whole {
            seen: cutter.seen(),
        })
    }
}
