//! Numbers with the version of each, as they are stored: 20,000 cards take 200 kB.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use super::window::Lasts;

/// The name of one version of one object. Two versions with the same mark are the same to a phone.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Mark(pub u64);

impl Mark {
    /// The version the backend has under this ETag.
    pub fn of_etag(etag: &str) -> Self {
        Self::of(b"etag", etag.as_bytes())
    }

    /// A version only the phone has, by what it is made of.
    pub fn of_phone(content: &[u8]) -> Self {
        Self::of(b"phone", content)
    }

    fn of(kind: &[u8], content: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(kind);
        hash.update([0]);
        hash.update(content);
        let digest = hash.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(digest.get(..8).unwrap_or(&[0; 8]));
        Self(u64::from_be_bytes(first))
    }
}

/// A version a phone holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Version {
    pub mark: Mark,
    pub lasts: Lasts,
}

/// What is stored beside each number.
pub(super) trait Column: Copy {
    fn write(self, marks: &mut Vec<u8>, lasts: &mut Vec<u32>);
    fn read(mark: Mark, lasts: Option<u32>) -> Self;
}

impl Column for Mark {
    fn write(self, marks: &mut Vec<u8>, _lasts: &mut Vec<u32>) {
        marks.extend(self.0.to_le_bytes());
    }

    fn read(mark: Mark, _lasts: Option<u32>) -> Self {
        mark
    }
}

impl Column for Version {
    fn write(self, marks: &mut Vec<u8>, lasts: &mut Vec<u32>) {
        self.mark.write(marks, lasts);
        lasts.push(self.lasts.code());
    }

    fn read(mark: Mark, lasts: Option<u32>) -> Self {
        Self {
            mark,
            lasts: Lasts::of_code(lasts.unwrap_or_default()),
        }
    }
}

/// Objects by number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Versions<T>(pub(super) BTreeMap<u32, T>);

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// The stored form: what belongs together lies together, numbers as steps from one to the next.
#[derive(Deserialize, Serialize)]
struct Columns {
    steps: Vec<u32>,
    marks: Vec<u8>,
    lasts: Vec<u32>,
}

impl<T: Column> Serialize for Versions<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut columns = Columns {
            steps: Vec::with_capacity(self.0.len()),
            marks: Vec::with_capacity(self.0.len().saturating_mul(8)),
            lasts: Vec::new(),
        };
        let mut last = 0;
        for (number, value) in &self.0 {
            columns.steps.push(number.wrapping_sub(last));
            last = *number;
            value.write(&mut columns.marks, &mut columns.lasts);
        }
        columns.serialize(out)
    }
}

impl<'de, T: Column> Deserialize<'de> for Versions<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let columns = Columns::deserialize(input)?;
        let (marks, rest) = columns.marks.as_chunks::<8>();
        if marks.len() != columns.steps.len() || !rest.is_empty() {
            return Err(de::Error::custom("columns of different lengths"));
        }
        let mut lasts = columns.lasts.iter().copied();
        let mut number = 0u32;
        let rows = columns.steps.iter().zip(marks).map(|(step, mark)| {
            number = number.wrapping_add(*step);
            let mark = Mark(u64::from_le_bytes(*mark));
            (number, T::read(mark, lasts.next()))
        });
        Ok(Self(rows.collect()))
    }
}
