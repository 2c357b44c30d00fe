//! MessageClass and ContentClass (REFERENCE.md 11.1.1): what a phone opens a message as.

use crate::item::content::Content;
use crate::item::meeting::Invitation;
use crate::item::structure::{Outline, Seal};
use crate::item::transfer;

/// Octets of a report that hold what is looked for.
pub(crate) const ENOUGH: u32 = 16 * 1024;

const MESSAGE: &str = "urn:content-classes:message";
const CALENDAR: &str = "urn:content-classes:calendarmessage";

/// MessageClass and ContentClass.
pub(crate) fn classes(
    content: &Content<'_>,
    outline: &Outline<'_>,
    invitation: Option<&Invitation>,
) -> (&'static str, &'static str) {
    let class = match outline.seal {
        Seal::SmimeSigned => "IPM.Note.SMIME.MultipartSigned",
        Seal::Smime => "IPM.Note.SMIME",
        Seal::SmimeReceipt => "IPM.Note.Receipt.SMIME",
        Seal::Pgp | Seal::None => {
            if let Some(class) = report(content, outline) {
                class
            } else if let Some(invitation) = invitation {
                return (invitation.class, CALENDAR);
            } else if is_voice(content) {
                "IPM.Note.Microsoft.Voicemail"
            } else {
                "IPM.Note"
            }
        }
    };
    (class, MESSAGE)
}

/// The part whose content decides, and is not fetched for the body.
pub(crate) fn section(outline: &Outline<'_>) -> Option<String> {
    if outline.seal.is_smime() {
        return None;
    }
    outline.report.map(|(_, part)| part.section.clone())
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

fn is_voice(content: &Content<'_>) -> bool {
    let headers = content.headers();
    let says = |name: &str, word: &str| {
        headers
            .text(name, None)
            .is_some_and(|value| value.to_ascii_lowercase().contains(word))
    };
    says("Content-Class", "voice") || says("Message-Context", "voice-message")
}
