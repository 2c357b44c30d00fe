//! What a phone wants of bodies: the Options of Sync, ItemOperations and Search as far as mail goes
//! (REFERENCE.md 5.6, 10.1). Stored with the collection, since they are sticky.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas;
use airgate_codec::eas::email::BodyType;
use serde::{Deserialize, Serialize};

use crate::item::truncate::Limit;

/// The body options in force for one collection or one fetch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BodyOptions {
    #[serde(with = "version")]
    pub version: ProtocolVersion,
    /// In the phone's order.
    pub preferences: Vec<BodyPreference>,
    /// 0 never MIME, 1 for S/MIME only, 2 always.
    pub mime_support: u8,
    /// MIMETruncation code, 0 to 8.
    pub mime_truncation: Option<u8>,
    /// Truncation code of 12.1 and older, 0 to 9.
    pub truncation: Option<u8>,
    /// BodyPartPreference (14.1+).
    pub part_preference: Option<BodyPreference>,
    /// The phone is Outlook, which opens winmail.dat itself. Not an option but a fact of the device.
    #[serde(skip)]
    pub outlook: bool,
}

/// One BodyPreference or BodyPartPreference.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct BodyPreference {
    #[serde(with = "kind")]
    pub kind: BodyType,
    /// In octets of UTF-8; 0 is "no data".
    pub truncation_size: Option<u32>,
    pub all_or_none: bool,
    /// Length of the wanted preview in characters.
    pub preview: Option<u32>,
}

impl BodyOptions {
    /// The options of a phone that said nothing.
    pub const fn new(version: ProtocolVersion) -> Self {
        Self {
            version,
            preferences: Vec::new(),
            mime_support: 0,
            mime_truncation: None,
            truncation: None,
            part_preference: None,
            outlook: false,
        }
    }

    /// The same, without limits on how much of a body comes along.
    #[must_use]
    pub fn untruncated(mut self) -> Self {
        self.truncation = None;
        self.mime_truncation = None;
        for preference in &mut self.preferences {
            preference.truncation_size = None;
        }
        self
    }

    /// The Truncation code as a limit of plain text.
    pub(crate) const fn text_limit(&self) -> Limit {
        match self.truncation {
            Some(0) => Limit::Characters(0),
            Some(1) => Limit::Characters(512),
            Some(2) => Limit::Characters(1024),
            Some(3) => Limit::Characters(2048),
            Some(4) => Limit::Characters(5120),
            Some(5) => Limit::Characters(10_240),
            Some(6) => Limit::Characters(20_480),
            Some(7) => Limit::Characters(51_200),
            Some(8) => Limit::Characters(102_400),
            _ => Limit::None,
        }
    }

    /// The MIMETruncation code as a limit of MIME data. Code 0, "nothing but headers", has no
    /// number of octets; 1024 hold what a list shows.
    pub(crate) const fn mime_limit(&self) -> Limit {
        match self.mime_truncation {
            Some(0) => Limit::Octets(1024),
            Some(1) => Limit::Octets(4096),
            Some(2) => Limit::Octets(5120),
            Some(3) => Limit::Octets(7168),
            Some(4) => Limit::Octets(10_240),
            Some(5) => Limit::Octets(20_480),
            Some(6) => Limit::Octets(51_200),
            Some(7) => Limit::Octets(102_400),
            _ => Limit::None,
        }
    }
}

impl From<&eas::BodyPreference> for BodyPreference {
    fn from(said: &eas::BodyPreference) -> Self {
        Self {
            kind: said.kind,
            truncation_size: said.truncation_size,
            all_or_none: said.all_or_none,
            preview: said.preview,
        }
    }
}

mod version {
    use super::{Deserialize, ProtocolVersion};

    pub(super) fn serialize<S: serde::Serializer>(
        version: &ProtocolVersion,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(version.query_byte())
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<ProtocolVersion, D::Error> {
        let byte = u8::deserialize(deserializer)?;
        ProtocolVersion::from_query_byte(byte)
            .ok_or_else(|| serde::de::Error::custom("no protocol version"))
    }
}

mod kind {
    use super::{BodyType, Deserialize};

    pub(super) fn serialize<S: serde::Serializer>(
        kind: &BodyType,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*kind as u8)
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BodyType, D::Error> {
        match u8::deserialize(deserializer)? {
            1 => Ok(BodyType::Plain),
            2 => Ok(BodyType::Html),
            3 => Ok(BodyType::Rtf),
            4 => Ok(BodyType::Mime),
            _ => Err(serde::de::Error::custom("no body type")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_the_store() {
        let preference = BodyPreference {
            kind: BodyType::Html,
            truncation_size: Some(500),
            all_or_none: true,
            preview: Some(255),
        };
        for version in ProtocolVersion::ALL {
            let options = BodyOptions {
                preferences: vec![preference],
                mime_support: 2,
                mime_truncation: Some(3),
                truncation: Some(8),
                part_preference: Some(preference),
                ..BodyOptions::new(version)
            };
            let stored = postcard::to_stdvec(&options).expect("options can be stored");
            assert_eq!(
                postcard::from_bytes::<BodyOptions>(&stored).expect("read back"),
                options
            );
        }
    }
}
