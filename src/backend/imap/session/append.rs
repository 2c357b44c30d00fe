//! Putting a message into a mailbox.

use airgate_codec::imap::{BadArgument, Code, Flag, MailboxName, Uid, UidValidity};

use super::Session;
use crate::backend::imap::connection::{nothing, protocol};
use crate::backend::imap::error::ImapError;

impl Session {
    /// Appends a message, with the time it counts as received (seconds since 1970; now, if
    /// `None`). Gives its place where the server tells (UIDPLUS).
    ///
    /// Not repeated by itself when the connection ends meanwhile: it may have arrived. After a
    /// refusal no mailbox may be selected any more.
    ///
    /// # Errors
    /// [`ImapError::NoMailbox`], [`ImapError::OverQuota`], [`ImapError::TooLarge`], ...
    pub async fn append(
        &mut self,
        mailbox: &MailboxName,
        flags: &[Flag],
        date: Option<i64>,
        message: &[u8],
    ) -> Result<Option<(UidValidity, Uid)>, ImapError> {
        let length = message.len() as u64;
        if self
            .capabilities()
            .append_limit
            .is_some_and(|limit| length > limit)
        {
            return Err(ImapError::TooLarge);
        }
        if message.contains(&0) {
            // A literal may not hold it (RFC 9051 4.3), and a server may end the message there.
            return Err(BadArgument::Nul.into());
        }
        let connection = self.connection()?;
        let prepared = connection.prepare(|c| {
            let c = c.atom("APPEND").mailbox(mailbox).flags(flags);
            let c = match date {
                Some(date) => c.date_time(date),
                None => c,
            };
            c.stream_literal(length)
        })?;
        let ended = connection
            .flight(vec![prepared], message, &mut nothing)
            .await?
            .pop()
            .ok_or_else(|| protocol("no answer to APPEND"))?;
        self.stale = false;
        let refused = match ended.ok(Some(mailbox)) {
            Ok(ended) => {
                return Ok(match ended.code {
                    Some(Code::AppendUid { validity, uids }) => {
                        uids.min().and_then(Uid::new).map(|uid| (validity, uid))
                    }
                    _ => None,
                });
            }
            Err(error) => error,
        };
        // A refused literal cost the connection (T25), not the session: the caller may well want
        // to make the mailbox and try again.
        if !self.connection()?.in_step() {
            self.start_over().await?;
        }
        match refused {
            ImapError::Refused(why) => Err(self.refused(why, mailbox).await),
            other => Err(other),
        }
    }
}
