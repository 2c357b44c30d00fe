//! Which conversation a message belongs to (REFERENCE.md 11.1): ConversationId, ConversationIndex,
//! ThreadTopic. From nothing but the message itself, so that every node says the same and it never
//! changes, whatever folder the message is in and whether the other messages are there or not.

use airgate_codec::imap::Fetched;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::item::believed::header_octets;
use crate::item::headers::Headers;

/// The header fields [`Thread::of`] needs.
pub const HEADER_FIELDS: &[&str] = &[
    "Message-ID",
    "In-Reply-To",
    "References",
    "Subject",
    "From",
    "Date",
];

/// References counted; a thread is rarely deeper, and each level costs five octets.
const MAX_LEVELS: usize = 32;
/// Longest message id hashed (RFC 5322 lines end at 998).
const MAX_ID: usize = 998;
/// Seconds between 1601, where FILETIME begins, and 1970.
const FILETIME_EPOCH: i64 = 11_644_473_600;
/// Thread-Index of Outlook: 22 octets and five per reply.
const THREAD_INDEX_HEAD: usize = 22;
/// Octets of a ConversationId.
const ID_LENGTH: usize = 16;

/// What holds a conversation together, as far as one of its messages tells.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Thread {
    /// The server's own name for it: THREADID (RFC 8474 5.2), or Gmail's.
    Server(String),
    /// The id of the message it began with: the first of References, else In-Reply-To, else the
    /// message's own.
    Root(Vec<u8>),
    /// A message without any id: the subject without reply marks, in small letters.
    Topic(String),
    /// Without a subject either: nothing else belongs to it.
    Alone([u8; 32]),
}

impl Thread {
    /// The thread of a message read with [`HEADER_FIELDS`], and with THREADID where the account
    /// goes by it.
    pub fn of(message: &Fetched) -> Self {
        let headers = Headers::read(header_octets(message).unwrap_or_default());
        Self::from_headers(message.thread_id.as_deref(), &headers)
    }

    pub(crate) fn from_headers(thread_id: Option<&str>, headers: &Headers<'_>) -> Self {
        if let Some(id) = thread_id.filter(|id| !id.is_empty()) {
            return Self::Server(id.to_owned());
        }
        let first = |name: &str| headers.all(name).flat_map(message_ids).next();
        let root = first("References")
            .or_else(|| first("In-Reply-To"))
            .or_else(|| first("Message-ID"));
        if let Some(root) = root {
            return Self::Root(root.to_vec());
        }
        // Decoded without a hint, since not every reader knows the charset of the text.
        let subject = headers.text("Subject", None).unwrap_or_default();
        let topic: String = topic(&subject)
            .chars()
            .take(MAX_ID)
            .flat_map(char::to_lowercase)
            .collect();
        if topic.is_empty() {
            let mut hash = Sha256::new();
            for name in ["From", "Date"] {
                hash.update(headers.raw(name).unwrap_or_default());
                hash.update([0]);
            }
            return Self::Alone(hash.finalize().into());
        }
        Self::Topic(topic)
    }

    /// The ConversationId.
    pub fn id(&self) -> Vec<u8> {
        let mut hash = Sha256::new();
        let (kind, name): (&[u8], &[u8]) = match self {
            Self::Server(id) => (b"thread ", id.as_bytes()),
            Self::Root(id) => (b"id ", id),
            Self::Topic(topic) => (b"topic ", topic.as_bytes()),
            Self::Alone(print) => (b"alone ", print),
        };
        hash.update(kind);
        hash.update(name);
        hash.finalize().iter().copied().take(ID_LENGTH).collect()
    }
}

/// The ConversationIndex. `date` is the Date header in seconds since 1970.
pub(crate) fn conversation_index(headers: &Headers<'_>, date: i64) -> Vec<u8> {
    if let Some(index) = thread_index(headers) {
        return index;
    }
    let references: Vec<&[u8]> = headers
        .all("References")
        .flat_map(message_ids)
        .take(MAX_LEVELS)
        .collect();
    let parent = headers.all("In-Reply-To").flat_map(message_ids).next();
    let levels: Vec<&[u8]> = match parent {
        Some(parent) if references.is_empty() => vec![parent],
        _ => references,
    };
    index(date, &levels)
}

/// Outlook's own index: its leading octets are what Exchange sends as ConversationIndex.
fn thread_index(headers: &Headers<'_>) -> Option<Vec<u8>> {
    let value = headers.raw("Thread-Index")?;
    let clean: Vec<u8> = value
        .iter()
        .copied()
        .filter(|o| !o.is_ascii_whitespace())
        .collect();
    if clean.len() > 2 * MAX_ID {
        return None;
    }
    let octets = STANDARD.decode(clean).ok()?;
    let mut index = octets.get(1..6)?.to_vec();
    let replies = octets.get(THREAD_INDEX_HEAD..)?;
    for reply in replies.chunks_exact(5).take(MAX_LEVELS) {
        index.extend_from_slice(reply);
    }
    Some(index)
}

/// Five octets of time, then five per ancestor: no time difference, and an octet of its id where
/// Outlook puts a random one.
fn index(date: i64, levels: &[&[u8]]) -> Vec<u8> {
    let filetime = date
        .saturating_add(FILETIME_EPOCH)
        .max(0)
        .saturating_mul(10_000_000);
    let mut index: Vec<u8> = filetime.to_be_bytes().into_iter().skip(1).take(5).collect();
    for level in levels {
        let octet = Sha256::digest(level).first().copied().unwrap_or(0);
        index.extend_from_slice(&[0, 0, 0, 0, octet]);
    }
    index
}

/// The ids in a header value: `<…>`, or bare words from mailers that forgot the brackets.
fn message_ids(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|octet| octet.is_ascii_whitespace() || matches!(octet, b'<' | b'>' | b','))
        .filter(|word| word.contains(&b'@') || word.len() > 8)
        .map(|id| id.get(..MAX_ID).unwrap_or(id))
}

/// Reply and forward marks of the languages mail is written in, lower case, without the colon.
const PREFIXES: [&str; 40] = [
    "re",
    "r",
    "fw",
    "fwd",
    "f",
    "aw",
    "wg",
    "antw",
    "tr",
    "rif",
    "i",
    "ref",
    "sv",
    "vs",
    "vb",
    "vl",
    "odp",
    "pd",
    "res",
    "enc",
    "rv",
    "ynt",
    "ilt",
    "doorst",
    "vá",
    "továbbítás",
    "απ",
    "πρθ",
    "σχετ",
    "на",
    "отв",
    "ha",
    "回复",
    "回覆",
    "答复",
    "转发",
    "轉寄",
    "返信",
    "転送",
    "رد",
];
/// Marks removed from one subject.
const MAX_PREFIXES: usize = 20;

/// The subject without reply and forward marks: `Re[2]: AW: x` is `x`.
pub(crate) fn topic(subject: &str) -> &str {
    let mut rest = subject.trim();
    for _ in 0..MAX_PREFIXES {
        let Some((mark, after)) = rest.split_once([':', '：']) else {
            break;
        };
        let mark = mark.trim_end().trim_end_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')' | ' ')
        });
        if mark.len() > 24 || !PREFIXES.contains(&mark.to_lowercase().as_str()) {
            break;
        }
        rest = after.trim_start();
    }
    if rest.is_empty() {
        subject.trim()
    } else {
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(header: &str) -> Thread {
        Thread::from_headers(None, &Headers::read(header.as_bytes()))
    }

    fn index_of(header: &str) -> Vec<u8> {
        conversation_index(&Headers::read(header.as_bytes()), 1_700_000_000)
    }

    #[test]
    fn replies_share_the_id_of_their_root_even_when_it_is_missing() {
        let root = "Message-ID: <a@x>\n";
        let reply = "Message-ID: <b@x>\nIn-Reply-To: <a@x>\n";
        let later = "Message-ID: <c@x>\nReferences: <a@x>\n <b@x>\nIn-Reply-To: <b@x>\n";
        let id = thread(root).id();
        assert_eq!(id.len(), ID_LENGTH);
        assert_eq!(id, thread(reply).id());
        assert_eq!(id, thread(later).id());
        assert_ne!(id, thread("Message-ID: <other@x>\n").id());
        let lengths = [root, reply, later].map(|header| index_of(header).len());
        assert_eq!(lengths, [5, 10, 15]);
    }

    #[test]
    fn the_ids_told_already_stay_what_they_are() {
        // Written down once: a change here would tear every conversation on every phone in two.
        for (thread, expected) in [
            (
                Thread::Root(b"a@x".to_vec()),
                "21c52ba613c174dd89efdb02bce0e62d",
            ),
            (
                Thread::Server("T64b478a75b7ea9".into()),
                "c5d44adaae07bab21ff6566ea4df8da4",
            ),
            (
                Thread::Topic("tea".into()),
                "87cf3753ab29823f5ed7e4f0f58ab957",
            ),
        ] {
            let id: String = thread.id().iter().map(|o| format!("{o:02x}")).collect();
            assert_eq!(id, expected, "{thread:?}");
        }
    }

    #[test]
    fn the_servers_thread_counts_where_it_is_known() {
        let headers = "Message-ID: <a@x>\nReferences: <r@x>\n";
        let headers = Headers::read(headers.as_bytes());
        let of = |id| Thread::from_headers(id, &headers);
        assert_eq!(of(Some("T1")), Thread::Server("T1".into()));
        assert_eq!(of(Some("")), Thread::Root(b"r@x".to_vec()));
        assert_eq!(of(None), Thread::Root(b"r@x".to_vec()));
    }

    #[test]
    fn without_ids_the_subject_counts_and_without_that_nothing() {
        let tea = thread("Subject: Tea\nDate: today\n");
        assert_eq!(tea, Thread::Topic("tea".into()));
        assert_eq!(tea, thread("Subject: RE: tea\nFrom: b@x\n"));
        let one = thread("From: a@x\n");
        assert!(matches!(one, Thread::Alone(_)));
        assert_eq!(one, thread("From: a@x\nSubject:\n"));
        assert_ne!(one.id(), thread("From: b@x\n").id());
    }

    #[test]
    fn the_index_begins_with_the_time() {
        // 2023-11-14T22:13:20Z is FILETIME 0x01DA1747_C5FB6000 or so: the top octet is dropped.
        let filetime: i64 = (1_700_000_000 + FILETIME_EPOCH) * 10_000_000;
        assert_eq!(
            index_of("Message-ID: <a@x>\n"),
            filetime.to_be_bytes()[1..6]
        );
    }

    #[test]
    fn outlooks_own_index_is_kept() {
        let octets: Vec<u8> = (0..32).collect();
        assert_eq!(
            index_of(&format!("Thread-Index: {}\n", STANDARD.encode(&octets))),
            [1, 2, 3, 4, 5, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]
        );
        assert_eq!(index_of("Thread-Index: rubbish\n").len(), 5);
    }

    #[test]
    fn topics_lose_their_marks() {
        for (subject, expected) in [
            ("Re: Tea", "Tea"),
            ("RE: AW: Fwd: WG: Tea", "Tea"),
            ("Re[2]: Tea", "Tea"),
            ("Re (3): Tea", "Tea"),
            ("回复：茶", "茶"),
            ("TEA: news", "TEA: news"),
            ("Re: ", "Re:"),
            ("Tea", "Tea"),
            ("", ""),
        ] {
            assert_eq!(topic(subject), expected, "{subject}");
        }
    }
}
