//! Birthdays and anniversaries: a date, maybe without a year, that travels as a moment.

use airgate_codec::eas::Moment;
use airgate_codec::vobject::{CardVersion, ContentLine, Gone, Property, Stamp};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::card::{Card, Writer};
use crate::item::stamp::civil;

/// A day of the year, and the year if it is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Day {
    year: Option<i16>,
    month: i8,
    day: i8,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Occasion {
    Birthday,
    Anniversary,
}

/// What Apple's programs and phones take for "no year": a leap year long ago.
const NO_YEAR: i16 = 1604;

impl Day {
    fn new(year: Option<i16>, month: i8, day: i8) -> Option<Self> {
        let leap = year.unwrap_or(NO_YEAR);
        Date::new(leap, month, day).ok()?;
        let day = Self { year, month, day };
        // The last days of 9999 are no moments.
        day.moment(0).is_some().then_some(day)
    }

    fn of(date: Date) -> Option<Self> {
        let year = (date.year() != NO_YEAR).then(|| date.year());
        Self::new(year, date.month(), date.day())
    }

    /// For comparison.
    pub(super) fn canonical(self) -> String {
        match self.year {
            Some(year) => format!("{year:04}-{:02}-{:02}", self.month, self.day),
            None => format!("--{:02}-{:02}", self.month, self.day),
        }
    }

    /// As a phone is told it: at the hour its own arithmetic wants.
    pub(super) fn moment(self, hour: i64) -> Option<Moment> {
        let date = Date::new(self.year.unwrap_or(NO_YEAR), self.month, self.day).ok()?;
        let midnight = TimeZone::UTC
            .to_timestamp(date.to_datetime(Time::midnight()))
            .ok()?;
        Some(Moment(midnight.as_millisecond() + hour * 3_600_000))
    }

    /// The day a phone means. Some send midnight of their own zone, which in the east is the day
    /// before in UTC; the others an hour of the day itself. Years that stand for "no date" give
    /// none (REFERENCE.md 10.3).
    pub(super) fn meant(moment: Moment, zone: &TimeZone) -> Option<Self> {
        let timestamp = jiff::Timestamp::from_millisecond(moment.0).ok()?;
        let utc = TimeZone::UTC.to_datetime(timestamp);
        if matches!(utc.year(), 1601 | 4501) {
            return None;
        }
        if is_midnight(utc) {
            return Self::of(utc.date());
        }
        let local = zone.to_datetime(timestamp);
        if is_midnight(local) {
            return Self::of(local.date());
        }
        // Evenings are midnights somewhere east of here; noon and what is before are hours that
        // keep a date on its day.
        let date = if utc.hour() > 12 && utc.minute() % 15 == 0 {
            utc.date().tomorrow().ok()?
        } else {
            utc.date()
        };
        Self::of(date)
    }

    /// `19850412`, `1985-04-12`, `--0412`, `1604-04-12`, with a time or without.
    fn parse(property: &Property, text: &str, zone: &TimeZone) -> Option<Self> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("--") {
            let digits: String = rest.chars().filter(|c| *c != '-').take(8).collect();
            let (month, rest) = digits.split_at_checked(2)?;
            let day = rest.get(..2)?;
            return Self::new(None, month.parse().ok()?, day.parse().ok()?);
        }
        let omitted = property
            .parameter("X-APPLE-OMIT-YEAR")
            .and_then(|year| year.trim().parse::<i16>().ok());
        let stamp = Stamp::parse(text).or_else(|| {
            // A fraction of a second, an offset: the date is what counts.
            Stamp::parse(text.get(..10)?).or_else(|| Stamp::parse(text.get(..8)?))
        })?;
        let date = stamp.date();
        let day = match stamp {
            Stamp::Utc(_, time) if (time.hour, time.minute) != (0, 0) => {
                let at = TimeZone::UTC.to_timestamp(civil(stamp)).ok()?;
                Self::meant(Moment(at.as_millisecond()), zone)?
            }
            _ => Self::new(Some(date.year), date.month, date.day)?,
        };
        let unknown = [omitted, Some(NO_YEAR)].contains(&day.year);
        Some(Self {
            year: day.year.filter(|_| !unknown),
            ..day
        })
    }
}

fn is_midnight(at: DateTime) -> bool {
    (at.hour(), at.minute(), at.second()) == (0, 0, 0)
}

impl Occasion {
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Birthday => &["BDAY"],
            Self::Anniversary => &[
                "ANNIVERSARY",
                "X-ANNIVERSARY",
                "X-EVOLUTION-ANNIVERSARY",
                "X-MS-ANNIVERSARY",
                "X-KADDRESSBOOK-X-ANNIVERSARY",
            ],
        }
    }

    fn find(self, card: &Card, zone: &TimeZone) -> Option<(Property, Day)> {
        let named = self.names().iter().flat_map(|name| card.all(name));
        // Apple's and Google's: any date, with a label.
        let labelled = card
            .lines("X-ABDATE")
            .into_iter()
            .filter(|line| self == Self::Anniversary && line.is("anniversary"))
            .map(|line| line.property);
        let own = named.chain(labelled).find_map(|property| {
            let day = Day::parse(&property, &property.text(), zone)?;
            Some((property, day))
        });
        own.or_else(|| self.find_android(card, zone))
    }

    /// `vnd.android.cursor.item/contact_event;2010-06-01;1;;;`
    fn find_android(self, card: &Card, zone: &TimeZone) -> Option<(Property, Day)> {
        let number = match self {
            Self::Anniversary => "1",
            Self::Birthday => "3",
        };
        card.all(ANDROID).into_iter().find_map(|property| {
            let text = property.text();
            let mut parts = text.split(';');
            let item = parts.next()?;
            let date = parts.next()?;
            if !item.ends_with("/contact_event") || parts.next()? != number {
                return None;
            }
            let day = Day::parse(&property, date, zone)?;
            Some((property, day))
        })
    }

    pub(super) fn read(self, card: &Card, zone: &TimeZone) -> Option<Day> {
        self.find(card, zone).map(|(_, day)| day)
    }

    /// Writes another day in the form that is there; `None` takes it away.
    pub(super) fn write(
        self,
        card: &mut Card,
        day: Option<Day>,
        zone: &TimeZone,
    ) -> Result<(), Gone> {
        match (self.find(card, zone), day) {
            (Some((old, _)), Some(day)) if old.name() == ANDROID => {
                // Other programs than Android's do not look there.
                card.remove(old.id())?;
                self.insert(card, day)
            }
            (Some((old, _)), Some(day)) => {
                let head = card.document.head_of(old.id(), &["VALUE", OMIT_YEAR])?;
                let dashes = old.text().trim_start_matches('-').contains('-');
                let line = dated(card, head, day, dashes);
                card.document.replace(old.id(), &line)
            }
            (Some((old, _)), None) => card.remove(old.id()),
            (None, Some(day)) => self.insert(card, day),
            (None, None) => Ok(()),
        }
    }

    fn insert(self, card: &mut Card, day: Day) -> Result<(), Gone> {
        let dashes = card.version == CardVersion::V3_0;
        let name = match (self, card.writer(), card.version) {
            (Self::Birthday, ..) => "BDAY",
            (Self::Anniversary, _, CardVersion::V4_0) => "ANNIVERSARY",
            (Self::Anniversary, Writer::Apple, _) => {
                let group = card.free_group();
                let head = ContentLine::new(&format!("{group}.X-ABDATE"));
                let line = dated(card, head, day, true);
                card.insert(&line)?;
                let label = ContentLine::new(&format!("{group}.X-ABLabel"));
                return card.insert(&label.raw("_$!<Anniversary>!$_")).map(|_| ());
            }
            (Self::Anniversary, Writer::Evolution, _) => "X-EVOLUTION-ANNIVERSARY",
            (Self::Anniversary, Writer::Other, _) => "X-ANNIVERSARY",
        };
        let line = dated(card, ContentLine::new(name), day, dashes);
        card.insert(&line).map(|_| ())
    }
}

const ANDROID: &str = "X-ANDROID-CUSTOM";
const OMIT_YEAR: &str = "X-APPLE-OMIT-YEAR";

/// A line with that date. Without a year, 4.0 has a form of its own (RFC 6350 4.3.1); before that
/// only Apple's is understood.
fn dated(card: &Card, head: ContentLine, day: Day, dashes: bool) -> ContentLine {
    let (month, of_month) = (day.month, day.day);
    let separator = if dashes { "-" } else { "" };
    match (day.year, card.version) {
        (Some(year), _) => head.raw(&format!(
            "{year:04}{separator}{month:02}{separator}{of_month:02}"
        )),
        (None, CardVersion::V4_0) => head.raw(&format!("--{month:02}{of_month:02}")),
        (None, _) => head
            .parameter(OMIT_YEAR, &NO_YEAR.to_string())
            .raw(&format!("{NO_YEAR}-{month:02}-{of_month:02}")),
    }
}
