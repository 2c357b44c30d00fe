//! The EAS commands as typed requests and responses, one file per command.
//!
//! Every message has `read` and `write`, requests and responses alike: the server reads requests
//! and writes responses, the test phone does the other half with the same code. Reading forgives
//! what deployed clients do (any order, unknown elements, OPAQUE for STR_I); what the specification
//! wants answered with a status stays visible in the value, or is a [`SchemaFault`].

pub mod compose_mail;
pub mod email;
pub mod folder_create;
pub mod folder_delete;
pub mod folder_sync;
pub mod folder_update;
pub mod get_item_estimate;
pub mod item_operations;
pub mod move_items;
pub mod ping;
pub mod provision;
pub mod settings;
pub mod status;
pub mod sync;

mod class;
mod fields;
mod malformed;
mod moment;
mod preference;
mod range;
mod raw;

pub use class::Class;
pub use malformed::{Malformed, SchemaFault, SchemaFaultKind};
pub use moment::Moment;
pub use preference::BodyPreference;
pub use range::{BadRange, Range};
pub use raw::{Raw, RawEvent};
