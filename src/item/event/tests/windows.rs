//! What part of a calendar a phone wants (FilterType, [MS-ASCMD] 2.2.3.68.2): a series as long as any of
//! its occurrences is inside.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::sync::Options;
use jiff::tz::TimeZone;

use super::support::{Phone, VERSIONS, calendar};
use crate::item::object::{Kind, Span};
use crate::sync::objects::{Lasts, ObjectOptions, Window};

/// 2026-02-24 10:15 UTC, as the other tests have it.
const NOW: i64 = 1_771_928_100;

fn window(filter: u8) -> Window {
    let said = Options {
        filter_type: Some(filter),
        ..Options::default()
    };
    let options = ObjectOptions::default().replaced_by(&[said], Kind::Event);
    let options = options.expect("a filter of calendars");
    options.window(Kind::Event, NOW, &TimeZone::UTC)
}

fn event(lines: &[&str]) -> String {
    calendar(&[&["SUMMARY:Then"], lines].concat())
}

fn hour(day: &str) -> String {
    event(&[&format!("DTSTART:{day}T090000Z"), "DURATION:PT1H"])
}

/// Which of the filters show an event: all (0), a day (1), three (2), a week (3), two weeks (4), a month
/// (5), three months (6), half a year (7).
fn shown_by(text: &str) -> Vec<u8> {
    let all: Vec<Vec<u8>> = VERSIONS
        .into_iter()
        .map(|version| {
            let span = Phone::new(version).render(text.as_bytes()).span;
            let lasts = Lasts::from(span);
            (0..8)
                .filter(|filter| window(*filter).holds(lasts))
                .collect()
        })
        .collect();
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    all[0].clone()
}

#[test]
fn each_filter_shows_what_is_not_over_before_it_begins() {
    for (day, filters) in [
        ("20260224", &[0, 1, 2, 3, 4, 5, 6, 7][..]),
        ("20260222", &[0, 2, 3, 4, 5, 6, 7]),
        ("20260219", &[0, 3, 4, 5, 6, 7]),
        ("20260215", &[0, 4, 5, 6, 7]),
        ("20260201", &[0, 5, 6, 7]),
        ("20251215", &[0, 6, 7]),
        ("20250915", &[0, 7]),
        ("20250801", &[0]),
        ("20300101", &[0, 1, 2, 3, 4, 5, 6, 7]),
    ] {
        assert_eq!(shown_by(&hour(day)), filters, "{day}");
        // A series that ends then, by its number of times, its end, or its last date.
        let begins = "DTSTART:20200101T090000Z";
        let until = format!("RRULE:FREQ=DAILY;UNTIL={day}T235959Z");
        let text = event(&[begins, "DURATION:PT1H", &until]);
        assert_eq!(shown_by(&text), filters, "{until}");
        let date = format!("RDATE:{day}T090000Z");
        let text = event(&[begins, "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", &date]);
        assert_eq!(shown_by(&text), filters, "{date}");
    }
    let endless = event(&["DTSTART:20200101T090000Z", "RRULE:FREQ=YEARLY"]);
    assert_eq!(shown_by(&endless), [0, 1, 2, 3, 4, 5, 6, 7]);
}

/// The last occurrence of a series until February 15th is moved, deleted or cancelled.
#[test]
fn an_exception_moves_a_series_into_a_window_and_out_of_it() {
    let weekly = [
        "DTSTART:20200105T090000Z",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;UNTIL=20260215T090000Z",
    ];
    let moved = |to: &str| {
        let occurrence = format!(
            "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Moved\r\n\
             RECURRENCE-ID:20260215T090000Z\r\nDTSTART:{to}T090000Z\r\nDURATION:PT1H"
        );
        event(&[&weekly[..], &[&occurrence]].concat())
    };
    assert_eq!(shown_by(&event(&weekly)), [0, 4, 5, 6, 7], "as it was");
    assert_eq!(shown_by(&moved("20260225")), [0, 1, 2, 3, 4, 5, 6, 7]);
    // The one before it is the last then, on February 8th.
    assert_eq!(shown_by(&moved("20260101")), [0, 5, 6, 7]);
    let deleted = event(&[&weekly[..], &["EXDATE:20260215T090000Z"]].concat());
    assert_eq!(shown_by(&deleted), [0, 5, 6, 7]);
    // All that is left of it is elsewhere.
    let once = moved("20200106").replace("UNTIL=20260215T090000Z", "COUNT=1");
    let once = once.replace("RECURRENCE-ID:20260215", "RECURRENCE-ID:20200105");
    assert_eq!(shown_by(&once), [0]);
    let once = once.replace("DTSTART:20200106", "DTSTART:20260222");
    assert_eq!(shown_by(&once), [0, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn t18_the_end_of_a_series_is_found_in_time() {
    let phone = Phone::new(ProtocolVersion::V14_1);
    for (rule, span) in [
        (
            "FREQ=SECONDLY;UNTIL=20260101T000000Z",
            Span::Until(1_767_229_200),
        ),
        ("FREQ=DAILY;COUNT=4000000000", Span::Endless),
        ("FREQ=SECONDLY;COUNT=4000000000", Span::Endless),
        // Nothing of it in its last year, and nothing at all.
        (
            "FREQ=YEARLY;INTERVAL=6;UNTIL=20250101T000000Z",
            Span::Until(1_577_872_800),
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2;UNTIL=20250101T000000Z",
            Span::Until(1_577_872_800),
        ),
    ] {
        let rule = format!("RRULE:{rule}");
        let text = event(&["DTSTART:20200101T090000Z", "DURATION:PT1H", &rule]);
        assert_eq!(phone.render(text.as_bytes()).span, span, "{rule}");
    }
}
