//! Who meets: the organizer, the user among the attendees, and who answered.

use airgate_codec::vobject::{Component, Property};

use super::Around;
use crate::item::address::Mailbox;

/// Attendees looked at: a page of mails may hold many invitations of whole companies.
const MAX_ATTENDEES: usize = 2000;
/// Longest name or address shown.
const MAX_TEXT: usize = 512;

/// `"Name" <address>`.
pub(super) fn organizer(event: &Component<'_>) -> Option<String> {
    let organizer = event.property("ORGANIZER")?;
    let address = address(&organizer);
    let name = organizer.parameter("CN").map(one_line).unwrap_or_default();
    if address.is_empty() && name.is_empty() {
        return None;
    }
    // Some put the address where the name belongs.
    let name = if name.eq_ignore_ascii_case(&address) {
        String::new()
    } else {
        name
    };
    Some(Mailbox { name, address }.line())
}

/// Whether the user is asked for an answer. An alias that is not known as the user's may have been
/// invited: then it counts whether anyone is asked.
pub(super) fn is_asked(event: &Component<'_>, account_address: &str) -> bool {
    let mut anyone = false;
    for attendee in event.all("ATTENDEE").take(MAX_ATTENDEES) {
        let asked = attendee.says("RSVP", "TRUE");
        if is(&attendee, account_address) {
            return asked;
        }
        anyone |= asked;
    }
    anyone
}

/// The PARTSTAT of an answer, in upper case: that of the sender, or of the only one there is.
pub(super) fn answer(event: &Component<'_>, around: &Around<'_>) -> Option<String> {
    let from = around.from.unwrap_or_default().to_ascii_lowercase();
    let mut answer = None;
    for attendee in event.all("ATTENDEE").take(MAX_ATTENDEES) {
        let status = attendee.parameter("PARTSTAT").unwrap_or("NEEDS-ACTION");
        let address = address(&attendee).to_ascii_lowercase();
        if !address.is_empty() && from.contains(&address) {
            return Some(status.to_ascii_uppercase());
        }
        answer.get_or_insert_with(|| status.to_ascii_uppercase());
    }
    answer
}

fn is(attendee: &Property, account_address: &str) -> bool {
    !account_address.is_empty() && address(attendee).eq_ignore_ascii_case(account_address)
}

/// The address of a calendar user: `mailto:` in any letter case, or the parameter that servers add
/// where the value is their own path.
pub(super) fn address(person: &Property) -> String {
    let value = person.value().trim();
    let mail = value
        .get(..7)
        .filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"))
        .and_then(|_| value.get(7..));
    let bare = || (value.contains('@') && !value.contains(':')).then_some(value);
    one_line(
        mail.or_else(|| person.parameter("EMAIL"))
            .or_else(bare)
            .unwrap_or_default(),
    )
}

/// Text that fits a line of a phone: blanks for breaks, and not endless.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MAX_TEXT).collect()
}
