//! Octets to and from one server: a stream (TCP, TLS, or a test's pipe), an outgoing buffer, and
//! COMPRESS=DEFLATE (RFC 4978) in between when it is on.
//!
//! Reading and writing go on at once ([`Wire::flow`]): while a flight of commands is being written
//! the server already answers, and one that waits for us to read must not block our writing.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::io::poll_read_buf;

/// What carries the octets.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

pub(super) struct Wire {
    stream: Box<dyn Stream>,
    outgoing: BytesMut,
    /// The stream took octets it may still hold back.
    unflushed: bool,
    /// Room made for each read, and what it is while an answer is awaited.
    room: usize,
    usual_room: usize,
    deflate: Option<Box<Deflate>>,
}

/// What moved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flow {
    Read,
    /// All that was queued is on its way.
    Wrote,
    End,
}

struct Deflate {
    squeeze: Compress,
    inflate: Decompress,
    /// Deflated octets not yet inflated.
    received: BytesMut,
}

/// Read at a time: one TLS record.
const CHUNK: usize = 16 << 10;
/// Read at a time while nothing was asked: a few notices.
const SIP: usize = 512;

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            outgoing: BytesMut::new(),
            unflushed: false,
            room: CHUNK,
            usual_room: CHUNK,
            deflate: None,
        }
    }

    /// Gives the stream back, for TLS to be put around it. What was queued is gone.
    pub(super) fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }

    /// Queues octets.
    pub(super) fn push(&mut self, octets: &[u8]) {
        self.room = self.usual_room;
        match &mut self.deflate {
            None => self.outgoing.extend_from_slice(octets),
            Some(deflate) => deflate.squeeze(octets, &mut self.outgoing),
        }
    }

    /// Reads little at a time from here on, so that a connection that mostly sleeps does not hold
    /// room for what will not come (T56).
    pub(super) fn slim_down(&mut self) {
        self.usual_room = SIP;
        self.rest();
    }

    /// The same until something is asked again.
    pub(super) fn rest(&mut self) {
        self.room = SIP;
        self.outgoing = BytesMut::from(&self.outgoing[..]);
    }

    /// Octets queued and not yet written.
    pub(super) fn queued(&self) -> usize {
        self.outgoing.len()
    }

    /// From here on both directions are deflated; `early` came behind the server's OK.
    pub(super) fn start_deflate(&mut self, early: BytesMut) {
        self.deflate = Some(Box::new(Deflate {
            squeeze: Compress::new(Compression::fast(), false),
            inflate: Decompress::new(false),
            received: early,
        }));
    }

    /// Writes what is queued and reads what comes into `incoming`, whichever is possible, until
    /// something was read or all was written. Cancel-safe: what moved is in the buffers.
    pub(super) async fn flow(&mut self, incoming: &mut BytesMut) -> io::Result<Flow> {
        poll_fn(|context| self.poll_flow(context, incoming)).await
    }

    /// What can be read without waiting; `None` when there is nothing.
    pub(super) fn read_now(&mut self, incoming: &mut BytesMut) -> Option<io::Result<Flow>> {
        let mut context = Context::from_waker(std::task::Waker::noop());
        match self.poll_read(&mut context, incoming) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    fn poll_flow(
        &mut self,
        context: &mut Context<'_>,
        incoming: &mut BytesMut,
    ) -> Poll<io::Result<Flow>> {
        let wrote = self.poll_write(context)?;
        match self.poll_read(context, incoming) {
            Poll::Pending if wrote => Poll::Ready(Ok(Flow::Wrote)),
            other => other,
        }
    }

    /// Whether something was queued and all of it is written and flushed now.
    fn poll_write(&mut self, context: &mut Context<'_>) -> io::Result<bool> {
        let mut wrote = false;
        while !self.outgoing.is_empty() {
            match Pin::new(&mut self.stream).poll_write(context, &self.outgoing)? {
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => {
                    self.outgoing.advance(count);
                    self.unflushed = true;
                    wrote = true;
                }
                Poll::Pending => return Ok(false),
            }
        }
        if self.unflushed {
            match Pin::new(&mut self.stream).poll_flush(context)? {
                Poll::Ready(()) => self.unflushed = false,
                Poll::Pending => return Ok(false),
            }
        }
        Ok(wrote)
    }

    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        incoming: &mut BytesMut,
    ) -> Poll<io::Result<Flow>> {
        let Some(deflate) = &mut self.deflate else {
            incoming.reserve(self.room);
            let count = poll_read_buf(Pin::new(&mut self.stream), context, incoming);
            return count.map_ok(|count| if count == 0 { Flow::End } else { Flow::Read });
        };
        loop {
            if deflate.inflate(incoming)? {
                return Poll::Ready(Ok(Flow::Read));
            }
            deflate.received.reserve(self.room);
            let stream = Pin::new(&mut self.stream);
            match poll_read_buf(stream, context, &mut deflate.received)? {
                Poll::Ready(0) => return Poll::Ready(Ok(Flow::End)),
                Poll::Ready(_) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Deflate {
    /// Every push ends at a flush point: the server must be able to read what we said.
    fn squeeze(&mut self, mut octets: &[u8], outgoing: &mut BytesMut) {
        let mut room = [0_u8; CHUNK];
        loop {
            let (before, made) = (self.squeeze.total_in(), self.squeeze.total_out());
            // Raw deflate into a buffer has no failing inputs.
            let _ = self
                .squeeze
                .compress(octets, &mut room, FlushCompress::Sync);
            let eaten = usize::try_from(self.squeeze.total_in() - before).unwrap_or(octets.len());
            let made = usize::try_from(self.squeeze.total_out() - made).unwrap_or(0);
            octets = octets.get(eaten..).unwrap_or_default();
            outgoing.extend_from_slice(room.get(..made).unwrap_or_default());
            if octets.is_empty() && made < room.len() {
                return;
            }
        }
    }

    /// Inflates at most one chunk, so that a bomb meets the framer's limits (T8). Whether there was
    /// anything.
    fn inflate(&mut self, incoming: &mut BytesMut) -> io::Result<bool> {
        let mut room = [0_u8; CHUNK];
        let (before, made) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(&self.received, &mut room, FlushDecompress::Sync)
            .map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
        let eaten = usize::try_from(self.inflate.total_in() - before).unwrap_or(0);
        let made = usize::try_from(self.inflate.total_out() - made).unwrap_or(0);
        self.received.advance(eaten.min(self.received.len()));
        incoming.extend_from_slice(room.get(..made).unwrap_or_default());
        if made == 0 && status == Status::StreamEnd {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(made > 0)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    #[tokio::test]
    async fn reading_goes_on_while_writing_is_blocked() {
        // The peer's pipe takes 8 octets; it will read only after we read what it said.
        let (near, far) = duplex(8);
        let mut ours = Wire::new(Box::new(near));
        let mut theirs = Wire::new(Box::new(far));
        let long = vec![b'x'; 5000];
        ours.push(&long);
        theirs.push(&long);
        let (mut here, mut there) = (BytesMut::new(), BytesMut::new());
        while here.len() < 5000 || there.len() < 5000 {
            tokio::select! {
                flow = ours.flow(&mut here) => { flow.expect("an open pipe"); }
                flow = theirs.flow(&mut there) => { flow.expect("an open pipe"); }
            }
        }
        assert!(here == long && there == long);
    }

    #[tokio::test]
    async fn deflate_carries_both_directions_from_the_first_octet_on() {
        let (near, far) = duplex(1 << 20);
        let mut ours = Wire::new(Box::new(near));
        let mut theirs = Wire::new(Box::new(far));
        ours.start_deflate(BytesMut::new());
        theirs.start_deflate(BytesMut::new());
        let long: Vec<u8> = (0..200_000_u32).map(|i| (i % 251) as u8).collect();
        ours.push(b"a1 NOOP\r\n");
        ours.push(&long);
        let queued = ours.queued();
        assert!(queued < 20_000, "{queued} octets are not compressed");
        let mut here = BytesMut::new();
        assert_eq!(ours.flow(&mut here).await.expect("written"), Flow::Wrote);
        let mut there = BytesMut::new();
        while there.len() < 9 + long.len() {
            assert_eq!(theirs.flow(&mut there).await.expect("read"), Flow::Read);
        }
        assert_eq!(&there[..9], b"a1 NOOP\r\n");
        assert_eq!(&there[9..], &long[..]);
    }
}
