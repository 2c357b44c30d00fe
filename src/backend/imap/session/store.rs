//! Changing flags, and removing for good. Only the flags named change (S11), only the messages
//! named go (S9).

use airgate_codec::imap::{Command, Flag, Flags, UidSet, Untagged};

use super::{Session, lines};
use crate::backend::imap::connection::Data;
use crate::backend::imap::error::ImapError;

/// What became of messages that were to go for good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expunged {
    Removed,
    /// The server cannot remove single messages (no UIDPLUS): they are marked \Deleted, to be
    /// hidden. A plain EXPUNGE would take along what others have marked.
    Marked,
}

impl Session {
    /// Sets and clears flags; gives back the UIDs for which it did not come about: not there, or a
    /// flag the mailbox cannot keep.
    ///
    /// # Errors
    /// [`ImapError::ReadOnly`], [`ImapError::Denied`], ...
    pub async fn store(
        &mut self,
        uids: &UidSet,
        add: &[Flag],
        remove: &[Flag],
    ) -> Result<UidSet, ImapError> {
        self.writable()?;
        let mut undone = UidSet::new();
        if add.is_empty() && remove.is_empty() {
            return Ok(undone);
        }
        for part in lines(uids) {
            undone |= self.store_part(&part, add, remove).await?;
        }
        Ok(undone)
    }

    /// Removes messages for good, these and no others.
    ///
    /// # Errors
    /// As [`Session::store`].
    pub async fn expunge(&mut self, uids: &UidSet) -> Result<Expunged, ImapError> {
        self.writable()?;
        let uidplus = self.capabilities().uidplus;
        for part in lines(uids) {
            let connection = self.connection()?;
            let mut flight = vec![connection.prepare(|c| {
                let c = c.atom("UID").atom("STORE").set(&part);
                c.atom("+FLAGS.SILENT").flags(&[Flag::Deleted])
            })?];
            if uidplus {
                let expunge = |c: Command| c.atom("UID").atom("EXPUNGE").set(&part);
                flight.push(connection.prepare(expunge)?);
            }
            let mut own = |data| match data {
                Data::Untagged(other) => Some(other),
                Data::TooLarge => None,
            };
            for ended in self.flight(flight, &mut own).await? {
                ended.ok(None)?;
            }
        }
        Ok(match uidplus {
            true => Expunged::Removed,
            false => Expunged::Marked,
        })
    }

    /// The changes and a look at their outcome, in one flight: servers do not say what they left
    /// as it was. The last word on a message counts, whichever command it came with.
    async fn store_part(
        &mut self,
        uids: &UidSet,
        add: &[Flag],
        remove: &[Flag],
    ) -> Result<UidSet, ImapError> {
        let connection = self.connection()?;
        let mut flight = Vec::new();
        for (verb, flags) in [("+FLAGS.SILENT", add), ("-FLAGS.SILENT", remove)] {
            if !flags.is_empty() {
                flight.push(connection.prepare(|c| {
                    let c = c.atom("UID").atom("STORE").set(uids);
                    c.atom(verb).flags(flags)
                })?);
            }
        }
        flight.push(connection.prepare(|c| {
            let c = c.atom("UID").atom("FETCH").set(uids);
            c.atoms(["UID", "FLAGS"])
        })?);
        let mut undone = uids.clone();
        let mut take = |data| match data {
            Data::Untagged(Untagged::Fetch(number, fetched)) => {
                if let (Some(uid), Some(flags)) = (fetched.uid, &fetched.flags)
                    && uids.contains(uid.get())
                {
                    let done = add.iter().all(|flag| has(flags, flag))
                        && !remove.iter().any(|flag| has(flags, flag));
                    if done {
                        undone.remove(uid.get());
                    } else {
                        undone.insert(uid.get());
                    }
                    return None;
                }
                Some(Untagged::Fetch(number, fetched))
            }
            Data::Untagged(other) => Some(other),
            Data::TooLarge => None,
        };
        for ended in self.flight(flight, &mut take).await? {
            ended.ok(None)?;
        }
        Ok(undone)
    }
}

/// Keywords are compared without letter case, as servers do.
fn has(flags: &Flags, flag: &Flag) -> bool {
    match flag {
        Flag::Seen => flags.seen,
        Flag::Answered => flags.answered,
        Flag::Flagged => flags.flagged,
        Flag::Deleted => flags.deleted,
        Flag::Draft => flags.draft,
        Flag::Keyword(word) => flags
            .keywords
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word)),
    }
}
