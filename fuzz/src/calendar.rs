//! Any octets as the properties of an event: what can be read and written says the same when it is
//! read again.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Raw;
use airgate_codec::eas::calendar::Event;
use airgate_codec::wbxml::Reader;

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(event, data);
}

fn event(data: &[u8]) {
    let Ok(mut reader) = Reader::new(data) else {
        return;
    };
    if reader.root().is_err() {
        return;
    }
    let Ok(raw) = Raw::read(&mut reader) else {
        return;
    };
    let Ok(said) = Event::from_raw(&raw) else {
        return;
    };
    for version in ProtocolVersion::ALL {
        // What the version lacks is gone, and so are characters that XML forbids.
        let once = Event::from_raw(&said.to_raw(version)).expect("what was written");
        let twice = Event::from_raw(&once.to_raw(version)).expect("what was written");
        assert_eq!(once, twice, "{version}");
    }
}
