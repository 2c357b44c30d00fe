//! Any octets as a winmail.dat: what is in it, its text, and the messages inside.

use airgate_codec::tnef::{MAX_ATTACHMENTS, TnefContent, open};

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(taken_apart, data);
}

fn taken_apart(data: &[u8]) {
    let Some(tnef) = open(data) else {
        return;
    };
    assert!(tnef.attachments.len() <= MAX_ATTACHMENTS);
    let _ = tnef.body();
    for attachment in &tnef.attachments {
        if let TnefContent::Message(inner) = attachment.content {
            assert!(
                inner.len() < data.len(),
                "a message larger than what holds it"
            );
            let _ = open(inner).and_then(|inner| inner.body());
        }
    }
}
