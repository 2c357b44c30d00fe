//! What a phone wants to hear of its mail on the way: fields that programs write for it, which the
//! submission server understands only as options of the envelope (RFC 3461).

use super::fields::Field;

/// Reports asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Receipts {
    /// That it arrived.
    pub delivery: bool,
    /// That it was read. Whoever wants that wants to hear if it cannot be.
    pub reading: bool,
}

/// Outlook's and most others', X.400 gateways', Pegasus'.
const DELIVERY: [&str; 3] = ["Return-Receipt-To", "Generate-Delivery-Report", "X-PMRQC"];
/// The standard's (RFC 8098) and older ones.
const READING: [&str; 2] = ["Disposition-Notification-To", "X-Confirm-Reading-To"];

impl Receipts {
    /// Takes the field if it is one of these; it stays in the header, where the recipient's mail
    /// program looks for it.
    pub(super) fn take(&mut self, field: &Field<'_>) {
        if field.value().is_empty() {
            return;
        }
        self.delivery |= DELIVERY.iter().any(|name| field.is(name));
        self.reading |= READING.iter().any(|name| field.is(name));
    }
}
