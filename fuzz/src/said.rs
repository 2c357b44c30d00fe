//! What targets that read the properties of an item have in common.

use std::fmt::Debug;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Raw;
use airgate_codec::wbxml::Reader;

/// The properties below the first element, if the octets are a document.
pub(crate) fn raw(data: &[u8]) -> Option<Raw> {
    let mut reader = Reader::new(data).ok()?;
    reader.root().ok()?;
    Raw::read(&mut reader).ok()
}

/// What can be read and written says the same when it is read again, in every version.
#[allow(
    dead_code,
    reason = "each target is a crate, and one of them asks otherwise"
)]
pub(crate) fn settles<T: Debug + PartialEq, E: Debug>(
    raw: &Raw,
    read: impl Fn(&Raw) -> Result<T, E>,
    write: impl Fn(&T, ProtocolVersion) -> Raw,
) {
    let Ok(said) = read(raw) else {
        return;
    };
    for version in ProtocolVersion::ALL {
        // What the version lacks is gone, and so are characters that XML forbids.
        let once = read(&write(&said, version)).expect("what was written");
        let twice = read(&write(&once, version)).expect("what was written");
        assert_eq!(once, twice, "{version}");
    }
}
