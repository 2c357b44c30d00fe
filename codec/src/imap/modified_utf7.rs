//! Mailbox names on the wire (RFC 3501 5.1.3): `Entw&APw-rfe` is `Entwürfe`.
//!
//! Servers hold names that are no modified UTF-7 at all: a bare `&`, raw UTF-8, Latin-1. Such a
//! mailbox must stay reachable under exactly the octets the server uses, also after its name went
//! through a database as text. So what cannot be decoded is kept as it is, each piece behind the
//! private-use character [`RAW`], which [`encode`] takes as "the next character goes out as it is".
//! For every octet string `encode(decode(name)) == name`; for every text without reserved
//! characters `decode(encode(text)) == text`.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

/// Marks the next character as taken from the wire undecoded.
pub const RAW: char = '\u{F8F0}';

/// Octet 0x80 to 0xFF that is no UTF-8, as U+F780 to U+F7FF.
const OCTETS: std::ops::RangeInclusive<u32> = 0xF780..=0xF7FF;

const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// Reads a name off the wire. Never fails, see above.
pub fn decode(wire: &[u8]) -> String {
    let mut text = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((&octet, after)) = rest.split_first() {
        match octet {
            b'&' => match shifted(after) {
                Some((decoded, left)) => {
                    text.push_str(&decoded);
                    rest = left;
                }
                None => {
                    text.extend([RAW, '&']);
                    rest = after;
                }
            },
            0x20..=0x7E => {
                text.push(char::from(octet));
                rest = after;
            }
            _ => rest = raw(&mut text, rest),
        }
    }
    text
}

/// Writes a name for the wire.
pub fn encode(name: &str) -> Vec<u8> {
    let mut wire = Vec::with_capacity(name.len());
    let mut shift: Vec<u8> = Vec::new();
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let raw = match character {
            RAW => characters.next_if(|next| *next != RAW),
            _ => None,
        };
        let octet = octet_of(character);
        if raw.is_none() && octet.is_none() && !matches!(character, ' '..='~') {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                shift.extend_from_slice(&unit.to_be_bytes());
            }
            continue;
        }
        unshift(&mut wire, &mut shift);
        match (raw, octet, character) {
            (Some(raw), ..) => wire.extend_from_slice(raw.encode_utf8(&mut [0; 4]).as_bytes()),
            (_, Some(octet), _) => wire.push(octet),
            (_, _, '&') => wire.extend_from_slice(b"&-"),
            (_, _, plain) => wire.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    unshift(&mut wire, &mut shift);
    wire
}

/// Reads a name that is UTF-8 on the wire (RFC 6855); octets that are not stay what they are.
pub fn decode_utf8(wire: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(wire)
        && !text.chars().any(is_reserved)
    {
        return text.into();
    }
    let mut text = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((&octet, after)) = rest.split_first() {
        if octet < 0x80 {
            text.push(char::from(octet));
            rest = after;
        } else {
            let at = text.len();
            rest = raw(&mut text, rest);
            // The marker is not needed before a character that means itself in this form.
            if text.get(at..).is_some_and(|new| {
                let mut new = new.chars();
                new.next() == Some(RAW) && new.next().is_some_and(|next| !is_reserved(next))
            }) {
                text.remove(at);
            }
        }
    }
    text
}

/// Writes a name for a server that takes UTF-8.
pub fn encode_utf8(name: &str) -> Vec<u8> {
    let mut wire = Vec::with_capacity(name.len());
    let mut characters = name.chars().peekable();
    while let Some(character) = characters.next() {
        let raw = match character {
            RAW => characters.next(),
            _ => None,
        };
        match (raw, octet_of(character)) {
            (None, Some(octet)) => wire.push(octet),
            (raw, _) => {
                wire.extend_from_slice(raw.unwrap_or(character).encode_utf8(&mut [0; 4]).as_bytes())
            }
        }
    }
    wire
}

/// The name for people: without markers.
pub fn display(name: &str) -> Cow<'_, str> {
    if !name.chars().any(is_reserved) {
        return Cow::Borrowed(name);
    }
    let shown = name.chars().filter(|character| *character != RAW);
    shown
        .map(|character| octet_of(character).map_or(character, |_| '\u{FFFD}'))
        .collect::<String>()
        .into()
}

/// One undecodable character or octet at the start of `wire`; returns what follows.
fn raw<'a>(text: &mut String, wire: &'a [u8]) -> &'a [u8] {
    let whole = wire.get(..wire.len().min(4)).unwrap_or_default();
    let valid = match std::str::from_utf8(whole) {
        Ok(valid) => valid,
        Err(fault) => {
            let valid = whole.get(..fault.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
    };
    match valid.chars().next() {
        Some(character) if character != RAW => {
            text.extend([RAW, character]);
            wire.get(character.len_utf8()..).unwrap_or_default()
        }
        _ => {
            let octet = wire.first().copied().unwrap_or_default();
            text.extend(char::from_u32(0xF700 + u32::from(octet)));
            wire.get(1..).unwrap_or_default()
        }
    }
}

/// The text of a base64 run after `&`, and what follows its `-`. `None` unless encoding the text
/// gives the same run again: another spelling may be another mailbox.
fn shifted(after: &[u8]) -> Option<(String, &[u8])> {
    let end = after.iter().position(|&octet| octet == b'-')?;
    let (run, rest) = (after.get(..end)?, after.get(end + 1..)?);
    if run.is_empty() {
        return Some(("&".into(), rest));
    }
    let octets = BASE64.decode(run).ok()?;
    let (pairs, odd) = octets.as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    let text = String::from_utf16(&units).ok()?;
    let plain = |character: char| matches!(character, ' '..='~') || is_reserved(character);
    // `&AOk-&AOk-` is one run too many: together they would be written as one.
    if text.contains(plain) || (rest.starts_with(b"&") && !rest.starts_with(b"&-")) {
        return None;
    }
    Some((text, rest))
}

fn unshift(wire: &mut Vec<u8>, shift: &mut Vec<u8>) {
    if !shift.is_empty() {
        wire.push(b'&');
        wire.extend_from_slice(BASE64.encode(&shift).as_bytes());
        wire.push(b'-');
        shift.clear();
    }
}

/// Whether a character stands for something undecoded and so cannot be part of a new name.
pub fn is_reserved(character: char) -> bool {
    character == RAW || OCTETS.contains(&u32::from(character))
}

fn octet_of(character: char) -> Option<u8> {
    OCTETS
        .contains(&u32::from(character))
        .then(|| u8::try_from(u32::from(character) - 0xF700).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_names_go_both_ways() {
        for (wire, text) in [
            (&b"INBOX"[..], "INBOX"),
            (b"Entw&APw-rfe", "Entwürfe"),
            (
                b"~peter/mail/&U,BTFw-/&ZeVnLIqe-",
                "~peter/mail/台北/日本語",
            ),
            (b"A&-B", "A&B"),
            (b"&2D3eAA-", "\u{1F600}"),
            (b"&AOk-&-&AOk-", "é&é"),
            (b"a\"b\\c", "a\"b\\c"),
            (b"&AA0ACg-", "\r\n"),
        ] {
            assert_eq!(decode(wire), text);
            assert_eq!(encode(text), wire, "{text}");
        }
    }

    #[test]
    fn t68_undecodable_names_stay_reachable_and_readable() {
        for (wire, shown) in [
            (&b"R&D"[..], "R&D"),
            (b"R&D-", "R&D-"),
            (b"Entw\xC3\xBCrfe", "Entwürfe"),
            (b"Entw\xFCrfe", "Entw\u{FFFD}rfe"),
            (b"&AGE-", "&AGE-"),
            (b"&AOk-&AOk-", "&AOk-é"),
            (b"&2D0-", "&2D0-"),
        ] {
            let text = decode(wire);
            assert_eq!(encode(&text), wire, "{text:?}");
            assert_eq!(display(&text), shown);
        }
    }

    proptest! {
        #[test]
        fn every_wire_name_comes_back(wire: Vec<u8>) {
            prop_assert_eq!(encode(&decode(&wire)), &wire[..]);
            prop_assert_eq!(encode_utf8(&decode_utf8(&wire)), &wire[..]);
        }

        #[test]
        fn every_ampersand_salad_comes_back(wire in "[&A-Za-z0-9+,-]{0,24}") {
            prop_assert_eq!(encode(&decode(wire.as_bytes())), wire.as_bytes());
        }

        #[test]
        fn every_name_comes_back(name: String) {
            prop_assume!(!name.chars().any(is_reserved));
            prop_assert_eq!(decode(&encode(&name)), &name[..]);
            prop_assert_eq!(decode_utf8(&encode_utf8(&name)), &name[..]);
        }
    }
}
