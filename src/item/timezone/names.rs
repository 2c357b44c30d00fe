//! Names of zones: those of the tz database, those of Windows, and what calendar programs put
//! around them.

use std::collections::HashMap;
use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Zone, rules};

/// Longest name looked at.
const MAX_NAME: usize = 200;
/// Pieces of a path such as `/mozilla.org/20050126_1/America/Argentina/Ushuaia`.
const MAX_PIECES: usize = 3;

/// The zone of that name: `Europe/Berlin`, `W. Europe Standard Time`,
/// `/freeassociation.sourceforge.net/Europe/Berlin`, `(UTC+01:00) Amsterdam, Berlin, Bern`.
pub fn named(name: &str) -> Option<TimeZone> {
    let name = name.trim().trim_matches('"');
    if name.len() > MAX_NAME {
        return None;
    }
    known(name)
        .or_else(|| by_windows(name))
        .or_else(|| microsoft(name))
        .or_else(|| within_path(name))
        .or_else(|| shown(name))
}

/// The name Windows has for a zone: the table's, else that of one with the same rules in the year.
pub fn windows_name(zone: &TimeZone, at: Timestamp) -> Option<&'static str> {
    let table = Table::get();
    let name = zone.iana_name()?;
    if name == "UTC" || name == "Etc/UTC" {
        return Some("UTC");
    }
    if let Some(windows) = table.by_iana.get(name) {
        return Some(windows);
    }
    let wanted = rules(&Zone::Known(zone.clone()), at);
    table.mains().find_map(|(windows, main)| {
        let main = Zone::Known(known(main)?);
        (rules(&main, at) == wanted).then_some(windows)
    })
}

/// Whether it is a name of the tz database itself, which means the same everywhere.
pub(super) fn is_iana(name: &str) -> bool {
    name.contains('/') && known(name).is_some()
}

pub(super) fn known(name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok()?;
    (!zone.is_unknown()).then_some(zone)
}

fn by_windows(name: &str) -> Option<TimeZone> {
    let table = Table::get();
    known(table.by_windows.get(&*name.to_ascii_lowercase())?)
}

/// `tzone://Microsoft/Utc`, as Exchange writes it.
fn microsoft(name: &str) -> Option<TimeZone> {
    let name = name.to_ascii_lowercase();
    let rest = name.strip_prefix("tzone://microsoft/")?;
    (rest == "utc").then_some(TimeZone::UTC)
}

/// The last pieces of a path, the longest that is a name.
fn within_path(name: &str) -> Option<TimeZone> {
    let pieces: Vec<&str> = name.split('/').filter(|piece| !piece.is_empty()).collect();
    (2..=MAX_PIECES).rev().find_map(|count| {
        let from = pieces.len().checked_sub(count)?;
        known(&pieces.get(from..)?.join("/"))
    })
}

/// What Windows shows to people: `(UTC+01:00) Amsterdam, Berlin, Bern`, `(GMT-05:00) Eastern Time
/// (US & Canada)`. The first city that is a zone's is taken.
fn shown(name: &str) -> Option<TimeZone> {
    let (offset, places) = name.strip_prefix('(')?.split_once(") ")?;
    if !offset.starts_with("UTC") && !offset.starts_with("GMT") {
        return None;
    }
    if let Some((which, _)) = places.split_once(" Time (") {
        return by_windows(&format!("{which} Standard Time"));
    }
    if places.starts_with("Coordinated Universal Time") && offset == "UTC" {
        return Some(TimeZone::UTC);
    }
    let table = Table::get();
    places.split([',', '/']).find_map(|place| {
        let place = place.trim().replace(' ', "_");
        let zone = table
            .zones()
            .find(|zone| zone.rsplit('/').next().is_some_and(|city| city == place))?;
        known(zone)
    })
}

/// Windows' zones and the ones they stand for.
pub(super) struct Table {
    /// By the Windows name in lower case: the main zone.
    by_windows: HashMap<String, &'static str>,
    by_iana: HashMap<&'static str, &'static str>,
    lines: Vec<(&'static str, Vec<&'static str>)>,
}

impl Table {
    pub(super) fn get() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| {
            let mut table = Self {
                by_windows: HashMap::new(),
                by_iana: HashMap::new(),
                lines: Vec::new(),
            };
            let lines = include_str!("windows-zones.tsv").lines();
            for line in lines.filter(|line| !line.starts_with('#')) {
                let Some((windows, zones)) = line.split_once('\t') else {
                    continue;
                };
                let zones: Vec<&str> = zones.split(' ').collect();
                if let Some(main) = zones.first() {
                    table.by_windows.insert(windows.to_ascii_lowercase(), main);
                }
                for zone in &zones {
                    table.by_iana.insert(zone, windows);
                }
                table.lines.push((windows, zones));
            }
            table
        })
    }

    /// Windows name and main zone.
    fn mains(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.lines
            .iter()
            .filter_map(|(windows, zones)| Some((*windows, *zones.first()?)))
    }

    /// All zones, the main ones first.
    pub(super) fn zones(&self) -> impl Iterator<Item = &'static str> {
        let main = self.lines.iter().filter_map(|(_, zones)| zones.first());
        let rest = self
            .lines
            .iter()
            .flat_map(|(_, zones)| zones.iter().skip(1));
        main.chain(rest).copied()
    }
}
