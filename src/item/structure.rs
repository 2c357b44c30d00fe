//! What the parts of a message are to a reader: its text, its HTML, its attachments, its seals.
//!
//! Which part is body and which attachment follows RFC 8621 4.1.4, the one published algorithm for
//! this that has seen much mail. A message inside the message is an attachment, never looked into.

mod name;

use airgate_codec::imap::{Part, TransferEncoding};

use crate::item::believed::holds_octets;
use crate::item::tnef;
use crate::item::transfer;
use crate::item::walk::{MAX_DEPTH, MAX_PARTS};

pub(crate) use name::display_name;

/// A message's parts by their role.
#[derive(Debug, Default)]
pub(crate) struct Outline<'a> {
    /// The body for readers of plain text; HTML where the sender made nothing else.
    pub(crate) text: Vec<&'a Part>,
    /// The body for readers of HTML; plain where the sender made nothing else.
    pub(crate) html: Vec<&'a Part>,
    pub(crate) attachments: Vec<Found<'a>>,
    pub(crate) seal: Seal,
    /// `report-type` of a multipart/report and its machine-readable part.
    pub(crate) report: Option<(&'a str, &'a Part)>,
    pub(crate) calendar: Option<&'a Part>,
    /// The first `winmail.dat`.
    pub(crate) tnef: Option<&'a Part>,
    /// Parts too deep or too many to list: the whole message is offered instead (T14).
    pub(crate) overflow: bool,
}

/// An attachment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) part: &'a Part,
    /// It lies in a multipart/related and has a Content-ID: HTML probably shows it.
    pub(crate) related: bool,
}

/// Signed or encrypted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Seal {
    #[default]
    None,
    /// multipart/signed with an S/MIME signature.
    SmimeSigned,
    /// application/pkcs7-mime: encrypted, or signed and opaque.
    Smime,
    /// A signed receipt, RFC 2634.
    SmimeReceipt,
    Pgp,
}

impl Seal {
    /// Only a client with keys can read or verify it, and only from the exact octets.
    pub(crate) const fn is_smime(self) -> bool {
        matches!(self, Self::SmimeSigned | Self::Smime | Self::SmimeReceipt)
    }
}

/// Attachments listed; a phone shows no more, and 100,000 of them are an attack (T14).
pub(crate) const MAX_ATTACHMENTS: usize = 250;
/// Parts that make one body; more are attachments.
const MAX_BODY_PARTS: usize = 32;

impl<'a> Outline<'a> {
    /// As a reader sees it: an alternative without a word is none.
    pub(crate) fn of(root: &'a Part) -> Self {
        let mut outline = Self::as_written(root);
        outline.fill_blank();
        outline
    }

    /// As it was written, for those who write it anew: a blank alternative keeps its place.
    pub(crate) fn as_written(root: &'a Part) -> Self {
        let mut outline = Self {
            seal: seal(root),
            ..Self::default()
        };
        let mut left = MAX_PARTS;
        if root.is_multipart() {
            let place = Place {
                multipart: root,
                in_alternative: is_alternative(root),
                depth: 1,
            };
            outline.children(
                root,
                place,
                Want {
                    text: true,
                    html: true,
                },
                &mut left,
            );
        } else {
            let place = Place {
                multipart: root,
                in_alternative: false,
                depth: 1,
            };
            outline.leaf(
                root,
                0,
                place,
                &mut Want {
                    text: true,
                    html: true,
                },
            );
        }
        if outline.attachments.len() > MAX_ATTACHMENTS {
            outline.attachments.truncate(MAX_ATTACHMENTS);
            outline.overflow = true;
        }
        outline
    }

    /// Some senders make a blank alternative for form's sake.
    fn fill_blank(&mut self) {
        let says = |parts: &[&Part]| parts.iter().any(|part| holds_octets(part));
        if says(&self.html) && !says(&self.text) {
            self.text.clone_from(&self.html);
        } else if says(&self.text) && !says(&self.html) {
            self.html.clone_from(&self.text);
        }
    }

    /// Whether the sender wrote HTML.
    pub(crate) fn has_html(&self) -> bool {
        self.html.iter().any(|part| part.media_type == "text/html")
    }

    /// The charset of the first text part, which 8-bit headers most likely share.
    pub(crate) fn charset(&self) -> Option<&'a str> {
        let part = self.text.first().or_else(|| self.html.first())?;
        part.parameter("charset")
            .filter(|label| headers_may_use(label))
    }

    /// The parts of one multipart, in order (RFC 8621 4.1.4, `parseStructure`).
    fn children(
        &mut self,
        multipart: &'a Part,
        place: Place<'a>,
        mut want: Want,
        left: &mut usize,
    ) {
        let (text_before, html_before) = (self.text.len(), self.html.len());
        let wanted = want;
        let root = root_of(multipart);
        for (index, part) in multipart.children.iter().enumerate() {
            let index = if index == root { 0 } else { index.max(1) };
            if *left == 0 {
                self.overflow = true;
                return;
            }
            *left -= 1;
            if part.is_multipart() {
                // Its boundary is missing or wrong: what is in it can be seen in the message itself.
                if !holds_octets(part) || place.depth >= MAX_DEPTH {
                    self.overflow = true;
                    continue;
                }
                let inside = Place {
                    multipart: part,
                    in_alternative: place.in_alternative || is_alternative(part),
                    depth: place.depth + 1,
                };
                self.children(part, inside, want, left);
            } else {
                self.leaf(part, index, place, &mut want);
            }
        }
        if is_alternative(multipart) && wanted.text && wanted.html {
            let text_new = self.text.len() - text_before;
            let html_new = self.html.len() - html_before;
            if text_new == 0 && html_new > 0 {
                self.text
                    .extend(self.html.iter().skip(html_before).copied());
            }
            if html_new == 0 && text_new > 0 {
                self.html
                    .extend(self.text.iter().skip(text_before).copied());
            }
        }
    }

    fn leaf(&mut self, part: &'a Part, index: usize, place: Place<'a>, want: &mut Want) {
        self.note(part, place.multipart);
        let media_type = part.media_type.as_str();
        let is_text = matches!(media_type, "text/plain" | "text/html" | "")
            || place.depth == 1 && std::ptr::eq(part, place.multipart) && is_readable(media_type);
        let attached = part
            .disposition
            .as_ref()
            .is_some_and(|d| d.kind == "attachment");
        let related = place.multipart.media_type == "multipart/related";
        let inline = is_text && !attached && (index == 0 || !related && part.file_name().is_none());
        if !inline || self.text.len() + self.html.len() >= 2 * MAX_BODY_PARTS {
            self.attach(part, place, related);
            return;
        }
        if is_alternative(place.multipart) {
            match media_type {
                "text/html" if want.html => self.html.push(part),
                "text/html" => {}
                _ if want.text => self.text.push(part),
                _ => {}
            }
            return;
        }
        if place.in_alternative {
            // Inside one branch of an alternative: this branch is the HTML or the plain one.
            match media_type {
                "text/html" => want.text = false,
                _ => want.html = false,
            }
        }
        if want.text {
            self.text.push(part);
        }
        if want.html {
            self.html.push(part);
        }
    }

    fn attach(&mut self, part: &'a Part, place: Place<'a>, related: bool) {
        let media_type = part.media_type.as_str();
        // Other renderings of the body, and the resource fork of old Macs: nothing to keep.
        let rendering = place.in_alternative
            && matches!(
                media_type,
                "text/x-amp-html" | "text/watch-html" | "text/enriched" | "text/richtext"
            );
        let fork = place.multipart.media_type == "multipart/appledouble"
            && media_type == "application/applefile";
        if rendering || fork || self.attachments.len() > MAX_ATTACHMENTS {
            return;
        }
        if self.tnef.is_none() && tnef::is_tnef(part) {
            self.tnef = Some(part);
        }
        let related = related && (part.id.is_some() || part.location.is_some());
        self.attachments.push(Found { part, related });
    }

    /// Parts that say what kind of message this is.
    fn note(&mut self, part: &'a Part, multipart: &'a Part) {
        if part.media_type == "text/calendar" && self.calendar.is_none() {
            self.calendar = Some(part);
        }
        if multipart.media_type == "multipart/report" && self.report.is_none() {
            let kind = match part.media_type.as_str() {
                "message/delivery-status" | "message/global-delivery-status" => "delivery-status",
                "message/disposition-notification" => "disposition-notification",
                _ => return,
            };
            self.report = Some((kind, part));
        }
    }
}

#[derive(Clone, Copy)]
struct Place<'a> {
    multipart: &'a Part,
    in_alternative: bool,
    depth: usize,
}

/// Which of the two bodies still takes parts.
#[derive(Clone, Copy)]
struct Want {
    text: bool,
    html: bool,
}

/// The part that shows the others: the first, unless `start` names another (RFC 2387 3.2) or the
/// first is a picture and the text comes behind it.
fn root_of(multipart: &Part) -> usize {
    if multipart.media_type != "multipart/related" {
        return 0;
    }
    let children = || multipart.children.iter();
    let start = multipart
        .parameter("start")
        .map(|start| start.trim_matches(['<', '>', ' ']));
    let named =
        start.and_then(|start| children().position(|part| part.id.as_deref() == Some(start)));
    let can_show = |part: &Part| part.is_multipart() || part.media_type == "text/html";
    let picture_first = children()
        .next()
        .is_some_and(|part| part.media_type.starts_with("image/"));
    named
        .or_else(|| children().position(can_show).filter(|_| picture_first))
        .unwrap_or(0)
}

fn is_alternative(part: &Part) -> bool {
    part.media_type == "multipart/alternative"
}

/// Text that a person can read as it is, when it is all a message has.
fn is_readable(media_type: &str) -> bool {
    media_type.starts_with("text/")
        && !matches!(
            media_type,
            "text/calendar" | "text/vcard" | "text/x-vcard" | "text/directory"
        )
}

fn headers_may_use(label: &str) -> bool {
    crate::item::charset::is_known(label)
}

fn seal(root: &Part) -> Seal {
    // Mailing lists wrap a signed message: `multipart/mixed { multipart/signed, footer }` is no
    // longer verifiable and is treated as what it contains. Only the root counts.
    let protocol = root
        .parameter("protocol")
        .unwrap_or_default()
        .to_ascii_lowercase();
    match root.media_type.as_str() {
        "multipart/signed" if protocol.contains("pkcs7-signature") => Seal::SmimeSigned,
        "multipart/signed" if protocol.contains("pgp") => Seal::Pgp,
        "multipart/signed"
            if root
                .children
                .iter()
                .any(|part| part.media_type.ends_with("pkcs7-signature")) =>
        {
            Seal::SmimeSigned
        }
        "multipart/encrypted" => Seal::Pgp,
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            match root.parameter("smime-type") {
                Some(kind) if kind.eq_ignore_ascii_case("signed-receipt") => Seal::SmimeReceipt,
                _ => Seal::Smime,
            }
        }
        // Gateways forget the type; Outlook then goes by the name ([MS-OXOSMIME] 2.1.3).
        "application/octet-stream"
            if root
                .file_name()
                .is_some_and(|name| name.to_ascii_lowercase().ends_with(".p7m")) =>
        {
            Seal::Smime
        }
        _ => Seal::None,
    }
}

/// Octets of an attachment when it is decoded, as far as the structure tells.
pub(crate) fn decoded_size(part: &Part) -> u64 {
    transfer::decoded_size(part.size, &part.encoding)
}

/// 5 for a message inside the message, which phones open as mail; else 1.
pub(crate) fn method(part: &Part) -> u8 {
    if is_message(part) { 5 } else { 1 }
}

fn is_message(part: &Part) -> bool {
    matches!(
        part.media_type.as_str(),
        "message/rfc822" | "message/global"
    ) && !matches!(
        part.encoding,
        TransferEncoding::Base64 | TransferEncoding::QuotedPrintable
    )
}
