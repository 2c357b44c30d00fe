//! The header of a draft: the fields the phone sent are written anew, the others stay the octets
//! they are.

use airgate_codec::eas::email::EmailChange;

use crate::item::address::{Addresses, Mailbox};
use crate::item::outgoing::fields::Field;
use crate::item::outgoing::{push, write};

/// Subject's length, in characters: RFC 5322 knows no limit, phones have one.
const MAX_SUBJECT: usize = 4096;

/// Fields that a message written whole has or means to lack; others it does not know of.
const SAID_WHOLE: [&str; 10] = [
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Reply-To",
    "Sender",
    "Date",
    "MIME-Version",
    "Received",
    "Return-Path",
];

/// Fields of a draft that do not go out with it: the date it was begun, and the notes other mail
/// programs left themselves.
const NOT_SENT: [&str; 8] = [
    "Date",
    "FCC",
    "X-Account-Key",
    "X-Identity-Key",
    "X-Mozilla-Draft-Info",
    "X-Mozilla-Status",
    "X-Mozilla-Status2",
    "X-Uniform-Type-Identifier",
];

/// What a draft is given from outside.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// Seconds since 1970.
    pub now: i64,
    /// Used when the draft has none of its own; with angle brackets.
    pub message_id: &'a str,
    /// The user's full address.
    pub account: &'a str,
    /// The draft goes out now, so its Date is now.
    pub sending: bool,
}

/// Writes the header of a draft that had these fields; `beside` are those of the message it
/// replaces, of which it takes what it lacks.
pub(super) fn write(
    all: &[Field<'_>],
    beside: &[Field<'_>],
    change: &EmailChange,
    stamp: Stamp<'_>,
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut new = Fields::of(change);
    let own = |name: &str| all.iter().any(|field| field.is(name));
    // The draft's name is the one it had: replies and repeats find it by that.
    let named = beside.iter().find(|field| field.is("Message-ID"));
    for field in all.iter().filter(|field| !field.is_content()) {
        let renamed = field.is("Message-ID") && named.is_some();
        let stays = stamp.sending && NOT_SENT.iter().any(|name| field.is(name));
        if renamed || stays {
            continue;
        }
        if let Some(written) = new.take(field) {
            out.extend_from_slice(&written);
        } else {
            push(field.raw, &mut out);
        }
    }
    for field in beside.iter().filter(|field| !field.is_content()) {
        if !own(field.name) && !SAID_WHOLE.iter().any(|name| field.is(name)) {
            match new.take(field) {
                Some(written) => out.extend_from_slice(&written),
                None => push(field.raw, &mut out),
            }
        } else if field.is("Message-ID") {
            push(field.raw, &mut out);
        }
    }
    let has = |name: &str| own(name) || beside.iter().any(|field| field.is(name));
    if !has("From") {
        let me = Mailbox {
            name: String::new(),
            address: stamp.account.to_owned(),
        };
        field("From", |out| write::mailboxes("From", &[me], out), &mut out);
    }
    for (_, written) in new.0 {
        out.extend_from_slice(&written);
    }
    if stamp.sending || !own("Date") {
        let date = write::date(stamp.now);
        field("Date", |out| write::text("Date", &date, out), &mut out);
    }
    if !has("Message-ID") {
        let ids = [stamp.message_id];
        field(
            "Message-ID",
            |out| write::ids("Message-ID", &ids, out),
            &mut out,
        );
    }
    if !own("MIME-Version") {
        out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    }
    out
}

/// Fields the phone sent, written, each by the names of those it replaces.
struct Fields(Vec<(&'static [&'static str], Vec<u8>)>);

impl Fields {
    fn of(change: &EmailChange) -> Self {
        let mut fields = Vec::new();
        let lists: [(&'static [&'static str], &Option<String>); 4] = [
            (&["To"], &change.to),
            (&["Cc"], &change.cc),
            (&["Bcc"], &change.bcc),
            (&["Reply-To"], &change.reply_to),
        ];
        for (names, said) in lists {
            if let (Some(said), Some(name)) = (said, names.first()) {
                fields.push((names, people(name, said)));
            }
        }
        if let Some(subject) = &change.subject {
            let subject: String = one_line(subject).chars().take(MAX_SUBJECT).collect();
            let mut out = Vec::new();
            field(
                "Subject",
                |out| write::text("Subject", subject.trim(), out),
                &mut out,
            );
            fields.push((&["Subject"][..], out));
        }
        if let Some(importance) = change.importance {
            let names = &["Importance", "X-Priority", "X-MSMail-Priority", "Priority"][..];
            let written: &[u8] = match importance {
                0 => b"Importance: low\r\nX-Priority: 5\r\n",
                2 => b"Importance: high\r\nX-Priority: 1\r\n",
                _ => b"",
            };
            fields.push((names, written.to_vec()));
        }
        Self(fields)
    }

    /// What comes in the place of this field: the new one once, then nothing.
    fn take(&mut self, field: &Field<'_>) -> Option<Vec<u8>> {
        let replaces = |names: &[&str]| names.iter().any(|name| field.is(name));
        let (_, written) = self.0.iter_mut().find(|(names, _)| replaces(names))?;
        Some(std::mem::take(written))
    }
}

/// An address field as the phone typed it, names without an address included: it is a draft.
/// Nothing for an empty list.
fn people(name: &str, said: &str) -> Vec<u8> {
    let mut list = Addresses::read(one_line(said).as_bytes(), Some("utf-8")).mailboxes;
    for mailbox in &mut list {
        if mailbox.address.contains(['<', '>', ' ']) {
            let words = format!("{} {}", mailbox.name, mailbox.address);
            *mailbox = Mailbox {
                name: words.trim().to_owned(),
                address: String::new(),
            };
        }
    }
    list.retain(|mailbox| !(mailbox.name.is_empty() && mailbox.address.is_empty()));
    let mut out = Vec::new();
    if !list.is_empty() {
        field(name, |out| write::mailboxes(name, &list, out), &mut out);
    }
    out
}

/// Appends a field, unless its value cannot be written: then the draft goes without it.
fn field(
    name: &str,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), write::BrokenValue>,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    if write(out).is_err() {
        tracing::info!(name, "a draft's field cannot be written");
        out.truncate(start);
    }
}

/// Text without line ends and control characters (T27).
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}
