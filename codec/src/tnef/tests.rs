//! Containers made octet by octet, as [MS-OXTNEF] 2.1.3 draws them, and damaged.

use proptest::prelude::*;

use super::*;

/// One container in the making.
struct Writer {
    octets: Vec<u8>,
}

impl Writer {
    fn new() -> Self {
        let mut octets = 0x223E_9F78_u32.to_le_bytes().to_vec();
        octets.extend_from_slice(&[1, 0]);
        let mut writer = Self { octets };
        writer.attribute(1, 0x0008_9006, &[0, 0, 1, 0]);
        writer
    }

    fn attribute(&mut self, level: u8, number: u32, data: &[u8]) {
        self.octets.push(level);
        self.octets.extend_from_slice(&number.to_le_bytes());
        self.octets
            .extend_from_slice(&u32::try_from(data.len()).unwrap_or(0).to_le_bytes());
        self.octets.extend_from_slice(data);
        let sum = data
            .iter()
            .fold(0_u16, |sum, octet| sum.wrapping_add(u16::from(*octet)));
        self.octets.extend_from_slice(&sum.to_le_bytes());
    }

    fn attachment(&mut self, title: &str, data: Option<&[u8]>, properties: &[Vec<u8>]) {
        self.attribute(
            2,
            0x0006_9002,
            &[1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0],
        );
        if let Some(data) = data {
            self.attribute(2, 0x0006_800F, data);
        }
        self.attribute(2, 0x0001_8010, format!("{title}\0").as_bytes());
        self.attribute(2, 0x0006_9005, &list(properties));
    }
}

fn list(properties: &[Vec<u8>]) -> Vec<u8> {
    let mut octets = u32::try_from(properties.len())
        .unwrap_or(0)
        .to_le_bytes()
        .to_vec();
    octets.extend(properties.concat());
    octets
}

fn sized(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
    let mut octets = kind.to_le_bytes().to_vec();
    octets.extend_from_slice(&id.to_le_bytes());
    octets.extend_from_slice(&1_u32.to_le_bytes());
    octets.extend_from_slice(&u32::try_from(value.len()).unwrap_or(0).to_le_bytes());
    octets.extend_from_slice(value);
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

fn text(id: u16, value: &str) -> Vec<u8> {
    let units: Vec<u8> = value
        .encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect();
    sized(0x1F, id, &units)
}

fn number(kind: u16, id: u16, value: u32) -> Vec<u8> {
    let mut octets = kind.to_le_bytes().to_vec();
    octets.extend_from_slice(&id.to_le_bytes());
    octets.extend_from_slice(&value.to_le_bytes());
    octets
}

/// A property with a name of its own, as Outlook adds them by the dozen.
fn named(value: &str) -> Vec<u8> {
    let mut octets = vec![0x1E, 0, 0x05, 0x80];
    octets.extend_from_slice(&[7; 16]);
    octets.extend_from_slice(&1_u32.to_le_bytes());
    octets.extend_from_slice(&10_u32.to_le_bytes());
    octets.extend_from_slice(b"n\0a\0m\0e\0\0\0\0\0");
    octets.extend_from_slice(&sized(0x1E, 0, value.as_bytes())[4..]);
    octets
}

fn example() -> Vec<u8> {
    let mut writer = Writer::new();
    writer.attribute(1, 0x0006_9007, &[0xE3, 4, 0, 0, 0, 0, 0, 0]);
    writer.attribute(1, 0x0007_8008, b"IPM.Microsoft Mail.Note\0");
    writer.attribute(1, 0x0001_8004, b"\xcf\xf0\xe8\xe2\xe5\xf2\0");
    let many = {
        let mut octets = vec![0x03, 0x10, 0x34, 0x12, 2, 0, 0, 0];
        octets.extend_from_slice(&[1, 0, 0, 0, 2, 0, 0, 0]);
        octets
    };
    let sent = {
        // 2026-02-02T08:30:00Z
        let filetime: u64 = (1_770_021_000 + 11_644_473_600) * 10_000_000;
        let mut octets = vec![0x40, 0, 0x39, 0];
        octets.extend_from_slice(&filetime.to_le_bytes());
        octets
    };
    writer.attribute(
        1,
        0x0006_9003,
        &list(&[
            named("something"),
            many,
            sent,
            number(0x0B, 0x0E1F, 1),
            text(0x0C1A, "Ann Example"),
            sized(0x1E, 0x0C1F, b"/O=EXAMPLE/CN=ANN\0"),
            text(0x5D01, "ann@example.com"),
            text(0x0E04, "Bob Example; Zoë"),
            sized(0x1E, 0x1000, b"\xcf\xeb\xe0\xed\0"),
            sized(0x102, 0x1013, b"<p>\xd0\xad</p>"),
            number(0x03, 0x3FDE, 65001),
        ]),
    );
    writer.attachment(
        "REPORT~1.PDF",
        Some(b"%PDF"),
        &[text(0x3707, "Übersicht 2026.pdf")],
    );
    writer.attachment(
        "logo.png",
        Some(b"PNG"),
        &[
            text(0x370E, "image/png"),
            text(0x3712, "<logo@example.com>"),
            number(0x0B, 0x7FFE, 1),
        ],
    );
    let inner = [&b"\x07\x03\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"[..], b"inner"].concat();
    writer.attachment("Re: Plan", None, &[sized(0x0D, 0x3701, &inner)]);
    writer.attachment("Chart", None, &[sized(0x0D, 0x3701, &[1; 40])]);
    writer.octets
}

#[test]
fn a_container_is_taken_apart() {
    let octets = example();
    let tnef = open(&octets).expect("a container");
    let file = |name: &str, content| TnefAttachment {
        name: Some(name.to_owned()),
        content,
        ..TnefAttachment::default()
    };
    assert_eq!(
        tnef,
        Tnef {
            message_class: Some("IPM.Microsoft Mail.Note".into()),
            subject: Some("Привет".into()),
            sender_name: Some("Ann Example".into()),
            sender_address: Some("ann@example.com".into()),
            display_to: Some("Bob Example; Zoë".into()),
            sent: Some(1_770_021_000),
            attachments: vec![
                file("Übersicht 2026.pdf", TnefContent::File(b"%PDF")),
                TnefAttachment {
                    media_type: Some("image/png".into()),
                    content_id: Some("logo@example.com".into()),
                    hidden: true,
                    ..file("logo.png", TnefContent::File(b"PNG"))
                },
                file("Re: Plan", TnefContent::Message(b"inner")),
                file("Chart", TnefContent::Opaque),
            ],
            complete: true,
            texts: tnef.texts.clone(),
        }
    );
    let html = TnefBody::Html("<p>Э</p>".into(), Some("utf-8"));
    assert_eq!(tnef.body(), Some(html));
}

#[test]
fn rich_text_is_the_body_when_there_is_no_other() {
    let rtf = |text: &str| {
        let mut octets = 0_u32.to_le_bytes().to_vec();
        octets.extend_from_slice(&u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
        octets.extend_from_slice(b"MELA\0\0\0\0");
        octets.extend_from_slice(text.as_bytes());
        sized(0x102, 0x1009, &octets)
    };
    let body = |properties: &[Vec<u8>]| {
        let mut writer = Writer::new();
        writer.attribute(1, 0x0006_9003, &list(properties));
        open(&writer.octets).and_then(|tnef| tnef.body())
    };
    let html = Some(TnefBody::Html(b"<b>x</b>".to_vec(), Some("utf-8")));
    let plain = |text: &str| Some(TnefBody::Plain(text.to_owned()));
    let wrapped = rtf("{\\rtf1\\fromhtml1{\\*\\htmltag <b>}x{\\*\\htmltag </b>}}");
    assert_eq!(body(&[rtf("{\\rtf1 rich}")]), plain("rich"));
    assert_eq!(
        body(&[rtf("{\\rtf1 rich}"), text(0x1000, "said")]),
        plain("said")
    );
    assert_eq!(body(&[wrapped.clone(), text(0x1000, "said")]), html);
    assert_eq!(
        body(&[wrapped, sized(0x102, 0x1013, b"<b>x</b>")]),
        Some(TnefBody::Html(b"<b>x</b>".to_vec(), None))
    );
    assert_eq!(body(&[]), None);
}

#[test]
fn t14_what_is_damaged_gives_what_stands_before() {
    let octets = example();
    assert_eq!(open(b""), None);
    assert_eq!(open(b"\x78\x9f\x3e"), None);
    assert_eq!(open(b"PK\x03\x04 and more"), None);
    let mut before = 0;
    for length in 6..octets.len() {
        let tnef = open(&octets[..length]).expect("a container");
        assert!(tnef.attachments.len() >= before, "{length}");
        before = tnef.attachments.len();
    }
    assert_eq!(before, 4);
    assert!(!open(&octets[..octets.len() - 40]).expect("one").complete);
    // A missing checksum at the end is no damage.
    assert!(open(&octets[..octets.len() - 2]).expect("one").complete);
}

#[test]
fn t14_announced_lengths_and_counts_are_not_believed() {
    for (number, data) in [
        (0x0006_9003_u32, &b"\xFF\xFF\xFF\xFF"[..]),
        (0x0006_9003, b"\x01\0\0\0\x1E\x10\0\x10\xFF\xFF\xFF\xFF"),
        (
            0x0006_9003,
            b"\x01\0\0\0\x02\x01\x09\x10\x01\0\0\0\xFF\xFF\xFF\x7F",
        ),
        (0x0006_9003, b"\x01\0\0\0\x02\x10\x09\x10\xFF\xFF\xFF\x7F"),
        (0x0006_9007, b""),
    ] {
        let mut writer = Writer::new();
        writer.attribute(1, number, data);
        writer.attachment("still.txt", Some(b"here"), &[]);
        let tnef = open(&writer.octets).expect("a container");
        assert_eq!(tnef.attachments.len(), 1, "{data:?}");
    }
    let mut writer = Writer::new();
    for _ in 0..10_000 {
        writer.attachment("x", Some(b"y"), &[]);
    }
    let tnef = open(&writer.octets).expect("a container");
    assert_eq!(tnef.attachments.len(), MAX_ATTACHMENTS);
    assert!(!tnef.complete);
}

proptest! {
    #[test]
    fn t14_any_change_is_survived(at in 0_usize..900, with in proptest::collection::vec(any::<u8>(), 0..12)) {
        let mut octets = example();
        let at = at.min(octets.len());
        let end = (at + with.len()).min(octets.len());
        octets.splice(at..end, with);
        if let Some(tnef) = open(&octets) {
            let _ = tnef.body();
            prop_assert!(tnef.attachments.len() <= MAX_ATTACHMENTS);
        }
    }
}

/// The containers of fixtures/tnef, in which other readers see the same.
#[test]
fn known_answers() {
    fn read(name: &str) -> Vec<u8> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/tnef");
        std::fs::read(folder.join(name)).expect("a fixture")
    }
    let octets = read("rtf-html.dat");
    let Some(TnefBody::Html(html, _)) = open(&octets).and_then(|tnef| tnef.body()) else {
        panic!("no HTML");
    };
    let html = String::from_utf8(html).expect("UTF-8");
    assert!(
        html.contains("<p>Grüße aus Köln, <b>heute</b>mit Logo:</p>"),
        "{html}"
    );
    assert!(
        !html.contains("objattph") && html.trim_end().ends_with("</html>"),
        "{html:?}"
    );
    let octets = read("rtf-plain.dat");
    assert_eq!(
        open(&octets).and_then(|tnef| tnef.body()),
        Some(TnefBody::Plain("Добрый день!\r\nДо встречи€\r\n".into()))
    );
    let octets = read("message.dat");
    let outer = open(&octets).expect("a container");
    let Some(TnefContent::Message(inner)) = outer.attachments.first().map(|file| &file.content)
    else {
        panic!("no message");
    };
    let inner = open(inner).expect("a container");
    assert_eq!(inner.subject.as_deref(), Some("Altes Angebot"));
    assert_eq!(inner.attachments.len(), 1);
}
