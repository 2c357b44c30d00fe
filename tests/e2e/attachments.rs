//! Attachments by FileReference: every one of the zoo, ranges, large ones, references that are not
//! ours, and what a preview costs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::panic::catch_unwind;
use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Attachment, BodyType};
use airgate_codec::eas::item_operations::{
    Content, Fetch, FetchOptions, Operation, Outcome, Properties, Request, Store, status,
};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::{BodyPreference, Range};
use base64::Engine as _;
use mail_parser::{MessageParser, PartType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::backend::{Backend, Kind, User};
use crate::support::counting::Counting;
use crate::support::phone::{Answer, Phone, Profile, Query, Trouble};
use crate::support::server::Settings;
use crate::support::world::World;
use crate::support::zoo::{self, Animal};

/// The reference of an attachment, with a range if any.
fn fetch(reference: &str, range: Option<(u64, u64)>) -> Fetch {
    Fetch {
        store: Some(Store::Mailbox),
        file_reference: Some(reference.to_owned()),
        options: FetchOptions {
            range: range.map(|(first, last)| Ok(Range { first, last })),
            ..FetchOptions::default()
        },
        ..Fetch::default()
    }
}

/// Fetches in one request: the octets of each, or its status.
async fn octets(
    phone: &mut Phone,
    fetches: Vec<Fetch>,
    multipart: bool,
) -> Vec<Result<(Vec<u8>, Option<Range>), u16>> {
    let (response, answer) = phone.item_operations(fetches, multipart).await;
    let content = |outcome| match outcome {
        Outcome::Fetch {
            properties: Some(Properties::Attachment(attachment)),
            ..
        } => {
            let octets = match attachment.content.expect("content") {
                Content::Data(octets) => octets,
                Content::Part(part) => answer.parts[part as usize - 1].to_vec(),
            };
            Ok((octets, attachment.range))
        }
        Outcome::Fetch { head, .. } => Err(head.status),
        other => panic!("{other:?}"),
    };
    response.outcomes.into_iter().map(content).collect()
}

/// Every content that another parser finds in a mail, decoded and not; `None` where it gives up.
fn contents(raw: &[u8]) -> Option<Vec<Vec<u8>>> {
    let raw = raw.to_vec();
    catch_unwind(move || {
        let mut contents = vec![raw.clone()];
        let message = MessageParser::new().parse(&raw);
        for part in message.iter().flat_map(|message| &message.parts) {
            let range = part.raw_body_offset() as usize..part.raw_end_offset() as usize;
            let source = raw[range].to_vec();
            let mut base64 = source.clone();
            base64.retain(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(octet));
            contents.extend(base64::engine::general_purpose::STANDARD.decode(base64));
            contents.push(source);
            if !matches!(part.body, PartType::Multipart(_)) {
                contents.push(part.contents().to_vec());
            }
        }
        contents
    })
    .ok()
}

/// Line ends at the end of a part belong to it or to the boundary, as servers like.
fn without_end(octets: &[u8]) -> &[u8] {
    octets.trim_ascii_end()
}

async fn every_attachment_is_there(kind: Kind) {
    let owner = User::new(zoo::OWNER);
    let backend = Backend::start(kind, &[owner.clone()]);
    let zoo = zoo::deliver(&backend, &owner).await;
    let world = World::around(backend, &[owner], |settings| settings).await;
    let profile = Profile::ios().bodies(&[BodyPreference::of(BodyType::Html)]);
    let mut phone = world.phone(profile.window(100)).await;
    phone.sync_all("INBOX").await;
    let found = zoo::found(&phone, &zoo);
    // Servers without a cache of structures read the whole mail for each of its parts: there, a
    // sample.
    let (most, step) = match kind {
        Kind::Dovecot => (300, 1),
        _ => (2, 3),
    };
    let attachments: Vec<(&Animal, &Attachment)> = zoo
        .iter()
        .flat_map(|animal| {
            let attachments = found[&animal.name].1.attachments.iter();
            attachments.take(most).map(move |one| (animal, one))
        })
        .step_by(step)
        .collect();
    let least = if kind == Kind::Dovecot { 280 } else { 30 };
    assert!(attachments.len() > least, "{}", attachments.len());
    let mut known = BTreeMap::new();
    for some in attachments.chunks(100) {
        let fetches: Vec<Fetch> = some
            .iter()
            .map(|(_, attachment)| fetch(&attachment.file_reference, None))
            .collect();
        let inline = octets(&mut phone, fetches.clone(), false).await;
        let in_parts = octets(&mut phone, fetches, true).await;
        assert!(inline == in_parts);
        for ((animal, attachment), got) in some.iter().zip(inline) {
            let what = format!("{} {}", animal.name, attachment.file_reference);
            let (got, range) = got.unwrap_or_else(|status| panic!("{what}: {status}"));
            assert_eq!(range, None, "{what}");
            let otherwise = match animal.name.as_str() {
                // The other parser makes nothing of them.
                "truncated-base64" | "uuencode" => true,
                // Nor does it open these.
                name if name.starts_with("winmail") => true,
                // 0x80 for NUL, which no IMAP string but BINARY's holds.
                "eight-bit-binary" => kind == Kind::Dovecot,
                _ => false,
            };
            let same = |content: &Vec<u8>| without_end(content) == without_end(&got);
            let known = known
                .entry(&animal.name)
                .or_insert_with(|| contents(&animal.raw));
            let there = known.as_ref().is_none_or(|known| known.iter().any(same));
            assert!(
                there || otherwise,
                "{what}: {:?}",
                String::from_utf8_lossy(&got)
            );
        }
    }
    assert_eq!(phone.surprises(), [""; 0]);
}

#[tokio::test]
async fn every_attachment_of_the_zoo_is_there_on_dovecot() {
    every_attachment_is_there(Kind::Dovecot).await;
}

#[tokio::test]
async fn every_attachment_of_the_zoo_is_there_on_courier() {
    every_attachment_is_there(Kind::Courier).await;
}

#[tokio::test]
async fn every_attachment_of_the_zoo_is_there_on_cyrus() {
    every_attachment_is_there(Kind::Cyrus).await;
}

/// Octets that no two neighbours share.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut octets = Vec::with_capacity(length + 8);
    while octets.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        octets.extend_from_slice(&state.to_le_bytes());
    }
    octets.truncate(length);
    octets
}

/// A mail with text, HTML that shows a picture, and an attachment of these octets.
fn with_attachment(subject: &str, octets: &[u8]) -> Vec<u8> {
    let mut mail = format!(
        "From: ann@example.com\r\nTo: alice@example.com\r\nSubject: {subject}\r\n\
         Message-ID: <{subject}@example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n\
         --m\r\nContent-Type: multipart/related; boundary=r\r\n\r\n\
         --r\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <p>See <img src=\"cid:pic%40x\"> this</p>\r\n\
         --r\r\nContent-Type: image/png; name=p.png\r\nContent-ID: <pic@x>\r\n\
         Content-Disposition: inline; filename=p.png\r\n\
         Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--r--\r\n\
         --m\r\nContent-Type: application/octet-stream; name=big.bin\r\n\
         Content-Disposition: attachment; filename=big.bin\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    )
    .into_bytes();
    let encoded = base64::engine::general_purpose::STANDARD.encode(octets);
    for line in encoded.as_bytes().chunks(76) {
        mail.extend_from_slice(line);
        mail.extend_from_slice(b"\r\n");
    }
    mail.extend_from_slice(b"--m--\r\n");
    mail
}

/// The attachments of the item with that subject: the picture and the file.
fn of(phone: &Phone, subject: &str) -> (Attachment, Attachment) {
    let item = phone.item("INBOX", subject);
    let email = phone.held("INBOX").items[&item].clone();
    let [picture, file] = &email.attachments[..] else {
        panic!("{:?}", email.attachments);
    };
    (picture.clone(), file.clone())
}

#[tokio::test]
async fn ranges_are_what_was_asked_for() {
    let world = World::start(Kind::Dovecot).await;
    let content = noise(300_000);
    world
        .deliver("INBOX", &with_attachment("range", &content))
        .await;
    let mut phone = world.phone(Profile::outlook()).await;
    phone.sync_all("INBOX").await;
    let (picture, file) = of(&phone, "range");
    assert!(picture.is_inline && !file.is_inline);
    assert_eq!(picture.content_id.as_deref(), Some("pic@x"));
    let last = content.len() as u64 - 1;
    for multipart in [false, true] {
        let cases = [
            ((0, 0), Ok((0, 0))),
            ((0, 99), Ok((0, 99))),
            ((100_000, 165_535), Ok((100_000, 165_535))),
            ((last - 5, last), Ok((last - 5, last))),
            ((last, last + 1000), Ok((last, last))),
            ((0, u64::from(u32::MAX)), Ok((0, last))),
            ((last + 1, last + 10), Err(status::INVALID_RANGE)),
            (
                (u64::from(u32::MAX), u64::from(u32::MAX)),
                Err(status::INVALID_RANGE),
            ),
        ];
        let fetches = cases
            .iter()
            .map(|(range, _)| fetch(&file.file_reference, Some(*range)))
            .collect();
        let got = octets(&mut phone, fetches, multipart).await;
        for ((asked, expected), got) in cases.into_iter().zip(got) {
            let expected = expected.map(|(first, last)| {
                let octets = content[first as usize..=last as usize].to_vec();
                (octets, Some(Range { first, last }))
            });
            assert!(
                expected == got,
                "{asked:?}: {:?}",
                got.map(|(_, range)| range)
            );
        }
    }
    // The whole of it in one request, streamed as it is large.
    let whole = phone.fetch_attachment(&file.file_reference, false).await;
    assert!(whole == content);
}

#[tokio::test]
async fn only_references_of_ones_own_mail_lead_anywhere() {
    let world = World::start(Kind::Dovecot).await;
    world
        .deliver("INBOX", &with_attachment("mine", b"secret of alice"))
        .await;
    let mut phone = world.phone(Profile::outlook()).await;
    phone.sync_all("INBOX").await;
    let (_, file) = of(&phone, "mine");
    let mine = file.file_reference;
    let bob = User::new("bob@example.com");
    world
        .backend
        .deliver(&bob, "INBOX", &with_attachment("his", b"secret of bob"))
        .await;
    let mut other = world.new_phone(Profile::outlook().called("BOBS"), &bob);
    other.set_up().await;
    other.sync_all("INBOX").await;
    // Alice's reference in Bob's hand: his folder ids may be the same, but never her octets.
    let got = octets(&mut other, vec![fetch(&mine, None)], false).await;
    assert!(
        got[0]
            .as_ref()
            .is_ok_and(|(octets, _)| octets == b"secret of bob")
            || got[0] == Err(status::INVALID_ATTACHMENT),
        "{got:?}"
    );
    let fields: Vec<&str> = mine.split(':').collect();
    let with = |at: usize, value: &str| {
        let mut fields = fields.clone();
        fields[at] = value;
        fields.join(":")
    };
    let long = "9".repeat(5000);
    let hostile = [
        "",
        ":",
        "attachment",
        "0/0/0",
        "../../etc/passwd",
        &long,
        &with(0, "m999"),
        &with(0, "INBOX"),
        &with(1, "1"),
        &with(2, "999999"),
        &with(2, "0"),
        &with(2, "4294967295"),
        &with(3, "9"),
        &with(3, "2.1"),
        &with(3, "1.1.1.1"),
        &with(3, "1"),
        &with(3, "HEADER"),
        &with(3, "2] BODY[1"),
        &format!("{mine}:1"),
        &format!("{mine}\r\nA1 LOGOUT"),
        "Inbox\u{0}",
    ];
    let fetches: Vec<Fetch> = hostile
        .iter()
        .filter(|reference| !reference.contains('\0'))
        .map(|reference| fetch(reference, None))
        .collect();
    for multipart in [false, true] {
        for (reference, got) in fetches
            .iter()
            .zip(octets(&mut phone, fetches.clone(), multipart).await)
        {
            assert_eq!(got, Err(status::INVALID_ATTACHMENT), "{reference:?}");
        }
    }
    for alone in fetches {
        let got = octets(&mut phone, vec![alone.clone()], false).await;
        assert_eq!(got, [Err(status::INVALID_ATTACHMENT)], "{alone:?}");
    }
    assert!(phone.fetch_attachment(&mine, true).await == b"secret of alice");
}

#[tokio::test]
async fn a_reference_outlives_a_move_a_resync_and_a_restart() {
    for kind in [Kind::Dovecot, Kind::Courier] {
        let mut world = World::start(kind).await;
        world
            .deliver("INBOX", &with_attachment("moving", b"cargo"))
            .await;
        let mut phone = world.phone(Profile::outlook()).await;
        phone.sync_all("INBOX").await;
        phone.sync_all("Trash").await;
        let (_, file) = of(&phone, "moving");
        let item = phone.item("INBOX", "moving");
        let moved = phone.move_items("INBOX", "Trash", &[item]).await;
        assert_eq!(moved.results[0].status, 3, "{kind:?} {moved:?}");
        let got = phone.fetch_attachment(&file.file_reference, false).await;
        assert_eq!(got, b"cargo", "{kind:?}");
        // Back again, by another phone that has never seen it here.
        let mut second = world.phone(Profile::old_phone().keeps_all()).await;
        second.sync_all("INBOX").await;
        second.sync_all("Trash").await;
        let item = second.item("Trash", "moving");
        let moved = second.move_items("Trash", "INBOX", &[item]).await;
        assert_eq!(moved.results[0].status, 3, "{kind:?} {moved:?}");
        world.server.kill_nine();
        world.server.start();
        let folder = phone.id("INBOX");
        phone.memory.collections.remove(&folder);
        phone.sync_all("INBOX").await;
        let got = phone.fetch_attachment(&file.file_reference, true).await;
        assert_eq!(got, b"cargo", "{kind:?}");
        second.sync_all("INBOX").await;
        assert_eq!(second.subjects("INBOX"), ["moving"], "{kind:?}");
        phone.sync_all("Trash").await;
        assert_eq!(phone.subjects("Trash"), [""; 0], "{kind:?}");
    }
}

#[tokio::test]
async fn a_large_attachment_costs_a_preview_nothing_and_memory_little() {
    let alice = User::alice();
    let backend = Backend::start(Kind::Dovecot, &[alice.clone()]);
    // The tests' own build of both sides is slow: 40 MB are not fetched, 20 MB are.
    let content = noise(20 << 20);
    let large = with_attachment("large", &content);
    let larger = with_attachment("larger", &noise(40 << 20));
    let mails = [(1_770_022_800, &*large), (1_770_022_860, &*larger)];
    backend.deliver_at(&alice, "INBOX", mails).await;
    let meter = Counting::before(backend.imap()).await;
    let url = meter.imap_url();
    let world = World::around(backend, &[alice], |_| Settings::new(&url)).await;
    let preview = BodyPreference {
        truncation_size: Some(500),
        preview: Some(255),
        ..BodyPreference::of(BodyType::Html)
    };
    let mut phone = world.phone(Profile::outlook().bodies(&[preview])).await;
    phone.sync_all("INBOX").await;
    let read = meter.octets();
    assert!(read < 20_000, "{read} octets for two previews");
    let (_, file) = of(&phone, "large");
    let before = world.server.resident();
    for multipart in [false, true] {
        let watch = async {
            loop {
                let now = world.server.resident();
                if now > before + (8 << 20) {
                    return now;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let address = world.server.address();
        let answer = tokio::select! {
            answer = raw_answer(&phone, address, &file.file_reference, multipart) => answer,
            now = watch => panic!("{} MiB more in memory", (now - before) >> 20),
        };
        if multipart {
            let field = |at: usize| {
                let octets = answer[at..at + 4].try_into().unwrap();
                u32::from_le_bytes(octets) as usize
            };
            assert_eq!((field(0), field(16)), (2, content.len()));
            assert!(answer[field(12)..] == content);
        } else {
            let encoded = base64::engine::general_purpose::STANDARD.encode(&content);
            let same = answer
                .windows(64)
                .position(|window| window == &encoded.as_bytes()[..64])
                .is_some_and(|at| answer[at..].starts_with(encoded.as_bytes()));
            assert!(same, "{} octets came", answer.len());
        }
    }
    let read = meter.octets() - read;
    // Once for each form: the length of the multipart form comes from both ends.
    assert!(read < 60 << 20, "{read} octets for one attachment");
}

/// The body of the answer to one fetch, neither inflated nor looked at: the wire's checks take
/// longer than all the rest.
async fn raw_answer(
    phone: &Phone,
    server: SocketAddr,
    reference: &str,
    multipart: bool,
) -> Vec<u8> {
    let mut stream = asked(phone, server, reference, multipart).await;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).await.unwrap();
    let start = raw.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let mut rest = &raw[start..];
    let head = String::from_utf8_lossy(&raw[..start]).to_ascii_lowercase();
    if !head.contains("transfer-encoding: chunked") {
        return rest.to_vec();
    }
    let mut body = Vec::with_capacity(rest.len());
    loop {
        let end = rest.windows(2).position(|w| w == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}

/// A connection on which one attachment was asked for.
async fn asked(phone: &Phone, server: SocketAddr, reference: &str, multipart: bool) -> TcpStream {
    let request = Request {
        operations: vec![Operation::Fetch(Box::new(fetch(reference, None)))],
    };
    let mut line = phone.line(CommandName::ItemOperations);
    line.accept_multipart = multipart;
    let mut sent = phone.prepare(&line, request.write(phone.version()));
    sent.headers.remove("accept-encoding");
    let mut head = format!("POST {} HTTP/1.1\r\nconnection: close\r\n", sent.target);
    for (name, value) in &sent.headers {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", sent.body.len()));
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&sent.body).await.unwrap();
    stream
}

/// A large mail behind a meter.
async fn metered(kind: Kind, mails: &[Vec<u8>]) -> (World, Counting) {
    let alice = User::alice();
    let backend = Backend::start(kind, &[alice.clone()]);
    for mail in mails {
        backend.deliver(&alice, "INBOX", mail).await;
    }
    let meter = Counting::before(backend.imap()).await;
    let url = meter.imap_url();
    let world = World::around(backend, &[alice], |_| Settings::new(&url)).await;
    (world, meter)
}

async fn a_range_costs_a_range(kind: Kind) {
    let content = noise(1_500_000);
    // Lines as no other mailer makes them, lines of two lengths, and no lines at all to compute by.
    let odd = encoded_in("odd", &content, &[60]);
    let irregular = encoded_in("irregular", &content, &[76, 40, 76]);
    let quoted = quoted_in("quoted", &content[..500_000]);
    let mails = [with_attachment("usual", &content), odd, irregular, quoted];
    let (world, meter) = metered(kind, &mails).await;
    let small = Profile::outlook().bodies(&[BodyPreference::of(BodyType::Plain)]);
    let mut phone = world.phone(small).await;
    phone.sync_all("INBOX").await;
    for (subject, content, cheap) in [
        ("usual", &content[..], true),
        ("odd", &content[..], true),
        ("irregular", &content[..], false),
        ("quoted", &content[..500_000], false),
    ] {
        let (_, file) = of(&phone, subject);
        let before = meter.octets();
        let length = content.len() as u64;
        for ((first, last), multipart) in [
            ((0, 65_535), false),
            ((300_000, 365_535), true),
            ((length - 1000, length + 9), false),
            // More than is held in memory, streamed.
            ((100_001, 400_000), false),
            ((100_001, 400_000), true),
        ] {
            let asked = fetch(&file.file_reference, Some((first, last)));
            let got = octets(&mut phone, vec![asked], multipart).await;
            let last = last.min(length - 1);
            let expected = content[first as usize..=last as usize].to_vec();
            let range = Some(Range { first, last });
            assert!(
                got == [Ok((expected, range))],
                "{kind:?} {subject} {first}-{last}: {:?}",
                got[0]
                    .as_ref()
                    .map(|(octets, range)| (octets.len(), *range))
            );
        }
        let read = meter.octets() - before;
        // The ranges have 0.7 MB, a third more encoded.
        assert_eq!(read < 1_100_000, cheap, "{kind:?} {subject}: {read} octets");
    }
    assert_eq!(phone.surprises(), [""; 0]);
}

#[tokio::test]
async fn a_range_costs_a_range_on_dovecot() {
    a_range_costs_a_range(Kind::Dovecot).await;
}

#[tokio::test]
async fn a_range_costs_a_range_on_cyrus() {
    a_range_costs_a_range(Kind::Cyrus).await;
}

#[tokio::test]
async fn a_range_costs_a_range_on_courier() {
    a_range_costs_a_range(Kind::Courier).await;
}

/// A mail with an attachment in lines of these lengths, again and again.
fn encoded_in(subject: &str, octets: &[u8], lengths: &[usize]) -> Vec<u8> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(octets);
    let mut lines = Vec::new();
    let mut rest = encoded.as_str();
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (line, after) = rest.split_at((*length).min(rest.len()));
        lines.extend_from_slice(line.as_bytes());
        lines.extend_from_slice(b"\r\n");
        rest = after;
    }
    attached_as(subject, "base64", &lines)
}

/// The same in quoted-printable.
fn quoted_in(subject: &str, octets: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    for line in octets.chunks(25) {
        for octet in line {
            lines.extend_from_slice(format!("={octet:02X}").as_bytes());
        }
        lines.extend_from_slice(b"=\r\n");
    }
    attached_as(subject, "quoted-printable", &lines)
}

fn attached_as(subject: &str, encoding: &str, lines: &[u8]) -> Vec<u8> {
    let simple = String::from_utf8(with_attachment(subject, b"")).unwrap();
    let (before, _) = simple
        .rsplit_once("Content-Transfer-Encoding: base64")
        .unwrap();
    let before = format!("{before}Content-Transfer-Encoding: {encoding}\r\n\r\n");
    [before.as_bytes(), lines, b"--m--\r\n"].concat()
}

#[tokio::test]
async fn several_large_attachments_come_in_one_answer() {
    let (one, two) = (noise(400_000), noise(500_001));
    let mails = [
        with_attachment("one", &one),
        encoded_in("two", &two, &[76, 40]),
    ];
    let (world, _) = metered(Kind::Dovecot, &mails).await;
    for version in [
        ProtocolVersion::V12_1,
        ProtocolVersion::V14_1,
        ProtocolVersion::V16_1,
    ] {
        let name = format!("several{}", version.query_byte());
        let profile = Profile::outlook().speaking(version).called(&name);
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let (picture, first) = of(&phone, "one");
        let (_, second) = of(&phone, "two");
        for multipart in [false, true] {
            let fetches = vec![
                fetch(&first.file_reference, None),
                fetch("m1:1:1:77", None),
                fetch(&picture.file_reference, None),
                fetch(&second.file_reference, None),
            ];
            let got = octets(&mut phone, fetches, multipart).await;
            let [Ok((a, None)), Err(status), Ok((small, None)), Ok((b, None))] = &got[..] else {
                panic!("{version} {multipart}");
            };
            assert!(*a == one && *b == two, "{version} {multipart}");
            assert_eq!((small.len(), *status), (8, status::INVALID_ATTACHMENT));
        }
    }
}

#[tokio::test]
async fn t10_a_phone_that_reads_slowly_or_goes_away_stops_the_reading() {
    let content = noise(12 << 20);
    let (world, meter) = metered(Kind::Dovecot, &[with_attachment("slow", &content)]).await;
    let mut phone = world.phone(Profile::outlook()).await;
    phone.sync_all("INBOX").await;
    let (_, file) = of(&phone, "slow");
    let before = meter.octets();
    let mut stream = asked(&phone, world.server.address(), &file.file_reference, false).await;
    let mut some = vec![0; 200_000];
    stream.read_exact(&mut some).await.unwrap();
    // What is on its way fills the buffers, and then nothing more is read.
    let mut last = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = meter.octets() - before;
        if now == last {
            break;
        }
        last = now;
    }
    assert!(last < 12 << 20, "{last} octets were read for nobody");
    // It goes on where the phone does.
    stream.read_exact(&mut vec![0; 2_000_000]).await.unwrap();
    drop(stream);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let gone = meter.octets() - before;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(
        meter.octets() - before,
        gone,
        "read on after the phone was gone"
    );
    assert!(gone < 15 << 20, "{gone}");
    // And the server goes on as well.
    let got = octets(
        &mut phone,
        vec![fetch(&file.file_reference, Some((9, 99)))],
        true,
    )
    .await;
    assert!(
        got[0]
            .as_ref()
            .is_ok_and(|(octets, _)| octets[..] == content[9..=99])
    );
}

#[tokio::test]
async fn the_old_way_to_attachments_gives_the_octets_themselves() {
    for kind in [Kind::Dovecot, Kind::Courier] {
        let content = noise(700_000);
        let mails = [
            with_attachment("old", &content),
            encoded_in("irregular", &content, &[76, 40]),
        ];
        let (world, _) = metered(kind, &mails).await;
        for (version, query) in [
            (ProtocolVersion::V12_0, Query::Plain),
            (ProtocolVersion::V12_1, Query::Plain),
            (ProtocolVersion::V12_1, Query::Packed),
        ] {
            let name = format!("old{}{query:?}", version.query_byte());
            let mut profile = Profile::old_phone().speaking(version).called(&name);
            profile.query = query;
            let mut phone = world.phone(profile.keeps_all()).await;
            let options = phone.options().await;
            let commands = options.header("MS-ASProtocolCommands").to_owned();
            assert!(commands.contains("SmartReply,GetAttachment,"), "{commands}");
            phone.sync_all("INBOX").await;
            let (picture, file) = of(&phone, "old");
            let (_, irregular) = of(&phone, "irregular");
            for (reference, kind, expected) in [
                (&picture.file_reference, "image/png", noise_of_png()),
                (
                    &file.file_reference,
                    "application/octet-stream",
                    content.clone(),
                ),
                (
                    &irregular.file_reference,
                    "application/octet-stream",
                    content.clone(),
                ),
            ] {
                let answer = attachment(&mut phone, Some(reference)).await.unwrap();
                assert_eq!(answer.header("content-type"), kind, "{version}");
                assert!(answer.body == expected, "{version} {kind}");
            }
            for (reference, status) in [
                (Some("m1:1:1:9"), 500),
                (Some("../../etc/passwd"), 500),
                (Some(&*"9".repeat(200)), 500),
                (None, 400),
            ] {
                let trouble = attachment(&mut phone, reference).await.unwrap_err();
                assert_eq!(trouble.http(), status, "{version} {reference:?}");
            }
        }
        let mut new = world.phone(Profile::ios()).await;
        let trouble = attachment(&mut new, Some("m1:1:1:2")).await.unwrap_err();
        assert_eq!(trouble.http(), 400);
    }
}

/// What the picture of [`with_attachment`] is.
fn noise_of_png() -> Vec<u8> {
    b"\x89PNG\r\n\x1a\n".to_vec()
}

async fn attachment(phone: &mut Phone, reference: Option<&str>) -> Result<Answer, Trouble> {
    let mut line = phone.line(CommandName::GetAttachment);
    line.attachment_name = reference.map(str::to_owned);
    let sent = phone.prepare(&line, Vec::new());
    phone.command_with(&sent).await
}
