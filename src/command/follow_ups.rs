//! Keeps what IMAP cannot of follow-up flags, and puts it into the mails that go out: by the message's
//! own identity, so that it follows the message to every device, through moves and new UIDs.

use airgate_codec::eas::email::{Email, FollowUp};
use airgate_codec::imap::Fetched;

use super::Call;
use crate::clock;
use crate::failure::Failure;
use crate::item::follow_up::Details;
use crate::item::identity;
use crate::sync::state;

/// The name of this kind of outcome in the store.
const KIND: &str = "follow-up";
/// Format of what is kept.
const VERSION: u8 = 1;
/// How long a flag's dates are kept after they were last set: three years.
const KEPT: i64 = 3 * 366 * 86_400;

/// Keeps a flag a phone set, or forgets what was kept. On disk when it returns (S18).
pub(super) async fn keep(
    call: &Call<'_>,
    (collection, uid_validity, uid): (&str, u32, u32),
    flag: &FollowUp,
) -> Result<Kept, Failure> {
    let store = &call.gateway.store;
    let print = store.fingerprint(call.user, collection, uid_validity, uid);
    // A message no phone was told of has no identity yet: its flag is kept, its dates are not.
    let Some(print) = print.await? else {
        return Ok(Kept::Nothing);
    };
    let details = Details::of(flag);
    if details.is_none() && kept(call, print).await?.is_none() {
        return Ok(Kept::Nothing);
    }
    let now = clock::now_seconds();
    let expiry = match details {
        Some(_) => now.saturating_add(KEPT),
        None => now,
    };
    let value = state::encode(VERSION, &details.unwrap_or_default());
    let key = print.to_be_bytes();
    store
        .remember(call.user, None, KIND, &key, &value, expiry)
        .await?;
    Ok(Kept::Changed)
}

/// Keeps the flag of a message a phone just wrote, whose fingerprint is `print`: the flag it sent
/// with it, or what was kept of the message it takes the place of.
pub(super) async fn carry(
    call: &Call<'_>,
    (collection, uid_validity, old): (&str, u32, Option<u32>),
    print: i64,
    flag: Option<&FollowUp>,
) -> Result<(), Failure> {
    let store = &call.gateway.store;
    let details = match (flag, old) {
        (Some(flag), _) => Details::of(flag),
        (None, Some(old)) => {
            let before = store.fingerprint(call.user, collection, uid_validity, old);
            match before.await? {
                Some(before) => kept(call, before).await?,
                None => None,
            }
        }
        (None, None) => None,
    };
    if let Some(details) = details {
        let expiry = clock::now_seconds().saturating_add(KEPT);
        let (key, value) = (print.to_be_bytes(), state::encode(VERSION, &details));
        store
            .remember(call.user, None, KIND, &key, &value, expiry)
            .await?;
    }
    Ok(())
}

/// Whether something beside the mailbox is kept of a flag, or was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kept {
    Nothing,
    /// The other devices are to look again.
    Changed,
}

/// Completes the flag of a message that was just read.
pub(super) async fn complete(
    call: &Call<'_>,
    message: &Fetched,
    email: &mut Email,
) -> Result<(), Failure> {
    match identity::fingerprint(message) {
        Some(print) => fill(call, print, email).await,
        None => Ok(()),
    }
}

/// Completes the flag of a message a phone holds, known by its UID.
pub(super) async fn complete_held(
    call: &Call<'_>,
    (collection, uid_validity, uid): (&str, u32, u32),
    email: &mut Email,
) -> Result<(), Failure> {
    if !is_set(email) {
        return Ok(());
    }
    let store = &call.gateway.store;
    let print = store.fingerprint(call.user, collection, uid_validity, uid);
    match print.await? {
        Some(print) => fill(call, print, email).await,
        None => Ok(()),
    }
}

/// Hardly a mail is flagged: the others cost nothing here.
fn is_set(email: &Email) -> bool {
    email.flag.as_ref().is_some_and(|flag| flag.status != 0)
}

async fn fill(call: &Call<'_>, print: i64, email: &mut Email) -> Result<(), Failure> {
    if is_set(email)
        && let Some(flag) = &mut email.flag
        && let Some(details) = kept(call, print).await?
    {
        details.complete(flag);
    }
    Ok(())
}

async fn kept(call: &Call<'_>, print: i64) -> Result<Option<Details>, Failure> {
    let store = &call.gateway.store;
    let (key, now) = (print.to_be_bytes(), clock::now_seconds());
    let value = store.recall(call.user, None, KIND, &key, now).await?;
    // What cannot be read is a flag without dates, no more (T51).
    Ok(value.and_then(|value| state::decode(VERSION, &value).ok()))
}
