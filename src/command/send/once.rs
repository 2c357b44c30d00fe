//! Sending once (S17): the outbox decides whether a mail that comes in is handed over, and what a
//! repeat is told.
//!
//! Only one thing is ambiguous: a cut between the final dot and its answer, seen at once or found
//! after a crash. Then the Sent folder is asked for the Message-ID; if it is not there the mail is
//! handed over again under the same Message-ID: twice is better than never.

use std::time::Duration;

use airgate_codec::eas::request_line::CommandName;
use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use tracing::{error, warn};

use super::request::{Asked, Source};
use crate::backend::Login;
use crate::backend::octets::Octets;
use crate::backend::smtp::{Envelope, Smtp, SmtpError};
use crate::clock;
use crate::failure::{self, Failure};
use crate::identity::{DeviceId, UserId};
use crate::store::{NewOutbox, OutboxRow, OutboxState, Store};

/// Whoever takes mail.
#[async_trait]
pub(super) trait Submit: Send + Sync {
    async fn submit(
        &self,
        login: &Login,
        envelope: &Envelope,
        message: &dyn Octets,
    ) -> Result<(), SmtpError>;
}

#[async_trait]
impl Submit for Smtp {
    async fn submit(
        &self,
        login: &Login,
        envelope: &Envelope,
        message: &dyn Octets,
    ) -> Result<(), SmtpError> {
        Self::submit(self, login, envelope, message).await
    }
}

/// The Sent folder, as a witness.
#[async_trait]
pub(super) trait Witness: Send + Sync {
    /// Whether a mail with that Message-ID is there.
    async fn has(&self, message_id: &str) -> Result<bool, Failure>;
}

/// When a mail was handed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::command) enum Sent {
    Now,
    /// By an earlier request for the same mail.
    Before,
}

/// Why it was not, or is not known to be.
#[derive(Debug)]
pub(super) enum NotSent {
    Smtp(SmtpError),
    Failed(Failure),
}

/// What is handed over.
pub(super) struct Mail<'a> {
    pub(super) login: &'a Login,
    pub(super) envelope: &'a Envelope,
    pub(super) octets: &'a dyn Octets,
}

/// A mail that has neither ClientId nor Message-ID counts as a repeat for so many seconds; after
/// that somebody meant to say the same again.
const UNNAMED: i64 = 10 * 60;
/// Mails of the same words in seven days that are told apart.
const MAX_SAME: usize = 64;
/// Times an answered submission is written down before the record is given up.
const WRITES: u32 = 4;
/// Between them.
const PAUSE: Duration = Duration::from_millis(250);

/// What makes two requests the same mail: user, device, name and content (S17, S24). The name is
/// the ClientId, else the Message-ID. What is replied to or forwarded counts as content.
pub(super) fn key(
    user: &UserId,
    device: &DeviceId,
    command: CommandName,
    asked: &Asked,
    message_id: Option<&str>,
) -> [u8; 32] {
    let (kind, name) = match (&asked.name, message_id) {
        (Some(name), _) => ("client", name.as_str()),
        (None, Some(id)) => ("message", id),
        (None, None) => ("none", ""),
    };
    let Source {
        collection,
        item,
        long,
        ..
    } = asked.source.clone().unwrap_or_default();
    let content = asked
        .content
        .unwrap_or_else(|| Sha256::digest(&asked.mime).into());
    let mut hash = Sha256::new();
    for field in [
        user.as_str().as_bytes(),
        device.as_str().as_bytes(),
        command.as_str().as_bytes(),
        kind.as_bytes(),
        name.as_bytes(),
        collection.unwrap_or_default().as_bytes(),
        item.unwrap_or_default().as_bytes(),
        long.unwrap_or_default().as_bytes(),
        content.as_slice(),
    ] {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// Whether a repeat needs nothing more.
pub(super) const fn is_submitted(row: &OutboxRow) -> bool {
    matches!(row.state, OutboxState::Submitted | OutboxState::Filed)
}

/// Enters the mail, or finds it. `unnamed` says that neither a ClientId nor a Message-ID tells it
/// from another of the same words.
pub(super) async fn enter(
    store: &dyn Store,
    mail: NewOutbox,
    unnamed: bool,
) -> Result<OutboxRow, Failure> {
    let mut mail = mail;
    let mut row = store.outbox_enter(&mail).await?.row().clone();
    for _ in 0..MAX_SAME {
        let old = mail.now.saturating_sub(row.created) > UNNAMED;
        if !(unnamed && is_submitted(&row) && old) {
            break;
        }
        mail.key = Sha256::digest(mail.key).into();
        row = store.outbox_enter(&mail).await?.row().clone();
    }
    Ok(row)
}

/// Hands the mail of `row` over, unless that was done. Nobody else may hold the row meanwhile.
pub(super) async fn submit(
    store: &dyn Store,
    server: &dyn Submit,
    witness: &dyn Witness,
    row: &OutboxRow,
    mail: &Mail<'_>,
) -> Result<Sent, NotSent> {
    let advance =
        |from, to| store.outbox_advance(&row.user, row.id, from, to, clock::now_seconds());
    // Whether an earlier attempt may have come through.
    let mut doubtful = match row.state {
        OutboxState::Submitted | OutboxState::Filed => return Ok(Sent::Before),
        OutboxState::Received | OutboxState::Refused => false,
        OutboxState::Submitting | OutboxState::Held => true,
    };
    if doubtful
        && witness
            .has(&row.message_id)
            .await
            .map_err(NotSent::Failed)?
    {
        record(store, row, row.state).await;
        return Ok(Sent::Before);
    }
    if row.state != OutboxState::Submitting {
        let taken = advance(row.state, OutboxState::Submitting).await;
        match taken {
            Ok(true) => {}
            Ok(false) => {
                let why = "another node is sending this mail";
                return Err(NotSent::Failed(Failure::gateway(why)));
            }
            Err(error) => return Err(NotSent::Failed(error.into())),
        }
    }
    let mut again = true;
    loop {
        match server.submit(mail.login, mail.envelope, mail.octets).await {
            Ok(()) => {
                record(store, row, OutboxState::Submitting).await;
                return Ok(Sent::Now);
            }
            Err(SmtpError::Unknown(why)) => {
                warn!(%why, id = row.id, "it is not known whether a mail was taken");
                metrics::counter!("airgate_submissions_unknown_total").increment(1);
                doubtful = true;
                if witness.has(&row.message_id).await.unwrap_or(false) {
                    record(store, row, OutboxState::Submitting).await;
                    return Ok(Sent::Now);
                }
                if !std::mem::take(&mut again) {
                    return Err(NotSent::Smtp(SmtpError::Unknown(why)));
                }
            }
            Err(error) => {
                // In doubt the row stays where it is: the next attempt asks the Sent folder first.
                if !doubtful
                    && let Err(error) =
                        advance(OutboxState::Submitting, OutboxState::Received).await
                {
                    error!(error = %failure::chain(&error), "the outbox cannot be written");
                }
                return Err(NotSent::Smtp(error));
            }
        }
    }
}

/// Writes down that the server took the mail. If that fails for good the mail is sent all the same,
/// and a repeat finds it in the Sent folder.
async fn record(store: &dyn Store, row: &OutboxRow, from: OutboxState) {
    for round in 1..=WRITES {
        let now = clock::now_seconds();
        let written = store
            .outbox_advance(&row.user, row.id, from, OutboxState::Submitted, now)
            .await;
        match written {
            Ok(_) => return,
            Err(error) => {
                error!(round, error = %failure::chain(&error), "a sent mail cannot be recorded");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests;
