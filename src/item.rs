//! Items: pure translation between what a backend stores and what a phone reads. One folder or file
//! per class; no I/O, no clock, so everything here is tested as a function, by the million.
//!
//! Email (`email.rs` and the files below it) turns [`airgate_codec::imap::Fetched`] into
//! [`airgate_codec::eas::email::Email`]. The fact one would not guess: it runs in two passes. The
//! first knows only flags, structure and some header fields; [`email::sections_wanted`] says which
//! octets of which parts the second must fetch, so a 40 MB attachment is never downloaded to show a
//! preview.
//!
//! What everything here promises (T14, T15, T23, T59): any octets give a result, in linear time, in
//! valid UTF-8 without a character XML 1.0 forbids.

pub mod address;
pub mod attachment;
mod believed;
mod body;
pub mod categories;
pub mod charset;
pub mod contact;
mod content;
pub mod conversation;
pub mod email;
pub mod event;
mod flowed;
pub mod follow_up;
pub mod habits;
pub mod headers;
pub mod html_to_text;
pub mod identity;
pub mod layout;
mod legal;
pub mod meeting;
mod merge;
mod message_class;
mod mime_text;
pub mod note;
pub mod object;
pub(crate) mod object_body;
mod object_categories;
pub mod options;
pub mod outgoing;
mod parameters;
pub(crate) mod preview;
mod quoted_history;
pub mod receipt;
pub mod recurrence;
mod spare_body;
mod stamp;
mod structure;
pub mod task;
pub mod text_to_html;
pub mod timezone;
mod tnef;
pub mod transfer;
mod truncate;
mod upload;
mod walk;

#[cfg(test)]
mod tests;
