//! The documents WBXML is measured on, and how long a piece of work takes. Shared with the table of
//! all figures (benches/figures of the airgate package).

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use airgate_codec::ProtocolVersion;
use airgate_codec::wbxml::{
    Event, Limits, Reader, Writer, air_sync, air_sync_base, email, email2, from_xml, to_xml,
};

/// A mail as the server has it before it is written.
pub(crate) struct Mail {
    server_id: String,
    from: String,
    subject: String,
    received: String,
    conversation: [u8; 16],
    body: String,
    preview: String,
    read: bool,
}

/// A Sync response of about 1 MB.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) mails: Vec<Mail>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) xml: String,
}

impl Sample {
    pub(crate) fn all() -> [Self; 3] {
        let html = "<p style=\"margin:0 0 1em\">Sehr geehrte Damen und Herren, f\u{fc}r die &Uuml;bersicht \
                    danken wir <b>Ihnen</b> sehr; n\u{e4}chste Woche mehr.</p>\r\n";
        let cyrillic = "<p>\u{417}\u{434}\u{440}\u{430}\u{432}\u{441}\u{442}\u{432}\u{443}\u{439}\u{442}\u{435}, \
                        \u{43f}\u{438}\u{441}\u{44c}\u{43c}\u{43e} \u{43f}\u{43e}\u{43b}\u{443}\u{447}\u{435}\u{43d}\u{43e} \
                        \u{432}\u{447}\u{435}\u{440}\u{430} \u{432}\u{435}\u{447}\u{435}\u{440}\u{43e}\u{43c}</p>\r\n";
        [
            Self::new("HTML bodies of 10-30 KB", html, 10_000..30_000),
            Self::new("the same in Cyrillic", cyrillic, 10_000..30_000),
            Self::new("headers only, many small tags", html, 0..1),
        ]
    }

    fn new(name: &'static str, paragraph: &str, length: std::ops::Range<usize>) -> Self {
        let mut seed = 1u64;
        let mut random = |limit: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).unwrap_or(0) % limit
        };
        let mut mails = Vec::new();
        let mut total = 0;
        while total < 1_000_000 {
            let at = mails.len();
            let wanted = length.start + random(length.len());
            let body = paragraph.repeat(wanted / paragraph.len());
            total += body.len() + if body.is_empty() { 320 } else { 700 };
            let preview = match body.is_empty() {
                true => String::new(),
                false => paragraph.chars().take(100).collect(),
            };
            mails.push(Mail {
                server_id: format!("5:{}", 10_000 + at),
                from: format!("\"Absender {at}\" <absender{}@example.org>", random(99)),
                subject: format!("Bericht {at} zur Lage am Montag, {}", random(1000)),
                received: format!("2026-01-{:02}T10:{:02}:00.000Z", 1 + random(28), random(60)),
                conversation: [u8::try_from(at % 256).unwrap_or(0); 16],
                body,
                preview,
                read: random(2) == 0,
            });
        }
        let bytes = write(&mails);
        let xml = to_xml(&bytes).expect("our own document");
        assert_eq!(from_xml(&xml).as_ref(), Ok(&bytes));
        Self {
            name,
            mails,
            bytes,
            xml,
        }
    }
}

/// Writes the response as the server does, every tag checked against the phone's version.
pub(crate) fn write(mails: &[Mail]) -> Vec<u8> {
    let mut w = Writer::new(ProtocolVersion::V16_1);
    w.start(air_sync::SYNC);
    w.start(air_sync::COLLECTIONS);
    w.start(air_sync::COLLECTION);
    w.text(air_sync::SYNC_KEY, "1.2");
    w.text(air_sync::COLLECTION_ID, "m1");
    w.number(air_sync::STATUS, 1u8);
    w.start(air_sync::COMMANDS);
    for mail in mails {
        w.start(air_sync::ADD);
        w.text(air_sync::SERVER_ID, &mail.server_id);
        w.start(air_sync::APPLICATION_DATA);
        w.text(email::TO, "\"Empf\u{e4}nger\" <empfaenger@example.org>");
        w.text(email::FROM, &mail.from);
        w.text(email::SUBJECT, &mail.subject);
        w.text(email::DATE_RECEIVED, &mail.received);
        w.text(email::DISPLAY_TO, "Empf\u{e4}nger");
        w.text(email::THREAD_TOPIC, &mail.subject);
        w.number(email::IMPORTANCE, 1u8);
        w.boolean(email::READ, mail.read);
        w.text(email::MESSAGE_CLASS, "IPM.Note");
        w.number(email::INTERNET_CPID, 65_001u32);
        w.empty(email::FLAG);
        w.text(email::CONTENT_CLASS, "urn:content-classes:message");
        if !mail.body.is_empty() {
            w.start(air_sync_base::BODY);
            w.number(air_sync_base::TYPE, 2u8);
            w.number(air_sync_base::ESTIMATED_DATA_SIZE, mail.body.len() as u64);
            w.boolean(air_sync_base::TRUNCATED, false);
            w.text(air_sync_base::DATA, &mail.body);
            w.text(air_sync_base::PREVIEW, &mail.preview);
            w.end();
        }
        w.number(air_sync_base::NATIVE_BODY_TYPE, 2u8);
        w.opaque(email2::CONVERSATION_ID, &mail.conversation);
        w.opaque(email2::CONVERSATION_INDEX, b"\x01\xDC\xC5\x27\x6B");
        w.end();
        w.end();
    }
    for _ in 0..4 {
        w.end();
    }
    w.into_bytes()
}

/// Reads every element and value of the document.
pub(crate) fn read(bytes: &[u8]) -> usize {
    let mut reader = Reader::with_limits(bytes, Limits::VIEW).expect("a header");
    let mut sum = usize::from(reader.root().expect("a root").token);
    while let Some(event) = reader.next().expect("a right document") {
        sum += match event {
            Event::Start(tag) => usize::from(tag.token),
            Event::Text(text) => text.len(),
            Event::Opaque(bytes) => bytes.len(),
            Event::End => 1,
        };
    }
    sum
}

pub(crate) const ROUNDS: usize = 60;

/// The best of [`ROUNDS`], in seconds: the figure least disturbed by what else the machine does.
pub(crate) fn best(mut work: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

/// Compiles the program that measures libwbxml (benches/libwbxml.c); why not, if it cannot be.
pub(crate) fn compile(source: &Path, folder: &Path) -> Result<std::path::PathBuf, String> {
    let program = folder.join("libwbxml");
    let output = Command::new("gcc")
        .args(["-O2", "-Wno-deprecated-declarations", "-o"])
        .arg(&program)
        .arg(source)
        .args(["-I/usr/include/libwbxml-1.0", "-lwbxml2"])
        .output()
        .map_err(|error| format!("gcc does not run ({error})"))?;
    match output.status.success() {
        true => Ok(program),
        false => Err(format!(
            "is libwbxml2-dev installed? gcc says:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

pub(crate) fn measure(program: &Path, file: &Path) -> HashMap<String, f64> {
    let output = Command::new(program)
        .arg(file)
        .arg(ROUNDS.to_string())
        .output()
        .expect("what was compiled runs");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let (name, seconds) = line.split_once(' ')?;
            Some((name.to_owned(), seconds.parse().ok()?))
        })
        .collect()
}
