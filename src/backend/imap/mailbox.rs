//! The mailbox selected on a connection, and what the server said of it unasked.

use airgate_codec::imap::{Flags, MailboxName, ModSeq, Uid, UidSet, UidValidity, Untagged};

/// A mailbox as SELECT showed it, and what changed since (RFC 9051 7.4, 7.5).
#[derive(Clone, Debug)]
pub(super) struct Mailbox {
    pub(super) name: MailboxName,
    pub(super) uid_validity: UidValidity,
    pub(super) uid_next: Uid,
    pub(super) exists: u32,
    pub(super) highest_modseq: Option<ModSeq>,
    pub(super) read_only: bool,
    pub(super) permanent_keywords: bool,
    pub(super) mailbox_id: Option<String>,
    pub(super) news: News,
    /// Something changed since SELECT: its numbers are not to be handed out again.
    pub(super) changed: bool,
}

/// What the server said unasked. Taken with [`super::Session::events`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    /// Messages came: the new number of all.
    pub exists: Option<u32>,
    /// Messages went whose UIDs are not known (EXPUNGE gives numbers only).
    pub expunged: u32,
    /// Messages went (VANISHED).
    pub vanished: UidSet,
    /// Flags changed, with the state they have now.
    pub flags: Vec<(Uid, Flags)>,
    /// Flags of messages changed whose UIDs are not known, or of too many to be kept.
    pub unknown: bool,
}

/// Flag changes kept; a storm above this is "unknown" (T2).
const MOST_FLAGS: usize = 4096;

impl Mailbox {
    /// Takes in data that was no answer.
    ///
    /// # Errors
    /// A server that contradicts itself; nothing it said before can be relied on then (T33).
    pub(super) fn fold(&mut self, untagged: Untagged) -> Result<(), &'static str> {
        match untagged {
            Untagged::Exists(now) if now < self.exists => {
                return Err("messages went without EXPUNGE");
            }
            Untagged::Exists(now) if now > self.exists => {
                self.exists = now;
                self.news.exists = Some(now);
                self.changed = true;
            }
            Untagged::Expunge(number) => {
                if number == 0 || number > self.exists {
                    return Err("EXPUNGE of a message that is not there");
                }
                self.exists -= 1;
                self.news.expunged = self.news.expunged.saturating_add(1);
                self.changed = true;
            }
            Untagged::Vanished {
                earlier: false,
                uids,
            } => {
                let Some(left) = u32::try_from(uids.len())
                    .ok()
                    .and_then(|gone| self.exists.checked_sub(gone))
                else {
                    return Err("VANISHED messages that were not there");
                };
                self.exists = left;
                self.news.vanished |= uids;
                self.changed = true;
            }
            Untagged::Fetch(_, fetched) => {
                self.changed = true;
                match (fetched.uid, fetched.flags) {
                    (Some(uid), Some(flags)) if self.news.flags.len() < MOST_FLAGS => {
                        self.news.flags.push((uid, flags));
                    }
                    _ => self.news.unknown = true,
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The server named a HIGHESTMODSEQ.
    pub(super) fn reached(&mut self, modseq: ModSeq) {
        if self.highest_modseq.is_none_or(|known| modseq > known) {
            self.highest_modseq = Some(modseq);
            self.changed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use airgate_codec::imap::Fetched;

    use super::*;

    fn mailbox() -> Mailbox {
        Mailbox {
            name: MailboxName::inbox(),
            uid_validity: UidValidity::new(1).unwrap(),
            uid_next: Uid::new(11).unwrap(),
            exists: 10,
            highest_modseq: ModSeq::new(5),
            read_only: false,
            permanent_keywords: true,
            mailbox_id: None,
            news: News::default(),
            changed: false,
        }
    }

    #[test]
    fn what_the_server_says_unasked_is_kept() {
        let mut mailbox = mailbox();
        let fetched = Fetched {
            uid: Uid::new(3),
            flags: Some(Flags::default()),
            ..Fetched::default()
        };
        for untagged in [
            Untagged::Exists(12),
            Untagged::Expunge(12),
            Untagged::Vanished {
                earlier: false,
                uids: UidSet::from_iter([7, 8]),
            },
            Untagged::Fetch(3, Box::new(fetched)),
        ] {
            mailbox.fold(untagged).expect("consistent");
        }
        mailbox.reached(ModSeq::new(9).unwrap());
        assert_eq!(mailbox.exists, 9);
        assert_eq!(mailbox.news.exists, Some(12));
        assert_eq!(mailbox.news.expunged, 1);
        assert_eq!(mailbox.news.vanished, UidSet::from_iter([7, 8]));
        assert_eq!(mailbox.news.flags.len(), 1);
        assert!(mailbox.changed && !mailbox.news.unknown);
    }

    #[test]
    fn t33_a_server_that_contradicts_itself_is_not_believed() {
        let all = UidSet::from_iter(1..100);
        for untagged in [
            Untagged::Exists(9),
            Untagged::Expunge(11),
            Untagged::Expunge(0),
            Untagged::Vanished {
                earlier: false,
                uids: all,
            },
        ] {
            assert!(mailbox().fold(untagged).is_err());
        }
    }

    #[test]
    fn t2_a_flag_storm_is_bounded() {
        let mut mailbox = mailbox();
        for _ in 0..=MOST_FLAGS {
            let fetched = Fetched {
                uid: Uid::new(3),
                flags: Some(Flags::default()),
                ..Fetched::default()
            };
            mailbox
                .fold(Untagged::Fetch(1, Box::new(fetched)))
                .expect("consistent");
        }
        assert_eq!(mailbox.news.flags.len(), MOST_FLAGS);
        assert!(mailbox.news.unknown);
    }
}
