//! The body of a request, whole and inflated, within its limits (threats section 1, T8). Read only
//! after the gate let the phone in.

use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::CommandName;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

use super::guard::limit_hit;
use super::gzip::{self, Inflater};
use super::reply::Reply;
use super::request::Head;
use crate::config::Limits;

/// Room for the WBXML around a message of the largest size.
const ENVELOPE: usize = 64 * 1024;
/// Inflated before others may run: at the worst ratio some milliseconds.
const INFLATE_PIECE: usize = 16 * 1024;
/// Read and thrown away on an early refusal, so that the connection stays usable.
const MAX_DRAIN: u64 = 64 * 1024;
/// How many times the limit of a body is still thrown away after it was refused.
pub(super) const DISCARDED: u64 = 4;
/// Longest wait for the next piece of what is thrown away.
const DISCARD_PAUSE: Duration = Duration::from_secs(10);
/// Memory set aside on the word of a Content-Length alone.
const MAX_TRUSTED: u64 = 64 * 1024;

/// Why a body is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    #[error("only gzip is taken as Content-Encoding, and once")]
    Encoding,
    #[error(transparent)]
    Gzip(#[from] gzip::Fault),
    #[error("the body broke off or came too slowly")]
    Broken(#[source] hyper::Error),
}

/// The largest body a command may have, on the wire and inflated.
pub(super) fn limit(head: &Head, limits: &Limits) -> usize {
    let carries_mail = head.line.as_ref().is_some_and(|line| match line.command {
        CommandName::SendMail | CommandName::SmartReply | CommandName::SmartForward => true,
        // Drafts with attachments came with 16.0.
        CommandName::Sync => head.version >= Some(ProtocolVersion::V16_0),
        _ => false,
    });
    match carries_mail {
        true => limits.max_message + ENVELOPE,
        false => limits.body,
    }
}

/// Reads the whole body; gives the bytes on the wire too. Of one that is announced as too large
/// nothing is read, so a phone that asked first (`Expect: 100-continue`) never sends it.
pub(super) async fn read(
    body: &mut Incoming,
    headers: &HeaderMap,
    limit: usize,
    wire_bytes: &mut u64,
) -> Result<Bytes, Fault> {
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        return Err(Fault::TooLarge(limit));
    }
    let mut sink = match encoding(headers)? {
        Encoding::Identity => {
            let capacity = usize::try_from(announced.min(MAX_TRUSTED)).unwrap_or_default();
            Sink::Plain(BytesMut::with_capacity(capacity))
        }
        Encoding::Gzip => Sink::Gzip(Box::new(Inflater::new(limit))),
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(Fault::Broken)?;
        let Ok(data) = frame.into_data() else {
            continue; // trailers say nothing we use
        };
        *wire_bytes += data.len() as u64;
        if *wire_bytes > limit as u64 {
            return Err(Fault::TooLarge(limit));
        }
        match &mut sink {
            Sink::Plain(bytes) => bytes.extend_from_slice(&data),
            Sink::Gzip(inflater) => {
                for piece in data.chunks(INFLATE_PIECE) {
                    inflater.push(piece)?;
                    tokio::task::yield_now().await;
                }
            }
        }
    }
    match sink {
        Sink::Plain(bytes) => Ok(bytes.freeze()),
        Sink::Gzip(_) if *wire_bytes == 0 => Ok(Bytes::new()),
        Sink::Gzip(inflater) => Ok(Bytes::from(inflater.finish()?)),
    }
}

/// Takes a small body out of the way of the next request. A phone that waits for `100 Continue`
/// never sends it.
pub(super) async fn drain(mut body: Incoming, headers: &HeaderMap) {
    if headers.contains_key(header::EXPECT) || body.size_hint().lower() > MAX_DRAIN {
        return;
    }
    let mut drained = 0;
    while let Some(Ok(frame)) = body.frame().await {
        drained += frame.data_ref().map_or(0, Bytes::len) as u64;
        if drained > MAX_DRAIN {
            return;
        }
    }
}

/// Throws away a body that is too large while the phone is told so: one that cannot finish sending
/// would never look for the answer, and send it all again and again. Bounded by the limits of the
/// connection, and by `most`, since somebody let in may still be a nuisance.
pub(super) fn discard(mut body: Incoming, headers: &HeaderMap, most: u64) {
    if headers.contains_key(header::EXPECT) || body.size_hint().lower() > most {
        return;
    }
    crate::task::spawn("discarded body", async move {
        let mut left = most;
        while let Ok(Some(Ok(frame))) = timeout(DISCARD_PAUSE, body.frame()).await {
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            left = match left.checked_sub(length) {
                Some(left) => left,
                None => return,
            };
        }
    });
}

impl Fault {
    pub(super) const fn is_too_large(&self) -> bool {
        matches!(self, Self::TooLarge(_) | Self::Gzip(gzip::Fault::TooLarge))
    }

    /// What the phone is told.
    pub(super) fn reply(&self) -> Reply {
        use http::StatusCode as S;
        let status = match self {
            Self::TooLarge(_) | Self::Gzip(gzip::Fault::TooLarge) => {
                limit_hit("body_size");
                S::PAYLOAD_TOO_LARGE
            }
            Self::Encoding => S::UNSUPPORTED_MEDIA_TYPE,
            Self::Gzip(gzip::Fault::Broken) => S::BAD_REQUEST,
            Self::Broken(_) => S::BAD_REQUEST,
        };
        Reply::http(status, format!("{self}\n"))
    }
}

enum Sink {
    Plain(BytesMut),
    Gzip(Box<Inflater>),
}

enum Encoding {
    Identity,
    Gzip,
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Fault> {
    let mut found = Encoding::Identity;
    for line in headers.get_all(header::CONTENT_ENCODING) {
        let line = line.to_str().map_err(|_| Fault::Encoding)?;
        for coding in line
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            found = match (found, coding.to_ascii_lowercase().as_str()) {
                (found, "identity") => found,
                (Encoding::Identity, "gzip" | "x-gzip") => Encoding::Gzip,
                _ => return Err(Fault::Encoding),
            };
        }
    }
    Ok(found)
}
