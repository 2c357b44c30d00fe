//! What one phone may cost (threats section 1), on the real server.

use std::io::Write as _;
use std::time::{Duration, Instant};

use airgate_codec::eas::compose_mail;
use airgate_codec::eas::request_line::CommandName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::backend::Kind;
use crate::support::phone::{Phone, Profile, set};
use crate::support::raw;
use crate::support::world::World;

/// The head of a request that announces a body and does not send it.
fn announcing(phone: &Phone, length: usize) -> String {
    let login = format!("{}:{}", phone.user.name, phone.user.password);
    format!(
        "POST /Microsoft-Server-ActiveSync?{} HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {}\r\n\
         MS-ASProtocolVersion: 16.1\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n",
        phone.line(CommandName::FolderSync).to_plain(),
        STANDARD.encode(login)
    )
}

/// A request that is let in and then lasts.
async fn lasting(world: &World, phone: &Phone) -> TcpStream {
    let mut stream = TcpStream::connect(world.server.address()).await.unwrap();
    stream
        .write_all(announcing(phone, 10).as_bytes())
        .await
        .unwrap();
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn a_device_has_four_requests_at_a_time() {
    let world = World::start(Kind::Dovecot).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync("INBOX").await;
    let mut other = world.phone(Profile::ios().called("OTHER")).await;
    let mut running = Vec::new();
    for _ in 0..4 {
        running.push(lasting(&world, &phone).await);
    }
    let answer = match phone.try_folder_sync().await.unwrap_err() {
        crate::support::phone::Trouble::Http(answer) => answer,
        other => panic!("{other:?}"),
    };
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "5");
    // A Ping comes in, since it ends the older one; another device of the user has its own places.
    let ping = phone.command(CommandName::Ping, Vec::new()).await;
    assert!(ping.is_ok());
    other.folder_sync().await;
    // One leaves: there is a place again, at once.
    running.pop();
    let freed = async {
        while phone.try_folder_sync().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), freed)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_user_has_so_many_devices() {
    let mut world = World::start_with(Kind::Dovecot, |settings| {
        settings.variable("AIRGATE_LIMITS_DEVICES", "3")
    })
    .await;
    let mut first = world.phone(Profile::ios()).await;
    for name in ["SECOND", "THIRD"] {
        world.phone(Profile::gmail().called(name)).await;
    }
    for _ in 0..2 {
        let mut fourth = world.new_phone(Profile::ios().called("FOURTH"), &world.alice);
        let answer = fourth.try_folder_sync().await.unwrap();
        assert_eq!(answer.status, 177, "{answer:?}");
        let mut old = world.new_phone(Profile::old_phone(), &world.alice);
        assert_eq!(old.try_folder_sync().await.unwrap_err().http(), 403);
        // Those that are there go on; somebody else has devices of his own.
        first.folder_sync().await;
        let bob = crate::support::backend::User::new("bob@example.com");
        world
            .new_phone(Profile::ios().called("FOURTH"), &bob)
            .set_up()
            .await;
        world.server.kill_nine();
        world.server.start();
    }
}

#[tokio::test]
async fn t8_large_bodies_are_refused_before_they_are_read() {
    let world = World::start(Kind::Dovecot).await;
    let mut phone = world.phone(Profile::ios()).await;
    // Announced: refused at once, nothing is read.
    let answer = raw::exchange(
        world.server.address(),
        announcing(&phone, 5 * 1024 * 1024).as_bytes(),
    )
    .await;
    assert_eq!(answer.status, 413);
    // A bomb: 64 MiB of zeros in 64 KiB.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..64 {
        gzip.write_all(&zeros).unwrap();
    }
    let bomb = gzip.finish().unwrap();
    let before = world.server.resident();
    let packed = |phone: &Phone, name| {
        let mut sent = phone.prepare(&phone.line(name), bomb.clone());
        set(&mut sent.headers, "content-encoding", "gzip");
        sent
    };
    for name in [CommandName::FolderSync, CommandName::Sync] {
        let sent = packed(&phone, name);
        assert_eq!(phone.send(&sent).await.unwrap().status, 413, "{name}");
    }
    // A mail that is too large is refused in the protocol's words (REFERENCE 3).
    let sent = packed(&phone, CommandName::SendMail);
    let answer = phone.send(&sent).await.unwrap();
    let failure = compose_mail::Failure::read(&answer.body).unwrap();
    assert_eq!((answer.status, failure.status), (200, 122));
    let grown = world.server.resident().saturating_sub(before);
    assert!(grown < 64 * 1024 * 1024, "{grown}");
    phone.folder_sync().await;
}

#[tokio::test]
async fn t10_slow_clients_are_shown_out_and_honest_ones_do_not_notice() {
    let world = World::start_with(Kind::Dovecot, |settings| {
        settings.toml(
            "[limits]\nfirst_byte = \"600ms\"\nhead = \"600ms\"\nidle = \"700ms\"\n\
             pace_grace = \"600ms\"\npace_stall = \"600ms\"\nconnections_per_address = 1000",
        )
    })
    .await;
    let mut phone = world.phone(Profile::ios()).await;
    let address = world.server.address();
    let crowd = world.new_phone(Profile::ios().called("CROWD"), &world.alice);
    let head = announcing(&crowd, 1000);
    let mut stalled = tokio::task::JoinSet::new();
    // Nothing, half a head, a head without its body, half a body.
    for bytes in [
        "".to_owned(),
        head[..50].to_owned(),
        head.clone(),
        format!("{head}\x03\x01"),
    ] {
        for _ in 0..10 {
            let bytes = bytes.clone();
            stalled.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(bytes.as_bytes()).await.unwrap();
                let started = Instant::now();
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer).await;
                started.elapsed()
            });
        }
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let started = Instant::now();
        phone.folder_sync().await;
        slowest = slowest.max(started.elapsed());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for took in stalled.join_all().await {
        assert!(took < Duration::from_millis(600 + 1500), "{took:?}");
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

#[tokio::test]
async fn t55_without_descriptors_the_server_lives_on() {
    let world = World::start_with(Kind::Dovecot, |settings| {
        settings.toml("[limits]\nconnections_per_address = 10000\nhandshakes_per_address = 10000")
    })
    .await;
    let mut phone = world.phone(Profile::ios()).await;
    let limited = std::process::Command::new("prlimit")
        .args(["--pid", &world.server.pid().to_string(), "--nofile=100:100"])
        .status()
        .unwrap();
    assert!(limited.success());
    let mut crowd = Vec::new();
    for _ in 0..300 {
        let connect = TcpStream::connect(world.server.address());
        if let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(200), connect).await {
            crowd.push(stream);
        }
    }
    let out = async {
        while !world.server.log().contains("cannot accept a connection") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(3), out)
        .await
        .expect("it ran out of descriptors");
    // They leave; everything is as before, without a restart.
    drop(crowd);
    let back = async {
        while phone.try_folder_sync().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), back)
        .await
        .expect("it serves again");
    assert!(!world.server.log().contains("panicked"));
}

#[tokio::test]
async fn t61_a_locked_database_is_a_passing_fault() {
    let world = World::start(Kind::Dovecot).await;
    world.fill("INBOX", 3).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let item = phone.item("INBOX", "Mail number 1");
    let file = world.server.state().join("airgate.db");
    // Somebody's tool holds the write lock for longer than the server waits.
    let mut lock = std::process::Command::new("sqlite3")
        .arg(&file)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut orders = lock.stdin.take().unwrap();
    orders.write_all(b"BEGIN IMMEDIATE;\n").unwrap();
    orders.flush().unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut collection = phone.collection("INBOX");
    let change = airgate_codec::eas::email::EmailChange {
        read: Some(true),
        ..Default::default()
    };
    collection.commands = vec![airgate_codec::eas::sync::Command::Change {
        server_id: item.clone(),
        instance_id: None,
        data: airgate_codec::eas::sync::ApplicationData::Email(Box::new(change)),
        send: false,
    }];
    let request = airgate_codec::eas::sync::Request {
        collections: Some(vec![collection]),
        ..Default::default()
    };
    assert_eq!(phone.try_sync(request).await.unwrap_err().http(), 503);
    assert!(
        world
            .server
            .log()
            .contains("WARN airgate::command: the command failed")
    );
    drop(orders);
    assert!(lock.wait().unwrap().success());
    phone.mark_read("INBOX", &item, true).await;
    assert_eq!(phone.surprises(), [""; 0]);
}
