//! Waiting for changes.

use std::time::Duration;

use airgate_codec::imap::MailboxName;
use tokio::join;
use tokio::time::timeout;

use super::script::{BARE, Peer, RICH, alice, client};
use crate::backend::imap::{Covers, ImapError, Watch, WatchEvent};

const NOTIFY: &str = "NOTIFY SET (personal (MessageNew MessageExpunge FlagChange MailboxName \
    SubscriptionChange))";
const IDLE: &str = "IMAP4rev1 IDLE";

fn mailbox(name: &str) -> WatchEvent {
    WatchEvent::Mailbox(MailboxName::new(name))
}

async fn notified(peer: &mut Peer) {
    let tag = peer.hears(NOTIFY).await;
    peer.says(&format!("{tag} OK done")).await;
}

/// The server agrees to IDLE in INBOX.
async fn idles(peer: &mut Peer) -> String {
    let tag = peer.hears("EXAMINE \"INBOX\"").await;
    peer.shows_inbox(&tag).await;
    let tag = peer.hears("IDLE").await;
    peer.says("+ idling").await;
    tag
}

#[tokio::test]
async fn notify_watches_all_mailboxes_on_one_connection() {
    let (imap, mut peers) = client();
    let alice = alice();
    let server = async {
        let mut peer = peers.welcome(RICH).await;
        notified(&mut peer).await;
        peer
    };
    let (watch, mut peer) = join!(imap.watch(&alice, Vec::new()), server);
    let mut watch = watch.expect("a watch");
    assert_eq!(watch.covers(), &Covers::All);
    for (line, event) in [
        ("* STATUS Sent (MESSAGES 2 UIDNEXT 3)", mailbox("Sent")),
        ("* STATUS inbox (HIGHESTMODSEQ 8)", mailbox("INBOX")),
        ("* LIST () \"/\" new", WatchEvent::HierarchyChanged),
        (
            "* LIST () \"/\" bar (\"OLDNAME\" (foo))",
            WatchEvent::HierarchyChanged,
        ),
        ("* XSTRANGE", WatchEvent::Any),
    ] {
        peer.says("* OK Still here").await;
        peer.says(line).await;
        assert_eq!(watch.next().await.expect(line), event, "{line}");
    }
    peer.says("* OK [NOTIFICATIONOVERFLOW] too much").await;
    assert_eq!(watch.next().await.expect("overflow"), WatchEvent::Any);
    assert!(
        watch.next().await.is_err(),
        "the server has stopped telling"
    );
}

#[tokio::test]
async fn the_same_news_is_handed_out_once() {
    let (imap, mut peers) = client();
    let alice = alice();
    let server = async {
        let mut peer = peers.welcome(IDLE).await;
        idles(&mut peer).await;
        peer
    };
    let (watch, mut peer) = join!(imap.watch(&alice, Vec::new()), server);
    let mut watch = watch.expect("a watch");
    assert_eq!(watch.covers(), &Covers::Only(MailboxName::inbox()));
    peer.sends(b"* 6 EXISTS\r\n* 1 RECENT\r\n* 7 EXISTS\r\n* 1 EXPUNGE\r\n")
        .await;
    assert_eq!(watch.next().await.expect("news"), mailbox("INBOX"));
    let quiet = timeout(Duration::from_millis(20), watch.next()).await;
    assert!(quiet.is_err(), "{quiet:?}");
    peer.says("* 1 EXPUNGE").await;
    assert_eq!(watch.next().await.expect("news"), mailbox("INBOX"));
    peer.says("* 2 FETCH (FLAGS (\\Seen))").await;
    assert_eq!(watch.next().await.expect("news"), mailbox("INBOX"));
    // News and goodbye in one breath: both are told.
    peer.sends(b"* 7 EXISTS\r\n* BYE\r\n").await;
    drop(peer);
    assert_eq!(watch.next().await.expect("news"), mailbox("INBOX"));
    assert!(watch.next().await.is_err());
}

#[tokio::test]
async fn a_server_that_refuses_notify_gets_idle_and_one_without_either_is_polled() {
    let (imap, mut peers) = client();
    let alice = alice();
    let server = async {
        let mut peer = peers.welcome(RICH).await;
        let tag = peer.hears(NOTIFY).await;
        peer.says(&format!("{tag} NO [BADEVENT] no")).await;
        idles(&mut peer).await;
        peer
    };
    let (watch, _peer) = join!(imap.watch(&alice, Vec::new()), server);
    assert_eq!(
        watch.expect("a watch").covers(),
        &Covers::Only(MailboxName::inbox())
    );
    let (watch, _peer) = join!(imap.watch(&alice, Vec::new()), peers.welcome(BARE));
    assert!(matches!(watch, Err(ImapError::Unsupported(_))));
}

/// Everything the watch says until it fails.
async fn drain(mut watch: Watch) -> ImapError {
    loop {
        if let Err(error) = watch.next().await {
            return error;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn idle_is_renewed_before_the_server_loses_patience_and_silence_is_noticed() {
    let (imap, mut peers) = client();
    let alice = alice();
    let server = async {
        let mut peer = peers.welcome(IDLE).await;
        let tag = idles(&mut peer).await;
        (peer, tag)
    };
    let (watch, (mut peer, tag)) = join!(imap.watch(&alice, Vec::new()), server);
    let start = crate::clock::monotonic();
    let server = async {
        assert_eq!(peer.line().await, "DONE");
        assert!(start.elapsed() < Duration::from_secs(28 * 60));
        peer.says("* 9 EXISTS").await;
        peer.says(&format!("{tag} OK done")).await;
        peer.hears("IDLE").await;
        peer.says("+ idling").await;
        // The next time it says nothing any more.
        assert_eq!(peer.line().await, "DONE");
        peer
    };
    let (error, _peer) = join!(drain(watch.expect("a watch")), server);
    assert!(matches!(error, ImapError::Timeout));
}

#[tokio::test(start_paused = true)]
async fn a_notify_connection_shows_signs_of_life() {
    let (imap, mut peers) = client();
    let alice = alice();
    let server = async {
        let mut peer = peers.welcome(RICH).await;
        notified(&mut peer).await;
        peer
    };
    let (watch, mut peer) = join!(imap.watch(&alice, Vec::new()), server);
    let server = async {
        let tag = peer.hears("NOOP").await;
        peer.says(&format!("{tag} OK done")).await;
        peer.hears("NOOP").await;
        peer
    };
    let (error, _peer) = join!(drain(watch.expect("a watch")), server);
    assert!(matches!(error, ImapError::Timeout));
}

#[tokio::test]
async fn t46_a_forgotten_user_is_watched_no_more_and_a_lost_connection_is_told() {
    let (imap, mut peers) = client();
    let alice = alice();
    for forget in [true, false] {
        let server = async {
            let mut peer = peers.welcome(RICH).await;
            notified(&mut peer).await;
            peer
        };
        let (watch, peer) = join!(imap.watch(&alice, Vec::new()), server);
        let watch = watch.expect("a watch");
        let mut peer = Some(peer);
        let end = async {
            if forget {
                imap.forget(&alice.user);
            } else {
                peer = None;
            }
        };
        let (error, ()) = join!(drain(watch), end);
        assert!(matches!(error, ImapError::Disconnected(_)), "{error:?}");
    }
}
