//! What a device was last told of versions and commands: when that changes (an update, another cap, an
//! operating system that calls itself otherwise), the device is told once to begin anew, by X-MS-RP.
//!
//! Every client that gets X-MS-RP asks OPTIONS and synchronises its folders anew; a server that sends it
//! too often makes it go round for ever (device-notes.md section 2). So the row is written first, and the
//! header is sent only by the request that wrote it, at most once a day: some phones have two agents and
//! use them in turn.

use http::StatusCode;
use tracing::{info, warn};

use super::options::X_MS_RP;
use super::{Call, partnership};
use crate::clock;
use crate::failure;
use crate::front::Reply;
use crate::store::DeviceRow;

/// Pause between two times of telling a device to begin anew, in seconds.
const ANEW_AFTER: i64 = 86_400;

/// Adds to an answer what the device has to be told.
pub(super) async fn remind(call: &Call<'_>, reply: Reply) -> Reply {
    let offer = call.offer();
    let knows = call.partnership.told.as_deref() == Some(offer.mark());
    // Only an answer that the phone makes use of is worth anything.
    if knows || call.probe || reply.status() != StatusCode::OK {
        return reply;
    }
    let already = reply.headers.iter().any(|(name, _)| *name == X_MS_RP);
    let now = clock::now_seconds();
    let mut step = Step::Nothing;
    let written = partnership::update(call, |row| {
        step = next(row, offer.mark(), already, now);
        match step {
            Step::Nothing => {}
            Step::Note => row.told = Some(offer.mark().to_owned()),
            Step::Anew => {
                row.told = Some(offer.mark().to_owned());
                row.told_anew = now;
            }
        }
    })
    .await;
    match (written, step) {
        (Ok(()), Step::Anew) => {
            info!(
                user = call.user.as_str(),
                device = ?call.device.as_str(),
                "the device is told that versions or commands have changed"
            );
            offer.anew_on(reply)
        }
        (Ok(()), _) => reply,
        // It is told another time, when it can be written down that it was.
        (Err(error), _) => {
            warn!(error = %failure::chain(&error), "what a device was told cannot be kept");
            reply
        }
    }
}

/// What is to be done about a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    Nothing,
    /// It knows, or needs not be told: write that down.
    Note,
    Anew,
}

fn next(row: &DeviceRow, mark: &str, already: bool, now: i64) -> Step {
    match row.told.as_deref() {
        Some(told) if told == mark => Step::Nothing,
        // Before its first command a device has asked OPTIONS.
        None => Step::Note,
        Some(_) if already => Step::Note,
        // A clock that was set back must not silence this for years (T63).
        Some(_) if (0..ANEW_AFTER).contains(&now.saturating_sub(row.told_anew)) => Step::Nothing,
        Some(_) => Step::Anew,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceId, UserId};

    #[test]
    fn a_device_is_told_once_and_not_every_day_again() {
        let user = UserId::parse("alice@example.com", None).unwrap();
        let mut row = DeviceRow::new(user, DeviceId::parse("a").unwrap(), "t", 0);
        let now = 1_800_000_000;
        assert_eq!(next(&row, "new", false, now), Step::Note);
        row.told = Some("new".to_owned());
        assert_eq!(next(&row, "new", false, now), Step::Nothing);
        assert_eq!(next(&row, "newer", true, now), Step::Note);
        assert_eq!(next(&row, "newer", false, now), Step::Anew);
        row.told_anew = now;
        // Two agents in turn do not make it loop.
        assert_eq!(next(&row, "newest", false, now + 100), Step::Nothing);
        assert_eq!(next(&row, "newest", false, now + ANEW_AFTER), Step::Anew);
        assert_eq!(next(&row, "newest", false, now - 100), Step::Anew);
    }
}
