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
use crate::support::phone::{Phone, Profile};
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
    // Thrice: the multipart form is measured first.
    assert!(read < 90 << 20, "{read} octets for one attachment");
}

/// The body of the answer to one fetch, neither inflated nor looked at: the wire's checks take
/// longer than all the rest.
async fn raw_answer(
    phone: &Phone,
    server: SocketAddr,
    reference: &str,
    multipart: bool,
) -> Vec<u8> {
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

#[tokio::test]
async fn the_old_way_to_attachments_is_not_offered() {
    let world = World::start(Kind::Dovecot).await;
    let phone = world.phone(Profile::outlook()).await;
    let options = phone.options().await;
    assert!(
        !options
            .header("MS-ASProtocolCommands")
            .contains("GetAttachment")
    );
    assert_eq!(phone.version(), ProtocolVersion::V14_1);
}
