//! Sync ([MS-ASCMD] 2.2.1.21): what a client asks of its collections, and what it is told.
//!
//! An empty body is a message here in both directions: "the same again" from the client, "nothing
//! new" from the server.

mod command;
mod options;
mod request;
mod response;
mod writer;

pub use command::{ApplicationData, Command};
pub use options::Options;
pub use request::{Collection, Request};
pub use response::{CollectionResponse, ItemData, ItemResponse, Response, ServerCommand};
pub use writer::{CollectionHead, Properties, ResponseWriter};

/// Status codes of Sync itself; the common ones are in [`super::status`].
pub mod status {
    pub const OK: u16 = 1;
    /// Collection: the client starts this collection again with key 0.
    pub const INVALID_SYNC_KEY: u16 = 3;
    /// Item, collection or all: the request breaks the protocol.
    pub const PROTOCOL_ERROR: u16 = 4;
    /// Collection or all: transient; the client tries again, then starts over.
    pub const SERVER_ERROR: u16 = 5;
    /// Item: what the client sent cannot be used; it stops sending it.
    pub const CONVERSION_ERROR: u16 = 6;
    /// Item: the server's version won.
    pub const CONFLICT: u16 = 7;
    /// Item: there is no such object.
    pub const OBJECT_NOT_FOUND: u16 = 8;
    pub const OUT_OF_SPACE: u16 = 9;
    /// Collection or all: FolderSync first.
    pub const FOLDER_HIERARCHY_CHANGED: u16 = 12;
    /// All: an empty or partial request, and nothing stored to complete it.
    pub const REQUEST_INCOMPLETE: u16 = 13;
    /// All: Wait or HeartbeatInterval out of range; Limit says what is allowed.
    pub const WAIT_OUT_OF_RANGE: u16 = 14;
    /// All: too many collections; Limit says how many are allowed.
    pub const TOO_MANY_COLLECTIONS: u16 = 15;
    /// All: the same request again, later.
    pub const RETRY: u16 = 16;
}
