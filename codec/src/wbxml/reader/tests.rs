use super::*;
use crate::wbxml::{HEADER, Writer, air_sync};

fn document(body: &[u8]) -> Vec<u8> {
    [&HEADER, body].concat()
}

/// Reads to the end by events.
fn walk(input: &[u8]) -> Result<usize, Fault> {
    let mut reader = Reader::new(input)?;
    reader.root()?;
    while reader.next()?.is_some() {}
    Ok(reader.steps())
}

/// Reads to the end by skipping the root.
fn skip(input: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader::new(input)?;
    reader.root()?;
    reader.skip()?;
    reader.finish()
}

fn fault(offset: usize, kind: FaultKind) -> Fault {
    Fault { offset, kind }
}

#[test]
fn headers_of_versions_1_1_to_1_3_are_read_and_others_refused() {
    for (header, expected) in [
        (&[0x03, 0x01, 0x6A, 0x00][..], Ok(())),
        (&[0x02, 0x01, 0x6A, 0x00], Ok(())),
        (&[0x01, 0x01, 0x6A, 0x00], Ok(())),
        // a public id in the string table, and a table with "-//A" in it
        (
            &[0x03, 0x00, 0x00, 0x6A, 0x05, b'-', b'/', b'/', b'A', 0],
            Ok(()),
        ),
        (&[0x03, 0x01, 0x00, 0x00], Ok(())),
        // numbers with a needless leading 0x80
        (&[0x03, 0x80, 0x01, 0x80, 0x6A, 0x80, 0x00], Ok(())),
        (&[], Err(fault(0, FaultKind::Truncated))),
        (&[0x03], Err(fault(1, FaultKind::Truncated))),
        (&[0x03, 0x01, 0x6A], Err(fault(3, FaultKind::Truncated))),
        (
            &[0x00, 0x01, 0x6A, 0x00],
            Err(fault(0, FaultKind::Version(0))),
        ),
        (
            &[0x04, 0x01, 0x6A, 0x00],
            Err(fault(0, FaultKind::Version(4))),
        ),
        (b"<?xml", Err(fault(0, FaultKind::Version(b'<')))),
        (
            &[0x03, 0x01, 0x04, 0x00],
            Err(fault(2, FaultKind::Charset(4))),
        ),
        (
            &[0x03, 0x01, 0x6A, 0x02, 0x05],
            Err(fault(
                3,
                FaultKind::LengthPastEnd {
                    announced: 2,
                    left: 1,
                },
            )),
        ),
    ] {
        let with_root = [header, &[0x05]].concat();
        match expected {
            Ok(()) => assert_eq!(walk(&with_root), Ok(1), "{header:02x?}"),
            Err(expected) => {
                assert_eq!(Reader::new(header).err(), Some(expected), "{header:02x?}");
            }
        }
    }
}

/// T3: all continuation patterns of 1 to 12 bytes, with the smallest and the largest digits, whole
/// and cut off.
#[test]
fn t3_integers_end_after_five_bytes_and_32_bits() {
    for length in 1..=12usize {
        for pattern in 0..1u32 << length {
            for digit in [0x00u8, 0x01, 0x0F, 0x10, 0x7F] {
                let bytes: Vec<u8> = (0..length)
                    .map(|at| digit | if pattern >> at & 1 == 1 { 0x80 } else { 0 })
                    .collect();
                assert_eq!(integer(&bytes), model(&bytes), "{bytes:02x?}");
            }
        }
    }
}

fn integer(bytes: &[u8]) -> Result<u32, FaultKind> {
    let mut reader = Reader::new(&[0x03, 0x01, 0x6A, 0x00]).unwrap();
    reader.input = bytes;
    reader.at = 0;
    reader.integer().map_err(|fault| fault.kind)
}

/// The same in plain 128-bit arithmetic.
fn model(bytes: &[u8]) -> Result<u32, FaultKind> {
    let mut value: u128 = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if at == 5 {
            return Err(FaultKind::IntegerOverflow);
        }
        value = value << 7 | u128::from(byte & 0x7F);
        if value > u128::from(u32::MAX) {
            return Err(FaultKind::IntegerOverflow);
        }
        if byte & 0x80 == 0 {
            return u32::try_from(value).map_err(|_| FaultKind::IntegerOverflow);
        }
    }
    Err(match bytes.len() {
        0..5 => FaultKind::Truncated,
        _ => FaultKind::IntegerOverflow,
    })
}

/// T3: what the writer makes of a length the reader reads, at every border.
#[test]
fn t3_integers_survive_write_and_read() {
    let borders = (0..32).flat_map(|bit| {
        let power = 1u32 << bit;
        [power - 1, power, power + 1]
    });
    for value in borders.chain([u32::MAX - 1, u32::MAX]) {
        let mut writer = Writer::ungated();
        writer.start(air_sync::SYNC);
        writer.start_opaque(value);
        let bytes = writer.take();
        let encoded = &bytes[HEADER.len() + 2..];
        assert_eq!(integer(encoded), Ok(value));
        assert!(encoded.len() <= 5 && encoded[0] != 0x80, "{encoded:02x?}");
        writer.end();
    }
}

/// T4, on the smallest document; tests/wbxml does it at every place of the recorded ones.
#[test]
fn t4_lengths_are_compared_with_what_is_left() {
    for (length, value, expected) in [
        (&[0x00][..], &b""[..], Ok(0)),
        (&[0x02], b"ab", Ok(2)),
        (&[0x04], b"ab", Err((4, 3))),
        (&[0x88, 0x80, 0x80, 0x80, 0x00], b"ab", Err((1 << 31, 3))),
        (&[0x8F, 0xFF, 0xFF, 0xFF, 0x7F], b"ab", Err((u32::MAX, 3))),
    ] {
        let bytes = document(&[&[0x45, 0xC3], length, value, &[0x01]].concat());
        let mut reader = Reader::new(&bytes).unwrap();
        reader.root().unwrap();
        match expected {
            Ok(expected) => assert_eq!(reader.bytes().unwrap().len(), expected),
            Err((announced, left)) => assert_eq!(
                reader.bytes(),
                Err(fault(5, FaultKind::LengthPastEnd { announced, left }))
            ),
        }
    }
}

/// T5: the limit is exact, and five million open tags cost no stack, on all paths.
#[test]
fn t5_depth_is_limited_and_costs_no_stack() {
    for depth in [1, 31, 32, 33, 5_000_000] {
        let closed = document(&[vec![0x45; depth], vec![0x01; depth]].concat());
        let open = document(&vec![0x45; depth]);
        if depth <= 32 {
            assert_eq!(walk(&closed), Ok(2 * depth));
            assert_eq!(skip(&closed), Ok(()));
            let missing_end = fault(open.len(), FaultKind::Truncated);
            assert_eq!(walk(&open), Err(missing_end));
            assert_eq!(skip(&open), Err(missing_end));
        } else {
            let too_deep = fault(HEADER.len() + 32, FaultKind::Depth(32));
            assert_eq!(walk(&closed), Err(too_deep));
            assert_eq!(skip(&closed), Err(too_deep));
            assert_eq!(skip(&open), Err(too_deep));
        }
    }
    // The limit belongs to the caller; without one there is still no recursion to overflow.
    let deep = document(&[vec![0x45; 5_000_000], vec![0x01; 5_000_000]].concat());
    let limits = Limits {
        depth: usize::MAX,
        tokens: usize::MAX,
    };
    let mut reader = Reader::with_limits(&deep, limits).unwrap();
    reader.root().unwrap();
    reader.skip().unwrap();
    assert_eq!(reader.finish(), Ok(()));
}

/// T5: an unknown element is passed over with its subtree, on whatever page it ends.
#[test]
fn t5_unknown_elements_are_skipped_with_their_subtree() {
    // Sync { unknown 0x3F { page 99 token 5 { "x" }, OPAQUE } , Status { "1" } }
    let bytes = document(&[
        0x45, 0x7F, 0x00, 0x63, 0x45, 0x03, b'x', 0x00, 0x01, 0xC3, 0x01, 0x01, 0x01, 0x00, 0x00,
        0x4E, 0x03, b'1', 0x00, 0x01, 0x01,
    ]);
    let mut reader = Reader::new(&bytes).unwrap();
    assert_eq!(reader.root(), Ok(air_sync::SYNC));
    let unknown = reader.child().unwrap().unwrap();
    assert_eq!(
        (unknown, unknown.info().is_none()),
        (Tag::new(0, 0x3F), true)
    );
    reader.skip().unwrap();
    assert_eq!(reader.child(), Ok(Some(air_sync::STATUS)));
    assert_eq!(reader.number::<u8>(), Ok(1));
    assert_eq!(reader.child(), Ok(None));
    assert_eq!(reader.finish(), Ok(()));
}

/// T6: every byte, where an element may stand and where the root must.
#[test]
fn t6_every_byte_as_a_token_is_an_element_a_value_or_a_fault_at_its_place() {
    for byte in 0..=u8::MAX {
        let inside = document(&[0x45, byte, b'1', 0x00, 0x01, 0x01, 0x01, 0x01]);
        let as_root = document(&[byte, 0x01]);
        let expected = match byte {
            0x00 | 0x01 | 0x03 | 0xC3 => None,
            0x02 | 0x04 | 0x40..=0x44 | 0x80..=0x84 | 0xC0..=0xC4 => Some(FaultKind::Token(byte)),
            0x05..=0x7F => None,
            _ => Some(FaultKind::Attributes),
        };
        if let Some(kind) = expected {
            assert_eq!(walk(&inside), Err(fault(5, kind)), "{byte:02x}");
            assert_eq!(walk(&as_root), Err(fault(4, kind)), "{byte:02x}");
        } else if matches!(byte, 0x01 | 0x03 | 0xC3) {
            let kind = FaultKind::Token(byte);
            assert_eq!(walk(&as_root), Err(fault(4, kind)), "{byte:02x}");
        } else if byte > 0x04 {
            assert!(walk(&as_root).is_ok(), "{byte:02x}");
        }
    }
}

/// T6: the end of a document.
#[test]
fn t6_padding_is_tolerated_a_missing_end_and_other_bytes_are_not() {
    assert_eq!(skip(&document(&[0x45, 0x01])), Ok(()));
    assert_eq!(skip(&document(&[0x05])), Ok(()));
    for padding in [
        &[0x00][..],
        &[0x01],
        &[0x01, 0x01],
        &[0x00; 7],
        &[0x01, 0x00, 0x01],
    ] {
        let bytes = document(&[&[0x45, 0x01], padding].concat());
        assert_eq!(skip(&bytes), Ok(()), "{padding:02x?}");
    }
    let trailing = document(&[0x45, 0x01, 0x00, 0x01, 0x45, 0x01]);
    assert_eq!(skip(&trailing), Err(fault(8, FaultKind::Trailing)));
    assert_eq!(
        skip(&document(&[0x45, 0x4E, 0x01])),
        Err(fault(7, FaultKind::Truncated))
    );
    assert_eq!(
        skip(&document(&[0x45, 0x03, b'x'])),
        Err(fault(7, FaultKind::Truncated))
    );
    assert_eq!(skip(&document(&[])), Err(fault(4, FaultKind::Truncated)));
}

/// T7: the step budget, page switches included.
#[test]
fn t7_the_step_budget_ends_a_document_of_switches() {
    let limits = Limits {
        depth: 32,
        tokens: 1000,
    };
    for token in [&[0x00, 0x07][..], &[0x05], &[0x03, 0x00], &[0xC3, 0x00]] {
        let bytes = document(&[&[0x45], token.repeat(5000).as_slice()].concat());
        let mut reader = Reader::with_limits(&bytes, limits).unwrap();
        reader.root().unwrap();
        let error = reader.skip().unwrap_err();
        assert_eq!(error.kind, FaultKind::Tokens(1000), "{token:02x?}");
        assert!(error.offset <= 5 + token.len() * 1000);
    }
}

/// Values in both forms, in pieces, not in UTF-8, and where none belongs.
#[test]
fn values_are_read_in_all_their_forms() {
    let read = |value: &[u8]| -> Result<String, Fault> {
        let bytes = document(&[&[0x45], value, &[0x01]].concat());
        let mut reader = Reader::new(&bytes)?;
        reader.root()?;
        let mut twin = reader.clone();
        let text = reader.text()?.into_owned();
        assert_eq!(String::from_utf8_lossy(&twin.bytes()?), text);
        reader.finish()?;
        Ok(text)
    };
    assert_eq!(read(b"").as_deref(), Ok(""));
    assert_eq!(read(b"\x03\0").as_deref(), Ok(""));
    assert_eq!(read(b"\x03ab\0").as_deref(), Ok("ab"));
    assert_eq!(read(b"\xC3\x02ab").as_deref(), Ok("ab"));
    assert_eq!(read(b"\x03a\0\xC3\x01b\x03c\0").as_deref(), Ok("abc"));
    assert_eq!(read(b"\x03gr\xFCn\0").as_deref(), Ok("gr\u{fffd}n"));
    assert_eq!(read(b"\x05"), Err(fault(5, FaultKind::UnexpectedElement)));
}

#[test]
fn numbers_and_booleans_say_where_they_are_wrong() {
    let document = |value: &[u8]| document(&[&[0x45, 0x4E], value, &[0x01, 0x01]].concat());
    let number = |value: &[u8]| {
        let bytes = document(value);
        let mut reader = Reader::new(&bytes).unwrap();
        reader.root().unwrap();
        reader.child().unwrap();
        reader.number::<u8>()
    };
    let boolean = |value: &[u8]| {
        let bytes = document(value);
        let mut reader = Reader::new(&bytes).unwrap();
        reader.root().unwrap();
        reader.child().unwrap();
        reader.boolean()
    };
    assert_eq!(number(b"\x03 7 \0"), Ok(7));
    assert_eq!(number(b"\x03256\0"), Err(fault(5, FaultKind::Number)));
    assert_eq!(number(b""), Err(fault(5, FaultKind::Number)));
    assert_eq!(boolean(b""), Ok(true));
    assert_eq!(boolean(b"\x031\0"), Ok(true));
    assert_eq!(boolean(b"\x030\0"), Ok(false));
    assert_eq!(boolean(b"\x032\0"), Err(fault(5, FaultKind::Boolean)));
}

/// Blanks between elements are nothing; other values there are a fault.
#[test]
fn a_value_among_elements_is_refused_unless_blank() {
    let bytes = document(b"\x45\x03 \n\0\x0E\x01");
    let mut reader = Reader::new(&bytes).unwrap();
    reader.root().unwrap();
    assert_eq!(reader.child(), Ok(Some(air_sync::STATUS)));
    for value in [&b"\x03x\0"[..], b"\xC3\x01x"] {
        let bytes = document(&[b"\x45", value, b"\x0E\x01"].concat());
        let mut reader = Reader::new(&bytes).unwrap();
        reader.root().unwrap();
        assert_eq!(reader.child(), Err(fault(5, FaultKind::UnexpectedValue)));
    }
}

/// No value is copied: the budget of section 7 is no allocation per token.
#[test]
fn values_borrow_from_the_input() {
    let bytes = document(b"\x45\x4B\x03k\xC3\xBChl\0\x01\x4C\xC3\x02ab\x01\x01");
    let mut reader = Reader::new(&bytes).unwrap();
    reader.root().unwrap();
    reader.child().unwrap();
    assert!(matches!(reader.text(), Ok(Cow::Borrowed("kühl"))));
    reader.child().unwrap();
    assert!(matches!(reader.bytes(), Ok(Cow::Borrowed(b"ab"))));
}
