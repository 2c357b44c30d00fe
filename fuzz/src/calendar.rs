//! Any octets as the properties of an event: what can be read and written says the same when it is
//! read again.

use airgate_codec::eas::calendar::Event;

use crate::said;

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(event, data);
}

fn event(data: &[u8]) {
    if let Some(raw) = said::raw(data) {
        said::settles(&raw, Event::from_raw, Event::to_raw);
    }
}
