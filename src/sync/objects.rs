//! The view of a calendar, an address book or a task list: what one device has acknowledged of it,
//! beside what the backend had when we last looked. Pure, like [`super::view`] for mail, and with the
//! same promise: the difference of the two is exactly what is still to be told.
//!
//! Objects are known by numbers (`store::objects`), versions by marks: a hash of the ETag, or of what a
//! phone made of the object itself where the backend has something else. Equal marks mean that there is
//! nothing to tell.

mod observe;
mod options;
mod plan;
mod versions;
mod view;
mod window;

#[cfg(test)]
mod tests;

pub use observe::Observation;
pub use options::ObjectOptions;
pub use plan::{Change, Plan, fills, losses, plan, waiting};
pub use versions::{Mark, Version};
pub use view::{ObjectView, Standing};
pub use window::{Lasts, Window};
