//! Attachments for ItemOperations and GetAttachment: the part a FileReference names, how much of it
//! must be read for what was asked, and its octets on their way to the phone.

mod found;
mod layouts;
mod outflow;
mod reading;
mod supply;

pub(super) use found::Finder;
pub(crate) use layouts::Layouts;
pub(super) use outflow::{Segment, outflow};
pub(super) use reading::Reading;
pub(super) use supply::{Gathered, Supply};
