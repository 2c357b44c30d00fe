//! From nothing to a session.

use std::time::Duration;

use tokio::join;

use super::script::{BARE, RICH, alice, client, client_with, login, tls};
use crate::backend::imap::{Imap, ImapError, Security};
use crate::backend::sasl::SecretKind;
use crate::backend::tls::client_config;
use crate::clock;

#[tokio::test]
async fn a_rich_server_costs_one_flight_after_the_login() {
    let (imap, mut peers) = client();
    let alice = alice();
    let (session, _peer) = join!(imap.session(&alice, None), peers.welcome(RICH));
    let session = session.expect("a session");
    let offered = session.capabilities();
    assert!(offered.qresync && offered.move_ && offered.notify && !offered.compress);
}

#[tokio::test]
async fn what_the_server_did_not_enable_is_not_used() {
    let (imap, mut peers) = client();
    let alice = alice();
    let server = async {
        let mut peer = peers.accept().await;
        peer.says("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready")
            .await;
        let tag = peer.hears("AUTHENTICATE PLAIN AGFsaWNlAHdvbmRlcg==").await;
        let offered = "CAPABILITY IMAP4rev1 ENABLE CONDSTORE QRESYNC";
        peer.says(&format!("{tag} OK [{offered}] in")).await;
        let tag = peer.hears("ENABLE CONDSTORE QRESYNC").await;
        peer.says("* ENABLED CONDSTORE").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let (session, ()) = join!(imap.session(&alice, None), server);
    let session = session.expect("a session");
    assert!(session.capabilities().condstore && !session.capabilities().qresync);
}

#[tokio::test]
async fn a_bare_server_is_asked_for_capabilities_and_logged_in_with_login() {
    let (imap, mut peers) = client();
    let server = async {
        let mut peer = peers.accept().await;
        peer.says("* OK Courier-IMAP ready").await;
        let tag = peer.hears("CAPABILITY").await;
        peer.says("* CAPABILITY IMAP4rev1").await;
        peer.says(&format!("{tag} OK done")).await;
        // A password that does not fit quotes goes as a literal, and waits for leave (T25).
        let tag = peer.hears("LOGIN \"alice\" {8}").await;
        peer.says("+ go on").await;
        assert_eq!(peer.octets(10).await, "wönder\"\r\n".as_bytes());
        peer.says(&format!("{tag} OK in")).await;
        let tag = peer.hears("CAPABILITY").await;
        peer.says("* CAPABILITY IMAP4rev1 IDLE").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let alice = login("alice", "wönder\"");
    let (session, ()) = join!(imap.session(&alice, None), server);
    assert!(session.expect("a session").capabilities().idle);
}

#[tokio::test]
async fn sasl_waits_for_the_server_where_it_must() {
    let (imap, mut peers) = client_with(|settings| settings.secrets = SecretKind::Token);
    let server = async {
        let mut peer = peers.accept().await;
        peer.says("* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2] ready")
            .await;
        let tag = peer.hears("AUTHENTICATE XOAUTH2").await;
        peer.says("+ ").await;
        assert_eq!(
            peer.line().await,
            "dXNlcj1hbGljZQFhdXRoPUJlYXJlciB3b25kZXIBAQ=="
        );
        peer.says("+ eyJzdGF0dXMiOiI0MDAifQ==").await;
        assert_eq!(peer.line().await, "");
        peer.says(&format!("{tag} NO [AUTHENTICATIONFAILED] expired token"))
            .await;
    };
    let alice = alice();
    let (session, ()) = join!(imap.session(&alice, None), server);
    assert!(matches!(session, Err(ImapError::LoginRefused(_))));
}

#[tokio::test]
async fn a_master_acts_for_the_user() {
    let (imap, mut peers) = client();
    let mut master = login("alice", "key");
    master.name = "master".into();
    master.acts_for = Some("alice".into());
    let server = async {
        let mut peer = peers.accept().await;
        peer.says("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready")
            .await;
        let tag = peer
            .hears("AUTHENTICATE PLAIN YWxpY2UAbWFzdGVyAGtleQ==")
            .await;
        peer.says(&format!("{tag} OK [CAPABILITY IMAP4rev1] in"))
            .await;
    };
    let (session, ()) = join!(imap.session(&master, None), server);
    session.expect("a session");
}

/// What comes of a login when the server greets and answers so.
async fn outcome(greeting: &str, answer: &str) -> ImapError {
    let (imap, mut peers) = client();
    let alice = alice();
    let server = async {
        let mut peer = peers.accept().await;
        peer.says(greeting).await;
        if !answer.is_empty() {
            let tag = peer.line().await;
            let tag = tag.split(' ').next().unwrap_or_default();
            peer.says(&answer.replace("TAG", tag)).await;
        }
        peer
    };
    let (result, _peer) = join!(imap.verify(&alice), server);
    result.expect_err("no session")
}

#[tokio::test]
async fn refusals_are_told_apart() {
    const READY: &str = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready";
    use ImapError::{Disconnected, LoginRefused, LoginUnavailable, Protocol};
    let error = outcome(READY, "TAG NO [AUTHENTICATIONFAILED] no").await;
    assert!(matches!(error, LoginRefused(_)), "{error:?}");
    let error = outcome(READY, "TAG NO [UNAVAILABLE] later").await;
    assert!(matches!(error, LoginUnavailable(_)), "{error:?}");
    let error = outcome(READY, "* BYE too many").await;
    assert!(matches!(error, LoginUnavailable(_)), "{error:?}");
    let error = outcome(READY, "TAG BAD what").await;
    assert!(matches!(error, LoginUnavailable(_)), "{error:?}");
    let error = outcome("* BYE full", "").await;
    assert!(matches!(error, LoginUnavailable(_)), "{error:?}");
    let none = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready";
    let error = outcome(none, "").await;
    assert!(matches!(error, LoginUnavailable(_)), "{error:?}");
    for garbage in [
        "HTTP/1.1 400 Bad Request",
        "* PREAUTH root",
        "A1 OK",
        "+ ",
        "* 3 EXISTS",
    ] {
        let error = outcome(garbage, "").await;
        assert!(matches!(error, Protocol(_)), "{garbage}: {error:?}");
    }
    assert!(!matches!(
        outcome(READY, "A99 OK in").await,
        Disconnected(_)
    ));
}

#[tokio::test]
async fn t31_starttls_forgets_what_was_said_in_the_clear() {
    let (acceptor, trust) = tls();
    let (imap, mut peers) = client_with(|settings| {
        settings.security = Security::StartTls;
        settings.tls = client_config(&trust).expect("a TLS configuration");
    });
    let server = async {
        let mut peer = peers.accept().await;
        // The man in the middle offers a login in the clear and nothing else.
        peer.says("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+] hi")
            .await;
        let tag = peer.hears("STARTTLS").await;
        // Behind the OK, in the same segment: an answer to the command that will come next, and
        // capabilities.
        let injected = format!(
            "{tag} OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN EVIL\r\nA1 OK [CAPABILITY IMAP4rev1 MOVE] in\r\nA2 OK in\r\n"
        );
        peer.sends(injected.as_bytes()).await;
        let stream = acceptor.accept(peer.stream).await.expect("a handshake");
        let mut peer = super::script::Peer {
            stream: Box::new(stream),
        };
        let tag = peer.hears("CAPABILITY").await;
        peer.says("* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("AUTHENTICATE PLAIN AGFsaWNlAHdvbmRlcg==").await;
        peer.says(&format!("{tag} OK [CAPABILITY IMAP4rev1 IDLE] in"))
            .await;
    };
    let alice = alice();
    let (session, ()) = join!(imap.session(&alice, None), server);
    let session = session.expect("a session");
    assert!(session.capabilities().idle && !session.capabilities().move_);
}

#[tokio::test]
async fn t31_without_tls_there_is_no_login() {
    let (_, trust) = tls();
    for answer in ["TAG NO not today", "TAG BAD what", "* BYE no"] {
        let (imap, mut peers) = client_with(|settings| {
            settings.security = Security::StartTls;
            settings.tls = client_config(&trust).expect("a TLS configuration");
        });
        let server = async {
            let mut peer = peers.accept().await;
            peer.says("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi").await;
            let tag = peer.hears("STARTTLS").await;
            peer.says(&answer.replace("TAG", &tag)).await;
            peer.sees_the_end().await;
        };
        let alice = alice();
        let (session, ()) = join!(imap.session(&alice, None), server);
        assert!(
            matches!(session, Err(ImapError::Unreachable(_))),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn t32_a_certificate_nobody_trusts_ends_it_before_the_login() {
    let (acceptor, _) = tls();
    let (_, other) = tls();
    let (imap, mut peers) = client_with(|settings| {
        settings.security = Security::Tls;
        settings.tls = client_config(&other).expect("a TLS configuration");
    });
    let server = async {
        let peer = peers.accept().await;
        assert!(acceptor.accept(peer.stream).await.is_err());
    };
    let alice = alice();
    let (session, ()) = join!(imap.session(&alice, None), server);
    assert!(matches!(session, Err(ImapError::Unreachable(_))));
}

#[tokio::test(start_paused = true)]
async fn t60_a_black_hole_costs_the_deadline_of_its_phase() {
    let (imap, mut peers) = client();
    let alice = alice();
    let start = clock::monotonic();
    let (result, _silent) = join!(imap.verify(&alice), peers.accept());
    assert!(matches!(result, Err(ImapError::Timeout)));
    assert_eq!(start.elapsed(), Duration::from_secs(10));

    let start = clock::monotonic();
    let server = async {
        let mut peer = peers.accept().await;
        peer.says("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi")
            .await;
        peer
    };
    let (result, _silent) = join!(imap.verify(&alice), server);
    assert!(matches!(result, Err(ImapError::Timeout)));
    assert_eq!(start.elapsed(), Duration::from_secs(15));

    let start = clock::monotonic();
    let (session, _silent) = join!(imap.session(&alice, None), peers.welcome(BARE));
    let mut session = session.expect("a session");
    assert!(matches!(session.noop().await, Err(ImapError::Timeout)));
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn t60_the_breaker_leaves_a_dead_server_alone() {
    let (imap, peers) = client();
    let alice = alice();
    drop(peers);
    for _ in 0..5 {
        let error = imap.verify(&alice).await.expect_err("nobody there");
        assert!(matches!(error, ImapError::Unreachable(_)), "{error:?}");
    }
    let error = imap.verify(&alice).await.expect_err("resting");
    assert!(matches!(error, ImapError::BreakerOpen { .. }), "{error:?}");
    assert!(imap.is_resting());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let error = imap.verify(&alice).await.expect_err("nobody there");
    assert!(matches!(error, ImapError::Unreachable(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn t40_a_refused_secret_is_not_tried_again_for_a_quarter_of_an_hour() {
    let (imap, mut peers) = client();
    let refuse = async |imap: &Imap, peers: &mut super::script::Peers, secret: &str| {
        let login = login("alice", secret);
        let server = async {
            let mut peer = peers.accept().await;
            peer.says("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi")
                .await;
            let line = peer.line().await;
            let tag = line.split(' ').next().unwrap_or_default();
            peer.says(&format!("{tag} NO [AUTHENTICATIONFAILED] no"))
                .await;
        };
        let (result, ()) = join!(imap.verify(&login), server);
        assert!(matches!(result, Err(ImapError::LoginRefused(_))));
    };
    refuse(&imap, &mut peers, "old").await;
    for _ in 0..100 {
        let error = imap.session(&login("alice", "old"), None).await.err();
        assert!(matches!(error, Some(ImapError::LoginRefused(_))));
        let error = imap.verify(&login("alice", "old")).await.err();
        assert!(matches!(error, Some(ImapError::LoginRefused(_))));
    }
    assert!(peers.is_quiet());
    // Another secret is another question.
    refuse(&imap, &mut peers, "other").await;
    tokio::time::sleep(Duration::from_secs(15 * 60)).await;
    refuse(&imap, &mut peers, "old").await;
}
