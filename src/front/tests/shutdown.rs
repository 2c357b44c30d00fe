//! Ends: of a phone in the middle of a Ping, and of the server.

use std::time::Duration;

use tokio::time::timeout;

use super::support::*;
use crate::clock;

#[tokio::test]
async fn a_phone_that_goes_away_ends_its_held_ping_at_once() {
    let server = Server::start().await;
    let ping = post("Ping", "", b"");
    let another = post("Sync", "", b"x");
    for ahead in [&b""[..], &another[..40], &another, b"\n"] {
        let mut client = server.connect().await;
        client.send(&ping).await;
        server.service.held.notified().await;
        // What a phone sends ahead must not hide that it left.
        client.send(ahead).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(client);
        timeout(SOON, server.service.dropped.notified())
            .await
            .expect("the command to be dropped");
    }
}

#[tokio::test]
async fn a_held_ping_answers_and_what_came_ahead_is_served_after_it() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(&post("Ping", "", b"")).await;
    server.service.held.notified().await;
    client.send(&post("Sync", "", b"four")).await;
    // Ends all held ones, but not the server: the token is the service's own here.
    server.service.stopping.cancel();
    assert_eq!(client.answer().await.text(), "over");
}

#[tokio::test]
async fn o6_shutdown_lets_running_requests_finish() {
    let server = Server::start().await;
    let mut idle = server.connect().await;
    idle.send(&post("Sync", "", b"x")).await;
    idle.answer().await;
    let mut fresh = server.connect().await;
    let mut held = server.connect().await;
    held.send(&post("Ping", "", b"")).await;
    server.service.held.notified().await;
    server.shutdown.cancel();
    let answer = held.answer().await;
    assert_eq!(answer.text(), "over");
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(idle.is_closed().await && fresh.is_closed().await && held.is_closed().await);
    timeout(SOON, server.task).await.unwrap().unwrap();
    assert!(
        tokio::net::TcpStream::connect(server.address)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn shutdown_cuts_what_does_not_end() {
    let server = Server::limited(|limits| limits.shutdown = Duration::from_millis(200)).await;
    let mut client = server.connect().await;
    client.send(&post("Settings", "", b"")).await;
    server.service.held.notified().await;
    let began = clock::monotonic();
    server.shutdown.cancel();
    assert!(client.try_answer().await.is_none());
    timeout(SOON, server.task).await.unwrap().unwrap();
    assert!(began.elapsed() >= Duration::from_millis(200));
}
