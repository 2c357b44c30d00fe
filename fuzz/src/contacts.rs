//! Any octets as the properties of a contact: what can be read and written says the same when it is
//! read again.

use airgate_codec::eas::contacts::Contact;

use crate::said;

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(contact, data);
}

fn contact(data: &[u8]) {
    if let Some(raw) = said::raw(data) {
        said::settles(&raw, Contact::from_raw, Contact::to_raw);
    }
}
