use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const fn sunday(month: i8, week: i8, hour: i32) -> Switch {
    Switch {
        month,
        day: Day::Nth { weekday: 0, week },
        time: hour * 3_600_000,
    }
}

const BERLIN: Rules = Rules::Daylight {
    standard: 60,
    daylight: 120,
    to_standard: sunday(10, 5, 3),
    to_daylight: sunday(3, 5, 2),
};

#[test]
fn fields_lie_where_they_belong() {
    let blob = ZoneBlob::of(
        &BERLIN,
        "W. Europe Standard Time",
        "W. Europe Daylight Time",
    );
    let octets = blob.write();
    assert_eq!(octets.len(), LENGTH);
    // Offsets of REFERENCE.md 11.2.2.
    assert_eq!(octets[..4], (-60i32).to_le_bytes());
    assert_eq!(octets[4..8], *b"W\0.\0");
    assert_eq!(
        octets[68..84],
        [0, 0, 10, 0, 0, 0, 5, 0, 3, 0, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(octets[84..88], [0; 4]);
    assert_eq!(octets[88..92], *b"W\0.\0");
    assert_eq!(
        octets[152..168],
        [0, 0, 3, 0, 0, 0, 5, 0, 2, 0, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(octets[168..], (-60i32).to_le_bytes());
    let again = ZoneBlob::read(&octets).expect("172 octets");
    assert_eq!(again, blob);
    assert_eq!(again.rules(), Some(BERLIN));
}

/// The Pacific zone of the United States, laid out by Python's struct after [MS-ASDTYPE] 2.7.4, with
/// the names that Exchange fills in.
#[test]
fn a_blob_of_exchange_is_read() {
    let text = "4AEAAFAAYQBjAGkAZgBpAGMAIABTAHQAYQBuAGQAYQByAGQAIABUAGkAbQBlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAsAAAABAAIAAAAAAAAAAAAAAFAAYQBjAGkAZgBpAGMAIABEAGEAeQBsAGkAZwBoAHQAIABUAGkAbQBlAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMAAAACAAIAAAAAAAAAxP///w==";
    let octets = STANDARD.decode(text).expect("base64");
    let blob = ZoneBlob::read(&octets).expect("172 octets");
    assert_eq!(blob.standard_name, "Pacific Standard Time");
    assert_eq!(blob.daylight_name, "Pacific Daylight Time");
    assert_eq!(
        blob.rules(),
        Some(Rules::Daylight {
            standard: -480,
            daylight: -420,
            to_standard: sunday(11, 1, 2),
            to_daylight: sunday(3, 2, 2),
        })
    );
    assert_eq!(blob.write(), octets);
}

#[test]
fn t19_blobs_that_lie_say_nothing_or_less() {
    let berlin = ZoneBlob::of(&BERLIN, "", "");
    let changed = |change: fn(&mut ZoneBlob)| {
        let mut blob = berlin.clone();
        change(&mut blob);
        blob.rules()
    };
    let fixed = Some(Rules::Fixed { offset: 60 });
    assert_eq!(changed(|blob| blob.bias = i32::MIN), None);
    assert_eq!(changed(|blob| blob.bias = i32::MAX), None);
    assert_eq!(changed(|blob| blob.bias = -16 * 60 - 1), None);
    assert_eq!(changed(|blob| blob.daylight_bias = i32::MIN), None);
    assert_eq!(changed(|blob| blob.standard_bias = i32::MAX), None);
    assert_eq!(changed(|blob| blob.standard_date.month = 13), fixed);
    assert_eq!(changed(|blob| blob.standard_date.day_of_week = 7), fixed);
    assert_eq!(changed(|blob| blob.daylight_date.day = 6), fixed);
    assert_eq!(changed(|blob| blob.daylight_date.day = 0), fixed);
    assert_eq!(changed(|blob| blob.daylight_date.hour = 25), fixed);
    assert_eq!(changed(|blob| blob.daylight_bias = 0), fixed);
    assert_eq!(
        changed(|blob| blob.daylight_date = SystemTime::default()),
        fixed
    );
    // Fields in the order of a peer's old mistake: weekday and day exchanged.
    assert_eq!(
        changed(|blob| {
            blob.standard_date.day_of_week = 5;
            blob.standard_date.day = 0;
        }),
        fixed
    );
    // The end of a day and milliseconds beyond a second.
    let late = changed(|blob| {
        blob.standard_date.hour = 24;
        blob.standard_date.milliseconds = u16::MAX;
    });
    assert!(matches!(
        late,
        Some(Rules::Daylight { to_standard, .. }) if to_standard.time == 86_399_999
    ));
    for length in [0, 171, 173, 344] {
        assert_eq!(ZoneBlob::read(&vec![0; length]), None);
    }
    let blank = ZoneBlob::read(&[0; LENGTH]).expect("172 octets");
    assert!(blank.is_blank() && !berlin.is_blank());
    assert_eq!(blank.rules(), Some(Rules::Fixed { offset: 0 }));
}

#[test]
fn names_that_are_too_long_are_cut_between_characters() {
    let name = format!("{}😀", "x".repeat(30));
    let octets = ZoneBlob::of(&Rules::Fixed { offset: 345 }, &name, "").write();
    let blob = ZoneBlob::read(&octets).expect("172 octets");
    assert_eq!(blob.standard_name, "x".repeat(30));
    assert_eq!(blob.rules(), Some(Rules::Fixed { offset: 345 }));
}

proptest! {
    #[test]
    fn t19_any_octets_are_a_blob_that_settles(octets in vec(any::<u8>(), LENGTH)) {
        let blob = ZoneBlob::read(&octets).expect("172 octets");
        let _ = blob.rules();
        let again = ZoneBlob::read(&blob.write()).expect("172 octets");
        prop_assert_eq!(again, blob);
    }

    #[test]
    fn rules_survive(standard in -900..900i32, extra in 1..60i32, months in (1..=12i8, 1..=12i8),
        weekdays in (0..7i8, 0..7i8), weeks in (1..=5i8, 1..=5i8), times in (0..86_400_000i32, 0..86_400_000i32))
    {
        let switch = |month, weekday, week, time| Switch { month, day: Day::Nth { weekday, week }, time };
        let rules = Rules::Daylight {
            standard,
            daylight: standard + extra,
            to_standard: switch(months.0, weekdays.0, weeks.0, times.0),
            to_daylight: switch(months.1, weekdays.1, weeks.1, times.1),
        };
        let read = ZoneBlob::of(&rules, "", "").rules();
        let same = weekdays.0 == weekdays.1 && months.0 == months.1 && weeks.0 == weeks.1 && times.0 == times.1;
        prop_assert!(same || read == Some(rules));
    }
}
