//! What a phone shows of a message that has no text of its own: what Outlook packed away, what a
//! meeting's organizer wrote, what a report says to machines, or in a few words why there is nothing to read.

use airgate_codec::imap::Part;

use crate::item::believed;
use crate::item::charset;
use crate::item::content::Content;
use crate::item::html_to_text::{Style, html_to_text};
use crate::item::mime_text::with_crlf;
use crate::item::structure::{Outline, Seal};
use crate::item::text_to_html::text_to_html;
use crate::item::tnef::Opened;
use crate::item::transfer;

/// A body from elsewhere.
#[derive(Clone, Debug)]
pub(crate) enum Spare {
    Plain(String),
    Html(String),
}

impl Spare {
    pub(crate) fn plain(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Html(html) => html_to_text(html, Style::Full),
        }
    }

    pub(crate) fn html(&self) -> String {
        match self {
            Self::Plain(text) => text_to_html(text),
            Self::Html(html) => html.clone(),
        }
    }
}

/// The body to show instead; `None` if the message has one, or is just files.
pub(crate) fn spare_body(
    content: &Content<'_>,
    outline: &Outline<'_>,
    opened: Option<&Opened>,
    meeting: Option<&str>,
) -> Option<Spare> {
    if has_text(outline) || content.unknown {
        return None;
    }
    if let Some(body) = opened.and_then(|opened| opened.body.clone()) {
        return Some(body);
    }
    if let Some(words) = meeting {
        return Some(Spare::Plain(with_crlf(words)));
    }
    let text = explanation(content.root(), outline.seal).or_else(|| report(content, outline))?;
    Some(Spare::Plain(with_crlf(&text)))
}

fn has_text(outline: &Outline<'_>) -> bool {
    let mut parts = outline.text.iter().chain(&outline.html);
    parts.any(|part| believed::holds_octets(part))
}

/// What only machines read of a report is better than nothing.
fn report(content: &Content<'_>, outline: &Outline<'_>) -> Option<String> {
    let (_, part) = outline.report?;
    let piece = content.part(part)?;
    let octets = transfer::decode(piece.octets, &part.encoding);
    Some(charset::decode(&octets, Some("utf-8")))
}

/// Why there is nothing to read, and what helps.
fn explanation(root: &Part, seal: Seal) -> Option<String> {
    const ELSEWHERE: &str = "It is unchanged in the mailbox and can be read with a mail program";
    let parameter = |name: &str| root.parameter(name).unwrap_or_default();
    Some(match (seal, root.media_type.as_str()) {
        (Seal::SmimeReceipt, _) => {
            "This is a signed receipt (S/MIME): the message it belongs to was received.\n".into()
        }
        (Seal::Smime, _) if parameter("smime-type").eq_ignore_ascii_case("signed-data") => {
            format!(
                "This message is signed (S/MIME), and this device did not ask for signed messages.\n\n\
                 {ELSEWHERE} that knows S/MIME.\n"
            )
        }
        (Seal::Smime, _) => {
            format!("This message is encrypted (S/MIME).\n\n{ELSEWHERE} that has your key.\n")
        }
        (Seal::Pgp, "multipart/encrypted") => {
            format!("This message is encrypted (OpenPGP).\n\n{ELSEWHERE} that has your key.\n")
        }
        (_, "message/partial") => format!(
            "This is piece {} of {} of a message that was sent in pieces.\n\n\
             The pieces are unchanged in the mailbox.\n",
            number(parameter("number")),
            number(parameter("total")),
        ),
        (_, "message/external-body") => {
            let place = ["url", "site", "directory", "name"]
                .map(parameter)
                .into_iter()
                .filter(|value| !value.is_empty())
                .collect::<Vec<_>>()
                .join(" ");
            format!("The content of this message lies elsewhere: {place}\n")
        }
        _ => return None,
    })
}

/// A number, whatever the sender wrote there.
fn number(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    if digits.is_empty() {
        "?".into()
    } else {
        digits
    }
}
