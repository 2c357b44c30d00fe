//! What a phone's own change of a calendar means for the others: exactly one of phone, calendar
//! server and Airgate tells them (design.md "Who invites").
//!
//! Up to 14.1 the phone mails what is due itself: a scheduling server is told to leave it alone. From
//! 16.0 on nobody but the server side does: the calendar server if it schedules, else we.

use airgate_codec::ProtocolVersion;
use airgate_codec::dav::Href;
use tracing::{info, warn};

use super::due::{Due, Intent};
use super::mail;
use crate::backend::dav::Dav;
use crate::clock;
use crate::command::Call;
use crate::failure::{self, Failure};
use crate::item::meeting::{self, Organizer};

/// Knows who is to tell, for one request.
pub(in crate::command) struct Announcer {
    me: Vec<String>,
    who: Who,
}

/// Who tells the others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Who {
    /// The phone, and nobody else knows how.
    Phone,
    /// The phone, though the calendar server would.
    PhoneNotServer,
    Server,
    Airgate,
}

impl Announcer {
    /// # Errors
    /// The server's: without knowing what it does nothing may be written.
    pub(in crate::command) async fn of(call: &Call<'_>, dav: &Dav) -> Result<Self, Failure> {
        let mut me = mail::addresses(call);
        for other in dav.addresses(call.login).await? {
            if !me.contains(&other) {
                me.push(other);
            }
        }
        let schedules = dav.scheduling(call.login).await?;
        let who = match (call.version >= ProtocolVersion::V16_0, schedules) {
            (true, true) => Who::Server,
            (true, false) => Who::Airgate,
            (false, true) => Who::PhoneNotServer,
            (false, false) => Who::Phone,
        };
        Ok(Self { me, who })
    }

    /// The text to be written in the place of `before`: with the next SEQUENCE where others must know
    /// of the change, and with who is to tell them.
    pub(in crate::command) fn text(
        &self,
        call: &Call<'_>,
        before: Option<&[u8]>,
        after: Vec<u8>,
    ) -> Vec<u8> {
        if !meeting::invites(&after, &self.me) {
            return after;
        }
        let numbered = match before {
            Some(before) => self.organizer(call).sequenced(before, &after),
            None => Ok(after.clone()),
        };
        let spoken = numbered.and_then(|text| match self.who {
            Who::PhoneNotServer => meeting::silenced(&text, &self.me),
            Who::Server => meeting::unsilenced(&text),
            Who::Phone | Who::Airgate => Ok(text),
        });
        spoken.unwrap_or(after)
    }

    /// Whether a scheduling server must not decline for the user when the event goes.
    pub(in crate::command) fn leaves_quietly(&self) -> bool {
        self.who == Who::PhoneNotServer
    }

    /// Writes down that others will have to be told, if that is ours to do and there is something to
    /// tell. It is done before the calendar is changed (S17).
    ///
    /// # Errors
    /// The store's: then nothing is to be changed.
    pub(in crate::command) async fn due(
        &self,
        call: &Call<'_>,
        href: &Href,
        before: Option<&[u8]>,
        after: Option<&[u8]>,
    ) -> Result<Option<Due>, Failure> {
        if self.who != Who::Airgate {
            return Ok(None);
        }
        match self.organizer(call).messages(before, after) {
            Ok(messages) if messages.is_empty() => return Ok(None),
            Ok(_) => {}
            Err(why) => {
                info!(%why, "a change of a calendar is nothing to tell others");
                return Ok(None);
            }
        }
        let href = href.to_string();
        let before = before.map(<[u8]>::to_vec);
        let intent = match (before, after) {
            (None, _) => Intent::Made { href },
            (Some(before), Some(_)) => Intent::Changed { href, before },
            (Some(before), None) => Intent::Removed { href, before },
        };
        let turn = call.gateway.meetings.take(call.user.clone()).await;
        Due::enter(call, intent, Some(turn)).await.map(Some)
    }

    /// Tells the others of what was done. What cannot be sent is logged: the calendar is changed, and
    /// the phone cannot take that back. What may pass is made up for by a later request.
    pub(in crate::command) async fn tell(&self, call: &Call<'_>, due: Due) {
        match due.tell(call, &self.me).await {
            Ok(Ok(())) => {}
            Ok(Err(status)) => warn!(status, "others could not be told of a meeting"),
            Err(failure) => {
                warn!(error = %failure::chain(&failure), "others are not told of a meeting yet");
            }
        }
    }

    fn organizer<'a>(&'a self, call: &'a Call<'_>) -> Organizer<'a> {
        Organizer {
            me: &self.me,
            zone: &call.gateway.settings.time_zone,
            now: clock::now_seconds(),
        }
    }
}
