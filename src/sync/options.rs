//! Sticky options of a collection: what a phone said once holds until it says it anew, and saying
//! one thing anew replaces all ([MS-ASCMD] 2.2.3.125.5).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::{Class, sync};
use serde::{Deserialize, Serialize};

use super::state;
use crate::item::options::BodyOptions;

/// Format of the stored options.
const VERSION: u8 = 2;

/// Options of a mail collection, as stored.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Options {
    pub filter_type: u8,
    /// The window has older messages of the conversations in it, too.
    pub conversation_mode: bool,
    /// Conflict 0: of an item changed on both sides the phone's is kept.
    pub client_wins: bool,
    /// Kept with the version they came in, used with the one of each request.
    pub bodies: BodyOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            filter_type: 0,
            conversation_mode: false,
            client_wins: false,
            bodies: BodyOptions::new(ProtocolVersion::V16_1),
        }
    }
}

/// Why options are refused: Sync status 4, but for [`Self::PartType`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadOptions {
    #[error("FilterType {0} is not one for mail")]
    Filter(u8),
    #[error("two preferences for one type of body")]
    TwoPreferences,
    #[error("two Options for one class")]
    TwoOptions,
    #[error("a body part preference other than HTML")]
    PartType,
}

impl Options {
    /// Reads stored options; what cannot be read is the default.
    pub fn decode(blob: &[u8]) -> Self {
        state::decode(VERSION, blob).unwrap_or_default()
    }

    pub fn encode(&self) -> Vec<u8> {
        state::encode(VERSION, self)
    }

    /// The options of a mail collection out of what a request says.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn from_request(all: &[sync::Options]) -> Result<Self, BadOptions> {
        let mut mail = all
            .iter()
            .filter(|options| options.class.is_none_or(|class| class != Class::Sms));
        let options = mail.next().cloned().unwrap_or_default();
        if mail.next().is_some() {
            return Err(BadOptions::TwoOptions);
        }
        let filter_type = options.filter_type.unwrap_or(0);
        if filter_type > 7 {
            return Err(BadOptions::Filter(filter_type));
        }
        Ok(Self {
            filter_type,
            conversation_mode: false,
            client_wins: options.conflict == Some(0),
            bodies: bodies(&options)?,
        })
    }

    /// The options for bodies in a request of that version.
    pub fn bodies_in(&self, version: ProtocolVersion) -> BodyOptions {
        BodyOptions {
            version,
            ..self.bodies.clone()
        }
    }
}

/// What a request says of bodies.
///
/// # Errors
/// What the protocol refuses.
pub(super) fn bodies(options: &sync::Options) -> Result<BodyOptions, BadOptions> {
    for (at, preference) in options.body_preferences.iter().enumerate() {
        if options
            .body_preferences
            .iter()
            .skip(at + 1)
            .any(|p| p.kind == preference.kind)
        {
            return Err(BadOptions::TwoPreferences);
        }
    }
    if options
        .body_part_preferences
        .iter()
        .any(|p| p.kind != BodyType::Html)
    {
        return Err(BadOptions::PartType);
    }
    Ok(BodyOptions {
        preferences: options.body_preferences.iter().map(Into::into).collect(),
        part_preference: options.body_part_preferences.first().map(Into::into),
        mime_support: options.mime_support.unwrap_or(0),
        mime_truncation: options.mime_truncation,
        truncation: options.truncation,
        ..Options::default().bodies
    })
}

#[cfg(test)]
mod tests {
    use airgate_codec::eas::BodyPreference;

    use super::*;

    fn preference(kind: BodyType) -> BodyPreference {
        BodyPreference {
            truncation_size: Some(200),
            ..BodyPreference::of(kind)
        }
    }

    #[test]
    fn what_the_protocol_refuses_is_refused() {
        let of = |options: sync::Options| Options::from_request(&[options]);
        let filter = |filter| sync::Options {
            filter_type: Some(filter),
            ..Default::default()
        };
        assert_eq!(of(filter(8)), Err(BadOptions::Filter(8)));
        assert_eq!(of(filter(7)).map(|options| options.filter_type), Ok(7));
        let twice = sync::Options {
            body_preferences: vec![preference(BodyType::Html), preference(BodyType::Html)],
            ..Default::default()
        };
        assert_eq!(of(twice), Err(BadOptions::TwoPreferences));
        assert_eq!(Options::from_request(&[]), Ok(Options::default()));
        assert_eq!(
            Options::from_request(&[filter(1), filter(2)]),
            Err(BadOptions::TwoOptions)
        );
    }

    #[test]
    fn options_survive_storage() {
        let options = Options::from_request(&[sync::Options {
            filter_type: Some(3),
            body_preferences: vec![preference(BodyType::Html), preference(BodyType::Plain)],
            mime_support: Some(2),
            ..Default::default()
        }])
        .expect("good");
        assert_eq!(Options::decode(&options.encode()), options);
        assert_eq!(Options::decode(b"nonsense"), Options::default());
        let bodies = options.bodies_in(ProtocolVersion::V12_1);
        assert_eq!(bodies.preferences[0].truncation_size, Some(200));
        assert_eq!(bodies.version, ProtocolVersion::V12_1);
    }
}
