//! A message inside a container as the mail it once was, so that phones can open it. Outlook keeps
//! no MIME of it: header fields and body are written anew. The same octets each time, because a
//! phone may ask for them in ranges.

use airgate_codec::tnef::{self, TnefAttachment, TnefBody, TnefContent};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::media_type;
use crate::item::address::Mailbox;
use crate::item::charset;
use crate::item::legal::legalise;
use crate::item::outgoing::{encode, write};
use crate::item::structure;

/// Messages inside messages that are written out; what is deeper is left out (T14).
const MAX_DEPTH: usize = 4;
/// Octets written of one message: what it holds cannot be more, apart from base64.
const BOUNDARY: &str = "airgate-embedded";

/// The message as RFC 5322 has it; `None` if it is no container.
pub(super) fn message(octets: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 3);
    write_message(octets, 1, &mut out)?;
    Some(out)
}

fn write_message(octets: &[u8], depth: usize, out: &mut Vec<u8>) -> Option<()> {
    let tnef = tnef::open(octets)?;
    let field = |text: &Option<String>| one_line(text.as_deref().unwrap_or_default());
    let sender = Mailbox {
        name: field(&tnef.sender_name),
        address: field(&tnef.sender_address),
    };
    if !(sender.name.is_empty() && sender.address.is_empty()) {
        let start = out.len();
        if write::mailboxes("From", &[sender], out).is_err() {
            out.truncate(start);
        }
    }
    // Names alone are no addresses: each one is shown, none can be written to by mistake.
    let names: Vec<Mailbox> = field(&tnef.display_to)
        .split(';')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| Mailbox {
            name: name.trim_matches('\'').to_owned(),
            address: String::new(),
        })
        .collect();
    if !names.is_empty() {
        let start = out.len();
        if write::mailboxes("To", &names, out).is_err() {
            out.truncate(start);
        }
    }
    write::text("Subject", &field(&tnef.subject), out).ok()?;
    if let Some(sent) = tnef.sent {
        out.extend_from_slice(format!("Date: {}\r\n", write::date(sent)).as_bytes());
    }
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    let files: Vec<&TnefAttachment<'_>> = tnef
        .attachments
        .iter()
        .filter(|attachment| match attachment.content {
            TnefContent::File(_) => true,
            TnefContent::Message(_) => depth < MAX_DEPTH,
            TnefContent::Opaque => false,
        })
        .collect();
    if files.is_empty() {
        write_body(tnef.body(), out);
        return Some(());
    }
    let boundary = format!("{BOUNDARY}-{depth}");
    out.extend_from_slice(
        format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n")
            .as_bytes(),
    );
    write_body(tnef.body(), out);
    for (index, file) in files.into_iter().enumerate() {
        out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
        write_file(file, index + 1, depth, out);
    }
    out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    Some(())
}

fn write_body(body: Option<TnefBody>, out: &mut Vec<u8>) {
    match body {
        Some(TnefBody::Html(octets, label)) => {
            encode::text_part("text/html", &charset::decode_html(&octets, label), out);
        }
        Some(TnefBody::Plain(text)) => encode::text_part("text/plain", &legalise(text), out),
        None => encode::text_part("text/plain", "", out),
    }
}

fn write_file(file: &TnefAttachment<'_>, number: usize, depth: usize, out: &mut Vec<u8>) {
    match file.content {
        TnefContent::Message(octets) => {
            out.extend_from_slice(b"Content-Type: message/rfc822\r\n\r\n");
            // What is no container after all is an empty message.
            let _ = write_message(octets, depth + 1, out);
        }
        TnefContent::File(octets) => {
            let part = super::as_part(file, "");
            let name = structure::display_name(&part, number);
            out.extend_from_slice(format!("Content-Type: {}\r\n", media_type(file)).as_bytes());
            out.extend_from_slice(b"Content-Disposition: attachment;\r\n filename*=utf-8''");
            for octet in name.bytes() {
                if octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_') {
                    out.push(octet);
                } else {
                    out.extend_from_slice(format!("%{octet:02X}").as_bytes());
                }
            }
            if let Some(id) = file.content_id.as_deref().map(one_line)
                && !id.contains(['<', '>', ' '])
            {
                out.extend_from_slice(format!("\r\nContent-ID: <{id}>").as_bytes());
            }
            out.extend_from_slice(b"\r\nContent-Transfer-Encoding: base64\r\n\r\n");
            for line in octets.chunks(57) {
                out.extend_from_slice(STANDARD.encode(line).as_bytes());
                out.extend_from_slice(b"\r\n");
            }
        }
        TnefContent::Opaque => {}
    }
}

/// Without what could end a line.
fn one_line(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}'))
        .collect()
}
