//! What follows a submission: the copy in the Sent folder, and the mark on the original. Neither can
//! make a sent mail an error (S19); both are tried again for a while.

use std::sync::Arc;
use std::time::Duration;

use airgate_codec::imap::{Flag, MailboxName};
use async_trait::async_trait;
use tracing::warn;

use super::once::Witness;
use crate::backend::Login;
use crate::backend::imap::{Imap, ImapError, Search, Session};
use crate::clock;
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
    pub(super) copy: Option<Vec<u8>>,
    pub(super) mark: Option<Mark>,
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

    /// Saves a copy, unless the server did so itself (or an attempt of ours did whose answer was
    /// lost): never two.
    async fn save(&self, message_id: &str, copy: &[u8]) -> Result<(), ImapError> {
        let Some(mailbox) = &self.mailbox else {
            warn!("a sent mail cannot be saved: the account has no Sent folder");
            return Ok(());
        };
        let mut session = self.open(mailbox).await?;
        if Self::holds(&mut session, message_id).await? {
            return Ok(());
        }
        let now = Some(clock::now_seconds());
        session.append(mailbox, &[Flag::Seen], now, copy).await?;
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
            match self.sent.save(&self.message_id, copy).await {
                Ok(()) => self.copy = None,
                Err(error) => {
                    warn!(error = %failure::chain(&error), "a sent mail could not be saved");
                }
            }
        }
        if let Some(mark) = &self.mark {
            match self.sent.mark(mark).await {
                Ok(()) => self.mark = None,
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
