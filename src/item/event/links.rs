//! Where people meet by wire (RFC 7986 5.11, and what programs wrote before it): told, never written.

use airgate_codec::vobject::Component;

use crate::item::legal::legalise;

/// The pages a browser opens, the standard's first.
const PAGES: [&str; 4] = [
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
];
/// The addresses a conference program takes ([MS-ASCAL] OnlineMeetingConfLink).
const ADDRESSES: [&str; 2] = ["X-MICROSOFT-ONLINEMEETINGCONFLINK", "CONFERENCE"];
/// Longest link that is told.
const MAX_LINK: usize = 2048;

/// OnlineMeetingExternalLink.
pub(super) fn page(event: &Component<'_>) -> Option<String> {
    first(event, &PAGES, &["https:", "http:"])
}

/// OnlineMeetingConfLink.
pub(super) fn address(event: &Component<'_>) -> Option<String> {
    first(event, &ADDRESSES, &["conf:", "sips:", "sip:"])
}

/// The first value of those schemes. A meeting has several CONFERENCE, the telephone's often first.
fn first(event: &Component<'_>, names: &[&str], schemes: &[&str]) -> Option<String> {
    let properties = names.iter().flat_map(|name| event.all(name));
    properties
        .map(|property| property.value().trim().to_owned())
        .find(|uri| {
            let starts = |scheme: &&str| {
                let start = uri.get(..scheme.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            };
            uri.len() <= MAX_LINK && schemes.iter().any(starts)
        })
        .map(legalise)
}
