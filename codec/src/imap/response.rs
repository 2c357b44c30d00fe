//! What a server can say, as types.

use super::{Fetched, MailboxName, ModSeq, Uid, UidSet, UidValidity};

/// One response of the server.
#[derive(Clone, Debug)]
pub enum Response {
    /// `+ ...`: send the literal, the SASL answer, or idle.
    Continuation { text: String },
    /// The end of a command.
    Tagged {
        tag: String,
        status: Status,
        code: Option<Code>,
        text: String,
    },
    /// `* ...`.
    Untagged(Untagged),
    /// Neither of the three: not IMAP, or out of step. Nothing may be concluded from it.
    Other(Vec<u8>),
}

/// How a command ended, or the kind of an untagged status line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    Ok,
    No,
    Bad,
    /// Only untagged.
    Bye,
    /// Only untagged, as greeting.
    PreAuth,
}

/// Data the server sent without being asked to end a command.
#[derive(Clone, Debug)]
pub enum Untagged {
    Status {
        status: Status,
        code: Option<Code>,
        text: String,
    },
    /// In upper case.
    Capability(Vec<String>),
    /// In upper case.
    Enabled(Vec<String>),
    /// LIST, and XLIST, which is older and says the same.
    List(ListEntry),
    Lsub(ListEntry),
    StatusData(MailboxName, MailboxStatus),
    /// SEARCH. Numbers are UIDs after UID SEARCH.
    Search {
        numbers: UidSet,
        modseq: Option<ModSeq>,
    },
    /// SORT (RFC 5256), in its order.
    Sort(Vec<u32>),
    ESearch(ESearch),
    Exists(u32),
    Recent(u32),
    Expunge(u32),
    Vanished {
        /// `(EARLIER)`: before this session; says nothing about message numbers.
        earlier: bool,
        uids: UidSet,
    },
    /// The message number and what was said of it. If part of the response could not be read,
    /// the fields that could are there and `Fetched::damaged` is set.
    Fetch(u32, Box<Fetched>),
    /// The flags defined in the mailbox, in the server's spelling, `\Seen` included.
    Flags(Vec<String>),
    Namespace(Namespaces),
    /// Names in lower case.
    Id(Vec<(String, Option<String>)>),
    Quota(Quota),
    QuotaRoot {
        mailbox: MailboxName,
        roots: Vec<String>,
    },
    /// THREAD, unread.
    Thread(Vec<u8>),
    /// Anything else, whole. To be counted, never fatal.
    Other(Vec<u8>),
}

/// A response code: `[...]` at the start of a status text.
#[derive(Clone, Debug, PartialEq)]
pub enum Code {
    Alert,
    /// RFC 5530.
    AlreadyExists,
    /// UIDs the message or messages got (RFC 4315).
    AppendUid {
        validity: UidValidity,
        uids: UidSet,
    },
    AuthenticationFailed,
    AuthorizationFailed,
    Cannot,
    /// In upper case.
    Capability(Vec<String>),
    Closed,
    CompressionActive,
    ContactAdmin,
    /// The nth of `from` became the nth of `to` (RFC 4315).
    CopyUid {
        validity: UidValidity,
        from: Vec<u32>,
        to: Vec<u32>,
    },
    Corruption,
    Expired,
    ExpungeIssued,
    HasChildren,
    HighestModSeq(ModSeq),
    InUse,
    Limit,
    MailboxId(String),
    /// Messages left alone by a conditional STORE (RFC 7162 3.1.3).
    Modified(UidSet),
    NoModSeq,
    NoPerm,
    NonExistent,
    NotificationOverflow,
    OverQuota,
    Parse,
    /// `\*` among them: keywords may be made.
    PermanentFlags(Vec<String>),
    PrivacyRequired,
    ReadOnly,
    ReadWrite,
    ServerBug,
    TooBig,
    TryCreate,
    UidNext(Uid),
    UidNotSticky,
    UidValidity(UidValidity),
    Unavailable,
    UnknownCte,
    /// Message number of the first unseen.
    Unseen(u32),
    UseAttr,
    /// Another, or one whose arguments could not be read; without the brackets.
    Other(String),
}

/// One mailbox of LIST or LSUB (RFC 9051 7.3.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListEntry {
    /// In the server's spelling: `\HasChildren`, `\Noselect`, `\Sent`, ...
    pub attributes: Vec<String>,
    /// `None` for a flat name.
    pub delimiter: Option<char>,
    pub name: MailboxName,
    /// The name before a rename (RFC 9051 6.3.9.7).
    pub old_name: Option<MailboxName>,
    /// CHILDINFO: a child matches this selection option: `SUBSCRIBED`.
    pub child_info: Vec<String>,
}

impl ListEntry {
    /// Whether it has the attribute, in any letter case.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes
            .iter()
            .any(|each| each.eq_ignore_ascii_case(attribute))
    }
}

/// What STATUS said. A field is `None` when the answer lacked it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MailboxStatus {
    pub messages: Option<u32>,
    pub recent: Option<u32>,
    pub unseen: Option<u32>,
    pub deleted: Option<u32>,
    pub uid_next: Option<Uid>,
    pub uid_validity: Option<UidValidity>,
    /// `None` also for 0: the mailbox keeps none.
    pub highest_modseq: Option<ModSeq>,
    pub mailbox_id: Option<String>,
    /// Octets of all messages.
    pub size: Option<u64>,
    pub append_limit: Option<u64>,
}

/// An extended SEARCH answer (RFC 9051 7.3.4).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ESearch {
    /// The command it answers.
    pub tag: Option<String>,
    /// The mailbox it is about, when several are searched (RFC 7377).
    pub mailbox: Option<MailboxName>,
    pub uid_validity: Option<UidValidity>,
    /// Numbers are UIDs.
    pub uid: bool,
    pub min: Option<u32>,
    pub max: Option<u32>,
    /// `None` when ALL is missing, which also means "none found".
    pub all: Option<UidSet>,
    /// What ALL or PARTIAL says, as ranges in its order: that of the answer to a SORT (RFC 5267 3).
    /// As ranges, because a few octets can claim all numbers there are (T2).
    pub runs: Vec<(u32, u32)>,
    /// PARTIAL was answered (RFC 5267 4.4, RFC 9394 3.1), with `runs`.
    pub partial: bool,
    pub count: Option<u32>,
    pub modseq: Option<ModSeq>,
}

/// RFC 2342. An absent kind is empty.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Namespaces {
    pub personal: Vec<Namespace>,
    pub other_users: Vec<Namespace>,
    pub shared: Vec<Namespace>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Namespace {
    /// With its final delimiter: `INBOX.`.
    pub prefix: MailboxName,
    pub delimiter: Option<char>,
}

/// RFC 9208.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Quota {
    pub root: String,
    pub resources: Vec<QuotaResource>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QuotaResource {
    /// `STORAGE` (in units of 1024 octets), `MESSAGE`, ... in upper case.
    pub name: String,
    pub usage: u64,
    pub limit: u64,
}

/// How mailbox names go over the wire.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum NameForm {
    /// RFC 3501 5.1.3, the default.
    #[default]
    ModifiedUtf7,
    /// After ENABLE UTF8=ACCEPT or IMAP4rev2.
    Utf8,
}
