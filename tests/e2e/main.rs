//! End to end: the built Airgate over real sockets, real mail servers behind it, and a simulated
//! phone in front. `tests/support` holds what they stand on.
//!
//! One binary for all of them, because linking is most of a test's build time.

// A test may stop at the first surprise, and holds its own clock.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
// The rig offers more than today's tests use.
#![allow(dead_code, unreachable_pub)]
// `&[alice.clone()]` reads as what it is, a list of users.
#![allow(clippy::cloned_ref_to_slice_refs)]

#[path = "../support/support.rs"]
mod support;

mod crash;
#[path = "../../src/item/tests/describe.rs"]
mod describe;
mod faults;

mod attachments;
mod bodies;
mod contacts;
mod conversations;
mod dav;
mod discovery;
mod doctor;
mod drafts;
mod events;
mod explaining;
mod first_light;
mod folders;
mod gate;
mod hostile_mail;
mod init;
mod items;
mod limits;
mod mail_zoo;
mod masters;
mod meetings;
mod notes;
mod notices;
mod objects;
mod operator;
mod phone_itself;
mod portal;
mod provisioning;
mod rig;
mod search;
mod sending;
mod smoke;
mod standing;
mod stories;
mod sync;
mod tasks;
mod versions;
mod wire;
