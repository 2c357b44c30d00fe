//! How private a meeting is and how it shows in others' calendars.

use airgate_codec::vobject::Component;

/// 0 normal, 1 personal, 2 private, 3 confidential.
pub(in crate::item) fn sensitivity(event: &Component<'_>) -> u8 {
    match word(event, "CLASS").as_str() {
        "PRIVATE" => 2,
        "CONFIDENTIAL" => 3,
        "X-PERSONAL" => 1,
        _ => 0,
    }
}

/// 0 free, 1 tentative, 2 busy, 3 out of office, 4 elsewhere. What the organizer intends counts
/// before what a calendar shows until someone answers.
pub(in crate::item) fn busy(event: &Component<'_>) -> u8 {
    let microsoft = |name: &str| {
        Some(match word(event, name).as_str() {
            "FREE" => 0,
            "TENTATIVE" => 1,
            "BUSY" => 2,
            "OOF" => 3,
            "WORKINGELSEWHERE" => 4,
            _ => return None,
        })
    };
    microsoft("X-MICROSOFT-CDO-INTENDEDSTATUS")
        .or_else(|| microsoft("X-MICROSOFT-CDO-BUSYSTATUS"))
        .unwrap_or_else(|| {
            if word(event, "TRANSP") == "TRANSPARENT" {
                0
            } else if word(event, "STATUS") == "TENTATIVE" {
                1
            } else {
                2
            }
        })
}

/// Whether a property of Microsoft's says TRUE.
pub(in crate::item) fn is_true(event: &Component<'_>, name: &str) -> bool {
    word(event, name) == "TRUE"
}

fn word(event: &Component<'_>, name: &str) -> String {
    event
        .property(name)
        .map(|property| property.value().trim().to_ascii_uppercase())
        .unwrap_or_default()
}
