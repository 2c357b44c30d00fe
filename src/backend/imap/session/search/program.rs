//! What is looked for, as a tree, and how it is written (RFC 9051 6.4.4). The only place where search
//! keys are made (T24).

use airgate_codec::imap::{Command, Uid, UidSet};

use crate::backend::imap::session::lines;

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
    Bcc(String),
    Body(String),
    /// Header or body has it.
    Text(String),
    Seen,
    Unseen,
    Answered,
    Flagged,
    Unflagged,
    Draft,
    Deleted,
    Undeleted,
    Keyword(String),
    Unkeyword(String),
    /// More octets than this.
    Larger(u64),
    Smaller(u64),
    /// Of that thread (RFC 8474 5.4), for servers with OBJECTID.
    ThreadId(String),
    /// The same as Gmail says it.
    GmailThread(String),
    And(Vec<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
}

impl Search {
    /// Writes the keys; with `fuzzy` words are found as the server's index has them, in their other
    /// forms too (RFC 6203), but for what must not be there.
    pub(super) fn write(&self, c: Command, fuzzy: bool) -> Command {
        let c = match self {
            Self::Subject(_) | Self::Body(_) | Self::Text(_) if fuzzy => c.atom("FUZZY"),
            _ => c,
        };
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
            Self::Bcc(text) => c.atom("BCC").string(text),
            Self::Body(text) => c.atom("BODY").string(text),
            Self::Text(text) => c.atom("TEXT").string(text),
            Self::Seen => c.atom("SEEN"),
            Self::Unseen => c.atom("UNSEEN"),
            Self::Answered => c.atom("ANSWERED"),
            Self::Flagged => c.atom("FLAGGED"),
            Self::Unflagged => c.atom("UNFLAGGED"),
            Self::Draft => c.atom("DRAFT"),
            Self::Deleted => c.atom("DELETED"),
            Self::Undeleted => c.atom("UNDELETED"),
            Self::Keyword(word) => c.atom("KEYWORD").atom(word),
            Self::Unkeyword(word) => c.atom("UNKEYWORD").atom(word),
            Self::Larger(octets) => c.atom("LARGER").number(*octets),
            Self::Smaller(octets) => c.atom("SMALLER").number(*octets),
            Self::ThreadId(id) => c.atom("THREADID").astring(id),
            Self::GmailThread(id) => c.atom("X-GM-THRID").atom(id),
            Self::And(keys) if keys.is_empty() => c.atom("ALL"),
            Self::And(keys) => {
                let c = keys.iter().fold(c.open(), |c, key| key.write(c, fuzzy));
                c.close()
            }
            Self::Or(one, other) => other.write(one.write(c.atom("OR"), fuzzy), fuzzy),
            Self::Not(key) => key.write(c.atom("NOT"), false),
        }
    }

    pub(super) fn is_ascii(&self) -> bool {
        match self {
            Self::Header(_, text)
            | Self::Subject(text)
            | Self::From(text)
            | Self::To(text)
            | Self::Cc(text)
            | Self::Bcc(text)
            | Self::Body(text)
            | Self::Text(text) => text.is_ascii(),
            Self::And(keys) => keys.iter().all(Self::is_ascii),
            Self::Or(one, other) => one.is_ascii() && other.is_ascii(),
            Self::Not(key) => key.is_ascii(),
            _ => true,
        }
    }

    /// `n:*` also finds the last message when it is below n (RFC 9051 9, seq-range).
    pub(super) fn narrow(&self, found: &mut UidSet) {
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
    pub(super) fn finds_nothing(&self) -> bool {
        match self {
            Self::In(set) => set.is_empty(),
            Self::And(keys) => keys.iter().any(Self::finds_nothing),
            _ => false,
        }
    }

    /// A set every result must be in that is too long for one line, and the other conditions.
    pub(super) fn long_set(&self) -> Option<(&UidSet, Vec<Self>)> {
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

    /// Whether `fuzzy` would make a difference.
    pub(super) fn has_words(&self) -> bool {
        match self {
            Self::Subject(_) | Self::Body(_) | Self::Text(_) => true,
            Self::And(keys) => keys.iter().any(Self::has_words),
            Self::Or(one, other) => one.has_words() || other.has_words(),
            _ => false,
        }
    }
}
