//! Lending and giving back.

use std::time::Duration;

use airgate_codec::imap::MailboxName;
use tokio::join;

use super::script::{BARE, Peer, Peers, RICH, alice, client, client_with, login};
use crate::backend::Login;
use crate::backend::imap::{Imap, ImapError, Session};

async fn session(imap: &Imap, peers: &mut Peers) -> (Session, Peer) {
    let alice = alice();
    let (session, peer) = join!(imap.session(&alice, None), peers.welcome(BARE));
    (session.expect("a session"), peer)
}

async fn select(session: &mut Session, peer: &mut Peer, name: &str) {
    let mailbox = MailboxName::new(name);
    let server = async {
        let tag = peer.hears(&format!("SELECT \"{name}\"")).await;
        peer.shows_inbox(&tag).await;
    };
    let (selected, ()) = join!(session.select(&mailbox, None), server);
    selected.expect("selected");
}

#[tokio::test]
async fn the_connection_with_the_wanted_mailbox_is_preferred() {
    let (imap, mut peers) = client();
    let (mut one, mut first) = session(&imap, &mut peers).await;
    let (mut two, mut second) = session(&imap, &mut peers).await;
    select(&mut one, &mut first, "INBOX").await;
    select(&mut two, &mut second, "Work").await;
    drop((one, two));
    let work = MailboxName::new("Work");
    let alice = alice();
    let mut session = imap.session(&alice, Some(&work)).await.expect("pooled");
    assert_eq!(
        session.selected(),
        None,
        "what another selected is not ours"
    );
    let server = async {
        let tag = second.hears("NOOP").await;
        second.says(&format!("{tag} OK done")).await;
    };
    let (selected, ()) = join!(session.select(&work, None), server);
    assert_eq!(selected.expect("warm").exists, 5);
}

/// An earlier holder's mailbox is taken up as long as nothing is told of it, and not a moment longer.
#[tokio::test]
async fn s23_a_mailbox_is_taken_up_again_only_as_it_was() {
    let (imap, mut peers) = client();
    let (mut first, mut peer) = session(&imap, &mut peers).await;
    select(&mut first, &mut peer, "INBOX").await;
    drop(first);
    let (inbox, alice) = (MailboxName::inbox(), alice());
    let cases: [(&[&str], bool); 4] = [
        (&[], true),
        (&[], true),
        (&["* 6 EXISTS"], false),
        // What it heard then, it knows still: nothing is asked.
        (&[], false),
    ];
    for (place, (news, expected)) in cases.into_iter().enumerate() {
        let mut session = imap.session(&alice, Some(&inbox)).await.expect("pooled");
        let other = MailboxName::new("Work");
        assert!(!session.resume(&other).await.expect("not asked"));
        let server = async {
            if place < 3 {
                let tag = peer.hears("NOOP").await;
                for line in news {
                    peer.says(line).await;
                }
                peer.says(&format!("{tag} OK done")).await;
            }
        };
        let (resumed, ()) = join!(session.resume(&inbox), server);
        assert_eq!(resumed.expect("answered"), expected, "case {place}");
        assert_eq!(
            session.selected(),
            expected.then_some(&inbox),
            "case {place}"
        );
    }
}

#[tokio::test]
async fn verify_is_always_a_login_and_its_connection_is_kept() {
    let (imap, mut peers) = client();
    let alice = alice();
    for _ in 0..2 {
        let (verified, _peer) = join!(imap.verify(&alice), peers.welcome(BARE));
        verified.expect("verified");
    }
    let (verified, mut peer) = join!(imap.verify(&alice), peers.welcome(BARE));
    verified.expect("verified");
    let server = async {
        let tag = peer.hears("NOOP").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let client = async {
        let mut session = imap.session(&alice, None).await.expect("pooled");
        session.noop().await.expect("alive");
    };
    // The two earlier peers are gone; their connections are found dead and passed over.
    join!(client, server);
}

#[tokio::test]
async fn a_connection_that_died_in_its_sleep_is_replaced_without_a_word() {
    // Noticed before it is lent out.
    let (imap, mut peers) = client();
    let (one, mut peer) = session(&imap, &mut peers).await;
    drop(one);
    peer.says("* BYE idle for too long").await;
    let (two, mut peer) = session(&imap, &mut peers).await;
    drop(two);

    // Noticed by the first command, which is sent again.
    let alice = alice();
    let mut three = imap.session(&alice, None).await.expect("pooled");
    let server = async {
        peer.hears("SELECT \"INBOX\"").await;
        peer.says("* BYE idle for too long").await;
        drop(peer);
        let mut peer = peers.welcome(RICH).await;
        peer.opens_inbox().await;
        // But only once: what was lost after an answer may have done something.
        peer.hears("NOOP").await;
    };
    let client = async {
        let inbox = MailboxName::inbox();
        three.select(&inbox, None).await.expect("on a fresh one");
        assert!(three.capabilities().qresync, "those of the fresh one");
        let error = three.noop().await.expect_err("lost");
        assert!(matches!(error, ImapError::Disconnected(_)));
    };
    join!(client, server);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_connections_is_bounded_and_waiting_too() {
    let (imap, mut peers) = client_with(|settings| settings.per_user_connections = 2);
    let (one, _first) = session(&imap, &mut peers).await;
    let (two, _second) = session(&imap, &mut peers).await;
    let alice = alice();
    let error = imap.session(&alice, None).await.err();
    assert!(matches!(error, Some(ImapError::Busy)));
    // Another user does not wait for this one.
    let bob = login("bob", "builder");
    let server = async {
        let mut peer = peers.accept().await;
        peer.says("* OK [CAPABILITY IMAP4rev1] hi").await;
        let tag = peer.hears("LOGIN \"bob\" \"builder\"").await;
        peer.says(&format!("{tag} OK [CAPABILITY IMAP4rev1] in"))
            .await;
    };
    let (session, ()) = join!(imap.session(&bob, None), server);
    session.expect("bob's");
    // One that waits gets what comes back.
    let (three, ()) = join!(imap.session(&alice, None), async { drop(one) });
    three.expect("given back");
    drop(two);
    assert!(peers.is_quiet());
}

#[tokio::test]
async fn s8_a_fresh_session_is_fresh_and_stays_within_the_bound() {
    let (imap, mut peers) = client_with(|settings| settings.per_user_connections = 1);
    let (one, mut first) = session(&imap, &mut peers).await;
    drop(one);
    let alice = alice();
    let (fresh, _second) = join!(imap.fresh_session(&alice), peers.welcome(BARE));
    drop(fresh.expect("fresh"));
    first.sees_the_end().await;
}

#[tokio::test]
async fn a_login_that_is_only_checked_leaves_no_connection_too_many() {
    let (imap, mut peers) = client_with(|settings| settings.per_user_connections = 1);
    let (_one, _first) = session(&imap, &mut peers).await;
    let alice = alice();
    let (verified, mut second) = join!(imap.verify(&alice), peers.welcome(BARE));
    verified.expect("verified");
    second.sees_the_end().await;
}

#[tokio::test]
async fn t42_t50_another_secret_or_user_never_gets_the_connection() {
    let mut others = vec![login("alice", "wrong"), login("alice", "wonder")];
    others[1].version = 2;
    let mut master = login("alice", "wonder");
    master.acts_for = Some("alice".into());
    others.push(master);
    let mut renamed = login("alice", "wonder");
    renamed.name = "root".into();
    others.push(renamed);
    for other in others {
        let (imap, mut peers) = client();
        let (one, mut first) = session(&imap, &mut peers).await;
        drop(one);
        refuse(&imap, &mut peers, &other).await;
        first.sees_the_end().await;
    }
    // Another user has a pool of their own.
    let (imap, mut peers) = client();
    let (one, _first) = session(&imap, &mut peers).await;
    drop(one);
    let mut twin = login("bob", "wonder");
    twin.name = "alice".into();
    refuse(&imap, &mut peers, &twin).await;
    imap.session(&alice(), None).await.expect("alice's, warm");
}

/// A session asked for with this login is a new connection.
async fn refuse(imap: &Imap, peers: &mut Peers, login: &Login) {
    let server = async {
        let mut peer = peers.accept().await;
        peer.says("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi")
            .await;
        let line = peer.line().await;
        let tag = line.split(' ').next().unwrap_or_default();
        peer.says(&format!("{tag} NO [UNAVAILABLE] not now")).await;
    };
    let (session, ()) = join!(imap.session(login, None), server);
    assert!(matches!(session, Err(ImapError::LoginUnavailable(_))));
}

#[tokio::test]
async fn t46_a_forgotten_user_has_no_connections_left() {
    let (imap, mut peers) = client();
    let (one, mut idle) = session(&imap, &mut peers).await;
    let (two, mut busy) = session(&imap, &mut peers).await;
    drop(one);
    imap.forget(&alice().user);
    idle.sees_the_end().await;
    drop(two);
    busy.sees_the_end().await;
}

#[tokio::test(start_paused = true)]
async fn c7_unused_connections_are_closed_after_some_minutes() {
    let (imap, mut peers) = client();
    let (one, mut peer) = session(&imap, &mut peers).await;
    drop(one);
    let start = crate::clock::monotonic();
    peer.sees_the_end().await;
    assert!(start.elapsed() < Duration::from_secs(600));
    assert!(start.elapsed() >= Duration::from_secs(240));
}
