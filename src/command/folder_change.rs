//! What FolderCreate, FolderUpdate and FolderDelete share ([MS-ASCMD] 2.2.1.2, 2.2.1.3, 2.2.1.6):
//! each is one step on the chain of the hierarchy, whose view then holds the change, so that the
//! next FolderSync tells it to the other devices and not to this one.
//!
//! A repeat under the key before is answered from the journal (S2). What happens between the
//! backend's OK and our commit (a crash) is covered by an intent, noted before: a repeat then finds
//! that what is there already is its own (S5).

pub(super) mod collections;

use airgate_codec::eas::folder_create::status;
use airgate_codec::imap::{MailboxName, MailboxStatus};
use tracing::{info, warn};

use super::{Call, folders};
use crate::backend::imap::{ImapError, Session};
use crate::clock;
use crate::failure::{self, Failure};
use crate::store::FolderRow;
use crate::sync::chain::{Asked, Position, SyncKey};
use crate::sync::folders::Hierarchy;
use crate::sync::folders::place::Misplaced;
use crate::sync::hierarchy::Folders;
use crate::sync::journal::{self, Outcome};
use crate::sync::lease::Lease;
use crate::sync::step::{Next, Step};

/// The folder of the most-used recipients, known by this id on every account (exchange-habits 7).
pub(super) const RECIPIENT_CACHE: &str = "RI";

/// Under what intents are remembered, and for how long: a phone repeats itself within minutes.
const KIND: &str = "folder-change";
const REMEMBERED: i64 = 24 * 3600;

/// Rounds before a table that others keep changing is given up on.
const ROUNDS: usize = 5;

/// A step on the chain of the hierarchy, under its lease.
pub(super) struct Change<'a> {
    call: &'a Call<'a>,
    step: Step<'a>,
    /// What the phone holds, to be changed as the phone changed it.
    pub(super) held: Hierarchy,
    fingerprint: [u8; 16],
    intent: [u8; 16],
    _lease: Lease,
}

/// What to answer.
pub(super) enum Answered {
    Done {
        key: SyncKey,
        /// The id a new folder got.
        server_id: Option<String>,
    },
    Refused(u16),
}

impl Answered {
    /// Status and new key, which is all that a change of a known folder answers.
    pub(super) fn told(self) -> (u16, Option<String>) {
        match self {
            Self::Done { key, .. } => (status::OK, Some(key.to_string())),
            Self::Refused(status) => (status, None),
        }
    }
}

impl<'a> Change<'a> {
    /// Opens the chain for a command that these words tell from every other.
    ///
    /// # Errors
    /// The store's. Inside: the status of a key that is not good.
    pub(super) async fn open(
        call: &'a Call<'a>,
        sync_key: &str,
        words: &[&str],
    ) -> Result<Result<Self, u16>, Failure> {
        let Ok(asked) = sync_key.parse::<Asked>();
        let lease = call
            .gateway
            .leases
            .take(call.user, call.device, folders::CHAIN)
            .await;
        let store = call.gateway.store.as_ref();
        let step = Step::open(store, call.user, call.device, folders::CHAIN, asked).await?;
        // Key 0 names no hierarchy that could be changed.
        if matches!(step.position, Position::Refused | Position::Start) {
            return Ok(Err(status::INVALID_SYNC_KEY));
        }
        let Some(Ok(held)) = step.base().map(Hierarchy::decode) else {
            return Ok(Err(status::INVALID_SYNC_KEY));
        };
        let mut keyed = vec![sync_key];
        keyed.extend_from_slice(words);
        Ok(Ok(Self {
            call,
            step,
            held,
            fingerprint: journal::fingerprint(words),
            intent: journal::fingerprint(&keyed),
            _lease: lease,
        }))
    }

    /// The outcome, if this is the repeat of a command whose answer was lost.
    pub(super) fn repeated(&self) -> Option<Outcome> {
        self.step.journal().take(&self.fingerprint)
    }

    /// The name on a DAV server of what this command makes: the same for each repeat.
    fn segment(&self) -> String {
        let digits = self.intent.iter().map(|octet| format!("{octet:02x}"));
        format!("airgate-{}", digits.collect::<String>())
    }

    /// Notes that this is about to be done at the backend.
    ///
    /// # Errors
    /// The store's: then nothing must be done.
    pub(super) async fn intend(&self) -> Result<(), Failure> {
        let (user, device) = (self.call.user, Some(self.call.device));
        let expires = clock::now_seconds() + REMEMBERED;
        let store = &self.call.gateway.store;
        store
            .remember(user, device, KIND, &self.intent, &[], expires)
            .await?;
        Ok(())
    }

    /// Whether this was about to be done before, which is to say that it may be done already.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn intended(&self) -> Result<bool, Failure> {
        let (user, device) = (self.call.user, Some(self.call.device));
        let now = clock::now_seconds();
        let store = &self.call.gateway.store;
        let known = store.recall(user, device, KIND, &self.intent, now);
        Ok(known.await?.is_some())
    }

    /// Commits the view with the phone's change in it.
    ///
    /// # Errors
    /// The store's: the phone asks again, and finds its change done.
    pub(super) async fn commit(self, server_id: Option<String>) -> Result<Answered, Failure> {
        let view = self.held.encode();
        let mut journal = self.step.journal();
        if journal.count(&self.fingerprint) == 0 {
            journal.record(
                self.fingerprint,
                Outcome {
                    status: 1,
                    server_id: server_id.clone(),
                    ..Outcome::default()
                },
            );
        }
        let repeats = self.step.present() == Some(view.as_slice());
        let next = Next {
            view,
            journal,
            repeats,
            ..Next::default()
        };
        Ok(match self.step.commit(next).await? {
            Some(key) => Answered::Done { key, server_id },
            // Another node was first.
            None => Answered::Refused(status::SERVER_ERROR),
        })
    }
}

/// The status of a place that cannot be.
pub(super) const fn misplaced(fault: Misplaced) -> u16 {
    match fault {
        Misplaced::BadName => status::MALFORMED,
        Misplaced::Taken => status::EXISTS,
        Misplaced::NoParent | Misplaced::BelowItself => status::PARENT_NOT_FOUND,
        Misplaced::Childless => status::SPECIAL_FOLDER,
    }
}

/// The status for what the backend refused, or the failure of the whole command. `forbidden` is the
/// command's status for a folder that may not be changed: it makes the phone put back what it did.
///
/// # Errors
/// What passes, and a mailbox that is full.
pub(super) fn refused(error: ImapError, forbidden: u16) -> Result<u16, Failure> {
    info!(error = %failure::chain(&error), "the backend refused to change a folder");
    match error {
        ImapError::MailboxExists(_) => Ok(status::EXISTS),
        ImapError::BadName(_) | ImapError::Argument(_) => Ok(status::MALFORMED),
        ImapError::Denied(_) | ImapError::ReadOnly => Ok(forbidden),
        ImapError::NoMailbox(_) => Ok(status::NOT_FOUND),
        ImapError::Refused(_) => Ok(status::UNKNOWN_ERROR),
        other => Err(other.into()),
    }
}

/// Renames a mailbox with all below it.
///
/// Quirk: Courier renames, and then dies without an answer, when one of those below has a name that
/// is not plain ASCII. A rename that was cut is therefore looked after: done is done.
///
/// # Errors
/// See [`Session::rename`].
pub(super) async fn rename(
    call: &Call<'_>,
    session: &mut Session,
    row: &FolderRow,
    to: &str,
) -> Result<(), ImapError> {
    let names = [MailboxName::new(row.name.clone()), MailboxName::new(to)];
    let [from, target] = &names;
    let error = match session.rename(from, target).await {
        Err(error @ ImapError::Disconnected(_)) => error,
        other => return other,
    };
    *session = call.gateway.imap.fresh_session(call.login).await?;
    match session.status(&names).await?.as_slice() {
        [Err(ImapError::NoMailbox(_)), Ok(_)] => {
            warn!(error = %failure::chain(&error), "a mailbox was renamed without an answer");
            Ok(())
        }
        _ => Err(error),
    }
}

/// What a rename means for each mailbox, the deepest first.
fn renames<'f>(before: &'f Folders, row: &FolderRow, to: &str) -> Vec<(&'f FolderRow, String)> {
    let subtree = before.ground().subtree(row).into_iter();
    let renamed = subtree.filter_map(|below| {
        let rest = below.name.strip_prefix(row.name.as_str())?;
        Some((below, format!("{to}{rest}")))
    });
    renamed.collect()
}

/// The table after a rename that was ours: every folder keeps its id, whatever its mailbox is called
/// and numbered now (S16). Subscriptions go along, which servers leave to the client.
///
/// # Errors
/// The store's or the backend's. The next look at the list then has to find out by itself.
pub(super) async fn follow_rename(
    call: &Call<'_>,
    session: &mut Session,
    before: &Folders,
    row: &FolderRow,
    to: &str,
) -> Result<(), Failure> {
    let moved = renames(before, row, to);
    let names: Vec<MailboxName> = moved
        .iter()
        .map(|(_, name)| MailboxName::new(name.clone()))
        .collect();
    let statuses = session.status(&names).await?;
    let store = &call.gateway.store;
    for _ in 0..ROUNDS {
        let table = store.folders(call.user).await?;
        let changed: Vec<FolderRow> = moved
            .iter()
            .zip(&statuses)
            .filter_map(|((row, name), status)| {
                let row = table.rows.iter().find(|known| known.id == row.id)?;
                Some(renamed(row, name, status.as_ref().ok()))
            })
            .collect();
        let saved = store.save_folders(call.user, table.version, &changed, &[]);
        if saved.await?.is_some() {
            break;
        }
    }
    for (row, name) in moved {
        let listed = before.mailboxes.find(&row.name);
        if listed.is_some_and(|listed| listed.subscribed) {
            subscribe(session, &name, true).await;
            subscribe(session, &row.name, false).await;
        }
    }
    Ok(())
}

fn renamed(row: &FolderRow, name: &str, status: Option<&MailboxStatus>) -> FolderRow {
    let validity = status.and_then(|status| status.uid_validity);
    FolderRow {
        name: name.to_owned(),
        uid_validity: validity.map(|validity| validity.get()).or(row.uid_validity),
        ..row.clone()
    }
}

/// Marks folders as gone for good.
///
/// # Errors
/// The store's; the next look at the list finds out by itself.
pub(super) async fn retire(call: &Call<'_>, gone: &[&FolderRow]) -> Result<(), Failure> {
    let store = &call.gateway.store;
    for _ in 0..ROUNDS {
        let table = store.folders(call.user).await?;
        let changed: Vec<FolderRow> = table
            .rows
            .iter()
            .filter(|row| gone.iter().any(|gone| gone.id == row.id))
            .map(|row| FolderRow {
                retired: true,
                ..row.clone()
            })
            .collect();
        let saved = store.save_folders(call.user, table.version, &changed, &[]);
        if saved.await?.is_some() {
            break;
        }
    }
    Ok(())
}

/// Changes a subscription. The folder works without, so a refusal is only noted.
pub(super) async fn subscribe(session: &mut Session, name: &str, yes: bool) {
    let mailbox = MailboxName::new(name);
    let outcome = match yes {
        true => session.subscribe(&mailbox).await,
        false => session.unsubscribe(&mailbox).await,
    };
    if let Err(error) = outcome {
        warn!(error = %failure::chain(&error), "a subscription could not be changed");
    }
}
