//! Where people meet.

use airgate_codec::eas::Location;
use airgate_codec::vobject::Component;

use super::people::one_line;

/// LOCATION as the name, with the coordinates that GEO or Apple's own property give. Nothing where
/// no place is told.
pub(in crate::item) fn location(event: &Component<'_>) -> Option<Location> {
    let name = event
        .property("LOCATION")
        .map(|location| one_line(&location.text()))
        .filter(|name| !name.is_empty());
    let apple = event.property("X-APPLE-STRUCTURED-LOCATION");
    let title = || {
        let title = apple.as_ref()?.parameter("X-TITLE")?;
        Some(one_line(title)).filter(|title| !title.is_empty())
    };
    let geo = event.property("GEO").map(|geo| geo.value().to_owned());
    let coordinates = geo
        .as_deref()
        .and_then(|geo| pair(geo, ';'))
        .or_else(|| pair(apple.as_ref()?.value().strip_prefix("geo:")?, ','));
    let display_name = name.or_else(title);
    let (latitude, longitude) = coordinates.unzip();
    (display_name.is_some() || latitude.is_some()).then(|| Location {
        display_name,
        latitude,
        longitude,
        ..Location::default()
    })
}

/// Two numbers that can be a place on Earth, as they are written.
fn pair(text: &str, separator: char) -> Option<(String, String)> {
    let (latitude, longitude) = text.split_once(separator)?;
    let number = |text: &str, most: f64| {
        let text = text.trim();
        let plain = text
            .chars()
            .all(|c| matches!(c, '0'..='9' | '.' | '-' | '+'));
        let within = text.parse::<f64>().is_ok_and(|number| number.abs() <= most);
        (plain && within).then(|| text.trim_start_matches('+').to_owned())
    };
    Some((number(latitude, 90.0)?, number(longitude, 180.0)?))
}
