//! Finding messages, typed. A listing that is short without the server saying so is an error (S7).

use airgate_codec::imap::{Command, ESearch, Status, Uid, UidSet, Untagged};

use super::{Session, is_unread, lines};
use crate::backend::imap::connection::{Data, nothing};
use crate::backend::imap::error::ImapError;

/// Which messages (RFC 9051 6.4.4). Times are seconds since 1970 of the day meant, in UTC; the
/// server compares INTERNALDATE's day without its zone.
#[derive(Clone, Debug, PartialEq)]
pub enum Search {
    All,
    /// Received on that day or later.
    Since(i64),
    /// Received before that day.
    Before(i64),
    /// The Date header says that day or later.
    SentSince(i64),
    SentBefore(i64),
    /// That UID and above.
    UidFrom(Uid),
    In(UidSet),
    /// The header field has the text in it, in any letter case.
    Header(String, String),
    Subject(String),
    From(String),
    To(String),
    Cc(String),
    Body(String),
    /// Header or body has it.
    Text(String),
    Seen,
    Unseen,
    Answered,
    Flagged,
    Deleted,
    Undeleted,
    Keyword(String),
    Unkeyword(String),
    /// Of that thread (RFC 8474 5.2).
    ThreadId(String),
    /// The same as Gmail says it.
    GmailThread(String),
    /// More octets than this.
    Larger(u64),
    Smaller(u64),
    And(Vec<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
}

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
        let esearch = self.capabilities().esearch;
        let mut charset = !search.is_ascii();
        loop {
            let mut answer = Answer::default();
            let prepared = self.connection()?.prepare(|c| {
                let c = c.atom("UID").atom("SEARCH");
                let c = if esearch {
                    c.atom("RETURN").atoms(["ALL"])
                } else {
                    c
                };
                let c = if charset {
                    c.atom("CHARSET").atom("UTF-8")
                } else {
                    c
                };
                search.write(c)
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
            // A server that says nothing when it found nothing is indistinguishable from one whose
            // answer was lost.
            let Some(mut found) = answer.found else {
                return Err(self.broke("no answer to SEARCH"));
            };
            search.narrow(&mut found);
            return Ok(found);
        }
    }
}

#[derive(Default)]
struct Answer {
    found: Option<UidSet>,
    unread: bool,
}

impl Answer {
    fn take(&mut self, data: Data, tag: &str) -> Option<Untagged> {
        match data {
            Data::Untagged(Untagged::Search { numbers, .. }) => {
                *self.found.get_or_insert_default() |= numbers;
            }
            Data::Untagged(Untagged::ESearch(ESearch {
                tag: answers,
                all,
                count,
                ..
            })) => {
                // RFC 4466 2.6.2: without the correlator it is no answer to a command of this kind,
                // but servers forget it.
                if answers.is_some_and(|answers| answers != tag) {
                    return None;
                }
                self.unread |= all.is_none() && count.is_some_and(|count| count > 0);
                *self.found.get_or_insert_default() |= all.unwrap_or_default();
            }
            Data::Untagged(other) => {
                self.unread |= is_unread(&other, b"SEARCH") || is_unread(&other, b"ESEARCH");
                return Some(other);
            }
            Data::TooLarge => self.unread = true,
        }
        None
    }
}

impl Search {
    fn write(&self, c: Command) -> Command {
        match self {
            Self::All => c.atom("ALL"),
            Self::Since(day) => c.atom("SINCE").date(*day),
            Self::Before(day) => c.atom("BEFORE").date(*day),
            Self::SentSince(day) => c.atom("SENTSINCE").date(*day),
            Self::SentBefore(day) => c.atom("SENTBEFORE").date(*day),
            Self::UidFrom(uid) => c.atom("UID").set_from(uid.get()),
            Self::In(set) => c.atom("UID").set(set),
            Self::Header(name, value) => c.atom("HEADER").astring(name).string(value),
            Self::Subject(text) => c.atom("SUBJECT").string(text),
            Self::From(text) => c.atom("FROM").string(text),
            Self::To(text) => c.atom("TO").string(text),
            Self::Cc(text) => c.atom("CC").string(text),
            Self::Body(text) => c.atom("BODY").string(text),
            Self::Text(text) => c.atom("TEXT").string(text),
            Self::Seen => c.atom("SEEN"),
            Self::Unseen => c.atom("UNSEEN"),
            Self::Answered => c.atom("ANSWERED"),
            Self::Flagged => c.atom("FLAGGED"),
            Self::Deleted => c.atom("DELETED"),
            Self::Undeleted => c.atom("UNDELETED"),
            Self::Keyword(word) => c.atom("KEYWORD").atom(word),
            Self::Unkeyword(word) => c.atom("UNKEYWORD").atom(word),
            Self::ThreadId(id) => c.atom("THREADID").atom(id),
            Self::GmailThread(id) => c.atom("X-GM-THRID").atom(id),
            Self::Larger(octets) => c.atom("LARGER").number(*octets),
            Self::Smaller(octets) => c.atom("SMALLER").number(*octets),
            Self::And(keys) if keys.is_empty() => c.atom("ALL"),
            Self::And(keys) => keys.iter().fold(c.open(), |c, key| key.write(c)).close(),
            Self::Or(one, other) => other.write(one.write(c.atom("OR"))),
            Self::Not(key) => key.write(c.atom("NOT")),
        }
    }

    fn is_ascii(&self) -> bool {
        match self {
            Self::Header(_, text)
            | Self::Subject(text)
            | Self::From(text)
            | Self::To(text)
            | Self::Cc(text)
            | Self::Body(text)
            | Self::Text(text) => text.is_ascii(),
            Self::And(keys) => keys.iter().all(Self::is_ascii),
            Self::Or(one, other) => one.is_ascii() && other.is_ascii(),
            Self::Not(key) => key.is_ascii(),
            _ => true,
        }
    }

    /// `n:*` also finds the last message when it is below n (RFC 9051 9, seq-range).
    fn narrow(&self, found: &mut UidSet) {
        match self {
            Self::UidFrom(uid) => {
                found.remove_range(..uid.get());
            }
            Self::In(set) => *found &= set,
            Self::And(keys) => keys.iter().for_each(|key| key.narrow(found)),
            _ => {}
        }
    }

    /// An empty set, which IMAP cannot say.
    fn finds_nothing(&self) -> bool {
        match self {
            Self::In(set) => set.is_empty(),
            Self::And(keys) => keys.iter().any(Self::finds_nothing),
            _ => false,
        }
    }

    /// A set every result must be in that is too long for one line, and the other conditions.
    fn long_set(&self) -> Option<(&UidSet, Vec<Self>)> {
        let too_long = |key: &Self| matches!(key, Self::In(set) if lines(set).len() > 1);
        match self {
            Self::In(set) if too_long(self) => Some((set, Vec::new())),
            Self::And(keys) => {
                let at = keys.iter().position(too_long)?;
                let mut rest = keys.clone();
                rest.remove(at);
                match keys.get(at) {
                    Some(Self::In(set)) => Some((set, rest)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
