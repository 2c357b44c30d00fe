//! What can go wrong behind the DAV client, one variant per reason that someone handles
//! differently.

use airgate_codec::dav::Fault;
use http::StatusCode;
use tokio::time::Instant;

use crate::failure::{Blame, Failure, Remedy};

/// Why a DAV request has no answer. Never means "nothing there" (S7), save
/// [`NotFound`](Self::NotFound).
#[derive(Debug, thiserror::Error)]
pub enum DavError {
    /// No connection: refused, no route, no such name, TLS not trusted.
    #[error("the calendar server cannot be reached: {0}")]
    Unreachable(String),
    /// The connection ended before the answer did.
    #[error("the calendar server closed the connection: {0}")]
    Disconnected(String),
    #[error("the calendar server did not answer in time")]
    Timeout,
    /// 401: trying again changes nothing (T40).
    #[error("the calendar server refused the login: {0}")]
    LoginRefused(String),
    /// 403: the user lacks the right.
    #[error("the calendar server denies it: {0}")]
    Denied(String),
    /// 404 or 410 for the very thing that was asked for.
    #[error("there is no such resource")]
    NotFound,
    /// 412: the object is in another version, or there is one already.
    #[error("the object is in another version")]
    Precondition,
    /// The sync-token is not known (any more): list anew.
    #[error("the sync-token is not valid any more")]
    TokenInvalid,
    #[error("too large")]
    TooLarge,
    #[error("there is no room left for it")]
    OverQuota,
    /// The server will not have this object: asking again gives the same answer.
    #[error("the calendar server refused it with {status}: {why}")]
    Refused { status: StatusCode, why: String },
    /// 5xx, 423, 429: it may pass.
    #[error("the calendar server cannot do it at the moment: {0}")]
    Unavailable(StatusCode),
    /// What the server sent is not what was asked for.
    #[error("the calendar server broke the protocol: {0}")]
    Protocol(String),
    /// T34: a redirect to where nobody may send us.
    #[error("the calendar server redirects elsewhere: {0}")]
    Redirected(String),
    /// The server lacks the method or report; do it another way.
    #[error("the calendar server does not offer {0}")]
    Unsupported(&'static str),
    /// All of the user's connections stayed in use.
    #[error("all connections of this user are in use")]
    Busy,
    /// The server failed repeatedly and is left alone for a moment (T60).
    #[error("the calendar server failed repeatedly and is left alone for a moment")]
    BreakerOpen { until: Instant },
    /// A name or secret that HTTP cannot carry.
    #[error("the login cannot be said in HTTP")]
    Login,
}

impl DavError {
    /// Whether it speaks against the server as a whole (T60).
    pub(super) const fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::Disconnected(_)
                | Self::Timeout
                | Self::Unavailable(
                    StatusCode::BAD_GATEWAY
                        | StatusCode::SERVICE_UNAVAILABLE
                        | StatusCode::GATEWAY_TIMEOUT
                )
        )
    }

    /// Whether the object itself is refused: the same request would be refused again.
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Denied(_) | Self::TooLarge | Self::Refused { .. } | Self::OverQuota
        )
    }
}

impl From<Fault> for DavError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::CutShort => Self::Disconnected(fault.to_string()),
            Fault::TooLong => Self::TooLarge,
            _ => Self::Protocol(fault.to_string()),
        }
    }
}

impl From<DavError> for Failure {
    fn from(error: DavError) -> Self {
        let (blame, remedy) = match &error {
            DavError::LoginRefused(_) | DavError::Login => (Blame::Backend, Remedy::FreshSecret),
            DavError::NotFound => (Blame::Backend, Remedy::ResyncFolders),
            DavError::OverQuota => (Blame::Backend, Remedy::FreeSpace),
            DavError::Denied(_) => (Blame::Backend, Remedy::Forbidden),
            DavError::TooLarge | DavError::Refused { .. } => (Blame::Backend, Remedy::None),
            DavError::Unsupported(_) => (Blame::Gateway, Remedy::None),
            DavError::Busy => (Blame::Gateway, Remedy::RetryLater),
            DavError::Unreachable(_)
            | DavError::Disconnected(_)
            | DavError::Timeout
            | DavError::Precondition
            | DavError::TokenInvalid
            | DavError::Unavailable(_)
            | DavError::Protocol(_)
            | DavError::Redirected(_)
            | DavError::BreakerOpen { .. } => (Blame::Backend, Remedy::RetryLater),
        };
        Self::new(blame, remedy, error)
    }
}
