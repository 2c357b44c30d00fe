//! The wire as phones, probes and browsers meet it: OPTIONS, versions, both forms of the query,
//! gzip, chunks, certificates, and bodies that are wrong.

use std::io::Write as _;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::{folder_sync, ping, settings, sync};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::backend::Kind;
use crate::support::phone::{Answer, Phone, Profile, Query, Wire, set};
use crate::support::raw::{self, RawAnswer};
use crate::support::world::World;

const NO_HEADERS: [(&str, &str); 0] = [];

/// A request line and headers of Alice's, by hand.
fn by_hand(world: &World, method: &str, target: &str, more: &[(&str, &str)]) -> String {
    let login = STANDARD.encode(format!("{}:{}", world.alice.name, world.alice.password));
    let mut head = format!(
        "{method} {target} HTTP/1.1\r\nHost: mail.example.com\r\nConnection: close\r\n\
         Authorization: Basic {login}\r\n"
    );
    for (name, value) in more {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head
}

async fn ask(world: &World, method: &str, target: &str, more: &[(&str, &str)]) -> RawAnswer {
    let request = by_hand(world, method, target, more);
    raw::exchange(world.server.address(), request.as_bytes()).await
}

/// Sends a body that no phone would, as some command.
async fn send(phone: &mut Phone, name: CommandName, body: &[u8]) -> Answer {
    let sent = phone.prepare(&phone.line(name), body.to_vec());
    phone.send(&sent).await.unwrap()
}

#[tokio::test]
async fn options_and_pages_are_what_probes_and_browsers_expect() {
    let world = World::start(Kind::Dovecot).await;
    let path = "/Microsoft-Server-ActiveSync";
    for target in [
        path,
        "/microsoft-server-activesync",
        "/MICROSOFT-SERVER-ACTIVESYNC/",
        "/Microsoft-Server-ActiveSync/default.eas",
        "/Microsoft-Server-ActiveSync?jQAJBARBQkMxAAJTUA==",
    ] {
        let answer = ask(&world, "OPTIONS", target, &NO_HEADERS).await;
        assert_eq!(answer.status, 200, "{target}");
        assert_eq!(answer.body, b"", "{target}");
        for (name, value) in [
            ("ms-asprotocolversions", "12.0,12.1,14.0,14.1,16.0,16.1"),
            (
                "ms-asprotocolcommands",
                "Sync,SendMail,SmartForward,SmartReply,FolderSync,MoveItems,GetItemEstimate,\
                 Settings,Ping,ItemOperations,Provision",
            ),
            ("allow", "OPTIONS,POST"),
            ("public", "OPTIONS,POST"),
            ("content-length", "0"),
            ("cache-control", "private"),
        ] {
            let got = answer.all(name);
            // A header that comes twice confuses old clients as much as a wrong one.
            if name == "ms-asprotocolcommands" {
                assert_eq!(got.len(), 1, "{target}: {name}");
                assert!(!got[0].contains(' '), "{got:?}");
                for command in value.split(',') {
                    assert!(got[0].split(',').any(|one| one == command), "{command}");
                }
            } else {
                assert_eq!(got, [value], "{target}: {name}");
            }
        }
        assert_eq!(answer.all("ms-server-activesync").len(), 1);
        assert_eq!(answer.all("content-type"), [""; 0]);
    }

    // Without credentials, or with some that make no sense: asked to sign in.
    for authorization in [
        "",
        "Authorization: Bearer abc\r\n",
        "Authorization: Basic !\r\n",
    ] {
        for (method, query) in [
            ("OPTIONS", ""),
            ("POST", "?Cmd=Sync&DeviceId=A&DeviceType=B"),
        ] {
            let request = format!(
                "{method} {path}{query} HTTP/1.1\r\nHost: a\r\n{authorization}\
                 MS-ASProtocolVersion: 2.5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let answer = raw::exchange(world.server.address(), request.as_bytes()).await;
            assert_eq!(answer.status, 401, "{method} {authorization}");
            assert_eq!(answer.all("www-authenticate"), ["Basic realm=\"Airgate\""]);
            assert_eq!(answer.all("ms-server-activesync").len(), 1);
            assert_eq!(answer.all("ms-asprotocolversions"), [""; 0]);
        }
    }

    let page = ask(&world, "GET", "/", &NO_HEADERS).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.all("content-type"), ["text/html; charset=utf-8"]);
    assert!(page.text().contains("mail.example.com"));
    assert_eq!(ask(&world, "GET", path, &NO_HEADERS).await.status, 501);
    assert_eq!(ask(&world, "DELETE", path, &NO_HEADERS).await.status, 501);
    assert_eq!(
        ask(&world, "GET", "/nowhere", &NO_HEADERS).await.status,
        404
    );
    assert_eq!(
        ask(&world, "GET", "/healthz", &NO_HEADERS).await.status,
        200
    );
}

#[tokio::test]
async fn every_version_is_spoken_and_unknown_ones_are_refused() {
    let world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 2).await;
    for version in ProtocolVersion::ALL.into_iter().skip(1) {
        let name = format!("version{}", version.query_byte());
        let mut phone = world
            .phone(
                Profile::blackberry()
                    .keeps_all()
                    .called(&name)
                    .speaking(version),
            )
            .await;
        phone.sync_all("INBOX").await;
        assert_eq!(phone.subjects("INBOX").len(), 2, "{version}");

        // What the version does not have (and so no element to say it in), and a body that is missing.
        let find = send(&mut phone, CommandName::Find, b"").await;
        let attachment = send(&mut phone, CommandName::GetAttachment, b"").await;
        let meeting = send(&mut phone, CommandName::MeetingResponse, b"").await;
        let (old, latest) = (ProtocolVersion::V14_0, ProtocolVersion::V16_1);
        match version < latest {
            true => assert_eq!(find.status, 400, "{version}"),
            false => assert!(!contains(&find.body, "137"), "{version}"),
        }
        // An attachment without its name.
        assert_eq!(attachment.status, 400, "{version}");
        match version < old {
            true => assert_eq!(meeting.status, 400, "{version}"),
            false => assert_eq!(meeting.status, 200, "{version}"),
        }
    }
    let query = "/Microsoft-Server-ActiveSync?Cmd=FolderSync&User=a&DeviceId=A&DeviceType=B";
    for (version, expected) in [
        ("2.5", 400),
        ("1.0", 505),
        ("2.0", 400),
        ("2.1", 400),
        ("14.2", 400),
        ("17.0", 400),
        ("", 400),
    ] {
        let headers = [("MS-ASProtocolVersion", version), ("Content-Length", "0")];
        let answer = ask(&world, "POST", query, &headers).await;
        assert_eq!(answer.status, expected, "{version}");
    }
    let unknown = query.replace("FolderSync", "Frobnicate");
    let headers = [("MS-ASProtocolVersion", "14.1"), ("Content-Length", "0")];
    assert_eq!(ask(&world, "POST", &unknown, &headers).await.status, 501);
}

#[tokio::test]
async fn version_2_5_is_spoken_where_allowed() {
    let world = World::start_with(Kind::Dovecot, |settings| settings.argument("--allow-2.5")).await;
    world.fill("INBOX", 2).await;
    let mut profile = Profile::old_phone()
        .keeps_all()
        .speaking(ProtocolVersion::V2_5);
    profile.provisions = false;
    let mut phone = world.phone(profile).await;
    let options = phone.options().await;
    assert_eq!(
        options.header("ms-asprotocolversions"),
        "2.5,12.0,12.1,14.0,14.1,16.0,16.1"
    );
    phone.sync_all("INBOX").await;
    assert_eq!(phone.subjects("INBOX").len(), 2);
    // Settings and ItemOperations came with 12.0.
    for name in [CommandName::Settings, CommandName::ItemOperations] {
        assert_eq!(
            send(&mut phone, name, b"\x03\x01\x6a\x00").await.status,
            400
        );
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn both_forms_of_the_query_give_the_same_bytes() {
    let world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 5).await;
    let mut told: Vec<Vec<(String, Vec<u8>)>> = Vec::new();
    for (device, query) in [
        ("one", Query::Plain),
        ("two", Query::Packed),
        ("six", Query::PackedPercent),
    ] {
        let mut profile = Profile::ios()
            .called(device)
            .speaking(ProtocolVersion::V14_1);
        profile.query = query;
        profile.gzip = false;
        let mut phone = world.phone(profile).await;
        let mut answers = Vec::new();
        for name in [
            CommandName::FolderSync,
            CommandName::Settings,
            CommandName::Sync,
        ] {
            let body = match name {
                CommandName::FolderSync => folder_sync::Request {
                    sync_key: "0".to_owned(),
                }
                .write(phone.version()),
                CommandName::Settings => settings::Request {
                    asks: vec![settings::Ask::UserInformation],
                }
                .write(phone.version()),
                _ => b"\x03\x01\x6a\x00\x45\x5c\x01\x01".to_vec(),
            };
            let answer = send(&mut phone, name, &body).await;
            assert_eq!(answer.status, 200);
            answers.push((
                answer.header("content-type").to_owned(),
                answer.body.to_vec(),
            ));
        }
        phone.sync("INBOX").await;
        let page = phone.sync("INBOX").await;
        answers.push(("page".to_owned(), page.write(phone.version())));
        told.push(answers);
    }
    // Keys carry an epoch of their own per device: only those differ.
    let without_keys = |answers: &[(String, Vec<u8>)]| -> Vec<(String, String)> {
        answers
            .iter()
            .map(|(kind, body)| (kind.clone(), keyless(body)))
            .collect()
    };
    assert_eq!(without_keys(&told[0]), without_keys(&told[1]));
    assert_eq!(without_keys(&told[0]), without_keys(&told[2]));
}

#[tokio::test]
async fn t12_both_forms_of_the_query_are_the_same_for_every_command() {
    let world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 1).await;
    for version in [ProtocolVersion::V12_1, ProtocolVersion::V16_1] {
        // A phone of its own for each form, so that no answer depends on the one before.
        let mut told = Vec::new();
        for (device, query) in [
            ("ONE", Query::Plain),
            ("TWO", Query::Packed),
            ("SIX", Query::PackedPercent),
        ] {
            let device = format!("{device}{}", version.query_byte());
            let mut profile = Profile::blackberry().called(&device).speaking(version);
            profile.query = query;
            let mut phone = world.phone(profile).await;
            let inbox = phone.id("INBOX");
            let mut answers = Vec::new();
            for name in CommandName::ALL {
                for body in [&b""[..], b"nonsense", b"\x03\x01\x6a\x00\x45\x01"] {
                    let mut line = phone.line(*name);
                    line.attachment_name = Some(format!("{inbox}:1:1:2"));
                    line.collection_id = Some(inbox.clone());
                    line.item_id = Some(format!("{inbox}:999"));
                    line.save_in_sent = true;
                    let sent = phone.prepare(&line, body.to_vec());
                    let answer = phone.send(&sent).await.unwrap();
                    answers.push((
                        *name,
                        answer.status,
                        answer.header("content-type").to_owned(),
                        keyless(&answer.body),
                    ));
                }
            }
            told.push(answers);
        }
        for (packed, plain) in told[1..]
            .iter()
            .flat_map(|answers| answers.iter().zip(&told[0]))
        {
            assert_eq!(packed, plain, "{version}");
        }
    }
}

/// The body as XML with its sync keys taken out.
fn keyless(body: &[u8]) -> String {
    if body.is_empty() {
        return String::new();
    }
    let Ok(mut xml) = airgate_codec::wbxml::to_xml(body) else {
        return String::from_utf8_lossy(body).into_owned();
    };
    while let Some((head, rest)) = xml.split_once("<SyncKey>") {
        let (_, tail) = rest.split_once("</SyncKey>").unwrap();
        xml = format!("{head}{tail}");
    }
    xml
}

#[tokio::test]
async fn gzip_chunks_and_expectations_work_both_ways() {
    let world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 20).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync("INBOX").await;
    let request = sync::Request {
        collections: Some(vec![phone.collection("INBOX")]),
        ..sync::Request::default()
    };
    let body = request.write(phone.version());

    // Towards the server: gzip, as newer clients send it.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&body).unwrap();
    let zipped = gzip.finish().unwrap();
    let mut sent = phone.prepare(&phone.line(CommandName::Sync), zipped.clone());
    set(&mut sent.headers, "content-encoding", "gzip");
    let answer = phone.send(&sent).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-encoding"), "gzip");
    let first = sync::Response::read(&answer.body).unwrap();
    assert_eq!(first.collections[0].commands.len(), 20);

    // The same request without gzip is answered without it, and the same.
    let mut plain = phone.prepare(&phone.line(CommandName::Sync), body.clone());
    plain.headers.remove("accept-encoding");
    let answer = phone.send(&plain).await.unwrap();
    assert_eq!(answer.header("content-encoding"), "");
    assert_eq!(sync::Response::read(&answer.body).unwrap(), first);

    // In chunks, after an expectation.
    let query = phone.line(CommandName::Sync).to_plain();
    let mut head = by_hand(
        &world,
        "POST",
        &format!("/Microsoft-Server-ActiveSync?{query}"),
        &[
            ("MS-ASProtocolVersion", "16.1"),
            ("Content-Type", "application/vnd.ms-sync.wbxml"),
            ("Transfer-Encoding", "chunked"),
            ("Expect", "100-continue"),
        ],
    )
    .into_bytes();
    let mut stream = TcpStream::connect(world.server.address()).await.unwrap();
    stream.write_all(&head).await.unwrap();
    // The gate has spoken when the server asks for the body.
    let mut hundred = [0; 25];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut hundred)
        .await
        .unwrap();
    assert_eq!(&hundred, b"HTTP/1.1 100 Continue\r\n\r\n");
    for piece in body.chunks(7) {
        head.clear();
        head.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        head.extend_from_slice(piece);
        head.extend_from_slice(b"\r\n");
        stream.write_all(&head).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let answer = raw::answer(&mut stream).await;
    assert_eq!(answer.status, 200);
    assert_eq!(sync::Response::read(&answer.body).unwrap(), first);

    // A wrong secret is refused before a byte of the body is asked for (T8).
    let refused = format!(
        "POST /Microsoft-Server-ActiveSync?{query} HTTP/1.1\r\nHost: a\r\n\
         Authorization: Basic eDp5\r\nMS-ASProtocolVersion: 16.1\r\nContent-Length: 4000000\r\n\
         Expect: 100-continue\r\n\r\n"
    );
    assert_eq!(
        raw::exchange(world.server.address(), refused.as_bytes())
            .await
            .status,
        401
    );

    // Two layers, another encoding, or gzip that is none: refused, nothing changed.
    let key = phone.held("INBOX").key;
    for (encoding, bytes, expected) in [
        ("gzip, gzip", &zipped, 415),
        ("deflate", &zipped, 415),
        ("gzip", &body, 400),
        ("gzip", &zipped[..zipped.len() - 9].to_vec(), 400),
    ] {
        let mut sent = phone.prepare(&phone.line(CommandName::Sync), bytes.clone());
        set(&mut sent.headers, "content-encoding", encoding);
        let answer = phone.send(&sent).await.unwrap();
        assert_eq!(answer.status, expected, "{encoding}");
    }
    assert_eq!(phone.held("INBOX").key, key);
}

#[tokio::test]
async fn a_self_signed_certificate_stays_over_restarts() {
    let mut world = World::start_with(Kind::Dovecot, |settings| settings.self_signed()).await;
    let file = world.server.state().join("tls/self-signed.pem");
    let made = std::fs::read(&file).unwrap();
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    world.server.kill_nine();
    world.server.start();
    assert_eq!(std::fs::read(&file).unwrap(), made);
    // The phone that was told to trust the first one.
    phone.sync_all("INBOX").await;
}

#[tokio::test]
async fn t64_a_new_certificate_is_taken_without_a_restart() {
    let world = World::start_with(Kind::Dovecot, |settings| settings.tls()).await;
    let phone = world.phone(Profile::ios()).await;
    let pair = world.server.certificate().unwrap().clone();
    let old = world.server.trust();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    // A broken half first: the old certificate stays in use.
    std::fs::write(&pair.certificate, "no certificate").unwrap();
    world.server.signal("HUP");
    wait_for(|| world.server.log().contains("the old one stays")).await;
    let wire = Wire::new(world.server.address(), old);
    Phone::new(Profile::ios().called("old"), &world.alice, wire)
        .folder_sync()
        .await;

    std::fs::write(&pair.certificate, made.cert.pem()).unwrap();
    std::fs::write(&pair.key, made.signing_key.serialize_pem()).unwrap();
    world.server.signal("HUP");
    wait_for(|| world.server.log().contains("certificate loaded")).await;
    // Who trusts the new one only gets in; a connection that was open goes on.
    let mut new = world.new_phone(Profile::ios().called("new"), &world.alice);
    new.set_up().await;
    let mut open = phone;
    open.folder_sync().await;
}

async fn wait_for(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(8), wait)
        .await
        .expect("it happens soon");
}

/// What a phone can do to a body.
fn broken(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut deep = b"\x03\x01\x6a\x00".to_vec();
    deep.extend(std::iter::repeat_n(0x45, 200));
    let mut cut = body.to_vec();
    cut.truncate(body.len() / 2);
    let mut trailing = body.to_vec();
    // Zeros and ENDs would be padding of old phones.
    trailing.extend_from_slice(b"\x45\x01");
    vec![
        ("text", b"<Sync xmlns='AirSync:'/>".to_vec()),
        ("cut", cut),
        ("another version", b"\x04\x01\x6a\x00\x45\x01".to_vec()),
        ("only a head", b"\x03\x01\x6a\x00".to_vec()),
        (
            "an opaque past the end",
            b"\x03\x01\x6a\x00\x45\xc3\xff\xff\xff\x7fa".to_vec(),
        ),
        ("too deep", deep),
        ("something behind", trailing),
        ("zeros", vec![0; 100]),
    ]
}

#[tokio::test]
async fn malformed_bodies_cost_400_or_a_status_and_change_nothing() {
    let world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 3).await;
    let commands = [
        CommandName::Sync,
        CommandName::FolderSync,
        CommandName::Ping,
        CommandName::Provision,
        CommandName::Settings,
        CommandName::GetItemEstimate,
        CommandName::MoveItems,
        CommandName::ItemOperations,
    ];
    for profile in [Profile::old_phone().keeps_all(), Profile::ios()] {
        let mut phone = world.phone(profile).await;
        phone.sync_all("INBOX").await;
        let good = sync::Request {
            collections: Some(vec![phone.collection("INBOX")]),
            ..sync::Request::default()
        }
        .write(phone.version());
        for name in commands {
            for (what, body) in broken(&good) {
                let before = world.server.log().len();
                let answer = send(&mut phone, name, &body).await;
                let said = format!("{name} {what} at {}", phone.version());
                let old = phone.version() < ProtocolVersion::V14_0;
                if !old || answer.status == 200 {
                    assert_eq!(answer.status, 200, "{said}: {}", answer.text());
                    // A status and nothing else.
                    let xml = airgate_codec::wbxml::to_xml(&answer.body).unwrap();
                    let (_, status) = xml.split_once("<Status>").unwrap();
                    let (status, rest) = status.split_once("</Status>").unwrap();
                    assert!(!rest.contains("<Status>"), "{said}: {xml}");
                    let status: u16 = status.parse().unwrap();
                    assert_ne!(status, 1, "{said}");
                    // The common ones came with 14.0.
                    assert!(!old || status < 100, "{said}: {xml}");
                } else {
                    assert_eq!(answer.status, 400, "{said}");
                }
                let log = world.server.log();
                let line = log[before..]
                    .lines()
                    .find(|line| line.contains("malformed request"));
                let line = line.unwrap_or_else(|| panic!("{said}: no line in {}", &log[before..]));
                assert!(line.contains("offset="), "{line}");
            }
        }
        // Nothing moved: the same key goes on, nothing is new.
        assert_eq!(phone.sync("INBOX").await.collections, []);
        assert_eq!(phone.subjects("INBOX").len(), 3);
        assert_eq!(phone.surprises(), [""; 0]);
    }
    // Well-formed, but not the message: the command's own status, in both worlds.
    let mut phone = world.phone(Profile::ios().called("schema")).await;
    let other = ping::Request::default().write(phone.version());
    let answer = send(&mut phone, CommandName::FolderSync, &other).await;
    assert_eq!(answer.status, 200);
    // And the server is as well as before.
    phone.sync_all("INBOX").await;
}

#[tokio::test]
async fn t9_one_request_in_at_most_one_out() {
    let world = World::start(Kind::Dovecot).await;
    let login = STANDARD.encode(format!("{}:{}", world.alice.name, world.alice.password));
    let head = "POST /Microsoft-Server-ActiveSync?Cmd=FolderSync&User=a&DeviceId=A&DeviceType=B \
                HTTP/1.1\r\nHost: a\r\nMS-ASProtocolVersion: 14.1\r\n";
    for bad in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length : 5\r\n",
        "X: a\r\n  folded\r\nContent-Length: 0\r\n",
    ] {
        let request = format!(
            "{head}Authorization: Basic {login}\r\n{bad}\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        );
        let answer = raw::exchange(world.server.address(), request.as_bytes()).await;
        assert!(
            (400..=501).contains(&answer.status),
            "{bad:?}: {}",
            answer.status
        );
        assert_ne!(answer.status, 401, "{bad:?}");
        assert_eq!(answer.all("connection"), ["close"], "{bad:?}");
    }
}
