//! Sticky options of a collection of objects: what a phone said once holds until it says it anew
//! ([MS-ASCMD] 2.2.3.125.5). Supported is said with key 0 and holds for the chain's whole life.

use airgate_codec::eas::sync;
use airgate_codec::wbxml::Tag;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::window::Window;
use crate::item::object::{Kind, Supported};
use crate::item::options::BodyOptions;
use crate::sync::options::{BadOptions, Options, bodies};
use crate::sync::state;
use crate::sync::window;

/// Format of the stored options; not one of those of mail.
const VERSION: u8 = 66;

/// Tags in a Supported: far more than the classes have.
const MAX_SUPPORTED: usize = 256;

/// Options of a collection of objects, as stored.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ObjectOptions {
    pub filter_type: u8,
    /// Conflict 0: of an object changed on both sides the phone's change is kept.
    pub client_wins: bool,
    pub supported: Supported,
    /// Kept with the version they came in, used with the one of each request.
    pub bodies: BodyOptions,
}

impl Default for ObjectOptions {
    fn default() -> Self {
        let Options {
            filter_type,
            client_wins,
            bodies,
            ..
        } = Options::default();
        Self {
            filter_type,
            client_wins,
            supported: Supported::default(),
            bodies,
        }
    }
}

impl ObjectOptions {
    /// Reads stored options; what cannot be read is the default.
    pub fn decode(blob: &[u8]) -> Self {
        state::decode(VERSION, blob).unwrap_or_default()
    }

    pub fn encode(&self) -> Vec<u8> {
        state::encode(VERSION, self)
    }

    /// What a request says, in place of all that was said before except Supported.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn replaced_by(self, all: &[sync::Options], kind: Kind) -> Result<Self, BadOptions> {
        if all.len() > 1 {
            return Err(BadOptions::TwoOptions);
        }
        let options = all.first().cloned().unwrap_or_default();
        let filter_type = options.filter_type.unwrap_or(0);
        let known = match kind {
            Kind::Event => filter_type <= 7,
            // Sent by clients that send one filter for everything; it is ignored.
            Kind::Contact | Kind::Note | Kind::Task => filter_type <= 8,
        };
        if !known {
            return Err(BadOptions::Filter(filter_type));
        }
        Ok(Self {
            filter_type,
            client_wins: options.conflict == Some(0),
            supported: self.supported,
            bodies: bodies(&options)?,
        })
    }

    /// Takes over what a request with key 0 says of the properties the client manages.
    #[must_use]
    pub fn supporting(self, said: Option<&[Tag]>) -> Self {
        let supported = match said {
            None => Supported::NotSaid,
            Some([]) => Supported::Nothing,
            Some(tags) => Supported::These(
                tags.iter()
                    .take(MAX_SUPPORTED)
                    .map(|tag| (tag.page, tag.token))
                    .collect(),
            ),
        };
        Self { supported, ..self }
    }

    /// The part of a collection that is wanted at that moment.
    pub fn window(&self, kind: Kind, now: i64, zone: &TimeZone) -> Window {
        match (kind, self.filter_type) {
            (Kind::Event, filter) => {
                window::mail_floor(filter, now, zone).map_or(Window::All, Window::Since)
            }
            (Kind::Task, 8) => Window::Open,
            _ => Window::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use airgate_codec::wbxml::contacts;

    use super::*;

    fn filter(filter_type: u8) -> Vec<sync::Options> {
        vec![sync::Options {
            filter_type: Some(filter_type),
            ..sync::Options::default()
        }]
    }

    #[test]
    fn t21_each_class_has_its_own_filters() {
        let of = |kind, number| ObjectOptions::default().replaced_by(&filter(number), kind);
        assert_eq!(of(Kind::Event, 8), Err(BadOptions::Filter(8)));
        assert_eq!(of(Kind::Task, 9), Err(BadOptions::Filter(9)));
        let window = |kind, number| {
            let options = of(kind, number).expect("known");
            options.window(kind, 1_800_000_000, &TimeZone::UTC)
        };
        assert_eq!(window(Kind::Event, 0), Window::All);
        assert!(matches!(window(Kind::Event, 4), Window::Since(_)));
        assert_eq!(window(Kind::Task, 8), Window::Open);
        assert_eq!(window(Kind::Task, 4), Window::All);
        assert_eq!(window(Kind::Contact, 4), Window::All);
    }

    #[test]
    fn supported_outlives_new_options() {
        let told = ObjectOptions::default().supporting(Some(&[contacts::FILE_AS]));
        let stored = ObjectOptions::decode(&told.encode());
        assert_eq!(stored, told);
        let later = stored.replaced_by(&filter(0), Kind::Contact).expect("good");
        assert!(later.supported.manages(contacts::FILE_AS));
        assert!(!later.supported.manages(contacts::PICTURE));
        let nothing = later.supporting(Some(&[]));
        assert_eq!(nothing.supported, Supported::Nothing);
        assert_eq!(nothing.supporting(None).supported, Supported::NotSaid);
        assert_eq!(ObjectOptions::decode(b"no"), ObjectOptions::default());
    }
}
