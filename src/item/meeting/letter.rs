//! A message between calendars as a mail (iMIP, RFC 6047): words for people, and the message itself
//! for their calendars. Pure; every value goes through the header writer (T27).

use crate::item::address::Mailbox;
use crate::item::outgoing::encode::text_part;
use crate::item::outgoing::write::{self, BrokenValue};

use super::reply::{Choice, Message};

/// The letter around a message. Its Message-ID it gets when it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    pub from: &'a Mailbox,
    pub to: &'a [Mailbox],
    pub subject: &'a str,
    /// What the user wrote.
    pub words: Option<&'a str>,
    /// The mail this answers, with angle brackets.
    pub answers: Option<&'a str>,
    /// In seconds since 1970.
    pub now: i64,
}

/// No line of quoted-printable or base64 begins with it (RFC 2046 5.1.1).
const BOUNDARY: &str = "=_airgate_meeting";

impl Letter<'_> {
    /// The mail.
    ///
    /// # Errors
    /// A value would end its line.
    pub fn write(&self, message: &Message) -> Result<Vec<u8>, BrokenValue> {
        let mut out = Vec::with_capacity(message.text.len() + 2048);
        write::mailboxes("From", std::slice::from_ref(self.from), &mut out)?;
        write::mailboxes("To", self.to, &mut out)?;
        write::text("Subject", self.subject, &mut out)?;
        write::text("Date", &write::date(self.now), &mut out)?;
        if let Some(id) = self.answers.filter(|id| write::is_id(id)) {
            write::ids("In-Reply-To", &[id], &mut out)?;
            write::ids("References", &[id], &mut out)?;
        }
        write::text("MIME-Version", "1.0", &mut out)?;
        out.extend_from_slice(
            format!("Content-Type: multipart/alternative;\r\n boundary=\"{BOUNDARY}\"\r\n\r\n")
                .as_bytes(),
        );
        let words = self.words.filter(|words| !words.trim().is_empty());
        let words = words.unwrap_or(self.subject);
        out.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        text_part("text/plain", words, &mut out);
        out.extend_from_slice(format!("\r\n--{BOUNDARY}\r\n").as_bytes());
        let kind = format!("text/calendar; method={}", message.method);
        text_part(&kind, &String::from_utf8_lossy(&message.text), &mut out);
        out.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        Ok(out)
    }
}

/// What an answer is called in the organizer's inbox.
pub fn subject_of_answer(choice: Choice, proposes: bool, summary: &str) -> String {
    let word = match choice {
        _ if proposes => "New time proposed",
        Choice::Accepted => "Accepted",
        Choice::Tentative => "Tentative",
        Choice::Declined => "Declined",
    };
    format!("{word}: {summary}")
}

/// What the attendees read.
pub fn subject_of_message(message: &Message) -> String {
    match message.method {
        "CANCEL" => format!("Canceled: {}", message.summary),
        _ => message.summary.clone(),
    }
}
