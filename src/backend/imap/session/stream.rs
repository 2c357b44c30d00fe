//! One section of one message, passed on as it comes: never whole in memory, and no faster than it
//! is taken.

use std::future::Future;

use airgate_codec::imap::{Response, Uid, UidSet, Untagged};
use bytes::Bytes;

use super::Session;
use crate::backend::imap::connection::{Incoming, protocol};
use crate::backend::imap::error::ImapError;
use crate::clock;

/// The receiver of a stream went away.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("nobody takes the octets any more")]
pub struct SinkClosed;

/// Sections longer than this come in pieces, shorter ones at once.
const PIECES_ABOVE: u64 = 16 << 10;

impl Session {
    /// Passes `section` (or `length` octets from `offset` of it) to `sink`; how many octets there
    /// were. The server is not read from while the sink waits. `None`: no such message or section.
    ///
    /// # Errors
    /// [`ImapError::SinkClosed`] when the sink gives up; the connection is closed then.
    pub async fn stream_section<S, F>(
        &mut self,
        uid: Uid,
        section: &str,
        partial: Option<(u64, u64)>,
        sink: S,
    ) -> Result<Option<u64>, ImapError>
    where
        S: FnMut(Bytes) -> F,
        F: Future<Output = Result<(), SinkClosed>>,
    {
        self.mailbox()?;
        let connection = self.connection()?;
        let prepared = connection.prepare(|c| {
            let set = UidSet::from_iter([uid.get()]);
            let c = c.atom("UID").atom("FETCH").set(&set).open().atom("UID");
            c.section("BODY.PEEK", section, partial).close()
        })?;
        connection.stream_literals(PIECES_ABOVE);
        let result = self.stream(uid, section, prepared, sink).await;
        let connection = self.connection()?;
        connection.gather_literals();
        if let Err(error) = &result
            && error.is_fatal()
        {
            connection.give_up();
        }
        self.stale = false;
        result
    }

    async fn stream<S, F>(
        &mut self,
        uid: Uid,
        section: &str,
        prepared: crate::backend::imap::connection::Prepared,
        mut sink: S,
    ) -> Result<Option<u64>, ImapError>
    where
        S: FnMut(Bytes) -> F,
        F: Future<Output = Result<(), SinkClosed>>,
    {
        let connection = self.connection()?;
        connection.launch(vec![prepared], |_| {})?;
        let mut total = None;
        loop {
            // The sink's pace is not the server's fault: only silence between two pieces counts.
            let deadline = clock::deadline(connection.deadlines().command);
            match connection.next(deadline, &mut &[][..]).await? {
                Incoming::LiteralStart(prefix) => {
                    if total.is_some() || !is_fetch(&prefix) {
                        return Err(protocol("a literal nobody asked for"));
                    }
                    total = Some(0);
                }
                Incoming::LiteralPiece(piece) => {
                    total = total.map(|total| total + piece.len() as u64);
                    sink(piece).await.map_err(|_| ImapError::SinkClosed)?;
                }
                Incoming::LiteralEnd => {}
                // The UID may stand behind the octets, so it is checked last (T33).
                Incoming::Remainder(Response::Untagged(Untagged::Fetch(_, fetched)))
                    if fetched.uid == Some(uid) => {}
                Incoming::Remainder(_) => {
                    return Err(protocol("octets of another message"));
                }
                Incoming::Response(Response::Untagged(Untagged::Fetch(number, mut fetched)))
                    if fetched.uid == Some(uid) && total.is_none() =>
                {
                    let at = fetched
                        .sections
                        .iter()
                        .position(|each| each.section.eq_ignore_ascii_case(section));
                    let octets = at.and_then(|at| fetched.sections.swap_remove(at).octets);
                    match octets {
                        Some(octets) => {
                            total = Some(octets.len() as u64);
                            if !octets.is_empty() {
                                sink(octets.into())
                                    .await
                                    .map_err(|_| ImapError::SinkClosed)?;
                            }
                        }
                        None => connection.fold(Untagged::Fetch(number, fetched))?,
                    }
                }
                Incoming::Response(Response::Tagged {
                    tag,
                    status,
                    code,
                    text,
                }) => {
                    connection.close(&tag, status)?;
                    let ended = crate::backend::imap::connection::Ended { status, code, text };
                    ended.ok(None)?;
                    return Ok(total);
                }
                Incoming::Response(response) => {
                    if let Some(untagged) = connection.untagged(response)? {
                        connection.fold(untagged)?;
                    }
                }
            }
        }
    }
}

/// `* 7 FETCH (...`
fn is_fetch(prefix: &[u8]) -> bool {
    let mut words = prefix.split(|octet| *octet == b' ').skip(2);
    words
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case(b"FETCH"))
}
