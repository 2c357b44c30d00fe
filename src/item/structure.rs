//! What the parts of a message are to a reader: its text, its HTML, its attachments, its seals.
//!
//! Which part is body and which attachment follows RFC 8621 4.1.4, the one published algorithm for
//! this that has seen much mail. A message inside the message is an attachment, never looked into.

use airgate_codec::imap::{Part, TransferEncoding};

use crate::item::believed::holds_octets;
use crate::item::headers;
use crate::item::tnef;
use crate::item::transfer;
use crate::item::walk::{MAX_DEPTH, MAX_PARTS};

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
    pub(crate) fn of(root: &'a Part) -> Self {
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
        for (index, part) in multipart.children.iter().enumerate() {
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

/// The name a person sees: the sender's, else one made from what is inside. Never a path.
pub(crate) fn display_name(part: &Part, number: usize) -> String {
    let given = part
        .file_name()
        .map(file_name)
        .filter(|name| !name.is_empty());
    if is_message(part) {
        let name = given
            .or_else(|| {
                part.subject
                    .as_deref()
                    .map(file_name)
                    .filter(|name| !name.is_empty())
            })
            .unwrap_or_else(|| format!("ATT{number:05}"));
        // Android and Windows Phone open Method 5 by this ending (REFERENCE.md 10.1).
        return if name.to_ascii_lowercase().ends_with(".eml") {
            name
        } else {
            format!("{name}.eml")
        };
    }
    if let Some(name) = given {
        return name;
    }
    match part.media_type.as_str() {
        "text/calendar" => "invite.ics".into(),
        "message/delivery-status"
        | "message/global-delivery-status"
        | "message/disposition-notification" => "details.txt".into(),
        "text/rfc822-headers" => "headers.txt".into(),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m".into(),
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s".into(),
        "application/pgp-signature" => "signature.asc".into(),
        "application/pgp-encrypted" => "version.txt".into(),
        "application/ms-tnef" => "winmail.dat".into(),
        other => format!("ATT{number:05}{}", extension(other)),
    }
}

/// Longest name kept; file systems of phones end at 255 octets.
const MAX_FILE_NAME: usize = 200;

/// A name without what a file system or a header could misread. The extension survives shortening.
fn file_name(name: &str) -> String {
    let decoded = headers::decode_text(name.as_bytes(), None);
    let name = decoded
        .rsplit(['/', '\\'])
        .find(|piece| !piece.trim().is_empty());
    // A subject is no path: keep all of it when what follows the last slash is no file name.
    let name = match name {
        Some(last) if last.contains('.') => last,
        _ => decoded.as_str(),
    };
    let name: String = name
        .chars()
        .map(|c| {
            if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') {
                '_'
            } else {
                c
            }
        })
        // Bidirectional overrides make `gpj.exe` look like `exe.jpg`.
        .filter(|c| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
        .collect();
    let name = name.trim_matches([' ', '.']);
    if name.len() <= MAX_FILE_NAME {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 10 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let end = stem.floor_char_boundary(MAX_FILE_NAME - extension.len());
    format!("{}{extension}", stem.get(..end).unwrap_or_default())
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "image/jpeg" | "image/jpg" | "image/pjpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        "image/svg+xml" => ".svg",
        "image/webp" => ".webp",
        "image/heic" => ".heic",
        "image/tiff" => ".tif",
        "text/plain" => ".txt",
        "text/html" => ".htm",
        "text/csv" => ".csv",
        "text/vcard" | "text/x-vcard" | "text/directory" => ".vcf",
        "application/pdf" => ".pdf",
        "application/zip" => ".zip",
        "application/json" => ".json",
        "application/rtf" | "text/rtf" => ".rtf",
        "application/msword" => ".doc",
        "audio/mpeg" => ".mp3",
        "audio/wav" | "audio/x-wav" => ".wav",
        "audio/amr" => ".amr",
        "video/mp4" => ".mp4",
        _ if media_type.starts_with("text/") => ".txt",
        _ => ".dat",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_paths_and_keep_their_ending() {
        for (name, safe) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd.txt", "passwd.txt"),
            ("C:\\Users\\ann\\a.doc", "a.doc"),
            ("50/50 offer", "50_50 offer"),
            ("a\r\nb.txt", "a b.txt"),
            ("x\u{202E}gpj.exe", "xgpj.exe"),
            ("..", ""),
        ] {
            assert_eq!(file_name(name), safe, "{name}");
        }
        let long = format!("{}.pdf", "ü".repeat(300));
        let short = file_name(&long);
        assert!(
            short.len() <= MAX_FILE_NAME && short.ends_with(".pdf"),
            "{short}"
        );
    }
}
