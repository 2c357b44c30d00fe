//! Several Airgates over one database: what one is told all hear.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::{ping, sync};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{dovecot, phone_with, until, world};
use crate::support::backend::User;
use crate::support::mail;
use crate::support::phone::{Phone, Profile, Wire};
use crate::support::raw;
use crate::support::server::{Server, Settings};
use crate::support::surfer::Surfer;
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
async fn half_an_upload(phone: &Phone, server: SocketAddr) -> TcpStream {
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
    let mut stream = TcpStream::connect(server).await.expect("it listens");
    stream.write_all(head.as_bytes()).await.expect("a head");
    let half = &sent.body[..sent.body.len() / 2];
    stream.write_all(half).await.expect("half a body");
    stream
}

/// What a device does that lasts; its HTTP status and when it ended.
async fn lasting(what: usize, mut phone: Phone, server: SocketAddr) -> (u16, Instant) {
    let status = match what {
        0 => {
            let request = ping::Request {
                heartbeat: Some(600),
                folders: Some(vec![ping::Folder {
                    id: phone.id("INBOX"),
                    class: None,
                }]),
            };
            let answer = phone.try_ping(&request).await;
            answer.map_or_else(|trouble| trouble.http(), |_| 200)
        }
        1 => {
            let request = sync::Request {
                wait: Some(10),
                collections: Some(vec![phone.collection("INBOX")]),
                ..sync::Request::default()
            };
            let answer = phone.try_sync(request).await;
            answer.map_or_else(|trouble| trouble.http(), |_| 200)
        }
        _ => {
            let mut upload = half_an_upload(&phone, server).await;
            raw::answer_within(&mut upload, Duration::from_secs(20))
                .await
                .status
        }
    };
    (status, Instant::now())
}

const LASTING: [&str; 3] = ["Ping", "Sync", "upload"];

#[tokio::test]
async fn t46_a_revocation_ends_ping_sync_and_upload_on_each_of_three_nodes() {
    let world = world(|settings| settings.only_passcodes()).await;
    let others = [node(&world), node(&world)];
    let nodes = [&world.server, &others[0], &others[1]];
    world.fill("INBOX", 1).await;
    let mut phones = Vec::new();
    for number in 0..3 {
        let passcode = world.server.passcode(&world.alice, &[]);
        // 12.1 sends a mail as it is.
        let profile = Profile::ios()
            .speaking(airgate_codec::ProtocolVersion::V12_1)
            .called(&format!("PHONE{number}"));
        let mut phone = phone_with(&world, profile, &passcode);
        phone.set_up().await;
        phone.sync_all("INBOX").await;
        phones.push(phone);
    }
    // Each node holds one of each kind, and each phone does all three, with a node for each.
    let mut held = JoinSet::new();
    for (place, server) in nodes.iter().enumerate() {
        for (number, phone) in phones.iter().enumerate() {
            let wire = Wire::new(server.address(), server.trust());
            let mut phone = phone.by_way_of(wire);
            // The node knows the passcode by itself.
            phone.folder_sync().await;
            let (what, address) = ((place + number) % 3, server.address());
            held.spawn(async move { (place, what, lasting(what, phone, address).await) });
        }
    }
    until(|| dovecot(&world).doveadm(&["who"]).contains("alice")).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(held.try_join_next().is_none(), "all nine are held");

    // A process of its own, as an administrator would.
    let output = world
        .server
        .verb_with(&["passcode", "revoke", &world.alice.name, "--all"], "");
    assert!(output.status.success(), "{output:?}");
    let revoked = Instant::now();
    let mut ended = BTreeSet::new();
    while let Some(one) = held.join_next().await {
        let (place, what, (status, at)) = one.expect("it ends");
        let took = at.saturating_duration_since(revoked);
        println!("{} on node {place}: {status} after {took:?}", LASTING[what]);
        assert_eq!(status, 401, "{} on node {place}", LASTING[what]);
        assert!(took < HEARD, "{} on node {place}: {took:?}", LASTING[what]);
        ended.insert((place, what));
    }
    assert_eq!(ended.len(), 9);
    for server in nodes {
        for phone in &phones {
            let wire = Wire::new(server.address(), server.trust());
            let refused = phone.by_way_of(wire).try_folder_sync().await;
            assert_eq!(refused.unwrap_err().http(), 401);
        }
    }
    // The sessions at the mail server as well, and half a mail is none.
    until(|| !dovecot(&world).doveadm(&["who"]).contains("alice")).await;
    assert!(world.smtp.received().is_empty());
}

/// Within which every node must know what another counted (C14).
const SHARED: Duration = Duration::from_secs(10);

#[tokio::test]
async fn c14_an_address_that_one_node_closes_is_closed_on_all_within_ten_seconds() {
    let world = world(|settings| settings).await;
    let other = node(&world);
    // Each try at the other node is somebody else, so that nothing but the address can slow it down.
    let knock = async |number: usize| {
        let mut stranger = Surfer::new(other.address());
        let name = format!("nobody{number}@example.com");
        stranger.sign_in(&name, "guess").await.status
    };
    assert_eq!(knock(0).await, 422);
    let mut strangers = JoinSet::new();
    for number in 0..40 {
        let guess = User {
            password: format!("guess {number}"),
            ..User::alice()
        };
        let mut stranger = world.new_phone(Profile::gmail(), &guess);
        strangers.spawn(async move { stranger.try_folder_sync().await.is_err() });
    }
    assert!(
        strangers
            .join_all()
            .await
            .into_iter()
            .all(|refused| refused)
    );
    let closed = Instant::now();
    let mut status = 0;
    for number in 1..14 {
        status = knock(number).await;
        if status == 429 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    println!("{status} after {:?}", closed.elapsed());
    assert_eq!(status, 429);
    assert!(closed.elapsed() < SHARED);
    // The command line says who and why, though it has counted nothing.
    let slowed = world.server.verb_with(&["user", "throttled", "--json"], "");
    let slowed: serde_json::Value = serde_json::from_slice(&slowed.stdout).unwrap();
    assert_eq!(slowed[0]["who"], "127.0.0.1", "{slowed}");
    assert_eq!(slowed[0]["why"], "address");
}
