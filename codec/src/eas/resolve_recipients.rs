//! ResolveRecipients ([MS-ASCMD] 2.2.1.15): names into people, with their free time, certificates
//! and photos.

mod request;
mod response;

pub use request::{AvailabilityAsk, Options, Request};
pub use response::{Availability, Certificates, Recipient, RecipientKind, Resolved, Response};

/// Status codes of ResolveRecipients, each for its level.
pub mod status {
    pub const OK: u16 = 1;
    /// Of the whole: bad times, more than 100 names.
    pub const PROTOCOL_ERROR: u16 = 5;
    /// Of the whole.
    pub const SERVER_ERROR: u16 = 6;
    /// Of one name: several match, all are listed.
    pub const AMBIGUOUS: u16 = 2;
    /// Of one name: several match, some are listed.
    pub const AMBIGUOUS_PARTIAL: u16 = 3;
    /// Of one name: none matches.
    pub const NOT_FOUND: u16 = 4;
    /// Of certificates: none is valid.
    pub const NO_CERTIFICATE: u16 = 7;
    /// Of certificates: more than were asked for.
    pub const CERTIFICATE_LIMIT: u16 = 8;
}
