use airgate_codec::vobject::{Document, Stamp};
use airgate_codec::zone::{LENGTH, Rules};
use jiff::civil::DateTime;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::item::stamp::civil;

fn at(text: &str) -> DateTime {
    civil(Stamp::parse(text).expect("a stamp"))
}

fn zone(name: &str) -> Zone {
    Zone::Known(names::known(name).unwrap_or_else(|| panic!("{name} is in the database")))
}

fn instant(text: &str) -> Timestamp {
    Zone::UTC.instant(at(text)).expect("in range")
}

/// Every zone Windows knows, and those with a history or rules of their own.
fn every_zone() -> Vec<&'static str> {
    let mut zones: Vec<&str> = names::Table::get().zones().collect();
    zones.extend([
        "Africa/Casablanca",
        "Africa/El_Aaiun",
        "America/Asuncion",
        "America/Caracas",
        "America/Scoresbysund",
        "America/St_Johns",
        "Antarctica/Troll",
        "Asia/Gaza",
        "Asia/Kathmandu",
        "Asia/Pyongyang",
        "Asia/Tehran",
        "Australia/Lord_Howe",
        "Europe/Dublin",
        "Europe/Istanbul",
        "Europe/Volgograd",
        "Pacific/Apia",
        "Pacific/Chatham",
        "Pacific/Kiritimati",
        "Pacific/Norfolk",
        "Pacific/Pago_Pago",
        "Pacific/Tongatapu",
    ]);
    zones
}

/// The oracle: for every zone and year the rules of the blob, written and read, say the offset that
/// the tz database has, all year long. Where a year's switches are more or other than a blob can
/// say, at least the moment asked for must be right.
#[test]
fn s27_a_blob_says_what_the_tz_database_says() {
    const HOURS: i64 = 13;
    let mut faithful = 0;
    let mut rough = Vec::new();
    for name in every_zone() {
        let known = zone(name);
        for year in [
            1996, 2004, 2007, 2011, 2016, 2018, 2022, 2024, 2026, 2027, 2030, 2037,
        ] {
            let event = instant(&format!("{year}0615T120000Z"));
            let blob = known.blob(event);
            let octets = blob.write();
            let read = ZoneBlob::read(&octets).expect("172 octets");
            assert_eq!(read, blob);
            let told = Zone::Described(Described::from_rules(&read.rules().expect("true")));
            let same = |at: Timestamp| (known.offset(at) - told.offset(at)).abs() < 60;
            assert!(same(event), "{name} {year}: the event itself");
            let start = instant(&format!("{year}0101T120000Z"));
            let mut wrong = None;
            for step in 0..(365 * 24 / HOURS) {
                let moment = start + SignedDuration::from_hours(step * HOURS);
                if !same(moment) {
                    wrong = Some(moment);
                    break;
                }
            }
            // And to the second around each switch.
            for change in switches::of_year(&known, year) {
                for seconds in [-1, 0] {
                    let moment = change.at + SignedDuration::from_secs(seconds);
                    if !same(moment) {
                        wrong = Some(moment);
                    }
                }
            }
            match wrong {
                None => faithful += 1,
                Some(moment) => rough.push((name, year, moment)),
            }
        }
    }
    // What is left changed its rules in that year (Turkey 2016, Samoa 2011), or interrupts its
    // summer time (Morocco and Egypt).
    for (name, year, _) in &rough {
        let changes = switches::of_year(&zone(name), *year);
        let [first, second] = changes[..] else {
            continue;
        };
        let mirrored = first.before == second.after && first.after == second.before;
        assert!(
            !mirrored,
            "{name} {year} has two switches and is wrong: {changes:?}"
        );
    }
    assert!(
        faithful > 40 * rough.len(),
        "{faithful} right, wrong: {rough:?}"
    );
}

#[test]
fn s27_rules_at_their_edges() {
    let rules_of =
        |name: &str, year: i16| rules(&zone(name), instant(&format!("{year}0615T120000Z")));
    let shown = |name: &str, year: i16| match rules_of(name, year) {
        Rules::Fixed { offset } => format!("{offset}"),
        Rules::Daylight {
            standard,
            daylight,
            to_standard,
            to_daylight,
        } => format!(
            "{standard}/{daylight} from {:?} {} to {:?} {}",
            (to_daylight.month, to_daylight.day),
            to_daylight.time / 60_000,
            (to_standard.month, to_standard.day),
            to_standard.time / 60_000,
        ),
    };
    let nth = |weekday: i8, week: i8| format!("Nth {{ weekday: {weekday}, week: {week} }}");
    for (name, year, expected) in [
        ("Asia/Kathmandu", 2026, "345".to_owned()),
        ("Pacific/Tongatapu", 2026, "780".to_owned()),
        ("Pacific/Pago_Pago", 2026, "-660".to_owned()),
        ("Europe/Istanbul", 2026, "180".to_owned()),
        // The last Sunday of March 2027 is also the fourth.
        (
            "Europe/Berlin",
            2027,
            format!(
                "60/120 from (3, {}) 120 to (10, {}) 180",
                nth(0, 5),
                nth(0, 5)
            ),
        ),
        // The law has it the other way round.
        (
            "Europe/Dublin",
            2026,
            format!("0/60 from (3, {}) 60 to (10, {}) 120", nth(0, 5), nth(0, 5)),
        ),
        (
            "Australia/Lord_Howe",
            2026,
            format!(
                "630/660 from (10, {}) 120 to (4, {}) 120",
                nth(0, 1),
                nth(0, 1)
            ),
        ),
        (
            "Australia/Sydney",
            2026,
            format!(
                "600/660 from (10, {}) 120 to (4, {}) 180",
                nth(0, 1),
                nth(0, 1)
            ),
        ),
        (
            "America/New_York",
            2006,
            format!(
                "-300/-240 from (4, {}) 120 to (10, {}) 120",
                nth(0, 1),
                nth(0, 5)
            ),
        ),
        (
            "America/New_York",
            2007,
            format!(
                "-300/-240 from (3, {}) 120 to (11, {}) 120",
                nth(0, 2),
                nth(0, 1)
            ),
        ),
        // Midnight of Sunday is the last of Saturday.
        (
            "America/Havana",
            2024,
            format!(
                "-300/-240 from (3, {}) 1439 to (11, {}) 60",
                nth(6, 2),
                nth(0, 1)
            ),
        ),
        // Ramadan lies within: two switches, this year.
        (
            "Africa/Casablanca",
            2024,
            format!("0/60 from (4, {}) 120 to (3, {}) 180", nth(0, 2), nth(0, 2)),
        ),
    ] {
        assert_eq!(shown(name, year), expected, "{name} {year}");
    }
}

#[test]
fn names_of_all_kinds_are_known() {
    for (name, iana) in [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("\"Europe/Berlin\"", "Europe/Berlin"),
        ("US/Eastern", "US/Eastern"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("Nepal Standard Time", "Asia/Katmandu"),
        (
            "/freeassociation.sourceforge.net/Tzfile/Europe/Paris",
            "Europe/Paris",
        ),
        (
            "/freeassociation.sourceforge.net/Europe/Paris",
            "Europe/Paris",
        ),
        (
            "/mozilla.org/20050126_1/America/Argentina/Ushuaia",
            "America/Argentina/Ushuaia",
        ),
        ("/citadel.org/20210210_1/Asia/Tokyo", "Asia/Tokyo"),
        (
            "/softwarestudio.org/Olson_20011030_5/America/New_York",
            "America/New_York",
        ),
        (
            "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
            "Europe/Amsterdam",
        ),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC+03:00) Kuwait, Riyadh", "Asia/Kuwait"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("UTC", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
    ] {
        let found = named(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(found.iana_name(), Some(iana), "{name}");
    }
    let long = "x/".repeat(5000);
    for name in [
        "",
        "/",
        "Customized Time Zone",
        "tzone://Microsoft/Custom",
        "Etc/Unknown",
        "(",
        "(UTC) ",
        &long,
        "../../etc/passwd",
    ] {
        assert!(named(name).is_none(), "{name}");
    }
    let now = instant("20260615T120000Z");
    for (iana, windows) in [
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("Europe/Vienna", "W. Europe Standard Time"),
        ("Europe/Madrid", "Romance Standard Time"),
        ("Asia/Kathmandu", "Nepal Standard Time"),
        ("Australia/Lord_Howe", "Lord Howe Standard Time"),
        ("UTC", "UTC"),
    ] {
        let zone = TimeZone::get(iana).expect("in the database");
        assert_eq!(windows_name(&zone, now), Some(windows), "{iana}");
    }
}

#[test]
fn every_windows_zone_is_in_the_database() {
    for name in names::Table::get().zones() {
        assert!(names::known(name).is_some(), "{name}");
    }
}

/// A blob that came back finds its zone, with or without its name, the preferred one first.
#[test]
fn s27_a_blob_finds_its_zone() {
    let berlin = TimeZone::get("Europe/Berlin").expect("in the database");
    let rome = TimeZone::get("Europe/Rome").expect("in the database");
    let event = instant("20260615T120000Z");
    let name = |zone: &Zone| match zone {
        Zone::Known(zone) => zone.iana_name().unwrap_or("?").to_owned(),
        Zone::Described(_) => "described".into(),
    };
    let mut blob = zone("Europe/Berlin").blob(event);
    assert_eq!(blob.standard_name, "W. Europe Standard Time");
    assert_eq!(blob.daylight_name, "W. Europe Daylight Time");
    assert_eq!(
        name(&zone_of_blob(&blob, event, std::slice::from_ref(&rome))),
        "Europe/Rome"
    );
    assert_eq!(name(&zone_of_blob(&blob, event, &[])), "Europe/Berlin");
    blob.standard_name.clear();
    let nameless = zone_of_blob(&blob, event, &[]);
    assert_eq!(
        rules(&nameless, event),
        rules(&Zone::Known(berlin.clone()), event)
    );
    // Another switch than anyone has: the offsets are left.
    let mut odd = blob.clone();
    odd.daylight_date.month = 2;
    assert_eq!(
        name(&zone_of_blob(&odd, event, std::slice::from_ref(&berlin))),
        "Europe/Berlin"
    );
    // Offsets nobody has: the blob's own rules.
    let mut own = blob.clone();
    own.bias = -77;
    let own = zone_of_blob(&own, event, std::slice::from_ref(&berlin));
    assert_eq!(name(&own), "described");
    assert_eq!(own.offset(event), (77 + 60) * 60);
    // Blank is UTC, lies are the user's zone.
    let blank = ZoneBlob::read(&[0; LENGTH]).expect("172 octets");
    assert_eq!(
        zone_of_blob(&blank, event, std::slice::from_ref(&berlin)).offset(event),
        0
    );
    let mut lie = blob;
    lie.bias = i32::MIN;
    assert_eq!(name(&zone_of_blob(&lie, event, &[berlin])), "Europe/Berlin");
}

#[test]
fn s27_every_windows_zone_comes_back() {
    for year in [2019, 2026] {
        let event = instant(&format!("{year}0615T120000Z"));
        for name in names::Table::get().zones() {
            let known = zone(name);
            let blob = known.blob(event);
            let back = zone_of_blob(&blob, event, &[]);
            assert_eq!(rules(&back, event), rules(&known, event), "{name} {year}");
        }
    }
}

fn calendar(zones: &str) -> Document {
    let text = format!("BEGIN:VCALENDAR\r\n{zones}END:VCALENDAR\r\n");
    Document::parse(text.as_bytes()).expect("within limits")
}

fn described(zones: &str) -> Zones {
    let document = calendar(zones);
    let calendar = document.component("VCALENDAR").expect("a calendar");
    Zones::read(
        &calendar,
        TimeZone::get("Asia/Tokyo").expect("in the database"),
    )
}

const OUTLOOK: &str = "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\n\
    BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n\
    BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";

#[test]
fn s27_a_described_zone_is_what_it_describes() {
    let zones = described(OUTLOOK);
    let found = zones.zone("Customized Time Zone", at("20260601T090000"));
    assert!(matches!(found, Zone::Described(_)));
    let berlin = zone("Europe/Berlin");
    for year in [1996, 2026, 2090] {
        for day in [
            "0115", "0328", "0329", "0330", "0615", "1024", "1025", "1026",
        ] {
            for time in ["T013000", "T023000", "T033000"] {
                let local = at(&format!("{year}{day}{time}"));
                assert_eq!(found.instant(local), berlin.instant(local), "{local}");
            }
        }
    }
    let event = instant("20260601T090000Z");
    assert_eq!(rules(&found, event), rules(&berlin, event));
    assert_eq!(found.local(event), berlin.local(event));
}

/// All rules a zone ever had, in dates and rules that end.
#[test]
fn s27_a_described_zone_with_a_history() {
    let zones = described(
        "BEGIN:VTIMEZONE\r\nTZID:Mine\r\n\
         BEGIN:DAYLIGHT\r\nDTSTART:20000402T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\n\
         BEGIN:STANDARD\r\nDTSTART:20001029T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n\
         BEGIN:DAYLIGHT\r\nDTSTART:20070311T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\n\
         BEGIN:STANDARD\r\nDTSTART:20071104T020000\r\nRDATE:20081102T020000,20091101T020000\r\nRDATE:20101107T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n\
         END:VTIMEZONE\r\n",
    );
    let found = zones.zone("Mine", at("20070601T090000"));
    let york = zone("America/New_York");
    for year in 2001..=2010 {
        for day in ["0101", "0320", "0405", "0701", "1028", "1101", "1120"] {
            let local = at(&format!("{year}{day}T120000"));
            assert_eq!(found.instant(local), york.instant(local), "{local}");
        }
    }
}

#[test]
fn a_name_and_its_description() {
    let wrong = OUTLOOK
        .replace("Customized Time Zone", "Romance Standard Time")
        .replace("0200", "0500")
        .replace("0100", "0400");
    let zones = described(&wrong);
    // Windows' name is what the calendar describes, the database's name is the database's.
    assert_eq!(
        zones
            .zone("Romance Standard Time", at("20260115T090000"))
            .offset(instant("20260115T090000Z")),
        4 * 3600
    );
    let zones = described(&wrong.replace("Romance Standard Time", "Europe/Paris"));
    assert_eq!(
        zones
            .zone("Europe/Paris", at("20260115T090000"))
            .offset(instant("20260115T090000Z")),
        3600
    );
    let zones = described(
        "BEGIN:VTIMEZONE\r\nTZID:Home\r\nX-LIC-LOCATION:Europe/Paris\r\nEND:VTIMEZONE\r\n",
    );
    assert!(
        matches!(zones.zone("Home", at("20260115T090000")), Zone::Known(zone) if zone.iana_name() == Some("Europe/Paris"))
    );
    // Nothing at all: the user's own.
    assert!(
        matches!(zones.zone("Nowhere", at("20260115T090000")), Zone::Known(zone) if zone.iana_name() == Some("Asia/Tokyo"))
    );
}

#[test]
fn t19_wrong_descriptions_are_bounded() {
    for zones in [
        "BEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\n".to_owned(),
        "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+9999\r\nTZOFFSETTO:99:99\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n".to_owned(),
        "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:never\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n".to_owned(),
        format!("BEGIN:VTIMEZONE\r\nTZID:X\r\n{}END:VTIMEZONE\r\n",
            "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\n".repeat(500)),
        format!("BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:00010101T000000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRDATE:{}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
            "20200101T000000,".repeat(20_000)),
        "BEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\n".repeat(2000),
    ] {
        let found = described(&zones).zone("X", at("20260115T090000"));
        let now = instant("20260115T090000Z");
        let _ = (found.instant(at("00010101T000000")), found.instant(at("99991231T235959")));
        let _ = (rules(&found, now), found.blob(now));
    }
}

proptest! {
    /// T19: any blob gives a zone, and what is written of it settles.
    #[test]
    fn t19_any_blob_is_a_zone(octets in vec(any::<u8>(), LENGTH), seconds in -60_000_000_000i64..250_000_000_000) {
        let event = Timestamp::from_second(seconds).expect("in range");
        let blob = ZoneBlob::read(&octets).expect("172 octets");
        let zone = zone_of_blob(&blob, event, &[]);
        let local = zone.local(event);
        prop_assert!(zone.instant(local).is_some());
        let _ = zone.blob(event);
    }
}
