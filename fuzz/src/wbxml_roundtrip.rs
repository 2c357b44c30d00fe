//! Any bytes as instructions to the writer, and as an XML text: what was written is what is read.

use airgate_codec::wbxml::{Event, Limits, Reader, Tag, Writer, from_xml, to_xml};

use crate::events::events;

pub(crate) fn run(data: &[u8]) {
    crate::ceiling::within(written, data);
    crate::ceiling::within(parsed, data);
}

fn written(data: &[u8]) {
    let mut writer = Writer::ungated();
    let mut expected = Vec::new();
    let root = Tag::new(0, 5);
    writer.start(root);
    expected.push(Event::Start(root));
    let mut open = 1;
    let mut input = data;
    while let Some((instruction, rest)) = input.split_first() {
        input = rest;
        match instruction % 8 {
            0 | 1 if open < Limits::default().depth => {
                let tag = tag(&mut input);
                writer.start(tag);
                expected.push(Event::Start(tag));
                open += 1;
            }
            2 if open < Limits::default().depth => {
                let tag = tag(&mut input);
                writer.empty(tag);
                expected.extend([Event::Start(tag), Event::End]);
            }
            3 | 4 if open > 1 => {
                writer.end();
                expected.push(Event::End);
                open -= 1;
            }
            5 => {
                let text = String::from_utf8_lossy(value(&mut input));
                writer.start_text();
                writer.text_piece(&text);
                writer.end_text();
                let legal = text
                    .chars()
                    .filter(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..));
                expected.push(Event::Text(legal.collect::<String>().into()));
            }
            6 => {
                let bytes = value(&mut input);
                writer.start_opaque(u32::try_from(bytes.len()).expect("at most 255"));
                writer.opaque_piece(bytes);
                expected.push(Event::Opaque(bytes));
            }
            _ => {}
        }
    }
    for _ in 0..open {
        writer.end();
        expected.push(Event::End);
    }
    let bytes = writer.into_bytes();
    let mut reader = Reader::with_limits(&bytes, Limits::VIEW).expect("our own header");
    for event in expected {
        assert_eq!(reader.next(), Ok(Some(event)));
    }
    assert_eq!(reader.finish(), Ok(()));
    let xml = to_xml(&bytes).expect("our own document");
    let again = from_xml(&xml).expect("our own XML");
    assert_eq!(events(&again), events(&bytes), "{xml}");
}

/// An XML text that is accepted makes a document that can be shown.
fn parsed(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match from_xml(&text) {
        Ok(bytes) => {
            let xml = to_xml(&bytes).expect("what we wrote");
            let again = from_xml(&xml).expect("our own XML");
            assert_eq!(events(&again), events(&bytes), "{xml}");
        }
        Err(fault) => assert!(fault.offset <= text.len()),
    }
}

fn tag(input: &mut &[u8]) -> Tag {
    let (page, token) = match **input {
        [page, token, ..] => (page, token),
        _ => (0, 0),
    };
    *input = input.get(2..).unwrap_or_default();
    Tag::new(page, token.clamp(0x05, 0x3F))
}

fn value<'a>(input: &mut &'a [u8]) -> &'a [u8] {
    let length = usize::from(input.first().copied().unwrap_or_default());
    let (value, rest) = match input.split_at_checked(length) {
        Some(parts) => parts,
        None => (*input, &[][..]),
    };
    *input = rest;
    value
}
