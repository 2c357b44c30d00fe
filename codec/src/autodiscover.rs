//! Autodiscover in XML ([MS-ASCMD] 2.2.1.1): what a phone asks when it knows a mail address and
//! nothing else, and the answers to it.
//!
//! The one thing you would not guess: what counts is AcceptableResponseSchema, not the namespace of
//! the request. Windows Outlook asks for its own schema at the same URL, and some phones leave
//! namespaces out.

mod request;
mod response;

pub use request::{Fault, MAX_DOCUMENT, Request, Schema};
pub use response::{Response, Trouble};

/// What phones ask to be answered in.
pub const MOBILE_SYNC: &str =
    "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006";
/// The frame of every answer.
pub(crate) const FRAME: &str =
    "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
