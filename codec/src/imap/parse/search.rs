//! SEARCH, SORT, ESEARCH, VANISHED.

use super::cursor::Cursor;
use super::mailbox::mailbox_name;
use super::text;
use crate::imap::sequence::{from_numbers, from_ranges, read_runs, read_set};
use crate::imap::{ESearch, ModSeq, NameForm, UidValidity, Untagged};

/// `2 84 882 (MODSEQ 917162500)`. Anything else in it makes it unreadable, for what is missing
/// from it would look deleted (S7). `SEARCH completed` is seen for "none".
pub(super) fn search(cursor: Cursor<'_>) -> Option<Untagged> {
    let (numbers, modseq) = numbers(cursor)?;
    Some(Untagged::Search {
        numbers: from_numbers(numbers),
        modseq,
    })
}

/// The same in the order of a SORT.
pub(super) fn sort(cursor: Cursor<'_>) -> Option<Untagged> {
    numbers(cursor).map(|(numbers, _)| Untagged::Sort(numbers))
}

fn numbers(mut cursor: Cursor<'_>) -> Option<(Vec<u32>, Option<ModSeq>)> {
    let mut numbers = Vec::new();
    let mut modseq = None;
    loop {
        cursor.spaces();
        if cursor.at_end() {
            break;
        }
        if let Some(number) = cursor.number::<u32>() {
            numbers.push(number);
            if !cursor.at_end() && !matches!(cursor.peek(), Some(b' ' | b'(')) {
                return None;
            }
        } else if cursor.peek() == Some(b'(') {
            modseq = bracketed_modseq(&mut cursor)?;
        } else if numbers.is_empty() && completed(cursor.rest()) {
            break;
        } else {
            return None;
        }
    }
    (!numbers.contains(&0)).then_some((numbers, modseq))
}

fn completed(rest: &[u8]) -> bool {
    let word = rest.trim_ascii_end();
    let word = word.strip_suffix(b".").unwrap_or(word);
    word.eq_ignore_ascii_case(b"completed")
}

/// `(MODSEQ 917162500)`.
fn bracketed_modseq(cursor: &mut Cursor<'_>) -> Option<Option<ModSeq>> {
    cursor.eat(b'(');
    cursor.spaces();
    if !cursor.word().eq_ignore_ascii_case(b"MODSEQ") {
        return None;
    }
    cursor.spaces();
    let modseq = cursor.number()?;
    cursor.spaces();
    cursor.eat(b')').then(|| ModSeq::new(modseq))
}

/// `(TAG "A285") UID MIN 7 MAX 3800 COUNT 15 ALL 7,15:28 MODSEQ 917162500`, `PARTIAL (1:100 7,15)`.
pub(super) fn esearch(mut cursor: Cursor<'_>, names: NameForm) -> Option<ESearch> {
    let mut found = ESearch::default();
    loop {
        cursor.spaces();
        if cursor.at_end() {
            return Some(found);
        }
        if cursor.peek() == Some(b'(') {
            correlator(&mut cursor, names, &mut found)?;
            continue;
        }
        let item = cursor.word().to_ascii_uppercase();
        cursor.spaces();
        match item.as_slice() {
            b"UID" => found.uid = true,
            b"MIN" => found.min = Some(cursor.number()?),
            b"MAX" => found.max = Some(cursor.number()?),
            b"COUNT" => found.count = Some(cursor.number()?),
            b"ALL" => {
                found.runs = runs(cursor.word())?;
                found.all = Some(from_ranges(found.runs.clone()));
            }
            b"PARTIAL" => {
                found.runs = partial(&mut cursor)?;
                found.partial = true;
            }
            b"MODSEQ" if cursor.peek() == Some(b'(') => {
                cursor.eat(b'(');
                found.modseq = ModSeq::new(cursor.number()?);
                cursor.eat(b')');
            }
            b"MODSEQ" => found.modseq = ModSeq::new(cursor.number()?),
            b"" => return None,
            _ => cursor.skip_value()?,
        }
    }
}

/// `(TAG "A285")`, `(TAG "A285" MAILBOX "Sent" UIDVALIDITY 7)`, or `(MODSEQ 9)` as some servers
/// bracket it.
fn correlator(cursor: &mut Cursor<'_>, names: NameForm, found: &mut ESearch) -> Option<()> {
    let mut ahead = *cursor;
    ahead.eat(b'(');
    ahead.spaces();
    if ahead.word().eq_ignore_ascii_case(b"MODSEQ") {
        found.modseq = bracketed_modseq(cursor)?;
        return Some(());
    }
    let mut ahead = *cursor;
    ahead.eat(b'(');
    loop {
        ahead.spaces();
        let name = ahead.word().to_ascii_uppercase();
        ahead.spaces();
        match name.as_slice() {
            b"TAG" => found.tag = ahead.astring().map(|tag| text::loose(&tag)),
            b"MAILBOX" => found.mailbox = ahead.astring().map(|name| mailbox_name(&name, names)),
            b"UIDVALIDITY" => found.uid_validity = ahead.number().and_then(UidValidity::new),
            _ => break,
        }
    }
    cursor.skip_value()
}

/// `(1:100 7,15:28)`; NIL for nothing in the range.
fn partial(cursor: &mut Cursor<'_>) -> Option<Vec<(u32, u32)>> {
    if !cursor.eat(b'(') {
        return None;
    }
    cursor.spaces();
    cursor.word();
    cursor.spaces();
    let runs = runs(cursor.word())?;
    cursor.spaces();
    cursor.eat(b')').then_some(runs)
}

fn runs(word: &[u8]) -> Option<Vec<(u32, u32)>> {
    // NIL and 0 are seen for "none".
    match word {
        b"0" => Some(Vec::new()),
        word if word.eq_ignore_ascii_case(b"NIL") => Some(Vec::new()),
        word => read_runs(word),
    }
}

/// `(EARLIER) 41,43:116`.
pub(super) fn vanished(mut cursor: Cursor<'_>) -> Option<Untagged> {
    let mut earlier = false;
    if cursor.eat(b'(') {
        cursor.spaces();
        earlier = cursor.word().eq_ignore_ascii_case(b"EARLIER");
        cursor.spaces();
        if !earlier || !cursor.eat(b')') {
            return None;
        }
        cursor.spaces();
    }
    let uids = read_set(cursor.word())?;
    cursor.spaces();
    cursor
        .at_end()
        .then_some(Untagged::Vanished { earlier, uids })
}
