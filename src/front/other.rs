//! A request for a page that is no EAS command: Autodiscover, later the portal. Its body is small and
//! comes whole.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::request::{Authorization, BadHead, authorization};

/// What was asked.
#[derive(Debug)]
pub struct OtherRequest {
    pub method: Method,
    /// As it came, not decoded.
    pub path: String,
    /// As it came, without the `?`.
    pub query: Option<String>,
    pub headers: HeaderMap,
    /// At most 64 KiB, inflated.
    pub body: Bytes,
    /// Where the client is, past proxies we trust (T41).
    pub client: IpAddr,
    /// Ties the answer, the log line and what the backends log together (O11).
    pub request_id: u64,
}

/// Largest body: it is read before anyone knows who sends it. A form has some hundred bytes, a request
/// of Autodiscover 400.
pub(super) const MAX_BODY: usize = 64 * 1024;

impl OtherRequest {
    /// Who the client says it is.
    ///
    /// # Errors
    /// A header that comes twice (T12).
    pub fn authorization(&self) -> Result<Option<Authorization>, BadHead> {
        authorization(&self.headers)
    }
}
