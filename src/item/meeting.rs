//! Invitations, answers and cancellations: the text/calendar part of a mail (RFC 6047) as the
//! MeetingRequest, class and words a phone shows (REFERENCE.md 11.1.1, 11.1.2).
//!
//! And what is said back, or sent round: answers ([`Answer`]), updates that come by mail
//! ([`Incoming`]), an organizer's messages ([`Organizer`]).
//!
//! A part that is broken, hostile or about something else gives nothing: then the mail is an
//! ordinary one and the part an attachment like any other (T18, T19, T59).

mod alarm;
mod announce;
mod event;
pub(super) mod ids;
mod letter;
pub(super) mod people;
pub(super) mod place;
mod reply;
pub(super) mod status;
pub(super) mod stored;
mod update;
pub(super) mod when;

use airgate_codec::eas::Moment;
use airgate_codec::eas::email::MeetingRequest;
use airgate_codec::imap::Part;
use airgate_codec::vobject::{Component, Document, Limits};
use jiff::tz::TimeZone;

use crate::item::charset;
use crate::item::content::Content;
use crate::item::email::SectionRequest;
use crate::item::html_to_text::{Style, html_to_text};
use crate::item::structure::Outline;
use crate::item::timezone::Zones;
use crate::item::transfer;

pub use announce::{
    Guest, Organizer, invites, is_meeting, people_of, silenced, unsilenced, with_guests,
};
pub use ids::{global_object_id, uid_of_global_object_id};
pub use letter::{Letter, subject_of_answer, subject_of_message};
pub use reply::{Answer, Choice, Message, Words, in_calendar, to_organizer};
pub use stored::NoMeeting;
pub use update::{Incoming, apply, as_object, concerns, uid_of};

/// What a mail says about a meeting.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    pub class: &'static str,
    pub request: MeetingRequest,
    /// What the organizer wrote, for a mail without any text of its own.
    pub words: Option<String>,
    /// The part it was read from.
    pub(crate) section: String,
}

/// What is to be known besides the part.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The user's own address.
    pub account_address: &'a str,
    /// The user's own zone, in which times without any are.
    pub time_zone: &'a TimeZone,
    /// When the mail arrived, for a meeting that does not say when it was written.
    pub received: Moment,
    /// The sender, for a meeting without an organizer.
    pub from: Option<&'a str>,
}

/// What the mail is for (RFC 5546 1.4). What only machines exchange (REFRESH, DECLINECOUNTER) is
/// an ordinary mail to people.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Method {
    Request,
    Publish,
    Add,
    Cancel,
    Reply,
    Counter,
}

/// Transferred octets of a calendar part that are fetched for a page of mails: ten times what an
/// invitation of 200 people has. What is cut off is mostly an attached file.
const MAX_FETCHED: u64 = 256 * 1024;
/// Asked for beyond the announced size: if less comes, that was all.
const SLACK: u64 = 512;

/// The section that must be fetched to know the meeting.
pub(crate) fn section(outline: &Outline<'_>) -> Option<SectionRequest> {
    let part = part(outline)?;
    let first = if part.size == 0 {
        MAX_FETCHED
    } else {
        part.size.saturating_add(SLACK).min(MAX_FETCHED)
    };
    Some(SectionRequest {
        section: part.section.clone(),
        first: u32::try_from(first).unwrap_or(u32::MAX),
    })
}

/// The meeting of a mail, from the octets of [`section`].
pub(crate) fn of_mail(
    content: &Content<'_>,
    outline: &Outline<'_>,
    around: &Around<'_>,
) -> Option<Invitation> {
    let part = part(outline)?;
    let (mut text, complete) = text(content, part)?;
    if !complete {
        // The last line may be half of one.
        text.truncate(text.rfind('\n')?);
    }
    let invitation = invitation(text.as_bytes(), part.parameter("method"), around)?;
    Some(Invitation {
        section: part.section.clone(),
        ..invitation
    })
}

/// The calendar part of a mail in UTF-8, if it is here to its end: half a meeting can be shown, but
/// not kept.
pub(crate) fn whole(content: &Content<'_>, outline: &Outline<'_>) -> Option<String> {
    let (text, complete) = text(content, part(outline)?)?;
    complete.then_some(text)
}

fn text(content: &Content<'_>, part: &Part) -> Option<(String, bool)> {
    let piece = content.part(part)?;
    let octets = transfer::decode(piece.octets, &part.encoding);
    let text = charset::decode(&octets, part.parameter("charset"));
    Some((text, piece.complete))
}

/// The MeetingRequest of a calendar object in UTF-8.
pub fn meeting_request(part: &[u8], around: &Around<'_>) -> Option<MeetingRequest> {
    invitation(part, None, around).map(|invitation| invitation.request)
}

/// The meeting of a calendar object in UTF-8. `method` is that of the part's header, which counts.
pub fn invitation(octets: &[u8], method: Option<&str>, around: &Around<'_>) -> Option<Invitation> {
    let document = Document::parse_within(octets, Limits::INVITATION).ok()?;
    let calendar = document.component("VCALENDAR")?;
    let own = calendar.property("METHOD").map(|method| method.text());
    let method = Method::parse(method.or(own.as_deref())?)?;
    let event = main_event(&calendar)?;
    let class = class(method, &event, around)?;
    let zones = Zones::read(&calendar, around.time_zone.clone());
    let request = event::request(method, &event, &zones, around)?;
    Some(Invitation {
        class,
        request,
        words: words(&event),
        section: String::new(),
    })
}

/// The part that is read: the first calendar one, unless it is just a file.
fn part<'a>(outline: &Outline<'a>) -> Option<&'a Part> {
    let part = outline.calendar?;
    let attached = part
        .disposition
        .as_ref()
        .is_some_and(|disposition| disposition.kind == "attachment");
    let is_file = attached && part.parameter("method").is_none();
    (!outline.seal.is_smime() && !is_file).then_some(part)
}

/// The series itself where there is one, else the first occurrence.
fn main_event<'d>(calendar: &Component<'d>) -> Option<Component<'d>> {
    /// Events of one object that are looked at: a series and its exceptions.
    const MAX_EVENTS: usize = 1000;
    let events = || {
        calendar
            .components()
            .filter(|component| component.name() == "VEVENT")
            .take(MAX_EVENTS)
    };
    events()
        .find(|event| event.property("RECURRENCE-ID").is_none())
        .or_else(|| events().next())
}

fn class(method: Method, event: &Component<'_>, around: &Around<'_>) -> Option<&'static str> {
    Some(match method {
        Method::Request | Method::Publish | Method::Add => "IPM.Schedule.Meeting.Request",
        Method::Cancel => "IPM.Schedule.Meeting.Canceled",
        Method::Counter => "IPM.Schedule.Meeting.Resp.Tent",
        Method::Reply => match people::answer(event, around)?.as_str() {
            "ACCEPTED" => "IPM.Schedule.Meeting.Resp.Pos",
            "TENTATIVE" => "IPM.Schedule.Meeting.Resp.Tent",
            "DECLINED" => "IPM.Schedule.Meeting.Resp.Neg",
            // Passed on to someone else, or no answer yet: the mail's text says it better.
            _ => return None,
        },
    })
}

fn words(event: &Component<'_>) -> Option<String> {
    let text = |name: &str| event.property(name).map(|property| property.text());
    let html = || {
        let html = event.property("X-ALT-DESC")?;
        Some(html_to_text(&html.text(), Style::Full))
    };
    text("DESCRIPTION")
        .or_else(html)
        .or_else(|| text("COMMENT"))
        .filter(|words| !words.trim().is_empty())
}

impl Method {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_uppercase().as_str() {
            "REQUEST" => Self::Request,
            "PUBLISH" => Self::Publish,
            "ADD" => Self::Add,
            "CANCEL" => Self::Cancel,
            "REPLY" => Self::Reply,
            "COUNTER" => Self::Counter,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
