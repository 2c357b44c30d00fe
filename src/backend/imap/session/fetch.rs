//! Reading messages. What the server says in a way nobody can read is asked for again another way
//! (T68), so that no message is lost because one line was odd.

use std::collections::BTreeMap;
use std::sync::Arc;

use airgate_codec::imap::{
    Code, Command, Fetched, FetchedSection, Flags, ModSeq, Structure, Uid, UidSet, Untagged,
};

use super::{FLIGHT, Session, is_unread, lines};
use crate::backend::imap::capabilities::Capabilities;
use crate::backend::imap::connection::{Data, nothing};
use crate::backend::imap::error::ImapError;

/// What to read of each message. UID comes always. What the server does not offer is left out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FetchItems {
    pub flags: bool,
    pub internal_date: bool,
    pub size: bool,
    pub structure: bool,
    /// With CONDSTORE.
    pub modseq: bool,
    /// With OBJECTID, or Gmail's own.
    pub email_id: bool,
    pub thread_id: bool,
    /// These header fields, as one section `HEADER.FIELDS (...)`; see [`FetchItems::header_of`].
    pub headers: Option<Vec<&'static str>>,
    /// Sections (`` is the whole message), each whole or (offset, length) of it. Never sets \Seen.
    pub sections: Vec<(String, Option<(u64, u64)>)>,
}

/// Messages answered for in one command at most: what is read is kept until the caller has it.
type Found = BTreeMap<u32, Fetched>;

impl FetchItems {
    /// The header fields asked for with [`FetchItems::headers`].
    pub fn header_of(fetched: &Fetched) -> Option<&[u8]> {
        fetched
            .sections
            .iter()
            .find(|section| section.section.starts_with("HEADER.FIELDS"))
            .and_then(|section| section.octets.as_deref())
    }

    fn write(&self, c: Command, offered: &Capabilities) -> Command {
        let gmail = offered.gmail && !offered.object_id;
        let plain = [
            ("UID", true),
            ("FLAGS", self.flags),
            ("INTERNALDATE", self.internal_date),
            ("RFC822.SIZE", self.size),
            ("BODYSTRUCTURE", self.structure),
            ("MODSEQ", self.modseq && offered.condstore),
            ("EMAILID", self.email_id && offered.object_id),
            ("THREADID", self.thread_id && offered.object_id),
            ("X-GM-MSGID", self.email_id && gmail),
            ("X-GM-THRID", self.thread_id && gmail),
        ];
        let mut c = plain
            .iter()
            .filter(|(_, wanted)| *wanted)
            .fold(c.open(), |c, (name, _)| c.atom(name));
        if let Some(section) = self.header_section() {
            c = c.section("BODY.PEEK", &section, None);
        }
        for (section, partial) in &self.sections {
            c = c.section("BODY.PEEK", section, *partial);
        }
        c.close()
    }

    fn header_section(&self) -> Option<String> {
        let fields = self.headers.as_ref().filter(|fields| !fields.is_empty())?;
        Some(format!("HEADER.FIELDS ({})", fields.join(" ")))
    }

    /// Whether all that was asked for is there.
    fn complete(&self, fetched: &Fetched) -> bool {
        // Some servers leave the origin out when they send a short part whole.
        let has = |name: &str, origin: Option<u64>| {
            fetched.sections.iter().any(|section| {
                section.section.eq_ignore_ascii_case(name)
                    && section
                        .origin
                        .is_none_or(|at| Some(u64::from(at)) == origin)
            })
        };
        (!self.flags || fetched.flags.is_some())
            && (!self.internal_date || fetched.internal_date.is_some())
            && (!self.size || fetched.size.is_some())
            && (!self.structure || fetched.structure.is_some())
            && (self.header_section().is_none()
                || fetched
                    .sections
                    .iter()
                    .any(|section| section.section.starts_with("HEADER.FIELDS")))
            && self
                .sections
                .iter()
                .all(|(name, partial)| has(name, partial.map(|(offset, _)| offset)))
    }

    /// Whether anything beside what servers say unasked (FLAGS, MODSEQ) is wanted and there.
    fn answered(&self, fetched: &Fetched) -> bool {
        let only_flags = Self {
            flags: self.flags,
            modseq: self.modseq,
            ..Self::default()
        } == *self;
        only_flags
            || fetched.internal_date.is_some()
            || fetched.size.is_some()
            || fetched.structure.is_some()
            || !fetched.sections.is_empty()
            || fetched.email_id.is_some()
            || fetched.thread_id.is_some()
    }
}

impl Session {
    /// Reads the messages that are there, in order of UID. One that is absent from the answer is
    /// not in the mailbox (any more). A structure nobody can read is [`Structure::Opaque`].
    ///
    /// # Errors
    /// [`ImapError::TooLarge`] for a section too large to be kept: use [`Session::stream_section`].
    pub async fn fetch(
        &mut self,
        uids: &UidSet,
        items: &FetchItems,
    ) -> Result<Vec<Fetched>, ImapError> {
        self.fetch_many(vec![(uids.clone(), items.clone())]).await
    }

    /// Several reads in one flight, merged per message.
    ///
    /// # Errors
    /// As [`Session::fetch`].
    pub async fn fetch_many(
        &mut self,
        asks: Vec<(UidSet, FetchItems)>,
    ) -> Result<Vec<Fetched>, ImapError> {
        self.mailbox()?;
        let asks: Vec<(UidSet, FetchItems)> = asks
            .into_iter()
            .flat_map(|(uids, items)| {
                let parts = lines(&uids).into_iter();
                parts.map(move |part| (part, items.clone()))
            })
            .collect();
        let mut found = Found::new();
        for part in asks.chunks(FLIGHT) {
            self.fetch_flight(part, &mut found).await?;
        }
        Ok(found.into_values().collect())
    }

    /// UID and flags of the messages there are, or with `changed_since` (CONDSTORE) of those that
    /// changed after it. `uids: None` means all, and is checked against the number of messages the
    /// server told.
    ///
    /// # Errors
    /// A listing that is not complete for sure (S7).
    pub async fn fetch_flags(
        &mut self,
        uids: Option<&UidSet>,
        changed_since: Option<ModSeq>,
    ) -> Result<Vec<(Uid, Flags)>, ImapError> {
        self.mailbox()?;
        if uids.is_none() && self.mailbox()?.exists == 0 {
            // `1:*` has no meaning in an empty mailbox, and some servers refuse it.
            return Ok(Vec::new());
        }
        let since = changed_since.filter(|_| self.capabilities().condstore);
        for _ in 0..3 {
            let mut found = BTreeMap::new();
            let unread = match uids {
                Some(uids) => {
                    let mut unread = false;
                    for part in lines(uids) {
                        unread |= self.flags_once(Some(&part), since, &mut found).await?;
                    }
                    unread
                }
                None => self.flags_once(None, since, &mut found).await?,
            };
            let there = usize::try_from(self.mailbox()?.exists).unwrap_or(usize::MAX);
            if !unread && (uids.is_some() || since.is_some() || found.len() >= there) {
                return Ok(found.into_values().collect());
            }
            self.command(None, |c| c.atom("NOOP"), &mut nothing).await?;
        }
        Err(self.broke("a listing of flags that is not complete"))
    }

    /// Whether an answer could not be read.
    async fn flags_once(
        &mut self,
        uids: Option<&UidSet>,
        since: Option<ModSeq>,
        found: &mut BTreeMap<u32, (Uid, Flags)>,
    ) -> Result<bool, ImapError> {
        let mut unread = false;
        self.command(
            None,
            |c| {
                let c = c.atom("UID").atom("FETCH");
                let c = match uids {
                    Some(uids) => c.set(uids),
                    None => c.set_from(1),
                };
                let c = c.atoms(["UID", "FLAGS"]);
                match since {
                    Some(since) => c.open().atom("CHANGEDSINCE").number(since.get()).close(),
                    None => c,
                }
            },
            &mut |data| match data {
                Data::Untagged(Untagged::Fetch(number, fetched)) => {
                    let wanted = |uid: &Uid| uids.is_none_or(|uids| uids.contains(uid.get()));
                    match (fetched.uid.filter(wanted), &fetched.flags) {
                        (Some(uid), Some(flags)) => {
                            found.insert(uid.get(), (uid, flags.clone()));
                            None
                        }
                        _ => {
                            unread |= fetched.damaged;
                            Some(Untagged::Fetch(number, fetched))
                        }
                    }
                }
                Data::Untagged(other) => {
                    unread |= is_unread(&other, b"FETCH");
                    Some(other)
                }
                Data::TooLarge => {
                    unread = true;
                    None
                }
            },
        )
        .await?;
        Ok(unread)
    }

    /// One flight; then once more, one by one, for what could not be read.
    async fn fetch_flight(
        &mut self,
        asks: &[(UidSet, FetchItems)],
        found: &mut Found,
    ) -> Result<(), ImapError> {
        let mut first = Found::new();
        let unread = self.fetch_once(asks, &mut first).await?;
        for (uids, items) in asks {
            let mut again = UidSet::new();
            for uid in uids {
                match first.get(&uid) {
                    // Only flags: said unasked, or the rest was not readable.
                    Some(fetched) if !items.answered(fetched) || !items.complete(fetched) => {
                        again.insert(uid);
                    }
                    None if unread => {
                        again.insert(uid);
                    }
                    _ => {}
                }
            }
            if !again.is_empty() {
                self.read_another_way(&again, items, &mut first).await?;
            }
        }
        for (uid, fetched) in first {
            merge(found, uid, fetched);
        }
        Ok(())
    }

    /// The same messages without their structure, which is what parsers trip over, one a command:
    /// so that one more odd line costs one message. Their structure is opaque then.
    async fn read_another_way(
        &mut self,
        uids: &UidSet,
        items: &FetchItems,
        found: &mut Found,
    ) -> Result<(), ImapError> {
        let there: Vec<UidSet> = self
            .fetch_flags(Some(uids), None)
            .await?
            .into_iter()
            .map(|(uid, _)| UidSet::from_iter([uid.get()]))
            .collect();
        for uid in uids {
            // What turned out to be gone was never an answer, only news.
            if !there.iter().any(|each| each.contains(uid)) {
                found.remove(&uid);
            }
        }
        let plain = FetchItems {
            structure: false,
            ..items.clone()
        };
        let asks: Vec<_> = there.into_iter().map(|uid| (uid, plain.clone())).collect();
        for part in asks.chunks(FLIGHT) {
            let mut second = Found::new();
            self.fetch_once(part, &mut second).await?;
            for (uids, _) in part {
                let uid = uids.min().unwrap_or_default();
                let mut fetched = second.remove(&uid).unwrap_or_default();
                fetched.uid = Uid::new(uid);
                if items.structure {
                    fetched.structure = Some(Structure::Opaque);
                }
                // What the first answer had readable counts, its structure too.
                if let Some(first) = found.remove(&uid) {
                    let structure = first.structure.clone();
                    merge_into(&mut fetched, first);
                    fetched.structure = structure.or(fetched.structure);
                }
                found.insert(uid, fetched);
            }
        }
        Ok(())
    }

    async fn fetch_once(
        &mut self,
        asks: &[(UidSet, FetchItems)],
        found: &mut Found,
    ) -> Result<bool, ImapError> {
        let offered = Arc::clone(self.capabilities());
        let connection = self.connection()?;
        let mut flight = Vec::with_capacity(asks.len());
        for (uids, items) in asks {
            flight.push(connection.prepare(|c| {
                let c = c.atom("UID").atom("FETCH").set(uids);
                items.write(c, &offered)
            })?);
        }
        let mut unread = false;
        let mut too_large = false;
        let ended = self
            .flight(flight, &mut |data| match data {
                Data::Untagged(Untagged::Fetch(number, fetched)) => {
                    unread |= fetched.damaged;
                    match fetched.uid.map(Uid::get) {
                        Some(uid) if asks.iter().any(|(uids, _)| uids.contains(uid)) => {
                            merge(found, uid, *fetched);
                            None
                        }
                        _ => Some(Untagged::Fetch(number, fetched)),
                    }
                }
                Data::Untagged(other) => {
                    unread |= is_unread(&other, b"FETCH");
                    Some(other)
                }
                Data::TooLarge => {
                    too_large = true;
                    None
                }
            })
            .await?;
        if too_large {
            return Err(ImapError::TooLarge);
        }
        for ended in ended {
            // Some of the messages went meanwhile (RFC 5530); the others were answered for, and
            // whether they were is checked.
            if ended.code == Some(Code::ExpungeIssued) {
                unread = true;
                continue;
            }
            ended.ok(None)?;
        }
        Ok(unread)
    }
}

fn merge(found: &mut Found, uid: u32, fetched: Fetched) {
    match found.get_mut(&uid) {
        Some(earlier) => merge_into(earlier, fetched),
        None => {
            found.insert(uid, fetched);
        }
    }
}

/// Later words count.
fn merge_into(earlier: &mut Fetched, later: Fetched) {
    earlier.uid = later.uid.or(earlier.uid);
    earlier.flags = later.flags.or_else(|| earlier.flags.take());
    earlier.modseq = later.modseq.or(earlier.modseq);
    earlier.internal_date = later.internal_date.or(earlier.internal_date);
    earlier.size = later.size.or(earlier.size);
    earlier.email_id = later.email_id.or_else(|| earlier.email_id.take());
    earlier.thread_id = later.thread_id.or_else(|| earlier.thread_id.take());
    earlier.structure = later.structure.or_else(|| earlier.structure.take());
    earlier.damaged |= later.damaged;
    let same = |one: &FetchedSection, other: &FetchedSection| {
        one.section == other.section && one.origin == other.origin
    };
    for section in later.sections {
        earlier.sections.retain(|known| !same(known, &section));
        earlier.sections.push(section);
    }
}
