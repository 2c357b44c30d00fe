//! The newest messages that fit, by the best means the server has: SORT by arrival, told in part where
//! it can (RFC 5256, 5267), else SEARCH by UID; words looked up in its index where it has one (RFC
//! 6203).

use airgate_codec::imap::Command;

use super::Answer;
use super::program::Search;
use crate::backend::imap::capabilities::Capabilities;
use crate::backend::imap::error::ImapError;
use crate::backend::imap::session::Session;

/// What a search of one mailbox found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Newest {
    /// How many fit in all.
    pub total: u64,
    /// UIDs, the newest first, at most as many as were asked for.
    pub uids: Vec<u32>,
    /// They are in order of arrival; otherwise of UID, which differs for messages that were moved.
    pub by_arrival: bool,
}

impl Session {
    /// The newest messages that fit.
    ///
    /// # Errors
    /// An answer that is missing or not readable (S7).
    pub async fn newest(&mut self, search: &Search, most: usize) -> Result<Newest, ImapError> {
        self.mailbox()?;
        if search.finds_nothing() {
            return Ok(Newest::default());
        }
        // An index has words, not parts of them, and may not be there although it is offered: Cyrus
        // says OK and nothing else then. What it does not find is looked for in the plain way.
        if self.capabilities().fuzzy && search.has_words() {
            match self.newest_with(search, most, true).await {
                Ok(Some(found)) if found.total > 0 => return Ok(found),
                Ok(_) | Err(ImapError::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        match self.newest_with(search, most, false).await? {
            Some(found) => Ok(found),
            None => Err(self.broke("no answer to SEARCH")),
        }
    }

    async fn newest_with(
        &mut self,
        search: &Search,
        most: usize,
        fuzzy: bool,
    ) -> Result<Option<Newest>, ImapError> {
        if self.capabilities().sort {
            match self.sort(search, most, fuzzy).await {
                // Not this search or not this charset; SEARCH has ways around it.
                Err(ImapError::Refused(_)) => {}
                other => return other,
            }
        }
        let found = self.search_with(search, fuzzy).await?;
        Ok(found.map(|found| Newest {
            total: found.len(),
            uids: found.iter().rev().take(most).collect(),
            by_arrival: false,
        }))
    }

    async fn sort(
        &mut self,
        search: &Search,
        most: usize,
        fuzzy: bool,
    ) -> Result<Option<Newest>, ImapError> {
        let offered = self.capabilities().clone();
        let prepared = self.connection()?.prepare(|c| {
            let c = returning(c.atom("UID").atom("SORT"), &offered, most);
            let c = c.atoms(["REVERSE", "ARRIVAL"]).atom("UTF-8");
            search.write(c, fuzzy)
        })?;
        let tag = prepared.tag().to_owned();
        let mut answer = Answer::default();
        self.flight(vec![prepared], &mut |data| answer.take(data, &tag))
            .await?
            .pop()
            .ok_or_else(|| self.broke("no answer to SORT"))?
            .ok(None)?;
        if answer.unread {
            return Err(self.broke("an answer to SORT that cannot be read"));
        }
        if answer.found.is_none() {
            return Ok(None);
        }
        let all: u64 = answer
            .order
            .iter()
            .map(|&(first, last)| u64::from(first.abs_diff(last)) + 1)
            .sum();
        Ok(Some(Newest {
            total: answer.count.map_or(all, u64::from).max(all),
            uids: answer.in_order(most),
            by_arrival: true,
        }))
    }
}

/// Asks for a number and as few results as will do.
fn returning(c: Command, offered: &Capabilities, most: usize) -> Command {
    if offered.context_sort {
        let c = c.atom("RETURN").open().atom("COUNT").atom("PARTIAL");
        c.first(u32::try_from(most).unwrap_or(u32::MAX)).close()
    } else if offered.esort {
        c.atom("RETURN").atoms(["COUNT", "ALL"])
    } else {
        c
    }
}
