//! A message between calendars goes out as a mail, by the same path as any: once (S17), from the
//! user's address, with a copy in the Sent folder.

use airgate_codec::eas::status;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tracing::warn;

use crate::clock;
use crate::command::Call;
use crate::command::send::{Sent, draft};
use crate::failure::Failure;
use crate::item::address::Mailbox;
use crate::item::meeting::{Letter, Message};

/// What is to be said around the message.
#[derive(Clone, Copy, Debug)]
pub(in crate::command) struct Note<'a> {
    pub(in crate::command) subject: &'a str,
    pub(in crate::command) words: Option<&'a str>,
    /// The Message-ID of the invitation.
    pub(in crate::command) answers: Option<&'a str>,
    /// What makes it the same message when the phone repeats itself.
    pub(in crate::command) key: &'a [&'a [u8]],
}

/// Sends it; the status if it cannot be sent.
///
/// # Errors
/// What may pass: the phone tries again, and what was sent is not sent again.
pub(in crate::command) async fn send(
    call: &Call<'_>,
    message: &Message,
    note: Note<'_>,
) -> Result<Result<Sent, u16>, Failure> {
    let from = Mailbox {
        name: String::new(),
        address: draft::address(call),
    };
    let to: Vec<Mailbox> = message
        .to
        .iter()
        .map(|address| Mailbox {
            name: String::new(),
            address: address.clone(),
        })
        .collect();
    let letter = Letter {
        from: &from,
        to: &to,
        subject: note.subject,
        words: note.words,
        answers: note.answers,
        now: clock::now_seconds(),
    };
    let Ok(mime) = letter.write(message) else {
        warn!("a message about a meeting has values no header can hold");
        return Ok(Err(status::MAIL_SUBMISSION_FAILED));
    };
    let mut hash = Sha256::new();
    for field in note.key {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    let key: [u8; 32] = hash.finalize().into();
    draft::send_as(call, "meeting", key, Bytes::from(mime)).await
}

/// The user's addresses, as far as they are known without a calendar server.
pub(in crate::command) fn addresses(call: &Call<'_>) -> Vec<String> {
    let address = draft::address(call).to_lowercase();
    let aliases = call.gateway.settings.sending.aliases.of(&address);
    let mut all = vec![address];
    for alias in aliases.into_iter().map(|alias| alias.to_lowercase()) {
        if !all.contains(&alias) {
            all.push(alias);
        }
    }
    all
}
