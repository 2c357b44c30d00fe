//! One framed response to one [`Response`]. Never fails, never recurses deeper than
//! [`MAX_DEPTH`](super::MAX_DEPTH): what cannot be read is `Other`, or a `Fetched` that says so.
//!
//! Status lines and most data are read by our own grammar, as is FETCH: it takes every dialect of
//! T68 in one pass and is faster than `imap-proto` (`benches/imap.rs`), which
//! panics on `[ALERT]é` and on `INTERNALDATE NIL`. QUOTA and QUOTAROOT are read by `imap-proto`,
//! and the tests hold our FETCH against it.

mod code;
mod cursor;
mod fetch;
mod mailbox;
mod quota;
mod search;
mod structure;
mod text;

use cursor::Cursor;

use super::{Code, NameForm, Response, Status, Untagged};

/// Reads a response whose mailbox names are modified UTF-7.
pub fn parse(frame: &[u8]) -> Response {
    parse_with(frame, NameForm::ModifiedUtf7)
}

/// Reads a response, with or without its final line end.
pub fn parse_with(frame: &[u8], names: NameForm) -> Response {
    let mut cursor = Cursor::new(frame);
    if cursor.eat(b'+') {
        cursor.spaces();
        return Response::Continuation {
            text: human(cursor.rest()),
        };
    }
    let first = cursor.word();
    if first.is_empty() || cursor.peek() != Some(b' ') {
        return Response::Other(frame.to_vec());
    }
    cursor.spaces();
    if first == b"*" {
        let untagged = untagged(cursor, names);
        return Response::Untagged(untagged.unwrap_or_else(|| Untagged::Other(frame.to_vec())));
    }
    match (std::str::from_utf8(first), status(&mut cursor)) {
        (Ok(tag), Some(status @ (Status::Ok | Status::No | Status::Bad))) => {
            let (code, text) = code_and_text(cursor);
            Response::Tagged {
                tag: tag.into(),
                status,
                code,
                text,
            }
        }
        _ => Response::Other(frame.to_vec()),
    }
}

fn untagged(mut cursor: Cursor<'_>, names: NameForm) -> Option<Untagged> {
    if cursor.peek()?.is_ascii_digit() {
        return numbered(cursor);
    }
    if let Some(status) = status(&mut cursor) {
        let (code, text) = code_and_text(cursor);
        return Some(Untagged::Status { status, code, text });
    }
    let mut name = [0; 16];
    let word = cursor.word();
    let name = name.get_mut(..word.len())?;
    name.copy_from_slice(word);
    name.make_ascii_uppercase();
    cursor.spaces();
    match &*name {
        b"CAPABILITY" => Some(Untagged::Capability(words_upper(&mut cursor))),
        b"ENABLED" => Some(Untagged::Enabled(words_upper(&mut cursor))),
        b"LIST" | b"XLIST" => mailbox::list(cursor, names).map(Untagged::List),
        b"LSUB" => mailbox::list(cursor, names).map(Untagged::Lsub),
        b"STATUS" => mailbox::status(cursor, names),
        b"NAMESPACE" => mailbox::namespaces(cursor, names).map(Untagged::Namespace),
        b"FLAGS" => flag_words(&mut cursor).map(Untagged::Flags),
        b"SEARCH" => search::search(cursor),
        b"SORT" => search::sort(cursor),
        b"ESEARCH" => search::esearch(cursor, names).map(Untagged::ESearch),
        b"VANISHED" => search::vanished(cursor),
        b"ID" => id(cursor).map(Untagged::Id),
        b"QUOTA" => quota::quota(cursor),
        b"QUOTAROOT" => quota::quota_root(cursor, names),
        b"THREAD" => Some(Untagged::Thread(cursor.rest().to_vec())),
        _ => None,
    }
}

/// `23 EXISTS`, `5 FETCH (...)`.
fn numbered(mut cursor: Cursor<'_>) -> Option<Untagged> {
    let number: u32 = cursor.number()?;
    cursor.spaces();
    let word = cursor.word();
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    cursor.spaces();
    if is("FETCH") {
        let fetched = fetch::fetched(cursor)?;
        return Some(Untagged::Fetch(number, Box::new(fetched)));
    }
    if !cursor.at_end() {
        return None;
    }
    if is("EXISTS") {
        Some(Untagged::Exists(number))
    } else if is("RECENT") {
        Some(Untagged::Recent(number))
    } else if is("EXPUNGE") {
        Some(Untagged::Expunge(number))
    } else {
        None
    }
}

/// `OK`, `NO`, ... and the space after it. Does not move if it is something else.
fn status(cursor: &mut Cursor<'_>) -> Option<Status> {
    let mut ahead = *cursor;
    let word = ahead.word();
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    let status = if is("OK") {
        Status::Ok
    } else if is("NO") {
        Status::No
    } else if is("BAD") {
        Status::Bad
    } else if is("BYE") {
        Status::Bye
    } else if is("PREAUTH") {
        Status::PreAuth
    } else {
        return None;
    };
    ahead.spaces();
    *cursor = ahead;
    Some(status)
}

/// `[CODE args] text`.
fn code_and_text(cursor: Cursor<'_>) -> (Option<Code>, String) {
    match code::split(cursor.rest()) {
        Some((code, text)) => (Some(code::read(code)), human(text)),
        None => (None, human(cursor.rest())),
    }
}

/// Longest text kept for logs.
const MAX_HUMAN: usize = 1024;

/// Text for a person, without the line end.
fn human(octets: &[u8]) -> String {
    let kept = octets.get(..octets.len().min(MAX_HUMAN));
    text::loose(kept.unwrap_or_default()).trim().into()
}

/// Most words of one list that are kept. Real ones have dozens; each costs more memory than it
/// took on the wire (T2).
const MAX_WORDS: usize = 10_000;

fn words_upper(cursor: &mut Cursor<'_>) -> Vec<String> {
    let mut words = Vec::new();
    while !cursor.at_end() && words.len() < MAX_WORDS {
        let word = cursor.word();
        if word.is_empty() {
            cursor.advance(1);
        } else {
            words.push(text::loose(word).to_ascii_uppercase());
        }
        cursor.spaces();
    }
    words
}

/// `(\Seen $Forwarded)`: each word, in its spelling. `None` if it is no list or has no end.
fn flag_words(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    let mut words = Vec::new();
    each_flag(cursor, |word| {
        if words.len() < MAX_WORDS {
            words.push(text::loose(word));
        }
    })?;
    Some(words)
}

/// Calls with each word of a flag list. Keywords may hold anything but spaces and brackets: seen
/// are 8-bit, `]` and quotes.
fn each_flag<'a>(cursor: &mut Cursor<'a>, mut each: impl FnMut(&'a [u8])) -> Option<()> {
    if !cursor.eat(b'(') {
        return None;
    }
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            return Some(());
        }
        let word =
            cursor.until(|octet| matches!(octet, b' ' | b'\t' | b'(' | b')' | b'\r' | b'\n'));
        if word.is_empty() {
            return None;
        }
        each(word);
    }
}

/// `("name" "Cyrus" "version" NIL)` or NIL (RFC 2971).
fn id(mut cursor: Cursor<'_>) -> Option<Vec<(String, Option<String>)>> {
    let mut fields = Vec::new();
    if !cursor.eat(b'(') {
        return cursor.nstring()?.is_none().then_some(fields);
    }
    loop {
        cursor.spaces();
        if cursor.eat(b')') || fields.len() >= MAX_WORDS {
            return Some(fields);
        }
        let name = cursor.ntext()??;
        cursor.spaces();
        let value = cursor.ntext()?;
        fields.push((name.to_ascii_lowercase(), value));
    }
}
