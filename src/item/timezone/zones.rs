//! The zones of one calendar object: what its TZID parameters mean.

use std::collections::HashMap;

use airgate_codec::vobject::Component;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::names::{is_iana, named};
use super::{Described, Zone, kept};

/// What a VCALENDAR says about zones, and the user's own for what it does not say.
#[derive(Debug)]
pub struct Zones {
    described: HashMap<String, Block>,
    own: TimeZone,
}

#[derive(Debug)]
struct Block {
    /// The name in the tz database that some programs add.
    location: Option<String>,
    described: Option<Described>,
}

/// VTIMEZONEs read of one object.
const MAX_ZONES: usize = 32;

impl Zones {
    /// Reads the VTIMEZONEs of a calendar. `own` is the user's zone.
    pub fn read(calendar: &Component<'_>, own: TimeZone) -> Self {
        let mut described = HashMap::new();
        for block in calendar
            .components()
            .filter(|component| component.name() == "VTIMEZONE")
            .take(MAX_ZONES)
        {
            let Some(id) = block.property("TZID") else {
                continue;
            };
            let location = block.property("X-LIC-LOCATION").map(|value| value.text());
            let name = id.text();
            described.entry(name.clone()).or_insert_with(|| Block {
                location,
                // A name of the tz database is that zone whatever is said of it here, and reading
                // what is said means to go through every day of a century.
                described: (!is_iana(&name)).then(|| kept::described(&block)).flatten(),
            });
        }
        Self { described, own }
    }

    /// The user's zone: that of times without any.
    pub fn own(&self) -> Zone {
        Zone::Known(self.own.clone())
    }

    /// The zone a TZID means, for an event around that wall-clock time.
    ///
    /// A name of the tz database is that zone. Any other name means what the calendar describes
    /// (RFC 5545 3.6.5), and the zone we know by that name only as long as both agree on the event.
    pub fn zone(&self, id: &str, around: DateTime) -> Zone {
        let block = self.described.get(id);
        let known = named(id).or_else(|| named(block?.location.as_deref()?));
        let described = block.and_then(|block| block.described.clone());
        match (known, described) {
            (Some(known), Some(described)) if !is_iana(id) => {
                let (known, described) = (Zone::Known(known), Zone::Described(described));
                if known.instant(around) == described.instant(around) {
                    known
                } else {
                    described
                }
            }
            (Some(known), _) => Zone::Known(known),
            (None, Some(described)) => Zone::Described(described),
            (None, None) => self.own(),
        }
    }
}
