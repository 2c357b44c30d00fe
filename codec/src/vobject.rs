//! iCalendar and vCard objects as documents of lines (RFC 5545, RFC 6350, RFC 2426, vCard 2.1).
//!
//! The fact one would not guess: nothing here is ever built from a model. A [`Document`] keeps every
//! line as the octets it came in (folding, letter case, order, line ends, broken lines too) and has
//! an index of components and properties on top; an edit replaces, inserts or removes lines and
//! leaves all others as they were (S12). What Airgate does not understand, it cannot lose.
//!
//! Reading is linear and bounded (T19): [`Limits`] says how much one object may be.

mod document;
mod duration;
mod edit;
mod escape;
mod line;
mod new_line;
mod property;
mod stamp;

pub use document::{CardVersion, Component, ComponentId, Document, Limits, TooMuch};
pub use duration::{parse_duration, parse_offset};
pub use edit::Gone;
pub use escape::{
    escape_old_component, escape_old_text, escape_text, split_list, split_structured, unescape_text,
};
pub use new_line::ContentLine;
pub use property::{Parameter, Property, PropertyId};
pub use stamp::{CivilDate, CivilTime, Stamp};
