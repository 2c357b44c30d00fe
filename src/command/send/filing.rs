//! What follows a submission: the copy in the Sent folder, and the mark on the original. Neither can
//! make a sent mail an error (S19); both are tried again for a while.

use std::sync::Arc;
use std::time::Duration;

use airgate_codec::imap::{Flag, MailboxName};
use async_trait::async_trait;
use tracing::warn;

use super::once::Witness;
use super::parcel::{Parcel, SentCopy};
use crate::backend::Login;
use crate::backend::imap::{Imap, ImapError, Search, Session};
use crate::backend::octets::Spilt;
use crate::clock;
use crate::config::SaveSent;
use crate::failure::{self, Failure};
use crate::identity::UserId;
use crate::store::{OutboxState, Store};

/// Pauses between attempts.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(2),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

/// The user's Sent folder.
#[derive(Clone)]
pub(super) struct SentFolder {
    pub(super) imap: Imap,
    pub(super) login: Login,
    /// `None`: the account has none.
    pub(super) mailbox: Option<MailboxName>,
}

/// The original to mark.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) mailbox: MailboxName,
    pub(super) uid_validity: u32,
    pub(super) uid: u32,
    pub(super) flag: Flag,
}

/// What is left to do for one mail.
pub(super) struct Filing {
    pub(super) store: Arc<dyn Store>,
    pub(super) sent: SentFolder,
    pub(super) user: UserId,
    pub(super) row: i64,
    pub(super) message_id: String,
    /// The mail, if it is to be saved.
    pub(super) copy: Option<Arc<Parcel>>,
    /// Look first whether a copy is there: one may have been made before, by us or by the server.
    pub(super) look: bool,
    pub(super) mark: Option<Mark>,
}

/// Whether a copy of a mail is ours to make, and whether to look for one first.
pub(super) const fn policy(save: SaveSent, asked: bool, sent_before: bool) -> (bool, bool) {
    match save {
        SaveSent::Auto => (asked, true),
        // An attempt before this one may have saved it.
        SaveSent::Always => (asked, sent_before),
        SaveSent::Never => (false, true),
    }
}

impl SentFolder {
    /// A session with it selected.
    async fn open(&self, mailbox: &MailboxName) -> Result<Session, ImapError> {
        let mut session = self.imap.session(&self.login, Some(mailbox)).await?;
        session.select(mailbox, None).await?;
        Ok(session)
    }

    async fn holds(session: &mut Session, message_id: &str) -> Result<bool, ImapError> {
        let search = Search::Header("Message-ID".into(), message_id.to_owned());
        Ok(!session.search(&search).await?.is_empty())
    }

    /// Saves a copy; with `look` only if there is none: never two.
    async fn save(&self, message_id: &str, copy: &Parcel, look: bool) -> Result<(), Failure> {
        let Some(mailbox) = &self.mailbox else {
            warn!("a sent mail cannot be saved: the account has no Sent folder");
            return Ok(());
        };
        let copy = SentCopy(copy);
        // First, since it may take a connection that another task of the same kind waits for.
        let length = copy.length().await.map_err(spilt)?;
        let mut session = self.open(mailbox).await?;
        if look && Self::holds(&mut session, message_id).await? {
            return Ok(());
        }
        let now = clock::now_seconds();
        session
            .append_from(mailbox, &[Flag::Seen], now, &copy, length)
            .await?;
        Ok(())
    }

    async fn mark(&self, mark: &Mark) -> Result<(), ImapError> {
        let mut session = self.imap.session(&self.login, Some(&mark.mailbox)).await?;
        let selected = session.select(&mark.mailbox, None).await?;
        if selected.uid_validity.get() == mark.uid_validity {
            let one = std::iter::once(mark.uid).collect();
            session
                .store(&one, std::slice::from_ref(&mark.flag), &[])
                .await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Witness for SentFolder {
    async fn has(&self, message_id: &str) -> Result<bool, Failure> {
        let Some(mailbox) = &self.mailbox else {
            return Ok(false);
        };
        let found = async {
            let mut session = self.open(mailbox).await?;
            Self::holds(&mut session, message_id).await
        };
        match found.await {
            Err(ImapError::NoMailbox(_)) => Ok(false),
            other => Ok(other?),
        }
    }
}

impl Filing {
    /// Does what is left; true when nothing is.
    async fn attempt(&mut self) -> bool {
        if let Some(copy) = &self.copy {
            let saved = self.sent.save(&self.message_id, copy, self.look).await;
            // The answer of this attempt may have been lost.
            self.look = true;
            match saved {
                Ok(()) => self.copy = None,
                Err(error) => {
                    warn!(error = %failure::chain(&error), "a sent mail could not be saved");
                }
            }
        }
        if let Some(mark) = &self.mark {
            match self.sent.mark(mark).await {
                Ok(()) => self.mark = None,
                // A mailbox for reading only, or without room for a keyword: it stays as it is.
                Err(
                    error @ (ImapError::ReadOnly
                    | ImapError::Denied(_)
                    | ImapError::Refused(_)
                    | ImapError::NoMailbox(_)),
                ) => {
                    warn!(error = %failure::chain(&error), "an answered mail cannot be marked");
                    self.mark = None;
                }
                Err(error) => {
                    warn!(error = %failure::chain(&error), "an answered mail could not be marked");
                }
            }
        }
        self.copy.is_none() && self.mark.is_none()
    }

    /// Files the mail. `first` is dropped after the first attempt, whatever came of it.
    pub(super) async fn run<T>(mut self, first: T) {
        let mut first = Some(first);
        for pause in PAUSES.into_iter().map(Some).chain([None]) {
            let done = self.attempt().await;
            if self.copy.is_none() {
                self.filed().await;
            }
            first = None;
            match pause {
                _ if done => return,
                Some(pause) => tokio::time::sleep(pause).await,
                None => {}
            }
        }
        drop(first);
        metrics::counter!("airgate_filing_given_up_total").increment(1);
        warn!("a sent mail could not be filed; given up");
    }

    async fn filed(&self) {
        let (from, to) = (OutboxState::Submitted, OutboxState::Filed);
        let now = clock::now_seconds();
        if let Err(error) = self
            .store
            .outbox_advance(&self.user, self.row, from, to, now)
            .await
        {
            warn!(error = %failure::chain(&error), "a filed mail could not be recorded");
        }
    }
}

fn spilt(spilt: Spilt) -> Failure {
    match spilt {
        Spilt::Source(failure) => failure,
        Spilt::Sink(error) => Failure::gateway(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_made_as_the_operator_decided() {
        for (save, asked, sent_before, expected) in [
            (SaveSent::Auto, true, false, (true, true)),
            (SaveSent::Auto, false, false, (false, true)),
            (SaveSent::Always, true, false, (true, false)),
            (SaveSent::Always, true, true, (true, true)),
            (SaveSent::Always, false, false, (false, false)),
            (SaveSent::Never, true, false, (false, true)),
        ] {
            assert_eq!(policy(save, asked, sent_before), expected, "{save:?}");
        }
    }
}
