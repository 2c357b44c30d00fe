//! Any text as the query of a request: read, written in both forms, read again.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::RequestLine;

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(query, data);
}

fn query(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(line) = RequestLine::read(text) else {
        return;
    };
    let plain = line.to_plain();
    assert!(plain.len() <= 8 * text.len() + 256, "{plain}");
    let again = RequestLine::read(&plain).expect("our own query");
    assert_eq!(again.command, line.command);
    assert_eq!(again.device_id, line.device_id);
    assert_eq!(again.device_type, line.device_type);
    // A value may be too long to pack; what can be packed is the same afterwards.
    let version = line.version.unwrap_or(ProtocolVersion::V14_1);
    if let Ok(packed) = line.to_base64(version) {
        let again = RequestLine::read(&packed).expect("our own packed query");
        assert_eq!(again.command, line.command);
        assert_eq!(again.device_type, line.device_type);
    }
}
