//! When a task starts and is due: a date or a time as the calendar has it, and the pair of moments
//! phones have, real UTC and the user's wall-clock time written as if it were UTC (REFERENCE 10.3).

use airgate_codec::eas::{Moment, Said};
use airgate_codec::vobject::{CivilDate, CivilTime, ContentLine, Property, Stamp};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use crate::item::stamp::{civil, moment};
use crate::item::timezone::{Zone, Zones};

/// How a date or time is written.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// A date: midnight where the user is.
    Date,
    Utc,
    /// In the zone of that TZID, or of nowhere, which is where the user is.
    Local(Option<String>, Zone),
}

/// A date or time.
#[derive(Clone, Debug)]
pub(super) struct When {
    pub(super) form: Form,
    /// In its own form's wall-clock time.
    pub(super) civil: DateTime,
}

/// The two moments of a phone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Pair {
    pub(super) utc: Moment,
    pub(super) local: Moment,
}

impl When {
    /// The value of DTSTART, DUE and the like.
    pub(super) fn read(property: &Property, zones: &Zones) -> Option<Self> {
        Self::said(property.value(), property, zones)
    }

    /// One of the values of a property that lists several.
    pub(super) fn said(value: &str, property: &Property, zones: &Zones) -> Option<Self> {
        let stamp = Stamp::parse(value)?;
        let local = civil(stamp);
        let form = match stamp {
            Stamp::Date(_) => Form::Date,
            Stamp::Utc(..) => Form::Utc,
            Stamp::Local(..) => match property.parameter("TZID") {
                Some(id) => Form::Local(Some(id.to_owned()), zones.zone(id, local)),
                None => Form::Local(None, zones.own()),
            },
        };
        Some(Self { form, civil: local })
    }

    pub(super) const fn is_date(&self) -> bool {
        matches!(self.form, Form::Date)
    }

    /// The moment it is.
    pub(super) fn at(&self, own: &Zone) -> Option<Timestamp> {
        match &self.form {
            Form::Date => own.instant(self.civil),
            Form::Utc => Zone::UTC.instant(self.civil),
            Form::Local(_, zone) => zone.instant(self.civil),
        }
    }

    /// The wall-clock time, in its own form, of a moment.
    pub(super) fn civil_of(&self, at: Timestamp, own: &Zone) -> DateTime {
        match &self.form {
            Form::Date => own.local(at),
            Form::Utc => Zone::UTC.local(at),
            Form::Local(_, zone) => zone.local(at),
        }
    }

    /// The same form at another wall-clock time.
    pub(super) fn moved(&self, to: DateTime) -> Self {
        Self {
            form: self.form.clone(),
            civil: to,
        }
    }

    /// As a phone has it.
    pub(super) fn pair(&self, own: &Zone) -> Option<Pair> {
        let at = self.at(own)?;
        let local = if self.is_date() {
            self.civil
        } else {
            own.local(at)
        };
        Some(Pair {
            utc: moment(at),
            local: as_utc(local)?,
        })
    }

    /// The property of that name.
    pub(super) fn line(&self, name: &str) -> ContentLine {
        let line = ContentLine::new(name);
        let line = match &self.form {
            Form::Date => line.parameter("VALUE", "DATE"),
            Form::Local(Some(id), _) => line.parameter("TZID", id),
            Form::Utc | Form::Local(None, _) => line,
        };
        line.raw(&self.stamp().to_string())
    }

    pub(super) fn stamp(&self) -> Stamp {
        let (date, time) = (self.civil.date(), self.civil.time());
        let date = CivilDate {
            year: date.year(),
            month: date.month(),
            day: date.day(),
        };
        let time = CivilTime {
            hour: time.hour(),
            minute: time.minute(),
            second: time.second(),
        };
        match self.form {
            Form::Date => Stamp::Date(date),
            Form::Utc => Stamp::Utc(date, time),
            Form::Local(..) => Stamp::Local(date, time),
        }
    }

    /// A moment of a phone's in a form that is like `model`. Midnight of the user is a date, unless
    /// `timed` says that this one must have a time. What has no model is UTC, and in a series the
    /// user's wall-clock time, which daylight saving does not move.
    pub(super) fn of_pair(
        pair: Pair,
        model: Option<&Self>,
        timed: bool,
        series: bool,
        own: &Zone,
    ) -> Option<Self> {
        let local = civil_of(pair.local)?;
        let at = Timestamp::from_millisecond(pair.utc.0).ok()?;
        if !timed && local.time() == Time::midnight() {
            return Some(Self {
                form: Form::Date,
                civil: local,
            });
        }
        let form = match model.map(|model| &model.form) {
            Some(form @ (Form::Utc | Form::Local(..))) => form.clone(),
            _ if series => Form::Local(None, own.clone()),
            _ => Form::Utc,
        };
        let model = Self { form, civil: local };
        let civil = model.civil_of(at, own);
        Some(model.moved(civil))
    }

    /// The same moment with a time of day.
    pub(super) fn timed(&self, like: &Self, own: &Zone) -> Option<Self> {
        let at = self.at(own)?;
        Some(like.moved(like.civil_of(at, own)))
    }
}

impl Pair {
    /// What a phone says; one of the two is made from the other where it is missing.
    pub(super) fn said(utc: Said<Moment>, local: Said<Moment>, own: &Zone) -> Said<Self> {
        let made =
            match (utc, local) {
                (Said::Nothing, Said::Nothing) => return Said::Nothing,
                (Said::Value(utc), Said::Value(local)) => Some(Self { utc, local }),
                (Said::Value(utc), _) => Timestamp::from_millisecond(utc.0)
                    .ok()
                    .and_then(|at| as_utc(own.local(at)))
                    .map(|local| Self { utc, local }),
                (_, Said::Value(local)) => civil_of(local)
                    .and_then(|civil| own.instant(civil))
                    .map(|at| Self {
                        utc: moment(at),
                        local,
                    }),
                _ => None,
            };
        made.into()
    }
}

/// Wall-clock time written as if it were UTC.
pub(super) fn as_utc(local: DateTime) -> Option<Moment> {
    Zone::UTC.instant(local).map(moment)
}

/// The digits of a moment.
pub(super) fn civil_of(moment: Moment) -> Option<DateTime> {
    let at = Timestamp::from_millisecond(moment.0).ok()?;
    Some(Zone::UTC.local(at))
}

/// The date a phone means: its digits if they say midnight, else where the user is.
pub(super) fn date_of(moment: Moment, own: &Zone) -> Option<Date> {
    let digits = civil_of(moment)?;
    if digits.time() == Time::midnight() {
        return Some(digits.date());
    }
    let at = Timestamp::from_millisecond(moment.0).ok()?;
    Some(own.local(at).date())
}
