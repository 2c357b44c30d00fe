//! Find ([MS-ASCMD] 2.2.1.4, 16.1): the mailbox or the directory, page by page.

mod request;
mod response;

pub use request::{Criterion, MailboxQuery, Options, Request};
pub use response::{FindMail, FindResult, Found, Properties, Response};

/// Status codes of Find.
pub mod status {
    pub const OK: u16 = 1;
    pub const INVALID_REQUEST: u16 = 2;
    /// In Find itself: FolderSync first.
    pub const FOLDER_SYNC_REQUIRED: u16 = 3;
    /// In the Response: the first range must begin with 0.
    pub const FIRST_RANGE_NOT_ZERO: u16 = 4;
}
