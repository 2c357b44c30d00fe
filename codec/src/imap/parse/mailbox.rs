//! LIST, LSUB, XLIST, STATUS, NAMESPACE.

use super::code::object_id;
use super::cursor::Cursor;
use super::{flag_words, text};
use crate::imap::{
    ListEntry, MailboxName, MailboxStatus, ModSeq, NameForm, Namespace, Namespaces, Uid,
    UidValidity, Untagged, modified_utf7,
};

/// Most namespaces of one kind that are kept.
const MAX_NAMESPACES: usize = 1000;

/// Most selection options of one CHILDINFO that are kept; there are four in the RFC.
const MAX_CHILD_INFO: usize = 100;

/// `(\HasNoChildren \Sent) "/" "Sent" ("OLDNAME" ("Gesendet"))`.
pub(super) fn list(mut cursor: Cursor<'_>, names: NameForm) -> Option<ListEntry> {
    let attributes = flag_words(&mut cursor)?;
    cursor.spaces();
    let delimiter = delimiter(&mut cursor)?;
    cursor.spaces();
    let name = mailbox_then(&mut cursor, names, |cursor| {
        cursor.at_end() || cursor.peek() == Some(b'(')
    })?;
    let mut entry = ListEntry {
        attributes,
        delimiter,
        name,
        old_name: None,
        child_info: Vec::new(),
    };
    cursor.spaces();
    // What the extended part says is a help; if it cannot be read the mailbox is still there.
    let _ = extended(&mut cursor, names, &mut entry);
    Some(entry)
}

/// `("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("Gesendet") ...)` (RFC 5258 6).
fn extended(cursor: &mut Cursor<'_>, names: NameForm, entry: &mut ListEntry) -> Option<()> {
    if !cursor.eat(b'(') {
        return None;
    }
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            return Some(());
        }
        let item = cursor.astring()?.to_ascii_uppercase();
        cursor.spaces();
        let mut ahead = *cursor;
        match item.as_slice() {
            b"OLDNAME" => {
                ahead.eat(b'(');
                ahead.spaces();
                entry.old_name = ahead.astring().map(|name| mailbox_name(&name, names));
            }
            b"CHILDINFO" if ahead.eat(b'(') => loop {
                ahead.spaces();
                match ahead.astring() {
                    Some(option) if entry.child_info.len() < MAX_CHILD_INFO => entry
                        .child_info
                        .push(text::loose(&option).to_ascii_uppercase()),
                    _ => break,
                }
            },
            _ => {}
        }
        cursor.skip_value()?;
    }
}

/// `INBOX (MESSAGES 231 UIDNEXT 44292)`.
pub(super) fn status(mut cursor: Cursor<'_>, names: NameForm) -> Option<Untagged> {
    let name = mailbox_then(&mut cursor, names, |cursor| cursor.peek() == Some(b'('))?;
    let mut status = MailboxStatus::default();
    if !cursor.eat(b'(') {
        return None;
    }
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            return Some(Untagged::StatusData(name, status));
        }
        let item = cursor.word().to_ascii_uppercase();
        cursor.spaces();
        let mut ahead = cursor;
        let value = &mut ahead;
        match item.as_slice() {
            b"MESSAGES" => status.messages = value.number(),
            b"RECENT" => status.recent = value.number(),
            b"UNSEEN" => status.unseen = value.number(),
            b"DELETED" => status.deleted = value.number(),
            b"UIDNEXT" => status.uid_next = value.number().and_then(Uid::new),
            b"UIDVALIDITY" => status.uid_validity = value.number().and_then(UidValidity::new),
            b"HIGHESTMODSEQ" => status.highest_modseq = value.number().and_then(ModSeq::new),
            b"SIZE" => status.size = value.number(),
            b"APPENDLIMIT" => status.append_limit = value.number(),
            b"MAILBOXID" => status.mailbox_id = object_id(value),
            b"" => return None,
            _ => {}
        }
        cursor.skip_value()?;
    }
}

/// `(("" "/")) NIL (("#shared/" "/"))`.
pub(super) fn namespaces(mut cursor: Cursor<'_>, names: NameForm) -> Option<Namespaces> {
    let personal = namespace_list(&mut cursor, names)?;
    // A server that stops here has none.
    let other_users = namespace_list(&mut cursor, names).unwrap_or_default();
    let shared = namespace_list(&mut cursor, names).unwrap_or_default();
    Some(Namespaces {
        personal,
        other_users,
        shared,
    })
}

fn namespace_list(cursor: &mut Cursor<'_>, names: NameForm) -> Option<Vec<Namespace>> {
    let mut list = Vec::new();
    cursor.spaces();
    if !cursor.eat(b'(') {
        return cursor.nstring()?.is_none().then_some(list);
    }
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            return Some(list);
        }
        let mut ahead = *cursor;
        if !ahead.eat(b'(') {
            return None;
        }
        ahead.spaces();
        let prefix = mailbox_name(&ahead.astring()?, names);
        ahead.spaces();
        let delimiter = delimiter(&mut ahead)?;
        if list.len() < MAX_NAMESPACES {
            list.push(Namespace { prefix, delimiter });
        }
        cursor.skip_value()?;
    }
}

/// `"/"`, `"\\"`, NIL; bare or empty from odd servers.
fn delimiter(cursor: &mut Cursor<'_>) -> Option<Option<char>> {
    let delimiter = cursor.ntext()?;
    Some(delimiter.and_then(|text| text.chars().next()))
}

/// A mailbox name after which `next` must hold. Where it does not, the server wrote a name with
/// spaces bare (`Sent Items`): all up to the last `(` or the end is the name.
fn mailbox_then(
    cursor: &mut Cursor<'_>,
    names: NameForm,
    next: impl Fn(&Cursor<'_>) -> bool,
) -> Option<MailboxName> {
    let mut ahead = *cursor;
    if let Some(name) = ahead.astring() {
        ahead.spaces();
        if next(&ahead) {
            *cursor = ahead;
            return Some(mailbox_name(&name, names));
        }
    }
    if matches!(cursor.peek()?, b'"' | b'{' | b'(') {
        return None;
    }
    let rest = cursor.rest();
    let list = rest.iter().rposition(|&octet| octet == b'(');
    let end = list.or_else(|| rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')));
    let bare = rest.get(..end.unwrap_or(rest.len()))?;
    cursor.advance(bare.len());
    next(cursor).then(|| mailbox_name(bare.trim_ascii_end(), names))
}

pub(super) fn mailbox_name(wire: &[u8], names: NameForm) -> MailboxName {
    MailboxName::new(match names {
        NameForm::ModifiedUtf7 => modified_utf7::decode(wire),
        NameForm::Utf8 => modified_utf7::decode_utf8(wire),
    })
}
