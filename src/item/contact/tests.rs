//! What phones see of cards, and what their changes do to them.

mod edits;
mod support;
