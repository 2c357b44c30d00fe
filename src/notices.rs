//! Letters to users about what happened to their account (C16): a new device, a new passcode, a change
//! of the second factor, a recovery code that was used, a wipe.
//!
//! They are made from the audit trail, so whoever did it, the portal, the command line, a phone, another
//! node, need not think of it, and nobody waits for a mail server. Sent by the submission server where
//! a sender is configured; else put into the user's inbox, as soon as somebody is signed in whose login
//! can do so.

use std::sync::Arc;
use std::time::Duration;

use airgate_codec::imap::MailboxName;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::backend::Login;
use crate::backend::imap::Imap;
use crate::backend::smtp::{Envelope, Smtp, is_address};
use crate::clock;
use crate::failure::chain;
use crate::gate::{Gate, name_of};
use crate::identity::UserId;
use crate::language::Language;
use crate::letter::{self, Letter, Names, Parties};
use crate::store::notices::DueNotice;
use crate::store::{AuditAction, AuditRow, Store, StoreError};

/// What letters are written and sent with.
pub struct Notices {
    pub store: Arc<dyn Store>,
    pub gate: Arc<Gate>,
    pub imap: Imap,
    /// Where letters are sent by; `None` puts them into the inbox.
    pub post: Option<Post>,
    /// Of users who chose none.
    pub language: Language,
    /// In which letters tell the time.
    pub zone: TimeZone,
    /// Where users manage passcodes and devices.
    pub page: Option<String>,
}

/// The submission server and who writes.
pub struct Post {
    pub smtp: Smtp,
    pub sender: String,
    pub login: Login,
}

/// Why a letter was not sent now.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Smtp(#[from] crate::backend::smtp::SmtpError),
    #[error(transparent)]
    Imap(#[from] crate::backend::imap::ImapError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("nobody is signed in who could put it into the inbox")]
    NoLogin,
    #[error("it took too long")]
    Slow,
}

/// How often the trail is looked at.
const ROUND: Duration = Duration::from_secs(2);
/// Seconds until a letter that could not be sent is tried again: somebody signs in meanwhile, or the
/// submission server comes back.
const AGAIN: i64 = 3;
/// The longest pause between two tries: a server may be down for days, and its log is for people.
const LONGEST: i64 = 900;
/// Letters taken at a time.
const AT_ONCE: u32 = 50;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Seconds until a letter of `at` is tried again: the longer it waits the longer the pauses.
fn pause(now: i64, at: i64) -> i64 {
    (now.saturating_sub(at) / 2).clamp(AGAIN, LONGEST)
}

impl Notices {
    /// Sends what is due until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(ROUND) => {}
            }
            if let Err(error) = self.round().await {
                warn!(error = chain(&error), "cannot look for notices");
            }
        }
    }

    async fn round(&self) -> Result<(), StoreError> {
        let store = &self.store;
        store.collect_notices(&letter::TOLD).await?;
        let now = clock::now_seconds();
        for due in store.take_notices(now, now + AGAIN, AT_ONCE).await? {
            let sent = tokio::time::timeout(PATIENCE, self.send(&due));
            match sent.await.unwrap_or(Err(Trouble::Slow)) {
                Ok(()) => store.notice_done(due.id).await?,
                Err(Trouble::NoLogin) => {}
                Err(error) => {
                    info!(
                        error = chain(&error),
                        "a notice could not be sent; it is tried again"
                    );
                    let again = now.saturating_add(pause(now, due.row.at));
                    store.put_off_notice(due.id, again).await?;
                }
            }
        }
        Ok(())
    }

    async fn send(&self, due: &DueNotice) -> Result<(), Trouble> {
        let Some(user) = &due.row.user else {
            return Ok(());
        };
        let language = self.language_of(user).await;
        let time = self.time(due.row.at);
        let names = self.names(&due.row, user).await?;
        let page = self.page.as_deref();
        let Some(letter) = letter::notice(&due.row, &names, language, &time, page) else {
            return Ok(());
        };
        match &self.post {
            // A login without a domain has no address; nobody could be written to.
            Some(post) if is_address(user.as_str()) => {
                let message = self.message(due, user, &post.sender, language, &letter);
                let envelope = Envelope {
                    // An answer to it reaches a person; its bounces do too.
                    from: Some(post.sender.clone()),
                    to: vec![user.to_string()],
                    reports: None,
                };
                let octets = message.as_slice();
                post.smtp.submit(&post.login, &envelope, &octets).await?;
            }
            _ => {
                let login = self.gate.login_of(user).ok_or(Trouble::NoLogin)?;
                let sender = format!("postmaster@{}", user.domain().unwrap_or("localhost"));
                let message = self.message(due, user, &sender, language, &letter);
                let inbox = MailboxName::new("INBOX".to_owned());
                let mut session = self.imap.session(&login, None).await?;
                session.append(&inbox, &[], None, &message).await?;
            }
        }
        metrics::counter!("airgate_notices_total").increment(1);
        Ok(())
    }

    fn message(
        &self,
        due: &DueNotice,
        user: &UserId,
        sender: &str,
        language: Language,
        letter: &Letter,
    ) -> Vec<u8> {
        letter.message(&Parties {
            name: letter::sender(language),
            from: sender,
            to: user.as_str(),
            at: due.row.at,
            // The same for every try, so that a mail program shows it once.
            id: format!("notice-{}-{}", due.id, due.row.at),
        })
    }

    /// What the user knows device and passcode by; rows may be gone by now.
    async fn names(&self, row: &AuditRow, user: &UserId) -> Result<Names, StoreError> {
        let mut names = Names::default();
        if let Some(device) = &row.device {
            let kept = self.store.device(user, device).await?;
            // The trail notes the kind of a device that is bound, before there is a row.
            let bound = (row.action == AuditAction::DevicePinned).then(|| row.detail.clone());
            names.device = kept
                .map(|kept| name_of(&kept))
                .or(bound)
                .filter(|name| !name.is_empty());
        }
        if let Some(id) = &row.credential {
            let all = self.store.credentials(user).await?;
            names.passcode = all
                .into_iter()
                .find(|one| one.id == *id)
                .map(|one| one.name);
        }
        Ok(names)
    }

    async fn language_of(&self, user: &UserId) -> Language {
        let chosen = match self.gate.rules_of(user).await {
            Ok(rules) => rules.language.clone(),
            Err(_) => None,
        };
        let chosen = chosen.as_deref().and_then(Language::from_code);
        chosen.unwrap_or(self.language)
    }

    fn time(&self, at: i64) -> String {
        match jiff::Timestamp::from_second(at) {
            Ok(time) => time
                .to_zoned_datetime(self.zone.clone())
                .strftime("%Y-%m-%d %H:%M %Z")
                .to_string(),
            Err(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_a_letter_waits_the_longer_the_pauses() {
        assert_eq!(pause(1_000, 1_000), AGAIN);
        assert_eq!(pause(1_060, 1_000), 30);
        assert_eq!(pause(90_000, 1_000), LONGEST);
        // A clock that was set back.
        assert_eq!(pause(1_000, 2_000), AGAIN);
    }
}
