//! Response codes: `[UIDNEXT 4392]` (RFC 9051 7.1, RFC 5530, RFC 4315, RFC 7162).

use super::cursor::Cursor;
use super::{Code, flag_words, text, words_upper};
use crate::imap::sequence::{read_ordered, read_set};
use crate::imap::{ModSeq, Uid, UidValidity};

/// `[code] text` to the code without brackets and the text. A `]` within a list or string is not
/// the end: Dovecot lets keywords hold it. `None` without a code.
pub(super) fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let body = text.strip_prefix(b"[")?;
    let end = end(body).or_else(|| body.iter().position(|&octet| octet == b']'))?;
    Some((body.get(..end)?, body.get(end + 1..)?))
}

/// Where `]` stands outside of lists and strings.
fn end(body: &[u8]) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, octet) in body.iter().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b']' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// Reads what stands between the brackets.
pub(super) fn read(code: &[u8]) -> Code {
    known(code).unwrap_or_else(|| Code::Other(text::loose(code)))
}

fn known(code: &[u8]) -> Option<Code> {
    let mut cursor = Cursor::new(code);
    let name = std::str::from_utf8(cursor.word())
        .ok()?
        .to_ascii_uppercase();
    cursor.spaces();
    let cursor = &mut cursor;
    Some(match name.as_str() {
        "ALERT" => Code::Alert,
        "ALREADYEXISTS" => Code::AlreadyExists,
        "APPENDUID" => {
            let validity = validity(cursor)?;
            let uids = read_set(cursor.word())?;
            Code::AppendUid { validity, uids }
        }
        "AUTHENTICATIONFAILED" => Code::AuthenticationFailed,
        "AUTHORIZATIONFAILED" => Code::AuthorizationFailed,
        "CANNOT" => Code::Cannot,
        "CAPABILITY" => Code::Capability(words_upper(cursor)),
        "CLOSED" => Code::Closed,
        "COMPRESSIONACTIVE" => Code::CompressionActive,
        "CONTACTADMIN" => Code::ContactAdmin,
        "COPYUID" => copied(cursor)?,
        "CORRUPTION" => Code::Corruption,
        "EXPIRED" => Code::Expired,
        "EXPUNGEISSUED" => Code::ExpungeIssued,
        "HASCHILDREN" => Code::HasChildren,
        // 0 from servers that keep none in this mailbox.
        "HIGHESTMODSEQ" => cursor
            .number()
            .map(|number| ModSeq::new(number).map_or(Code::NoModSeq, Code::HighestModSeq))?,
        "INUSE" => Code::InUse,
        "LIMIT" => Code::Limit,
        "MAILBOXID" => Code::MailboxId(object_id(cursor)?),
        "MODIFIED" => Code::Modified(read_set(cursor.word())?),
        "NOMODSEQ" => Code::NoModSeq,
        "NOPERM" => Code::NoPerm,
        "NONEXISTENT" => Code::NonExistent,
        "NOTIFICATIONOVERFLOW" => Code::NotificationOverflow,
        "OVERQUOTA" => Code::OverQuota,
        "PARSE" => Code::Parse,
        "PERMANENTFLAGS" => Code::PermanentFlags(flag_words(cursor)?),
        "PRIVACYREQUIRED" => Code::PrivacyRequired,
        "READ-ONLY" => Code::ReadOnly,
        "READ-WRITE" => Code::ReadWrite,
        "SERVERBUG" => Code::ServerBug,
        "TOOBIG" => Code::TooBig,
        "TRYCREATE" => Code::TryCreate,
        "UIDNEXT" => Code::UidNext(Uid::new(cursor.number()?)?),
        "UIDNOTSTICKY" => Code::UidNotSticky,
        "UIDVALIDITY" => Code::UidValidity(validity(cursor)?),
        "UNAVAILABLE" => Code::Unavailable,
        "UNKNOWN-CTE" => Code::UnknownCte,
        "UNSEEN" => Code::Unseen(cursor.number()?),
        "USEATTR" => Code::UseAttr,
        _ => return None,
    })
}

/// `(M2ab9)` or, against RFC 8474, bare or quoted. Gmail-style numbers too.
pub(super) fn object_id(cursor: &mut Cursor<'_>) -> Option<String> {
    let bracketed = cursor.eat(b'(');
    cursor.spaces();
    let id = cursor.ntext()??;
    cursor.spaces();
    if bracketed && !cursor.eat(b')') {
        return None;
    }
    // RFC 8474 7, `objectid`. Anything else is no identity to rely on (S16).
    let good = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-');
    (!id.is_empty() && id.len() <= 255 && id.bytes().all(good)).then_some(id)
}

fn validity(cursor: &mut Cursor<'_>) -> Option<UidValidity> {
    let validity = UidValidity::new(cursor.number()?)?;
    cursor.spaces();
    Some(validity)
}

/// `38505 304,319:320 3956:3958`. Both sets must have as many numbers, else nothing is known.
fn copied(cursor: &mut Cursor<'_>) -> Option<Code> {
    let validity = validity(cursor)?;
    let from = read_ordered(cursor.word())?;
    cursor.spaces();
    let to = read_ordered(cursor.word())?;
    (from.len() == to.len()).then_some(Code::CopyUid { validity, from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read() {
        for (code, expected) in [
            ("UIDNEXT 4392", Code::UidNext(Uid::new(4392).unwrap())),
            (
                "uidvalidity 1",
                Code::UidValidity(UidValidity::new(1).unwrap()),
            ),
            ("HIGHESTMODSEQ 0", Code::NoModSeq),
            ("MAILBOXID (F2212ea87)", Code::MailboxId("F2212ea87".into())),
            ("MODIFIED 7,9:8", Code::Modified([7, 8, 9].into())),
            (
                "APPENDUID 38505 3955",
                Code::AppendUid {
                    validity: UidValidity::new(38505).unwrap(),
                    uids: [3955].into(),
                },
            ),
            (
                "COPYUID 38505 304,319:320 3956:3958",
                Code::CopyUid {
                    validity: UidValidity::new(38505).unwrap(),
                    from: vec![304, 319, 320],
                    to: vec![3956, 3957, 3958],
                },
            ),
            ("COPYUID 1 1:3 4", Code::Other("COPYUID 1 1:3 4".into())),
            (
                "COPYUID 1 1:4294967295 1:4294967295",
                Code::Other("COPYUID 1 1:4294967295 1:4294967295".into()),
            ),
            ("UIDNEXT 0", Code::Other("UIDNEXT 0".into())),
            ("X-NEW a b", Code::Other("X-NEW a b".into())),
        ] {
            assert_eq!(read(code.as_bytes()), expected, "{code}");
        }
    }

    #[test]
    fn t68_codes_end_where_they_end() {
        for (text, code, rest) in [
            (&b"[ALERT]\xC3\xA9"[..], &b"ALERT"[..], &b"\xC3\xA9"[..]),
            (
                b"[PERMANENTFLAGS (a] \\*)] ok",
                b"PERMANENTFLAGS (a] \\*)",
                b" ok",
            ),
            (b"[X \"]\"] y", b"X \"]\"", b" y"),
            (b"[X (] y", b"X (", b" y"),
        ] {
            assert_eq!(split(text), Some((code, rest)));
        }
        assert_eq!(split(b"[ALERT no end"), None);
    }
}
