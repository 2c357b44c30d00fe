//! Finding messages, typed. A listing that is short without the server saying so is an error (S7).

mod answer;
mod newest;
mod program;
mod several;

pub use newest::Newest;
pub use program::Search;
pub use several::Elsewhere;

use airgate_codec::imap::{Status, UidSet};

use self::answer::Answer;
use super::{Session, lines};
use crate::backend::imap::connection::nothing;
use crate::backend::imap::error::ImapError;

/// Sets in a search beyond this many octets are asked for in parts.
const MAX_PARTS: usize = 256;

impl Session {
    /// The UIDs of the messages that fit. [`Search::All`] is checked against the number of
    /// messages the server told.
    ///
    /// # Errors
    /// An answer that is missing, not readable or short (S7).
    pub async fn search(&mut self, search: &Search) -> Result<UidSet, ImapError> {
        self.mailbox()?;
        if *search == Search::All {
            return self.search_all().await;
        }
        if search.finds_nothing() {
            return Ok(UidSet::new());
        }
        if let Some((long, rest)) = search.long_set() {
            let mut found = UidSet::new();
            let parts = lines(long);
            if parts.len() > MAX_PARTS {
                // Millions of holes: asking for everything is cheaper.
                let mut all = self.search_once(&Search::And(rest)).await?;
                all &= long;
                return Ok(all);
            }
            for part in parts {
                let mut keys = rest.clone();
                keys.insert(0, Search::In(part));
                found |= self.search_once(&Search::And(keys)).await?;
            }
            return Ok(found);
        }
        self.search_once(search).await
    }

    async fn search_all(&mut self) -> Result<UidSet, ImapError> {
        // Messages may come and go while the search runs; once they hold still, the numbers agree.
        for _ in 0..3 {
            let found = self.search_once(&Search::All).await?;
            if found.len() >= u64::from(self.mailbox()?.exists) {
                return Ok(found);
            }
            self.command(None, |c| c.atom("NOOP"), &mut nothing).await?;
        }
        Err(self.broke("fewer messages found than there are"))
    }

    async fn search_once(&mut self, search: &Search) -> Result<UidSet, ImapError> {
        // A server that says nothing when it found nothing is indistinguishable from one whose
        // answer was lost.
        match self.search_with(search, false).await? {
            Some(found) => Ok(found),
            None => Err(self.broke("no answer to SEARCH")),
        }
    }

    /// One SEARCH; `None` when the server said OK and nothing else.
    async fn search_with(
        &mut self,
        search: &Search,
        fuzzy: bool,
    ) -> Result<Option<UidSet>, ImapError> {
        let esearch = self.capabilities().esearch;
        let mut charset = !search.is_ascii();
        loop {
            let mut answer = Answer::default();
            let prepared = self.connection()?.prepare(|c| {
                let mut c = c.atom("UID").atom("SEARCH");
                if esearch {
                    c = c.atom("RETURN").atoms(["ALL"]);
                }
                if charset {
                    c = c.atom("CHARSET").atom("UTF-8");
                }
                search.write(c, fuzzy)
            })?;
            let tag = prepared.tag().to_owned();
            let ended = self
                .flight(vec![prepared], &mut |data| answer.take(data, &tag))
                .await?
                .pop()
                .ok_or_else(|| self.broke("no answer to SEARCH"))?;
            // Outlook refuses CHARSET UTF-8 and takes 8-bit text without it.
            if charset && ended.status == Status::No {
                charset = false;
                continue;
            }
            ended.ok(None)?;
            if answer.unread {
                return Err(self.broke("an answer to SEARCH that cannot be read"));
            }
            return Ok(answer.found.map(|mut found| {
                search.narrow(&mut found);
                found
            }));
        }
    }
}
