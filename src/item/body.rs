//! Which body a phone gets, how long, and what must be fetched for it (REFERENCE.md 10.1).
//!
//! The same plan is made twice: before the second fetch, to say which octets are needed, and after
//! it, to make the body out of them.

mod decode;
mod plan;

use std::collections::HashSet;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Body, BodyPart, BodyType};
use airgate_codec::imap::Part;

use crate::item::content::Content;
use crate::item::html_to_text::{Style, html_to_text};
use crate::item::mime_text::mime_text;
use crate::item::options::{BodyOptions, BodyPreference};
use crate::item::preview::{self, MAX_PREVIEW};
use crate::item::quoted_history;
use crate::item::spare_body::{Spare, spare_body};
use crate::item::structure::{self, Outline};
use crate::item::text_to_html;
use crate::item::tnef::{self, Opened};
use crate::item::transfer;
use crate::item::truncate::{self, Limit};

pub(crate) use plan::{Reach, limit, preview_length, sections};

use decode::{decode_html, decode_plain, decode_text_part};
use plan::{candidates, for_preview, native, opens_tnef, part_preference};

/// Everything about bodies in one message.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    pub(crate) body: Option<Body>,
    pub(crate) part: Option<BodyPart>,
    pub(crate) native: Option<BodyType>,
    /// The Content-IDs that the HTML shows, when all of it is known.
    pub(crate) shown_ids: Option<HashSet<String>>,
    /// What was in a winmail.dat.
    pub(crate) opened: Option<Opened>,
}

/// A body in full, as far as it was fetched.
#[derive(Clone, Debug)]
struct Text {
    data: String,
    complete: bool,
    /// Octets of all of it, estimated if it is not complete.
    size: u64,
}

/// Makes the bodies.
pub(crate) fn build(
    content: &Content<'_>,
    outline: &Outline<'_>,
    meeting: Option<&str>,
    options: &BodyOptions,
    size: Option<u64>,
) -> Bodies {
    let native = native(outline);
    let opened = outline
        .tnef
        .filter(|_| opens_tnef(options, &candidates(options, outline, native)))
        .and_then(|part| tnef::open(content, part));
    let spare = spare_body(content, outline, opened.as_ref(), meeting);
    let native = match &spare {
        Some(Spare::Html(_)) => BodyType::Html,
        Some(Spare::Plain(_)) => BodyType::Plain,
        None => native,
    };
    let mut maker = Maker {
        content,
        outline,
        size,
        spare,
        plain: None,
        html: None,
        mime: None,
    };
    let candidates = candidates(options, outline, native);
    let mut bodies = Bodies {
        native: Some(native),
        opened,
        ..Bodies::default()
    };
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
        if truncated
            && candidate.kind == BodyType::Plain
            && candidate
                .limit
                .most_octets()
                .is_some_and(|most| most <= LIST_LINE)
            && let Some(mut words) = maker.words()
        {
            truncate::text(&mut words, candidate.limit);
            data = words;
        }
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

/// Plain text cut this short is no body to read: phones show it in the list (REFERENCE.md 12,
/// quirk 11).
const LIST_LINE: u64 = 1024;

/// Makes each form of the body at most once.
struct Maker<'a> {
    content: &'a Content<'a>,
    outline: &'a Outline<'a>,
    size: Option<u64>,
    spare: Option<Spare>,
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
            BodyType::Plain => match &self.spare {
                Some(spare) => Text::of(spare.plain()),
                None => plain(self.content, self.outline, Style::Full),
            },
            BodyType::Html | BodyType::Rtf => match &self.spare {
                Some(spare) => Text::of(spare.html()),
                None => html(self.content, self.outline),
            },
            BodyType::Mime => mime(self.content, self.size, self.outline.charset()),
        })
    }

    /// The words of an HTML body: no addresses of pages, no names of pictures. `None` where the
    /// sender wrote plain text.
    fn words(&self) -> Option<String> {
        match &self.spare {
            Some(Spare::Html(html)) => return Some(html_to_text(html, Style::Words)),
            Some(Spare::Plain(_)) => return None,
            None => {}
        }
        let from_html = |part: &&Part| part.media_type == "text/html";
        self.outline
            .text
            .iter()
            .any(from_html)
            .then(|| plain(self.content, self.outline, Style::Words).data)
    }

    fn preview(&self, length: usize) -> Option<String> {
        match &self.spare {
            Some(Spare::Html(html)) => return Some(preview::of_html(html, length)),
            Some(Spare::Plain(text)) => return Some(preview::of_text(text, length)),
            None => {}
        }
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
        let octets = decode_text_part(octets, &part.encoding);
        let line = if part.media_type == "text/html" {
            preview::of_html(&decode_html(part, &octets), length)
        } else {
            preview::of_text(&decode_plain(part, &octets), length)
        };
        Some(line)
    }

    /// The BodyPart: the new text alone, as HTML.
    fn new_text(&mut self, preference: &BodyPreference) -> BodyPart {
        let text = self.text(BodyType::Html);
        let (complete, size, whole) = (text.complete, text.size, text.data.len());
        let mut data = match self.new_plain() {
            Some(new) => new,
            None => quoted_history::new_html(&self.text(BodyType::Html).data).to_owned(),
        };
        let all_new = data.len() == whole;
        // Its words are the new text's, of which the Body's preview knows nothing.
        let preview = preference
            .preview
            .filter(|_| !data.is_empty())
            .map(|length| preview::of_html(&data, usize::try_from(length).unwrap_or(MAX_PREVIEW)));
        let new_size = if all_new { size } else { data.len() as u64 };
        let cut = shorten(&mut data, BodyType::Html, limit(preference));
        let truncated = cut || all_new && !complete;
        // More was asked for than may be read, and in what was read no history begins.
        let too_large = all_new && !complete && !cut;
        let none = too_large
            || truncated && (preference.truncation_size == Some(0) || preference.all_or_none);
        let body = Body {
            kind: BodyType::Html,
            estimated_size: new_size.max(data.len() as u64),
            truncated,
            data: (!none).then_some(data),
            preview,
            part: None,
        };
        BodyPart { too_large, body }
    }

    /// The new text of a message without HTML, if it has history, as HTML.
    fn new_plain(&mut self) -> Option<String> {
        let has_html = match &self.spare {
            Some(spare) => matches!(spare, Spare::Html(_)),
            None => self.outline.has_html(),
        };
        if has_html {
            return None;
        }
        let text = &self.text(BodyType::Plain).data;
        let new = quoted_history::new_text(text);
        (new.len() < text.len()).then(|| text_to_html::text_to_html(new))
    }
}

fn plain(content: &Content<'_>, outline: &Outline<'_>, style: Style) -> Text {
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
                    data.push_str(&html_to_text(&decode_html(part, octets), style));
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
        let mut text = plain(content, outline, Style::Full);
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
    /// All of a text.
    fn of(data: String) -> Self {
        Self {
            complete: true,
            size: data.len() as u64,
            data,
        }
    }

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
        let octets = decode_text_part(piece.octets, &part.encoding);
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
        Some(piece) => {
            let data = mime_text(piece.octets, hint, || content.walked());
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

/// Content-IDs after `cid:` (RFC 2392), undone from percent signs, lower case.
pub(crate) fn shown_ids(html: &str) -> HashSet<String> {
    let mut ids = HashSet::new();
    for at in memchr::memmem::find_iter(html.as_bytes(), b"cid:") {
        let piece = html.get(at + b"cid:".len()..).unwrap_or_default();
        let end = piece
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | '<' | ')' | '&'))
            .unwrap_or(piece.len());
        let id = piece.get(..end).unwrap_or_default();
        if !id.is_empty() && id.len() <= MAX_ID && ids.len() < structure::MAX_ATTACHMENTS {
            let id = transfer::percent_decoded(id.as_bytes());
            ids.insert(String::from_utf8_lossy(&id).to_ascii_lowercase());
        }
    }
    ids
}

/// Longest Content-ID (RFC 5322 lines end at 998).
const MAX_ID: usize = 998;
