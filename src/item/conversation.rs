//! Which conversation a message belongs to, from nothing but its own header, so that it never
//! changes (REFERENCE.md 11.1): ConversationId, ConversationIndex, ThreadTopic.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::item::headers::Headers;

/// What the header says of the conversation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Conversation {
    pub(crate) id: Vec<u8>,
    pub(crate) index: Vec<u8>,
}

/// References counted; a thread is rarely deeper, and each level costs five octets.
const MAX_LEVELS: usize = 32;
/// Longest message id hashed (RFC 5322 lines end at 998).
const MAX_ID: usize = 998;
/// Seconds between 1601, where FILETIME begins, and 1970.
const FILETIME_EPOCH: i64 = 11_644_473_600;
/// Thread-Index of Outlook: 22 octets and five per reply.
const THREAD_INDEX_HEAD: usize = 22;

impl Conversation {
    /// `subject` and `from` stand in for a message without any id; `date` is the Date header in
    /// seconds since 1970.
    pub(crate) fn of(headers: &Headers<'_>, subject: &str, from: &str, date: i64) -> Self {
        let references: Vec<&[u8]> = headers
            .all("References")
            .flat_map(message_ids)
            .take(MAX_LEVELS)
            .collect();
        let parent = headers.all("In-Reply-To").flat_map(message_ids).next();
        let own = headers.all("Message-ID").flat_map(message_ids).next();
        let root = references.first().copied().or(parent).or(own);
        let mut hash = Sha256::new();
        match root {
            Some(root) => {
                hash.update(b"id ");
                hash.update(root);
            }
            None => {
                hash.update(b"no id ");
                for text in [topic(subject), from] {
                    hash.update(text.as_bytes());
                    hash.update([0]);
                }
                hash.update(date.to_be_bytes());
            }
        }
        let id = hash.finalize().iter().copied().take(16).collect();
        let levels: Vec<&[u8]> = match parent {
            Some(parent) if references.is_empty() => vec![parent],
            _ => references,
        };
        let index = thread_index(headers).unwrap_or_else(|| index(date, &levels));
        Self { id, index }
    }
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

    fn of(header: &str) -> Conversation {
        Conversation::of(&Headers::read(header.as_bytes()), "S", "F", 1_700_000_000)
    }

    #[test]
    fn replies_share_the_id_of_their_root_even_when_it_is_missing() {
        let root = of("Message-ID: <a@x>\n");
        let reply = of("Message-ID: <b@x>\nIn-Reply-To: <a@x>\n");
        let later = of("Message-ID: <c@x>\nReferences: <a@x>\n <b@x>\nIn-Reply-To: <b@x>\n");
        assert_eq!(root.id.len(), 16);
        assert_eq!(root.id, reply.id);
        assert_eq!(root.id, later.id);
        assert_ne!(root.id, of("Message-ID: <other@x>\n").id);
        assert_eq!(
            (root.index.len(), reply.index.len(), later.index.len()),
            (5, 10, 15)
        );
    }

    #[test]
    fn without_ids_the_same_message_has_the_same_id() {
        assert_eq!(of("X: y\n"), of("X: y\n"));
        let other = Conversation::of(&Headers::read(b""), "T", "F", 1_700_000_000);
        assert_ne!(of("").id, other.id);
    }

    #[test]
    fn the_index_begins_with_the_time() {
        // 2023-11-14T22:13:20Z is FILETIME 0x01DA1747_C5FB6000 or so: the top octet is dropped.
        let index = of("Message-ID: <a@x>\n").index;
        let filetime: i64 = (1_700_000_000 + FILETIME_EPOCH) * 10_000_000;
        assert_eq!(index, filetime.to_be_bytes()[1..6]);
    }

    #[test]
    fn outlooks_own_index_is_kept() {
        let octets: Vec<u8> = (0..32).collect();
        let conversation = of(&format!("Thread-Index: {}\n", STANDARD.encode(&octets)));
        assert_eq!(
            conversation.index,
            [1, 2, 3, 4, 5, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]
        );
        assert_eq!(of("Thread-Index: rubbish\n").index.len(), 5);
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
