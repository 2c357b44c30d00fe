//! One message as a phone sees it: [`Fetched`] in, [`Email`] out (REFERENCE.md 11.1).
//!
//! Two passes: [`HEADER_FIELDS`], flags, dates and structure first; then what [`sections_wanted`]
//! names; then [`email`] over both answers merged. Nothing here fails: whatever is missing or
//! broken, the message appears (T14, T59).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Attachment, Body, BodyType, Email, Moment};
use airgate_codec::imap::{Fetched, Flags};
use jiff::tz::TimeZone;
use mail_parser::DateTime;

use crate::item::address::Addresses;
use crate::item::believed::believed;
use crate::item::body::{self, Bodies, Reach};
use crate::item::categories;
use crate::item::content::Content;
use crate::item::conversation::{Thread, conversation_index, topic};
use crate::item::headers::Headers;
use crate::item::meeting::{self, Around, Invitation};
use crate::item::message_class;
use crate::item::mime_text::with_crlf;
use crate::item::structure::{self, Found, Outline};
use crate::item::tnef::Opened;

pub use crate::item::options::{BodyOptions, BodyPreference};

/// The header fields to ask for: `BODY.PEEK[HEADER.FIELDS (…)]`.
pub const HEADER_FIELDS: &[&str] = &[
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Thread-Topic",
    "Thread-Index",
    "Importance",
    "X-Priority",
    "X-MSMail-Priority",
    "Priority",
    "Content-Class",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Message-Context",
];

/// Octets of one section to fetch, from its beginning.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SectionRequest {
    /// As in `BODY.PEEK[…]`; empty for the whole message.
    pub section: String,
    /// `<0.first>`. If less comes, that was the whole section.
    pub first: u32,
}

/// What translation must know besides the message.
pub struct Context<'a> {
    /// The user's own address.
    pub account_address: &'a str,
    /// Makes the FileReference of a section; the empty section is the whole message.
    pub reference: &'a dyn Fn(&str) -> String,
    /// The user's own zone: that of meetings at times without any.
    pub time_zone: &'a TimeZone,
}

/// Longest subject sent. Real ones have below 255 characters; a megabyte of it is an attack (T15).
const MAX_SUBJECT: usize = 1024;
/// Who wrote a message that does not tell. An address of the kind that reaches nobody (RFC 2606).
const NOBODY: &str = "\"(unknown sender)\" <unknown@sender.invalid>";
/// Everything we convert is UTF-8.
const UTF_8_CODE_PAGE: u32 = 65001;

/// What the second fetch must bring for a Sync, a Search or the like.
pub fn sections_wanted(message: &Fetched, options: &BodyOptions) -> Vec<SectionRequest> {
    wanted(message, options, Reach::SYNC)
}

/// What the second fetch must bring for an ItemOperations Fetch, which may be much longer.
pub fn fetch_sections(message: &Fetched, options: &BodyOptions) -> Vec<SectionRequest> {
    wanted(message, options, Reach::FETCH)
}

/// All properties of a message. `message` holds the answers of both passes.
pub fn email(message: &Fetched, options: &BodyOptions, context: &Context<'_>) -> Email {
    translate(message, options, context, Reach::SYNC)
}

/// The same for ItemOperations, from the octets of [`fetch_sections`].
pub fn fetch_body(message: &Fetched, options: &BodyOptions, context: &Context<'_>) -> Email {
    translate(message, options, context, Reach::FETCH)
}

/// The properties that flags alone decide: all that a Change sends when only flags changed
/// ([MS-ASEMAIL] 3.2.4.1). IMAP keeps no time of a flag, so `when` it was seen has to do.
pub fn changed_properties(flags: &Flags, when: Option<Moment>) -> Email {
    let mut flag = categories::follow_up(flags);
    if flag.status == 1 {
        // Completion needs a time ([MS-ASEMAIL] 2.2.2.23).
        flag.complete_time = when;
        flag.date_completed = when;
    }
    let verb = if flags.answered {
        Some(1)
    } else {
        categories::is_forwarded(flags).then_some(3)
    };
    // The verb and its time belong together.
    let last_verb = verb.filter(|_| when.is_some());
    Email {
        read: Some(flags.seen),
        flag: Some(flag),
        categories: Some(categories::categories(flags)),
        last_verb,
        last_verb_time: when.filter(|_| last_verb.is_some()),
        ..Email::default()
    }
}

/// The calendar part of a message, from what [`fetch_sections`] asked for, or [`sections_wanted`] if
/// `paged`.
pub fn calendar_part(message: &Fetched, options: &BodyOptions, paged: bool) -> Option<String> {
    let requested = if paged {
        sections_wanted(message, options)
    } else {
        fetch_sections(message, options)
    };
    let content = Content::new(message, &requested);
    let outline = Outline::of(content.root());
    meeting::whole(&content, &outline)
}

/// A readable stand-in for a message that could not be translated or delivered (T59): who wrote,
/// about what, and why there is no more.
pub fn stub(message: &Fetched, reason: &str) -> Email {
    let requested = Vec::new();
    // The structure or the body may be the poison: look at neither.
    let bare = Fetched {
        uid: message.uid,
        flags: message.flags.clone(),
        internal_date: message.internal_date,
        size: message.size,
        sections: message
            .sections
            .iter()
            .filter(|section| section.section.starts_with("HEADER"))
            .cloned()
            .collect(),
        ..Fetched::default()
    };
    let content = Content::new(&bare, &requested);
    let mut email = head(&bare, &content.headers(), None, "");
    let text = with_crlf(&crate::item::legal::legalise(format!(
        "This message could not be shown on this device: {reason}\n\n\
         It is unchanged in the mailbox and can be read with another mail program.\n"
    )));
    email
        .subject
        .get_or_insert_with(|| "(message cannot be shown)".into());
    email.message_class = Some("IPM.Note".into());
    email.content_class = Some("urn:content-classes:message".into());
    email.native_body_type = Some(BodyType::Plain);
    email.body = Some(Body {
        kind: BodyType::Plain,
        estimated_size: text.len() as u64,
        truncated: false,
        data: Some(text),
        preview: None,
        part: None,
    });
    email
}

fn wanted(message: &Fetched, options: &BodyOptions, reach: Reach) -> Vec<SectionRequest> {
    let Some(root) = believed(message) else {
        // Only the raw message tells what it is made of (T1, T68).
        let size = message.size.filter(|&size| size > 0);
        let first = size
            .map_or(reach.raw, |size| size.saturating_add(1))
            .min(reach.raw);
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        return vec![SectionRequest {
            section: String::new(),
            first,
        }];
    };
    let outline = Outline::of(root);
    let mut sections = body::sections(&outline, options, message.size, reach);
    let report = message_class::section(&outline).map(|section| SectionRequest {
        section,
        first: message_class::ENOUGH,
    });
    for request in report.into_iter().chain(meeting::section(&outline)) {
        if !sections
            .iter()
            .any(|other| other.section == request.section)
        {
            sections.push(request);
        }
    }
    sections
}

fn translate(
    message: &Fetched,
    options: &BodyOptions,
    context: &Context<'_>,
    reach: Reach,
) -> Email {
    let requested = wanted(message, options, reach);
    let content = Content::new(message, &requested);
    let outline = Outline::of(content.root());
    let mut email = head(
        message,
        &content.headers(),
        outline.charset(),
        context.account_address,
    );
    let around = Around {
        account_address: context.account_address,
        time_zone: context.time_zone,
        received: email.date_received.unwrap_or_default(),
        from: email.from.as_deref(),
    };
    let invitation = meeting::of_mail(&content, &outline, &around);
    let (class, content_class) = message_class::classes(&content, &outline, invitation.as_ref());
    email.message_class = Some(class.into());
    email.content_class = Some(content_class.into());
    if options.version >= ProtocolVersion::V16_0 {
        email.is_draft = message.flags.as_ref().map(|flags| flags.draft);
    }
    let invitation = invitation.filter(|invitation| invitation.class == class);
    let words = invitation
        .as_ref()
        .and_then(|invitation| invitation.words.as_deref());
    let bodies = body::build(&content, &outline, words, options, message.size);
    email.attachments = attachments(
        message,
        &content,
        &outline,
        &bodies,
        invitation.as_ref(),
        context,
    );
    email.meeting_request = invitation.map(|invitation| Box::new(invitation.request));
    email.body = bodies.body;
    email.body_part = bodies.part;
    email.native_body_type = bodies.native;
    email
}

/// The properties of flags, dates and header fields.
fn head(
    message: &Fetched,
    headers: &Headers<'_>,
    charset: Option<&str>,
    account_address: &str,
) -> Email {
    let list = |name: &str| Addresses::read(headers.raw(name).unwrap_or_default(), charset);
    let (from, sender, to, cc, bcc) = (
        list("From"),
        list("Sender"),
        list("To"),
        list("Cc"),
        list("Bcc"),
    );
    let subject = headers
        .text("Subject", charset)
        .map(|subject| shortened(&subject));
    // Android's mail stumbles over a message without From (REFERENCE.md 12, quirk 30).
    let from_line = from
        .line()
        .or_else(|| sender.line())
        .or_else(|| list("Reply-To").line())
        .or_else(|| Some(NOBODY.into()));
    let date = date(headers);
    let received = message.internal_date.or(date);
    let bare_subject = subject.as_deref().unwrap_or_default();
    let thread_topic = headers
        .text("Thread-Topic", charset)
        .map(|topic| shortened(&topic))
        .filter(|topic| !topic.is_empty())
        .unwrap_or_else(|| topic(bare_subject).to_owned());
    let thread = Thread::from_headers(message.thread_id.as_deref(), headers);
    let sent = date.or(message.internal_date).unwrap_or(0);
    let mut email = Email {
        display_to: to.display(),
        to: to.line(),
        cc: cc.line(),
        bcc: bcc.line(),
        reply_to: list("Reply-To").line_of_replies(),
        sender: sender.line().filter(|_| {
            sender
                .mailboxes
                .first()
                .is_some_and(|sender| !from.contains(&sender.address))
        }),
        from: from_line,
        thread_topic: Some(thread_topic),
        subject,
        date_received: received.map(|seconds| Moment(seconds.saturating_mul(1000))),
        importance: Some(importance(headers)),
        internet_cpid: Some(UTF_8_CODE_PAGE),
        conversation_id: Some(thread.id()),
        conversation_index: Some(conversation_index(headers, sent)),
        ..Email::default()
    };
    // Only a Bcc header proves it: lists and aliases, too, deliver to people in neither To nor Cc.
    let blind = !account_address.is_empty()
        && bcc.contains(account_address)
        && ![&from, &to, &cc]
            .into_iter()
            .any(|list| list.contains(account_address));
    email.received_as_bcc = blind.then_some(true);
    if let Some(flags) = &message.flags {
        let flagged = changed_properties(flags, email.date_received);
        email.read = flagged.read;
        email.categories = flagged.categories;
        email.flag = flagged.flag;
        email.last_verb = flagged.last_verb;
        email.last_verb_time = flagged.last_verb_time;
    }
    email
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_SUBJECT).collect()
}

/// The Date header in seconds since 1970.
fn date(headers: &Headers<'_>) -> Option<i64> {
    /// No date is longer, comments included.
    const MAX_DATE: usize = 200;
    let value = headers.raw("Date")?;
    let value = String::from_utf8_lossy(value.get(..MAX_DATE).unwrap_or(value));
    DateTime::parse_rfc822(&value)
        .filter(DateTime::is_valid)
        .map(|date| date.to_timestamp())
}

/// 0 low, 1 normal, 2 high, from the four fields in use. Always sent: Android 2.2 reads absence as 0.
fn importance(headers: &Headers<'_>) -> u8 {
    for name in ["Importance", "X-Priority", "X-MSMail-Priority", "Priority"] {
        let Some(value) = headers.text(name, None) else {
            continue;
        };
        let word: String = value
            .to_ascii_lowercase()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        return match word.as_str() {
            "1" | "2" | "high" | "highest" | "urgent" => 2,
            "4" | "5" | "low" | "lowest" | "non-urgent" => 0,
            _ => 1,
        };
    }
    1
}

fn attachments(
    message: &Fetched,
    content: &Content<'_>,
    outline: &Outline<'_>,
    bodies: &Bodies,
    invitation: Option<&Invitation>,
    context: &Context<'_>,
) -> Vec<Attachment> {
    // What the phone shows as a meeting is no file beside it.
    let meeting = invitation.map(|invitation| invitation.section.as_str());
    let shown = shown_parts(outline, bodies.opened.as_ref());
    let overflow = outline.overflow || shown.len() > structure::MAX_ATTACHMENTS;
    let mut attachments: Vec<Attachment> = shown
        .iter()
        .take(structure::MAX_ATTACHMENTS)
        .filter(|found| meeting != Some(found.part.section.as_str()))
        .enumerate()
        .map(|(index, found)| {
            let part = found.part;
            Attachment {
                display_name: structure::display_name(part, index + 1),
                file_reference: (context.reference)(&part.section),
                client_id: None,
                method: structure::method(part),
                estimated_size: structure::decoded_size(part),
                content_id: part.id.clone().filter(|id| !id.is_empty()).map(clean),
                content_location: part.location.clone().filter(|l| !l.is_empty()).map(clean),
                is_inline: is_inline(found, bodies),
            }
        })
        .collect();
    let rough = content.is_rough() && {
        let whole = content.whole().is_some_and(|piece| piece.complete);
        !whole || content.walked().is_none_or(|walked| walked.cut)
    };
    if overflow || rough {
        // Not everything could be listed: the message itself can be opened instead (T14).
        attachments.push(Attachment {
            display_name: "message.eml".into(),
            file_reference: (context.reference)(""),
            method: 5,
            estimated_size: message.size.unwrap_or(0),
            ..Attachment::default()
        });
    }
    attachments
}

/// The attachments, with what is in a winmail.dat in its place.
fn shown_parts<'a>(outline: &Outline<'a>, opened: Option<&'a Opened>) -> Vec<Found<'a>> {
    let Some(opened) = opened else {
        return outline.attachments.clone();
    };
    let mut shown = Vec::new();
    for found in &outline.attachments {
        if found.part.section != opened.container {
            shown.push(*found);
            continue;
        }
        shown.extend(opened.parts.iter().map(|part| Found {
            part,
            related: part.id.is_some(),
        }));
        if !opened.whole {
            shown.push(*found);
        }
    }
    shown
}

fn clean(text: String) -> String {
    let text = crate::item::legal::legalise(text);
    text.chars()
        .filter(|c| !c.is_control())
        .take(MAX_SUBJECT)
        .collect()
}

/// Shown by the HTML. Without the HTML at hand the structure must do.
fn is_inline(found: &Found<'_>, bodies: &Bodies) -> bool {
    let Some(id) = found.part.id.as_deref().filter(|id| !id.is_empty()) else {
        return false;
    };
    match &bodies.shown_ids {
        Some(ids) => ids.contains(&id.to_ascii_lowercase()),
        None => {
            let attached = found
                .part
                .disposition
                .as_ref()
                .is_some_and(|d| d.kind == "attachment");
            found.related && !attached && found.part.media_type.starts_with("image/")
        }
    }
}
