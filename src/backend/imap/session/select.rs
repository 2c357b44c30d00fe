//! Opening a mailbox, and what changed in it since it was known last.

use std::sync::Arc;

use airgate_codec::imap::{
    Code, Command, Flags, MailboxName, ModSeq, Uid, UidSet, UidValidity, Untagged, sequence_set,
};

use super::{Session, is_unread};
use crate::backend::imap::connection::{Data, nothing};
use crate::backend::imap::error::ImapError;
use crate::backend::imap::mailbox::{Mailbox, News};

/// What the caller knows of a mailbox: its cursor and the messages it holds.
#[derive(Clone, Debug)]
pub struct Known {
    pub uid_validity: UidValidity,
    pub modseq: ModSeq,
    pub uids: UidSet,
}

/// A selected mailbox.
#[derive(Clone, Debug)]
pub struct Selected {
    pub uid_validity: UidValidity,
    /// No message that comes later gets a lower UID.
    pub uid_next: Uid,
    pub exists: u32,
    /// `None` when the server or this mailbox keeps none.
    pub highest_modseq: Option<ModSeq>,
    pub read_only: bool,
    /// New keywords can be made (`\*`).
    pub permanent_keywords: bool,
    pub mailbox_id: Option<String>,
    /// `flags` and `vanished` are all that changed among the known messages (QRESYNC). Otherwise
    /// both are empty and say nothing: compare another way (S7).
    pub resynced: bool,
    /// Known messages whose flags changed, with their flags. Some servers add messages that are
    /// new; Dovecot does not: new is what has a UID from the known UIDNEXT on.
    pub flags: Vec<(Uid, Flags)>,
    /// The known messages that are gone.
    pub vanished: UidSet,
}

/// Longest list of known UIDs in a SELECT. More holes than that cost less when the server reports
/// some UIDs nobody asked for: the range that covers them is sent instead.
const MAX_KNOWN: usize = 4000;

impl Session {
    /// Selects a mailbox for reading and writing. With `known` and QRESYNC the answer holds what
    /// changed. Without, a mailbox that is selected already and did not change costs one NOOP.
    ///
    /// # Errors
    /// [`ImapError::NoMailbox`]; [`ImapError::Protocol`] for a mailbox without UIDVALIDITY.
    pub async fn select(
        &mut self,
        name: &MailboxName,
        known: Option<&Known>,
    ) -> Result<Selected, ImapError> {
        match self.select_warm(name, known).await {
            Err(error) if self.replace(&error).await? => {
                self.select_cold("SELECT", name, known).await
            }
            other => other,
        }
    }

    /// Takes up a mailbox that an earlier holder left selected; `false` when it is not, or when the
    /// server, asked now, has told of a change in it. Costs one NOOP, and spares the server opening
    /// it anew: Dovecot forgets then under which names it found the files of a Maildir, and reads
    /// the whole directory for the first message.
    ///
    /// # Errors
    /// See [`ImapError`].
    pub async fn resume(&mut self, name: &MailboxName) -> Result<bool, ImapError> {
        let stands = |mailbox: &&mut Mailbox| {
            mailbox.name == *name && !mailbox.read_only && !mailbox.changed
        };
        if self.connection()?.mailbox.as_mut().filter(stands).is_none() {
            return Ok(false);
        }
        match self.command(None, |c| c.atom("NOOP"), &mut nothing).await {
            Err(error) if self.replace(&error).await? => return Ok(false),
            ended => ended?,
        };
        let stands = match self.connection()?.mailbox.as_mut().filter(stands) {
            Some(mailbox) => {
                mailbox.news = News::default();
                true
            }
            None => false,
        };
        self.selected = stands;
        Ok(stands)
    }

    /// The state of the selected mailbox now.
    ///
    /// # Errors
    /// [`ImapError::NothingSelected`], or as [`Session::select`].
    pub async fn refresh(&mut self) -> Result<Selected, ImapError> {
        let name = self.mailbox()?.name.clone();
        self.select(&name, None).await
    }

    /// Opens a mailbox to look only.
    pub(super) async fn examine(&mut self, name: &MailboxName) -> Result<Selected, ImapError> {
        self.select_cold("EXAMINE", name, None).await
    }

    async fn select_warm(
        &mut self,
        name: &MailboxName,
        known: Option<&Known>,
    ) -> Result<Selected, ImapError> {
        let connection = self.connection()?;
        let there = |mailbox: &Mailbox| mailbox.name == *name && !mailbox.read_only;
        // Who asks what changed is told by the server, not out of what this connection has seen: a
        // change that came with the answer to somebody's FETCH, or that was ours, is not told again.
        if known.is_some() || !connection.mailbox.as_ref().is_some_and(there) {
            return self.select_cold("SELECT", name, known).await;
        }
        if let Some(mailbox) = &connection.mailbox
            && !mailbox.changed
        {
            self.command(None, |c| c.atom("NOOP"), &mut nothing).await?;
        }
        match &mut self.connection()?.mailbox {
            Some(mailbox) if !mailbox.changed => {
                mailbox.news = News::default();
                let selected = summary(mailbox, false);
                self.selected = true;
                Ok(selected)
            }
            _ => self.select_cold("SELECT", name, known).await,
        }
    }

    async fn select_cold(
        &mut self,
        verb: &'static str,
        name: &MailboxName,
        known: Option<&Known>,
    ) -> Result<Selected, ImapError> {
        let offered = Arc::clone(self.capabilities());
        let known = known.filter(|_| offered.qresync);
        // From here on what the server says is of the old mailbox or the new; neither is selected
        // until it is done, and neither is if it fails (RFC 9051 6.3.2).
        self.selected = false;
        self.connection()?.mailbox = None;
        let mut told = Told::default();
        let write = |c: Command| {
            let c = c.atom(verb).mailbox(name);
            match known {
                Some(known) => known.write(c),
                None if offered.condstore && !offered.enable => c.atoms(["CONDSTORE"]),
                None => c,
            }
        };
        let ended = match self
            .command(Some(name), write, &mut |data| told.take(data))
            .await
        {
            Ok(ended) => ended,
            Err(ImapError::Refused(why)) => return Err(self.refused(why, name).await),
            Err(other) => return Err(other),
        };
        told.code(ended.code.as_ref());
        let (Some(uid_validity), Some(exists)) = (told.uid_validity, told.exists) else {
            return Err(self.broke("a mailbox without UIDVALIDITY or number of messages"));
        };
        let uid_next = match told.uid_next {
            Some(uid_next) => uid_next,
            None => self.find_uid_next(exists).await?,
        };
        let resynced = known.is_some_and(|known| known.uid_validity == uid_validity)
            && told.highest_modseq.is_some()
            && !told.unread;
        let mailbox = Mailbox {
            name: name.clone(),
            uid_validity,
            uid_next,
            exists,
            highest_modseq: told.highest_modseq,
            read_only: told.read_only || verb == "EXAMINE",
            permanent_keywords: told.permanent_keywords,
            mailbox_id: told.mailbox_id,
            news: News::default(),
            changed: false,
        };
        let mut selected = summary(&mailbox, resynced);
        if let Some(known) = known.filter(|_| resynced) {
            selected.flags = told.flags;
            selected.vanished = told.vanished & &known.uids;
        }
        self.connection()?.mailbox = Some(mailbox);
        self.selected = true;
        Ok(selected)
    }

    /// For servers that do not tell UIDNEXT with SELECT: one above the highest there is.
    async fn find_uid_next(&mut self, exists: u32) -> Result<Uid, ImapError> {
        let mut highest = 0;
        if exists > 0 {
            self.command(
                None,
                // `max:*` is the last message, since `*` may be the lower end (RFC 9051 9, seq-range).
                |c| {
                    let c = c.atom("UID").atom("FETCH").set_from(u32::MAX);
                    c.atoms(["UID"])
                },
                &mut |data| match data {
                    Data::Untagged(Untagged::Fetch(_, fetched)) => {
                        highest = highest.max(fetched.uid.map_or(0, Uid::get));
                        None
                    }
                    Data::Untagged(other) => Some(other),
                    Data::TooLarge => None,
                },
            )
            .await?;
        }
        Uid::new(highest.saturating_add(1)).ok_or_else(|| self.broke("no UIDs"))
    }
}

impl Known {
    /// ` (QRESYNC (validity modseq uids))` (RFC 7162 3.2.5).
    fn write(&self, c: Command) -> Command {
        let c = c.open().atom("QRESYNC").open();
        let c = c
            .number(self.uid_validity.get().into())
            .number(self.modseq.get());
        let c = match (self.uids.min(), self.uids.max()) {
            (Some(first), Some(last)) if sequence_set(&self.uids).len() > MAX_KNOWN => {
                let mut cover = UidSet::new();
                cover.insert_range(first..=last);
                c.set(&cover)
            }
            (Some(_), Some(_)) => c.set(&self.uids),
            // Left out it would mean "all".
            _ => c,
        };
        c.close().close()
    }
}

/// What the answers to one SELECT said.
#[derive(Default)]
struct Told {
    uid_validity: Option<UidValidity>,
    uid_next: Option<Uid>,
    exists: Option<u32>,
    highest_modseq: Option<ModSeq>,
    read_only: bool,
    permanent_keywords: bool,
    mailbox_id: Option<String>,
    flags: Vec<(Uid, Flags)>,
    vanished: UidSet,
    unread: bool,
}

impl Told {
    fn take(&mut self, data: Data) -> Option<Untagged> {
        match data {
            Data::Untagged(Untagged::Exists(exists)) => self.exists = Some(exists),
            Data::Untagged(Untagged::Status { code, .. }) => self.code(code.as_ref()),
            Data::Untagged(Untagged::Vanished { uids, .. }) => self.vanished |= uids,
            Data::Untagged(Untagged::Fetch(_, fetched)) => match (fetched.uid, fetched.flags) {
                (Some(uid), Some(flags)) => self.flags.push((uid, flags)),
                _ => self.unread = true,
            },
            Data::Untagged(other) => {
                self.unread |= is_unread(&other, b"FETCH") || is_unread(&other, b"VANISHED");
                return Some(other);
            }
            Data::TooLarge => self.unread = true,
        }
        None
    }

    fn code(&mut self, code: Option<&Code>) {
        match code {
            // All that came before was of the mailbox left (RFC 7162 3.2.11).
            Some(Code::Closed) => *self = Self::default(),
            Some(Code::UidValidity(validity)) => self.uid_validity = Some(*validity),
            Some(Code::UidNext(uid)) => self.uid_next = Some(*uid),
            Some(Code::HighestModSeq(modseq)) => self.highest_modseq = Some(*modseq),
            Some(Code::NoModSeq) => self.highest_modseq = None,
            Some(Code::ReadOnly) => self.read_only = true,
            Some(Code::MailboxId(id)) => self.mailbox_id = Some(id.clone()),
            Some(Code::PermanentFlags(flags)) => {
                self.permanent_keywords = flags.iter().any(|flag| flag == "\\*");
            }
            _ => {}
        }
    }
}

fn summary(mailbox: &Mailbox, resynced: bool) -> Selected {
    Selected {
        uid_validity: mailbox.uid_validity,
        uid_next: mailbox.uid_next,
        exists: mailbox.exists,
        highest_modseq: mailbox.highest_modseq,
        read_only: mailbox.read_only,
        permanent_keywords: mailbox.permanent_keywords,
        mailbox_id: mailbox.mailbox_id.clone(),
        resynced,
        flags: Vec::new(),
        vanished: UidSet::new(),
    }
}
