//! Header fields as they come: folded, encoded by RFC 2047, 8-bit, broken. Linear in the input
//! (T15), and the result is always text a phone may see (T23, T27: no line ends).

use airgate_codec::imap::TransferEncoding;

use crate::item::charset;
use crate::item::transfer;

/// The fields of one header.
#[derive(Clone, Debug, Default)]
pub struct Headers<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
}

/// More fields than this are not read; real headers have below 200.
const MAX_FIELDS: usize = 2000;
/// Octets of one value that are decoded. An address list may fill 32,768 characters (REFERENCE.md
/// 11.1), up to eight octets each when encoded.
const MAX_VALUE: usize = 256 * 1024;
/// Longest charset label inside an encoded word.
const MAX_WORD_LABEL: usize = 64;

impl<'a> Headers<'a> {
    /// Reads fields up to the first empty line.
    pub fn read(octets: &'a [u8]) -> Self {
        let mut fields = Vec::new();
        let mut rest = octets;
        while !rest.is_empty() && fields.len() < MAX_FIELDS {
            let length = field_length(rest);
            let (field, after) = rest.split_at(length);
            rest = after;
            if matches!(field, b"\r\n" | b"\n") {
                break;
            }
            if let Some(colon) = field.iter().position(|&octet| octet == b':') {
                let (name, value) = field.split_at(colon);
                let value = value.get(1..).unwrap_or_default();
                fields.push((name.trim_ascii(), value.trim_ascii()));
            }
        }
        Self { fields }
    }

    /// The first field of a name, undecoded but bounded.
    pub fn raw(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// All fields of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |(field, _)| field.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.get(..MAX_VALUE).unwrap_or(value))
    }

    /// The first field of a name as text. `hint` is the charset of 8-bit octets without a label.
    pub fn text(&self, name: &str, hint: Option<&str>) -> Option<String> {
        self.raw(name).map(|value| decode_text(value, hint))
    }
}

/// Octets of the first field with its folded lines.
fn field_length(octets: &[u8]) -> usize {
    let mut end = 0;
    loop {
        let rest = octets.get(end..).unwrap_or_default();
        let Some(line) = rest.iter().position(|&octet| octet == b'\n') else {
            return octets.len();
        };
        let first = end == 0;
        end += line + 1;
        let empty = first && matches!(octets.get(..end), Some(b"\r\n" | b"\n"));
        if empty || !matches!(octets.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
}

/// Decodes unstructured text: `=?charset?Q?…?=` words, raw octets, folded lines.
///
/// Words that software broke are read as meant: blanks inside, no blank between, the end missing,
/// characters split across words, a language suffix.
pub fn decode_text(value: &[u8], hint: Option<&str>) -> String {
    let mut out = String::with_capacity(value.len());
    let mut words = Words::default();
    let mut rest = value;
    while let Some(start) = find_word_start(rest) {
        let (before, candidate) = rest.split_at(start);
        let Some((word, after)) = encoded_word(candidate) else {
            let (mark, after) = candidate.split_at(2);
            words.end(&mut out);
            push_raw(before, hint, &mut out);
            push_raw(mark, hint, &mut out);
            rest = after;
            continue;
        };
        // Blanks between two encoded words are not text (RFC 2047 6.2).
        if !(words.open && before.iter().all(u8::is_ascii_whitespace)) {
            words.end(&mut out);
            push_raw(before, hint, &mut out);
        }
        words.push(&word, &mut out);
        rest = after;
    }
    words.end(&mut out);
    push_raw(rest, hint, &mut out);
    tidy(&out)
}

/// One encoded word, not yet decoded.
struct Word<'a> {
    charset: &'a str,
    base64: bool,
    text: &'a [u8],
}

/// Neighbouring words of one charset: a character may be split across them.
#[derive(Default)]
struct Words {
    open: bool,
    charset: String,
    octets: Vec<u8>,
}

impl Words {
    fn push(&mut self, word: &Word<'_>, out: &mut String) {
        if !self.open || !self.charset.eq_ignore_ascii_case(word.charset) {
            self.end(out);
            word.charset.clone_into(&mut self.charset);
            self.open = true;
        }
        if word.base64 {
            let decoded = transfer::decode(word.text, &TransferEncoding::Base64);
            self.octets.extend_from_slice(&decoded);
        } else {
            decode_q(word.text, &mut self.octets);
        }
    }

    fn end(&mut self, out: &mut String) {
        if self.open {
            out.push_str(&charset::decode(&self.octets, Some(&self.charset)));
            self.octets.clear();
            self.open = false;
        }
    }
}

/// RFC 2047 4.2.
fn decode_q(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    loop {
        match rest {
            [] => return,
            [b'=', high, low, after @ ..] if let Some(octet) = transfer::hex(*high, *low) => {
                out.push(octet);
                rest = after;
            }
            [b'_', after @ ..] => {
                out.push(b' ');
                rest = after;
            }
            [octet, after @ ..] => {
                out.push(*octet);
                rest = after;
            }
        }
    }
}

fn find_word_start(octets: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from
            + octets
                .get(from..)?
                .iter()
                .position(|&octet| octet == b'=')?;
        if octets.get(at + 1) == Some(&b'?') {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Reads `=?charset*language?B|Q?text?=`. The text may lack its end: it then goes up to the next
/// word or the end of the value, so that no octet is looked at twice.
fn encoded_word(octets: &[u8]) -> Option<(Word<'_>, &[u8])> {
    let rest = octets.get(2..)?;
    let label = rest.get(..MAX_WORD_LABEL.min(rest.len()))?;
    let end = label.iter().position(|&octet| octet == b'?')?;
    let label = std::str::from_utf8(rest.get(..end)?).ok()?;
    if label.is_empty() || !label.bytes().all(|octet| octet.is_ascii_graphic()) {
        return None;
    }
    let charset = label.split('*').next().unwrap_or(label);
    let base64 = match rest.get(end + 1..end + 3)? {
        b"B?" | b"b?" => true,
        b"Q?" | b"q?" => false,
        _ => return None,
    };
    let body = rest.get(end + 3..)?;
    let mut at = 0;
    loop {
        let Some(mark) = body
            .get(at..)
            .and_then(|rest| rest.iter().position(|&octet| octet == b'?'))
        else {
            break Some((
                Word {
                    charset,
                    base64,
                    text: body,
                },
                &[],
            ));
        };
        let mark = at + mark;
        let (text, after) = body.split_at(mark);
        if after.get(1) == Some(&b'=') && !(text.is_empty() && is_hex_pair(after)) {
            let after = after.get(2..).unwrap_or_default();
            break Some((
                Word {
                    charset,
                    base64,
                    text,
                },
                after,
            ));
        }
        if text.ends_with(b"=") && looks_like_word(after) {
            // The end is missing and the next word begins.
            let (text, after) = body.split_at(mark - 1);
            break Some((
                Word {
                    charset,
                    base64,
                    text: text.trim_ascii_end(),
                },
                after,
            ));
        }
        at = mark + 1;
    }
}

/// `?=20…` right after the opening is a Q text that begins with `=20`, not the end.
fn is_hex_pair(after: &[u8]) -> bool {
    matches!(after, [_, _, high, low, ..] if transfer::hex(*high, *low).is_some())
}

/// `?charset?Q?` or `?charset?B?`.
fn looks_like_word(octets: &[u8]) -> bool {
    let Some(rest) = octets.get(1..) else {
        return false;
    };
    let near = rest.get(..MAX_WORD_LABEL.min(rest.len())).unwrap_or(rest);
    near.iter()
        .position(|&octet| octet == b'?')
        .and_then(|end| rest.get(end + 1..end + 3))
        .is_some_and(|kind| matches!(kind, b"Q?" | b"q?" | b"B?" | b"b?"))
}

fn push_raw(octets: &[u8], hint: Option<&str>, out: &mut String) {
    if octets.is_ascii() && !octets.contains(&0x1B) {
        out.extend(octets.iter().map(|&octet| char::from(octet)));
        return;
    }
    // A hint is for octets that are not UTF-8 (and ISO-2022-JP, which says so itself).
    let label = hint.filter(|_| std::str::from_utf8(octets).is_err());
    out.push_str(&charset::decode(octets, label));
}

/// One line: line ends and tabs are blanks, controls go, runs of blanks made by folding shrink.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = true;
    for character in text.chars() {
        match character {
            '\r' | '\n' | '\t' | ' ' | '\u{2028}' | '\u{2029}' => {
                if !blank {
                    out.push(' ');
                }
                blank = true;
            }
            character if character.is_control() => {}
            character => {
                out.push(character);
                blank = false;
            }
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests;
