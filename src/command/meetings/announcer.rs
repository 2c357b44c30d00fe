//! What a phone's own change of a calendar means for the others: exactly one of phone, calendar
//! server and Airgate tells them (design.md "Who invites").
//!
//! Up to 14.1 the phone mails what is due itself: a scheduling server is told to leave it alone. From
//! 16.0 on nobody but the server side does: the calendar server if it schedules, else we.

use airgate_codec::ProtocolVersion;
use tracing::{info, warn};

use super::mail::{self, Note};
use crate::backend::dav::Dav;
use crate::clock;
use crate::command::Call;
use crate::command::send::Sent;
use crate::failure::{self, Failure};
use crate::item::meeting::{self, Message, Organizer, subject_of_message};

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

    /// Tells the others of what was done, if that is ours to do. What cannot be sent is logged: the
    /// calendar is changed, and the phone cannot take that back.
    pub(in crate::command) async fn tell(
        &self,
        call: &Call<'_>,
        before: Option<&[u8]>,
        after: Option<&[u8]>,
    ) {
        if self.who != Who::Airgate {
            return;
        }
        let messages = match self.organizer(call).messages(before, after) {
            Ok(messages) => messages,
            Err(why) => {
                info!(%why, "a change of a calendar is nothing to tell others");
                return;
            }
        };
        for message in messages {
            match Box::pin(send(call, &message)).await {
                Ok(Ok(_)) => {}
                Ok(Err(status)) => warn!(status, "others could not be told of a meeting"),
                Err(failure) => {
                    warn!(error = %failure::chain(&failure), "others were not told of a meeting");
                }
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

async fn send(call: &Call<'_>, message: &Message) -> Result<Result<Sent, u16>, Failure> {
    let subject = subject_of_message(message);
    let recipients = message.to.join(" ");
    let note = Note {
        subject: &subject,
        words: None,
        answers: None,
        key: &[
            b"announcement",
            call.user.as_str().as_bytes(),
            message.method.as_bytes(),
            recipients.as_bytes(),
            &message.text,
        ],
    };
    mail::send(call, message, note).await
}
