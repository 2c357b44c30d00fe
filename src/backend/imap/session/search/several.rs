//! One search over several mailboxes (RFC 7377), so that only those with something in them are opened.

use std::collections::HashMap;

use airgate_codec::imap::{MailboxName, UidSet, UidValidity, Untagged};

use super::program::Search;
use crate::backend::imap::connection::Data;
use crate::backend::imap::error::ImapError;
use crate::backend::imap::session::{Session, is_unread};

/// What was found in a mailbox that is not selected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Elsewhere {
    pub uid_validity: UidValidity,
    pub uids: UidSet,
}

/// Mailboxes named in one command: their names have to fit a line.
const AT_ONCE: usize = 50;

impl Session {
    /// Searches mailboxes that need not be selected. Where nothing was found, nothing is told.
    ///
    /// # Errors
    /// [`ImapError::Unsupported`] without MULTISEARCH; an answer that cannot be read.
    pub async fn search_in(
        &mut self,
        mailboxes: &[MailboxName],
        search: &Search,
    ) -> Result<HashMap<MailboxName, Elsewhere>, ImapError> {
        if !self.capabilities().multisearch {
            return Err(ImapError::Unsupported("MULTISEARCH"));
        }
        let mut found = HashMap::new();
        for names in mailboxes.chunks(AT_ONCE) {
            let charset = !search.is_ascii();
            let prepared = self.connection()?.prepare(|c| {
                let c = c.atom("ESEARCH").atom("IN").open().atom("mailboxes");
                let c = match names {
                    [one] => c.mailbox(one),
                    several => several
                        .iter()
                        .fold(c.open(), |c, name| c.mailbox(name))
                        .close(),
                };
                let mut c = c.close().atom("RETURN").atoms(["ALL"]);
                if charset {
                    c = c.atom("CHARSET").atom("UTF-8");
                }
                search.write(c, false)
            })?;
            let tag = prepared.tag().to_owned();
            let mut unread = false;
            self.flight(vec![prepared], &mut |data| match data {
                Data::Untagged(Untagged::ESearch(said)) => {
                    let ours = said.tag.as_ref() == Some(&tag);
                    if let (true, Some(name), Some(uid_validity)) =
                        (ours, said.mailbox, said.uid_validity)
                    {
                        let uids = said.all.unwrap_or_default();
                        if !uids.is_empty() {
                            found.insert(name, Elsewhere { uid_validity, uids });
                        }
                    }
                    None
                }
                Data::Untagged(other) => {
                    unread |= is_unread(&other, b"ESEARCH");
                    Some(other)
                }
                Data::TooLarge => {
                    unread = true;
                    None
                }
            })
            .await?
            .pop()
            .ok_or_else(|| self.broke("no answer to ESEARCH"))?
            .ok(None)?;
            if unread {
                return Err(self.broke("an answer to ESEARCH that cannot be read"));
            }
        }
        Ok(found)
    }
}
