//! The fields of a blob in their order: little-endian numbers and names of 32 UTF-16 units.

use super::SystemTime;

/// UTF-16 units of a name, the closing zero among them.
const NAME_UNITS: usize = 32;

pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets }
    }

    pub(super) fn long(&mut self) -> Option<i32> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(i32::from_le_bytes(*head))
    }

    fn short(&mut self) -> Option<u16> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(u16::from_le_bytes(*head))
    }

    pub(super) fn units(&mut self) -> Option<Vec<u16>> {
        (0..NAME_UNITS).map(|_| self.short()).collect()
    }

    pub(super) fn system_time(&mut self) -> Option<SystemTime> {
        Some(SystemTime {
            year: self.short()?,
            month: self.short()?,
            day_of_week: self.short()?,
            day: self.short()?,
            hour: self.short()?,
            minute: self.short()?,
            second: self.short()?,
            milliseconds: self.short()?,
        })
    }
}

/// The text before the first zero. What is no UTF-16 or a control is left out (T23).
pub(super) fn units_name(units: &[u16]) -> String {
    // The last unit has to be a zero; if it is not, it is none of the name.
    let units = units.get(..NAME_UNITS - 1).unwrap_or(units);
    let length = units.iter().position(|&unit| unit == 0);
    let units = units.get(..length.unwrap_or(units.len()));
    char::decode_utf16(units.unwrap_or_default().iter().copied())
        .filter_map(Result::ok)
        .filter(|c| !c.is_control())
        .collect()
}

/// 64 octets of a name.
pub(super) fn name_units(name: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(2 * NAME_UNITS);
    let mut buffer = [0; 2];
    for character in name.chars() {
        let units = character.encode_utf16(&mut buffer);
        if octets.len() + 2 * units.len() > 2 * (NAME_UNITS - 1) {
            break;
        }
        for unit in units {
            octets.extend(unit.to_le_bytes());
        }
    }
    octets.resize(2 * NAME_UNITS, 0);
    octets
}
