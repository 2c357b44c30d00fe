//! Settings ([MS-ASCMD] 2.2.1.18): out of office, the device's own description, the user's addresses.

mod device_information;
mod oof;
mod request;
mod response;
mod user_information;

pub use device_information::DeviceInformation;
pub use oof::{Audience, Oof, OofBodyType, OofMessage, OofState};
pub use request::{Ask, OofAsk, Property, Request};
pub use response::{Answer, Response};
pub use user_information::{Account, UserInformation};

/// Status codes of Settings and of the properties in it.
pub mod status {
    pub const OK: u16 = 1;
    /// The request, or what is asked of one property, breaks the protocol.
    pub const PROTOCOL_ERROR: u16 = 2;
    pub const ACCESS_DENIED: u16 = 3;
    pub const UNAVAILABLE: u16 = 4;
    pub const INVALID_ARGUMENTS: u16 = 5;
    pub const CONFLICT: u16 = 6;
    pub const DENIED_BY_POLICY: u16 = 7;
}
