//! A meeting passed on to more people (SmartForward with Forwardees, 16.0 and later; [MS-ASCMD]
//! 2.2.3.74): the phone says to whom, we make the invitation.
//!
//! Who was invited himself passes on the organizer's invitation. Who invited puts the new guests into
//! his calendar; a scheduling server then tells them, else we do.

use airgate_codec::eas::status;

use super::Sent;
use super::request::Invite;
use crate::clock;
use crate::command::Call;
use crate::command::meetings::calendars::{Calendars, Word};
use crate::command::meetings::letters;
use crate::command::meetings::mail::{self, Note};
use crate::failure::Failure;
use crate::item::meeting::{self, NoMeeting, Organizer, subject_of_message};
use crate::sync::server_id;

/// Passes the meeting on, or says by a status why it cannot be.
pub(super) async fn pass_on(call: &Call<'_>, invite: Invite) -> Result<Result<Sent, u16>, Failure> {
    let named = invite.source.item.as_deref();
    if named.is_some_and(|item| server_id::read(item).is_none()) {
        return Ok(Err(status::INVALID_IDS));
    }
    let calendars = Calendars::of(call).await?;
    let item = invite.source.item.as_deref().unwrap_or_default();
    let own = calendars.as_ref().filter(|calendars| calendars.owns(item));
    let (text, kept) = match own {
        Some(calendars) => match calendars.named(item).await? {
            Some(kept) => (kept.text.to_vec(), Some(kept)),
            None => return Ok(Err(status::ITEM_NOT_FOUND)),
        },
        None => {
            let (item, long) = (invite.source.item.as_deref(), invite.source.long.as_deref());
            match letters::find(call, item, long).await? {
                Some(letter) => (letter.text.into_bytes(), None),
                None => return Ok(Err(status::ITEM_NOT_FOUND)),
            }
        }
    };
    let me = match &calendars {
        Some(calendars) => calendars.me.clone(),
        None => mail::addresses(call),
    };
    let organizer = Organizer {
        me: &me,
        zone: &call.gateway.settings.time_zone,
        now: clock::now_seconds(),
    };
    let message = match organizer.forward(&text, invite.source.instance, &invite.to) {
        Ok(message) => message,
        Err(NoMeeting::Single) => return Ok(Err(status::NO_RECURRENCE_IN_CALENDAR)),
        Err(_) => return Ok(Err(status::ITEM_NOT_FOUND)),
    };
    if let (Some(calendars), Some(kept)) = (&calendars, kept)
        && meeting::invites(&text, &me)
    {
        let zone = &call.gateway.settings.time_zone;
        let add = |present: &[u8]| {
            meeting::with_guests(present, invite.source.instance, &invite.to, zone).map(Some)
        };
        if calendars.change(kept, Word::Spread, add).await?.is_err() {
            return Ok(Err(status::ITEM_NOT_FOUND));
        }
        if calendars.scheduling {
            return Ok(Ok(Sent::Now));
        }
    }
    let subject = subject_of_message(&message);
    let note = Note {
        subject: &subject,
        words: invite.words.as_deref(),
        answers: None,
        key: &[
            b"forward",
            call.user.as_str().as_bytes(),
            call.device.as_str().as_bytes(),
            invite.name.as_bytes(),
            item.as_bytes(),
        ],
    };
    mail::send(call, &message, note).await
}
