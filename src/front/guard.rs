//! Stands between the socket and hyper: every byte passes it. It judges heads before hyper parses
//! them (T9), keeps all times of the transport (T10), and notices a peer that closes while its
//! request is held.
//!
//! It hands hyper one whole, judged head at a time, then exactly the body that belongs to it; what a
//! peer sends ahead of our answer is kept here. A head that is refused never reaches hyper: hyper
//! sees the end of the stream, finishes what it was writing, and on shutdown the guard writes the
//! refusal behind it.

mod chunked;
mod head;
mod pace;
mod shared;

#[cfg(test)]
mod tests;

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::clock;

use chunked::Scanner;
use head::Framing;
use pace::Pace;

pub(super) use head::Fault;
pub(super) use shared::Shared;

/// Read from the socket at a time while a head is collected; heads of phones have 400 to 900 bytes.
const HEAD_READ: usize = 2048;
/// Read and thrown away after a refusal, so that the answer is not lost to a reset.
const LINGER_BYTES: usize = 64 * 1024;
const LINGER_TIME: std::time::Duration = std::time::Duration::from_secs(1);
/// Empty lines some old clients send behind a body, before the next request line (RFC 9112 2.2).
const MAX_LEADING_BREAKS: usize = 2;

/// A stream with a guard before it.
pub(super) struct Guard<S> {
    inner: S,
    shared: Arc<Shared>,
    /// Read but not handed over.
    raw: BytesMut,
    state: State,
    alarm: Option<Pin<Box<Sleep>>>,
    reading: Pace,
    writing: Pace,
    idle: bool,
    served: bool,
    /// What is still to be written at shutdown.
    refusal: Bytes,
    /// The peer may still be sending when the connection ends.
    linger: bool,
    lingered: usize,
}

/// head -complete-> deliver -handed over-> body | chunked -end-> head; any fault -> ended
enum State {
    /// Collecting a head; the bytes before `looked` hold no end of it.
    Head {
        looked: usize,
        started: Option<Instant>,
        breaks: usize,
    },
    /// A judged head of this many bytes is at the front of `raw`.
    Deliver {
        left: usize,
        framing: Framing,
    },
    Body {
        left: u64,
    },
    Chunked(Scanner),
    /// No more comes; hyper sees the end of the stream.
    Ended,
}

const NEXT_HEAD: State = State::Head {
    looked: 0,
    started: None,
    breaks: 0,
};

impl<S: AsyncRead + AsyncWrite + Unpin> Guard<S> {
    pub(super) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self {
            inner,
            shared,
            raw: BytesMut::new(),
            state: NEXT_HEAD,
            alarm: None,
            reading: Pace::default(),
            writing: Pace::default(),
            idle: false,
            served: false,
            refusal: Bytes::new(),
            linger: false,
            lingered: 0,
        }
    }

    /// Moves on with a head; Ready means `state` changed.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.shared.is_busy() {
                // Only to notice a close; what comes ahead waits, and not without bound.
                if self.raw.len() >= self.shared.limits().head_size {
                    return Poll::Pending;
                }
                if ready!(self.poll_fill(cx))? == 0 {
                    self.state = State::Ended;
                    return Poll::Ready(Ok(()));
                }
                continue;
            }
            let State::Head { looked, breaks, .. } = &mut self.state else {
                return Poll::Ready(Ok(()));
            };
            while *looked == 0 && self.raw.starts_with(b"\r\n") {
                *breaks += 1;
                self.raw.advance(2);
                if *breaks > MAX_LEADING_BREAKS {
                    return self.refuse(Fault::RequestLine);
                }
            }
            // A lone CR may become an empty line.
            let lone = self.raw.as_ref() == b"\r";
            let end = match lone {
                true => Ok(None),
                false => head::end(&self.raw, *looked),
            };
            *looked = if lone { 0 } else { self.raw.len() };
            match end {
                Ok(Some(end)) => return self.judge(end),
                Err(fault) => return self.refuse(fault),
                Ok(None) if self.raw.len() >= self.shared.limits().head_size => {
                    return self.refuse(Fault::TooLarge);
                }
                Ok(None) => {}
            }
            match self.poll_fill(cx) {
                Poll::Ready(Ok(0)) => {
                    self.state = State::Ended;
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Ok(_)) => {
                    self.set_idle(false);
                    if let State::Head { started, .. } = &mut self.state
                        && started.is_none()
                    {
                        *started = Some(clock::monotonic());
                        self.alarm = None;
                    }
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.wait_for_head(cx),
            }
        }
    }

    /// Nothing to read: keeps the times for the first byte, the rest of a head, or idleness.
    fn wait_for_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.raw.is_empty() && self.shared.is_closing() {
            self.state = State::Ended;
            return Poll::Ready(Ok(()));
        }
        // While an answer is still flushed, its pace counts and nothing else.
        if self.raw.is_empty() && self.writing.is_waiting() {
            return Poll::Pending;
        }
        let limits = self.shared.limits();
        let State::Head { started, .. } = &self.state else {
            return Poll::Pending;
        };
        let (started, served) = (*started, self.served);
        let alarm = self.alarm.get_or_insert_with(|| {
            Box::pin(sleep_until(match started {
                Some(started) => started + limits.head,
                None if served => clock::deadline(limits.idle),
                None => clock::deadline(limits.first_byte),
            }))
        });
        if alarm.as_mut().poll(cx).is_ready() {
            if started.is_some() {
                return self.refuse(Fault::Timeout);
            }
            if !served {
                limit_hit("first_byte");
            }
            self.state = State::Ended;
            return Poll::Ready(Ok(()));
        }
        if started.is_none() {
            self.set_idle(true);
        }
        Poll::Pending
    }

    fn judge(&mut self, end: usize) -> Poll<io::Result<()>> {
        let head = self.raw.get(..end).unwrap_or_default();
        match head::check(head, self.shared.limits()) {
            Ok(framing) => {
                self.state = State::Deliver { left: end, framing };
                self.alarm = None;
                self.served = true;
                self.shared.begin();
                self.writing.begin(self.shared.limits());
                Poll::Ready(Ok(()))
            }
            Err(fault) => self.refuse(fault),
        }
    }

    /// Ends the stream for hyper and keeps the refusal for the shutdown.
    fn refuse(&mut self, fault: Fault) -> Poll<io::Result<()>> {
        tracing::debug!(%fault, "request head refused");
        limit_hit(match fault {
            Fault::Timeout => "head_time",
            Fault::TooLarge | Fault::TooManyFields => "head_size",
            _ => "head_malformed",
        });
        self.refusal = Bytes::from(format!(
            "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{fault}\n",
            fault.status(),
            fault.to_string().len() + 1,
        ));
        self.linger = true;
        self.state = State::Ended;
        self.alarm = None;
        Poll::Ready(Ok(()))
    }

    /// Reads some bytes into `raw`.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut bytes = [0; HEAD_READ];
        let room = self
            .shared
            .limits()
            .head_size
            .saturating_sub(self.raw.len())
            .clamp(1, HEAD_READ);
        let mut buffer = ReadBuf::new(bytes.get_mut(..room).unwrap_or_default());
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer))?;
        self.raw.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// Hands over `raw` up to `most` bytes; how many it was.
    fn hand_over(&mut self, buffer: &mut ReadBuf<'_>, most: usize) -> usize {
        let count = self.raw.len().min(buffer.remaining()).min(most);
        buffer.put_slice(self.raw.get(..count).unwrap_or_default());
        self.raw.advance(count);
        if self.raw.is_empty() {
            // A held Ping should not hold a buffer (T56).
            self.raw = BytesMut::new();
        }
        count
    }

    /// Reads body bytes from `raw` or the socket, at most `most`, and keeps the pace.
    fn poll_body(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        most: u64,
    ) -> Poll<io::Result<usize>> {
        if !self.raw.is_empty() {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            return Poll::Ready(Ok(self.hand_over(buffer, most)));
        }
        let before = buffer.filled().len();
        let mut limited = (&mut self.inner).take(most);
        match Pin::new(&mut limited).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                let count = buffer.filled().len() - before;
                self.reading.moved(count, self.shared.limits());
                if count == 0 {
                    self.state = State::Ended;
                }
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending if self.reading.is_exhausted(cx) => {
                limit_hit("body_pace");
                self.state = State::Ended;
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn body_is_over(&mut self) {
        self.reading.rest();
        self.state = NEXT_HEAD;
    }

    fn set_idle(&mut self, idle: bool) {
        if self.idle != idle {
            self.idle = idle;
            self.shared.tell_idle(idle);
        }
    }

    /// Keeps the pace of an answer.
    fn watch_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        result: Poll<io::Result<T>>,
        moved: impl Fn(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Ok(value)) => {
                self.writing.moved(moved(&value), self.shared.limits());
                if self.shared.is_overdue() {
                    limit_hit("request_time");
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Ready(Ok(value))
            }
            Poll::Pending if self.writing.is_exhausted(cx) => {
                limit_hit("response_pace");
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            other => other,
        }
    }

    /// Reads and forgets for a moment, so that the peer reads our last words before a reset.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; HEAD_READ];
        loop {
            let alarm = self
                .alarm
                .get_or_insert_with(|| Box::pin(sleep_until(clock::deadline(LINGER_TIME))));
            if alarm.as_mut().poll(cx).is_ready() || self.lingered > LINGER_BYTES {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => self.lingered += buffer.filled().len(),
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Ended => return Poll::Ready(Ok(())),
                State::Head { .. } => ready!(this.poll_head(cx))?,
                State::Deliver { left, framing } => {
                    let (left, framing) = (*left, *framing);
                    let count = this.hand_over(buffer, left);
                    this.state = match (left - count, framing) {
                        (0, Framing::Length(0)) => NEXT_HEAD,
                        (0, framing) => {
                            this.reading.begin(this.shared.limits());
                            match framing {
                                Framing::Length(left) => State::Body { left },
                                Framing::Chunked => State::Chunked(Scanner::new()),
                            }
                        }
                        (left, framing) => State::Deliver { left, framing },
                    };
                    return Poll::Ready(Ok(()));
                }
                State::Body { left } => {
                    let left = *left;
                    let count = ready!(this.poll_body(cx, buffer, left))? as u64;
                    if count == left {
                        this.body_is_over();
                    } else if count > 0 {
                        this.state = State::Body { left: left - count };
                    }
                    return Poll::Ready(Ok(()));
                }
                State::Chunked(_) => {
                    let before = buffer.filled().len();
                    let count = ready!(this.poll_body(cx, buffer, u64::MAX))?;
                    let State::Chunked(scanner) = &mut this.state else {
                        return Poll::Ready(Ok(()));
                    };
                    let fresh = buffer.filled().get(before..).unwrap_or_default();
                    match scanner.scan(fresh) {
                        Ok(None) => {}
                        Ok(Some(end)) => {
                            // What stands behind the body belongs to the next head.
                            let ahead = fresh.get(end..).unwrap_or_default();
                            let mut raw = BytesMut::from(ahead);
                            raw.extend_from_slice(&this.raw);
                            this.raw = raw;
                            buffer.set_filled(before + end.min(count));
                            this.body_is_over();
                        }
                        Err(fault) => {
                            tracing::debug!(%fault, "request body refused");
                            limit_hit("chunk_malformed");
                            buffer.set_filled(before);
                            this.state = State::Ended;
                            this.linger = true;
                            return Poll::Ready(Err(io::Error::new(
                                io::ErrorKind::InvalidData,
                                fault,
                            )));
                        }
                    }
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.watch_write(cx, result, |count| *count)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.watch_write(cx, result, |count| *count)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.inner).poll_flush(cx);
        self.watch_write(cx, result, |()| 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while !this.refusal.is_empty() {
            let result = Pin::new(&mut this.inner).poll_write(cx, &this.refusal);
            match ready!(this.watch_write(cx, result, |count| *count))? {
                0 => this.refusal.clear(),
                count => this.refusal.advance(count),
            }
        }
        let result = ready!(Pin::new(&mut this.inner).poll_shutdown(cx));
        let mid_body = !matches!(this.state, State::Head { .. } | State::Ended);
        if this.linger || mid_body || !this.raw.is_empty() {
            ready!(this.poll_linger(cx));
        }
        Poll::Ready(result)
    }
}

/// Counts a limit that was hit.
pub(super) fn limit_hit(limit: &'static str) {
    metrics::counter!("airgate_limits_hit_total", "limit" => limit).increment(1);
}
