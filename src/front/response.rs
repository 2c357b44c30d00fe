//! From a [`Reply`] to HTTP: status, headers, gzip, and a body that feeds itself in pieces.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use hyper::ext::ReasonPhrase;
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep_until};

use super::gzip::{self, Deflater};
use super::record::Record;
use super::reply::{MULTIPART, Reply, ReplyBody, WBXML};

/// Handed to hyper at a time, so that a large answer does not count as sent while it waits.
const PIECE: usize = 64 * 1024;
/// Above this, deflating goes to a blocking thread (style: CPU over 100 us leaves the worker).
const DEFLATE_INLINE: usize = 16 * 1024;
/// Phones look for it to know an EAS server ([MS-ASHTTP] 2.2.1.1.2.6). Exchange 2016 is 15.1.
const SERVER_VERSION: HeaderValue = HeaderValue::from_static("15.1");
const MS_SERVER: HeaderName = HeaderName::from_static("ms-server-activesync");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How a reply is dressed.
pub(super) struct Dress {
    /// The phone takes gzip.
    pub gzip: bool,
    /// An answer of the EAS path, not a page.
    pub eas: bool,
    /// No further request is wanted on this connection.
    pub close: bool,
    /// When a streamed answer must be over.
    pub deadline: Instant,
}

/// Makes the response; the record is written when its body is sent or dropped.
pub(super) async fn response(reply: Reply, dress: Dress, mut record: Record) -> Response<Outgoing> {
    let status = reply.status();
    let mut response = Response::new(());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let says = |(name, _): &(HeaderName, HeaderValue)| name == header::CACHE_CONTROL;
    if !reply.headers.iter().any(says) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private"));
    }
    if let Ok(id) = HeaderValue::try_from(record.id_text()) {
        headers.insert(REQUEST_ID, id);
    }
    if dress.close {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if dress.eas {
        headers.insert(MS_SERVER, SERVER_VERSION);
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(r#"Basic realm="Airgate""#),
        );
    }
    let kind = match reply.body {
        ReplyBody::Empty => Kind::Done,
        ReplyBody::Wbxml(bytes) => content(headers, WBXML, bytes, dress.gzip).await,
        ReplyBody::Multipart(bytes) => content(headers, MULTIPART, bytes, dress.gzip).await,
        ReplyBody::Raw {
            content_type,
            bytes,
            ..
        } => {
            set_type(headers, &content_type);
            Kind::Whole(bytes)
        }
        ReplyBody::Stream {
            content_type,
            length,
            chunks,
        } => {
            set_type(headers, &content_type);
            let gzip = dress.gzip && matches!(content_type.as_str(), WBXML | MULTIPART);
            if gzip {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            Kind::Stream {
                chunks,
                left: length,
                deflater: gzip.then(|| Box::new(Deflater::new())),
                alarm: Box::pin(sleep_until(dress.deadline)),
            }
        }
        ReplyBody::Http {
            text, retry_after, ..
        } => {
            if let Some(delay) = retry_after {
                // Rounded up: an early retry would be refused again.
                let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
            }
            if text.is_empty() {
                Kind::Done
            } else {
                set_type(headers, "text/plain; charset=utf-8");
                headers.insert(
                    header::X_CONTENT_TYPE_OPTIONS,
                    HeaderValue::from_static("nosniff"),
                );
                Kind::Whole(Bytes::from(text))
            }
        }
    };
    for (name, value) in reply.headers {
        headers.append(name, value);
    }
    record.status = Some(status);
    if status.as_u16() == 449 {
        // The wording of [MS-ASHTTP]; http has no phrase of its own for it.
        let phrase = ReasonPhrase::from_static(b"Retry after sending a PROVISION command");
        response.extensions_mut().insert(phrase);
    }
    response.map(|()| Outgoing { kind, record })
}

async fn content(headers: &mut HeaderMap, kind: &'static str, bytes: Vec<u8>, gzip: bool) -> Kind {
    if bytes.is_empty() {
        return Kind::Done;
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if !gzip {
        return Kind::Whole(Bytes::from(bytes));
    }
    let plain = Bytes::from(bytes);
    let deflated = if plain.len() <= DEFLATE_INLINE {
        Ok(gzip::deflate(&plain))
    } else {
        let bytes = plain.clone();
        tokio::task::spawn_blocking(move || gzip::deflate(&bytes)).await
    };
    match deflated {
        Ok(deflated) => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Kind::Whole(Bytes::from(deflated))
        }
        Err(_) => Kind::Whole(plain),
    }
}

fn set_type(headers: &mut HeaderMap, content_type: &str) {
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
}

/// The body of a response.
pub(super) struct Outgoing {
    kind: Kind,
    record: Record,
}

enum Kind {
    Done,
    Whole(Bytes),
    Stream {
        chunks: mpsc::Receiver<Result<Bytes, io::Error>>,
        /// Bytes that must still come; None where the length is unknown.
        left: Option<u64>,
        deflater: Option<Box<Deflater>>,
        alarm: Pin<Box<Sleep>>,
    },
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        let piece = match &mut this.kind {
            Kind::Done => return Poll::Ready(None),
            Kind::Whole(bytes) => {
                let piece = bytes.split_to(bytes.len().min(PIECE));
                if bytes.is_empty() {
                    this.kind = Kind::Done;
                }
                Ok(piece)
            }
            Kind::Stream { .. } => match ready!(this.kind.poll_stream(cx)) {
                Some(result) => result,
                None => return Poll::Ready(None),
            },
        };
        match piece {
            Ok(piece) => {
                this.record.bytes_out += piece.len() as u64;
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            Err(error) => {
                this.record.broken = true;
                this.kind = Kind::Done;
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.kind, Kind::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Done => SizeHint::with_exact(0),
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream {
                left: Some(left),
                deflater: None,
                ..
            } => SizeHint::with_exact(*left),
            Kind::Stream { .. } => SizeHint::default(),
        }
    }
}

impl Kind {
    fn poll_stream(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        let Self::Stream {
            chunks,
            left,
            deflater,
            alarm,
        } = self
        else {
            return Poll::Ready(None);
        };
        loop {
            let chunk = match chunks.poll_recv(cx) {
                Poll::Ready(chunk) => chunk,
                Poll::Pending => {
                    ready!(alarm.as_mut().poll(cx));
                    return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
                }
            };
            let bytes = match chunk {
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None if left.is_some_and(|left| left > 0) => {
                    return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
                }
                None => {
                    let end = deflater.take().map(|deflater| deflater.finish());
                    *self = Self::Done;
                    return Poll::Ready(end.map(Ok));
                }
            };
            if let Some(left) = left {
                match left.checked_sub(bytes.len() as u64) {
                    Some(less) => *left = less,
                    None => return Poll::Ready(Some(Err(io::ErrorKind::InvalidData.into()))),
                }
            }
            let out = match deflater {
                Some(deflater) => deflater.push(&bytes),
                None => bytes,
            };
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(out)));
            }
        }
    }
}
