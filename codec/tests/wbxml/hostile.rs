//! T4, T6 and T7 on real documents: every value, at every place where it matters.

use airgate_codec::wbxml::{Event, Fault, FaultKind, Limits, Reader, from_xml, to_xml};

use crate::fixtures::{self, Document};

/// What a byte outside of values is there for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Role {
    Header,
    Token { inside: bool },
    Page,
    Length,
    Terminator,
}

/// A value in a document: the offset of its token and of its bytes, and how many these are.
struct Value {
    token: usize,
    start: usize,
    length: usize,
}

/// The structure of a document that is known to be right, found without the reader under test.
fn dissect(bytes: &[u8]) -> (Vec<(usize, Role)>, Vec<Value>) {
    let mut places: Vec<_> = (0..4).map(|at| (at, Role::Header)).collect();
    let mut values = Vec::new();
    let (mut at, mut depth) = (4, 0);
    while at < bytes.len() {
        let token = at;
        places.push((at, Role::Token { inside: depth > 0 }));
        at += 1;
        match bytes[token] {
            0x00 => {
                places.push((at, Role::Page));
                at += 1;
            }
            0x01 => depth -= 1,
            0x03 => {
                let length = bytes[at..].iter().position(|byte| *byte == 0).unwrap();
                values.push(Value {
                    token,
                    start: at,
                    length,
                });
                at += length;
                places.push((at, Role::Terminator));
                at += 1;
            }
            0xC3 => {
                let mut length = 0;
                loop {
                    places.push((at, Role::Length));
                    length = length << 7 | usize::from(bytes[at] & 0x7F);
                    at += 1;
                    if bytes[at - 1] & 0x80 == 0 {
                        break;
                    }
                }
                values.push(Value {
                    token,
                    start: at,
                    length,
                });
                at += length;
            }
            tag => depth += usize::from(tag & 0x40 != 0),
        }
    }
    (places, values)
}

/// Reads to the end by events; how many there were.
fn walk(bytes: &[u8]) -> Result<usize, Fault> {
    let mut reader = Reader::new(bytes)?;
    reader.root()?;
    let mut events = 1;
    while reader.next()?.is_some() {
        events += 1;
    }
    assert!(reader.steps() <= bytes.len(), "more steps than bytes");
    Ok(events)
}

/// Reads as a command's reader does that knows none of the tags.
fn skip(bytes: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader::new(bytes)?;
    reader.root()?;
    reader.skip()?;
    reader.finish()
}

/// T6: every byte value at every structural position of 200 recorded documents (the shortest: the
/// work grows with the square of the length). Split into four, so that they run side by side.
fn every_byte_everywhere(quarter: usize) {
    let mut positions = 0;
    let mut documents = fixtures::recorded();
    documents.sort_by_key(|document| document.bytes.len());
    for document in documents[..200].iter().skip(quarter).step_by(4) {
        assert!(walk(&document.bytes).is_ok(), "{}", document.name);
        let (places, _) = dissect(&document.bytes);
        positions += places.len();
        let mut bytes = document.bytes.clone();
        for (at, role) in places {
            let original = bytes[at];
            for value in 0..=u8::MAX {
                bytes[at] = value;
                let result = skip(&bytes);
                if let Err(fault) = result {
                    assert!(fault.offset <= bytes.len());
                }
                if value % 16 == 0 {
                    assert_eq!(
                        walk(&bytes).map(drop),
                        result,
                        "{} {at} {value}",
                        document.name
                    );
                }
                expect(document, at, role, value, result);
            }
            bytes[at] = original;
        }
    }
    assert!(positions > 1000, "only {positions} positions");
}

fn expect(document: &Document, at: usize, role: Role, value: u8, result: Result<(), Fault>) {
    let name = &document.name;
    let here = |kind| Err(Fault { offset: at, kind });
    match role {
        // Tokens of WBXML that EAS has no use for, and attributes, are faults exactly there.
        Role::Token { inside } => match value {
            0x02 | 0x04 | 0x40..=0x44 | 0x80..=0x84 | 0xC0..=0xC2 | 0xC4 => {
                assert_eq!(result, here(FaultKind::Token(value)), "{name} {at}");
            }
            0x85..=0xBF | 0xC5.. => assert_eq!(result, here(FaultKind::Attributes), "{name} {at}"),
            0x01 | 0x03 | 0xC3 if !inside => {
                assert_eq!(result, here(FaultKind::Token(value)), "{name} {at}");
            }
            // Any element may stand where an element of the same shape stood, known or not.
            0x05..=0x3F if (0x05..=0x3F).contains(&document.bytes[at]) => {
                assert_eq!(result, Ok(()), "{name} {at} {value}");
            }
            0x45..=0x7F if (0x45..=0x7F).contains(&document.bytes[at]) => {
                assert_eq!(result, Ok(()), "{name} {at} {value}");
            }
            _ => {}
        },
        // An unknown page changes names, not structure.
        Role::Page => assert_eq!(result, Ok(()), "{name} {at} {value}"),
        Role::Header if at == 0 && !(1..=3).contains(&value) => {
            assert_eq!(result, here(FaultKind::Version(value)), "{name}");
        }
        Role::Header | Role::Length | Role::Terminator => {}
    }
}

#[test]
fn t6_every_byte_at_every_structural_position_1() {
    every_byte_everywhere(0);
}

#[test]
fn t6_every_byte_at_every_structural_position_2() {
    every_byte_everywhere(1);
}

#[test]
fn t6_every_byte_at_every_structural_position_3() {
    every_byte_everywhere(2);
}

#[test]
fn t6_every_byte_at_every_structural_position_4() {
    every_byte_everywhere(3);
}

/// T4: lengths 0, rest, rest + 1, 2^31 and 2^32 - 1 at every place of a value, opaque or string.
#[test]
fn t4_every_length_at_every_value() {
    let mut seen = 0;
    for document in fixtures::examples().iter().chain(&fixtures::recorded()) {
        let (_, values) = dissect(&document.bytes);
        for value in values {
            seen += 1;
            let head = &document.bytes[..value.token];
            let tail = &document.bytes[value.start..];
            let rest = u32::try_from(tail.len()).unwrap();
            for announced in [0, rest, rest + 1, 1 << 31, u32::MAX] {
                let mut bytes = head.to_vec();
                bytes.push(0xC3);
                bytes.extend(integer(announced));
                bytes.extend(tail);
                let result = skip(&bytes);
                let past_end = FaultKind::LengthPastEnd {
                    announced,
                    left: tail.len(),
                };
                if announced > rest {
                    let fault = Fault {
                        offset: value.token,
                        kind: past_end,
                    };
                    assert_eq!(result, Err(fault), "{}", document.name);
                } else if announced == rest {
                    // All the rest is the value, so that no END is left.
                    let fault = Fault {
                        offset: bytes.len(),
                        kind: FaultKind::Truncated,
                    };
                    assert_eq!(result, Err(fault), "{}", document.name);
                }
            }
            // A string that nothing ends, and one cut off at each side of its end.
            for end in [value.token + 1, value.start, value.start + value.length] {
                let result = skip(&document.bytes[..end]);
                assert!(result.is_err(), "{} cut at {end}", document.name);
            }
        }
    }
    assert!(seen > 1000, "{seen} values");
}

/// T6: a document cut off anywhere is a fault, never a shorter document.
#[test]
fn t6_a_document_cut_anywhere_is_a_fault() {
    for document in fixtures::examples().iter().chain(&fixtures::recorded()) {
        for end in 0..document.bytes.len() {
            let fault = skip(&document.bytes[..end]).unwrap_err();
            assert!(fault.offset <= end, "{} cut at {end}", document.name);
        }
    }
}

/// T7: work is linear in the input. The measure is the reader's steps and the size of what comes
/// out, for the worst document of each kind.
#[test]
fn t7_doubling_the_input_doubles_the_work() {
    type Worst = (&'static str, fn(usize) -> Vec<u8>);
    let kinds: [Worst; 9] = [
        ("empty elements", |n| {
            [&[0x45][..], &vec![0x0E; n], &[0x01]].concat()
        }),
        ("page switches", |n| {
            [&[0x45][..], &[0x00, 0x02].repeat(n), &[0x0E, 0x01]].concat()
        }),
        ("elements of changing pages", |n| {
            let pair = [0x00, 0x02, 0x15, 0x00, 0x11, 0x16];
            [&[0x45][..], &pair.repeat(n), &[0x01]].concat()
        }),
        ("short values", |n| {
            [&[0x45][..], &b"\x4E\x031\0\x01".repeat(n), &[0x01]].concat()
        }),
        ("values in pieces", |n| {
            [&[0x45][..], &b"\x03a\0".repeat(n), &[0x01]].concat()
        }),
        ("opaque pieces", |n| {
            [&[0x45][..], &b"\xC3\x01a".repeat(n), &[0x01]].concat()
        }),
        ("one long value", |n| {
            [&[0x45, 0x03][..], &vec![b'&'; n], &[0x00, 0x01]].concat()
        }),
        ("text that is not UTF-8", |n| {
            [&[0x45, 0x03][..], &vec![0xFF; n], &[0x00, 0x01]].concat()
        }),
        ("padding", |n| [&[0x45, 0x01][..], &vec![0x00; n]].concat()),
    ];
    for (name, make) in kinds {
        let measure = |n: usize| {
            let bytes = [&[0x03, 0x01, 0x6A, 0x00][..], &make(n)].concat();
            let mut reader = Reader::with_limits(&bytes, Limits::VIEW).unwrap();
            reader.root().unwrap();
            let mut kept = 0;
            while let Some(event) = reader.next().unwrap() {
                kept += match event {
                    Event::Text(text) => text.len(),
                    Event::Opaque(bytes) => bytes.len(),
                    _ => 0,
                };
            }
            assert_eq!(
                reader.offset(),
                bytes.len(),
                "{name}: each byte is read once"
            );
            let xml = to_xml(&bytes).unwrap();
            let again = from_xml(&xml).unwrap();
            assert!(
                xml.len() <= 40 * bytes.len(),
                "{name}: {} bytes of XML",
                xml.len()
            );
            assert!(again.len() <= 3 * bytes.len(), "{name}");
            [reader.steps(), kept, xml.len(), again.len()]
        };
        let (small, large) = (measure(20_000), measure(40_000));
        for (small, large) in small.into_iter().zip(large) {
            assert!(
                large * 10 <= small * 22 + 100,
                "{name}: {small} then {large}"
            );
        }
    }
}

/// T7: values in pieces are joined in linear work: each piece is copied once.
#[test]
fn t7_a_value_in_a_hundred_thousand_pieces_is_one_value() {
    let pieces = b"\x03ab\0".repeat(60_000);
    let bytes = [&[0x03, 0x01, 0x6A, 0x00, 0x45][..], &pieces, &[0x01]].concat();
    let mut reader = Reader::new(&bytes).unwrap();
    reader.root().unwrap();
    assert_eq!(reader.clone().text().unwrap().len(), 120_000);
    assert_eq!(reader.bytes().unwrap().len(), 120_000);
    assert_eq!(reader.steps(), 60_002);
}

/// The default budget holds what phones send, and no more than that.
#[test]
fn t7_a_request_over_the_budget_ends_at_it() {
    let bytes = [
        &[0x03, 0x01, 0x6A, 0x00, 0x45][..],
        &vec![0x0E; 1_000_000],
        &[0x01],
    ]
    .concat();
    let fault = skip(&bytes).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Tokens(Limits::REQUEST.tokens));
    assert!(fault.offset <= 4 + Limits::REQUEST.tokens);
}

fn integer(value: u32) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(value & 0x7F).unwrap()];
    let mut rest = value >> 7;
    while rest > 0 {
        bytes.insert(0, 0x80 | u8::try_from(rest & 0x7F).unwrap());
        rest >>= 7;
    }
    bytes
}
