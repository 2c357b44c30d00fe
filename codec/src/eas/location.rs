//! A place, as 16.0 and later structure it ([MS-ASAIRS] 2.2.2.28).

use super::Malformed;
use super::fields::{text, write_text};
use crate::wbxml::{Reader, Writer, air_sync_base};

/// A place. Numbers stay the text they are, so that no digit is lost.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Location {
    pub display_name: Option<String>,
    pub annotation: Option<String>,
    pub street: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub postal_code: Option<String>,
    pub latitude: Option<String>,
    pub longitude: Option<String>,
    pub accuracy: Option<String>,
    pub altitude: Option<String>,
    pub altitude_accuracy: Option<String>,
    pub location_uri: Option<String>,
}

impl Location {
    /// A place that has only a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            display_name: Some(name.into()),
            ..Self::default()
        }
    }

    /// Reads the children of the current element, whose end is consumed.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut location = Self::default();
        while let Some(tag) = reader.child()? {
            let field = match tag {
                air_sync_base::DISPLAY_NAME => &mut location.display_name,
                air_sync_base::ANNOTATION => &mut location.annotation,
                air_sync_base::STREET => &mut location.street,
                air_sync_base::CITY => &mut location.city,
                air_sync_base::STATE => &mut location.state,
                air_sync_base::COUNTRY => &mut location.country,
                air_sync_base::POSTAL_CODE => &mut location.postal_code,
                air_sync_base::LATITUDE => &mut location.latitude,
                air_sync_base::LONGITUDE => &mut location.longitude,
                air_sync_base::ACCURACY => &mut location.accuracy,
                air_sync_base::ALTITUDE => &mut location.altitude,
                air_sync_base::ALTITUDE_ACCURACY => &mut location.altitude_accuracy,
                air_sync_base::LOCATION_URI => &mut location.location_uri,
                _ => {
                    reader.skip()?;
                    continue;
                }
            };
            *field = Some(text(reader, tag)?);
        }
        Ok(location)
    }

    /// Writes the element; versions before 16.0 have none.
    pub(super) fn write(&self, writer: &mut Writer) {
        if *self == Self::default() {
            writer.empty(air_sync_base::LOCATION);
            return;
        }
        writer.start(air_sync_base::LOCATION);
        for (tag, value) in [
            (air_sync_base::DISPLAY_NAME, &self.display_name),
            (air_sync_base::ANNOTATION, &self.annotation),
            (air_sync_base::STREET, &self.street),
            (air_sync_base::CITY, &self.city),
            (air_sync_base::STATE, &self.state),
            (air_sync_base::COUNTRY, &self.country),
            (air_sync_base::POSTAL_CODE, &self.postal_code),
            (air_sync_base::LATITUDE, &self.latitude),
            (air_sync_base::LONGITUDE, &self.longitude),
            (air_sync_base::ACCURACY, &self.accuracy),
            (air_sync_base::ALTITUDE, &self.altitude),
            (air_sync_base::ALTITUDE_ACCURACY, &self.altitude_accuracy),
            (air_sync_base::LOCATION_URI, &self.location_uri),
        ] {
            write_text(writer, tag, value.as_ref());
        }
        writer.end();
    }
}
