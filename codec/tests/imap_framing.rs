//! T1, T2: what a server sends to hurt us, and how octets are cut into reads, change nothing.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

#[path = "support/imap_shapes.rs"]
mod imap_shapes;

use airgate_codec::imap::{
    Frame, FrameEvent, FrameLimits, Framer, FramingFault, Response, Structure, Untagged, parse,
};
use imap_shapes::shapes;
use proptest::prelude::*;

/// Small, so that streaming is met often.
fn tight() -> FrameLimits {
    FrameLimits {
        stream_threshold: 6,
        ..FrameLimits::default()
    }
}

/// All events, with the pieces of a literal joined: where they are cut depends on the reads.
fn events(framer: &mut Framer, into: &mut Vec<FrameEvent>) -> Result<(), FramingFault> {
    while let Some(event) = framer.next_event()? {
        match (into.last_mut(), event) {
            (Some(FrameEvent::LiteralPiece(so_far)), FrameEvent::LiteralPiece(more)) => {
                *so_far = [&so_far[..], &more[..]].concat().into();
            }
            (_, event) => into.push(event),
        }
    }
    Ok(())
}

fn stream() -> Vec<u8> {
    let mut stream = Vec::new();
    for shape in shapes() {
        stream.extend(&shape.wire);
        stream.extend(if shape.wire.len() % 3 == 0 {
            &b"\n"[..]
        } else {
            b"\r\n"
        });
    }
    stream
}

#[test]
fn every_cut_in_two_gives_the_same_frames() {
    for shape in shapes() {
        let stream = [&shape.wire[..], b"\r\n* 1 EXISTS\r\n"].concat();
        for limits in [FrameLimits::default(), tight()] {
            let mut whole = Vec::new();
            let mut framer = Framer::new(limits);
            framer.push(&stream);
            events(&mut framer, &mut whole).unwrap();
            assert!(framer.is_empty());
            for at in 0..stream.len() {
                let mut framer = Framer::new(limits);
                let mut cut = Vec::new();
                framer.push(&stream[..at]);
                events(&mut framer, &mut cut).unwrap();
                framer.push(&stream[at..]);
                events(&mut framer, &mut cut).unwrap();
                assert_eq!(cut, whole, "{} cut at {at}", shape.name);
            }
        }
    }
}

#[test]
fn octet_by_octet_gives_the_same_frames() {
    let stream = stream();
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    let mut framer = Framer::new(tight());
    framer.push(&stream);
    events(&mut framer, &mut whole).unwrap();
    let mut framer = Framer::new(tight());
    for octet in &stream {
        framer.push(std::slice::from_ref(octet));
        events(&mut framer, &mut single).unwrap();
    }
    assert_eq!(single, whole);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octets_cut_anyhow_give_the_same_frames(
        parts in proptest::collection::vec(
            prop_oneof![
                any::<Vec<u8>>(),
                Just(b"* 1 FETCH (".to_vec()),
                Just(b"\r\n".to_vec()),
                Just(b"\n".to_vec()),
                Just(b"{3}\r\n".to_vec()),
                Just(b"~{9}\r\n".to_vec()),
                Just(b"{0}\n".to_vec()),
                Just(b"{-1}\r\n".to_vec()),
                Just(b"\"\\".to_vec()),
            ],
            0..30,
        ),
        cuts in proptest::collection::vec(1_usize..40, 1..30),
    ) {
        let stream = parts.concat();
        let mut framer = Framer::new(tight());
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        framer.push(&stream);
        let ended = events(&mut framer, &mut whole);
        let mut framer = Framer::new(tight());
        let mut rest = &stream[..];
        let mut cuts = cuts.iter().cycle();
        let mut end = Ok(());
        while !rest.is_empty() && end.is_ok() {
            let (now, later) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
            framer.push(now);
            end = events(&mut framer, &mut pieces);
            rest = later;
        }
        prop_assert_eq!(end, ended);
        prop_assert_eq!(pieces, whole);
    }
}

#[test]
fn streamed_literals_come_in_pieces_and_leave_nil() {
    let mut framer = Framer::new(tight());
    framer.push(b"* 1 FETCH (UID 9 BODY[1] {10}\r\n0123456789 BODY[2] {3}\r\nabc BODY[3] ~{7}\r\nABCDEFG)\r\n");
    let mut all = Vec::new();
    events(&mut framer, &mut all).unwrap();
    assert_eq!(
        all,
        [
            FrameEvent::LiteralStart {
                prefix: b"* 1 FETCH (UID 9 BODY[1] {10}"[..].into(),
                length: 10,
            },
            FrameEvent::LiteralPiece(b"0123456789"[..].into()),
            FrameEvent::LiteralEnd,
            FrameEvent::LiteralStart {
                prefix: b" BODY[2] {3}\r\nabc BODY[3] ~{7}"[..].into(),
                length: 7,
            },
            FrameEvent::LiteralPiece(b"ABCDEFG"[..].into()),
            FrameEvent::LiteralEnd,
            FrameEvent::Whole(Frame {
                bytes: b"* 1 FETCH (UID 9 BODY[1] NIL BODY[2] {3}\r\nabc BODY[3] NIL)"[..].into(),
                too_deep: false,
                streamed: vec![10, 7],
            }),
        ]
    );
    let Some(FrameEvent::Whole(frame)) = all.last() else {
        panic!("{all:?}");
    };
    let Response::Untagged(Untagged::Fetch(1, fetched)) = parse(&frame.bytes) else {
        panic!("{frame:?}");
    };
    assert_eq!(fetched.section("2"), Some(&b"abc"[..]));
    assert!(!fetched.damaged);
}

#[test]
fn a_brace_at_the_end_of_a_status_text_is_text() {
    let mut framer = Framer::default();
    framer.push(b"* OK see {5}\r\nA1 NO {99999999999999999999}\r\n+ go {3}\r\n* BYE {-1}\r\n");
    let mut all = Vec::new();
    events(&mut framer, &mut all).unwrap();
    assert_eq!(all.len(), 4);
}

/// Grows as a server sends; `n` lists open, in the shapes they come in.
fn nested(depth: usize, shape: &str) -> Vec<u8> {
    let text = r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1)"#;
    let (before, after) = match shape {
        "left" => ("(".into(), r#" "MIXED")"#.into()),
        "right" => (format!("({text}"), r#" "MIXED")"#.into()),
        "message" => (
            r#"("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 9 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) "#.into(),
            " 1)".to_owned(),
        ),
        "parameters" => (r#"("a" "#.into(), ")".into()),
        other => panic!("{other}"),
    };
    let structure = before.repeat(depth) + text + &after.repeat(depth);
    format!("* 1 FETCH (UID 9 BODYSTRUCTURE {structure} FLAGS (\\Seen))\r\n").into_bytes()
}

#[test]
fn t1_nested_lists_of_any_depth_do_no_harm() {
    // A stack far smaller than a worker's.
    let small = std::thread::Builder::new().stack_size(256 << 10);
    let run = small.spawn(|| {
        for shape in ["left", "right", "message", "parameters"] {
            for depth in [1, 10, 20, 22, 23, 24, 25, 100, 1000, 10_000, 100_000] {
                let mut framer = Framer::new(FrameLimits {
                    line: 32 << 20,
                    ..FrameLimits::default()
                });
                framer.push(&nested(depth, shape));
                framer.push(b"* 2 FETCH (UID 10)\r\n");
                let mut all = Vec::new();
                events(&mut framer, &mut all).unwrap();
                let [FrameEvent::Whole(frame), FrameEvent::Whole(_)] = &all[..] else {
                    panic!("{shape} {depth}");
                };
                assert_eq!(frame.too_deep, depth >= 23, "{shape} {depth}");
                let Response::Untagged(Untagged::Fetch(1, fetched)) = parse(&frame.bytes) else {
                    panic!("{shape} {depth}");
                };
                assert_eq!(fetched.uid.unwrap().get(), 9);
                assert!(fetched.flags.as_ref().unwrap().seen);
                match fetched.structure {
                    Some(Structure::Known(_)) if shape != "parameters" => {
                        assert!(depth <= 23, "{shape} {depth}")
                    }
                    Some(Structure::Known(_)) => {}
                    _ => assert!(depth > 23, "{shape} {depth}"),
                }
            }
        }
    });
    run.unwrap().join().unwrap();
}

#[test]
fn t1_unbalanced_lists_do_no_harm() {
    for line in [
        "* 1 FETCH ".to_owned() + &"(".repeat(1 << 20),
        "* 1 FETCH (".to_owned() + &")".repeat(1 << 20),
        "* LIST () \"/\" x ".to_owned() + &"(".repeat(1 << 20),
        "* NAMESPACE ".to_owned() + &"(".repeat(1 << 20),
        "* 1 FETCH (BODYSTRUCTURE ".to_owned() + &"()".repeat(1 << 20),
        "* 1 FETCH (BODYSTRUCTURE (".to_owned() + &"()".repeat(1 << 20),
        "* THREAD ".to_owned() + &"(".repeat(1 << 20),
    ] {
        let _ = parse(line.as_bytes());
    }
}

/// Pushes until the framer refuses or the amount is through, as a reader would: 64 KiB at a time.
fn flood(start: &[u8], block: &[u8], amount: usize) -> Result<u64, FramingFault> {
    let mut framer = Framer::default();
    let mut seen = 0;
    framer.push(start);
    for _ in 0..amount / block.len() {
        framer.push(block);
        while let Some(event) = framer.next_event()? {
            if let FrameEvent::LiteralPiece(piece) = event {
                seen += piece.len() as u64;
            }
        }
    }
    Ok(seen)
}

/// The most memory this process had so far, in octets; each test is a process under nextest.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

/// What a flood ends in, having cost less than 16 MiB.
fn cheap_flood(start: &str, block: &[u8]) -> Result<u64, FramingFault> {
    let before = peak();
    let end = flood(start.as_bytes(), block, 64 << 20);
    let grown = peak() - before;
    assert!(grown < 16 << 20, "{} KiB", grown >> 10);
    end
}

const BLOCK: &[u8] = &[b'x'; 64 << 10];

const TOO_LONG: Result<u64, FramingFault> = Err(FramingFault::LineTooLong { limit: 8 << 20 });

#[test]
fn t2_endless_line() {
    assert_eq!(cheap_flood("* OK ", BLOCK), TOO_LONG);
}

#[test]
fn t2_endless_quote() {
    assert_eq!(cheap_flood("* 1 FETCH (X \"", BLOCK), TOO_LONG);
}

#[test]
fn t2_endless_brackets() {
    assert_eq!(cheap_flood("", &[b'('; 64 << 10]), TOO_LONG);
}

#[test]
fn t2_huge_literal_is_refused_and_a_large_one_streamed() {
    assert_eq!(
        cheap_flood("* 1 FETCH (BODY[] {4294967295}\r\n", BLOCK),
        Err(FramingFault::LiteralTooLong {
            announced: u32::MAX.into(),
            limit: 1 << 30
        })
    );
    let large = cheap_flood("* 1 FETCH (BODY[] {1073741824}\r\n", BLOCK);
    assert_eq!(large, Ok(64 << 20));
}

#[test]
fn t2_absurd_literals_are_refused() {
    for bad in ["{-1}", "{18446744073709551616}", "{-5+}"] {
        let line = format!("* 1 FETCH (BODY[] {bad}\r\n");
        assert_eq!(cheap_flood(&line, BLOCK), Err(FramingFault::BadLiteral));
    }
}

/// Literals below the threshold are kept up to 4 MiB, then streamed all the same.
#[test]
fn t2_endless_small_literals() {
    let literal = [&b" {4096}\r\n"[..], &[b'y'; 4096]].concat();
    assert!(cheap_flood("* 1 FETCH (BODY[]", &literal).unwrap() > 50 << 20);
}

#[test]
fn t2_what_is_read_is_not_much_larger_than_its_wire() {
    let before = peak();
    for (start, part) in [
        ("* 1 FETCH (FLAGS (", "a "),
        ("* 1 FETCH (", "BODY[] \"\" "),
        ("* 1 FETCH (BODYSTRUCTURE (\"a\" \"b\" (", "\"a\" \"b\" "),
        ("* 1 FETCH (BODYSTRUCTURE (", "()"),
        ("* CAPABILITY ", "A "),
        ("* ID (", "\"\" \"\" "),
        ("* NAMESPACE (", "(\"\" NIL)"),
        ("* LIST () NIL a (CHILDINFO (", "a "),
        ("* VANISHED 1", ",1:4294967295"),
        ("* OK [PERMANENTFLAGS (", "a "),
        ("* OK [COPYUID 1 1:4294967295", ",1:4294967295"),
    ] {
        let line = start.to_owned() + &part.repeat((2 << 20) / part.len());
        drop(parse(line.as_bytes()));
    }
    assert!(
        peak() - before < 16 << 20,
        "{} KiB",
        (peak() - before) >> 10
    );
}

#[test]
fn a_fault_stays_and_takes_no_more_memory() {
    let mut framer = Framer::default();
    framer.push(b"* 1 FETCH (X {-1}\r\n* 1 EXISTS\r\n");
    assert_eq!(framer.next_event(), Err(FramingFault::BadLiteral));
    framer.push(b"* 1 EXISTS\r\n");
    assert_eq!(framer.next_event(), Err(FramingFault::BadLiteral));
    assert!(framer.buffer().is_empty());
}
