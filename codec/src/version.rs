//! Protocol versions of Exchange ActiveSync ([MS-ASHTTP] 2.2.1.1.2.4).

use std::fmt;
use std::str::FromStr;

/// A version a phone may speak. Ordered, so `version >= V14_0` reads as the specification does.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ProtocolVersion {
    V2_5,
    V12_0,
    V12_1,
    V14_0,
    V14_1,
    V16_0,
    V16_1,
}

impl ProtocolVersion {
    /// All versions, oldest first.
    pub const ALL: [Self; 7] = [
        Self::V2_5,
        Self::V12_0,
        Self::V12_1,
        Self::V14_0,
        Self::V14_1,
        Self::V16_0,
        Self::V16_1,
    ];

    /// The version as headers spell it, for example `14.1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2_5 => "2.5",
            Self::V12_0 => "12.0",
            Self::V12_1 => "12.1",
            Self::V14_0 => "14.0",
            Self::V14_1 => "14.1",
            Self::V16_0 => "16.0",
            Self::V16_1 => "16.1",
        }
    }

    /// The version byte of a base64 query: ten times the version ([MS-ASHTTP] 2.2.1.1.1.1).
    pub const fn query_byte(self) -> u8 {
        match self {
            Self::V2_5 => 25,
            Self::V12_0 => 120,
            Self::V12_1 => 121,
            Self::V14_0 => 140,
            Self::V14_1 => 141,
            Self::V16_0 => 160,
            Self::V16_1 => 161,
        }
    }

    /// The inverse of [`Self::query_byte`].
    pub fn from_query_byte(byte: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.query_byte() == byte)
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no version Airgate speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a protocol version Airgate speaks (2.5, 12.0, 12.1, 14.0, 14.1, 16.0, 16.1)")]
pub struct UnknownVersion;

impl FromStr for ProtocolVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
            .ok_or(UnknownVersion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_survives_text_and_query_byte() {
        for version in ProtocolVersion::ALL {
            assert_eq!(version.as_str().parse(), Ok(version));
            assert_eq!(
                ProtocolVersion::from_query_byte(version.query_byte()),
                Some(version)
            );
        }
        assert_eq!("14.2".parse::<ProtocolVersion>(), Err(UnknownVersion));
        assert_eq!(ProtocolVersion::from_query_byte(0), None);
    }
}
