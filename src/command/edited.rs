//! What became of messages that a phone rewrote: an attachment named before the edit is found after
//! it, perhaps under another section, and another device finds the draft it meant.

use tracing::warn;

use super::Call;
use super::moved::{self, Place};
use crate::clock;
use crate::failure;
use crate::identity::UserId;
use crate::item::attachment;
use crate::store::Store;

/// The kind of outcome, in the store.
const KIND: &str = "edited";
/// How long a phone may come back to an old name, in seconds.
const KEPT: i64 = 30 * 86_400;
/// Edits followed from one name before giving up: a draft saved every few seconds for an hour.
const MAX_EDITS: usize = 1024;
/// Turns between edits and moves before giving up.
const MAX_TURNS: usize = 16;

/// Records that a message was replaced by another of the same mailbox, and where its parts went.
/// Failing to record costs a courtesy, not the edit, so it is only logged.
pub(super) async fn remember(
    store: &dyn Store,
    user: &UserId,
    folder: &str,
    uid_validity: u32,
    (old, new): (u32, u32),
    sections: &[(String, String)],
) {
    let place = |uid| Place {
        folder: folder.to_owned(),
        uid_validity,
        uid,
    };
    let mut value = place(new).key();
    for (before, after) in sections {
        value.extend_from_slice(format!("\n{before} {after}").as_bytes());
    }
    let expires = clock::now_seconds() + KEPT;
    if let Err(error) = store
        .remember(user, None, KIND, &place(old).key(), &value, expires)
        .await
    {
        warn!(error = %failure::chain(&error), "an edit could not be recorded");
    }
}

/// Where a message is after all edits, and what its section is now: `None` for a part that went;
/// the empty section is the whole message.
/// `None` altogether: it was not edited.
pub(super) async fn follow(
    call: &Call<'_>,
    place: &Place,
    section: &str,
) -> Option<(Place, Option<String>)> {
    let mut at = None;
    let mut next = place.clone();
    let mut section = Some(section.to_owned());
    for _ in 0..MAX_EDITS {
        let Some((place, sections)) = step(call, &next).await else {
            break;
        };
        section = section.and_then(|section| {
            if section.is_empty() {
                return Some(section);
            }
            let mut all = sections.into_iter();
            all.find(|(old, _)| *old == section).map(|(_, new)| new)
        });
        next = place.clone();
        at = Some((place, section.clone()));
    }
    at
}

/// Where a part is after all edits and moves of its message; `None` if it went, or nothing happened.
pub(super) async fn locate(
    call: &Call<'_>,
    place: &Place,
    section: &str,
) -> Option<(Place, String)> {
    let (part, inside) = match attachment::container_of(section) {
        Some((container, _)) => section.split_at(container.len()),
        None => (section, ""),
    };
    let mut at = None;
    let (mut next, mut part) = (place.clone(), part.to_owned());
    for _ in 0..MAX_TURNS {
        if let Some((now, section)) = follow(call, &next, &part).await {
            part = section?;
            next = now;
        } else if let Some(now) = moved::follow(call, &next).await {
            next = now;
        } else {
            break;
        }
        at = Some((next.clone(), format!("{part}{inside}")));
    }
    at
}

async fn step(call: &Call<'_>, place: &Place) -> Option<(Place, Vec<(String, String)>)> {
    let now = clock::now_seconds();
    let store = &call.gateway.store;
    let found = store
        .recall(call.user, None, KIND, &place.key(), now)
        .await
        .ok()??;
    let text = std::str::from_utf8(&found).ok()?;
    let mut lines = text.lines();
    let place = Place::read(lines.next()?.as_bytes())?;
    let sections = lines
        .filter_map(|line| line.split_once(' '))
        .map(|(old, new)| (old.to_owned(), new.to_owned()))
        .collect();
    Some((place, sections))
}
