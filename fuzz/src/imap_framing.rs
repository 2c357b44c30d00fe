//! Any octets as what a mail server sends, in one piece and cut into reads: the same responses, and
//! each is parsed to a value.

use airgate_codec::imap::{FrameEvent, FrameLimits, Framer, FramingFault, parse};

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(framing, data);
    // The ceiling is one response's: a set like 1:4294967295 costs milliseconds.
    for frame in frames(data, data.len()).0 {
        crate::ceiling::within(|frame| drop(parse(frame)), &frame);
    }
}

fn framing(data: &[u8]) {
    let whole = frames(data, data.len());
    let cut = frames(data, usize::from(data.first().copied().unwrap_or(1)).max(1));
    assert_eq!(whole, cut, "the cut of the reads shows");
}

/// Complete responses, and streamed octets together as one.
fn frames(data: &[u8], step: usize) -> (Vec<Vec<u8>>, Option<FramingFault>) {
    // Small, so that a fuzzer's inputs reach them.
    let limits = FrameLimits {
        line: 2048,
        literals: 2048,
        stream_threshold: 64,
        literal: 4096,
        ..FrameLimits::default()
    };
    let mut framer = Framer::new(limits);
    let mut found = vec![Vec::new()];
    for piece in data.chunks(step.max(1)) {
        framer.push(piece);
        loop {
            match framer.next_event() {
                Ok(None) => break,
                Ok(Some(FrameEvent::Whole(frame))) => {
                    found.push(frame.bytes.to_vec());
                    found.push(Vec::new());
                }
                Ok(Some(FrameEvent::LiteralPiece(bytes))) => {
                    if let Some(streamed) = found.last_mut() {
                        streamed.extend_from_slice(&bytes);
                    }
                }
                Ok(Some(_)) => {}
                Err(fault) => {
                    // The streamed octets before a fault depend on when they were asked for.
                    return (found, Some(fault));
                }
            }
        }
    }
    (found, None)
}
