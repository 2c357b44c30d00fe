//! Moving and copying between mailboxes: a message is never gone from one before it is in the other
//! (S10), and where it went is found out even when the server does not say.

use std::collections::HashMap;

use airgate_codec::imap::{
    Code, Fetched, MailboxName, MailboxStatus, Uid, UidSet, UidValidity, Untagged,
};

use super::{FetchItems, Search, Session, lines};
use crate::backend::imap::connection::{Data, Ended};
use crate::backend::imap::error::ImapError;

/// Where messages went.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Moved {
    /// The generation of the new UIDs, when known.
    pub validity: Option<UidValidity>,
    /// For each message that went, its new UID in the destination, when known. A message that is
    /// not here was not there, or its copy could not be verified and it stayed.
    pub pairs: Vec<(Uid, Option<Uid>)>,
}

/// COPYUID as it came, perhaps in several responses.
#[derive(Default)]
struct Copied {
    validity: Option<UidValidity>,
    pairs: HashMap<u32, u32>,
    /// A COPYUID whose sides differ in length: not to be relied on.
    odd: bool,
}

impl Session {
    /// Moves messages of the selected mailbox: MOVE, else COPY, verify, remove.
    ///
    /// # Errors
    /// [`ImapError::NoMailbox`], [`ImapError::OverQuota`], ... Without MOVE the messages are then
    /// still where they were, and perhaps in both places.
    pub async fn move_messages(
        &mut self,
        uids: &UidSet,
        to: &MailboxName,
    ) -> Result<Moved, ImapError> {
        self.writable()?;
        if self.capabilities().move_ {
            return self.transfer("MOVE", uids, to).await;
        }
        let mut moved = self.copied_before(uids, to).await?;
        let earlier: UidSet = moved.pairs.iter().map(|(uid, _)| uid.get()).collect();
        let copied = self.transfer("COPY", &(uids - &earlier), to).await?;
        moved.validity = copied.validity.or(moved.validity);
        // Only what is seen in the destination goes here (S10).
        let seen = copied.pairs.into_iter().filter(|(_, copy)| copy.is_some());
        moved.pairs.extend(seen);
        let gone: UidSet = moved.pairs.iter().map(|(uid, _)| uid.get()).collect();
        if !gone.is_empty() {
            self.expunge(&gone).await?;
        }
        Ok(moved)
    }

    /// Messages that lie in the destination already, because a move was cut between its COPY and its
    /// removal: to be copied once more they would be there twice (S10). They are looked for among the
    /// newest only, which a search by header on servers without an index is not.
    async fn copied_before(&mut self, uids: &UidSet, to: &MailboxName) -> Result<Moved, ImapError> {
        let source = self.mailbox()?;
        let (name, generation) = (source.name.clone(), source.uid_validity);
        let messages = self.fetch(uids, &identity()).await?;
        let destination = self.examine(to).await?;
        let last = destination.uid_next.get();
        let tail = u64::from(RECENT).saturating_add(uids.len());
        let first = last.saturating_sub(u32::try_from(tail).unwrap_or(u32::MAX));
        let mut copies = Vec::new();
        if destination.exists > 0 && !messages.is_empty() {
            let recent: UidSet = (first.max(1)..last).collect();
            let items = FetchItems {
                flags: true,
                ..identity()
            };
            copies = self.fetch(&recent, &items).await?;
            // What is marked is on its way out, perhaps by a move from there to here.
            copies.retain(|copy| !copy.flags.as_ref().is_some_and(|flags| flags.deleted));
        }
        if self.select(&name, None).await?.uid_validity != generation {
            return Err(self.broke("the mailbox was replaced meanwhile"));
        }
        let mut moved = Moved {
            validity: Some(destination.uid_validity),
            pairs: Vec::new(),
        };
        for message in &messages {
            let Some(uid) = message.uid else { continue };
            let alike = |copy: &Fetched| {
                same_mail(message, copy)
                    && copy.size == message.size
                    && copy.internal_date == message.internal_date
            };
            if let Some(at) = copies.iter().position(alike) {
                moved.pairs.push((uid, copies.remove(at).uid));
            }
        }
        Ok(moved)
    }

    /// Copies messages of the selected mailbox.
    ///
    /// # Errors
    /// As [`Session::move_messages`].
    pub async fn copy_messages(
        &mut self,
        uids: &UidSet,
        to: &MailboxName,
    ) -> Result<Moved, ImapError> {
        self.mailbox()?;
        self.transfer("COPY", uids, to).await
    }

    async fn transfer(
        &mut self,
        verb: &'static str,
        uids: &UidSet,
        to: &MailboxName,
    ) -> Result<Moved, ImapError> {
        if uids.is_empty() {
            return Ok(Moved::default());
        }
        // Without UIDPLUS nobody will tell: remember what to look for, and from where on.
        let before = match self.capabilities().uidplus {
            true => None,
            false => Some(self.before(uids, to).await?),
        };
        let mut copied = Copied::default();
        for part in lines(uids) {
            let prepared = self.connection()?.prepare(|c| {
                let c = c.atom("UID").atom(verb).set(&part);
                c.mailbox(to)
            })?;
            let ended = self
                .flight(vec![prepared], &mut |data| copied.take(data))
                .await?
                .pop()
                .ok_or_else(|| self.broke("no answer"))?;
            copied.code(ended.code.as_ref());
            self.transferred(ended, to).await?;
        }
        if copied.odd {
            return Err(self.broke("a COPYUID whose sides differ"));
        }
        match before {
            Some(before) => self.find_copies(before, to).await,
            None if copied.validity.is_some() => Ok(copied.finish()),
            None if verb == "MOVE" => self.moved_somewhere(uids).await,
            None => self.copied_somewhere(uids, to).await,
        }
    }

    /// After a COPY without COPYUID from a server with UIDPLUS: there was nothing to copy, or the
    /// destination has no lasting UIDs (RFC 4315 3, UIDNOTSTICKY).
    async fn copied_somewhere(
        &mut self,
        uids: &UidSet,
        to: &MailboxName,
    ) -> Result<Moved, ImapError> {
        let messages = self.fetch(uids, &identity()).await?;
        if messages.is_empty() {
            return Ok(Moved::default());
        }
        let before = Before {
            messages,
            destination: MailboxStatus::default(),
        };
        self.find_copies(before, to).await
    }

    /// The same after a MOVE: what is not here any more is there.
    async fn moved_somewhere(&mut self, uids: &UidSet) -> Result<Moved, ImapError> {
        let left = self.search(&Search::In(uids.clone())).await?;
        let gone = uids - left;
        Ok(Moved {
            validity: None,
            pairs: gone
                .iter()
                .filter_map(|uid| Some((Uid::new(uid)?, None)))
                .collect(),
        })
    }

    async fn transferred(&mut self, ended: Ended, to: &MailboxName) -> Result<(), ImapError> {
        match ended.ok(Some(to)) {
            Ok(_) => Ok(()),
            Err(ImapError::Refused(why)) => Err(self.refused(why, to).await),
            Err(other) => Err(other),
        }
    }

    /// What the messages look like and how the destination stands, before they are copied.
    async fn before(&mut self, uids: &UidSet, to: &MailboxName) -> Result<Before, ImapError> {
        let messages = self.fetch(uids, &identity()).await?;
        let destination = self
            .status(std::slice::from_ref(to))
            .await?
            .pop()
            .ok_or_else(|| self.broke("no answer to STATUS"))??;
        Ok(Before {
            messages,
            destination,
        })
    }

    /// Looks for the copies in the destination, among what came since, or everywhere by
    /// Message-ID where the server does not tell UIDNEXT. Then comes back.
    async fn find_copies(&mut self, before: Before, to: &MailboxName) -> Result<Moved, ImapError> {
        let source = self.mailbox()?;
        let (name, generation) = (source.name.clone(), source.uid_validity);
        let read_only = source.read_only;
        let destination = self.examine(to).await?;
        let mut candidates = UidSet::new();
        match before.destination.uid_next {
            Some(first) if Some(destination.uid_validity) == before.destination.uid_validity => {
                candidates |= self.search(&Search::UidFrom(first)).await?;
            }
            _ => {
                for message in &before.messages {
                    if let Some(id) = message_id(message) {
                        let header = Search::Header("Message-ID".into(), id);
                        candidates |= self.search(&header).await?;
                    }
                }
            }
        }
        let mut copies = self.fetch(&candidates, &identity()).await?;
        let back = match read_only {
            true => self.examine(&name).await?,
            false => self.select(&name, None).await?,
        };
        if back.uid_validity != generation {
            return Err(self.broke("the mailbox was replaced meanwhile"));
        }
        let mut moved = Moved {
            validity: Some(destination.uid_validity),
            pairs: Vec::with_capacity(before.messages.len()),
        };
        // Copies keep the order of their originals (RFC 9051 6.4.7), so the first that fits is it.
        for message in &before.messages {
            let Some(uid) = message.uid else { continue };
            let at = copies.iter().position(|copy| same_mail(message, copy));
            let copy = at.and_then(|at| copies.remove(at).uid);
            moved.pairs.push((uid, copy));
        }
        Ok(moved)
    }
}

/// Messages at the end of the destination among which the copies of a move that was cut are looked
/// for: whoever repeats it does so soon.
const RECENT: u32 = 64;

struct Before {
    messages: Vec<Fetched>,
    destination: MailboxStatus,
}

impl Copied {
    fn take(&mut self, data: Data) -> Option<Untagged> {
        match data {
            // MOVE tells it before the tagged answer (RFC 6851 4.3).
            Data::Untagged(Untagged::Status {
                code: Some(code @ Code::CopyUid { .. }),
                ..
            }) => {
                self.code(Some(&code));
                None
            }
            Data::Untagged(other) => Some(other),
            Data::TooLarge => None,
        }
    }

    fn code(&mut self, code: Option<&Code>) {
        if let Some(Code::CopyUid { validity, from, to }) = code {
            self.odd |= from.len() != to.len();
            self.validity = Some(*validity);
            self.pairs
                .extend(from.iter().copied().zip(to.iter().copied()));
        }
    }

    fn finish(self) -> Moved {
        let mut pairs: Vec<_> = self
            .pairs
            .into_iter()
            .filter_map(|(from, to)| Some((Uid::new(from)?, Uid::new(to))))
            .collect();
        pairs.sort_unstable();
        Moved {
            validity: self.validity,
            pairs,
        }
    }
}

/// What a message and its copy have in common.
fn identity() -> FetchItems {
    FetchItems {
        internal_date: true,
        size: true,
        headers: Some(vec!["MESSAGE-ID"]),
        ..FetchItems::default()
    }
}

fn message_id(message: &Fetched) -> Option<String> {
    let header = std::str::from_utf8(FetchItems::header_of(message)?).ok()?;
    let (_, value) = header.split_once(':')?;
    let id: String = value.split_whitespace().collect();
    (!id.is_empty()).then_some(id)
}

/// Sizes may differ where a server adds a header on delivery, so size alone says nothing against;
/// a message without Message-ID is told by size and date.
fn same_mail(original: &Fetched, copy: &Fetched) -> bool {
    match (message_id(original), message_id(copy)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => original.size == copy.size && original.internal_date == copy.internal_date,
        _ => false,
    }
}
