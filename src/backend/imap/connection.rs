//! One connection, in step or given up (T33).
//!
//! Commands go out in flights: several at once, their answers told apart by tag. From the first octet of a flight until its
//! last tagged answer the connection counts as out of step; a future dropped in between leaves it
//! so, and whoever finds it so closes it. No answer can then reach the wrong question.

use std::collections::VecDeque;
use std::sync::Arc;

use airgate_codec::imap::{
    BadArgument, Code, Command, CommandPiece, FrameEvent, FrameLimits, Framer, Literals,
    MailboxName, NameForm, Response, Status, Untagged, WireStyle, parse,
};
use bytes::Bytes;
use tokio::time::{Instant, timeout_at};

use super::capabilities::Capabilities;
use super::error::{ImapError, printable};
use super::mailbox::Mailbox;
use super::settings::Deadlines;
use super::wire::{Flow, Stream, Wire};
use crate::clock;

pub(super) struct Connection {
    wire: Wire,
    framer: Framer,
    deadlines: Deadlines,
    hide: Vec<String>,
    capabilities: Arc<Capabilities>,
    /// Commands not yet wholly given to the wire, oldest first.
    unsent: VecDeque<Unsent>,
    /// Commands not yet ended, oldest first.
    open: VecDeque<Open>,
    next_tag: u32,
    /// Why this connection must not be used again.
    broken: bool,
    /// Not a tagged answer, not data: the goodbye of RFC 9051 7.1.5.
    bye: Option<String>,
    /// The mailbox selected on the server.
    pub(super) mailbox: Option<Mailbox>,
}

impl Prepared {
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }
}

/// A command ready to be sent.
pub(super) struct Prepared {
    tag: String,
    pieces: Vec<CommandPiece>,
    /// Some literal goes out without asking.
    eager: bool,
}

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: Status,
    pub(super) code: Option<Code>,
    pub(super) text: String,
}

struct Open {
    tag: String,
    eager: bool,
}

struct Unsent {
    tag: String,
    pieces: VecDeque<CommandPiece>,
}

/// What the server said next.
#[derive(Debug)]
pub(super) enum Incoming {
    Response(Response),
    /// Part of a FETCH whose literal is handed out in pieces.
    LiteralStart(Bytes),
    LiteralPiece(Bytes),
    LiteralEnd,
    /// The rest of a response of which literals were streamed (there shown as NIL).
    Remainder(Response),
}

/// A literal above this is refused by whoever did not ask for a stream.
const MAX_GATHERED: usize = 32 << 20;
/// Octets queued before the next are taken from a command: bounds what an APPEND keeps in memory.
const HIGH_WATER: usize = 64 << 10;

impl Connection {
    pub(super) fn new(stream: Box<dyn Stream>, deadlines: Deadlines, hide: Vec<String>) -> Self {
        Self {
            wire: Wire::new(stream),
            framer: framer(),
            deadlines,
            hide,
            capabilities: Arc::new(Capabilities::unknown()),
            unsent: VecDeque::new(),
            open: VecDeque::new(),
            next_tag: 0,
            broken: false,
            bye: None,
            mailbox: None,
        }
    }

    /// Writes a command. Its tag is never used again on this connection.
    pub(super) fn prepare(
        &mut self,
        write: impl FnOnce(Command) -> Command,
    ) -> Result<Prepared, BadArgument> {
        self.next_tag += 1;
        let tag = format!("A{}", self.next_tag);
        let style = self.style();
        let pieces = write(Command::new(&tag, style)).finish()?;
        let eager = style.literals != Literals::Synchronising
            && pieces.iter().any(|piece| match piece {
                CommandPiece::Bytes(bytes) => bytes.windows(3).any(|w| w == b"+}\r"),
                _ => false,
            });
        Ok(Prepared { tag, pieces, eager })
    }

    /// One command; an answer other than OK is an error, about `mailbox` if it names one.
    pub(super) async fn simple(
        &mut self,
        mailbox: Option<&MailboxName>,
        write: impl FnOnce(Command) -> Command,
        take: &mut Take<'_>,
    ) -> Result<Ended, ImapError> {
        let prepared = self.prepare(write)?;
        self.flight(vec![prepared], &[], take)
            .await?
            .pop()
            .ok_or_else(|| protocol("no answer"))?
            .ok(mailbox)
    }

    /// Sends the commands at once and waits until all have ended; how each did, in order. `take`
    /// gets each piece of data and gives back what is not for it. Which command a piece answers
    /// only the piece itself tells (by tag, UID or name): Dovecot works on several at once, and a
    /// FETCH is answered before the STORE in front of it has ended. `body` are the octets of the one streamed literal among the commands.
    ///
    /// # Errors
    /// Anything that leaves the connection out of step; a NO or BAD is in [`Ended`].
    pub(super) async fn flight(
        &mut self,
        commands: Vec<Prepared>,
        body: &[u8],
        take: &mut Take<'_>,
    ) -> Result<Vec<Ended>, ImapError> {
        let deadline = clock::deadline(self.deadlines.command);
        let mut body = body;
        let mut ended: Vec<Option<Ended>> = Vec::new();
        let mut places: VecDeque<usize> = VecDeque::new();
        self.launch(commands, |place| {
            places.push_back(place);
            ended.push(None);
        })?;
        while !self.open.is_empty() {
            let response = match self.next(deadline, &mut body).await? {
                Incoming::Response(response) => response,
                // Longer than anybody here takes into memory: skipped, and the caller told.
                Incoming::LiteralStart(_) | Incoming::LiteralPiece(_) | Incoming::LiteralEnd => {
                    continue;
                }
                Incoming::Remainder(_) => {
                    take(Data::TooLarge);
                    continue;
                }
            };
            match response {
                Response::Tagged {
                    tag,
                    status,
                    code,
                    text,
                } => {
                    let at = self.close(&tag, status)?;
                    self.notice_code(code.as_ref());
                    let place = places.remove(at).unwrap_or_default();
                    if let Some(slot) = ended.get_mut(place) {
                        *slot = Some(Ended { status, code, text });
                    }
                    if self.broken && !self.open.is_empty() {
                        // What else was in flight gets no answer any more.
                        let refused = ended.get_mut(place).and_then(Option::take);
                        return Err(refused
                            .map_or_else(|| protocol("no answer"), |ended| ended.refusal(None)));
                    }
                }
                other => {
                    if let Some(untagged) = self.untagged(other)?
                        && let Some(untagged) = take(Data::Untagged(untagged))
                    {
                        self.fold(untagged)?;
                    }
                }
            }
        }
        let complete: Option<Vec<Ended>> = ended.into_iter().collect();
        complete.ok_or_else(|| protocol("no answer"))
    }

    /// Queues commands and counts them as open; `note` gets each one's number.
    pub(super) fn launch(
        &mut self,
        commands: Vec<Prepared>,
        mut note: impl FnMut(usize),
    ) -> Result<(), ImapError> {
        if !self.in_step() {
            self.broken = true;
            let why = "an earlier command was abandoned";
            return Err(ImapError::Disconnected(why.into()));
        }
        for (place, command) in commands.into_iter().enumerate() {
            note(place);
            self.open.push_back(Open {
                tag: command.tag.clone(),
                eager: command.eager,
            });
            self.unsent.push_back(Unsent {
                tag: command.tag,
                pieces: command.pieces.into(),
            });
        }
        Ok(())
    }

    /// The next thing the server says. Writes what is queued meanwhile. Cancel-safe.
    pub(super) async fn next(
        &mut self,
        deadline: Instant,
        body: &mut &[u8],
    ) -> Result<Incoming, ImapError> {
        loop {
            match self.framer.next_event() {
                Ok(Some(event)) => return Ok(incoming(event)),
                Ok(None) => {}
                Err(fault) => {
                    self.broken = true;
                    return Err(fault.into());
                }
            }
            self.feed(body);
            let patience = deadline.min(clock::deadline(self.deadlines.progress));
            match timeout_at(patience, self.wire.flow(self.framer.buffer())).await {
                Ok(Ok(Flow::Read | Flow::Wrote)) => {}
                Ok(Ok(Flow::End)) => return Err(self.ended_by("end of stream")),
                Ok(Err(fault)) => return Err(self.ended_by(&fault.to_string())),
                Err(_) => {
                    self.broken = true;
                    return Err(ImapError::Timeout);
                }
            }
        }
    }

    /// As [`Self::next`], but `None` as soon as all of `body` is taken and there is room for more:
    /// for a literal whose octets come piece by piece. Cancel-safe.
    pub(super) async fn next_or_taken(
        &mut self,
        deadline: Instant,
        body: &mut &[u8],
    ) -> Result<Option<Incoming>, ImapError> {
        loop {
            match self.framer.next_event() {
                Ok(Some(event)) => return Ok(Some(incoming(event))),
                Ok(None) => {}
                Err(fault) => {
                    self.broken = true;
                    return Err(fault.into());
                }
            }
            self.feed(body);
            if body.is_empty() && self.wire.queued() < HIGH_WATER {
                return Ok(None);
            }
            let patience = deadline.min(clock::deadline(self.deadlines.progress));
            match timeout_at(patience, self.wire.flow(self.framer.buffer())).await {
                Ok(Ok(Flow::Read | Flow::Wrote)) => {}
                Ok(Ok(Flow::End)) => return Err(self.ended_by("end of stream")),
                Ok(Err(fault)) => return Err(self.ended_by(&fault.to_string())),
                Err(_) => {
                    self.broken = true;
                    return Err(ImapError::Timeout);
                }
            }
        }
    }

    /// As [`Self::next`], but `until` passing is no fault: `None` then. Queued octets must still
    /// leave within the progress deadline.
    pub(super) async fn next_until(
        &mut self,
        until: Instant,
    ) -> Result<Option<Incoming>, ImapError> {
        loop {
            match self.framer.next_event() {
                Ok(Some(event)) => return Ok(Some(incoming(event))),
                Ok(None) => {}
                Err(fault) => {
                    self.broken = true;
                    return Err(fault.into());
                }
            }
            self.feed(&mut &[][..]);
            match timeout_at(until, self.wire.flow(self.framer.buffer())).await {
                Ok(Ok(Flow::Read | Flow::Wrote)) => {}
                Ok(Ok(Flow::End)) => return Err(self.ended_by("end of stream")),
                Ok(Err(fault)) => return Err(self.ended_by(&fault.to_string())),
                Err(_) => return Ok(None),
            }
        }
    }

    /// Data that is not for a command: what it tells of the selected mailbox is kept.
    pub(super) fn fold(&mut self, untagged: Untagged) -> Result<(), ImapError> {
        match untagged {
            Untagged::Capability(names) => self.learn(&names),
            Untagged::Status { code, .. } => self.notice_code(code.as_ref()),
            other => {
                if let Some(mailbox) = &mut self.mailbox
                    && let Err(fault) = mailbox.fold(other)
                {
                    self.broken = true;
                    return Err(protocol(fault));
                }
            }
        }
        Ok(())
    }

    /// Sorts out what ends or breaks the connection; the rest is data.
    pub(super) fn untagged(&mut self, response: Response) -> Result<Option<Untagged>, ImapError> {
        match response {
            Response::Untagged(Untagged::Status {
                status: Status::Bye,
                text,
                ..
            }) => {
                self.bye = Some(printable(&text));
                Err(self.ended_by("BYE"))
            }
            Response::Untagged(untagged) => {
                remark(&untagged);
                Ok(Some(untagged))
            }
            Response::Continuation { .. } => {
                if let Some(sending) = self.unsent.front_mut()
                    && sending.pieces.front() == Some(&CommandPiece::AwaitContinuation)
                {
                    sending.pieces.pop_front();
                    return Ok(None);
                }
                // T25: it asks for a literal it was said to take without asking, or for nothing.
                self.broken = true;
                Err(protocol("a continuation nobody asked for"))
            }
            Response::Tagged { .. } | Response::Other(_) => {
                self.broken = true;
                Err(protocol("a line that is not IMAP"))
            }
        }
    }

    /// Ends the command with this tag; its place among the open ones.
    pub(super) fn close(&mut self, tag: &str, status: Status) -> Result<usize, ImapError> {
        let Some(at) = self.open.iter().position(|open| open.tag == tag) else {
            self.broken = true;
            return Err(protocol("an answer to no command of ours"));
        };
        let eager = self.open.remove(at).is_some_and(|open| open.eager);
        if self.unsent.iter().any(|unsent| unsent.tag == tag) {
            // A refused literal: where the server thinks we are in the line is anyone's guess.
            self.broken = true;
            self.unsent.clear();
            if status == Status::Ok {
                return Err(protocol("an answer before the command was sent"));
            }
        }
        // T25: the literal may have been read as commands.
        self.broken |= eager && status == Status::Bad;
        Ok(at)
    }

    /// Sends octets that are no command: a SASL answer or DONE.
    pub(super) fn push_line(&mut self, line: &[u8]) {
        self.wire.push(line);
        self.wire.push(b"\r\n");
    }

    /// Reads what came while nobody asked. An error means the connection is of no more use.
    pub(super) fn catch_up(&mut self) -> Result<(), ImapError> {
        if !self.in_step() {
            return Err(protocol("out of step"));
        }
        loop {
            while let Some(event) = self.framer.next_event()? {
                match incoming(event) {
                    Incoming::Response(response) => {
                        if let Some(untagged) = self.untagged(response)? {
                            self.fold(untagged)?;
                        }
                    }
                    _ => return Err(protocol("a literal nobody asked for")),
                }
            }
            match self.wire.read_now(self.framer.buffer()) {
                None => return Ok(()),
                Some(Ok(Flow::End)) => return Err(self.ended_by("end of stream")),
                Some(Ok(_)) => {}
                Some(Err(fault)) => return Err(self.ended_by(&fault.to_string())),
            }
        }
    }

    /// Takes a CAPABILITY list for what the server offers from now on.
    pub(super) fn learn(&mut self, names: &[String]) {
        self.capabilities = Arc::new(Capabilities::read(names, &self.hide));
    }

    /// What was said before TLS or before the login does not count after it (T31).
    pub(super) fn forget_capabilities(&mut self) {
        self.capabilities = Arc::new(Capabilities::unknown());
    }

    pub(super) const fn capabilities(&self) -> &Arc<Capabilities> {
        &self.capabilities
    }

    pub(super) fn capabilities_mut(&mut self) -> &mut Capabilities {
        Arc::make_mut(&mut self.capabilities)
    }

    pub(super) const fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    /// Literals above this many octets come in pieces, until [`Self::gather_literals`].
    pub(super) const fn stream_literals(&mut self, above: u64) {
        self.framer.set_stream_threshold(above);
    }

    pub(super) const fn gather_literals(&mut self) {
        self.framer.set_stream_threshold(MAX_GATHERED as u64);
    }

    /// For a connection that will mostly sleep (T56).
    pub(super) fn slim_down(&mut self) {
        self.wire.slim_down();
        self.let_go_of_room();
    }

    /// For one that sleeps until it is used again.
    pub(super) fn rest(&mut self) {
        self.wire.rest();
        self.let_go_of_room();
    }

    fn let_go_of_room(&mut self) {
        let early = self.framer.take_buffered();
        self.framer = framer();
        self.framer.push(&early);
    }

    /// The stream, for TLS. Whatever was read or queued before is dropped (T31).
    pub(super) fn into_stream(self) -> Box<dyn Stream> {
        self.wire.into_stream()
    }

    /// After the OK to COMPRESS.
    pub(super) fn start_deflate(&mut self) {
        let early = self.framer.take_buffered();
        self.wire.start_deflate(early);
    }

    /// Nothing is under way in either direction, so the next answer will be to the next question.
    pub(super) fn in_step(&self) -> bool {
        !self.broken && self.open.is_empty() && self.unsent.is_empty() && self.wire.queued() == 0
    }

    pub(super) const fn give_up(&mut self) {
        self.broken = true;
    }

    fn style(&self) -> WireStyle {
        let literals = if self.capabilities.literal_plus {
            Literals::Plus
        } else if self.capabilities.literal_minus {
            Literals::Minus
        } else {
            Literals::Synchronising
        };
        WireStyle {
            literals,
            names: NameForm::ModifiedUtf7,
        }
    }

    /// Gives the wire as much as is due.
    fn feed(&mut self, body: &mut &[u8]) {
        while self.wire.queued() < HIGH_WATER
            && let Some(sending) = self.unsent.front_mut()
        {
            match sending.pieces.front_mut() {
                None => {
                    self.unsent.pop_front();
                    continue;
                }
                Some(CommandPiece::AwaitContinuation) => return,
                Some(CommandPiece::Bytes(bytes)) => self.wire.push(bytes),
                Some(CommandPiece::Octets(left)) => {
                    let wanted = usize::try_from(*left).unwrap_or(usize::MAX);
                    let count = wanted.min(body.len()).min(HIGH_WATER);
                    let (now, later) = body.split_at(count);
                    self.wire.push(now);
                    *body = later;
                    *left = left.saturating_sub(count as u64);
                    match (*left, count) {
                        (0, _) => {}
                        // The rest of the literal is still to come.
                        (_, 0) => return,
                        _ => continue,
                    }
                }
            }
            sending.pieces.pop_front();
        }
    }

    fn notice_code(&mut self, code: Option<&Code>) {
        match code {
            Some(Code::Capability(names)) => self.learn(names),
            Some(Code::Closed) => self.mailbox = None,
            Some(Code::HighestModSeq(modseq)) => {
                if let Some(mailbox) = &mut self.mailbox {
                    mailbox.reached(*modseq);
                }
            }
            _ => {}
        }
    }

    fn ended_by(&mut self, how: &str) -> ImapError {
        self.broken = true;
        ImapError::Disconnected(self.bye.take().unwrap_or_else(|| how.to_owned()))
    }
}

impl Ended {
    /// # Errors
    /// A NO or BAD, read as what it means.
    pub(super) fn ok(self, mailbox: Option<&MailboxName>) -> Result<Self, ImapError> {
        if self.status == Status::Ok {
            return Ok(self);
        }
        Err(self.refusal(mailbox))
    }

    pub(super) fn refusal(&self, mailbox: Option<&MailboxName>) -> ImapError {
        ImapError::from_refusal(self.status, self.code.as_ref(), &self.text, mailbox)
    }
}

/// What a flight hands out.
pub(super) enum Data {
    Untagged(Untagged),
    /// A response had a literal that is too long to be kept; it is lost.
    TooLarge,
}

/// Who takes the data of a flight; gives back what is not its own.
pub(super) type Take<'a> = dyn FnMut(Data) -> Option<Untagged> + Send + 'a;

/// For commands that have no data.
pub(super) fn nothing(data: Data) -> Option<Untagged> {
    match data {
        Data::Untagged(untagged) => Some(untagged),
        Data::TooLarge => None,
    }
}

pub(super) fn protocol(what: impl Into<String>) -> ImapError {
    ImapError::Protocol(what.into())
}

/// What an operator may want to know of.
fn remark(untagged: &Untagged) {
    match untagged {
        Untagged::Status {
            code: Some(Code::Alert),
            text,
            ..
        } => tracing::info!(text = printable(text), "the mail server says"),
        Untagged::Other(raw) => {
            metrics::counter!("airgate_backend_errors_total", "backend" => "imap", "kind" => "unread_line")
                .increment(1);
            let start = raw.get(..raw.len().min(60)).unwrap_or_default();
            let line = printable(&String::from_utf8_lossy(start));
            tracing::debug!(line, "skipped a line of the mail server nobody can read");
        }
        _ => {}
    }
}

fn incoming(event: FrameEvent) -> Incoming {
    match event {
        FrameEvent::Whole(frame) if frame.streamed.is_empty() => {
            Incoming::Response(parse(&frame.bytes))
        }
        FrameEvent::Whole(frame) => Incoming::Remainder(parse(&frame.bytes)),
        FrameEvent::LiteralStart { prefix, .. } => Incoming::LiteralStart(prefix),
        FrameEvent::LiteralPiece(piece) => Incoming::LiteralPiece(piece),
        FrameEvent::LiteralEnd => Incoming::LiteralEnd,
    }
}

fn framer() -> Framer {
    Framer::new(FrameLimits {
        literals: MAX_GATHERED,
        stream_threshold: MAX_GATHERED as u64,
        ..FrameLimits::default()
    })
}
