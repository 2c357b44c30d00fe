use super::*;
use crate::wbxml::{air_sync, air_sync_base, compose_mail, email, email2};

fn body(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::ungated();
    write(&mut writer);
    writer.into_bytes().split_off(HEADER.len())
}

#[test]
fn elements_pages_and_values_come_out_as_the_specification_has_them() {
    let bytes = body(|w| {
        w.start(air_sync::SYNC);
        w.text(air_sync::SYNC_KEY, "1");
        w.empty(air_sync::MORE_AVAILABLE);
        w.number(air_sync::WINDOW_SIZE, 50u32);
        w.boolean(email::READ, true);
        w.opaque(compose_mail::MIME, b"\0\x01");
        w.text(air_sync::CLASS, "");
        w.end();
    });
    assert_eq!(
        bytes,
        b"\x45\x4B\x031\0\x01\x14\x55\x0350\0\x01\0\x02\x55\x031\0\x01\0\x15\x50\xC3\x02\0\x01\x01\0\0\x10\x01"
    );
}

#[test]
fn numbers_are_decimal_up_to_64_bits() {
    for value in [0, 9, 10, 65_001, u64::MAX] {
        let bytes = body(|w| w.number(air_sync::STATUS, value));
        assert_eq!(bytes, format!("\x4E\x03{value}\0\x01").as_bytes());
    }
}

/// Values may come in pieces, and the document leave in pieces.
#[test]
fn values_and_documents_are_streamed() {
    let mut writer = Writer::ungated();
    let mut sent = Vec::new();
    writer.start(air_sync_base::BODY);
    writer.start(air_sync_base::DATA);
    writer.start_text();
    for piece in ["hel", "", "lo"] {
        writer.text_piece(piece);
        sent.extend(writer.take());
    }
    writer.end_text();
    writer.end();
    writer.start(air_sync_base::CONTENT);
    writer.start_opaque(3);
    writer.opaque_piece(b"a");
    sent.extend(writer.take());
    writer.opaque_piece(b"bc");
    writer.end();
    writer.end();
    assert_eq!(writer.len(), 4);
    sent.extend(writer.into_bytes());
    assert_eq!(
        sent.split_off(HEADER.len()),
        b"\0\x11\x4A\x4B\x03hello\0\x01\x5F\xC3\x03abc\x01\x01"
    );
}

/// T23: no character leaves that would end a string early or break an XML parser.
#[test]
fn t23_characters_xml_forbids_are_left_out() {
    let bytes = body(|w| w.text(email::SUBJECT, "\0a\u{1}\u{fffe}b\t\u{fffd}\u{1f}c\u{ffff}"));
    assert_eq!(bytes, "\0\u{2}\u{54}\u{3}ab\t\u{fffd}c\0\u{1}".as_bytes());
}

/// A phone of an older version gets no tag, in no form, that its version lacks.
#[test]
fn elements_the_version_lacks_are_left_out_with_their_subtree() {
    let write = |version| {
        let mut w = Writer::new(version);
        w.start(air_sync::SYNC);
        w.empty(email2::SEND);
        w.text(email2::UM_CALLER_ID, "x");
        w.opaque(email2::CONVERSATION_ID, b"x");
        w.start(air_sync_base::BODY);
        w.start(air_sync::STATUS); // known, but inside what is left out
        w.start_text();
        w.text_piece("1");
        w.end_text();
        w.start_opaque(1);
        w.opaque_piece(b"1");
        w.end();
        w.boolean(air_sync::STATUS, true);
        w.empty(air_sync::STATUS);
        w.end();
        w.empty(air_sync::STATUS);
        w.end();
        w.into_bytes().split_off(HEADER.len())
    };
    assert_eq!(write(ProtocolVersion::V2_5), [0x45, 0x0E, 0x01]);
    assert!(write(ProtocolVersion::V16_1).len() > 30);
}

/// T5: the writer has no stack to overflow, neither writing nor leaving out.
#[test]
fn t5_depth_costs_the_writer_no_stack() {
    for tag in [air_sync::SYNC, email2::SEND] {
        let mut writer = Writer::new(ProtocolVersion::V12_0);
        for _ in 0..5_000_000 {
            writer.start(tag);
        }
        for _ in 0..5_000_000 {
            writer.end();
        }
        let expected = if tag == air_sync::SYNC { 10_000_000 } else { 0 };
        assert_eq!(writer.into_bytes().len(), HEADER.len() + expected);
    }
}

/// The buffer grows by doubling and for nothing else: a document of many tokens is written with as
/// many allocations as doublings, and into one large enough with none.
#[test]
fn no_allocation_per_token() {
    let mut writer = Writer::new(ProtocolVersion::V16_1);
    let mut growths = 0;
    let mut capacity = writer.out.capacity();
    writer.start(air_sync::SYNC);
    for at in 0..100_000u32 {
        writer.number(air_sync::SERVER_ID, at);
        writer.text(email::SUBJECT, "Hello");
        writer.opaque(email2::CONVERSATION_ID, b"0123456789abcdef");
        growths += usize::from(writer.out.capacity() != capacity);
        capacity = writer.out.capacity();
    }
    writer.end();
    let doublings = (capacity / 512).ilog2() as usize + 1;
    assert!(
        growths <= doublings,
        "{growths} growths to {capacity} bytes"
    );
}
