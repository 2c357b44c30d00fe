//! The content of an outgoing mail, and the original put into it: the phone's parts stay the octets
//! they are, only text parts that get a quotation are written anew.

use std::ops::Range;

use airgate_codec::imap::TransferEncoding;

use super::encode::text_part;
use super::fields::{self, Field};
use super::quote::Quote;
use super::{Addition, lines, write};
use crate::item::charset;
use crate::item::flowed::unflow;
use crate::item::structure::{Outline, Seal};
use crate::item::transfer;
use crate::item::walk::{Leaf, walk};

/// The content fields and the body, CRLF throughout.
#[derive(Debug)]
pub(super) struct Entity {
    octets: Vec<u8>,
    text: Option<TextPart>,
    html: Option<TextPart>,
    /// Signed or encrypted: nothing in it may change.
    sealed: bool,
}

/// One text part of the phone's.
#[derive(Debug)]
struct TextPart {
    header: Range<usize>,
    body: Range<usize>,
    encoding: TransferEncoding,
    charset: Option<String>,
    /// format=flowed, and whether DelSp is yes.
    flowed: Option<bool>,
}

impl Entity {
    pub(super) fn new(all: &[Field<'_>], body: &[u8]) -> Self {
        let mut octets = Vec::with_capacity(body.len() + 512);
        for field in all.iter().filter(|field| field.is_content()) {
            octets.extend_from_slice(field.raw);
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b"\r\n");
        octets.extend_from_slice(body);
        let walked = walk(&octets, true);
        let outline = Outline::of(&walked.root);
        let find = |parts: &[&airgate_codec::imap::Part], kind: &str| {
            // The quotation belongs below the last of several.
            let part = parts.iter().rfind(|part| part.media_type == kind)?;
            let leaf = walked
                .leaves
                .iter()
                .find(|leaf| leaf.section == part.section && leaf.is_text)?;
            Some(TextPart::new(leaf, part))
        };
        let text = find(&outline.text, "text/plain");
        let html = find(&outline.html, "text/html");
        let sealed = outline.seal != Seal::None;
        Self {
            text,
            html,
            sealed,
            octets,
        }
    }

    /// See [`super::Draft::wants`].
    pub(super) const fn wants(&self) -> (bool, bool) {
        if self.sealed {
            return (false, false);
        }
        // A mail without any text gets a text part.
        let html = self.html.is_some();
        (self.text.is_some() || !html, html)
    }

    /// Writes content fields, the empty line and the body.
    pub(super) fn write(&self, addition: Addition<'_>, out: &mut Vec<u8>) {
        match addition {
            Addition::Reply(quote) if !self.sealed => self.reply(quote, out),
            Addition::Nothing | Addition::Reply(_) => out.extend_from_slice(&self.octets),
            Addition::Forward { original, subject } => {
                let original = lines::normalise(original);
                let mut part = b"Content-Type: message/rfc822\r\n\
                    Content-Disposition: attachment"
                    .to_vec();
                write::file_name(subject, &mut part);
                part.extend_from_slice(b"\r\n");
                if !original.is_ascii() {
                    part.extend_from_slice(b"Content-Transfer-Encoding: 8bit\r\n");
                }
                part.extend_from_slice(b"\r\n");
                part.extend_from_slice(&original);
                self.wrap(&part, out);
            }
        }
    }

    fn reply(&self, quote: &Quote, out: &mut Vec<u8>) {
        let mut edits: Vec<(&TextPart, &str, String)> = Vec::new();
        if let Some(part) = &self.text {
            let text = part.read_text(&self.octets);
            edits.push((part, "text/plain", quote.below_text(&text)));
        }
        if let Some(part) = &self.html {
            let html = part.read_html(&self.octets);
            edits.push((part, "text/html", quote.below_html(&html)));
        }
        if edits.is_empty() {
            let mut part = Vec::new();
            text_part("text/plain", &quote.below_text(""), &mut part);
            self.wrap(&part, out);
            return;
        }
        edits.sort_by_key(|(part, ..)| part.header.start);
        let mut at = 0;
        for (part, kind, text) in edits {
            out.extend_from_slice(self.get(at..part.header.start));
            let header = self.get(part.header.clone());
            for field in fields::split(header)
                .map(|(all, _)| all)
                .unwrap_or_default()
            {
                let replaced = ["Content-Type", "Content-Transfer-Encoding", "Content-MD5"];
                if !replaced.iter().any(|name| field.is(name)) {
                    out.extend_from_slice(field.raw);
                    out.extend_from_slice(b"\r\n");
                }
            }
            text_part(kind, &text, out);
            at = part.body.end;
        }
        out.extend_from_slice(self.get(at..self.octets.len()));
    }

    /// Makes the phone's content the first part of a multipart/mixed, and `part` the second.
    fn wrap(&self, part: &[u8], out: &mut Vec<u8>) {
        let boundary = self.boundary(part);
        let high = !(self.octets.is_ascii() && part.is_ascii());
        let head = format!("Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n");
        out.extend_from_slice(head.as_bytes());
        if high {
            out.extend_from_slice(b"Content-Transfer-Encoding: 8bit\r\n");
        }
        let delimiter = format!("\r\n--{boundary}\r\n");
        out.extend_from_slice(delimiter.as_bytes());
        out.extend_from_slice(&self.octets);
        out.extend_from_slice(delimiter.as_bytes());
        out.extend_from_slice(part);
        out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    }

    /// A boundary that no line of either part begins with; the same for the same parts.
    fn boundary(&self, part: &[u8]) -> String {
        const STEM: &str = "=_airgate_";
        let mut taken: Vec<u64> = [self.octets.as_slice(), part]
            .iter()
            .flat_map(|octets| octets.split(|&octet| octet == b'\n'))
            .filter_map(|line| line.strip_prefix(b"--")?.strip_prefix(STEM.as_bytes()))
            .filter_map(|rest| {
                let digits = rest.iter().take_while(|octet| octet.is_ascii_digit());
                let digits: String = digits.map(|&octet| char::from(octet)).collect();
                digits.parse().ok()
            })
            .collect();
        taken.sort_unstable();
        let mut number = 1_u64;
        for one in taken {
            if one == number {
                number += 1;
            }
        }
        // The letter keeps 1 from being the beginning of 10.
        format!("{STEM}{number}_")
    }

    fn get(&self, range: Range<usize>) -> &[u8] {
        self.octets.get(range).unwrap_or_default()
    }
}

impl TextPart {
    fn new(leaf: &Leaf, part: &airgate_codec::imap::Part) -> Self {
        let is = |name: &str, value: &str| {
            part.parameter(name)
                .is_some_and(|said| said.eq_ignore_ascii_case(value))
        };
        Self {
            header: leaf.header.clone(),
            body: leaf.body.clone(),
            encoding: leaf.encoding.clone(),
            charset: part.parameter("charset").map(ToOwned::to_owned),
            flowed: is("format", "flowed").then(|| is("delsp", "yes")),
        }
    }

    fn octets(&self, entity: &[u8]) -> Vec<u8> {
        let body = entity.get(self.body.clone()).unwrap_or_default();
        transfer::decode(body, &self.encoding)
    }

    fn read_text(&self, entity: &[u8]) -> String {
        let text = charset::decode(&self.octets(entity), self.charset.as_deref());
        match self.flowed {
            Some(delete_space) => unflow(&text, delete_space),
            None => text,
        }
    }

    fn read_html(&self, entity: &[u8]) -> String {
        charset::decode_html(&self.octets(entity), self.charset.as_deref())
    }
}
