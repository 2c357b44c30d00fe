//! FETCH: what is said of one message, item by item (RFC 9051 7.5.2).
//!
//! An item no one knows is skipped; one that cannot even be skipped ends the reading, and UID and
//! FLAGS are looked for in the rest, because a message whose UID is lost looks deleted (S7, T68).

use super::code::object_id;
use super::cursor::Cursor;
use super::{MAX_WORDS, each_flag, structure, text};
use crate::imap::date::read_date_time;
use crate::imap::{Fetched, FetchedSection, Flags, ModSeq, Structure, Uid};

/// Most sections of one message that are kept; we never ask for more.
const MAX_SECTIONS: usize = 1000;

/// `(UID 9 FLAGS (\Seen) BODY[HEADER] {12}...)`. `None` if there is no list at all.
pub(super) fn fetched(mut cursor: Cursor<'_>) -> Option<Fetched> {
    let mut fetched = Fetched::default();
    if !cursor.eat(b'(') {
        return None;
    }
    let whole = cursor.rest();
    match items(&mut cursor, &mut fetched) {
        // A string without an end can swallow what follows, UID included, and still come out even.
        Ok(()) if fetched.uid.is_some() || fetched.structure.is_none() => {}
        Ok(()) => salvage(whole, &mut fetched),
        Err(rest) => {
            salvage(rest, &mut fetched);
            if fetched.uid.is_none() {
                salvage(whole, &mut fetched);
            }
        }
    }
    if fetched.damaged && fetched.structure.is_some() {
        fetched.structure = Some(Structure::Opaque);
    }
    Some(fetched)
}

/// All items up to the end of the list and of the response; the error is what could not be read.
fn items<'a>(cursor: &mut Cursor<'a>, fetched: &mut Fetched) -> Result<(), &'a [u8]> {
    loop {
        cursor.spaces();
        let before = cursor.rest();
        if cursor.eat(b')') {
            cursor.spaces();
            return if cursor.at_end() {
                Ok(())
            } else {
                Err(cursor.rest())
            };
        }
        item(cursor, fetched).ok_or(before)?;
    }
}

/// One item and its value. `None` if its end cannot be found.
fn item<'a>(cursor: &mut Cursor<'a>, fetched: &mut Fetched) -> Option<()> {
    let name = cursor.until(|octet| {
        matches!(
            octet,
            b' ' | b'(' | b')' | b'[' | b'<' | b'"' | b'{' | b'\r' | b'\n'
        )
    });
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    if name.is_empty() {
        return None;
    }
    if cursor.peek() == Some(b'[') {
        let section = section(cursor)?;
        cursor.spaces();
        if is("BODY") || is("BINARY") {
            return section_value(cursor, fetched, section);
        }
        return cursor.skip_value();
    }
    cursor.spaces();
    // The value is read from a copy, then skipped: what one reader leaves cannot shift the next.
    let mut value = *cursor;
    if is("FLAGS") {
        return flags_item(cursor, fetched);
    }
    if is("UID") {
        match (value.number().and_then(Uid::new), fetched.uid) {
            (None, _) => fetched.damaged = true,
            (uid, None) => fetched.uid = uid,
            (uid, known) if uid == known => {}
            // A mail's text passed for an item, and no one can say which of the two is it (T33).
            _ => return None,
        }
    } else if is("BODYSTRUCTURE") || is("BODY") {
        let (structure, complete) = structure::structure(&mut value);
        if fetched.structure.is_none() || is("BODYSTRUCTURE") {
            fetched.structure = Some(structure);
        }
        if complete {
            *cursor = value;
            return Some(());
        }
    } else if is("RFC822.SIZE") {
        fetched.size = value.loose_number();
    } else if is("INTERNALDATE") {
        fetched.internal_date = value
            .nstring()
            .flatten()
            .and_then(|date| read_date_time(&date));
    } else if is("MODSEQ") {
        value.eat(b'(');
        value.spaces();
        fetched.modseq = value.number().and_then(ModSeq::new);
    } else if is("EMAILID") {
        fetched.email_id = object_id(&mut value).or_else(|| fetched.email_id.take());
    } else if is("THREADID") {
        fetched.thread_id = object_id(&mut value).or_else(|| fetched.thread_id.take());
    } else if is("X-GM-MSGID") && fetched.email_id.is_none() {
        fetched.email_id = object_id(&mut value);
    } else if is("X-GM-THRID") && fetched.thread_id.is_none() {
        fetched.thread_id = object_id(&mut value);
    } else if is("RFC822") {
        return section_value(cursor, fetched, String::new());
    } else if is("RFC822.HEADER") {
        return section_value(cursor, fetched, "HEADER".into());
    } else if is("RFC822.TEXT") {
        return section_value(cursor, fetched, "TEXT".into());
    }
    cursor.skip_value()
}

/// `[HEADER.FIELDS ("Date" From)]` as `HEADER.FIELDS (DATE FROM)`.
fn section(cursor: &mut Cursor<'_>) -> Option<String> {
    cursor.eat(b'[');
    let mut name = String::new();
    loop {
        let plain = cursor.until(|octet| matches!(octet, b']' | b'"' | b'{' | b'\r' | b'\n'));
        name.push_str(&text::loose(plain));
        match cursor.peek()? {
            b']' => {
                cursor.advance(1);
                name.make_ascii_uppercase();
                return Some(name);
            }
            b'"' | b'{' => name.push_str(&text::loose(&cursor.string()?)),
            _ => return None,
        }
    }
}

/// `<0> {12}...`, `NIL`, `"short"`.
fn section_value(cursor: &mut Cursor<'_>, fetched: &mut Fetched, section: String) -> Option<()> {
    let mut origin = None;
    if cursor.eat(b'<') {
        origin = Some(cursor.number()?);
        let _ = cursor.until(|octet| matches!(octet, b'>' | b' ' | b'\r' | b'\n'));
        if !cursor.eat(b'>') {
            return None;
        }
        cursor.spaces();
    }
    if cursor.peek() == Some(b'(') {
        fetched.damaged = true;
        return cursor.skip_value();
    }
    let octets = cursor.nstring()?.map(|octets| octets.into_owned());
    if fetched.sections.len() < MAX_SECTIONS {
        fetched.sections.push(FetchedSection {
            section,
            origin,
            octets,
        });
    } else {
        fetched.damaged = true;
    }
    Some(())
}

fn flags_item(cursor: &mut Cursor<'_>, fetched: &mut Fetched) -> Option<()> {
    let (flags, all) = flags(cursor)?;
    fetched.flags = Some(flags);
    fetched.damaged |= !all;
    Some(())
}

/// The flags, and whether none were left out.
fn flags(cursor: &mut Cursor<'_>) -> Option<(Flags, bool)> {
    let mut flags = Flags::default();
    let mut all = true;
    each_flag(cursor, |word| {
        let is = |known: &str| word.eq_ignore_ascii_case(known.as_bytes());
        if is("\\Seen") {
            flags.seen = true;
        } else if is("\\Answered") {
            flags.answered = true;
        } else if is("\\Flagged") {
            flags.flagged = true;
        } else if is("\\Deleted") {
            flags.deleted = true;
        } else if is("\\Draft") {
            flags.draft = true;
        } else if flags.keywords.len() >= MAX_WORDS {
            all = false;
        } else if !is("\\Recent") {
            flags.keywords.push(text::loose(word));
        }
    })?;
    Some((flags, all))
}

/// Finds UID and FLAGS in what could not be read. The text of a mail may be in it, so a UID counts
/// only if no other is said anywhere, even within quotes: a wrong UID is worse than none (T33).
fn salvage(rest: &[u8], fetched: &mut Fetched) {
    fetched.damaged = true;
    let mut only = fetched.uid;
    let mut words = rest.split(|&octet| matches!(octet, b' ' | b'(' | b')'));
    while let Some(word) = words.next() {
        if !word.eq_ignore_ascii_case(b"UID") {
            continue;
        }
        let mut digits = Cursor::new(words.next().unwrap_or_default());
        let Some(uid) = digits.number().and_then(Uid::new) else {
            continue;
        };
        if only.is_some_and(|known| known != uid) {
            fetched.uid = None;
            return;
        }
        only = Some(uid);
    }
    fetched.uid = only;
    if fetched.flags.is_none() {
        let name = b" FLAGS (";
        let mut places = rest
            .windows(name.len())
            .enumerate()
            .filter(|(_, window)| window.eq_ignore_ascii_case(name));
        if let (Some((at, _)), None) = (places.next(), places.next()) {
            let mut cursor = Cursor::new(rest.get(at + name.len() - 1..).unwrap_or_default());
            fetched.flags = flags(&mut cursor).map(|(flags, _)| flags);
        }
    }
}
