//! Outgoing mail: what a phone sent becomes what goes over the wire and into the Sent folder. Pure:
//! time and names come in, no octets are looked up anywhere (S29).
//!
//! Two things you would not guess. The phone's parts are never parsed and written again: the header
//! is split into raw fields, of which only those change that must; the body stays the octets it was,
//! apart from line ends, and what a SmartReply or SmartForward adds is put between them. So
//! signatures, odd encodings and parts nobody knows survive (S20). And the mail is never in one
//! piece: it is a list of [`Piece`]s, which share the request's octets and name the original's
//! sections, so that 25 MB of attachments take no memory here.

mod boundary;
pub mod edit;
pub(in crate::item) mod encode;
mod entity;
mod fields;
mod header;
mod lines;
mod parts;
mod piece;
mod quote;
mod receipts;
mod recipients;
pub(in crate::item) mod write;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use bytes::Bytes;

pub use fields::CONTENT_FIELDS;
pub use parts::{Attached, Parts, whole};
pub use piece::{Piece, PieceWriter, Section};
pub use quote::Quote;
pub use receipts::Receipts;
pub use write::BrokenValue;
pub(crate) use write::ids_in;

use self::entity::Entity;
use self::piece::Assembly;

/// Why a mail cannot be sent as it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unsendable {
    #[error("this is no mail")]
    NotMime,
    #[error("the mail has no recipient")]
    NoRecipient,
    #[error(transparent)]
    Broken(#[from] BrokenValue),
}

/// Who sends: a full address, and others that may stand in From instead.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    pub address: &'a str,
    pub aliases: &'a [String],
}

/// A mail as a phone sent it, read.
#[derive(Debug)]
pub struct Draft {
    /// Fields that pass, in order, each with its line end.
    header: Vec<u8>,
    /// Kept apart: only the Sent copy has them.
    bcc: Vec<u8>,
    entity: Entity,
    sender: String,
    recipients: Vec<String>,
    /// The same in lower case.
    known: HashSet<String>,
    message_id: Option<String>,
    receipts: Receipts,
    has: Has,
}

/// Fields that are there already.
#[derive(Clone, Copy, Debug, Default)]
struct Has {
    date: bool,
    mime_version: bool,
    in_reply_to: bool,
    references: bool,
}

/// What a mail is given from outside.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// Seconds since 1970.
    pub now: i64,
    /// Used when the mail has none of its own; with angle brackets.
    pub message_id: &'a str,
    /// A word for boundaries: the same for the same mail, and known to nobody who wrote into the
    /// original, or he could end its parts.
    pub secret: &'a str,
}

/// The header of the mail that is replied to or forwarded, as far as threads need it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Thread {
    pub message_id: Option<String>,
    pub references: Option<String>,
}

/// How a mail can take up its original.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wants {
    /// Not at all: it is encrypted, or signed and a reply.
    Nothing,
    /// Below its own text, in these forms.
    Quote { text: bool, html: bool },
    /// As a message beside it.
    Whole,
}

/// What the server adds of the original.
#[derive(Clone, Copy, Debug)]
pub enum Addition<'a> {
    /// The phone's mail is complete.
    Nothing,
    /// Its text, and the pictures that its HTML shows.
    Reply {
        quote: &'a Quote,
        shown: &'a [Attached],
    },
    /// The same and all other parts of it.
    Forward {
        quote: &'a Quote,
        shown: &'a [Attached],
        attached: &'a [Attached],
    },
    /// The original as a message, and its subject for a file name.
    Whole {
        section: &'a Section,
        subject: &'a str,
    },
}

/// A mail ready to go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outgoing {
    pieces: Vec<Piece>,
    bcc: Bytes,
}

/// Message-IDs kept of a long thread: the first, which names it, and the last.
const MAX_REFERENCES: usize = 20;
/// A header up to this is read in place: the walk over the parts looks no further (`walk.rs`).
const MAX_IN_PLACE: usize = 200 * 1024;

impl Draft {
    /// Reads a mail sent from `account`.
    ///
    /// # Errors
    /// [`Unsendable::NotMime`] without a readable header, [`Unsendable::NoRecipient`].
    pub fn read(mime: &Bytes, account: Account<'_>) -> Result<Self, Unsendable> {
        let start = mime
            .iter()
            .position(|octet| !matches!(octet, b'\r' | b'\n'))
            .unwrap_or(mime.len());
        let raw = mime.slice(start..);
        let end = fields::header_end(&raw);
        let head = raw.get(..end).unwrap_or_default();
        // The common case: nothing of the body is copied, the parts are found where they lie.
        let header = lines::normalise(head);
        if lines::is_regular(head)
            && end <= MAX_IN_PLACE
            && let Some((all, [])) = fields::split(&header)
        {
            let entity = Entity::new(raw.clone(), end, &all);
            return Self::of(&all, entity, account);
        }
        let octets = lines::normalise(&raw);
        let (all, body) = fields::split(&octets).ok_or(Unsendable::NotMime)?;
        let mut own = Vec::with_capacity(body.len() + 512);
        for field in all.iter().filter(|field| field.is_content()) {
            push(field.raw, &mut own);
        }
        own.extend_from_slice(b"\r\n");
        let end = own.len();
        own.extend_from_slice(body);
        let entity = Entity::new(own.into(), end, &all);
        Self::of(&all, entity, account)
    }

    /// Who gets it, without repetition; not checked to be addresses an SMTP server takes.
    pub fn recipients(&self) -> &[String] {
        &self.recipients
    }

    /// The address in From: the account's or an alias.
    pub fn sender(&self) -> &str {
        &self.sender
    }

    /// What the phone wants to hear of the delivery.
    pub const fn receipts(&self) -> Receipts {
        self.receipts
    }

    /// The Message-ID the phone gave it.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// What a reply or forward needs of the original.
    pub const fn wants(&self, forward: bool) -> Wants {
        self.entity.wants(forward)
    }

    /// Makes the mail.
    ///
    /// # Errors
    /// [`Unsendable::Broken`]: the stamp's Message-ID is none.
    pub fn compose(
        &self,
        stamp: Stamp<'_>,
        thread: Option<&Thread>,
        addition: Addition<'_>,
    ) -> Result<Outgoing, Unsendable> {
        let mut wire = self.header.clone();
        if !self.has.date {
            write::text("Date", &write::date(stamp.now), &mut wire)?;
        }
        let id = self.message_id.as_deref().unwrap_or(stamp.message_id);
        write::ids("Message-ID", &[id], &mut wire)?;
        if let Some(thread) = thread {
            self.thread(thread, &mut wire)?;
        }
        if !self.has.mime_version {
            wire.extend_from_slice(b"MIME-Version: 1.0\r\n");
        }
        let mut out = Assembly::default();
        out.text(wire);
        self.entity.write(addition, stamp.secret, &mut out);
        out.end_line();
        Ok(Outgoing {
            pieces: out.finish(),
            bcc: self.bcc.clone().into(),
        })
    }

    fn thread(&self, thread: &Thread, wire: &mut Vec<u8>) -> Result<(), BrokenValue> {
        let own = thread.message_id.as_deref().map(str::trim);
        let own = own.filter(|id| write::is_id(id));
        if let (Some(id), false) = (own, self.has.in_reply_to) {
            write::ids("In-Reply-To", &[id], wire)?;
        }
        if !self.has.references {
            let mut ids = ids_in(thread.references.as_deref().unwrap_or_default());
            ids.extend(own);
            if ids.len() > MAX_REFERENCES {
                ids.drain(1..ids.len() - MAX_REFERENCES + 1);
            }
            if !ids.is_empty() {
                write::ids("References", &ids, wire)?;
            }
        }
        Ok(())
    }
}

impl Outgoing {
    /// What goes over the wire, without Bcc.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// What the copy in the Sent folder begins with: the Bcc its sender wants to see again.
    pub const fn bcc(&self) -> &Bytes {
        &self.bcc
    }

    /// Octets of the whole, as nearly as they are known before it is written.
    pub fn size(&self) -> u64 {
        self.pieces.iter().fold(0, |sum, piece| {
            sum.saturating_add(match piece {
                Piece::Octets(octets) => octets.len() as u64,
                Piece::Section(section) => section.size,
            })
        })
    }

    /// Whether octets beyond ASCII may be in it.
    pub fn is_eight_bit(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Octets(octets) => !octets.is_ascii(),
            Piece::Section(section) => section.eight_bit,
        })
    }
}

fn push(raw: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(raw);
    out.extend_from_slice(b"\r\n");
}
