//! What is about to be written, recorded before it is (S5): a request that comes again after a cut
//! looks for the message it may have written before it writes another.

use airgate_codec::eas::email::{AttachmentChange, EmailChange, FollowUp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock;
use crate::command::Call;
use crate::failure::Failure;
use crate::sync::journal::Made;
use crate::sync::state;

/// One message to be written.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Intent {
    pub(super) uid_validity: u32,
    /// The mailbox's UIDNEXT before: what was written is at or above.
    pub(super) first: u32,
    pub(super) message_id: String,
    /// Octets: another client's version of the same draft has the same Message-ID.
    pub(super) size: u64,
    /// What the phone is told of it; its UID is not known yet.
    pub(super) made: Made,
    /// The message it takes the place of.
    pub(super) replaces: Option<u32>,
    /// Sections of the parts that were there before, old and new.
    pub(super) moved: Vec<(String, String)>,
}

/// The kind of outcome, in the store.
pub(super) const KIND: &str = "draft";
/// How long an intent is kept, in seconds: longer than a phone keeps trying.
pub(super) const KEPT: i64 = 7 * 86_400;
/// Format of the stored intent.
const VERSION: u8 = 1;

impl Intent {
    pub(super) fn encode(&self) -> Vec<u8> {
        state::encode(VERSION, self)
    }

    /// The intent of an earlier request for the same, if there was one. One that cannot be read is
    /// none (T51).
    pub(super) async fn earlier(call: &Call<'_>, key: &[u8; 32]) -> Result<Option<Self>, Failure> {
        let now = clock::now_seconds();
        let store = &call.gateway.store;
        let found = store
            .recall(call.user, Some(call.device), KIND, key, now)
            .await?;
        Ok(found.and_then(|blob| state::decode(VERSION, &blob).ok()))
    }
}

/// Hash over fields, none of which can run into the next.
pub(super) fn key(fields: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// What a change says, as a hash: changes that mean the same have the same one.
pub(super) fn digest(change: &EmailChange) -> [u8; 32] {
    let texts = [
        &change.to,
        &change.cc,
        &change.bcc,
        &change.reply_to,
        &change.from,
        &change.subject,
    ];
    let mut fields: Vec<Vec<u8>> = texts.map(optional).into();
    // Small and without octets of their own: their debug form tells them apart.
    let small: (_, _, _, &Option<FollowUp>) = (
        change.importance,
        change.read,
        &change.categories,
        &change.flag,
    );
    fields.push(format!("{small:?}").into_bytes());
    let mut slices: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
    if let Some(body) = &change.body {
        slices.extend([
            &b"body"[..],
            match (body.kind as u8, body.truncated) {
                (4, false) => b"mime",
                (2, false) => b"html",
                (_, false) => b"text",
                (_, true) => b"part",
            },
            &body.data,
        ]);
    }
    let mut labels = Vec::new();
    for change in &change.attachments {
        labels.push(match change {
            AttachmentChange::Add(add) => format!(
                "{:?}",
                (
                    &add.client_id,
                    add.method,
                    &add.display_name,
                    &add.content_type,
                    &add.content_id,
                    add.is_inline
                )
            ),
            AttachmentChange::Delete { file_reference } => format!("-{file_reference}"),
        });
    }
    for (change, label) in change.attachments.iter().zip(&labels) {
        slices.push(label.as_bytes());
        if let AttachmentChange::Add(add) = change {
            slices.push(&add.content);
        }
    }
    key(&slices)
}

fn optional(text: &Option<String>) -> Vec<u8> {
    match text {
        Some(text) => format!("={text}").into_bytes(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use airgate_codec::eas::email::{BodyChange, BodyType};

    use super::*;

    #[test]
    fn s5_what_means_something_else_has_another_key() {
        let text = |text: &str| Some(text.to_owned());
        let body = |kind, data: &str| EmailChange {
            body: Some(BodyChange::whole(kind, data)),
            ..EmailChange::default()
        };
        let delete = |file_reference: &str| EmailChange {
            attachments: vec![AttachmentChange::Delete {
                file_reference: file_reference.into(),
            }],
            ..EmailChange::default()
        };
        let all = [
            EmailChange::default(),
            EmailChange {
                to: text("a"),
                ..EmailChange::default()
            },
            EmailChange {
                cc: text("a"),
                ..EmailChange::default()
            },
            EmailChange {
                cc: text(""),
                ..EmailChange::default()
            },
            EmailChange {
                read: Some(true),
                ..EmailChange::default()
            },
            body(BodyType::Plain, "x"),
            body(BodyType::Html, "x"),
            body(BodyType::Html, ""),
            delete("a"),
            delete("b"),
        ];
        let mut keys: Vec<[u8; 32]> = all.iter().map(digest).collect();
        assert_eq!(digest(&all[3]), digest(&all[3].clone()));
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all.len());
    }
}
