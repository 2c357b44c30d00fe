//! One content line as it stands in the document: its octets, and what index and edits need of it.

use std::borrow::Cow;

use bytes::Bytes;

/// A content line with its folds and its line end, or a line that is none (then without a name).
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Never the same for two lines of a document, whatever is edited.
    pub(super) id: u32,
    pub(super) raw: Bytes,
    /// In upper case, without the group. Empty for a broken line.
    pub(super) name: Box<str>,
}

/// Where the parts of an unfolded line lie.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Head {
    /// The name begins behind the group and its dot.
    pub(super) name_start: usize,
    pub(super) name_end: usize,
    /// The colon before the value.
    pub(super) colon: usize,
}

/// A longer property name is none.
const MAX_NAME: usize = 128;

impl Line {
    pub(super) fn new(id: u32, raw: Bytes) -> Self {
        let name = {
            let unfolded = unfold(&raw);
            head(&unfolded)
                .and_then(|head| unfolded.get(head.name_start..head.name_end))
                .map(|name| String::from_utf8_lossy(name).to_ascii_uppercase())
                .unwrap_or_default()
        };
        Self {
            id,
            raw,
            name: name.into(),
        }
    }

    /// The value of BEGIN and END, in upper case.
    pub(super) fn component_name(&self) -> String {
        let unfolded = unfold(&self.raw);
        let value = head(&unfolded).and_then(|head| unfolded.get(head.colon + 1..));
        String::from_utf8_lossy(value.unwrap_or_default())
            .trim()
            .to_ascii_uppercase()
    }
}

/// The length of the content line at the start of `octets`, with its folds and its line end.
///
/// A fold is a line end before a space or tab (RFC 5545 3.1). In quoted-printable values of vCard
/// 2.1 a line that ends in `=` goes on as well, without any space.
pub(super) fn length(octets: &[u8]) -> usize {
    let mut end = physical(octets);
    let soft = soft_breaks(octets.get(..end).unwrap_or(octets));
    loop {
        let rest = octets.get(end..).unwrap_or_default();
        let more = match rest.first() {
            Some(b' ' | b'\t') => true,
            // A line that looks like the object's end is it, whatever stands before.
            Some(_) if soft && ends_softly(octets.get(..end).unwrap_or_default()) => !rest
                .get(..4)
                .is_some_and(|s| s.eq_ignore_ascii_case(b"END:")),
            _ => false,
        };
        if !more {
            return end;
        }
        end += physical(rest);
    }
}

/// The line without folds and without its end.
pub(super) fn unfold(raw: &[u8]) -> Cow<'_, [u8]> {
    // Windows programs put a byte order mark in front of a file.
    let content = strip_end(raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw));
    let Some(first) = memchr::memchr(b'\n', content) else {
        return Cow::Borrowed(content);
    };
    let soft = soft_breaks(content.get(..first).unwrap_or_default());
    let mut unfolded = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let (line, next) = rest.split_at_checked(end + 1).unwrap_or((rest, &[]));
        let line = strip_end(line);
        // The `=` of a soft break goes with it; a space behind it belongs to the text.
        if let Some(line) = line.strip_suffix(b"=").filter(|_| soft) {
            unfolded.extend_from_slice(line);
            rest = next;
        } else {
            unfolded.extend_from_slice(line);
            rest = next.get(1..).unwrap_or_default();
        }
    }
    unfolded.extend_from_slice(rest);
    Cow::Owned(unfolded)
}

/// `[group "."] name *(";" parameter) ":" value`, or nothing.
pub(super) fn head(unfolded: &[u8]) -> Option<Head> {
    let name_stop = unfolded
        .iter()
        .take(MAX_NAME)
        .position(|&octet| matches!(octet, b';' | b':'))?;
    let token = unfolded.get(..name_stop)?;
    let name_start = token
        .iter()
        .rposition(|&octet| octet == b'.')
        .map_or(0, |dot| dot + 1);
    let name = token.get(name_start..)?;
    let is_name = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    if name.is_empty() || !name.iter().all(is_name) {
        return None;
    }
    let colon = unquoted_colon(unfolded, name_stop)
        // A quote that never closes: the first colon has to do.
        .or_else(|| memchr::memchr(b':', unfolded.get(name_stop..)?).map(|at| name_stop + at))?;
    Some(Head {
        name_start,
        name_end: name_stop,
        colon,
    })
}

/// The line end at the end of `octets`, if there is one.
pub(super) fn line_end(octets: &[u8]) -> &[u8] {
    octets.get(strip_end(octets).len()..).unwrap_or_default()
}

fn unquoted_colon(unfolded: &[u8], from: usize) -> Option<usize> {
    let mut quoted = false;
    for (at, &octet) in unfolded.iter().enumerate().skip(from) {
        match octet {
            b'"' => quoted = !quoted,
            b':' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn physical(octets: &[u8]) -> usize {
    memchr::memchr(b'\n', octets).map_or(octets.len(), |end| end + 1)
}

fn strip_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether the parameters announce quoted-printable.
fn soft_breaks(line: &[u8]) -> bool {
    let parameters = unquoted_colon(line, 0).and_then(|colon| line.get(..colon));
    parameters.is_some_and(|parameters| {
        parameters
            .split(|&octet| octet == b';')
            .skip(1)
            .any(|parameter| {
                let value = parameter
                    .iter()
                    .position(|&octet| octet == b'=')
                    .and_then(|at| parameter.get(at + 1..));
                value
                    .unwrap_or(parameter)
                    .eq_ignore_ascii_case(b"QUOTED-PRINTABLE")
            })
    })
}

fn ends_softly(octets: &[u8]) -> bool {
    strip_end(octets).ends_with(b"=")
}
