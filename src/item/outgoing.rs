//! Outgoing mail: what a phone sent becomes what goes over the wire and into the Sent folder. Pure:
//! time and names come in, no octets are looked up anywhere (S29).
//!
//! The one thing you would not guess: the phone's parts are never parsed and written again. The
//! header is split into raw fields, of which only those change that must; the body stays the octets
//! it was, apart from line ends, and what a SmartReply or SmartForward adds is spliced in. So
//! signatures, odd encodings and parts nobody knows survive (S20).

pub(in crate::item) mod encode;
mod fields;
mod lines;
mod quote;
mod splice;
pub(in crate::item) mod write;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::item::address::{Addresses, Mailbox};
use crate::item::headers::decode_text;

pub use quote::Quote;
pub use write::BrokenValue;

use self::fields::Field;
use self::splice::Entity;

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

/// A mail as a phone sent it, read.
#[derive(Debug)]
pub struct Draft {
    /// Fields that pass, in order, each with its line end.
    header: Vec<u8>,
    /// Kept apart: only the Sent copy has them.
    bcc: Vec<u8>,
    entity: Entity,
    recipients: Vec<String>,
    /// The same in lower case.
    known: HashSet<String>,
    message_id: Option<String>,
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
}

/// The header of the mail that is replied to or forwarded, as far as threads need it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Thread {
    pub message_id: Option<String>,
    pub references: Option<String>,
}

/// What the server adds of the original.
#[derive(Clone, Copy, Debug)]
pub enum Addition<'a> {
    /// The phone's mail is complete.
    Nothing,
    Reply(&'a Quote),
    /// The original whole, and its subject for a file name.
    Forward {
        original: &'a [u8],
        subject: &'a str,
    },
}

/// A mail ready to go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outgoing {
    /// What goes over the wire: CRLF line ends, no Bcc.
    pub wire: Vec<u8>,
    bcc: Vec<u8>,
}

/// Message-IDs kept of a long thread: the first, which names it, and the last.
const MAX_REFERENCES: usize = 20;

impl Draft {
    /// Reads a mail sent from `account`, the user's full address.
    ///
    /// # Errors
    /// [`Unsendable::NotMime`] without a readable header, [`Unsendable::NoRecipient`].
    pub fn read(mime: &[u8], account: &str) -> Result<Self, Unsendable> {
        let octets = lines::normalise(mime);
        let start = octets
            .iter()
            .position(|octet| !matches!(octet, b'\r' | b'\n'))
            .unwrap_or(octets.len());
        let octets = octets.get(start..).unwrap_or_default();
        let (all, body) = fields::split(octets).ok_or(Unsendable::NotMime)?;
        if all.is_empty() {
            return Err(Unsendable::NotMime);
        }
        let mut draft = Self {
            header: Vec::new(),
            bcc: Vec::new(),
            entity: Entity::new(&all, body),
            recipients: Vec::new(),
            known: HashSet::new(),
            message_id: None,
            has: Has::default(),
        };
        draft.from(&all, account)?;
        for field in all.iter().filter(|field| !field.is_content()) {
            draft.take(field, account)?;
        }
        if draft.recipients.is_empty() {
            return Err(Unsendable::NoRecipient);
        }
        Ok(draft)
    }

    /// Who gets it, without repetition; not checked to be addresses an SMTP server takes.
    pub fn recipients(&self) -> &[String] {
        &self.recipients
    }

    /// The Message-ID the phone gave it.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// The forms in which a reply needs the original: as text, as HTML. Neither, when nothing may
    /// be added without breaking a seal.
    pub fn wants(&self) -> (bool, bool) {
        self.entity.wants()
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
        self.entity.write(addition, &mut wire);
        if !wire.ends_with(b"\r\n") {
            wire.extend_from_slice(b"\r\n");
        }
        Ok(Outgoing {
            wire,
            bcc: self.bcc.clone(),
        })
    }

    fn thread(&self, thread: &Thread, wire: &mut Vec<u8>) -> Result<(), BrokenValue> {
        let own = thread.message_id.as_deref().map(str::trim);
        let own = own.filter(|id| write::is_id(id));
        if let (Some(id), false) = (own, self.has.in_reply_to) {
            write::ids("In-Reply-To", &[id], wire)?;
        }
        if !self.has.references {
            let mut ids = write::ids_in(thread.references.as_deref().unwrap_or_default());
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

    /// Writes From: the account's address and no other (CMD_R448), under the name the phone gave it.
    fn from(&mut self, all: &[Field<'_>], account: &str) -> Result<(), BrokenValue> {
        let field = all.iter().find(|field| field.is("From"));
        let said = field
            .map(|field| Addresses::read(field.value(), None).mailboxes)
            .unwrap_or_default();
        if let (Some(field), [mailbox]) = (field, said.as_slice())
            && mailbox.address.eq_ignore_ascii_case(account)
            && field.raw.is_ascii()
        {
            push(field.raw, &mut self.header);
            return Ok(());
        }
        let name = said.into_iter().next().map(|mailbox| mailbox.name);
        let mailbox = Mailbox {
            name: name.unwrap_or_default(),
            address: account.to_owned(),
        };
        write::mailboxes("From", &[mailbox], &mut self.header)
    }

    /// Takes one field of the header.
    fn take(&mut self, field: &Field<'_>, account: &str) -> Result<(), BrokenValue> {
        match field.name.to_ascii_lowercase().as_str() {
            "from" | "return-path" | "resent-bcc" => {}
            "to" | "cc" | "bcc" => self.recipients_of(field, account)?,
            "sender" => {
                let said = Addresses::read(field.value(), None);
                if said.contains(account) && said.mailboxes.len() == 1 {
                    push(field.raw, &mut self.header);
                }
            }
            "message-id" => {
                let id = decode_text(field.value(), None);
                if self.message_id.is_none() && write::is_id(&id) {
                    self.message_id = Some(id);
                }
            }
            "date" => once(field, &mut self.has.date, &mut self.header),
            "mime-version" => once(field, &mut self.has.mime_version, &mut self.header),
            "in-reply-to" => once(field, &mut self.has.in_reply_to, &mut self.header),
            "references" => once(field, &mut self.has.references, &mut self.header),
            "subject" if !field.raw.is_ascii() => {
                let subject = decode_text(field.value(), None);
                write::text("Subject", &subject, &mut self.header)?;
            }
            "reply-to" if !field.raw.is_ascii() => {
                let list = Addresses::read(field.value(), None).mailboxes;
                write::mailboxes("Reply-To", &list, &mut self.header)?;
            }
            _ => push(field.raw, &mut self.header),
        }
        Ok(())
    }

    /// To, Cc or Bcc. Bare account names are completed with the account's domain
    /// (exchange-habits.md 11), in the header as well, so that the others can answer.
    fn recipients_of(&mut self, field: &Field<'_>, account: &str) -> Result<(), BrokenValue> {
        let mut list = Addresses::read(field.value(), None).mailboxes;
        let mut rewrite = !field.raw.is_ascii();
        for mailbox in &mut list {
            if mailbox.address.is_empty() {
                continue;
            }
            if !mailbox.address.contains('@')
                && let Some((_, domain)) = account.rsplit_once('@')
            {
                mailbox.address = format!("{}@{domain}", mailbox.address);
                rewrite = true;
            }
            if self.known.insert(mailbox.address.to_lowercase()) {
                self.recipients.push(mailbox.address.clone());
            }
        }
        let out = if field.is("Bcc") {
            &mut self.bcc
        } else {
            &mut self.header
        };
        if rewrite {
            let name = if field.is("To") {
                "To"
            } else if field.is("Cc") {
                "Cc"
            } else {
                "Bcc"
            };
            // Attendees without an address (Outlook 2016) are nobody to write to.
            list.retain(|mailbox| !mailbox.address.is_empty());
            if !list.is_empty() {
                write::mailboxes(name, &list, out)?;
            }
        } else {
            push(field.raw, out);
        }
        Ok(())
    }
}

impl Outgoing {
    /// What goes into the Sent folder: the same, with the Bcc its sender wants to see again.
    pub fn sent_copy(&self) -> Vec<u8> {
        [self.bcc.as_slice(), self.wire.as_slice()].concat()
    }
}

fn push(raw: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(raw);
    out.extend_from_slice(b"\r\n");
}

/// A field of which a second one would be wrong.
fn once(field: &Field<'_>, has: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::replace(has, true) {
        push(field.raw, out);
    }
}
