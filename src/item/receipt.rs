//! Receipts for mail that was read (message disposition notifications, RFC 8098): whether a mail asks
//! for one that may be sent without asking its reader, and the receipt itself. Pure.
//!
//! Whoever gets a receipt learns that the address lives and when its owner reads. So there is one
//! only for what the standard lets a program answer by itself (2.1), and only to who sent the mail.

use super::address::{Addresses, Mailbox};
use super::headers::Headers;
use super::outgoing::encode::text_part;
use super::outgoing::write::{self, BrokenValue};
use super::parameters::Field;

/// A receipt that a mail asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// Who is told.
    pub to: Mailbox,
    /// The user's address the mail went to.
    pub reader: String,
    message_id: Option<String>,
    subject: Option<String>,
    original_recipient: Option<String>,
}

/// What a receipt is given from outside.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// When the mail was read, in seconds since 1970.
    pub now: i64,
    /// The receipt's own, with angle brackets.
    pub message_id: &'a str,
}

/// Fields that decide.
pub const FIELDS: [&str; 16] = [
    ASKS,
    OPTIONS,
    "RETURN-PATH",
    "TO",
    "CC",
    "SUBJECT",
    "MESSAGE-ID",
    "CONTENT-TYPE",
    "ORIGINAL-RECIPIENT",
    "AUTO-SUBMITTED",
    "PRECEDENCE",
    "LIST-ID",
    "LIST-POST",
    "LIST-UNSUBSCRIBE",
    "MAILING-LIST",
    "FEEDBACK-ID",
];
/// RFC 8098 2.1.
const ASKS: &str = "DISPOSITION-NOTIFICATION-TO";
/// RFC 8098 2.2.
const OPTIONS: &str = "DISPOSITION-NOTIFICATION-OPTIONS";
/// Longest address and subject repeated in a receipt.
const MAX_REPEATED: usize = 400;
/// A word no line of quoted-printable or base64 begins with (RFC 2046 5.1.1).
const BOUNDARY: &str = "=_airgate_receipt";

impl Receipt {
    /// The receipt a mail with this header asks for, if one may be sent to it unasked. `me` are the
    /// addresses of its reader.
    pub fn asked(header: &[u8], me: &[String]) -> Option<Self> {
        let headers = Headers::read(header);
        if is_automatic(&headers) || wants_more(&headers) {
            return None;
        }
        let mut asked = headers
            .all(ASKS)
            .flat_map(|value| Addresses::read(value, None).mailboxes);
        let to = asked.next()?;
        // Several who want to know are not the sender (RFC 8098 2.1).
        if asked.any(|other| !same(&other.address, &to.address)) {
            return None;
        }
        // Nobody stands behind a mail without a way back, and a way back to somebody else is not
        // for a program to follow (the same).
        let back = Addresses::read(headers.raw("RETURN-PATH")?, None).mailboxes;
        let [back] = back.as_slice() else {
            return None;
        };
        if to.address.is_empty() || !same(&back.address, &to.address) {
            return None;
        }
        let named: Vec<Mailbox> = ["TO", "CC"]
            .into_iter()
            .flat_map(|name| headers.all(name))
            .flat_map(|value| Addresses::read(value, None).mailboxes)
            .collect();
        let reader = me.iter().find(|mine| {
            named
                .iter()
                .any(|mailbox| mailbox.address.eq_ignore_ascii_case(mine))
        })?;
        let message_id = headers.text("MESSAGE-ID", None);
        Some(Self {
            to,
            reader: reader.clone(),
            message_id: message_id.filter(|id| write::is_id(id)),
            subject: headers.text("SUBJECT", None).map(cut),
            original_recipient: headers
                .text("ORIGINAL-RECIPIENT", None)
                .filter(|value| value.len() <= MAX_REPEATED && value.is_ascii()),
        })
    }

    /// The Message-ID of the mail that was read.
    pub fn of(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// The receipt as a mail (RFC 8098 3).
    ///
    /// # Errors
    /// [`BrokenValue`]: something the sender wrote would end its line (T27).
    pub fn write(&self, stamp: Stamp<'_>) -> Result<Vec<u8>, BrokenValue> {
        let mut out = Vec::with_capacity(2048);
        let subject = self.subject.as_deref().unwrap_or_default();
        let reader = Mailbox {
            name: String::new(),
            address: self.reader.clone(),
        };
        write::mailboxes("From", &[reader], &mut out)?;
        write::mailboxes("To", std::slice::from_ref(&self.to), &mut out)?;
        write::text("Subject", &format!("Read: {subject}"), &mut out)?;
        write::text("Date", &write::date(stamp.now), &mut out)?;
        write::ids("Message-ID", &[stamp.message_id], &mut out)?;
        if let Some(id) = &self.message_id {
            write::ids("In-Reply-To", &[id], &mut out)?;
            write::ids("References", &[id], &mut out)?;
        }
        // RFC 3834 5: no vacation note answers it.
        write::text("Auto-Submitted", "auto-replied", &mut out)?;
        write::text("MIME-Version", "1.0", &mut out)?;
        let kind = "multipart/report; report-type=disposition-notification;";
        out.extend_from_slice(
            format!("Content-Type: {kind}\r\n boundary=\"{BOUNDARY}\"\r\n\r\n").as_bytes(),
        );
        out.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        let said = format!(
            "Your message to {} was displayed on {}.\n\nSubject: {subject}\n\n\
             This is no guarantee that it was read or understood.\n",
            self.reader,
            write::date(stamp.now),
        );
        text_part("text/plain", &said, &mut out);
        out.extend_from_slice(format!("\r\n--{BOUNDARY}\r\n").as_bytes());
        out.extend_from_slice(b"Content-Type: message/disposition-notification\r\n\r\n");
        write::text("Reporting-UA", "Airgate", &mut out)?;
        if let Some(recipient) = &self.original_recipient {
            write::text("Original-Recipient", recipient, &mut out)?;
        }
        let reader = format!("rfc822;{}", self.reader);
        write::text("Final-Recipient", &reader, &mut out)?;
        if let Some(id) = &self.message_id {
            write::ids("Original-Message-ID", &[id], &mut out)?;
        }
        // The reader opened the mail; that its sender hears of it the program decided (3.2.6.1).
        let disposition = "manual-action/MDN-sent-automatically; displayed";
        write::text("Disposition", disposition, &mut out)?;
        out.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        Ok(out)
    }
}

/// Mail of lists and machines, receipts among them: an answer to these begins a loop (RFC 3834 2,
/// RFC 8098 2.1).
fn is_automatic(headers: &Headers<'_>) -> bool {
    let lists = [
        "LIST-ID",
        "LIST-POST",
        "LIST-UNSUBSCRIBE",
        "MAILING-LIST",
        "FEEDBACK-ID",
    ];
    let word = |name| {
        let value = headers.text(name, None).unwrap_or_default();
        let word = value.split([';', ' ']).next().unwrap_or_default();
        word.to_ascii_lowercase()
    };
    let kind = headers.raw("CONTENT-TYPE").map(Field::read);
    lists.into_iter().any(|name| headers.raw(name).is_some())
        || !matches!(word("AUTO-SUBMITTED").as_str(), "" | "no")
        || matches!(word("PRECEDENCE").as_str(), "bulk" | "list" | "junk")
        || kind.is_some_and(|kind| kind.value == "multipart/report")
}

/// The sender requires something we do not know: then nothing may be said (RFC 8098 2.2).
fn wants_more(headers: &Headers<'_>) -> bool {
    headers.all(OPTIONS).any(|value| {
        value
            .to_ascii_lowercase()
            .windows(8)
            .any(|word| word == b"required")
    })
}

/// Local parts keep their letter case, domains have none (RFC 5321 2.4).
fn same(one: &str, other: &str) -> bool {
    match (one.rsplit_once('@'), other.rsplit_once('@')) {
        (Some((local, domain)), Some((other_local, other_domain))) => {
            local == other_local && domain.eq_ignore_ascii_case(other_domain)
        }
        _ => false,
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MAX_REPEATED) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
