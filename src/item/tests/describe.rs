//! A mail as text for a snapshot. Shared with the end-to-end tests, which compare what a phone got
//! through a real mail server with the same snapshots.

use std::fmt::Write as _;

use airgate_codec::eas::email::{Body, Email, MeetingRequest, Moment};
use airgate_codec::zone::ZoneBlob;

/// Everything but the bodies.
pub(crate) fn describe(email: &Email) -> String {
    let mut out = String::new();
    let fields = [
        ("from", &email.from),
        ("sender", &email.sender),
        ("reply to", &email.reply_to),
        ("to", &email.to),
        ("cc", &email.cc),
        ("bcc", &email.bcc),
        ("display to", &email.display_to),
        ("subject", &email.subject),
        ("topic", &email.thread_topic),
        ("class", &email.message_class),
        ("content class", &email.content_class),
    ];
    for (name, value) in fields {
        if let Some(value) = brief(value) {
            let _ = writeln!(out, "{name}: {value}");
        }
    }
    if let Some(meeting) = &email.meeting_request {
        describe_meeting(meeting, &mut out);
    }
    let hex = |octets: &Option<Vec<u8>>| {
        octets
            .as_deref()
            .unwrap_or_default()
            .iter()
            .fold(String::new(), |mut hex, octet| {
                let _ = write!(hex, "{octet:02x}");
                hex
            })
    };
    let _ = writeln!(
        out,
        "conversation: {} {}",
        hex(&email.conversation_id),
        brief(&Some(hex(&email.conversation_index))).unwrap_or_default()
    );
    let _ = writeln!(
        out,
        "received {:?}, importance {:?}, as bcc {:?}, native {:?}",
        email.date_received.map(|moment| moment.0),
        email.importance,
        email.received_as_bcc,
        email.native_body_type
    );
    for attachment in email.attachments.iter().take(12) {
        let _ = writeln!(
            out,
            "attachment {:?}: {} method {} size {}{}{}",
            attachment.display_name,
            attachment.file_reference,
            attachment.method,
            attachment.estimated_size,
            attachment
                .content_id
                .as_ref()
                .map_or_else(String::new, |id| format!(" <{id}>")),
            if attachment.is_inline { " inline" } else { "" }
        );
    }
    if email.attachments.len() > 12 {
        let _ = writeln!(out, "... {} attachments", email.attachments.len());
    }
    out
}

/// A meeting, but for the id that only versions up to 14.1 have.
fn describe_meeting(meeting: &MeetingRequest, out: &mut String) {
    let moment =
        |moment: Option<Moment>| moment.map_or_else(|| "none".into(), Moment::to_separated);
    let _ = writeln!(
        out,
        "meeting: {} to {}{}, instance {:?}, message {:?}",
        moment(meeting.start),
        moment(meeting.end),
        if meeting.all_day == Some(true) {
            ", all day"
        } else {
            ""
        },
        meeting.instance_type,
        meeting.message_type,
    );
    let _ = writeln!(
        out,
        "  uid {:?}, stamp {}, of {}",
        meeting.uid,
        moment(Some(meeting.stamp)),
        moment(meeting.recurrence_id),
    );
    let _ = writeln!(out, "  organizer {:?}", meeting.organizer);
    let _ = writeln!(
        out,
        "  answer {:?}, no counter {:?}, sensitivity {:?}, busy {:?}, reminder {:?}",
        meeting.response_requested,
        meeting.disallow_new_time_proposal,
        meeting.sensitivity,
        meeting.busy_status,
        meeting.reminder,
    );
    if let Some(location) = &meeting.location {
        let _ = writeln!(
            out,
            "  at {:?} {:?} {:?}",
            location.display_name, location.latitude, location.longitude
        );
    }
    if let Some(recurrence) = &meeting.recurrence {
        let _ = writeln!(out, "  {recurrence:?}");
    }
    let zone = ZoneBlob::read(&meeting.time_zone).unwrap_or_default();
    let _ = writeln!(out, "  zone {:?} {:?}", zone.standard_name, zone.rules());
    if meeting.proposed_start.is_some() {
        let (start, end) = (meeting.proposed_start, meeting.proposed_end);
        let _ = writeln!(out, "  proposed {} to {}", moment(start), moment(end));
    }
}

/// One body: its kind, its size and its beginning.
pub(crate) fn describe_body(name: &str, body: Option<&Body>, out: &mut String) {
    let Some(body) = body else {
        let _ = writeln!(out, "{name}: none");
        return;
    };
    let _ = writeln!(
        out,
        "{name}: {:?}, size {}{}",
        body.kind,
        body.estimated_size,
        if body.truncated { ", truncated" } else { "" }
    );
    if let Some(data) = &body.data {
        let _ = writeln!(out, "{}", shown(data));
    }
    if let Some(preview) = &body.preview {
        let _ = writeln!(out, "  preview: {}", shown(preview).trim_start());
    }
}

/// Text of a snapshot: its beginning, one line per line, invisible characters shown.
fn shown(text: &str) -> String {
    const MOST: usize = 700;
    let mut out = String::new();
    for (index, line) in text
        .chars()
        .take(MOST)
        .collect::<String>()
        .split("\r\n")
        .enumerate()
    {
        let line: String = line
            .chars()
            .map(|c| {
                if c.is_control() || is_invisible(c) {
                    c.escape_default().to_string()
                } else {
                    c.into()
                }
            })
            .collect();
        let start = if index == 0 { "  | " } else { "\n  | " };
        out.push_str(start);
        out.push_str(&line);
    }
    if text.chars().count() > MOST {
        let _ = write!(out, "… ({} octets)", text.len());
    }
    out
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{34F}' | '\u{FEFF}')
}

fn brief(text: &Option<String>) -> Option<String> {
    const MOST: usize = 150;
    let text = text.as_ref()?;
    let length = text.chars().count();
    if length <= MOST {
        return Some(text.clone());
    }
    Some(format!(
        "{}… ({length} characters)",
        text.chars().take(MOST).collect::<String>()
    ))
}
