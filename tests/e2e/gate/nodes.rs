//! Several Airgates over one database: what one is told all hear.

use std::time::{Duration, Instant};

use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::{ping, sync};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{dovecot, phone_with, until, world};
use crate::support::mail;
use crate::support::phone::{Phone, Profile, Wire};
use crate::support::raw;
use crate::support::server::{Server, Settings};
use crate::support::world::World;

/// Within which every node must have heard of it (T46).
const HEARD: Duration = Duration::from_secs(5);

/// One more node on the state of the first.
fn node(world: &World) -> Server {
    Settings::new(&world.backend.imap_url())
        .smtp(&world.smtp.url())
        .only_passcodes()
        .state_in(world.server.state())
        .start()
}

/// A mail of which the phone has sent the head and half the body.
async fn half_an_upload(phone: &Phone, server: &Server) -> TcpStream {
    let mut line = phone.line(CommandName::SendMail);
    line.save_in_sent = true;
    let body = mail::simple("half a mail", &"and so on\r\n".repeat(20_000));
    let sent = phone.prepare(&line, body);
    let mut head = format!("POST {} HTTP/1.1\r\n", sent.target);
    for (name, value) in &sent.headers {
        let value = if name == "content-type" {
            "message/rfc822"
        } else {
            value.to_str().expect("text")
        };
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", sent.body.len()));
    let mut stream = TcpStream::connect(server.address())
        .await
        .expect("it listens");
    stream.write_all(head.as_bytes()).await.expect("a head");
    let half = &sent.body[..sent.body.len() / 2];
    stream.write_all(half).await.expect("half a body");
    stream
}

#[tokio::test]
async fn t46_a_revocation_ends_ping_sync_and_upload_on_three_nodes() {
    let world = world(|settings| settings.only_passcodes()).await;
    let nodes = [node(&world), node(&world)];
    world.fill("INBOX", 1).await;
    let passcode = world.server.passcode(&world.alice, &[]);
    // 12.1 sends a mail as it is.
    let profile = Profile::ios().speaking(airgate_codec::ProtocolVersion::V12_1);
    let mut phone = phone_with(&world, profile, &passcode);
    phone.set_up().await;
    phone.sync_all("INBOX").await;
    let at = |server: &Server| phone.by_way_of(Wire::new(server.address(), server.trust()));
    let (mut second, mut third) = (at(&nodes[0]), at(&nodes[1]));
    // The other two know it by themselves, too.
    second.folder_sync().await;
    third.folder_sync().await;

    let mut waiting = phone.clone();
    let ping = tokio::spawn(async move {
        let request = ping::Request {
            heartbeat: Some(600),
            folders: Some(vec![ping::Folder {
                id: waiting.id("INBOX"),
                class: None,
            }]),
        };
        let answer = waiting.try_ping(&request).await;
        (answer.err().map(|trouble| trouble.http()), Instant::now())
    });
    let mut waiting = second.clone();
    let held = tokio::spawn(async move {
        let request = sync::Request {
            wait: Some(10),
            collections: Some(vec![waiting.collection("INBOX")]),
            ..sync::Request::default()
        };
        let answer = waiting.try_sync(request).await;
        (answer.err().map(|trouble| trouble.http()), Instant::now())
    });
    let mut upload = half_an_upload(&third, &nodes[1]).await;
    until(|| dovecot(&world).doveadm(&["who"]).contains("alice")).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!ping.is_finished() && !held.is_finished(), "both are held");

    // A process of its own, as an administrator would.
    let output = world
        .server
        .verb_with(&["passcode", "revoke", &world.alice.name, &passcode.id], "");
    assert!(output.status.success(), "{output:?}");
    let revoked = Instant::now();
    let answer = raw::answer(&mut upload).await;
    println!("upload: {} after {:?}", answer.status, revoked.elapsed());
    assert_eq!(answer.status, 401);
    assert!(revoked.elapsed() < HEARD);
    for (what, held) in [("Ping", ping), ("Sync", held)] {
        let (status, ended) = held.await.expect("it ends");
        let took = ended.saturating_duration_since(revoked);
        println!("{what}: {status:?} after {took:?}");
        assert_eq!(status, Some(401), "{what}");
        assert!(took < HEARD, "{what}");
    }
    for phone in [&mut phone, &mut second, &mut third] {
        assert_eq!(phone.try_folder_sync().await.unwrap_err().http(), 401);
    }
    // The sessions at the mail server as well, and half a mail is none.
    until(|| !dovecot(&world).doveadm(&["who"]).contains("alice")).await;
    assert!(world.smtp.received().is_empty());
}
