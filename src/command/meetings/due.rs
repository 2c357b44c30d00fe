//! What others have to be told of a meeting, written down before the calendar is changed: a cut between
//! the two must not lose the mail, and no repeat may double it (S17).
//!
//! Of a change only what was there before is kept. What is to be told is how the calendar differs from it
//! when it is told: nothing, where the change never came about; and a server that writes things its own
//! way does not matter. The user's next request that has to do with meetings makes up for what was cut
//! off, whichever device sends it: mail goes out in the user's name, and nothing here can do that alone
//! (C4).

use std::time::Duration;

use airgate_codec::dav::Href;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::mail::{self, Note};
use crate::backend::dav::DavError;
use crate::clock;
use crate::command::Call;
use crate::failure::{self, Failure};
use crate::gate::seal;
use crate::item::meeting::{Message, Organizer, subject_of_message};
use crate::store::AnnouncementRow;
use crate::sync::state;
use crate::turns::Turn;

/// What is to be told.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::command) enum Intent {
    /// A new event of the user's, if it is there.
    Made { href: String },
    /// How an event differs from this, if it is there.
    Changed { href: String, before: Vec<u8> },
    /// That this does not take place, if it is not there.
    Removed { href: String, before: Vec<u8> },
    /// An answer to an organizer, in any case.
    Answer(Answer),
}

/// A mail to an organizer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::command) struct Answer {
    /// It proposes another time.
    pub(in crate::command) counters: bool,
    pub(in crate::command) text: Vec<u8>,
    pub(in crate::command) to: Vec<String>,
    pub(in crate::command) subject: String,
    pub(in crate::command) words: Option<String>,
    /// The Message-ID of the invitation.
    pub(in crate::command) answers: Option<String>,
    /// What makes it the same answer.
    pub(in crate::command) key: [u8; 32],
}

/// Something to be told, written down.
#[derive(Debug)]
pub(in crate::command) struct Due {
    row: AnnouncementRow,
    intent: Intent,
    /// It was not there before.
    fresh: bool,
    /// Nobody else tells it meanwhile.
    _turn: Option<Turn>,
}

/// What it is sealed for.
const PURPOSE: &[u8] = b"airgate announcement 1";
/// Format of the sealed intent.
const VERSION: u8 = 1;
/// How long a request is held up by what earlier ones left over.
const PATIENCE: Duration = Duration::from_secs(10);

impl Intent {
    /// The event it is about, where a later change of the same can go along.
    fn change_of(&self) -> Option<&str> {
        match self {
            Self::Made { href } | Self::Changed { href, .. } => Some(href),
            Self::Removed { .. } | Self::Answer(_) => None,
        }
    }
}

impl Due {
    /// Writes down what will have to be told. A change of what nobody was told of yet goes along with
    /// the one before.
    ///
    /// # Errors
    /// The store's: then nothing is to be changed.
    pub(in crate::command) async fn enter(
        call: &Call<'_>,
        intent: Intent,
        turn: Option<Turn>,
    ) -> Result<Self, Failure> {
        let store = &call.gateway.store;
        if let Intent::Changed { href, .. } = &intent {
            for row in store.announcements(call.user).await? {
                if let Some(earlier) = open(call, &row)
                    && earlier.change_of() == Some(href)
                {
                    return Ok(Self {
                        row,
                        intent: earlier,
                        fresh: false,
                        _turn: turn,
                    });
                }
            }
        }
        let keys = call.gateway.gate.keys();
        let octets = state::encode(VERSION, &intent);
        let sealed = seal::seal(&keys.vault, PURPOSE, &[call.user.as_str()], &octets);
        let mut row = AnnouncementRow {
            id: 0,
            user: call.user.clone(),
            device: call.device.clone(),
            key_id: keys.vault.id().to_owned(),
            sealed: sealed.map_err(Failure::gateway)?,
            created: clock::now_seconds(),
        };
        row.id = store.announce(&row).await?;
        Ok(Self {
            row,
            intent,
            fresh: true,
            _turn: turn,
        })
    }

    /// Nothing came of it.
    pub(in crate::command) async fn forget(self, call: &Call<'_>) -> Result<(), Failure> {
        if self.fresh {
            self.done(call).await?;
        }
        Ok(())
    }

    /// Tells it. What may pass leaves it written down. Inside: the status of what cannot be sent.
    ///
    /// # Errors
    /// What may pass.
    pub(in crate::command) async fn tell(
        &self,
        call: &Call<'_>,
        me: &[String],
    ) -> Result<Result<(), u16>, Failure> {
        let told = Box::pin(self.send(call, me)).await;
        match &told {
            Ok(Err(status::SERVER_ERROR_RETRY_LATER)) | Err(_) => {
                call.gateway.unsent.insert(call.user.clone(), ()).await;
            }
            Ok(_) => self.done(call).await?,
        }
        told
    }

    async fn send(&self, call: &Call<'_>, me: &[String]) -> Result<Result<(), u16>, Failure> {
        // Whoever makes up for it: it is the same mail (S17).
        let call = &Call {
            device: &self.row.device,
            command: CommandName::Sync,
            ..*call
        };
        let (before, href) = match &self.intent {
            Intent::Answer(answer) => return answer.send(call).await,
            Intent::Made { href } => (None, href),
            Intent::Changed { href, before } | Intent::Removed { href, before } => {
                (Some(before.as_slice()), href)
            }
        };
        let Some(dav) = call.gateway.dav.calendars.as_ref() else {
            return Ok(Ok(()));
        };
        let href = Href::path(href).map_err(Failure::gateway)?;
        let there = match dav.get(call.login, &href).await {
            Ok((_, text)) => Some(text),
            Err(DavError::NotFound) => None,
            Err(error) => return Err(error.into()),
        };
        if matches!(self.intent, Intent::Removed { .. }) == there.is_some() {
            return Ok(Ok(()));
        }
        let organizer = Organizer {
            me,
            zone: &call.gateway.settings.time_zone,
            // The same text whenever it is tried.
            now: self.row.created,
        };
        let messages = match organizer.messages(before, there.as_deref()) {
            Ok(messages) => messages,
            Err(why) => {
                info!(%why, "a change of a calendar is nothing to tell others");
                return Ok(Ok(()));
            }
        };
        let mut refused = Ok(());
        for message in messages {
            match self.announce(call, &message).await? {
                Ok(()) => {}
                Err(status::SERVER_ERROR_RETRY_LATER) => {
                    return Ok(Err(status::SERVER_ERROR_RETRY_LATER));
                }
                Err(status) => refused = Err(status),
            }
        }
        Ok(refused)
    }

    /// Sends a message to all it is for. One address that is none must not keep it from the others.
    async fn announce(
        &self,
        call: &Call<'_>,
        message: &Message,
    ) -> Result<Result<(), u16>, Failure> {
        let sent = self.post(call, message).await?;
        let about_one = matches!(
            sent,
            Err(status::MESSAGE_RECIPIENT_UNRESOLVED | status::MAIL_SUBMISSION_FAILED)
        );
        if !about_one || message.to.len() < 2 {
            return Ok(sent);
        }
        let mut refused = Ok(());
        for recipient in &message.to {
            let alone = Message {
                to: vec![recipient.clone()],
                ..message.clone()
            };
            if let Err(status) = self.post(call, &alone).await? {
                info!(status, "one of those invited cannot be told");
                refused = Err(status);
            }
        }
        Ok(refused)
    }

    async fn post(&self, call: &Call<'_>, message: &Message) -> Result<Result<(), u16>, Failure> {
        let subject = subject_of_message(message);
        let recipients = message.to.join(" ");
        let note = Note {
            subject: &subject,
            words: None,
            answers: None,
            key: &[
                b"announcement",
                call.user.as_str().as_bytes(),
                &self.row.id.to_be_bytes(),
                message.method.as_bytes(),
                recipients.as_bytes(),
                &message.text,
            ],
        };
        Ok(mail::send(call, message, note).await?.map(|_| ()))
    }

    async fn done(&self, call: &Call<'_>) -> Result<(), Failure> {
        let store = &call.gateway.store;
        Ok(store.drop_announcement(call.user, self.row.id).await?)
    }
}

impl Answer {
    async fn send(&self, call: &Call<'_>) -> Result<Result<(), u16>, Failure> {
        let message = Message {
            method: if self.counters { "COUNTER" } else { "REPLY" },
            text: self.text.clone(),
            to: self.to.clone(),
            summary: String::new(),
        };
        let note = Note {
            subject: &self.subject,
            words: self.words.as_deref(),
            answers: self.answers.as_deref(),
            key: &[b"answer", &self.key],
        };
        Ok(mail::send(call, &message, note).await?.map(|_| ()))
    }
}

/// Makes up for what earlier requests left over: cut off, or without a server that takes mail. Whatever
/// goes wrong, it stays, and the request goes on.
pub(in crate::command) async fn catch_up(call: &Call<'_>) {
    if call.gateway.unsent.contains_key(call.user) {
        return;
    }
    match tokio::time::timeout(PATIENCE, Box::pin(make_up(call, None))).await {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => {
            warn!(error = %failure::chain(&failure), "others are not told of a meeting yet");
        }
        Err(_) => warn!("others are not told of a meeting yet: it takes too long"),
    }
}

/// The same for who has the turn already.
pub(in crate::command) async fn catch_up_in(call: &Call<'_>, turn: &Turn) {
    if let Err(failure) = make_up(call, Some(turn)).await {
        warn!(error = %failure::chain(&failure), "others are not told of a meeting yet");
    }
}

async fn make_up(call: &Call<'_>, turn: Option<&Turn>) -> Result<(), Failure> {
    let store = &call.gateway.store;
    if store.announcements(call.user).await?.is_empty() {
        return Ok(());
    }
    // Whoever is at it now either ends it or leaves it to us.
    let _own = match turn {
        Some(_) => None,
        None => Some(call.gateway.meetings.take(call.user.clone()).await),
    };
    let mut me = mail::addresses(call);
    if let Some(dav) = call.gateway.dav.calendars.as_ref() {
        for other in dav.addresses(call.login).await? {
            if !me.contains(&other) {
                me.push(other);
            }
        }
    }
    for row in store.announcements(call.user).await? {
        let Some(intent) = open(call, &row) else {
            warn!("what others were to be told cannot be read any more (T51)");
            store.drop_announcement(call.user, row.id).await?;
            continue;
        };
        let due = Due {
            row,
            intent,
            fresh: true,
            _turn: None,
        };
        match due.tell(call, &me).await? {
            Ok(()) => info!("others were told of a meeting by a later request"),
            Err(status) => warn!(status, "others could not be told of a meeting"),
        }
    }
    Ok(())
}

/// One that cannot be read is none (T51).
fn open(call: &Call<'_>, row: &AnnouncementRow) -> Option<Intent> {
    let keys = call.gateway.gate.keys();
    let key = keys.named(&row.key_id)?;
    let octets = seal::open(key, PURPOSE, &[call.user.as_str()], &row.sealed).ok()?;
    state::decode(VERSION, &octets).ok()
}
