//! The same on a server without a single extension.

use airgate_codec::imap::{MailboxName, ModSeq, Uid, UidSet, UidValidity};
use tokio::join;

use super::script::{BARE, Peer, Peers, alice, client};
use crate::backend::imap::{Expunged, Imap, ImapError, Known, Search, Session};

async fn session(imap: &Imap, peers: &mut Peers) -> (Session, Peer) {
    let alice = alice();
    let (session, peer) = join!(imap.session(&alice, None), peers.welcome(BARE));
    (session.expect("a session"), peer)
}

async fn opens(peer: &mut Peer, command: &str, validity: u32, exists: u32) {
    let tag = peer.hears(command).await;
    peer.says(&format!("* {exists} EXISTS")).await;
    peer.says(&format!("* OK [UIDVALIDITY {validity}] ok"))
        .await;
    peer.says("* OK [UIDNEXT 60] ok").await;
    peer.says(&format!("{tag} OK done")).await;
}

#[tokio::test]
async fn mailboxes_are_listed_with_lsub_beside() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let server = async {
        let list = peer.hears("LIST \"\" \"*\"").await;
        let lsub = peer.hears("LSUB \"\" \"*\"").await;
        peer.says("* LIST () \".\" INBOX").await;
        peer.says("* LIST (\\Noinferiors) \".\" {10}\r\nINBOX.Work")
            .await;
        peer.says("* LIST (\\Trash) NIL Trash").await;
        peer.says(&format!("{list} OK done")).await;
        peer.says("* LSUB () \".\" INBOX.Work").await;
        peer.says("* LSUB (\\Noselect) \".\" INBOX").await;
        peer.says(&format!("{lsub} OK done")).await;
    };
    let (list, ()) = join!(session.list(), server);
    let list = list.expect("a listing");
    let subscribed: Vec<bool> = list.iter().map(|each| each.subscribed).collect();
    assert_eq!(subscribed, [false, true, false]);
    assert!(list.iter().all(|each| each.status.is_none()));
    assert!(!list[1].inferiors && list[0].inferiors && !list[2].inferiors);
}

#[tokio::test]
async fn select_finds_uidnext_and_says_that_it_knows_no_changes() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let known = Known {
        uid_validity: UidValidity::new(7).expect("7"),
        modseq: ModSeq::new(1).expect("1"),
        uids: UidSet::from_iter([1]),
    };
    let server = async {
        let tag = peer.hears("SELECT \"INBOX\"").await;
        peer.says("* 2 EXISTS").await;
        peer.says("* OK [UIDVALIDITY 7] ok").await;
        peer.says(&format!("{tag} OK [READ-ONLY] done")).await;
        let tag = peer.hears("UID FETCH 4294967295:* (UID)").await;
        peer.says("* 2 FETCH (UID 41)").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("SELECT \"empty\"").await;
        peer.says("* 0 EXISTS").await;
        peer.says("* OK [UIDVALIDITY 8] ok").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("SELECT \"broken\"").await;
        peer.says("* 0 EXISTS").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let client = async {
        let inbox = MailboxName::inbox();
        let selected = session.select(&inbox, Some(&known)).await.expect("there");
        assert_eq!(selected.uid_next, Uid::new(42).expect("42"));
        assert!(!selected.resynced && selected.read_only);
        assert!(selected.highest_modseq.is_none());
        let uids = UidSet::from_iter([41]);
        let error = session.expunge(&uids).await.expect_err("read-only");
        assert!(matches!(error, ImapError::ReadOnly));
        let empty = MailboxName::new("empty");
        let selected = session.select(&empty, None).await.expect("there");
        assert_eq!(selected.uid_next, Uid::new(1).expect("1"));
        let broken = MailboxName::new("broken");
        let error = session.select(&broken, None).await.expect_err("no UIDs");
        assert!(matches!(error, ImapError::Protocol(_)));
    };
    join!(client, server);
}

#[tokio::test]
async fn searches_are_answered_in_the_old_way() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let server = async {
        opens(&mut peer, "SELECT \"INBOX\"", 7, 3).await;
        let tag = peer.hears("UID SEARCH (UID 50:* SINCE 1-Feb-2026)").await;
        // 49 is below 50 and the last: the quirk of `50:*`.
        peer.says("* SEARCH 49 ").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("UID SEARCH CHARSET UTF-8 SUBJECT {7}").await;
        peer.says("+ go").await;
        assert_eq!(peer.octets(9).await, "Grüße\r\n".as_bytes());
        peer.says(&format!("{tag} NO [BADCHARSET] no")).await;
        let tag = peer.hears("UID SEARCH SUBJECT {7}").await;
        peer.says("+ go").await;
        assert_eq!(peer.octets(9).await, "Grüße\r\n".as_bytes());
        peer.says("* SEARCH 5 9").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let client = async {
        let inbox = MailboxName::inbox();
        session.select(&inbox, None).await.expect("selected");
        let recent = Search::And(vec![
            Search::UidFrom(Uid::new(50).expect("50")),
            Search::Since(1_769_940_000),
        ]);
        assert!(session.search(&recent).await.expect("found").is_empty());
        let subject = Search::Subject("Grüße".into());
        let found = session.search(&subject).await.expect("found");
        assert_eq!(found, UidSet::from_iter([5, 9]));
    };
    join!(client, server);
}

const IDENTITY: &str = "(UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])";

fn looks(uid: u32, id: &str) -> String {
    let header = match id {
        "" => "\r\n".to_owned(),
        id => format!("Message-ID: {id}\r\n\r\n"),
    };
    format!(
        "* {uid} FETCH (UID {uid} INTERNALDATE \" 1-Feb-2026 10:00:00 +0000\" RFC822.SIZE 9{uid} \
         BODY[HEADER.FIELDS (MESSAGE-ID)] {{{}}}\r\n{header})",
        header.len()
    )
}

#[tokio::test]
async fn s9_s10_a_move_is_copy_look_mark_and_what_was_not_seen_stays() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let server = async {
        opens(&mut peer, "SELECT \"INBOX\"", 7, 3).await;
        // Message 4 was copied before, by a move that was cut; another mail is only like it.
        let tag = peer.hears(&format!("UID FETCH 1:4 {IDENTITY}")).await;
        for (uid, id) in [(1, "<a@x>"), (2, "<b@x>"), (3, ""), (4, "<d@x>")] {
            peer.says(&looks(uid, id)).await;
        }
        peer.says(&format!("{tag} OK done")).await;
        opens(&mut peer, "EXAMINE \"Trash\"", 8, 2).await;
        let flagged = IDENTITY.replace("(UID ", "(UID FLAGS ");
        let tag = peer.hears(&format!("UID FETCH 1:59 {flagged}")).await;
        let copy = looks(4, "<d@x>").replace("4 FETCH (UID 4 ", "1 FETCH (UID 12 FLAGS () ");
        peer.says(&copy).await;
        let other = looks(19, "<b@x>").replace("(UID 19 ", "(UID 19 FLAGS () ");
        peer.says(&other).await;
        // Just like the first, but marked: no copy to rely on.
        let gone =
            looks(1, "<a@x>").replace("1 FETCH (UID 1 ", "3 FETCH (UID 20 FLAGS (\\Deleted) ");
        peer.says(&gone).await;
        peer.says(&format!("{tag} OK done")).await;
        opens(&mut peer, "SELECT \"INBOX\"", 7, 4).await;
        let tag = peer.hears(&format!("UID FETCH 1:3 {IDENTITY}")).await;
        for (uid, id) in [(1, "<a@x>"), (2, "<b@x>"), (3, "")] {
            peer.says(&looks(uid, id)).await;
        }
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer
            .hears("STATUS \"Trash\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)")
            .await;
        peer.says("* STATUS Trash (MESSAGES 1 UIDNEXT 20 UIDVALIDITY 8)")
            .await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("UID COPY 1:3 \"Trash\"").await;
        peer.says(&format!("{tag} OK done")).await;
        opens(&mut peer, "EXAMINE \"Trash\"", 8, 3).await;
        let tag = peer.hears("UID SEARCH UID 20:*").await;
        peer.says("* SEARCH 20 21").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears(&format!("UID FETCH 20:21 {IDENTITY}")).await;
        // The second arrived from elsewhere in between.
        peer.says(&looks(20, "<a@x>")).await;
        peer.says(&looks(21, "<other@x>")).await;
        peer.says(&format!("{tag} OK done")).await;
        opens(&mut peer, "SELECT \"INBOX\"", 7, 3).await;
        // Only what has a copy goes, and only by a mark.
        let tag = peer.hears("UID STORE 1,4 +FLAGS.SILENT (\\Deleted)").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let client = async {
        let inbox = MailboxName::inbox();
        session.select(&inbox, None).await.expect("selected");
        let uids = UidSet::from_iter(1..5);
        let trash = MailboxName::new("Trash");
        let moved = session.move_messages(&uids, &trash).await.expect("moved");
        let uid = |uid| Uid::new(uid).expect("not 0");
        let pairs = [(uid(4), Some(uid(12))), (uid(1), Some(uid(20)))];
        assert_eq!(moved.pairs, pairs);
        assert_eq!(moved.validity, UidValidity::new(8));
        assert_eq!(session.selected(), Some(&inbox));
    };
    join!(client, server);
}

#[tokio::test]
async fn without_uidnext_copies_are_found_by_message_id() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let server = async {
        opens(&mut peer, "SELECT \"INBOX\"", 7, 3).await;
        let tag = peer.hears(&format!("UID FETCH 1 {IDENTITY}")).await;
        peer.says(&looks(1, "<a@x>")).await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer
            .hears("STATUS \"Trash\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)")
            .await;
        peer.says("* STATUS Trash (MESSAGES 1)").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("UID COPY 1 \"Trash\"").await;
        peer.says(&format!("{tag} OK done")).await;
        opens(&mut peer, "EXAMINE \"Trash\"", 8, 3).await;
        let tag = peer.hears("UID SEARCH HEADER Message-ID \"<a@x>\"").await;
        peer.says("* SEARCH 30").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears(&format!("UID FETCH 30 {IDENTITY}")).await;
        peer.says(&looks(30, "<a@x>")).await;
        peer.says(&format!("{tag} OK done")).await;
        opens(&mut peer, "SELECT \"INBOX\"", 7, 3).await;
    };
    let client = async {
        let inbox = MailboxName::inbox();
        session.select(&inbox, None).await.expect("selected");
        let uids = UidSet::from_iter([1]);
        let trash = MailboxName::new("Trash");
        let copied = session.copy_messages(&uids, &trash).await.expect("copied");
        assert_eq!(copied.pairs, [(Uid::new(1).expect("1"), Uid::new(30))]);
    };
    join!(client, server);
}

#[tokio::test]
async fn s10_a_copy_that_fails_leaves_the_message_where_it_was() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let server = async {
        opens(&mut peer, "SELECT \"INBOX\"", 7, 3).await;
        let tag = peer.hears(&format!("UID FETCH 1 {IDENTITY}")).await;
        peer.says(&looks(1, "<a@x>")).await;
        peer.says(&format!("{tag} OK done")).await;
        opens(&mut peer, "EXAMINE \"Trash\"", 8, 0).await;
        opens(&mut peer, "SELECT \"INBOX\"", 7, 3).await;
        let tag = peer.hears(&format!("UID FETCH 1 {IDENTITY}")).await;
        peer.says(&looks(1, "<a@x>")).await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer
            .hears("STATUS \"Trash\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)")
            .await;
        peer.says("* STATUS Trash (MESSAGES 1 UIDNEXT 20 UIDVALIDITY 8)")
            .await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("UID COPY 1 \"Trash\"").await;
        peer.says(&format!("{tag} NO [OVERQUOTA] full")).await;
        let tag = peer.hears("NOOP").await;
        peer.says(&format!("{tag} OK nothing was marked")).await;
    };
    let client = async {
        let inbox = MailboxName::inbox();
        session.select(&inbox, None).await.expect("selected");
        let uids = UidSet::from_iter([1]);
        let trash = MailboxName::new("Trash");
        let error = session.move_messages(&uids, &trash).await;
        assert!(matches!(error, Err(ImapError::OverQuota)));
        session.noop().await.expect("in step");
    };
    join!(client, server);
}

#[tokio::test]
async fn s9_without_uidplus_messages_are_only_marked() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let server = async {
        opens(&mut peer, "SELECT \"INBOX\"", 7, 3).await;
        let tag = peer.hears("UID STORE 1:2 +FLAGS.SILENT (\\Deleted)").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let client = async {
        let inbox = MailboxName::inbox();
        session.select(&inbox, None).await.expect("selected");
        let uids = UidSet::from_iter([1, 2]);
        let expunged = session.expunge(&uids).await.expect("marked");
        assert_eq!(expunged, Expunged::Marked);
    };
    join!(client, server);
}
