//! Putting a message into a mailbox.

use std::io;

use airgate_codec::imap::{BadArgument, Code, Flag, MailboxName, Response, Uid, UidValidity};
use async_trait::async_trait;
use tokio::time::Instant;

use super::Session;
use crate::backend::imap::connection::{Connection, Ended, Incoming, nothing, protocol};
use crate::backend::imap::error::ImapError;
use crate::backend::octets::{Octets, Sink, Spilt};
use crate::clock;

/// The literal of an APPEND whose octets come piece by piece.
struct Literal<'a> {
    connection: &'a mut Connection,
    deadline: Instant,
    /// Octets still to come.
    left: u64,
    /// What became of it before its end.
    outcome: Option<Result<Ended, ImapError>>,
}

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
        self.appended(ended, mailbox).await
    }

    /// The same for a message that lies elsewhere; `length` is exactly what pours out of it. It is
    /// never whole in memory.
    ///
    /// # Errors
    /// As [`Session::append`]; what cannot be had, or has another length, costs the connection, and
    /// nothing was appended.
    pub async fn append_from(
        &mut self,
        mailbox: &MailboxName,
        flags: &[Flag],
        date: i64,
        message: &dyn Octets,
        length: u64,
    ) -> Result<Option<(UidValidity, Uid)>, ImapError> {
        if self
            .capabilities()
            .append_limit
            .is_some_and(|limit| length > limit)
        {
            return Err(ImapError::TooLarge);
        }
        let connection = self.connection()?;
        let prepared = connection.prepare(|c| {
            let c = c.atom("APPEND").mailbox(mailbox).flags(flags);
            c.date_time(date).stream_literal(length)
        })?;
        connection.launch(vec![prepared], |_| {})?;
        let mut literal = Literal {
            deadline: clock::deadline(connection.deadlines().command),
            connection,
            left: length,
            outcome: None,
        };
        let ended = match message.pour(&mut literal).await {
            Ok(()) => literal.end().await,
            Err(spilt) => literal.broken_off(&spilt),
        };
        self.stale = false;
        match ended {
            Ok(ended) => self.appended(ended, mailbox).await,
            Err(error) => {
                // Whatever it was, the server waits for octets that will not come.
                self.connection()?.give_up();
                Err(error)
            }
        }
    }

    async fn appended(
        &mut self,
        ended: Ended,
        mailbox: &MailboxName,
    ) -> Result<Option<(UidValidity, Uid)>, ImapError> {
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

impl Literal<'_> {
    /// Takes what the server says meanwhile; its verdict on the command, if that is it.
    fn hear(&mut self, incoming: Incoming) -> Result<Option<Ended>, ImapError> {
        let Incoming::Response(response) = incoming else {
            return Err(protocol("a literal nobody asked for"));
        };
        match response {
            Response::Tagged {
                tag,
                status,
                code,
                text,
            } => {
                self.connection.close(&tag, status)?;
                Ok(Some(Ended { status, code, text }))
            }
            other => {
                if let Some(untagged) = self.connection.untagged(other)? {
                    self.connection.fold(untagged)?;
                }
                Ok(None)
            }
        }
    }

    async fn give(&mut self, octets: &[u8]) -> Result<Option<Ended>, ImapError> {
        let mut body = octets;
        while let Some(incoming) = self
            .connection
            .next_or_taken(self.deadline, &mut body)
            .await?
        {
            if let Some(ended) = self.hear(incoming)? {
                return Ok(Some(ended));
            }
        }
        Ok(None)
    }

    /// All octets were poured: how the command ended.
    async fn end(mut self) -> Result<Ended, ImapError> {
        if self.left > 0 {
            return Err(protocol("the message is shorter than it was"));
        }
        loop {
            let incoming = self.connection.next(self.deadline, &mut &[][..]).await?;
            if let Some(ended) = self.hear(incoming)? {
                return Ok(ended);
            }
        }
    }

    /// Not all of them were.
    fn broken_off(self, spilt: &Spilt) -> Result<Ended, ImapError> {
        let other = || protocol(crate::failure::chain(spilt));
        self.outcome.unwrap_or_else(|| Err(other()))
    }
}

#[async_trait]
impl Sink for Literal<'_> {
    async fn take(&mut self, octets: &[u8]) -> io::Result<()> {
        let length = octets.len() as u64;
        if length > self.left {
            return Err(io::Error::other("the message is longer than it was"));
        }
        self.left -= length;
        match self.give(octets).await {
            Ok(None) => Ok(()),
            Ok(Some(ended)) => {
                self.outcome = Some(Ok(ended));
                Err(io::Error::other("the server does not take the message"))
            }
            Err(error) => {
                self.outcome = Some(Err(error));
                Err(io::Error::other("the connection broke"))
            }
        }
    }
}
