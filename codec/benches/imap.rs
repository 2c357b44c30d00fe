//! How fast a folder is read: 10,000 FETCH responses as a first sync asks for them, framed in
//! reads of 16 KiB and parsed; beside `imap-proto` on the same frames.
//!
//! `cargo bench -p airgate-codec --bench imap`

use std::hint::black_box;

use airgate_codec::imap::{FrameEvent, Framer, Response, Untagged, parse};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const MESSAGES: u32 = 10_000;

fn folder() -> Vec<u8> {
    let mut stream = Vec::new();
    for number in 1..=MESSAGES {
        let header = format!(
            "Date: Mon, 2 Feb 2026 10:00:00 +0100\r\n\
             From: =?utf-8?Q?J=C3=BCrgen?= Example <juergen{number}@example.org>\r\n\
             To: Anna Beispiel <anna@example.net>, team@example.net\r\n\
             Subject: =?utf-8?B?UmU6IEFuZ2Vib3QgZsO8ciBkYXMgbmV1ZSBCw7xybw==?= {number}\r\n\
             Message-ID: <CAF{number}.example@mail.example.org>\r\n\
             References: <a{number}@example.org> <b{number}@example.org>\r\n\
             Content-Type: multipart/mixed; boundary=\"000000000000a1b2c3\"\r\n\r\n"
        );
        let structure = "((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" 2210 58 NIL NIL NIL NIL)\
             (\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" 18200 290 NIL NIL NIL NIL) \
             \"alternative\" (\"boundary\" \"000000000000a1b2c4\") NIL NIL NIL)\
             (\"application\" \"pdf\" (\"name\" \"=?utf-8?Q?Angebot_B=C3=BCro.pdf?=\") \"<f_x1>\" NIL \"base64\" 182000 NIL \
             (\"attachment\" (\"filename\" \"=?utf-8?Q?Angebot_B=C3=BCro.pdf?=\")) NIL NIL)";
        let line = format!(
            "* {number} FETCH (UID {} FLAGS (\\Seen $Forwarded) INTERNALDATE \"02-Feb-2026 10:00:01 +0100\" \
             RFC822.SIZE {} BODYSTRUCTURE ({structure} \"mixed\" (\"boundary\" \"000000000000a1b2c3\") NIL NIL NIL) \
             BODY[HEADER.FIELDS (DATE FROM TO SUBJECT MESSAGE-ID REFERENCES CONTENT-TYPE)] {{{}}}\r\n{header})\r\n",
            number + 70_000,
            200_000 + number,
            header.len()
        );
        stream.extend_from_slice(line.as_bytes());
    }
    stream
}

fn frames(stream: &[u8], mut each: impl FnMut(&[u8])) {
    let mut framer = Framer::default();
    for read in stream.chunks(16 << 10) {
        framer.push(read);
        while let Ok(Some(FrameEvent::Whole(frame))) = framer.next_event() {
            each(&frame.bytes);
        }
    }
}

fn bench(criterion: &mut Criterion) {
    let stream = folder();
    let mut whole = Vec::new();
    frames(&stream, |frame| whole.push([frame, b"\r\n"].concat()));
    let read = |frame: &[u8]| matches!(parse(frame), Response::Untagged(Untagged::Fetch(_, fetched)) if !fetched.damaged);
    assert!(whole.iter().all(|frame| read(frame)));
    assert_eq!(whole.len(), MESSAGES as usize);

    let mut group = criterion.benchmark_group("imap");
    group.sample_size(20);
    group.throughput(Throughput::Elements(MESSAGES.into()));
    group.bench_function("frame", |b| {
        b.iter(|| {
            frames(&stream, |frame| {
                black_box(frame.len());
            })
        });
    });
    group.bench_function("frame and parse", |b| {
        b.iter(|| frames(&stream, |frame| drop(black_box(parse(frame)))));
    });
    group.bench_function("parse", |b| {
        b.iter(|| whole.iter().for_each(|frame| drop(black_box(parse(frame)))));
    });
    group.bench_function("imap-proto, borrowed", |b| {
        b.iter(|| {
            for frame in &whole {
                drop(black_box(imap_proto::Response::parse(frame)));
            }
        });
    });
    group.finish();

    let numbers: Vec<String> = (1..1_000_000)
        .step_by(3)
        .map(|n: u32| n.to_string())
        .collect();
    let search = format!("* SEARCH {}", numbers.join(" "));
    let mut group = criterion.benchmark_group("imap search");
    group.sample_size(20);
    group.throughput(Throughput::Elements(numbers.len() as u64));
    group.bench_function("parse", |b| {
        b.iter(|| drop(black_box(parse(search.as_bytes()))))
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
