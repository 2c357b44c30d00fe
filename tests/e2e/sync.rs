//! Sync and what belongs to it (FolderSync, MoveItems, GetItemEstimate, Ping), one story per test,
//! told on every kind of mail server: what a phone sees must not depend on what is behind.

mod changes;
mod deletes;
mod estimates;
mod filters;
mod folders;
mod follow_ups;
pub(crate) mod generations;
mod keys;
mod large;
mod moves;
mod odd;
mod pages;
mod requests;
mod versions;
mod waiting;
pub(crate) mod walk;

use crate::stories::{
    Setup, assert_converged, assert_quiet, client_in, counts, deliver, expunge, flags_of,
    make_folder, on_every_server, on_server, on_servers, only, phone_state, server_state, store,
    uid_of,
};
