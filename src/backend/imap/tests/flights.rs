//! Commands in flight: in order, by tag, in step or given up.

use std::time::Duration;

use airgate_codec::imap::{MailboxName, Uid, UidSet};
use tokio::join;
use tokio::time::timeout;

use super::script::{BARE, Peer, Peers, RICH, alice, client};
use crate::backend::imap::{FetchItems, Imap, ImapError, Search, Session, SinkClosed};

/// A session with INBOX (5 messages) selected, and its server.
async fn selected(imap: &Imap, peers: &mut Peers, capabilities: &str) -> (Session, Peer) {
    let alice = alice();
    let (session, mut peer) = join!(imap.session(&alice, None), peers.welcome(capabilities));
    let mut session = session.expect("a session");
    let inbox = MailboxName::inbox();
    let (selected, ()) = join!(session.select(&inbox, None), peer.opens_inbox());
    assert_eq!(selected.expect("selected").exists, 5);
    (session, peer)
}

fn boxes(names: &[&str]) -> Vec<MailboxName> {
    names.iter().copied().map(MailboxName::new).collect()
}

#[tokio::test]
async fn many_questions_travel_in_one_flight_and_answers_find_theirs() {
    let (imap, mut peers) = client();
    let alice = alice();
    let (session, mut peer) = join!(imap.session(&alice, None), peers.welcome(BARE));
    let mut session = session.expect("a session");
    let names = boxes(&["one", "two", "three"]);
    let server = async {
        let mut tags = Vec::new();
        // All three are heard before any is answered.
        for name in ["one", "two", "three"] {
            let command = format!("STATUS \"{name}\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)");
            tags.push(peer.hears(&command).await);
        }
        peer.says("* STATUS other (MESSAGES 99)").await;
        peer.says("* STATUS three (MESSAGES 3)").await;
        peer.says(&format!("{} NO [NONEXISTENT] gone", tags[1]))
            .await;
        peer.says("* STATUS one (MESSAGES 1)").await;
        peer.says(&format!("{} OK done", tags[2])).await;
        peer.says(&format!("{} OK done", tags[0])).await;
    };
    let (status, ()) = join!(session.status(&names), server);
    let status = status.expect("answers");
    assert_eq!(status[0].as_ref().expect("there").messages, Some(1));
    assert!(matches!(&status[1], Err(ImapError::NoMailbox(name)) if *name == names[1]));
    assert_eq!(status[2].as_ref().expect("there").messages, Some(3));
}

#[tokio::test]
async fn what_comes_unasked_is_kept_and_is_no_answer() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers, RICH).await;
    let server = async {
        let tag = peer.hears("UID FETCH 10:12 (UID FLAGS RFC822.SIZE)").await;
        peer.says("* 2 FETCH (FLAGS (\\Answered) UID 40)").await;
        peer.says("* 1 FETCH (UID 10 FLAGS (\\Seen) RFC822.SIZE 100)")
            .await;
        peer.says("* 6 EXISTS").await;
        peer.says("* VANISHED 11").await;
        peer.says("* 3 FETCH (FLAGS (\\Seen))").await;
        peer.says("* OK Still here").await;
        peer.says("* XWHATEVER (1 2)").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let items = FetchItems {
        flags: true,
        size: true,
        ..FetchItems::default()
    };
    let uids = UidSet::from_iter(10..13);
    let (fetched, ()) = join!(session.fetch(&uids, &items), server);
    let fetched = fetched.expect("an answer");
    assert_eq!(fetched.len(), 1);
    assert_eq!(fetched[0].size, Some(100));
    let news = session.events();
    assert_eq!(news.exists, Some(6));
    assert_eq!(news.vanished, UidSet::from_iter([11]));
    assert_eq!(news.flags.len(), 1);
    assert_eq!(news.flags[0].0, Uid::new(40).expect("a UID"));
    assert!(news.unknown, "a flag change without UID");
}

#[tokio::test]
async fn t33_a_cancelled_command_closes_its_connection_and_its_answer_reaches_nobody() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers, RICH).await;
    {
        let search = session.search(&Search::Seen);
        let server = async {
            let tag = peer.hears("UID SEARCH RETURN (ALL) SEEN").await;
            peer.says(&format!("* ESEARCH (TAG \"{tag}\") UID ALL 1:3"))
                .await;
            tag
        };
        tokio::pin!(search);
        let tag = tokio::select! {
            _ = &mut search => panic!("not answered"),
            tag = server => tag,
        };
        assert!(
            timeout(Duration::from_millis(1), &mut search)
                .await
                .is_err()
        );
        drop(tag);
    }
    // The next question on this session is refused, not asked.
    let error = session.search(&Search::Unseen).await.expect_err("poisoned");
    assert!(matches!(error, ImapError::Disconnected(_)), "{error:?}");
    drop(session);
    peer.sees_the_end().await;
    // And the pool has only new ones.
    let alice = alice();
    let (session, _peer) = join!(imap.session(&alice, None), peers.welcome(RICH));
    session.expect("a fresh session");
}

#[tokio::test]
async fn t33_an_answer_to_no_question_ends_the_connection() {
    for line in [
        "A99 OK surprise",
        "garbage",
        "+ go on",
        "* 4 EXISTS",
        "* 9 EXPUNGE",
        "* 1 FETCH (UID 7 BODY[] {99999999999}",
    ] {
        let (imap, mut peers) = client();
        let (mut session, mut peer) = selected(&imap, &mut peers, RICH).await;
        let server = async {
            peer.hears("NOOP").await;
            peer.says(line).await;
        };
        let (result, ()) = join!(session.noop(), server);
        assert!(
            matches!(result, Err(ImapError::Protocol(_))),
            "{line}: {result:?}"
        );
        drop(session);
        peer.sees_the_end().await;
    }
}

#[tokio::test]
async fn t25_a_literal_that_was_refused_is_not_sent_and_the_session_goes_on_elsewhere() {
    let (imap, mut peers) = client();
    let alice = alice();
    let (session, mut peer) = join!(imap.session(&alice, None), peers.welcome(BARE));
    let mut session = session.expect("a session");
    let server = async {
        let tag = peer.hears("APPEND \"INBOX\" () {1000}").await;
        peer.says(&format!("{tag} NO [OVERQUOTA] full")).await;
        peer.sees_the_end().await;
        let mut peer = peers.welcome(BARE).await;
        let tag = peer.hears("NOOP").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let client = async {
        let message = vec![b'x'; 1000];
        let inbox = MailboxName::inbox();
        let result = session.append(&inbox, &[], None, &message).await;
        assert!(matches!(result, Err(ImapError::OverQuota)), "{result:?}");
        session.noop().await.expect("on a fresh one");
    };
    join!(client, server);
}

#[tokio::test]
async fn t25_a_server_that_lies_about_its_literals_loses_the_connection() {
    for answer in ["+ send it", "TAG BAD expected a literal"] {
        let (imap, mut peers) = client();
        let alice = alice();
        let (session, mut peer) = join!(imap.session(&alice, None), peers.welcome(RICH));
        let mut session = session.expect("a session");
        let server = async {
            let tag = peer.hears("APPEND \"INBOX\" (\\Seen) {7+}").await;
            assert_eq!(peer.octets(9).await, b"A9 NOOP\r\n");
            peer.says(&answer.replace("TAG", &tag)).await;
            peer.sees_the_end().await;
            // Nobody answers at the door, should it be asked again.
            drop(peers);
        };
        let client = async {
            let inbox = MailboxName::inbox();
            let seen = [airgate_codec::imap::Flag::Seen];
            let result = session.append(&inbox, &seen, None, b"A9 NOOP").await;
            assert!(result.is_err(), "{answer}");
            drop(session);
        };
        join!(client, server);
    }
}

#[tokio::test]
async fn a_long_append_flows_past_a_small_pipe() {
    let (imap, mut peers) = client();
    let alice = alice();
    let (session, mut peer) = join!(imap.session(&alice, None), peers.welcome(RICH));
    let mut session = session.expect("a session");
    let message: Vec<u8> = (0..300_000_u32).map(|i| b'a' + (i % 26) as u8).collect();
    let server = async {
        let tag = peer
            .hears("APPEND \"Sent\" () \" 1-Feb-2026 10:00:00 +0000\" {300000+}")
            .await;
        let got = peer.octets(300_002).await;
        assert!(got[..300_000] == message[..]);
        peer.says(&format!("{tag} OK [APPENDUID 5 17] done")).await;
    };
    let sent = MailboxName::new("Sent");
    let append = session.append(&sent, &[], Some(1_769_940_000), &message);
    let (place, ()) = join!(append, server);
    let (validity, uid) = place.expect("appended").expect("a place");
    assert_eq!((validity.get(), uid.get()), (5, 17));
}

#[tokio::test]
async fn t2_a_section_is_streamed_in_pieces_however_it_is_cut() {
    for cut in [1, 7, 1000, 4096] {
        let (imap, mut peers) = client();
        let (mut session, mut peer) = selected(&imap, &mut peers, RICH).await;
        let body: Vec<u8> = (0..50_000_u32).map(|i| (i % 251) as u8).collect();
        let server = async {
            let tag = peer.hears("UID FETCH 33 (UID BODY.PEEK[2])").await;
            let mut answer = b"* 4 FETCH (BODY[2] {50000}\r\n".to_vec();
            answer.extend_from_slice(&body);
            // The UID comes last, and with it the news of something else.
            let rest = format!(" UID 33)\r\n* 7 EXISTS\r\n{tag} OK done\r\n");
            answer.extend_from_slice(rest.as_bytes());
            for piece in answer.chunks(cut.max(answer.len() / 500)) {
                peer.sends(piece).await;
            }
        };
        let mut got = Vec::new();
        let mut largest = 0;
        let uid = Uid::new(33).expect("a UID");
        let stream = session.stream_section(uid, "2", None, |piece| {
            largest = largest.max(piece.len());
            got.extend_from_slice(&piece);
            std::future::ready(Ok(()))
        });
        let (total, ()) = join!(stream, server);
        assert_eq!(total.expect("streamed"), Some(50_000), "cut at {cut}");
        assert!(got == body && largest <= 64 << 10);
        assert_eq!(session.events().exists, Some(7));
    }
}

#[tokio::test]
async fn a_short_section_and_a_missing_one_stream_too() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers, RICH).await;
    let uid = Uid::new(33).expect("a UID");
    let server = async {
        let tag = peer.hears("UID FETCH 33 (UID BODY.PEEK[1]<10.5>)").await;
        peer.says("* 4 FETCH (UID 33 BODY[1]<10> \"hello\")").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("UID FETCH 33 (UID BODY.PEEK[9])").await;
        peer.says("* 4 FETCH (UID 33 BODY[9] NIL)").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let client = async {
        let mut got = Vec::new();
        let total = session
            .stream_section(uid, "1", Some((10, 5)), |piece| {
                got.push(piece);
                std::future::ready(Ok(()))
            })
            .await;
        assert_eq!(total.expect("streamed"), Some(5));
        assert_eq!(got, ["hello"]);
        let total = session
            .stream_section(uid, "9", None, |_| std::future::ready(Ok(())))
            .await;
        assert_eq!(total.expect("answered"), None);
    };
    join!(client, server);
}

#[tokio::test]
async fn t33_a_stream_of_another_message_or_without_taker_ends_the_connection() {
    for (answered, taken) in [(34, true), (33, false)] {
        let (imap, mut peers) = client();
        let (mut session, mut peer) = selected(&imap, &mut peers, RICH).await;
        let server = async {
            peer.hears("UID FETCH 33 (UID BODY.PEEK[])").await;
            let mut answer = b"* 4 FETCH (BODY[] {20000}\r\n".to_vec();
            answer.extend_from_slice(&[b'x'; 20_000]);
            answer.extend_from_slice(format!(" UID {answered})\r\n").as_bytes());
            use tokio::io::AsyncWriteExt as _;
            // The client may have left before all was said.
            let _ = peer.stream.write_all(&answer).await;
            peer
        };
        let client = async {
            let uid = Uid::new(33).expect("a UID");
            let result = session
                .stream_section(uid, "", None, |_| {
                    std::future::ready(if taken { Ok(()) } else { Err(SinkClosed) })
                })
                .await;
            assert!(matches!(
                (result, taken),
                (Err(ImapError::Protocol(_)), true) | (Err(ImapError::SinkClosed), false)
            ));
            drop(session);
        };
        let ((), mut peer) = join!(client, server);
        peer.sees_the_end().await;
    }
}

#[tokio::test]
async fn bye_in_the_middle_is_a_lost_connection_and_no_short_list() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers, RICH).await;
    let server = async {
        peer.hears("UID FETCH 1:* (UID FLAGS)").await;
        peer.says("* 1 FETCH (UID 10 FLAGS ())").await;
        peer.says("* BYE shutting down").await;
        drop(peer);
    };
    let (flags, ()) = join!(session.fetch_flags(None, None), server);
    let error = flags.expect_err("S7");
    assert!(matches!(error, ImapError::Disconnected(why) if why == "shutting down"));
}

#[tokio::test(start_paused = true)]
async fn t60_a_drip_does_not_hold_a_request_for_ever() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers, RICH).await;
    let start = crate::clock::monotonic();
    let drip = async {
        peer.hears("NOOP").await;
        loop {
            use tokio::io::AsyncWriteExt as _;
            tokio::time::sleep(Duration::from_secs(30)).await;
            if peer.stream.write_all(b"* OK Still here\r\n").await.is_err() {
                return;
            }
        }
    };
    let result = tokio::select! {
        result = session.noop() => result,
        () = drip => panic!("the client left without a word"),
    };
    assert!(matches!(result, Err(ImapError::Timeout)));
    assert_eq!(start.elapsed(), Duration::from_secs(600));
}

#[tokio::test]
async fn futures_of_a_session_travel_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let (imap, mut peers) = client();
    let (mut session, _peer) = selected(&imap, &mut peers, RICH).await;
    is_send(&imap.session(&alice(), None));
    is_send(&session.search(&Search::All));
    is_send(&session.append(&MailboxName::inbox(), &[], None, b""));
    is_send(&session.stream_section(Uid::new(1).expect("1"), "", None, |_| async { Ok(()) }));
}
