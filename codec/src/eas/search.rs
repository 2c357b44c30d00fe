//! Search ([MS-ASCMD] 2.2.1.16): the directory, the mailbox, or a document library.

mod query;
mod request;
mod response;

pub use query::{Comparison, Query, Term};
pub use request::{Options, Request, Store};
pub use response::{Properties, Response, SearchResult, StoreResult};

/// Status codes of a Store in Search; the Search itself has 1 or 3.
pub mod status {
    pub const OK: u16 = 1;
    pub const BAD_REQUEST: u16 = 2;
    pub const SERVER_ERROR: u16 = 3;
    pub const BAD_LINK: u16 = 4;
    pub const ACCESS_DENIED: u16 = 5;
    pub const NOT_FOUND: u16 = 6;
    pub const CONNECT_FAILED: u16 = 7;
    /// The query is more than the server does.
    pub const TOO_COMPLEX: u16 = 8;
    pub const TIMEOUT: u16 = 10;
    /// FolderSync first.
    pub const FOLDER_SYNC_REQUIRED: u16 = 11;
    /// The range ends behind the results, which are told all the same.
    pub const END_OF_RANGE: u16 = 12;
    pub const ACCESS_BLOCKED: u16 = 13;
    pub const CREDENTIALS_REQUIRED: u16 = 14;
}
