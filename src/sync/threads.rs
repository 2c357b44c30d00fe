//! By what an account's conversations are told apart: by the server's THREADID (RFC 8474 5.2), or by
//! the messages' own header fields. It is decided once for each account, with the first messages
//! read for it, and kept in the store: a server that learns to tell THREADID later, or only for some
//! messages, must not give new ids to conversations that phones know already.

use std::sync::Arc;

use airgate_codec::imap::{Fetched, Uid, UidSet};
use moka::future::Cache;
use tracing::warn;

use crate::backend::imap::{Capabilities, FetchItems, ImapError, Search, Session};
use crate::clock;
use crate::failure;
use crate::identity::UserId;
use crate::item::conversation::{HEADER_FIELDS, Thread};
use crate::store::Store;

/// How each account's conversations are told apart.
pub struct Threads {
    store: Arc<dyn Store>,
    known: Cache<UserId, By>,
}

/// What tells conversations apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum By {
    Server,
    Headers,
}

/// The kind of outcome, in the store.
const KIND: &str = "threads";
/// It is kept for ever.
const NEVER: i64 = i64::MAX;
/// Accounts kept in memory, so that a request reads no row.
const ACCOUNTS: u64 = 100_000;
/// Messages whose thread is read in one flight.
const BATCH: usize = 1000;

impl By {
    const fn byte(self) -> u8 {
        match self {
            Self::Server => b'S',
            Self::Headers => b'H',
        }
    }

    const fn read(stored: &[u8]) -> Option<Self> {
        match stored {
            b"S" => Some(Self::Server),
            b"H" => Some(Self::Headers),
            _ => None,
        }
    }
}

impl Threads {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            known: Cache::new(ACCOUNTS),
        }
    }

    /// Whether to ask for THREADID with messages that are read now.
    pub async fn asked(&self, user: &UserId, offered: &Capabilities) -> bool {
        (offered.object_id || offered.gmail) && self.known(user).await != Some(By::Headers)
    }

    /// Decides for the account, if that was not done before, by what came with these messages, and
    /// takes away what does not count.
    pub async fn settle(&self, user: &UserId, messages: &mut [Fetched]) {
        let by = match self.known(user).await {
            Some(by) => by,
            None if messages.is_empty() => return,
            None => {
                let told = messages.iter().any(|message| message.thread_id.is_some());
                let by = if told { By::Server } else { By::Headers };
                self.decide(user, by).await;
                by
            }
        };
        if by == By::Headers {
            for message in messages {
                message.thread_id = None;
            }
        }
    }

    /// The threads of messages of the selected mailbox.
    ///
    /// # Errors
    /// The backend's.
    pub async fn of(
        &self,
        user: &UserId,
        session: &mut Session,
        uids: &UidSet,
    ) -> Result<Vec<(u32, Thread)>, ImapError> {
        let items = FetchItems {
            thread_id: self.asked(user, session.capabilities()).await,
            headers: Some(HEADER_FIELDS.to_vec()),
            ..FetchItems::default()
        };
        let mut threads = Vec::new();
        let all: Vec<u32> = uids.iter().collect();
        for batch in all.chunks(BATCH) {
            let batch: UidSet = batch.iter().copied().collect();
            let mut messages = session.fetch(&batch, &items).await?;
            self.settle(user, &mut messages).await;
            let named = messages
                .iter()
                .filter_map(|message| Some((message.uid.map(Uid::get)?, Thread::of(message))));
            threads.extend(named);
        }
        Ok(threads)
    }

    /// The messages of the selected mailbox that belong to a thread.
    ///
    /// # Errors
    /// The backend's.
    pub async fn members(
        &self,
        user: &UserId,
        session: &mut Session,
        thread: &Thread,
    ) -> Result<UidSet, ImapError> {
        let Some(search) = search(thread, session.capabilities()) else {
            return Ok(UidSet::new());
        };
        let maybe = session.search(&search).await?;
        if matches!(thread, Thread::Server(_)) || maybe.is_empty() {
            return Ok(maybe);
        }
        // The fields hold the text somewhere; whether they mean it only reading them shows.
        let threads = self.of(user, session, &maybe).await?;
        let same = threads.into_iter().filter(|(_, other)| other == thread);
        Ok(same.map(|(uid, _)| uid).collect())
    }

    async fn known(&self, user: &UserId) -> Option<By> {
        if let Some(by) = self.known.get(user).await {
            return Some(by);
        }
        let now = clock::now_seconds();
        match self.store.recall(user, None, KIND, &[], now).await {
            Ok(stored) => {
                let by = stored.as_deref().and_then(By::read)?;
                self.known.insert(user.clone(), by).await;
                Some(by)
            }
            Err(error) => {
                // Nothing can be committed then either, so nothing wrong is told for long.
                warn!(error = %failure::chain(&error), "how conversations are told cannot be read");
                Some(By::Headers)
            }
        }
    }

    async fn decide(&self, user: &UserId, by: By) {
        let kept = self
            .store
            .remember(user, None, KIND, &[], &[by.byte()], NEVER)
            .await;
        match kept {
            Ok(()) => self.known.insert(user.clone(), by).await,
            Err(error) => {
                warn!(error = %failure::chain(&error), "how conversations are told cannot be kept");
            }
        }
    }
}

/// What finds the messages of a thread, and perhaps others; `None` for what nothing finds.
fn search(thread: &Thread, offered: &Capabilities) -> Option<Search> {
    Some(match thread {
        Thread::Server(id) if offered.object_id => Search::ThreadId(id.clone()),
        Thread::Server(id) if offered.gmail => Search::GmailThread(id.clone()),
        Thread::Server(_) | Thread::Alone(_) => return None,
        Thread::Root(id) => {
            let id = String::from_utf8(id.clone()).ok()?;
            let field = |name: &str| Box::new(Search::Header(name.into(), id.clone()));
            let replies = Search::Or(field("References"), field("In-Reply-To"));
            Search::Or(field("Message-ID"), Box::new(replies))
        }
        Thread::Topic(topic) => Search::Subject(topic.clone()),
    })
}
