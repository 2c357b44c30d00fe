//! The octets of a text part as text.

use airgate_codec::imap::{Part, TransferEncoding};

use crate::item::charset;
use crate::item::flowed::unflow;
use crate::item::mime_text::with_crlf;
use crate::item::transfer;

pub(super) fn decode_plain(part: &Part, octets: &[u8]) -> String {
    let mut text = charset::decode(octets, part.parameter("charset"));
    if has_lone_returns(&text) {
        // Old Macs ended lines so; phones would show one long line.
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    let flowed = part
        .parameter("format")
        .is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
    if flowed {
        let delete_space = part
            .parameter("delsp")
            .is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes"));
        return unflow(&text, delete_space);
    }
    with_crlf(&text)
}

fn has_lone_returns(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('\r') {
        if !after.starts_with('\n') {
            return true;
        }
        rest = after;
    }
    false
}

/// The octets of a text. Lists add their footer behind the end of base64, in clear: there it stops.
pub(super) fn decode_text_part(octets: &[u8], encoding: &TransferEncoding) -> Vec<u8> {
    let footer = match encoding {
        TransferEncoding::Base64 => clear_footer(octets),
        _ => None,
    };
    let Some(at) = footer else {
        return transfer::decode(octets, encoding);
    };
    let (encoded, clear) = octets.split_at(at);
    let mut text = transfer::decode(encoded, encoding);
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(clear.trim_ascii_start());
    text
}

/// Where text in clear begins behind base64: after an empty line, with something that is no base64.
fn clear_footer(octets: &[u8]) -> Option<usize> {
    let end = octets
        .windows(3)
        .position(|three| three == b"\n\r\n" || three.starts_with(b"\n\n"))?;
    let rest = octets.get(end..)?;
    let alphabet =
        |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=');
    let foreign = rest
        .iter()
        .any(|octet| !alphabet(octet) && !octet.is_ascii_whitespace());
    foreign.then_some(end)
}

pub(super) fn decode_html(part: &Part, octets: &[u8]) -> String {
    charset::decode_html(octets, part.parameter("charset"))
}
