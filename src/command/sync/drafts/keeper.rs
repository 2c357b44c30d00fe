//! Writes a draft into its mailbox once, and removes what it replaces only when it is there (S5,
//! S10). In a task of its own: a phone that hangs up in the middle must leave neither two drafts
//! behind nor none, and its repeated request finds what is done.

use std::sync::Arc;

use airgate_codec::imap::{Flag, MailboxName, Uid, UidSet};
use tracing::{info, warn};

use super::super::apply::refusal;
use super::intent::{self, Intent};
use crate::backend::Login;
use crate::backend::imap::{FetchItems, Imap, ImapError, Search, Session};
use crate::clock;
use crate::command::edited;
use crate::failure::{self, Failure};
use crate::identity::{DeviceId, UserId};
use crate::item::conversation::Thread;
use crate::item::identity;
use crate::store::{Store, StoreError};
use crate::sync::journal::Made;
use crate::sync::threads::Threads;

/// A drafts mailbox, owned.
#[derive(Clone)]
pub(super) struct Keeper {
    pub(super) imap: Imap,
    pub(super) login: Login,
    pub(super) store: Arc<dyn Store>,
    pub(super) threads: Arc<Threads>,
    pub(super) user: UserId,
    pub(super) device: DeviceId,
    /// The CollectionId.
    pub(super) folder: String,
    pub(super) mailbox: MailboxName,
    pub(super) uid_validity: u32,
}

/// A draft that lies in the mailbox.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) made: Made,
    /// What it is recognised by after a change of UIDVALIDITY (S15).
    pub(super) print: Option<i64>,
    pub(super) old: Old,
}

/// What became of the message it replaces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Old {
    None,
    Gone,
    /// Still there, marked `\Deleted`, for lack of UIDPLUS.
    Hidden,
    /// The server does not let it go.
    Stays,
}

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The backend is well and says no.
    Refused(ImapError),
    Failed(Failure),
}

impl From<ImapError> for Trouble {
    fn from(error: ImapError) -> Self {
        if refusal(&error) {
            Self::Refused(error)
        } else {
            Self::Failed(error.into())
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Keeper {
    /// Finishes what an earlier request began, if its message is there.
    pub(super) async fn resume(self, earlier: Intent) -> Result<Option<Kept>, Trouble> {
        if earlier.uid_validity != self.uid_validity {
            return Ok(None);
        }
        let mut session = self.open().await?;
        match self.find(&mut session, &earlier, true).await? {
            Some(uid) => {
                info!(uid, "a draft that was written before is found again");
                self.finish(&mut session, earlier, uid).await.map(Some)
            }
            None => Ok(None),
        }
    }

    /// Writes the message of an intent.
    pub(super) async fn write(
        self,
        key: [u8; 32],
        mut intent: Intent,
        octets: Vec<u8>,
        flags: Vec<Flag>,
    ) -> Result<Kept, Trouble> {
        let mut session = self.open().await?;
        let selected = session.select(&self.mailbox, None).await?;
        if selected.read_only {
            return Err(ImapError::ReadOnly.into());
        }
        // An earlier try may still arrive: what it writes is looked for as well.
        intent.first = match intent.first {
            0 => selected.uid_next.get(),
            first => first.min(selected.uid_next.get()),
        };
        let expires = clock::now_seconds() + intent::KEPT;
        let (device, kind) = (Some(&self.device), intent::KIND);
        self.store
            .remember(&self.user, device, kind, &key, &intent.encode(), expires)
            .await?;
        let now = Some(clock::now_seconds());
        let place = session.append(&self.mailbox, &flags, now, &octets).await?;
        // Servers show a session what it appended itself only when it asks (Courier).
        session.select(&self.mailbox, None).await?;
        let uid = match place {
            Some((validity, uid)) if validity.get() == self.uid_validity => Some(uid.get()),
            _ => self.find(&mut session, &intent, false).await?,
        };
        let Some(uid) = uid else {
            return Err(ImapError::Protocol("an appended message is not there".into()).into());
        };
        self.finish(&mut session, intent, uid).await
    }

    async fn open(&self) -> Result<Session, ImapError> {
        let mut session = self.imap.session(&self.login, Some(&self.mailbox)).await?;
        let selected = session.select(&self.mailbox, None).await?;
        if selected.uid_validity.get() == self.uid_validity {
            Ok(session)
        } else {
            Err(ImapError::NoMailbox(self.mailbox.clone()))
        }
    }

    /// The message of an intent: above all that were there before, with its Message-ID. After a cut
    /// (`exact`) its size must fit too: somebody else may have saved the same draft meanwhile.
    async fn find(
        &self,
        session: &mut Session,
        intent: &Intent,
        exact: bool,
    ) -> Result<Option<u32>, ImapError> {
        let Some(first) = Uid::new(intent.first) else {
            return Ok(None);
        };
        let search = Search::And(vec![
            Search::UidFrom(first),
            Search::Header("Message-ID".into(), intent.message_id.clone()),
        ]);
        let mut found = session.search(&search).await?;
        // `n:*` always names the last message, however old it is (RFC 9051 9, seq-range).
        found.remove_range(..intent.first);
        if !exact {
            return Ok(found.max());
        }
        let items = FetchItems {
            size: true,
            ..FetchItems::default()
        };
        let messages = session.fetch(&found, &items).await?;
        Ok(messages
            .into_iter()
            .filter(|message| message.size == Some(intent.size))
            .filter_map(|message| message.uid)
            .map(Uid::get)
            .max())
    }

    /// The message is there: what it replaces may go.
    async fn finish(
        &self,
        session: &mut Session,
        intent: Intent,
        uid: u32,
    ) -> Result<Kept, Trouble> {
        let items = FetchItems {
            size: true,
            internal_date: true,
            thread_id: self.threads.asked(&self.user, session.capabilities()).await,
            headers: Some(vec![identity::HEADER_FIELD]),
            ..FetchItems::default()
        };
        let one = |uid: u32| -> UidSet { std::iter::once(uid).collect() };
        let mut messages = session.fetch(&one(uid), &items).await?;
        self.threads.settle(&self.user, &mut messages).await;
        let Some(message) = messages
            .iter()
            .find(|message| message.uid.map(Uid::get) == Some(uid))
        else {
            return Err(ImapError::Protocol("an appended message is not there".into()).into());
        };
        let mut made = intent.made;
        made.uid = uid;
        // Where the account goes by THREADID the server has the word, else our own header had it.
        if message.thread_id.is_some() {
            made.conversation_id = Thread::of(message).id();
        }
        let kept = |old| Kept {
            made,
            print: identity::fingerprint(message),
            old,
        };
        let Some(old) = intent.replaces else {
            return Ok(kept(Old::None));
        };
        let (store, user) = (self.store.as_ref(), &self.user);
        let (folder, validity) = (self.folder.as_str(), self.uid_validity);
        edited::remember(store, user, folder, validity, (old, uid), &intent.moved).await;
        Ok(kept(take_away(session, old).await?))
    }
}

/// Removes one message for good, and sees that it is: a server whose user lacks the right may say
/// OK and do nothing (Dovecot).
pub(super) async fn take_away(session: &mut Session, uid: u32) -> Result<Old, ImapError> {
    let one = || -> UidSet { std::iter::once(uid).collect() };
    let there = Search::In(one());
    if session.search(&there).await?.is_empty() {
        return Ok(Old::Gone);
    }
    match session.expunge(&one()).await {
        Ok(_) => {}
        Err(error) if refusal(&error) => {
            warn!(error = %failure::chain(&error), "a draft cannot be removed");
            return Ok(Old::Stays);
        }
        Err(error) => return Err(error),
    }
    if session.search(&there).await?.is_empty() {
        return Ok(Old::Gone);
    }
    let shown = Search::And(vec![there, Search::Undeleted]);
    Ok(match session.search(&shown).await?.is_empty() {
        true => Old::Hidden,
        false => Old::Stays,
    })
}
