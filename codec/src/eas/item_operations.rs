//! ItemOperations ([MS-ASCMD] 2.2.1.10): fetch items and attachments, empty folders, move
//! conversations.

mod request;
mod response;
mod writer;

pub use request::{Fetch, FetchOptions, Operation, Request, Store};
pub use response::{Attachment, Content, FetchHead, Outcome, Properties, Response};
pub use writer::ResponseWriter;

/// Status codes of ItemOperations and of the operations in it.
pub mod status {
    pub const OK: u16 = 1;
    pub const PROTOCOL_ERROR: u16 = 2;
    pub const SERVER_ERROR: u16 = 3;
    pub const BAD_URI: u16 = 4;
    /// A document's owner refuses.
    pub const DOCUMENT_ACCESS_DENIED: u16 = 5;
    pub const NOT_FOUND: u16 = 6;
    pub const CANNOT_CONNECT: u16 = 7;
    /// The byte range is no range, or lies outside.
    pub const INVALID_RANGE: u16 = 8;
    pub const STORE_UNKNOWN: u16 = 9;
    pub const FILE_EMPTY: u16 = 10;
    /// Too large, or more than 100 operations.
    pub const TOO_LARGE: u16 = 11;
    pub const IO_ERROR: u16 = 12;
    pub const CONVERSION_FAILED: u16 = 14;
    pub const INVALID_ATTACHMENT: u16 = 15;
    pub const ACCESS_DENIED: u16 = 16;
    pub const PARTIAL_SUCCESS: u16 = 17;
    pub const CREDENTIALS_REQUIRED: u16 = 18;
}
