//! The time zone of EAS: 172 octets, a Windows TIME_ZONE_INFORMATION ([MS-ASDTYPE] 2.7.4).
//!
//! Not what one would guess: the weekday comes before the day in a SYSTEMTIME, that "day" is the
//! number of the week (5 is the last), and offsets count from local time to UTC: Berlin is -60.
//! Phones send blobs that lie in every field (T19), so reading never fails on a value; what a value
//! means is asked separately and may be nothing.

mod fields;

use fields::{Fields, name_units, units_name};

/// Octets of a blob.
pub const LENGTH: usize = 172;

/// A time-zone blob, field by field as it came.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct ZoneBlob {
    /// UTC minus local time, in minutes.
    pub bias: i32,
    pub standard_name: String,
    /// When standard time begins.
    pub standard_date: SystemTime,
    pub standard_bias: i32,
    pub daylight_name: String,
    pub daylight_date: SystemTime,
    pub daylight_bias: i32,
}

/// A Windows SYSTEMTIME as it came.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct SystemTime {
    /// 0 for a rule that holds every year.
    pub year: u16,
    pub month: u16,
    /// 0 is Sunday.
    pub day_of_week: u16,
    /// The number of the week, 5 for the last; a day of the month where a year is given.
    pub day: u16,
    pub hour: u16,
    pub minute: u16,
    pub second: u16,
    pub milliseconds: u16,
}

/// A switch that can happen: each field is within its bounds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Switch {
    /// 1 to 12.
    pub month: i8,
    pub day: Day,
    /// Wall-clock time before the switch, in milliseconds since midnight: below 86,400,000.
    pub time: i32,
}

/// The day of a switch.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Day {
    /// The first to fourth (1 to 4) or last (5) such weekday of the month; 0 is Sunday.
    Nth { weekday: i8, week: i8 },
    /// A day of the month, of that year only.
    Fixed { year: i16, day: i8 },
}

/// What a blob says when it can be believed, offsets in minutes east of UTC.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Rules {
    /// The same all year.
    Fixed { offset: i32 },
    /// Two switches a year.
    Daylight {
        standard: i32,
        daylight: i32,
        to_standard: Switch,
        to_daylight: Switch,
    },
}

/// Beyond this no offset of a zone is believed: UTC+14 and UTC-12 are the outermost in use.
const MAX_OFFSET: i32 = 16 * 60;

impl ZoneBlob {
    /// Takes the octets apart; nothing if they are not 172.
    pub fn read(octets: &[u8]) -> Option<Self> {
        if octets.len() != LENGTH {
            return None;
        }
        let mut fields = Fields::new(octets);
        Some(Self {
            bias: fields.long()?,
            standard_name: units_name(&fields.units()?),
            standard_date: fields.system_time()?,
            standard_bias: fields.long()?,
            daylight_name: units_name(&fields.units()?),
            daylight_date: fields.system_time()?,
            daylight_bias: fields.long()?,
        })
    }

    /// The 172 octets. Names are cut at 31 UTF-16 units.
    pub fn write(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(LENGTH);
        octets.extend(self.bias.to_le_bytes());
        octets.extend(name_units(&self.standard_name));
        self.standard_date.write(&mut octets);
        octets.extend(self.standard_bias.to_le_bytes());
        octets.extend(name_units(&self.daylight_name));
        self.daylight_date.write(&mut octets);
        octets.extend(self.daylight_bias.to_le_bytes());
        octets
    }

    /// The blob that says these rules. The standard name may help a reader to find the zone.
    pub fn of(rules: &Rules, standard_name: &str, daylight_name: &str) -> Self {
        let mut blob = Self {
            standard_name: standard_name.to_owned(),
            daylight_name: daylight_name.to_owned(),
            ..Self::default()
        };
        match *rules {
            Rules::Fixed { offset } => blob.bias = -offset,
            Rules::Daylight {
                standard,
                daylight,
                to_standard,
                to_daylight,
            } => {
                blob.bias = -standard;
                blob.standard_date = SystemTime::of(to_standard);
                blob.daylight_date = SystemTime::of(to_daylight);
                blob.daylight_bias = standard - daylight;
            }
        }
        blob
    }

    /// What it says, or nothing where it cannot be true (T19). A blob with one impossible date has
    /// no daylight time; one that switches between equal offsets has none either.
    pub fn rules(&self) -> Option<Rules> {
        let offset = |extra: i32| {
            let minutes = self.bias.checked_add(extra)?.checked_neg()?;
            (-MAX_OFFSET..=MAX_OFFSET)
                .contains(&minutes)
                .then_some(minutes)
        };
        let switches = self.standard_date.switch().zip(self.daylight_date.switch());
        let Some((to_standard, to_daylight)) = switches else {
            // Without dates the biases mean nothing, but some fill in the standard one.
            return Some(Rules::Fixed {
                offset: offset(self.standard_bias)?,
            });
        };
        let (standard, daylight) = (offset(self.standard_bias)?, offset(self.daylight_bias)?);
        if standard == daylight || to_standard == to_daylight {
            return Some(Rules::Fixed { offset: standard });
        }
        Some(Rules::Daylight {
            standard,
            daylight,
            to_standard,
            to_daylight,
        })
    }

    /// All zero, but for names: UTC, or nothing said. A family of servers sends it always.
    pub fn is_blank(&self) -> bool {
        self.bias == 0
            && self.standard_bias == 0
            && self.daylight_bias == 0
            && self.standard_date == SystemTime::default()
            && self.daylight_date == SystemTime::default()
    }
}

impl SystemTime {
    fn of(switch: Switch) -> Self {
        let small = |number: i32| u16::try_from(number).unwrap_or_default();
        let (year, day_of_week, day) = match switch.day {
            Day::Nth { weekday, week } => (0, weekday, week),
            Day::Fixed { year, day } => (year, 0, day),
        };
        let seconds = switch.time / 1000;
        Self {
            year: small(year.into()),
            month: small(switch.month.into()),
            day_of_week: small(day_of_week.into()),
            day: small(day.into()),
            hour: small(seconds / 3600),
            minute: small(seconds / 60 % 60),
            second: small(seconds % 60),
            milliseconds: small(switch.time % 1000),
        }
    }

    /// The switch it means, if there can be one.
    pub fn switch(&self) -> Option<Switch> {
        let within = |value: u16, low: u16, high: u16| {
            (low..=high)
                .contains(&value)
                .then(|| i8::try_from(value).ok())?
        };
        // Some write the end of a day as 24:00.
        let hour = i32::from(within(self.hour, 0, 24)?);
        let minute = i32::from(within(self.minute, 0, 59)?);
        let second = i32::from(within(self.second, 0, 59)?);
        let milliseconds = i32::from(self.milliseconds.min(999));
        let time = ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
        Some(Switch {
            month: within(self.month, 1, 12)?,
            day: if self.year == 0 {
                Day::Nth {
                    weekday: within(self.day_of_week, 0, 6)?,
                    week: within(self.day, 1, 5)?,
                }
            } else {
                Day::Fixed {
                    year: i16::try_from(self.year).ok()?,
                    day: within(self.day, 1, 31)?,
                }
            },
            time: time.min(86_399_999),
        })
    }

    fn write(&self, octets: &mut Vec<u8>) {
        for field in [
            self.year,
            self.month,
            self.day_of_week,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.milliseconds,
        ] {
            octets.extend(field.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
