//! The simulated phone and its judge, against canned answers: a phone that lets bad answers pass
//! would make every other test worthless.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Class;
use airgate_codec::eas::email::{Body, BodyType, Email, Moment};
use airgate_codec::eas::folder_sync::{Changes, Folder, FolderType, Response as FolderResponse};
use airgate_codec::eas::request_line::RequestLine;
use airgate_codec::eas::sync::{CollectionHead, CollectionResponse, ItemData, ServerCommand};
use airgate_codec::eas::{folder_sync, sync};
use airgate_codec::wbxml::{Writer, air_sync, air_sync_base, email};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::support::backend::User;
use crate::support::phone::{Loss, NoAnswer, Phone, Profile, Trouble, Wire};
use crate::support::schema::Checker;

const V: ProtocolVersion = ProtocolVersion::V16_1;

/// Targets and bodies of the requests, in order.
type Requests = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A server that gives these answers in order, whatever it is asked, and keeps the requests.
struct Canned {
    phone: Phone,
    requests: Requests,
}

impl Canned {
    async fn start(profile: Profile, answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let requests = Requests::default();
        let kept = Arc::clone(&requests);
        let answers = Arc::new(Mutex::new(answers.into_iter()));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, answers) = (Arc::clone(&kept), Arc::clone(&answers));
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    while let Some(request) = read_request(&mut stream).await {
                        kept.lock().unwrap().push(request);
                        let answer = answers.lock().unwrap().next();
                        let Some(answer) = answer else { return };
                        if stream.get_mut().write_all(&answer).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self {
            phone: Phone::new(profile, &User::alice(), Wire::new(server, None)),
            requests,
        }
    }

    fn request(&self, index: usize) -> (RequestLine, Vec<u8>) {
        let (target, body) = self.requests.lock().unwrap()[index].clone();
        let query = target.split_once('?').unwrap().1.to_owned();
        (RequestLine::read(&query).unwrap(), body)
    }
}

async fn read_request<S>(stream: &mut BufReader<S>) -> Option<(String, Vec<u8>)>
where
    S: tokio::io::AsyncRead + Unpin,
{
    let mut first = String::new();
    if stream.read_line(&mut first).await.ok()? == 0 {
        return None;
    }
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    Some((target, body))
}

fn answer(kind: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let kind = if kind.is_empty() {
        String::new()
    } else {
        format!("Content-Type: {kind}\r\n")
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\n{kind}{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn wbxml(body: &[u8]) -> Vec<u8> {
    answer("application/vnd.ms-sync.wbxml", "", body)
}

fn folders() -> Vec<u8> {
    let folder = |id: &str, name: &str, kind| Folder {
        server_id: id.to_owned(),
        parent_id: "0".to_owned(),
        display_name: name.to_owned(),
        kind,
    };
    let response = FolderResponse {
        status: 1,
        sync_key: Some("1".to_owned()),
        changes: Some(Changes {
            adds: vec![
                folder("m1", "Posteingang", FolderType::Inbox),
                folder("m2", "Trash", FolderType::DeletedItems),
            ],
            ..Changes::default()
        }),
    };
    response.write(V)
}

fn mail(subject: &str) -> Email {
    Email {
        subject: Some(subject.to_owned()),
        date_received: Moment::parse("2026-01-05T08:00:00.000Z"),
        read: Some(false),
        body: Some(Body {
            kind: BodyType::Plain,
            estimated_size: 2,
            truncated: false,
            data: Some("hi".to_owned()),
            preview: None,
            part: None,
        }),
        ..Email::default()
    }
}

fn items(key: &str, more: bool, subjects: &[&str]) -> sync::Response {
    sync::Response {
        collections: vec![CollectionResponse {
            head: CollectionHead {
                class: Some(Class::Email),
                sync_key: key.to_owned(),
                collection_id: "m1".to_owned(),
                status: 1,
                more_available: more,
            },
            responses: Vec::new(),
            commands: subjects
                .iter()
                .map(|subject| ServerCommand::Add {
                    server_id: format!("m1:{subject}"),
                    data: ItemData::Email(Box::new(mail(subject))),
                })
                .collect(),
        }],
        ..sync::Response::default()
    }
}

#[tokio::test]
async fn it_keeps_what_it_is_told() {
    let answers = vec![
        wbxml(&folders()),
        wbxml(&items("1", false, &[]).write(V)),
        wbxml(&items("2", true, &["a", "b"]).write(V)),
        wbxml(&items("3", false, &["c"]).write(V)),
        answer("", "", b""),
    ];
    let mut canned = Canned::start(Profile::ios(), answers).await;
    canned.phone.folder_sync().await;
    assert_eq!(canned.phone.folder_names(), ["Posteingang", "Trash"]);
    assert_eq!(canned.phone.sync_all("INBOX").await, 3);
    assert_eq!(canned.phone.subjects("INBOX"), ["a", "b", "c"]);
    assert_eq!(canned.phone.held("INBOX").key, "3");
    let nothing = canned.phone.sync("INBOX").await;
    assert_eq!(nothing, sync::Response::default());
    assert!(canned.phone.surprises().is_empty());

    let (line, body) = canned.request(1);
    assert_eq!(line.device_type, "iPhone");
    let first = sync::Request::read(&body).unwrap();
    let first = &first.collections.unwrap()[0];
    assert_eq!(first.sync_key.as_deref(), Some("0"));
    assert_eq!(first.options, None);
    let (_, body) = canned.request(2);
    let second = sync::Request::read(&body).unwrap();
    assert_eq!(second.collections.unwrap()[0].window_size, Some(25));
}

#[tokio::test]
async fn an_item_that_comes_twice_is_a_surprise() {
    let answers = vec![
        wbxml(&folders()),
        wbxml(&items("1", false, &["a"]).write(V)),
        wbxml(&items("2", false, &["a"]).write(V)),
    ];
    let mut canned = Canned::start(Profile::ios(), answers).await;
    canned.phone.folder_sync().await;
    canned.phone.sync("INBOX").await;
    assert!(canned.phone.surprises().is_empty());
    canned.phone.sync("INBOX").await;
    assert_eq!(canned.phone.surprises(), ["m1:a added twice in m1"]);
}

#[tokio::test]
async fn a_crash_forgets_the_last_answer_and_a_repeat_is_the_same_bytes() {
    let sync = wbxml(&items("1", false, &["a"]).write(V));
    let answers = vec![wbxml(&folders()), sync.clone(), sync];
    let mut canned = Canned::start(Profile::gmail(), answers).await;
    canned.phone.folder_sync().await;
    canned.phone.sync("INBOX").await;
    canned.phone.crash();
    assert_eq!(canned.phone.subjects("INBOX"), [""; 0]);
    canned.phone.repeat_sync().await.unwrap();
    assert_eq!(canned.phone.subjects("INBOX"), ["a"]);
    assert!(canned.phone.surprises().is_empty());
    assert_eq!(canned.request(1), canned.request(2));
}

#[tokio::test]
async fn a_lost_answer_changes_nothing_on_the_phone() {
    let sync = wbxml(&items("1", false, &["a"]).write(V));
    let answers = vec![wbxml(&folders()), sync.clone(), sync];
    let mut canned = Canned::start(Profile::ios(), answers).await;
    canned.phone.folder_sync().await;
    for loss in [Loss::Answer, Loss::Connection] {
        let request = sync::Request {
            collections: Some(vec![canned.phone.collection("INBOX")]),
            ..sync::Request::default()
        };
        canned.phone.lose_next(loss);
        let lost = canned.phone.try_sync(request).await;
        assert!(matches!(lost, Err(Trouble::NoAnswer(NoAnswer::Lost))));
        assert_eq!(canned.phone.subjects("INBOX"), [""; 0]);
    }
}

#[tokio::test]
async fn it_reads_gzip_and_parts() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&folders()).unwrap();
    let gzip = gzip.finish().unwrap();
    let wbxml_type = "application/vnd.ms-sync.wbxml";

    let first = folders();
    let mut parts = Vec::new();
    let length = u32::try_from(first.len()).unwrap();
    for number in [2, 20, length, 20 + length, 5] {
        parts.extend_from_slice(&u32::to_le_bytes(number));
    }
    parts.extend_from_slice(&first);
    parts.extend_from_slice(b"bytes");
    let answers = vec![
        answer(wbxml_type, "Content-Encoding: gzip\r\n", &gzip),
        answer("application/vnd.ms-sync.multipart", "", &parts),
    ];
    let mut canned = Canned::start(Profile::ios(), answers).await;
    canned.phone.folder_sync().await;
    assert_eq!(canned.phone.folder_names().len(), 2);
    let request = folder_sync::Request {
        sync_key: "1".to_owned(),
    };
    let name = airgate_codec::eas::request_line::CommandName::FolderSync;
    let answer = canned.phone.command(name, request.write(V)).await.unwrap();
    assert_eq!(answer.body, first);
    assert_eq!(answer.parts, ["bytes"]);
}

#[tokio::test]
async fn every_profile_asks_in_its_own_way() {
    for profile in Profile::all() {
        let version = profile.version;
        let canned = Canned::start(profile.clone(), vec![wbxml(&folders())]).await;
        let mut phone = canned.phone.clone();
        phone.folder_sync().await;
        let (line, body) = canned.request(0);
        assert_eq!(line.device_type, profile.device_type);
        assert_eq!(folder_sync::Request::read(&body).unwrap().sync_key, "0");
        assert!(line.version.is_none_or(|said| said == version), "{line:?}");
    }
}

#[tokio::test]
async fn two_requests_go_out_at_once() {
    let answers = vec![wbxml(&folders()), wbxml(&folders())];
    let canned = Canned::start(Profile::ios(), answers).await;
    let (mut one, mut two) = (canned.phone.clone(), canned.phone.clone());
    tokio::join!(one.folder_sync(), two.folder_sync());
    assert_eq!(one.folder_names(), two.folder_names());
}

/// What the checker says of a body, at once or at its end.
fn verdict(version: ProtocolVersion, body: &[u8]) -> Result<(), String> {
    let checker = Checker::default();
    let at_once = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        checker.take("test", version, body);
    }));
    if let Err(panic) = at_once {
        let text = panic.downcast_ref::<String>().cloned();
        return Err(text.unwrap_or_default());
    }
    checker.validate()
}

fn collection(fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::ungated();
    writer.start(air_sync::SYNC);
    writer.start(air_sync::COLLECTIONS);
    writer.start(air_sync::COLLECTION);
    writer.text(air_sync::SYNC_KEY, "1");
    writer.text(air_sync::COLLECTION_ID, "m1");
    writer.text(air_sync::STATUS, "1");
    fill(&mut writer);
    writer.end();
    writer.end();
    writer.end();
    writer.into_bytes()
}

#[test]
fn good_answers_pass_in_every_version() {
    let versions = ProtocolVersion::ALL.into_iter();
    for version in versions.filter(|version| *version >= ProtocolVersion::V12_0) {
        let body = items("1", true, &["a", "b"]).write(version);
        assert_eq!(verdict(version, &body), Ok(()));
    }
    assert_eq!(verdict(V, &folders()), Ok(()));
}

#[test]
fn bad_answers_do_not() {
    let add = |writer: &mut Writer, data: &dyn Fn(&mut Writer)| {
        writer.start(air_sync::COMMANDS);
        writer.start(air_sync::ADD);
        writer.text(air_sync::SERVER_ID, "m1:1");
        writer.start(air_sync::APPLICATION_DATA);
        data(writer);
        writer.end();
        writer.end();
        writer.end();
    };
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("not WBXML", b"<html>".to_vec(), ""),
        (
            "empty Commands",
            collection(|writer| writer.empty(air_sync::COMMANDS)),
            "Commands is empty",
        ),
        (
            "MoreAvailable behind Commands",
            collection(|writer| {
                add(writer, &|writer| writer.text(email::SUBJECT, "x"));
                writer.empty(air_sync::MORE_AVAILABLE);
            }),
            "MoreAvailable comes too late",
        ),
        (
            "a bad date",
            collection(|writer| {
                add(writer, &|writer| writer.text(email::DATE_RECEIVED, "soon"));
            }),
            "DateReceived",
        ),
        (
            "an element at the wrong place",
            collection(|writer| {
                add(writer, &|writer| writer.text(air_sync::STATUS, "1"));
            }),
            "Status",
        ),
        (
            "an element of a later version",
            collection(|writer| {
                add(writer, &|writer| {
                    writer.text(airgate_codec::wbxml::email2::IS_DRAFT, "1");
                });
            }),
            "IsDraft is not in 14.1",
        ),
        (
            "opaque data",
            collection(|writer| {
                add(writer, &|writer| {
                    writer.start(air_sync_base::BODY);
                    writer.text(air_sync_base::TYPE, "1");
                    writer.text(air_sync_base::ESTIMATED_DATA_SIZE, "2");
                    writer.opaque(air_sync_base::DATA, b"hi");
                    writer.end();
                });
            }),
            "a form phones do not read",
        ),
        ("half an answer", folders()[..20].to_vec(), ""),
    ];
    for (name, body, part) in cases {
        let verdict = verdict(ProtocolVersion::V14_1, &body);
        let text = verdict.expect_err(name);
        assert!(text.contains(part), "{name}: {text}");
    }
}

#[test]
fn a_forgotten_checker_speaks_up_when_it_is_dropped() {
    let dropped = std::panic::catch_unwind(|| {
        let checker = Checker::default();
        let body = collection(|writer| {
            writer.start(air_sync::COMMANDS);
            writer.start(air_sync::ADD);
            writer.text(air_sync::SERVER_ID, "m1:1");
            writer.start(air_sync::APPLICATION_DATA);
            writer.text(email::DATE_RECEIVED, "soon");
            writer.end();
            writer.end();
            writer.end();
        });
        checker.take("Sync", V, &body);
    });
    assert!(dropped.is_err());
}
