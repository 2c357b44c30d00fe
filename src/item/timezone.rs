//! Time zones: by the names that calendars use, by VTIMEZONE, and as the blob of EAS (S27,
//! REFERENCE.md 11.2.2). Pure; the tz database is bundled.
//!
//! The fact one would not guess: a blob holds the rules of one year only, so everything here is
//! asked for a moment, and two zones are "the same" when they switch alike in that moment's year.

mod described;
mod guess;
mod kept;
mod names;
mod switches;
mod zones;

use airgate_codec::zone::ZoneBlob;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

pub use described::Described;
pub use guess::zone_of_blob;
pub use names::{named, windows_name};
pub use switches::{Change, rules};
pub use zones::Zones;

/// A zone: one of the tz database, or one that a calendar describes.
#[derive(Clone, Debug)]
pub enum Zone {
    Known(TimeZone),
    Described(Described),
}

impl Zone {
    /// UTC.
    pub const UTC: Self = Self::Known(TimeZone::UTC);

    /// The moment of a wall-clock time. One that a switch leaves out is taken as before the switch,
    /// one that comes twice is the first (RFC 5545 3.3.5). Nothing beyond the years 1 to 9999.
    pub fn instant(&self, local: DateTime) -> Option<Timestamp> {
        match self {
            Self::Known(zone) => zone.to_timestamp(local).ok(),
            Self::Described(zone) => zone.instant(local),
        }
    }

    /// The wall-clock time of a moment.
    pub fn local(&self, at: Timestamp) -> DateTime {
        match self {
            Self::Known(zone) => zone.to_datetime(at),
            Self::Described(zone) => offset_of(zone.offset(at)).to_datetime(at),
        }
    }

    /// Seconds east of UTC at a moment.
    pub fn offset(&self, at: Timestamp) -> i32 {
        match self {
            Self::Known(zone) => zone.to_offset(at).seconds(),
            Self::Described(zone) => zone.offset(at),
        }
    }

    /// The switches between two moments, at most `most`.
    pub fn changes(&self, from: Timestamp, to: Timestamp, most: usize) -> Vec<Change> {
        match self {
            Self::Known(zone) => switches::of_known(zone, from, to, most),
            Self::Described(zone) => zone.changes(from, to, most),
        }
    }

    /// The blob for a moment, with the name by which Windows knows the zone where it has one.
    pub fn blob(&self, at: Timestamp) -> ZoneBlob {
        let rules = rules(self, at);
        let name = match self {
            Self::Known(zone) => windows_name(zone, at).unwrap_or_default(),
            Self::Described(_) => "",
        };
        let daylight = name.replace("Standard Time", "Daylight Time");
        ZoneBlob::of(&rules, name, &daylight)
    }
}

/// An offset of so many seconds; UTC where there can be none.
fn offset_of(seconds: i32) -> Offset {
    Offset::from_seconds(seconds).unwrap_or(Offset::UTC)
}

/// A wall-clock time by its offset.
fn with_offset(local: DateTime, seconds: i32) -> Option<Timestamp> {
    let utc = Offset::UTC.to_timestamp(local).ok()?;
    utc.checked_sub(SignedDuration::from_secs(seconds.into()))
        .ok()
}

#[cfg(test)]
mod tests;
