//! A composed mail as octets that can be poured out: what is at hand from memory, what is the
//! original's from its mailbox, read while it is written, each time anew (S20). However large the
//! original is, what is held of it are the pieces on their way.

use std::sync::OnceLock;

use airgate_codec::imap::{MailboxName, Uid};
use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::backend::Login;
use crate::backend::imap::{Imap, ImapError, Session, SinkClosed};
use crate::backend::octets::{CHUNK, Octets, Sink, Spilt};
use crate::failure::{Blame, Failure, Remedy};
use crate::item::outgoing::{Outgoing, Piece, PieceWriter, Section};

/// A mail ready to go, and where its original is.
pub(super) struct Parcel {
    outgoing: Outgoing,
    origin: Option<Origin>,
    /// Octets that poured out of it, once they did.
    length: OnceLock<u64>,
}

/// The mailbox of the original, and the original in it.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) imap: Imap,
    pub(super) login: Login,
    pub(super) mailbox: MailboxName,
    pub(super) uid_validity: u32,
    pub(super) uid: u32,
}

/// The same mail with the Bcc its sender wants to see again.
pub(super) struct SentCopy<'a>(pub(super) &'a Parcel);

/// Pieces waiting between the two servers: enough to keep both busy.
const QUEUE: usize = 4;

impl Parcel {
    pub(super) const fn new(outgoing: Outgoing, origin: Option<Origin>) -> Self {
        Self {
            outgoing,
            origin,
            length: OnceLock::new(),
        }
    }

    /// Exactly how many octets there are. It is known when they were poured once, else they are
    /// now: messages in IMAP never change.
    async fn length(&self) -> Result<u64, Spilt> {
        if let Some(length) = self.length.get() {
            return Ok(*length);
        }
        self.pour(&mut Nowhere).await?;
        Ok(self.length.get().copied().unwrap_or_default())
    }

    async fn section(
        &self,
        session: &mut Option<Session>,
        section: &Section,
        writer: &mut PieceWriter,
        sink: &mut dyn Sink,
    ) -> Result<u64, Spilt> {
        let gone = || {
            let why = "the original is gone";
            Spilt::Source(Failure::new(Blame::Device, Remedy::ResyncFolders, why))
        };
        let origin = self.origin.as_ref().ok_or_else(gone)?;
        let uid = Uid::new(origin.uid).ok_or_else(gone)?;
        let session = match session {
            Some(session) => session,
            None => session.insert(origin.open().await?.ok_or_else(gone)?),
        };
        let (sender, mut receiver) = mpsc::channel::<Bytes>(QUEUE);
        let read = async move {
            session
                .stream_section(uid, &section.name, None, |piece| {
                    let sender = sender.clone();
                    async move { sender.send(piece).await.map_err(|_| SinkClosed) }
                })
                .await
        };
        let write = async move {
            let (mut out, mut written) = (Vec::new(), 0);
            while let Some(piece) = receiver.recv().await {
                out.clear();
                writer.push(&piece, &mut out);
                written += out.len() as u64;
                sink.take(&out).await?;
            }
            Ok::<u64, std::io::Error>(written)
        };
        // A sink that gives up ends the reading too: its error is the one that counts.
        let (read, written) = tokio::join!(read, write);
        let written = written?;
        read.map_err(Failure::from)?.ok_or_else(gone)?;
        Ok(written)
    }
}

#[async_trait]
impl Octets for Parcel {
    fn size(&self) -> u64 {
        self.outgoing.size()
    }

    fn is_eight_bit(&self) -> bool {
        self.outgoing.is_eight_bit()
    }

    async fn pour(&self, sink: &mut dyn Sink) -> Result<(), Spilt> {
        let mut session = None;
        let mut length = 0;
        let mut out = Vec::new();
        for piece in self.outgoing.pieces() {
            let mut writer = PieceWriter::default();
            match piece {
                Piece::Octets(octets) => {
                    for chunk in octets.chunks(CHUNK) {
                        out.clear();
                        writer.push(chunk, &mut out);
                        length += out.len() as u64;
                        sink.take(&out).await?;
                    }
                }
                Piece::Section(section) => {
                    length += self
                        .section(&mut session, section, &mut writer, sink)
                        .await?;
                }
            }
            out.clear();
            writer.end(&mut out);
            length += out.len() as u64;
            if !out.is_empty() {
                sink.take(&out).await?;
            }
        }
        let _ = self.length.set(length);
        Ok(())
    }
}

impl SentCopy<'_> {
    /// See [`Parcel::length`].
    pub(super) async fn length(&self) -> Result<u64, Spilt> {
        let bcc = self.0.outgoing.bcc().len() as u64;
        Ok(self.0.length().await? + bcc)
    }
}

#[async_trait]
impl Octets for SentCopy<'_> {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn is_eight_bit(&self) -> bool {
        self.0.is_eight_bit()
    }

    async fn pour(&self, sink: &mut dyn Sink) -> Result<(), Spilt> {
        sink.take(self.0.outgoing.bcc()).await?;
        self.0.pour(sink).await
    }
}

impl Origin {
    /// A session with its mailbox selected; `None` if that is another by now.
    async fn open(&self) -> Result<Option<Session>, Failure> {
        let open = async {
            let mut session = self.imap.session(&self.login, Some(&self.mailbox)).await?;
            let validity = match session.selected_validity(&self.mailbox) {
                Some(validity) => validity,
                None => session.select(&self.mailbox, None).await?.uid_validity,
            };
            Ok((validity.get() == self.uid_validity).then_some(session))
        };
        match open.await {
            Err(ImapError::NoMailbox(_)) => Ok(None),
            other => other.map_err(Failure::from),
        }
    }
}

/// Counts by what it does not keep.
struct Nowhere;

#[async_trait]
impl Sink for Nowhere {
    async fn take(&mut self, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }
}
