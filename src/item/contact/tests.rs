//! What phones see of cards, and what their changes do to them.

mod edits;
mod fixtures;
mod laws;
mod photos;
mod support;
mod versions;
