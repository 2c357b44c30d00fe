//! The content of an outgoing mail, and the original put into it: the phone's parts stay the octets
//! they are, shared with the request; only text parts that get a quotation are written anew.

use std::ops::Range;

use airgate_codec::imap::{Part, TransferEncoding};
use bytes::Bytes;

use super::encode::text_part;
use super::fields::{self, Field};
use super::lines;
use super::parts::Attached;
use super::piece::{Assembly, Section};
use super::quote::{Quote, Style};
use super::write;
use super::{Addition, Wants};
use crate::item::charset;
use crate::item::flowed::unflow;
use crate::item::structure::{Outline, Seal};
use crate::item::text_to_html;
use crate::item::transfer;
use crate::item::walk::{Leaf, walk};

/// The content fields and the body.
#[derive(Debug)]
pub(super) struct Entity {
    /// A header, which may be the whole mail's, and the body, with any line ends.
    octets: Bytes,
    /// Where the body begins.
    body: usize,
    /// The content fields, each with its CRLF.
    content: Vec<u8>,
    text: Option<TextPart>,
    html: Option<TextPart>,
    sealed: Sealed,
}

/// What may be done with the phone's content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sealed {
    No,
    /// Nothing in it may change; around it, things may.
    Signed,
    /// Nothing may stand beside it in the clear either.
    Encrypted,
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
    /// The boundary of the multipart/related it is a child of.
    related: Option<String>,
}

/// A part that gets written anew.
struct Edit<'a> {
    part: &'a TextPart,
    new: Assembly,
}

/// Makes boundaries that nobody who wrote into the mail could know.
struct Boundaries<'a> {
    secret: &'a str,
    made: u32,
}

impl Entity {
    /// `octets` begin with the header that has the fields, and `body` is where it ends.
    pub(super) fn new(octets: Bytes, body: usize, all: &[Field<'_>]) -> Self {
        let mut content = Vec::new();
        for field in all.iter().filter(|field| field.is_content()) {
            push(field.raw, &mut content);
        }
        let walked = walk(&octets, true);
        let outline = Outline::as_written(&walked.root);
        let find = |parts: &[&Part], kind: &str| {
            // The quotation belongs below the last of several.
            let part = parts.iter().rfind(|part| part.media_type == kind)?;
            let leaf = walked
                .leaves
                .iter()
                .find(|leaf| leaf.section == part.section && leaf.is_text)?;
            Some(TextPart::new(leaf, part, &walked.root))
        };
        let text = find(&outline.text, "text/plain");
        let html = find(&outline.html, "text/html");
        let sealed = match outline.seal {
            Seal::None => Sealed::No,
            _ if walked.root.media_type == "multipart/signed" => Sealed::Signed,
            _ => Sealed::Encrypted,
        };
        Self {
            octets,
            body,
            content,
            text,
            html,
            sealed,
        }
    }

    /// See [`super::Draft::wants`].
    pub(super) const fn wants(&self, forward: bool) -> Wants {
        match (self.sealed, forward) {
            (Sealed::No, _) => {
                let html = self.html.is_some();
                Wants::Quote {
                    // A mail without any text gets a text part.
                    text: self.text.is_some() || !html,
                    html,
                }
            }
            (Sealed::Signed, true) => Wants::Whole,
            (Sealed::Signed, false) | (Sealed::Encrypted, _) => Wants::Nothing,
        }
    }

    /// Writes content fields, the empty line and the body.
    pub(super) fn write(&self, addition: Addition<'_>, secret: &str, out: &mut Assembly) {
        let mut boundaries = Boundaries { secret, made: 0 };
        let closed = self.sealed != Sealed::No;
        match addition {
            Addition::Reply { quote, shown } if !closed => {
                let content = self.quoting(quote, Style::Reply, shown, &mut boundaries);
                mixed(content, &mut boundaries, out);
            }
            Addition::Forward {
                quote,
                shown,
                attached,
            } if !closed => {
                let mut content = self.quoting(quote, Style::Forward, shown, &mut boundaries);
                content.extend(attached.iter().map(attachment));
                mixed(content, &mut boundaries, out);
            }
            Addition::Whole { section, subject } if self.sealed != Sealed::Encrypted => {
                let content = vec![self.untouched(), enclosed(section, subject)];
                mixed(content, &mut boundaries, out);
            }
            _ => out.append(self.untouched()),
        }
    }

    fn untouched(&self) -> Assembly {
        let mut out = Assembly::default();
        out.text(&self.content);
        out.text(b"\r\n");
        out.shared(self.octets.slice(self.body.min(self.octets.len())..));
        out
    }

    /// The phone's content with the original in its texts; as a part of its own where it has none.
    fn quoting(
        &self,
        quote: &Quote,
        style: Style,
        shown: &[Attached],
        boundaries: &mut Boundaries<'_>,
    ) -> Vec<Assembly> {
        // A forward of HTML stays HTML, though the phone wrote plain text: what was designed or shows
        // pictures is not readable otherwise. A reply quotes what both have in common.
        let upgraded = style == Style::Forward && quote.is_html && self.html.is_none();
        let mut edits = Vec::new();
        let text = self.text.as_ref().map(|part| (part, self.read_text(part)));
        if let Some((part, text)) = &text {
            let below = quote.below_text(text, style);
            let leaf = self.leaf(part, "text/plain", &below);
            let new = if upgraded {
                alternative(leaf, text, quote, shown, boundaries)
            } else {
                owned(leaf)
            };
            edits.push(Edit { part, new });
        }
        if let Some(part) = &self.html {
            let html = quote.below_html(&self.read_html(part), style);
            let leaf = self.leaf(part, "text/html", &html);
            let new = related(leaf, part.related.as_deref(), shown, boundaries);
            edits.push(Edit { part, new });
        }
        if !edits.is_empty() {
            return vec![self.edited(edits)];
        }
        let mut leaf = Vec::new();
        text_part("text/plain", &quote.below_text("", style), &mut leaf);
        let added = if upgraded {
            alternative(leaf, "", quote, shown, boundaries)
        } else {
            owned(leaf)
        };
        vec![self.untouched(), added]
    }

    /// The part's own fields, and the new text.
    fn leaf(&self, part: &TextPart, kind: &str, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let header = lines::normalise(self.get(part.header.clone()));
        let all = fields::split(&header)
            .map(|(all, _)| all)
            .unwrap_or_default();
        for field in all {
            let replaced = ["Content-Type", "Content-Transfer-Encoding", "Content-MD5"];
            let own = field.is_content() || !part.is_root();
            if own && !replaced.iter().any(|name| field.is(name)) {
                push(field.raw, &mut out);
            }
        }
        text_part(kind, text, &mut out);
        out
    }

    fn edited(&self, mut edits: Vec<Edit<'_>>) -> Assembly {
        edits.sort_by_key(|edit| edit.part.header.start);
        let mut out = Assembly::default();
        if edits.iter().any(|edit| edit.part.is_root()) {
            for edit in edits {
                out.append(edit.new);
            }
            return out;
        }
        out.text(&self.content);
        out.text(b"\r\n");
        let mut at = self.body;
        for Edit { part, new } in edits {
            out.shared(self.share(at..part.header.start));
            out.append(new);
            at = part.body.end;
        }
        out.shared(self.share(at..self.octets.len()));
        out
    }

    fn read_text(&self, part: &TextPart) -> String {
        let text = charset::decode(&self.decoded(part), part.charset.as_deref());
        match part.flowed {
            Some(delete_space) => unflow(&text, delete_space),
            None => text,
        }
    }

    fn read_html(&self, part: &TextPart) -> String {
        charset::decode_html(&self.decoded(part), part.charset.as_deref())
    }

    fn decoded(&self, part: &TextPart) -> Vec<u8> {
        transfer::decode(self.get(part.body.clone()), &part.encoding)
    }

    fn get(&self, range: Range<usize>) -> &[u8] {
        self.octets.get(range).unwrap_or_default()
    }

    fn share(&self, range: Range<usize>) -> Bytes {
        self.octets.slice_ref(self.get(range))
    }
}

impl TextPart {
    fn new(leaf: &Leaf, part: &Part, root: &Part) -> Self {
        let is = |name: &str, value: &str| {
            part.parameter(name)
                .is_some_and(|said| said.eq_ignore_ascii_case(value))
        };
        let parent = parent(root, &part.section);
        Self {
            header: leaf.header.clone(),
            body: leaf.body.clone(),
            encoding: leaf.encoding.clone(),
            charset: part.parameter("charset").map(ToOwned::to_owned),
            flowed: is("format", "flowed").then(|| is("delsp", "yes")),
            related: parent
                .filter(|parent| parent.media_type == "multipart/related")
                .and_then(|parent| parent.parameter("boundary"))
                .map(|boundary| boundary.trim_end().to_owned()),
        }
    }

    /// The mail is nothing but this part.
    const fn is_root(&self) -> bool {
        self.header.start == 0
    }
}

impl Boundaries<'_> {
    fn next(&mut self) -> String {
        self.made += 1;
        format!("=_airgate_{}_{}", self.secret, self.made)
    }
}

/// The multipart that a part is a child of; the walk bounds the depth.
fn parent<'p>(root: &'p Part, section: &str) -> Option<&'p Part> {
    let mut waiting = vec![root];
    while let Some(part) = waiting.pop() {
        let children = &part.children;
        if children
            .iter()
            .any(|child| child.section == section && !child.is_multipart())
        {
            return Some(part);
        }
        waiting.extend(children);
    }
    None
}

/// Several parts as one multipart/mixed; a single one as it is.
fn mixed(parts: Vec<Assembly>, boundaries: &mut Boundaries<'_>, out: &mut Assembly) {
    multipart("multipart/mixed", parts, boundaries, out);
}

fn multipart(
    kind: &str,
    parts: Vec<Assembly>,
    boundaries: &mut Boundaries<'_>,
    out: &mut Assembly,
) {
    if parts.len() < 2 {
        parts.into_iter().for_each(|part| out.append(part));
        return;
    }
    let boundary = boundaries.next();
    out.text(format!(
        "Content-Type: {kind};\r\n boundary=\"{boundary}\"\r\n"
    ));
    if parts.iter().any(Assembly::is_eight_bit) {
        out.text("Content-Transfer-Encoding: 8bit\r\n");
    }
    for part in parts {
        out.text(format!("\r\n--{boundary}\r\n"));
        out.append(part);
    }
    out.text(format!("\r\n--{boundary}--\r\n"));
}

/// HTML with the pictures it shows: as a multipart/related, or beside it in the one where it lies.
fn related(
    leaf: Vec<u8>,
    boundary: Option<&str>,
    shown: &[Attached],
    boundaries: &mut Boundaries<'_>,
) -> Assembly {
    let mut out = owned(leaf);
    match boundary {
        Some(boundary) => {
            for picture in shown {
                out.text(format!("\r\n--{boundary}\r\n"));
                out.append(attachment(picture));
            }
            out
        }
        None => {
            let mut parts = vec![out];
            parts.extend(shown.iter().map(attachment));
            let mut out = Assembly::default();
            let kind = "multipart/related; type=\"text/html\"";
            multipart(kind, parts, boundaries, &mut out);
            out
        }
    }
}

/// The text the phone wrote and the original below it, as text and as HTML.
fn alternative(
    text_leaf: Vec<u8>,
    text: &str,
    quote: &Quote,
    shown: &[Attached],
    boundaries: &mut Boundaries<'_>,
) -> Assembly {
    let own = text_to_html::text_to_html(text);
    let mut html_leaf = Vec::new();
    let html = quote.below_html(&own, Style::Forward);
    text_part("text/html", &html, &mut html_leaf);
    let parts = vec![
        owned(text_leaf),
        related(html_leaf, None, shown, boundaries),
    ];
    let mut out = Assembly::default();
    multipart("multipart/alternative", parts, boundaries, &mut out);
    out
}

/// A part of the original, its header as it was as far as it describes the part.
fn attachment(attached: &Attached) -> Assembly {
    let mut out = Assembly::default();
    out.text(&attached.header);
    out.text(b"\r\n");
    out.section(attached.section.clone());
    out
}

/// The original as a message of its own.
fn enclosed(section: &Section, subject: &str) -> Assembly {
    let mut out = Assembly::default();
    out.text("Content-Type: message/rfc822\r\nContent-Disposition: attachment");
    write::file_name(subject, out.own());
    out.text("\r\n");
    if section.eight_bit {
        out.text("Content-Transfer-Encoding: 8bit\r\n");
    }
    out.text("\r\n");
    out.section(section.clone());
    out
}

fn owned(octets: Vec<u8>) -> Assembly {
    let mut out = Assembly::default();
    out.text(octets);
    out
}

fn push(raw: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(raw);
    out.extend_from_slice(b"\r\n");
}
