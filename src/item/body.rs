//! Which body a phone gets, how long, and what must be fetched for it (REFERENCE.md 10.1).
//!
//! The same plan is made twice: before the second fetch, to say which octets are needed, and after
//! it, to make the body out of them.

use std::collections::HashSet;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::imap::{Part, TransferEncoding};

use crate::item::charset;
use crate::item::content::Content;
use crate::item::email::SectionRequest;
use crate::item::flowed::unflow;
use crate::item::html_to_text::{Style, html_to_text};
use crate::item::mime_text::{mime_text, with_crlf};
use crate::item::options::{BodyOptions, BodyPreference};
use crate::item::preview::{self, MAX_PREVIEW};
use crate::item::quoted_history;
use crate::item::structure::{self, Outline};
use crate::item::text_to_html;
use crate::item::transfer;
use crate::item::truncate::{self, Limit};

/// How much may be fetched and held for one message where the phone sets no limit, or a huge one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// Octets of decoded text.
    pub(crate) text: u64,
    /// Octets of a raw message.
    pub(crate) raw: u64,
}

impl Reach {
    /// In a Sync, which carries up to hundreds of items: what is cut here, the phone fetches.
    pub(crate) const SYNC: Self = Self {
        text: 1 << 20,
        raw: 2 << 20,
    };
    /// In an ItemOperations fetch of one message. 48 MiB hold the largest mail that servers pass
    /// on (25 to 35 MB); S/MIME is worth nothing when cut.
    pub(crate) const FETCH: Self = Self {
        text: 16 << 20,
        raw: 48 << 20,
    };
}

/// HTML that surely has a preview's words behind its style sheets.
const HTML_FOR_PREVIEW: u64 = 64 * 1024;
/// Plain text that surely has a preview's words.
const TEXT_FOR_PREVIEW: u64 = 2048;
/// So many octets of HTML are read for one octet of text, and styles come on top.
const HTML_PER_TEXT: u64 = 8;
/// Asked for beyond what is needed: if less comes, that was all.
const SLACK: u64 = 512;

/// One way to send the body; the first that fits is taken.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    kind: BodyType,
    limit: Limit,
    all_or_none: bool,
    preview: Option<usize>,
}

/// Everything about bodies in one message.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    pub(crate) body: Option<Body>,
    pub(crate) part: Option<Body>,
    /// The Content-IDs that the HTML shows, when all of it is known.
    pub(crate) shown_ids: Option<HashSet<String>>,
}

/// A body in full, as far as it was fetched.
#[derive(Clone, Debug)]
struct Text {
    data: String,
    complete: bool,
    /// Octets of all of it, estimated if it is not complete.
    size: u64,
}

/// The sections that the options need of a message with this outline.
pub(crate) fn sections(
    outline: &Outline<'_>,
    options: &BodyOptions,
    size: Option<u64>,
    reach: Reach,
) -> Vec<SectionRequest> {
    let mut wanted = Requests::default();
    let candidates = candidates(options, outline);
    for candidate in &candidates {
        wanted.of_kind(candidate.kind, candidate.limit, outline, size, reach);
        let no_text = candidate.kind != BodyType::Plain || candidate.limit.most_octets() == Some(0);
        if candidate.preview.is_some() && no_text {
            wanted.preview(outline);
        }
        if !candidate.all_or_none {
            break;
        }
        // A body that does not fit is not sent, but then its preview is.
        if candidate.preview.is_some() {
            wanted.preview(outline);
        }
    }
    if let Some(part) = part_preference(options) {
        // The history may be long and the new text short: what is cut first is the history.
        wanted.of_kind(BodyType::Html, limit(part), outline, size, reach);
    }
    wanted.list
}

/// Makes the bodies.
pub(crate) fn build(
    content: &Content<'_>,
    outline: &Outline<'_>,
    options: &BodyOptions,
    size: Option<u64>,
) -> Bodies {
    let mut maker = Maker {
        content,
        outline,
        size,
        plain: None,
        html: None,
        mime: None,
    };
    let candidates = candidates(options, outline);
    let mut bodies = Bodies::default();
    for candidate in &candidates {
        let (complete, full_size, fits) = {
            let text = maker.text(candidate.kind);
            let within = within(&text.data, candidate.limit);
            (text.complete, text.size, text.complete && within)
        };
        if candidate.all_or_none && !fits {
            continue;
        }
        let mut data = maker.text(candidate.kind).data.clone();
        let mut truncated = shorten(&mut data, candidate.kind, candidate.limit);
        if !complete {
            truncated = true;
        }
        let none = candidate.limit.most_octets() == Some(0) && truncated;
        let preview = candidate
            .preview
            .filter(|_| candidate.kind != BodyType::Plain || none)
            .and_then(|length| maker.preview(length));
        bodies.body = Some(Body {
            kind: candidate.kind,
            estimated_size: full_size.max(data.len() as u64 + u64::from(!complete)),
            truncated,
            data: (!none).then_some(data),
            preview,
            part: None,
        });
        break;
    }
    if bodies.body.is_none()
        && let Some(candidate) = candidates.first()
    {
        let estimated_size = maker.text(candidate.kind).size;
        bodies.body = Some(Body {
            kind: candidate.kind,
            estimated_size,
            truncated: true,
            data: None,
            preview: candidate.preview.and_then(|length| maker.preview(length)),
            part: None,
        });
    }
    if options.version == ProtocolVersion::V2_5
        && let Some(data) = bodies.body.as_mut().and_then(|body| body.data.as_mut())
        && data.is_empty()
    {
        // Empty Body elements are read as "no body yet" by 2.5 clients (REFERENCE.md 10.2).
        data.push(' ');
    }
    if let Some(part) = part_preference(options) {
        bodies.part = Some(maker.new_text(part));
    }
    bodies.shown_ids = maker
        .html
        .as_ref()
        .filter(|html| html.complete)
        .map(|html| shown_ids(&html.data));
    bodies
}

fn part_preference(options: &BodyOptions) -> Option<&BodyPreference> {
    options
        .part_preference
        .as_ref()
        .filter(|_| options.version >= ProtocolVersion::V14_1)
}

/// The candidates in the order of choice: MIME where it is due, the sender's own form if asked for,
/// then the phone's order. RTF is never made.
fn candidates(options: &BodyOptions, outline: &Outline<'_>) -> Vec<Candidate> {
    let mime_is_due = match options.mime_support {
        0 => false,
        1 => outline.seal.is_smime(),
        _ => true,
    };
    if options.version == ProtocolVersion::V2_5 || options.preferences.is_empty() {
        let mime = options.version == ProtocolVersion::V2_5 && mime_is_due;
        return vec![Candidate {
            kind: if mime {
                BodyType::Mime
            } else {
                BodyType::Plain
            },
            limit: if mime {
                options.mime_limit()
            } else {
                options.text_limit()
            },
            all_or_none: false,
            preview: None,
        }];
    }
    let native = if outline.has_html() {
        BodyType::Html
    } else {
        BodyType::Plain
    };
    // Some clients ask for MIME alone and forget MIMESupport: they can read nothing else.
    let only_mime = options.preferences.iter().all(|p| p.kind == BodyType::Mime);
    let mut order: Vec<&BodyPreference> = options
        .preferences
        .iter()
        .filter(|preference| match preference.kind {
            BodyType::Mime => mime_is_due || only_mime,
            BodyType::Rtf => false,
            BodyType::Plain | BodyType::Html => true,
        })
        .collect();
    order.sort_by_key(|preference| match preference.kind {
        BodyType::Mime => 0,
        kind if kind == native => 1,
        // Text from HTML loses less than HTML from text gains.
        BodyType::Plain => 2,
        BodyType::Html | BodyType::Rtf => 3,
    });
    let candidate = |kind: BodyType, preference: &BodyPreference| Candidate {
        kind,
        limit: match (preference.truncation_size, kind) {
            (None, BodyType::Mime) => options.mime_limit(),
            _ => limit(preference),
        },
        all_or_none: preference.all_or_none,
        preview: preview_length(options.version, preference),
    };
    let list: Vec<Candidate> = order
        .into_iter()
        .map(|preference| candidate(preference.kind, preference))
        .collect();
    if list.is_empty() {
        // Only RTF, or MIME that is not due beside it: plain text within the same limit.
        let preference = options.preferences.first();
        return preference
            .map(|p| candidate(BodyType::Plain, p))
            .into_iter()
            .collect();
    }
    list
}

fn limit(preference: &BodyPreference) -> Limit {
    preference
        .truncation_size
        .map_or(Limit::None, |size| Limit::Octets(size.into()))
}

fn preview_length(version: ProtocolVersion, preference: &BodyPreference) -> Option<usize> {
    let length = usize::try_from(preference.preview?).unwrap_or(MAX_PREVIEW);
    (version >= ProtocolVersion::V14_0 && length > 0).then_some(length.min(MAX_PREVIEW))
}

fn within(data: &str, limit: Limit) -> bool {
    match limit {
        Limit::None => true,
        Limit::Octets(count) => data.len() as u64 <= count,
        Limit::Characters(count) => data.chars().count() as u64 <= count,
    }
}

fn shorten(data: &mut String, kind: BodyType, limit: Limit) -> bool {
    if kind == BodyType::Html {
        truncate::html(data, limit)
    } else {
        truncate::text(data, limit)
    }
}

/// Sections to ask for, each once, with the most that anyone needs.
#[derive(Default)]
struct Requests {
    list: Vec<SectionRequest>,
}

impl Requests {
    fn add(&mut self, section: &str, first: u64, size: Option<u64>) {
        // Beyond the announced size there should be nothing; sizes may lie a little.
        let first = match size {
            Some(size) if size > 0 => first.min(size.saturating_add(SLACK)),
            _ => first,
        };
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        match self
            .list
            .iter_mut()
            .find(|request| request.section == section)
        {
            Some(request) => request.first = request.first.max(first),
            None => self.list.push(SectionRequest {
                section: section.to_owned(),
                first,
            }),
        }
    }

    fn of_kind(
        &mut self,
        kind: BodyType,
        limit: Limit,
        outline: &Outline<'_>,
        size: Option<u64>,
        reach: Reach,
    ) {
        let most = limit.most_octets();
        if most == Some(0) {
            return;
        }
        match kind {
            BodyType::Mime => {
                let raw = most.unwrap_or(reach.raw).min(reach.raw);
                self.add("", raw + SLACK, size);
            }
            BodyType::Html | BodyType::Rtf => {
                let octets = most.unwrap_or(reach.text).min(reach.text);
                for part in &outline.html {
                    self.add(&part.section, encoded(part, octets), Some(part.size));
                }
            }
            BodyType::Plain => {
                let octets = most.unwrap_or(reach.text).min(reach.text);
                for part in &outline.text {
                    let octets = if part.media_type == "text/html" {
                        (octets * HTML_PER_TEXT + HTML_FOR_PREVIEW).min(reach.text)
                    } else {
                        octets
                    };
                    self.add(&part.section, encoded(part, octets), Some(part.size));
                }
            }
        }
    }

    fn preview(&mut self, outline: &Outline<'_>) {
        if let Some(part) = outline.text.first() {
            self.add(&part.section, for_preview(part), Some(part.size));
        }
    }
}

/// Transferred octets that surely hold the words of a preview.
fn for_preview(part: &Part) -> u64 {
    let is_html = part.media_type == "text/html";
    encoded(
        part,
        if is_html {
            HTML_FOR_PREVIEW
        } else {
            TEXT_FOR_PREVIEW
        },
    )
}

/// Transferred octets that hold so many octets of text.
fn encoded(part: &Part, octets: u64) -> u64 {
    let source = octets.saturating_mul(charset::widest(part.parameter("charset")));
    let encoded = match part.encoding {
        TransferEncoding::Base64 => source / 54 * 78 + 78,
        TransferEncoding::QuotedPrintable => source.saturating_mul(3) + source / 8,
        _ => source,
    };
    encoded.saturating_add(SLACK)
}

/// Makes each form of the body at most once.
struct Maker<'a> {
    content: &'a Content<'a>,
    outline: &'a Outline<'a>,
    size: Option<u64>,
    plain: Option<Text>,
    html: Option<Text>,
    mime: Option<Text>,
}

impl Maker<'_> {
    fn text(&mut self, kind: BodyType) -> &Text {
        let made = match kind {
            BodyType::Plain => &mut self.plain,
            BodyType::Html | BodyType::Rtf => &mut self.html,
            BodyType::Mime => &mut self.mime,
        };
        made.get_or_insert_with(|| match kind {
            BodyType::Plain => plain(self.content, self.outline),
            BodyType::Html | BodyType::Rtf => html(self.content, self.outline),
            BodyType::Mime => mime(self.content, self.size, self.outline.charset()),
        })
    }

    fn preview(&self, length: usize) -> Option<String> {
        let part = self.outline.text.first()?;
        let piece = self.content.part(part)?;
        if part.media_type == "text/html"
            && self.outline.html.len() == 1
            && let Some(html) = &self.html
        {
            return Some(preview::of_html(&html.data, length));
        }
        // What lies behind the first few thousand octets is not looked at.
        let enough = usize::try_from(for_preview(part)).unwrap_or(usize::MAX);
        let octets = piece.octets.get(..enough).unwrap_or(piece.octets);
        let octets = transfer::decode(octets, &part.encoding);
        let line = if part.media_type == "text/html" {
            preview::of_html(&decode_html(part, &octets), length)
        } else {
            preview::of_text(&decode_plain(part, &octets), length)
        };
        Some(line)
    }

    /// The BodyPart: the new text alone, as HTML.
    fn new_text(&mut self, preference: &BodyPreference) -> Body {
        let text = self.text(BodyType::Html);
        let (complete, size) = (text.complete, text.size);
        let new = quoted_history::new_html(&text.data);
        let all_new = new.len() == text.data.len();
        let mut data = new.to_owned();
        let cut = shorten(&mut data, BodyType::Html, limit(preference));
        let truncated = cut || all_new && !complete;
        let none = truncated && (preference.truncation_size == Some(0) || preference.all_or_none);
        Body {
            kind: BodyType::Html,
            estimated_size: if all_new { size } else { new.len() as u64 },
            truncated,
            data: (!none).then_some(data),
            preview: preference
                .preview
                .and_then(|length| self.preview(usize::try_from(length).unwrap_or(MAX_PREVIEW))),
            part: None,
        }
    }
}

fn plain(content: &Content<'_>, outline: &Outline<'_>) -> Text {
    let mut whole = Text {
        data: String::new(),
        complete: true,
        size: 0,
    };
    for part in &outline.text {
        let is_html = part.media_type == "text/html";
        whole.append(
            content,
            part,
            if is_html { 3 } else { 1 },
            |data, octets, _| {
                if !data.is_empty() && !data.ends_with('\n') {
                    data.push_str("\r\n");
                }
                if is_html {
                    data.push_str(&html_to_text(&decode_html(part, octets), Style::Full));
                } else {
                    data.push_str(&decode_plain(part, octets));
                }
            },
        );
    }
    whole
}

fn html(content: &Content<'_>, outline: &Outline<'_>) -> Text {
    if !outline.has_html() {
        let mut text = plain(content, outline);
        if !text.data.is_empty() {
            let html = text_to_html::text_to_html(&text.data);
            text.size += (html.len() - text.data.len()) as u64;
            text.data = html;
        }
        return text;
    }
    let mut whole = Text {
        data: String::new(),
        complete: true,
        size: 0,
    };
    for part in &outline.html {
        let is_html = part.media_type == "text/html";
        whole.append(content, part, 1, |data, octets, complete| {
            if is_html {
                let mut html = decode_html(part, octets);
                if !complete {
                    truncate::html_end(&mut html);
                }
                data.push_str(&html);
            } else {
                data.push_str("<div dir=\"auto\">");
                text_to_html::fragment(&decode_plain(part, octets), data);
                data.push_str("</div>");
            }
        });
    }
    whole
}

impl Text {
    /// Adds a part. Of what was not fetched, `shrink` octets of source make about one of text.
    fn append(
        &mut self,
        content: &Content<'_>,
        part: &Part,
        shrink: u64,
        add: impl FnOnce(&mut String, &[u8], bool),
    ) {
        let full = structure::decoded_size(part);
        let Some(piece) = content.part(part) else {
            self.complete &= full == 0 && !content.unknown;
            self.size += full / shrink;
            return;
        };
        let octets = transfer::decode(piece.octets, &part.encoding);
        let before = self.data.len();
        add(&mut self.data, &octets, piece.complete);
        let made = (self.data.len() - before) as u64;
        if piece.complete {
            self.size += made;
            return;
        }
        self.complete = false;
        while self.data.ends_with(char::REPLACEMENT_CHARACTER) {
            self.data.pop();
        }
        let read = (octets.len() as u64).max(1);
        self.size += (made.saturating_mul(full.max(read)) / read).max(made + 1);
    }
}

fn mime(content: &Content<'_>, size: Option<u64>, hint: Option<&str>) -> Text {
    match content.whole() {
        Some((piece, walked)) => {
            let data = mime_text(piece.octets, walked, hint);
            let length = data.len() as u64;
            let full = if piece.complete {
                length
            } else {
                size.unwrap_or(0).max(length + 1)
            };
            Text {
                data,
                complete: piece.complete,
                size: full,
            }
        }
        None => Text {
            data: String::new(),
            complete: false,
            size: size.unwrap_or(0),
        },
    }
}

fn decode_plain(part: &Part, octets: &[u8]) -> String {
    let text = charset::decode(octets, part.parameter("charset"));
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

fn decode_html(part: &Part, octets: &[u8]) -> String {
    charset::decode_html(octets, part.parameter("charset"))
}

/// Content-IDs after `cid:` (RFC 2392), undone from percent signs, lower case.
fn shown_ids(html: &str) -> HashSet<String> {
    let mut ids = HashSet::new();
    for piece in html.split("cid:").skip(1) {
        let end = piece
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | '<' | ')' | '&'))
            .unwrap_or(piece.len());
        let id = piece.get(..end).unwrap_or_default();
        if !id.is_empty() && id.len() <= MAX_ID && ids.len() < structure::MAX_ATTACHMENTS {
            ids.insert(percent_decoded(id).to_ascii_lowercase());
        }
    }
    ids
}

/// Longest Content-ID (RFC 5322 lines end at 998).
const MAX_ID: usize = 998;

fn percent_decoded(id: &str) -> String {
    let mut out = Vec::with_capacity(id.len());
    let mut rest = id.as_bytes();
    loop {
        match rest {
            [] => return String::from_utf8_lossy(&out).into_owned(),
            [b'%', high, low, after @ ..] if let Some(octet) = transfer::hex(*high, *low) => {
                out.push(octet);
                rest = after;
            }
            [octet, after @ ..] => {
                out.push(*octet);
                rest = after;
            }
        }
    }
}
