//! `airgate decode` and `airgate encode`: WBXML as people can read it, and back.
//!
//! What goes in is what one has at hand: a body as it was captured, a hex dump of it, or base64 (the
//! form in recordings); which of them it is shows in the first bytes, because every EAS body begins
//! with 03 01 6A 00 (02 or 01 first from old phones).

use std::fmt::Write as _;

use airgate_codec::wbxml::{Fault, FaultKind, XmlFault, XmlFaultKind, from_xml, to_pretty_xml};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why there is nothing to show. `Display` is for the operator: what, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// Nothing came in.
    #[error("the input is empty: give a file, or pipe a body in; an empty EAS body has no WBXML")]
    Empty,
    /// Something that is known and is no WBXML.
    #[error("the input is {found}; {hint}")]
    Other {
        /// What it looks like.
        found: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// Hex or base64 that breaks off or has a stray character.
    #[error("the input looks like {form}, but {problem} at byte {offset} (line {line})")]
    Text {
        /// hex or base64
        form: &'static str,
        /// What is wrong.
        problem: String,
        /// Where in the input, from 0.
        offset: usize,
        /// The same, as a line from 1.
        line: usize,
    },
    /// WBXML that is wrong.
    #[error("{fault} (0x{:x}); {hint}{}", fault.offset, Partial(so_far))]
    Wbxml {
        /// What and where, in the bytes of the document.
        fault: Fault,
        /// What to look for.
        hint: &'static str,
        /// The XML up to there.
        so_far: String,
    },
    /// XML that describes no document.
    #[error("line {line}, column {column}: {fault}{}", Hint(hint))]
    Xml {
        /// What and where.
        fault: XmlFault,
        /// The place as a line from 1.
        line: usize,
        /// The place in the line, in characters from 1.
        column: usize,
        /// What to look for, or nothing.
        hint: &'static str,
    },
    /// XML must be UTF-8.
    #[error("the XML is not UTF-8 at byte {offset}; convert it, for example with iconv")]
    Encoding {
        /// The first byte that is not.
        offset: usize,
    },
}

/// What [`encode`] gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Output {
    /// The body as it travels.
    Binary,
    /// Two digits a byte, a blank between bytes, a line break after sixteen.
    Hex,
}

/// Pretty XML of a WBXML body, which may come as it is, as hex (blanks, line breaks, `0x`, colons
/// and commas between digits are ignored) or as base64.
///
/// # Errors
/// Not WBXML in any of these forms, or WBXML with a fault.
pub fn decode(input: &[u8]) -> Result<String, ViewError> {
    let bytes = body(input)?;
    to_pretty_xml(&bytes).map_err(|(fault, so_far)| ViewError::Wbxml {
        fault,
        hint: wbxml_hint(fault.kind),
        so_far,
    })
}

/// The WBXML body that an XML text describes, as [`decode`] prints it.
///
/// # Errors
/// Not UTF-8, not XML, or names the code pages lack.
pub fn encode(input: &[u8], output: Output) -> Result<Vec<u8>, ViewError> {
    let xml = std::str::from_utf8(input).map_err(|error| ViewError::Encoding {
        offset: error.valid_up_to(),
    })?;
    if xml.trim().is_empty() {
        return Err(ViewError::Empty);
    }
    if !xml
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('<')
    {
        return Err(ViewError::Other {
            found: "no XML",
            hint: "to read a body, use airgate decode",
        });
    }
    let bytes = from_xml(xml).map_err(|fault| {
        let (line, column) = place(xml, fault.offset);
        let hint = match fault.kind {
            XmlFaultKind::Element { .. } | XmlFaultKind::Namespace(_) => {
                "names are those of codec/codepages.tsv and letter case counts"
            }
            XmlFaultKind::Base64 => {
                "this element travels as OPAQUE; write base64, or <?opaque?> before plain text"
            }
            _ => "",
        };
        ViewError::Xml {
            fault,
            line,
            column,
            hint,
        }
    })?;
    Ok(match output {
        Output::Binary => bytes,
        Output::Hex => hex(&bytes).into_bytes(),
    })
}

/// The document in whatever form it came.
fn body(input: &[u8]) -> Result<Vec<u8>, ViewError> {
    let text = input.trim_ascii();
    let other = |found, hint| Err(ViewError::Other { found, hint });
    match text {
        [] => Err(ViewError::Empty),
        // Of the raw input: a blank may be part of a binary body, but not begin it.
        _ if matches!(input, [1..=3, ..]) => Ok(input.to_vec()),
        [0x1F, 0x8B, ..] => other(
            "gzip, not WBXML",
            "unpack it first, for example with gunzip",
        ),
        [b'<', ..] => other("XML, not WBXML", "to make WBXML of it, use airgate encode"),
        _ if text.starts_with(b"POST ") || text.starts_with(b"HTTP/") => other(
            "a whole HTTP message, not its WBXML body",
            "leave out the head and its empty line and give the body only",
        ),
        _ if text.iter().all(|byte| is_hex(*byte)) => unhex(input),
        // 03 01 6A, 02 01 6A, 01 01 6A and 03 00 ... begin like this
        [b'A', b'w' | b'g' | b'Q', ..] => unbase64(input),
        _ => other(
            "no WBXML",
            "a body begins with 03 01 6a 00; hex and base64 are read too",
        ),
    }
}

const fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || is_filler(byte) || matches!(byte, b'x' | b'X')
}

/// What people put between digits.
const fn is_filler(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b':' | b',')
}

fn unhex(input: &[u8]) -> Result<Vec<u8>, ViewError> {
    let fault = |offset: usize, problem: &str| ViewError::Text {
        form: "hex",
        problem: problem.to_owned(),
        offset,
        line: line_of(input, offset),
    };
    let mut bytes = Vec::with_capacity(input.len() / 2);
    let mut high: Option<u8> = None;
    for (offset, byte) in input.iter().enumerate() {
        match (char::from(*byte).to_digit(16), high) {
            (Some(digit), None) => high = u8::try_from(digit).ok(),
            (Some(digit), Some(first)) => {
                bytes.push(first << 4 | u8::try_from(digit).unwrap_or_default());
                high = None;
            }
            // the x of 0x: forget the zero before it
            (None, Some(0)) if matches!(byte, b'x' | b'X') => high = None,
            (None, None) if is_filler(*byte) => {}
            (None, Some(_)) if is_filler(*byte) => {
                return Err(fault(offset, "a byte has only one digit"));
            }
            (None, _) => return Err(fault(offset, "there is a stray x")),
        }
    }
    match high {
        None => Ok(bytes),
        Some(_) => Err(fault(input.len(), "the last byte has only one digit")),
    }
}

fn unbase64(input: &[u8]) -> Result<Vec<u8>, ViewError> {
    let text: Vec<u8> = input
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    STANDARD.decode(&text).map_err(|error| {
        let within = match error {
            base64::DecodeError::InvalidByte(at, _)
            | base64::DecodeError::InvalidLastSymbol(at, _) => at,
            _ => text.len(),
        };
        let offset = input
            .iter()
            .enumerate()
            .filter(|(_, byte)| !byte.is_ascii_whitespace())
            .nth(within)
            .map_or(input.len(), |(offset, _)| offset);
        ViewError::Text {
            form: "base64",
            problem: error.to_string(),
            offset,
            line: line_of(input, offset),
        }
    })
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (at, byte) in bytes.iter().enumerate() {
        let separator = match at {
            0 => "",
            _ if at % 16 == 0 => "\n",
            _ => " ",
        };
        let _infallible = write!(text, "{separator}{byte:02x}");
    }
    text.push('\n');
    text
}

const fn wbxml_hint(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Truncated | FaultKind::LengthPastEnd { .. } => {
            "the body was probably cut off when it was captured, or the sender is faulty"
        }
        FaultKind::Version(_) | FaultKind::Charset(_) => {
            "an EAS body begins with 03 01 6a 00; is this the whole body, unpacked?"
        }
        FaultKind::Trailing => {
            "a second document or other bytes follow the first; a multipart answer must be cut at \
             the offsets in its head"
        }
        FaultKind::Depth(_) | FaultKind::Tokens(_) => {
            "no phone sends that; it looks like an attack"
        }
        FaultKind::Token(_) | FaultKind::Attributes => {
            "EAS uses elements, strings and opaque data only; is this EAS, and is it intact?"
        }
        _ => "the document is not what EAS sends",
    }
}

fn line_of(input: &[u8], offset: usize) -> usize {
    let before = input.get(..offset).unwrap_or(input);
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// Line and column from 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = 1 + before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = 1 + before.get(start..).unwrap_or_default().chars().count();
    (line, column)
}

/// `: hint`, or nothing.
struct Hint<'a>(&'a str);

impl std::fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            "" => Ok(()),
            hint => write!(f, "; {hint}"),
        }
    }
}

/// The end of what could be read: where the trouble begins.
struct Partial<'a>(&'a str);

impl std::fmt::Display for Partial<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const LINES: usize = 6;
        let lines: Vec<_> = self.0.lines().collect();
        let shown = lines.get(lines.len().saturating_sub(LINES)..);
        let shown = shown.unwrap_or_default();
        if shown.is_empty() {
            return Ok(());
        }
        f.write_str("\nread up to there:")?;
        if shown.len() < lines.len() {
            f.write_str("\n  ...")?;
        }
        for line in shown {
            // A body may be a single line of a megabyte.
            let end: String = line.chars().take(200).collect();
            write!(f, "\n  {end}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "03 01 6a 00 00 07 56 52 03 30 00 01 01";
    const XML: &str =
        "<FolderSync xmlns=\"FolderHierarchy\">\n  <SyncKey>0</SyncKey>\n</FolderSync>\n";

    #[test]
    fn a_body_is_read_in_every_form() {
        let binary = unhex(HEX.as_bytes()).unwrap();
        for input in [
            HEX.as_bytes(),
            b"03016a0000075652033000\n0101\n",
            b"0x03, 0x01, 0x6A, 0x00, 0x00, 0x07, 0x56, 0x52, 0x03, 0x30, 0x00, 0x01, 0x01",
            b"03:01:6A:00:00:07:56:52:03:30:00:01:01",
            b"AwFqAAAHVlIDMAABAQ==",
            b" AwFqAAAHVl\r\nIDMAABAQ==\n",
            &binary,
        ] {
            assert_eq!(decode(input).unwrap(), XML);
        }
    }

    #[test]
    fn xml_becomes_a_body_or_hex() {
        let binary = encode(XML.as_bytes(), Output::Binary).unwrap();
        assert_eq!(decode(&binary).unwrap(), XML);
        let hex = encode(XML.as_bytes(), Output::Hex).unwrap();
        assert_eq!(hex, format!("{HEX}\n").as_bytes());
        let long = "<Subject xmlns='Email'>0123456789</Subject>";
        let hex = encode(long.as_bytes(), Output::Hex).unwrap();
        assert_eq!(hex.split(|byte| *byte == b'\n').next().unwrap().len(), 47);
        assert_eq!(
            decode(&hex).unwrap(),
            "<Subject xmlns=\"Email\">0123456789</Subject>\n"
        );
    }

    /// What an operator reads: what, where, what to do.
    #[test]
    fn faults_are_explained() {
        for (input, message) in [
            (&b" \n"[..], "the input is empty"),
            (
                b"<Sync/>",
                "is XML, not WBXML; to make WBXML of it, use airgate encode",
            ),
            (b"\x1F\x8B\x08", "is gzip, not WBXML; unpack it first"),
            (b"HTTP/1.1 200 OK\r\n", "give the body only"),
            (b"hello", "a body begins with 03 01 6a 00"),
            (
                b"03 01 6a 0",
                "hex, but the last byte has only one digit at byte 10 (line 1)",
            ),
            (
                b"03 01\n6 a 00",
                "hex, but a byte has only one digit at byte 7 (line 2)",
            ),
            (b"03 01 x 00", "there is a stray x at byte 6"),
            (b"AwFq\nAA!=", "base64"),
            (
                b"04 01 6a 00",
                "WBXML version 0x04 is not 1.1 to 1.3 at byte 0 (0x0); an EAS body",
            ),
        ] {
            let error = decode(input).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_body_cut_off_is_shown_as_far_as_it_goes() {
        let error = decode(b"03 01 6a 00 00 07 56 52 03 30 00 01").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the document ends too early at byte 12 (0xc); the body was probably cut off when it \
             was captured, or the sender is faulty\nread up to there:\n  \
             <FolderSync xmlns=\"FolderHierarchy\">\n    <SyncKey>0</SyncKey>"
        );
    }

    #[test]
    fn faults_in_xml_have_line_and_column() {
        for (input, message) in [
            (
                &b"03 01"[..],
                "the input is no XML; to read a body, use airgate decode",
            ),
            (b"", "the input is empty"),
            (b"<a>\xFF</a>", "not UTF-8 at byte 3"),
            (
                "<Sync xmlns='AirSync'>\n  <Größe/></Sync>".as_bytes(),
                "line 2, column 3: code page AirSync has no element Größe at byte 25; names are",
            ),
            (
                b"<Sync xmlns='AirSync'>\n\n",
                "line 3, column 1: the text ends inside <Sync>",
            ),
        ] {
            let error = encode(input, Output::Binary).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
