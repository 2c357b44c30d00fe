//! What a command answers. The front adds what every answer needs: Content-Type, Cache-Control,
//! MS-Server-ActiveSync, the challenge of a 401, gzip (REFERENCE 2.3).

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::sync::mpsc;

/// An answer to a phone.
#[derive(Debug)]
pub struct Reply {
    pub body: ReplyBody,
    /// Further headers, for example MS-ASProtocolVersions on OPTIONS.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// The kinds of body. All but `Raw` and `Http` are status 200.
#[derive(Debug)]
pub enum ReplyBody {
    /// Status 200 without body and without Content-Type: "nothing changed".
    Empty,
    Wbxml(Vec<u8>),
    /// A multipart ItemOperations answer, already laid out (REFERENCE 2.6).
    Multipart(Vec<u8>),
    /// Another kind of content: an attachment of GetAttachment, Autodiscover's XML, a page.
    Raw {
        status: StatusCode,
        content_type: String,
        bytes: Bytes,
    },
    /// A body made while it is sent, so that it is never whole in memory. An error, or fewer bytes
    /// than `length`, cuts the connection: the phone sees a broken answer, not a short one.
    Stream {
        content_type: String,
        length: Option<u64>,
        chunks: mpsc::Receiver<Result<Bytes, io::Error>>,
    },
    /// Another status; the text is for people. Without text there is no body.
    Http {
        status: StatusCode,
        text: String,
        retry_after: Option<Duration>,
    },
}

/// Content types as [MS-ASHTTP] 2.2.2.1 wants them: exact, without charset.
pub(crate) const WBXML: &str = "application/vnd.ms-sync.wbxml";
pub(crate) const MULTIPART: &str = "application/vnd.ms-sync.multipart";

impl Reply {
    pub fn new(body: ReplyBody) -> Self {
        Self {
            body,
            headers: Vec::new(),
        }
    }

    /// Status 200 and nothing else.
    pub fn empty() -> Self {
        Self::new(ReplyBody::Empty)
    }

    pub fn wbxml(document: Vec<u8>) -> Self {
        Self::new(ReplyBody::Wbxml(document))
    }

    pub fn multipart(parts: Vec<u8>) -> Self {
        Self::new(ReplyBody::Multipart(parts))
    }

    /// Status 200 with another kind of content.
    pub fn raw(content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::document(StatusCode::OK, content_type, bytes)
    }

    /// The same with any status: pages, errors that programs read.
    pub fn document(
        status: StatusCode,
        content_type: impl Into<String>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self::new(ReplyBody::Raw {
            status,
            content_type: content_type.into(),
            bytes: bytes.into(),
        })
    }

    pub fn stream(
        content_type: impl Into<String>,
        length: Option<u64>,
        chunks: mpsc::Receiver<Result<Bytes, io::Error>>,
    ) -> Self {
        Self::new(ReplyBody::Stream {
            content_type: content_type.into(),
            length,
            chunks,
        })
    }

    /// Another status with a line for people; an empty text is no body.
    pub fn http(status: StatusCode, text: impl Into<String>) -> Self {
        Self::new(ReplyBody::Http {
            status,
            text: text.into(),
            retry_after: None,
        })
    }

    /// Wrong or missing credentials; the front adds the challenge. The same bytes whatever the
    /// reason (T37).
    pub fn unauthorized() -> Self {
        Self::http(
            StatusCode::UNAUTHORIZED,
            "Sign in with your mail address and your passcode.\n",
        )
    }

    pub fn forbidden(text: impl Into<String>) -> Self {
        Self::http(StatusCode::FORBIDDEN, text)
    }

    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::http(StatusCode::BAD_REQUEST, text)
    }

    pub fn not_found() -> Self {
        Self::http(StatusCode::NOT_FOUND, "Nothing is here.\n")
    }

    /// Provisioning is needed, for phones up to 12.1; no body.
    pub fn provision() -> Self {
        Self::new(ReplyBody::Http {
            status: StatusCode::from_u16(449).unwrap_or(StatusCode::FORBIDDEN),
            text: String::new(),
            retry_after: None,
        })
    }

    /// Overload, throttling, or a backend that is down: nothing is lost, ask again later.
    pub fn unavailable(retry_after: Duration) -> Self {
        Self::new(ReplyBody::Http {
            status: StatusCode::SERVICE_UNAVAILABLE,
            text: String::new(),
            retry_after: Some(retry_after),
        })
    }

    pub fn internal_error() -> Self {
        Self::http(StatusCode::INTERNAL_SERVER_ERROR, "")
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The HTTP status it will have.
    pub fn status(&self) -> StatusCode {
        match &self.body {
            ReplyBody::Raw { status, .. } | ReplyBody::Http { status, .. } => *status,
            _ => StatusCode::OK,
        }
    }
}
