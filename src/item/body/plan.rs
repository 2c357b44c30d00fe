//! The plan for a body: in which forms it may be sent, in what order, and which octets that takes.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::BodyType;
use airgate_codec::imap::{Part, TransferEncoding};

use crate::item::charset;
use crate::item::email::SectionRequest;
use crate::item::options::{BodyOptions, BodyPreference};
use crate::item::preview::MAX_PREVIEW;
use crate::item::structure::Outline;
use crate::item::truncate::Limit;

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
pub(super) struct Candidate {
    pub(super) kind: BodyType,
    pub(super) limit: Limit,
    pub(super) all_or_none: bool,
    pub(super) preview: Option<usize>,
}

/// The sections that the options need of a message with this outline.
pub(crate) fn sections(
    outline: &Outline<'_>,
    options: &BodyOptions,
    size: Option<u64>,
    reach: Reach,
) -> Vec<SectionRequest> {
    let mut wanted = Requests::default();
    let candidates = candidates(options, outline, native(outline));
    if let Some(part) = outline.tnef.filter(|_| opens_tnef(options, &candidates)) {
        wanted.add(&part.section, reach.raw, Some(part.size));
    }
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
        if let Some(html) = outline.html.first().filter(|_| part.preview.is_some()) {
            wanted.add(&html.section, for_preview(html), Some(html.size));
        }
    }
    wanted.list
}

/// Whether what is in a winmail.dat is shown: not to Outlook, which opens it itself, and not beside
/// the message as it is, which has its own idea of attachments.
pub(super) fn opens_tnef(options: &BodyOptions, candidates: &[Candidate]) -> bool {
    let mime = candidates
        .first()
        .is_some_and(|candidate| candidate.kind == BodyType::Mime);
    !options.outlook && !mime
}

/// The sender's own form, as far as the structure tells.
pub(super) fn native(outline: &Outline<'_>) -> BodyType {
    if outline.has_html() {
        BodyType::Html
    } else {
        BodyType::Plain
    }
}

pub(super) fn part_preference(options: &BodyOptions) -> Option<&BodyPreference> {
    options
        .part_preference
        .as_ref()
        .filter(|_| options.version >= ProtocolVersion::V14_1)
}

/// The candidates in the order of choice: MIME where it is due, the sender's own form if asked for,
/// then the phone's order. RTF is never made.
pub(super) fn candidates(
    options: &BodyOptions,
    outline: &Outline<'_>,
    native: BodyType,
) -> Vec<Candidate> {
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
    let mime_is_asked = options.preferences.iter().any(|p| p.kind == BodyType::Mime);
    let candidate = |kind: BodyType, preference: &BodyPreference| Candidate {
        kind,
        limit: match (preference.truncation_size, kind) {
            (None, BodyType::Mime) => options.mime_limit(),
            _ => limit(preference),
        },
        all_or_none: preference.all_or_none,
        preview: preview_length(options.version, preference),
    };
    // S/MIME is only of use as it is, also to those who list no Type 4 and yet say that they take
    // it (REFERENCE.md 12, quirk 36).
    let sealed = (outline.seal.is_smime() && mime_is_due && !mime_is_asked).then(|| Candidate {
        kind: BodyType::Mime,
        limit: options.mime_limit(),
        all_or_none: false,
        preview: options
            .preferences
            .iter()
            .find_map(|preference| preview_length(options.version, preference)),
    });
    let list: Vec<Candidate> = sealed
        .into_iter()
        .chain(
            order
                .into_iter()
                .map(|preference| candidate(preference.kind, preference)),
        )
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

pub(crate) fn limit(preference: &BodyPreference) -> Limit {
    preference
        .truncation_size
        .map_or(Limit::None, |size| Limit::Octets(size.into()))
}

pub(crate) fn preview_length(
    version: ProtocolVersion,
    preference: &BodyPreference,
) -> Option<usize> {
    let length = usize::try_from(preference.preview?).unwrap_or(MAX_PREVIEW);
    (version >= ProtocolVersion::V14_0 && length > 0).then_some(length.min(MAX_PREVIEW))
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
pub(super) fn for_preview(part: &Part) -> u64 {
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
