//! MessageClass and ContentClass (REFERENCE.md 11.1.1): what a phone opens a message as.

use crate::item::charset;
use crate::item::content::Content;
use crate::item::structure::{Outline, Seal};
use crate::item::transfer;

/// Octets of a report or calendar part that hold what is looked for.
pub(crate) const ENOUGH: u32 = 16 * 1024;

const MESSAGE: &str = "urn:content-classes:message";
const CALENDAR: &str = "urn:content-classes:calendarmessage";

/// MessageClass and ContentClass.
pub(crate) fn classes(
    content: &Content<'_>,
    outline: &Outline<'_>,
) -> (&'static str, &'static str) {
    let class = match outline.seal {
        Seal::SmimeSigned => "IPM.Note.SMIME.MultipartSigned",
        Seal::Smime => "IPM.Note.SMIME",
        Seal::SmimeReceipt => "IPM.Note.Receipt.SMIME",
        Seal::Pgp | Seal::None => {
            if let Some(class) = report(content, outline) {
                class
            } else if let Some(class) = answerable(content, outline) {
                return (class, CALENDAR);
            } else if is_voice(content) {
                "IPM.Note.Microsoft.Voicemail"
            } else {
                "IPM.Note"
            }
        }
    };
    (class, MESSAGE)
}

/// The parts whose content decides, and are not fetched for the body.
pub(crate) fn sections(outline: &Outline<'_>) -> Vec<String> {
    if outline.seal.is_smime() {
        return Vec::new();
    }
    let report = outline.report.map(|(_, part)| part.section.clone());
    let calendar = outline
        .calendar
        .filter(|part| {
            MEETING_REQUESTS
                && part
                    .parameter("method")
                    .is_none_or(|m| m.eq_ignore_ascii_case("reply"))
        })
        .map(|part| part.section.clone());
    report.into_iter().chain(calendar).collect()
}

/// RFC 3464 and RFC 8098.
fn report(content: &Content<'_>, outline: &Outline<'_>) -> Option<&'static str> {
    let (kind, part) = outline.report?;
    let text = content
        .part(part)
        .map(|piece| transfer::decode(piece.octets, &part.encoding))
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let value = |name: &'static str| {
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .filter(move |(field, _)| field.trim() == name)
            .map(|(_, value)| value.trim())
    };
    if kind == "disposition-notification" {
        let disposition = value("disposition").next().unwrap_or_default();
        return Some(
            if disposition.contains("deleted") && !disposition.contains("displayed") {
                "REPORT.IPM.NOTE.IPNNRN"
            } else {
                "REPORT.IPM.NOTE.IPNRN"
            },
        );
    }
    // One failed recipient makes the report a failure.
    let actions: Vec<&str> = value("action").collect();
    let any = |word: &str| actions.iter().any(|action| action.starts_with(word));
    Some(if any("failed") || actions.is_empty() {
        "REPORT.IPM.NOTE.NDR"
    } else if any("delayed") {
        "REPORT.IPM.NOTE.DELAYED"
    } else {
        "REPORT.IPM.NOTE.DR"
    })
}

/// Whether a message goes out with its MeetingRequest. While it does not, its class must not
/// promise one: AOSP's mail shows its answer buttons by the class alone and then reads what is not
/// there, and an answer would find no meeting.
const MEETING_REQUESTS: bool = false;

fn answerable(content: &Content<'_>, outline: &Outline<'_>) -> Option<&'static str> {
    MEETING_REQUESTS
        .then(|| meeting(content, outline))
        .flatten()
}

/// RFC 6047: a text/calendar part with a METHOD.
fn meeting(content: &Content<'_>, outline: &Outline<'_>) -> Option<&'static str> {
    let part = outline.calendar?;
    let attached = part
        .disposition
        .as_ref()
        .is_some_and(|d| d.kind == "attachment");
    let parameter = part.parameter("method");
    if attached && parameter.is_none() {
        return None;
    }
    let mut properties = None;
    let read = || {
        let piece = content.part(part)?;
        let octets = transfer::decode(piece.octets, &part.encoding);
        let text = charset::decode(&octets, part.parameter("charset"));
        Some(unfold(&text))
    };
    let method = match parameter {
        Some(method) => method.to_ascii_uppercase(),
        None => {
            properties = read();
            let text = properties.as_deref()?;
            line_value(text, "METHOD")?.to_ascii_uppercase()
        }
    };
    Some(match method.as_str() {
        "REQUEST" | "PUBLISH" => "IPM.Schedule.Meeting.Request",
        "CANCEL" => "IPM.Schedule.Meeting.Canceled",
        "COUNTER" => "IPM.Schedule.Meeting.Resp.Tent",
        "REPLY" => {
            let text = properties
                .or_else(read)
                .unwrap_or_default()
                .to_ascii_uppercase();
            if text.contains("PARTSTAT=DECLINED") {
                "IPM.Schedule.Meeting.Resp.Neg"
            } else if text.contains("PARTSTAT=TENTATIVE") {
                "IPM.Schedule.Meeting.Resp.Tent"
            } else {
                "IPM.Schedule.Meeting.Resp.Pos"
            }
        }
        _ => return None,
    })
}

fn is_voice(content: &Content<'_>) -> bool {
    let headers = content.headers();
    let says = |name: &str, word: &str| {
        headers
            .text(name, None)
            .is_some_and(|value| value.to_ascii_lowercase().contains(word))
    };
    says("Content-Class", "voice") || says("Message-Context", "voice-message")
}

/// RFC 5545 3.1.
fn unfold(text: &str) -> String {
    text.replace("\r\n ", "")
        .replace("\r\n\t", "")
        .replace("\n ", "")
        .replace("\n\t", "")
}

fn line_value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

#[cfg(test)]
mod tests {
    use airgate_codec::imap::{Fetched, FetchedSection, Structure};

    use super::*;

    #[test]
    fn meetings_are_told_by_their_method() {
        for (mail, class) in [
            (
                &include_bytes!("../../fixtures/mail/invitation-google.eml")[..],
                Some("IPM.Schedule.Meeting.Request"),
            ),
            (
                include_bytes!("../../fixtures/mail/invitation-cancelled.eml"),
                Some("IPM.Schedule.Meeting.Canceled"),
            ),
            (
                include_bytes!("../../fixtures/mail/invitation-reply-declined.eml"),
                Some("IPM.Schedule.Meeting.Resp.Neg"),
            ),
            (
                include_bytes!("../../fixtures/mail/calendar-attached.eml"),
                None,
            ),
        ] {
            let message = Fetched {
                structure: Some(Structure::Opaque),
                sections: vec![FetchedSection {
                    section: String::new(),
                    origin: None,
                    octets: Some(mail.to_vec()),
                }],
                ..Fetched::default()
            };
            let content = Content::new(&message, &[]);
            let outline = Outline::of(content.root());
            assert_eq!(meeting(&content, &outline), class);
        }
    }
}
