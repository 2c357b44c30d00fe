//! The EAS commands as typed requests and responses, one file per command.
//!
//! Every message has `read` and `write`, requests and responses alike: the server reads requests
//! and writes responses, the test phone does the other half with the same code. Reading forgives
//! what deployed clients do (any order, unknown elements, OPAQUE for STR_I); what the specification
//! wants answered with a status stays visible in the value, or is a [`SchemaFault`].

pub mod calendar;
pub mod compose_mail;
pub mod contacts;
pub mod email;
pub mod find;
pub mod folder_create;
pub mod folder_delete;
pub mod folder_sync;
pub mod folder_update;
pub mod get_hierarchy;
pub mod get_item_estimate;
pub mod item_operations;
pub mod meeting_response;
pub mod move_items;
pub mod notes;
pub mod ping;
pub mod provision;
pub mod request_line;
pub mod resolve_recipients;
pub mod search;
pub mod settings;
pub mod status;
pub mod sync;
pub mod tasks;
pub mod validate_cert;

mod base64_stream;
mod class;
mod fields;
mod gal;
mod location;
mod malformed;
mod moment;
mod old_body;
mod picture;
mod preference;
mod range;
mod raw;
mod recurrence;
mod said;

pub use base64_stream::Base64Stream;
pub use class::Class;
pub use gal::GalEntry;
pub use location::Location;
pub use malformed::{Malformed, SchemaFault, SchemaFaultKind};
pub use moment::Moment;
pub use picture::{Picture, PictureLimits};
pub use preference::BodyPreference;
pub use range::{BadRange, Range};
pub use raw::{Raw, RawEvent};
pub use recurrence::Recurrence;
pub use said::Said;
