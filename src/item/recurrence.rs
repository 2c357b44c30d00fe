//! How things repeat: RRULE as text and as a value, its instances, and its translation to and from
//! what EAS can say (RFC 5545 3.3.10, REFERENCE.md 11.2.5). Pure, and in wall-clock time: zones are
//! the business of those who ask.

mod eas;
mod expand;
mod rule;

pub use eas::{Inexpressible, from_eas, to_eas};
pub use expand::Occurrences;
pub use rule::{DayRule, Frequency, Rule, Until};

#[cfg(test)]
mod tests;
