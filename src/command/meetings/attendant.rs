//! The calendar's attendant (exchange-habits 13): invitations, updates, cancellations and answers that
//! come by mail are in the calendar before anybody answers them, as users of Exchange are used to.
//!
//! It works where no calendar server does, on mail that a phone is just told of, in a task of its
//! own: the Sync does not wait for the calendar. Each mail is taken in once for all devices. What it
//! may do is narrow (`item::meeting::apply`): whoever can send a mail can make it work.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use super::calendars::{Calendars, Owner, Word};
use crate::clock;
use crate::command::Call;
use crate::failure::{self, Failure};
use crate::identity::UserId;
use crate::item::meeting::{self, Incoming};
use crate::store::{FolderRow, Store};
use crate::sync::folders::Role;

/// A mail about a meeting, as it was read.
#[derive(Debug)]
pub(in crate::command) struct Arrival {
    /// The calendar part.
    pub(in crate::command) text: String,
    /// The sender's address, in lower case.
    pub(in crate::command) from: String,
    /// When it came, in seconds since 1970.
    pub(in crate::command) received: i64,
    /// There is some of the meeting still to come.
    pub(in crate::command) ahead: bool,
}

/// The kind of outcome, in the store, and how long a mail is known to have been taken in: longer than
/// meetings are planned ahead.
const KIND: &str = "meeting-mail";
const KEPT: i64 = 400 * 86_400;
/// Mail older than this is history: a phone that is set up anew must not fill a calendar with it.
const NEWS: i64 = 30 * 86_400;
/// Pauses before a calendar that is down is tried again.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

/// Whether mail of this folder is looked at: what nobody sorted out, and not what the user sent.
pub(in crate::command) fn attends(call: &Call<'_>, folder: &FolderRow) -> bool {
    call.gateway.settings.meetings_from_mail
        && folder.role == Role::Inbox as u8
        && call.gateway.dav.calendars.is_some()
}

/// Takes in what arrived.
pub(in crate::command) fn arrived(call: &Call<'_>, mut arrivals: Vec<Arrival>) {
    let now = clock::now_seconds();
    arrivals.retain(|arrival| arrival.received > now - NEWS);
    // An invitation before its update, whichever order the phone is told them in.
    arrivals.sort_by_key(|arrival| arrival.received);
    let Some(owner) = Owner::of(call).filter(|_| !arrivals.is_empty()) else {
        return;
    };
    crate::task::spawn("attendant", async move {
        for pause in PAUSES.into_iter().map(Some).chain([None]) {
            match attend(&owner, &arrivals).await {
                Ok(()) => return,
                Err(failure) => {
                    warn!(error = %failure::chain(&failure), "a meeting is not in the calendar yet");
                }
            }
            let Some(pause) = pause else { return };
            tokio::time::sleep(pause).await;
        }
    });
}

async fn attend(owner: &Owner, arrivals: &[Arrival]) -> Result<(), Failure> {
    let calendars = owner.calendars().await?;
    let Some(calendars) = calendars.filter(|calendars| !calendars.scheduling) else {
        return Ok(());
    };
    for arrival in arrivals {
        // Whoever answers it meanwhile has it in the calendar, or does not want it there.
        let _turn = owner.turn().await;
        let key = key(&arrival.from, &arrival.text);
        let now = clock::now_seconds();
        let known = owner.store.recall(&owner.user, None, KIND, &key, now);
        if known.await?.is_some() {
            continue;
        }
        take_in(owner, &calendars, arrival).await?;
        taken_in(owner.store.as_ref(), &owner.user, &key).await?;
    }
    Ok(())
}

/// What a mail about a meeting is known by.
pub(in crate::command) fn key(from: &str, text: &str) -> [u8; 32] {
    Sha256::digest(format!("{from} {text}")).into()
}

/// The mail needs nothing more.
///
/// # Errors
/// The store's.
pub(in crate::command) async fn taken_in(
    store: &dyn Store,
    user: &UserId,
    key: &[u8; 32],
) -> Result<(), Failure> {
    let until = clock::now_seconds() + KEPT;
    Ok(store.remember(user, None, KIND, key, &[], until).await?)
}

async fn take_in(owner: &Owner, calendars: &Calendars, arrival: &Arrival) -> Result<(), Failure> {
    let Ok(uid) = meeting::uid_of(arrival.text.as_bytes()) else {
        return Ok(());
    };
    let incoming = Incoming {
        text: arrival.text.as_bytes(),
        from: &arrival.from,
        me: &calendars.me,
        zone: &owner.zone,
    };
    let outcome = match calendars.find(&uid).await? {
        Some(kept) => {
            let change = |present: &[u8]| {
                let taken = meeting::apply(Some(present), &incoming)?;
                Ok(Some(taken.unwrap_or_else(|| present.to_vec())))
            };
            calendars
                .change(kept, Word::Silent, change)
                .await?
                .map(|_| ())
        }
        // One that is over needs no place in a calendar any more.
        None if !arrival.ahead => Ok(()),
        None => match meeting::apply(None, &incoming) {
            Ok(Some(text)) => {
                calendars.add(&uid, text, Word::Silent).await?;
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(why) => Err(why),
        },
    };
    if let Err(why) = outcome {
        info!(%why, "a mail about a meeting was not taken in");
    }
    Ok(())
}
