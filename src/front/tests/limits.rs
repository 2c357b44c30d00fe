//! T10, T55: slow, stalling and numerous peers.

use std::process::Command;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::super::TlsMode;
use super::support::*;
use crate::clock;
use crate::config::Tls;

/// Long enough for honest peers on a loaded machine.
const SHORT: Duration = Duration::from_millis(400);
/// Well past SHORT, well before the limits that are not meant.
const PATIENCE: Duration = Duration::from_secs(6);

/// The connection ends by itself, after SHORT and not much later.
async fn ends_in_time(client: &mut Client<tokio::net::TcpStream>, name: &str) -> Vec<u8> {
    let began = clock::monotonic();
    let rest = client.rest().await;
    let took = began.elapsed();
    assert!(took < PATIENCE, "{name}: {took:?}");
    rest
}

/// Everything short, so that each stage is cut by its own limit.
async fn impatient() -> Server {
    Server::limited(|limits| {
        limits.first_byte = SHORT;
        limits.head = SHORT;
        limits.idle = SHORT;
        limits.pace_grace = SHORT;
        limits.pace_stall = SHORT;
    })
    .await
}

#[tokio::test]
async fn t10_no_first_byte() {
    let mut client = impatient().await.connect().await;
    assert!(ends_in_time(&mut client, "first byte").await.is_empty());
}

#[tokio::test]
async fn t10_half_a_head() {
    let server = impatient().await;
    let mut client = server.connect().await;
    client.send(b"POST /Micro").await;
    let rest = ends_in_time(&mut client, "head").await;
    assert!(
        rest.starts_with(b"HTTP/1.1 408 "),
        "{}",
        String::from_utf8_lossy(&rest)
    );
}

#[tokio::test]
async fn t10_idle_between_requests_and_half_a_second_head() {
    let server = impatient().await;
    let mut client = server.connect().await;
    client.send(&post("Sync", "", b"x")).await;
    client.answer().await;
    assert!(ends_in_time(&mut client, "idle").await.is_empty());
    let mut client = server.connect().await;
    client.send(&post("Sync", "", b"x")).await;
    client.answer().await;
    client.send(b"POST").await;
    let rest = ends_in_time(&mut client, "second head").await;
    assert!(rest.starts_with(b"HTTP/1.1 408 "));
}

#[tokio::test]
async fn t10_no_body_or_half_of_it() {
    let server = impatient().await;
    for sent in [0, 3] {
        let mut request = post("Sync", "", b"hello");
        request.truncate(request.len() - 5 + sent);
        let mut client = server.connect().await;
        client.send(&request).await;
        let rest = ends_in_time(&mut client, "body").await;
        assert!(
            rest.starts_with(b"HTTP/1.1 400 "),
            "{}",
            String::from_utf8_lossy(&rest)
        );
    }
}

#[tokio::test]
async fn t10_does_not_read_the_answer() {
    let server = impatient().await;
    let mut client = server.connect().await;
    client.send(&post("Find", "", b"")).await;
    tokio::time::sleep(SHORT * 4).await;
    let rest = ends_in_time(&mut client, "answer").await;
    assert!(rest.len() < 64 << 20, "the answer was not cut");
}

#[tokio::test]
async fn t10_a_creeping_body_is_cut_and_a_steady_one_is_not() {
    let server = Server::limited(|limits| {
        limits.pace = 100_000;
        limits.pace_grace = SHORT;
        limits.pace_stall = SHORT;
    })
    .await;
    let mut client = server.connect().await;
    let request = post("Sync", "", &[b'x'; 10_000]);
    let (head, body) = request.split_at(request.len() - 10_000);
    client.send(head).await;
    let mut cut = false;
    for byte in body.chunks(1) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if client.stream.write_all(byte).await.is_err() {
            cut = true;
            break;
        }
    }
    assert!(cut, "10,000 bytes at 50/s went through");

    // In all it takes longer than the grace, but it moves.
    let mut client = server.connect().await;
    client
        .send(&post("Sync", "", &[b'x'; 200_000])[..300])
        .await;
    let request = post("Sync", "", &[b'x'; 200_000]);
    for piece in request[300..].chunks(20_000) {
        tokio::time::sleep(SHORT / 3).await;
        client.send(piece).await;
    }
    assert_eq!(client.answer().await.text(), "200000");
}

#[tokio::test]
async fn t10_requests_have_a_time_and_held_ones_a_longer_one() {
    let server = Server::limited(|limits| {
        limits.request = SHORT;
        limits.held_request = SHORT * 4;
        // A held phone says nothing, and that is no stall.
        limits.idle = SHORT;
        limits.pace_grace = SHORT;
        limits.pace_stall = SHORT;
    })
    .await;
    let began = clock::monotonic();
    let answer = server.ask(&post("Settings", "", b"")).await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("60"))
    );
    assert!(began.elapsed() < SHORT * 4);
    let began = clock::monotonic();
    let answer = server.ask(&post("Ping", "", b"")).await;
    assert_eq!(answer.status, 503);
    assert!(began.elapsed() >= SHORT * 4);
}

#[tokio::test]
async fn t10_a_stalling_tls_handshake_is_cut() {
    let state = tempfile::tempdir().unwrap();
    let mode = TlsMode::load(&Tls::SelfSigned, state.path()).unwrap();
    let change = |limits: &mut crate::config::Limits| {
        limits.first_byte = SHORT;
        limits.handshake = SHORT;
    };
    let server = Server::with(change, mode).await;
    let mut silent = server.connect().await;
    assert!(ends_in_time(&mut silent, "first byte").await.is_empty());
    let mut half = server.connect().await;
    half.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        .await;
    assert!(ends_in_time(&mut half, "handshake").await.is_empty());
    // Who speaks HTTP to it is told so.
    let mut wrong = server.connect().await;
    wrong.send(b"GET / HTTP/1.1\r\n\r\n").await;
    let rest = wrong.rest().await;
    assert!(find(&rest, b"This port speaks HTTPS").is_some());
}

#[tokio::test]
async fn an_address_has_so_many_connections_until_someone_signs_in() {
    let server = Server::limited(|limits| limits.connections_per_address = 3).await;
    let mut signed_in = Vec::new();
    for _ in 0..5 {
        let mut client = server.connect().await;
        client.send(&post("Sync", "", b"x")).await;
        assert_eq!(client.answer().await.status, 200);
        signed_in.push(client);
    }
    let health = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut strangers = Vec::new();
    for _ in 0..3 {
        let mut client = server.connect().await;
        client.send(health).await;
        assert_eq!(client.answer().await.status, 200);
        strangers.push(client);
    }
    let mut refused = server.connect().await;
    refused.send(health).await;
    assert!(refused.is_closed().await);
    // One leaves, one may come.
    drop(strangers.pop());
    for attempt in 0.. {
        let mut client = server.connect().await;
        client.send(health).await;
        if client.try_answer().await.is_some() {
            break;
        }
        assert!(attempt < 100);
    }
    for client in &mut signed_in {
        client.send(&post("Sync", "", b"x")).await;
        assert_eq!(client.answer().await.status, 200);
    }
}

#[tokio::test]
async fn handshakes_per_address_have_a_rate() {
    let server = Server::limited(|limits| limits.handshakes_per_address = 5).await;
    let mut let_in = 0;
    for _ in 0..20 {
        let mut client = server.connect().await;
        client
            .send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            .await;
        let_in += usize::from(client.try_answer().await.is_some());
    }
    assert!((5..20).contains(&let_in), "{let_in}");
}

#[tokio::test]
async fn t55_idle_connections_make_room_and_busy_ones_stay() {
    let server = Server::limited(|limits| limits.connections = Some(3)).await;
    let mut held = server.connect().await;
    held.send(&post("Ping", "", b"")).await;
    server.service.held.notified().await;
    let mut idle = server.connect().await;
    idle.send(&post("Sync", "", b"x")).await;
    idle.answer().await;
    // Far more than fit; each is idle after its answer and gives way to the next.
    let mut others = Vec::new();
    for number in 0..12 {
        let mut client = server.connect().await;
        client.send(&post("Sync", "", b"abc")).await;
        assert_eq!(client.answer().await.text(), "3", "{number}");
        others.push(client);
    }
    assert!(idle.is_closed().await);
    server.shutdown.cancel();
    assert_eq!(held.answer().await.text(), "over");
}

const CHILD: &str = "AIRGATE_TEST_FEW_DESCRIPTORS";

/// Runs itself again in a shell that allows few descriptors.
#[test]
fn t55_out_of_descriptors_and_back() {
    let test = "front::tests::limits::t55_out_of_descriptors_and_back";
    if std::env::var_os(CHILD).is_some() {
        return tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
            .block_on(too_many_clients());
    }
    let run = format!("ulimit -n 64 && exec \"$0\" --exact {test} --nocapture");
    let status = Command::new("sh")
        .args(["-c", &run])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, "1")
        .status()
        .unwrap();
    assert!(status.success());
}

/// Client and server share the 64 descriptors, so both run out.
async fn too_many_clients() {
    let server = Server::limited(|limits| limits.connections = Some(1000)).await;
    let mut clients = Vec::new();
    for _ in 0..200 {
        if let Ok(stream) = tokio::net::TcpStream::connect(server.address).await {
            clients.push(stream);
        }
    }
    assert!(clients.len() < 64);
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(clients);
    // It recovers by itself.
    for attempt in 0.. {
        if let Ok(stream) = tokio::net::TcpStream::connect(server.address).await {
            let mut client = Client::new(stream);
            client.send(&post("Sync", "", b"x")).await;
            if client
                .try_answer()
                .await
                .is_some_and(|answer| answer.text() == "1")
            {
                break;
            }
        }
        assert!(attempt < 50, "the server does not come back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
