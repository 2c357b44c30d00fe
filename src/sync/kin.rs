//! ConversationMode ([MS-ASCMD] 2.2.3.34): a window is widened by the older messages of a folder that
//! share a conversation with a message inside it. They are called kin here.
//!
//! Only what changed is asked about (S25): what came is looked up by its thread, and kin are looked at
//! again when a message left the window that they might have been kin of. The first look must know
//! the threads of the whole folder, or search for each when there are few.

use std::collections::HashSet;

use airgate_codec::imap::{Uid, UidSet};

use super::threads::Threads;
use super::view::MailView;
use crate::backend::imap::{ImapError, Search, Session};
use crate::identity::UserId;
use crate::item::conversation::Thread;

/// Threads searched for one by one; for more, the threads of all messages are read.
const FEW: usize = 12;
/// Messages whose threads are read and compared at a time.
const BATCH: usize = 2000;

/// What is asked, and of whom.
pub(super) struct Kin<'a> {
    pub(super) threads: &'a Threads,
    pub(super) user: &'a UserId,
    /// The messages inside the window by their date, without those marked `\Deleted`.
    pub(super) inside: &'a UidSet,
    /// Messages known to be marked now.
    pub(super) marked: &'a UidSet,
    /// Messages known to be gone: of the kin known before, all that are.
    pub(super) gone: &'a UidSet,
    /// UIDNEXT when the folder was looked at before; `None` if nothing came since.
    pub(super) since: Option<Uid>,
}

impl Kin<'_> {
    /// The kin of the messages inside: all that are there now.
    ///
    /// # Errors
    /// The backend's.
    pub(super) async fn of(
        &self,
        session: &mut Session,
        view: &MailView,
    ) -> Result<UidSet, ImapError> {
        let mut kin = match &view.kin {
            None => self.all(session).await?,
            Some(known) => self.again(session, view, &known.0).await?,
        };
        kin -= self.inside;
        let new = &kin - &view.server().items;
        if !new.is_empty() {
            let marked = Search::And(vec![Search::In(new), Search::Deleted]);
            kin -= session.search(&marked).await?;
        }
        Ok(kin)
    }

    /// Of a folder not looked at like this before.
    async fn all(&self, session: &mut Session) -> Result<UidSet, ImapError> {
        let threads = self.threads_of(session, self.inside).await?;
        if threads.len() <= FEW {
            return self.members(session, &threads).await;
        }
        let outside = &session.search(&Search::Undeleted).await? - self.inside;
        self.those_in(session, &outside, &threads).await
    }

    /// Of a folder whose kin were `known`.
    async fn again(
        &self,
        session: &mut Session,
        view: &MailView,
        known: &UidSet,
    ) -> Result<UidSet, ImapError> {
        let before = &view.server().items - known;
        let known = known - self.gone;
        let lost = &before - self.inside;
        let came = self.inside - &before;
        let mut kin = UidSet::new();
        // What may be kin or not: old mail that was put here, and all if a message left for which
        // they were kin.
        let mut doubtful = UidSet::new();
        if let Some(since) = self.since {
            doubtful |= session.search(&Search::UidFrom(since)).await?;
            doubtful -= self.inside;
        }
        if lost.is_empty() {
            kin |= known;
        } else {
            doubtful |= known;
            doubtful |= &(&lost - self.gone) - self.marked;
        }
        doubtful -= self.inside;
        if !doubtful.is_empty() {
            let anchors = self.threads_of(session, self.inside).await?;
            kin |= self.those_in(session, &doubtful, &anchors).await?;
        }
        let came = self.threads_of(session, &came).await?;
        if came.len() <= FEW {
            kin |= self.members(session, &came).await?;
        } else {
            let outside = &session.search(&Search::Undeleted).await? - self.inside;
            kin |= self.those_in(session, &outside, &came).await?;
        }
        Ok(kin)
    }

    async fn threads_of(
        &self,
        session: &mut Session,
        uids: &UidSet,
    ) -> Result<HashSet<Thread>, ImapError> {
        let mut threads = HashSet::new();
        for batch in batches(uids) {
            let named = self.threads.of(self.user, session, &batch).await?;
            threads.extend(named.into_iter().map(|(_, thread)| thread));
        }
        Ok(threads)
    }

    /// Those of the messages that belong to one of the threads.
    async fn those_in(
        &self,
        session: &mut Session,
        uids: &UidSet,
        threads: &HashSet<Thread>,
    ) -> Result<UidSet, ImapError> {
        let mut found = UidSet::new();
        for batch in batches(uids) {
            let named = self.threads.of(self.user, session, &batch).await?;
            let same = named
                .into_iter()
                .filter(|(_, thread)| threads.contains(thread));
            found.extend(same.map(|(uid, _)| uid));
        }
        Ok(found)
    }

    /// All messages of these threads.
    async fn members(
        &self,
        session: &mut Session,
        threads: &HashSet<Thread>,
    ) -> Result<UidSet, ImapError> {
        let mut found = UidSet::new();
        for thread in threads {
            found |= self.threads.members(self.user, session, thread).await?;
        }
        Ok(found)
    }
}

fn batches(uids: &UidSet) -> Vec<UidSet> {
    let all: Vec<u32> = uids.iter().collect();
    all.chunks(BATCH)
        .map(|batch| batch.iter().copied().collect())
        .collect()
}
