use airgate_codec::eas::{Moment, Recurrence};
use airgate_codec::vobject::Stamp;
use jiff::civil::DateTime;
use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::item::stamp::civil;

fn at(text: &str) -> DateTime {
    civil(Stamp::parse(text).expect("a stamp"))
}

fn first(rule: &str, start: &str, most: usize) -> (Vec<String>, bool) {
    let rule = Rule::parse(rule).expect("a rule");
    let until = rule.until.map(|until| civil(until.0));
    let mut instances = Occurrences::new(&rule, at(start), until);
    let mut found = Vec::new();
    while found.len() < most
        && let Some(instance) = instances.next()
    {
        found.push(instance.strftime("%Y%m%dT%H%M%S").to_string());
    }
    (found, instances.gave_up())
}

#[test]
fn instances_are_those_of_another_implementation() {
    let table = include_str!("../../../fixtures/recurrence/oracle.tsv");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let mut column = || columns.next().expect("three columns");
        let (start, rule, theirs) = (column(), column(), column());
        let theirs: Vec<&str> = theirs.split(' ').filter(|text| !text.is_empty()).collect();
        // They were asked for 14, up to the year 2400.
        let (mut ours, _) = first(rule, start, 14);
        ours.retain(|instance| instance.as_str() < "2401");
        if ours != theirs {
            wrong.push(format!(
                "{start} {rule}\n  ours   {ours:?}\n  theirs {theirs:?}"
            ));
        }
        count += 1;
    }
    assert!(count > 590);
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Whoever begins later sees the same, of every rule the oracle was asked about.
#[test]
fn t18_instances_since_a_moment_are_those_from_then_on() {
    let table = include_str!("../../../fixtures/recurrence/oracle.tsv");
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let mut column = || columns.next().expect("two columns");
        let (start, text) = (at(column()), column());
        let rule = Rule::parse(text).expect("a rule");
        let until = rule.until.map(|until| civil(until.0));
        let all: Vec<DateTime> = Occurrences::new(&rule, start, until).take(14).collect();
        for from in all.iter().copied().step_by(3) {
            for from in [from, from.saturating_sub(jiff::Span::new().seconds(1))] {
                let later: Vec<DateTime> = all.iter().copied().filter(|at| *at >= from).collect();
                let since: Vec<DateTime> = Occurrences::since(&rule, start, until, from)
                    .take(later.len())
                    .collect();
                assert_eq!(since, later, "{text} from {start} since {from}");
            }
        }
    }
}

/// A thousand years are no work, a bomb is none either.
#[test]
fn t18_what_is_long_ago_is_passed_over() {
    for (text, first) in [
        ("FREQ=SECONDLY", Some("30260101T000000")),
        (
            "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10",
            Some("30260101T090000"),
        ),
        (
            "FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,20",
            Some("30260101T090000"),
        ),
        ("FREQ=WEEKLY;BYDAY=TU;INTERVAL=2", Some("30260103T090000")),
        ("FREQ=YEARLY;BYYEARDAY=-1", Some("30261231T090000")),
        ("FREQ=SECONDLY;COUNT=4000000000", None),
        ("FREQ=DAILY;COUNT=5000", None),
        ("FREQ=DAILY;COUNT=3", None),
    ] {
        let rule = Rule::parse(text).expect("a rule");
        let from = at("30260101T000000");
        let found = Occurrences::since(&rule, at("19970902T090000"), None, from).next();
        assert_eq!(found, first.map(at), "{text}");
    }
}

#[test]
fn rules_are_read_and_written() {
    for (text, written) in [
        ("FREQ=DAILY", "FREQ=DAILY"),
        (
            "freq=weekly;byday=mo,we;wkst=su",
            "FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU",
        ),
        (
            "COUNT=3;FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=2",
            "FREQ=MONTHLY;INTERVAL=2;COUNT=3;BYDAY=-1FR",
        ),
        (
            "FREQ=YEARLY;UNTIL=20300101;BYMONTH=2;BYMONTHDAY=-1",
            "FREQ=YEARLY;UNTIL=20300101;BYMONTHDAY=-1;BYMONTH=2",
        ),
        ("FREQ=DAILY;INTERVAL=0", "FREQ=DAILY"),
        (
            "FREQ=DAILY;;BYSETPOS=+1;BYHOUR=09",
            "FREQ=DAILY;BYHOUR=9;BYSETPOS=1",
        ),
    ] {
        let rule = Rule::parse(text).expect("a rule");
        assert_eq!(rule.to_string(), written);
        assert_eq!(Rule::parse(written), Some(rule));
    }
}

#[test]
fn t21_rules_beyond_their_bounds_are_none() {
    let huge = format!("FREQ=YEARLY;BYYEARDAY={}", "1,".repeat(400) + "1");
    let long = format!("FREQ=DAILY;X-A={}", "a".repeat(5000));
    for text in [
        "",
        "FREQ",
        "FREQ=",
        "FREQ=FORTNIGHTLY",
        "INTERVAL=2",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=4294967296",
        "FREQ=DAILY;INTERVAL=99999999999",
        "FREQ=DAILY;UNTIL=never",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;BYDAY=0MO",
        "FREQ=DAILY;BYDAY=54MO",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;BYMONTHDAY=0",
        "FREQ=DAILY;BYMONTHDAY=32",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;BYMONTH=",
        "FREQ=DAILY;BYYEARDAY=367",
        "FREQ=DAILY;BYWEEKNO=54",
        "FREQ=DAILY;BYSETPOS=0",
        "FREQ=DAILY;WKST=",
        "FREQ=DAILY;BYDAY=é",
        &huge,
        &long,
    ] {
        assert_eq!(Rule::parse(text), None, "{text}");
    }
    for text in [
        "FREQ=DAILY;RSCALE=HEBREW",
        "FREQ=DAILY;X-NEW=1",
        "FREQ=DAILY;SKIP=FORWARD",
    ] {
        let rule = Rule::parse(text).expect("a rule");
        assert!(rule.foreign);
        assert_eq!(
            Occurrences::new(&rule, at("20260101T000000"), None).next(),
            None
        );
    }
}

/// T18: whatever a rule says, an instance is found in bounded work or none is.
#[test]
fn t18_recurrence_bombs_end() {
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=SECONDLY;INTERVAL=4294967295;BYSECOND=1",
        "FREQ=MINUTELY;BYHOUR=3;BYMINUTE=5;BYSETPOS=2",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=5",
        "FREQ=SECONDLY;INTERVAL=60;BYSECOND=30",
        "FREQ=WEEKLY;INTERVAL=4294967295;BYMONTH=13;COUNT=1"
            .replace("13", "2")
            .as_str(),
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=MONTHLY;BYSETPOS=300;BYDAY=MO",
    ] {
        let (found, _) = first(rule, "20260101T000000", 3);
        assert!(found.len() <= 3, "{rule}: {found:?}");
    }
    // A storm of instances a day, of which one is picked; and a second's rule without an end.
    let all: Vec<String> = (0..60).map(|number| number.to_string()).collect();
    let storm = format!(
        "FREQ=YEARLY;BYHOUR=1,2,3,4;BYMINUTE={0};BYSECOND={0};BYSETPOS=-1;BYDAY=MO,TU,WE",
        all.join(",")
    );
    let (found, _) = first(&storm, "20260101T000000", 2);
    assert!(found.len() <= 2);
    let (found, gave_up) = first("FREQ=SECONDLY;COUNT=2147483648", "20260101T000000", 50_000);
    assert_eq!((found.len(), gave_up), (50_000, false));
    let (found, _) = first("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "20260101T000000", 1);
    assert!(found.is_empty());
    // The rarest day there is: a leap day on a Monday of a year that 12 divides.
    let rare = "FREQ=YEARLY;INTERVAL=12;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO";
    let (found, _) = first(rare, "20160101T000000", 2);
    assert_eq!(found, ["20160229T000000", "21120229T000000"]);
    let (found, _) = first("FREQ=DAILY", "99991230T000000", 5);
    assert!(found.is_empty());
    let (found, _) = first("FREQ=WEEKLY", "00010101T000000", 2);
    assert_eq!(found.len(), 2);
}

/// Each kind of EAS in both directions, and the phone's forms that mean the same.
#[test]
fn rules_and_recurrences_translate() {
    let until = |_: Moment| Stamp::parse("20301231T090000Z");
    let start = at("20260303T090000"); // the first Tuesday of March
    for (rule, kind, days, week, day, month) in [
        ("FREQ=DAILY;INTERVAL=3", 0, None, None, None, None),
        ("FREQ=WEEKLY;BYDAY=TU,TH", 1, Some(20), None, None, None),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=9;BYDAY=TU;WKST=SU",
            1,
            Some(4),
            None,
            None,
            None,
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=3", 2, None, None, Some(3), None),
        ("FREQ=MONTHLY;BYDAY=1TU", 3, Some(4), Some(1), None, None),
        (
            "FREQ=YEARLY;BYMONTHDAY=3;BYMONTH=3",
            5,
            None,
            None,
            Some(3),
            Some(3),
        ),
        (
            "FREQ=YEARLY;BYDAY=1TU;BYMONTH=3",
            6,
            Some(4),
            Some(1),
            None,
            Some(3),
        ),
    ] {
        let parsed = Rule::parse(rule).expect("a rule");
        let recurrence = to_eas(&parsed, start, |_| None).expect(rule);
        assert_eq!(
            (
                recurrence.kind,
                recurrence.day_of_week,
                recurrence.week_of_month
            ),
            (kind, days, week),
            "{rule}"
        );
        assert_eq!(
            (recurrence.day_of_month, recurrence.month_of_year),
            (day, month),
            "{rule}"
        );
        let back = from_eas(&recurrence, start, until).expect(rule);
        assert_eq!(back.to_string(), rule);
    }
    for (start, rule, back) in [
        ("20260303T090000", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=TU"),
        (
            "20260303T090000",
            "FREQ=MONTHLY",
            "FREQ=MONTHLY;BYMONTHDAY=3",
        ),
        (
            "20260303T090000",
            "FREQ=YEARLY",
            "FREQ=YEARLY;BYMONTHDAY=3;BYMONTH=3",
        ),
        (
            "20260303T090000",
            "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        ),
        (
            "20260303T090000",
            "FREQ=DAILY;BYHOUR=9;BYMINUTE=0",
            "FREQ=DAILY",
        ),
        (
            "20260327T090000",
            "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1",
            "FREQ=MONTHLY;BYDAY=-1FR",
        ),
        (
            "20260331T090000",
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "FREQ=MONTHLY;BYMONTHDAY=-1",
        ),
        (
            "20260331T090000",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        ),
        (
            "20260131T090000",
            "FREQ=MONTHLY;BYMONTHDAY=31",
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
        ),
    ] {
        let rule = Rule::parse(rule).expect("a rule");
        let recurrence = to_eas(&rule, at(start), |_| None).expect("EAS has it");
        let translated = from_eas(&recurrence, at(start), until).expect("a rule");
        let without_wkst = translated.to_string().replace(";WKST=SU", "");
        assert_eq!(without_wkst, back, "{rule}");
        // Settled: what came back says the same again (S28).
        assert_eq!(to_eas(&translated, at(start), |_| None), Ok(recurrence));
    }
}

#[test]
fn what_eas_cannot_say_is_not_said_otherwise() {
    use Inexpressible::{Foreign, Part, Several, Start, TooLarge, TooOften};
    for (rule, reason) in [
        ("FREQ=HOURLY", TooOften),
        ("FREQ=MINUTELY;INTERVAL=15", TooOften),
        ("FREQ=SECONDLY", TooOften),
        ("FREQ=YEARLY;BYYEARDAY=62", Part),
        ("FREQ=YEARLY;BYWEEKNO=10;BYDAY=TU", Part),
        ("FREQ=DAILY;BYHOUR=9,15", Part),
        ("FREQ=DAILY;INTERVAL=2;BYDAY=TU", Part),
        ("FREQ=DAILY;BYMONTH=3", Part),
        ("FREQ=MONTHLY;BYMONTHDAY=3,15", Several),
        ("FREQ=MONTHLY;BYMONTHDAY=-29", Several),
        ("FREQ=MONTHLY;BYDAY=1TU,3TU", Several),
        ("FREQ=MONTHLY;BYDAY=TU", Several),
        ("FREQ=MONTHLY;BYDAY=TU,TH;BYSETPOS=1", Several),
        ("FREQ=YEARLY;BYMONTH=3,6", Several),
        ("FREQ=YEARLY;BYDAY=9TU", Part),
        ("FREQ=MONTHLY;BYDAY=WE;BYSETPOS=1", Start),
        ("FREQ=WEEKLY;BYDAY=WE", Start),
        ("FREQ=YEARLY;BYMONTH=4", Start),
        ("FREQ=DAILY;INTERVAL=1000", TooLarge),
        ("FREQ=DAILY;COUNT=1000", TooLarge),
        ("FREQ=DAILY;RSCALE=CHINESE", Foreign),
    ] {
        let parsed = Rule::parse(rule).expect("a rule");
        let outcome = to_eas(&parsed, at("20260303T090000"), |_| None);
        assert_eq!(outcome, Err(reason), "{rule}");
    }
    for (recurrence, reason) in [
        (
            Recurrence {
                calendar_type: Some(8),
                ..Recurrence::default()
            },
            Foreign,
        ),
        (
            Recurrence {
                is_leap_month: Some(true),
                ..Recurrence::default()
            },
            Foreign,
        ),
        (
            Recurrence {
                kind: 4,
                ..Recurrence::default()
            },
            Part,
        ),
        (
            Recurrence {
                kind: 7,
                ..Recurrence::default()
            },
            Part,
        ),
    ] {
        let outcome = from_eas(&recurrence, at("20260303T090000"), |_| None);
        assert_eq!(outcome, Err(reason));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// T21: whatever a phone sends becomes a rule that can be written and read, or none.
    #[test]
    fn t21_any_recurrence_is_a_rule_or_none(kind in 0..8u8, interval in of(any::<u16>()),
        occurrences in of(any::<u16>()), week in of(any::<u8>()), day in of(any::<u8>()),
        days in of(any::<u8>()), month in of(any::<u8>()), first_day in of(any::<u8>()))
    {
        let recurrence = Recurrence {
            kind, interval, occurrences, week_of_month: week, day_of_month: day, day_of_week: days,
            month_of_year: month, first_day_of_week: first_day, ..Recurrence::default()
        };
        let start = at("20260331T090000");
        if let Ok(rule) = from_eas(&recurrence, start, |_| None) {
            prop_assert_eq!(Rule::parse(&rule.to_string()), Some(rule.clone()));
            let mut instances = Occurrences::new(&rule, start, None);
            let _ = instances.next();
            // Once EAS can say it, it settles (S28).
            if let Ok(said) = to_eas(&rule, start, |_| None) {
                let again = from_eas(&said, start, |_| None).expect("our own");
                prop_assert_eq!(to_eas(&again, start, |_| None), Ok(said));
            }
        }
    }

    #[test]
    fn t18_any_rule_text_ends(text in "FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY|HOURLY|MINUTELY|SECONDLY)(;(INTERVAL=[1-9][0-9]{0,3}|BYDAY=-?[1-5](MO|SU)|BYDAY=TU,SA|BYMONTHDAY=-?[1-9]|BYMONTH=[1-9],12|BYSETPOS=-?[1-9]|BYYEARDAY=[1-9][0-9]|BYWEEKNO=[1-9]|BYHOUR=[0-9],23|BYMINUTE=[0-9]|BYSECOND=5)){0,5}") {
        if let Some(rule) = Rule::parse(&text) {
            let start = at("20260331T090000");
            let found: Vec<_> = Occurrences::new(&rule, start, None).take(3).collect();
            prop_assert!(found.is_sorted());
            prop_assert!(found.iter().all(|instance| *instance >= start));
        }
    }
}
