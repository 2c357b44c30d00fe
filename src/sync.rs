//! What a phone holds, what the backend has, and the difference: keys, views, plans, journal.
//!
//! [`plan`], [`view`] and [`observe`] are pure: no I/O, no clock. [`mailbox`] does the asking and
//! hands them an [`observe::Observation`]. The invariants S1 to S12 are properties of these
//! functions and are tested as such in `tests.rs`.

pub mod chain;
pub mod folders;
pub mod hierarchy;
pub mod journal;
mod kin;
pub mod lease;
pub mod mailbox;
pub mod notes;
pub mod objects;
pub mod observe;
pub mod options;
pub mod plan;
pub mod server_id;
pub mod snapshot;
pub mod state;
pub mod step;
pub mod threads;
pub mod view;
pub mod window;

#[cfg(test)]
mod tests;
