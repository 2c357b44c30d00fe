//! Listings and reads that are complete or an error (S7), and odd lines that cost nothing (T68).

use airgate_codec::imap::{Flag, MailboxName, ModSeq, Structure, UidSet, UidValidity};
use tokio::join;

use super::script::{Peer, Peers, RICH, alice, client};
use crate::backend::imap::{
    Expunged, FetchItems, Imap, ImapError, Known, Search, Session, SpecialUse,
};

async fn session(imap: &Imap, peers: &mut Peers) -> (Session, Peer) {
    let alice = alice();
    let (session, peer) = join!(imap.session(&alice, None), peers.welcome(RICH));
    (session.expect("a session"), peer)
}

async fn selected(imap: &Imap, peers: &mut Peers) -> (Session, Peer) {
    let (mut session, mut peer) = session(imap, peers).await;
    let inbox = MailboxName::inbox();
    let (selected, ()) = join!(session.select(&inbox, None), peer.opens_inbox());
    selected.expect("selected");
    (session, peer)
}

const LIST: &str = "LIST \"\" \"*\" RETURN (SUBSCRIBED SPECIAL-USE STATUS (UIDVALIDITY))";

#[tokio::test]
async fn mailboxes_come_with_use_subscription_and_status_in_one_round_trip() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let server = async {
        let spaces = peer.hears("NAMESPACE").await;
        let tag = peer.hears(LIST).await;
        peer.says("* NAMESPACE ((\"\" \"/\")) NIL ((\"Shared/\" \"/\"))")
            .await;
        peer.says(&format!("{spaces} OK done")).await;
        peer.says("* LIST (\\HasNoChildren \\Subscribed) \"/\" inbox")
            .await;
        peer.says("* STATUS INBOX (UIDVALIDITY 77)").await;
        peer.says("* LIST (\\Noselect \\HasChildren) \"/\" Level")
            .await;
        peer.says("* LIST (\\Sent) \"/\" \"Level/Entw&APw-rfe\"")
            .await;
        peer.says(&format!("{tag} OK done")).await;
        // What `*` does not reach is asked for by its prefix.
        let tag = peer.hears("LIST \"\" \"Shared/*\"").await;
        peer.says("* LIST () \"/\" Shared/News").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let (listing, ()) = join!(session.listing(), server);
    let listing = listing.expect("a listing");
    let shared = listing.namespaces.expect("told").shared;
    assert_eq!(shared[0].prefix.as_str(), "Shared/");
    let list = listing.mailboxes;
    assert_eq!(list.len(), 4);
    assert_eq!(list[3].name.as_str(), "Shared/News");
    assert_eq!(list[0].name, MailboxName::inbox());
    assert!(list[0].subscribed && list[0].selectable);
    let status = list[0].status.as_ref().expect("a status");
    assert_eq!(status.uid_validity, UidValidity::new(77));
    assert!(!list[1].selectable);
    assert_eq!(list[2].special_use, Some(SpecialUse::Sent));
    assert_eq!(list[2].name.as_str(), "Level/Entwürfe");
}

#[tokio::test]
async fn s7_a_listing_of_mailboxes_that_may_be_short_is_an_error() {
    for (lines, end) in [
        (vec!["* LIST () \"/\" INBOX", "* LIST ("], "OK done"),
        (vec!["* LIST () \"/\" INBOX"], "NO internal error"),
        (vec!["* LIST () \"/\" INBOX"], "BAD what"),
    ] {
        let (imap, mut peers) = client();
        let (mut session, mut peer) = session(&imap, &mut peers).await;
        let server = async {
            let spaces = peer.hears("NAMESPACE").await;
            let tag = peer.hears(LIST).await;
            // A server that offers what it then refuses: the names have to do.
            peer.says(&format!("{spaces} BAD what")).await;
            for line in &lines {
                peer.says(line).await;
            }
            peer.says(&format!("{tag} {end}")).await;
        };
        let (list, ()) = join!(session.list(), server);
        assert!(list.is_err(), "{lines:?} {end}");
    }
    // Nothing at all is no empty account.
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let server = async {
        for command in ["NAMESPACE", LIST, "LIST \"\" \"INBOX\""] {
            let tag = peer.hears(command).await;
            peer.says(&format!("{tag} OK done")).await;
        }
    };
    let (list, ()) = join!(session.list(), server);
    assert!(matches!(list, Err(ImapError::Protocol(_))));
}

#[tokio::test]
async fn s7_fewer_uids_than_messages_is_an_error_and_a_passing_gap_is_not() {
    // Permanently short.
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let short = async {
        for _ in 0..3 {
            let tag = peer.hears("UID SEARCH RETURN (ALL) ALL").await;
            peer.says(&format!("* ESEARCH (TAG \"{tag}\") UID ALL 10:12"))
                .await;
            peer.says(&format!("{tag} OK done")).await;
            let tag = peer.hears("NOOP").await;
            peer.says(&format!("{tag} OK done")).await;
        }
    };
    let (found, ()) = join!(session.search(&Search::All), short);
    assert!(matches!(found, Err(ImapError::Protocol(_))));

    // Two were expunged while the search ran.
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let gap = async {
        let tag = peer.hears("UID SEARCH RETURN (ALL) ALL").await;
        peer.says(&format!("* ESEARCH (TAG \"{tag}\") UID ALL 10:12"))
            .await;
        peer.says("* VANISHED 13:14").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let (found, ()) = join!(session.search(&Search::All), gap);
    assert_eq!(found.expect("complete").len(), 3);
}

#[tokio::test]
async fn s7_a_search_without_an_answer_of_its_own_is_an_error() {
    for lines in [
        vec![],
        vec!["* ESEARCH (TAG \"A1\") UID ALL 1:3"],
        vec!["* SEARCH 1 2 x"],
        vec!["* ESEARCH (TAG \"MINE\") UID COUNT 7"],
    ] {
        let (imap, mut peers) = client();
        let (mut session, mut peer) = selected(&imap, &mut peers).await;
        let server = async {
            let tag = peer.hears("UID SEARCH RETURN (ALL) UNDELETED").await;
            for line in &lines {
                peer.says(&line.replace("MINE", &tag)).await;
            }
            peer.says(&format!("{tag} OK done")).await;
        };
        let (found, ()) = join!(session.search(&Search::Undeleted), server);
        assert!(
            matches!(found, Err(ImapError::Protocol(_))),
            "{lines:?} {found:?}"
        );
    }
}

#[tokio::test]
async fn s7_a_listing_of_flags_that_ends_in_no_is_an_error() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let server = async {
        let tag = peer.hears("UID FETCH 1:* (UID FLAGS)").await;
        peer.says("* 1 FETCH (UID 10 FLAGS (\\Seen))").await;
        peer.says(&format!("{tag} NO [SERVERBUG] internal error"))
            .await;
    };
    let (flags, ()) = join!(session.fetch_flags(None, None), server);
    assert!(matches!(flags, Err(ImapError::Refused(_))));
}

#[tokio::test]
async fn s7_fewer_flags_than_messages_is_an_error() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let short = async {
        for _ in 0..3 {
            let tag = peer.hears("UID FETCH 1:* (UID FLAGS)").await;
            peer.says("* 1 FETCH (UID 10 FLAGS (\\Seen))").await;
            peer.says(&format!("{tag} OK done")).await;
            let tag = peer.hears("NOOP").await;
            peer.says(&format!("{tag} OK done")).await;
        }
    };
    let (flags, ()) = join!(session.fetch_flags(None, None), short);
    assert!(matches!(flags, Err(ImapError::Protocol(_))));
}

#[tokio::test]
async fn an_answer_that_lacks_what_was_asked_for_is_asked_again() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let items = FetchItems {
        size: true,
        sections: vec![("1".into(), Some((0, 9)))],
        ..FetchItems::default()
    };
    const ASK: &str = "UID FETCH 10 (UID RFC822.SIZE BODY.PEEK[1]<0.9>)";
    let server = async {
        let tag = peer.hears(ASK).await;
        peer.says("* 1 FETCH (UID 10 RFC822.SIZE 5)").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("UID FETCH 10 (UID FLAGS)").await;
        peer.says("* 1 FETCH (UID 10 FLAGS ())").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears(ASK).await;
        peer.says("* 1 FETCH (UID 10 RFC822.SIZE 5 BODY[1] \"hello\")")
            .await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let uids = UidSet::from_iter([10]);
    let (fetched, ()) = join!(session.fetch(&uids, &items), server);
    assert_eq!(fetched.expect("read")[0].section("1"), Some(&b"hello"[..]));
}

#[tokio::test]
async fn t68_a_message_whose_answer_nobody_can_read_is_read_another_way() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let items = FetchItems {
        flags: true,
        size: true,
        structure: true,
        headers: Some(vec!["SUBJECT"]),
        ..FetchItems::default()
    };
    let deep = format!("{}{}", "(".repeat(300), ")".repeat(300));
    let server = async {
        let tag = peer
            .hears("UID FETCH 10:13 (UID FLAGS RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            .await;
        let good = "FLAGS (\\Seen) RFC822.SIZE 10 BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 10 1) BODY[HEADER.FIELDS (SUBJECT)] \"Subject: a\"";
        peer.says(&format!("* 1 FETCH (UID 10 {good})")).await;
        peer.says(&format!(
            "* 2 FETCH (UID 11 {})",
            good.replace("(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 10 1)", &deep)
        ))
        .await;
        // Not even its UID can be read.
        peer.says("* 3 FETCH complete nonsense").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("UID FETCH 12:13 (UID FLAGS)").await;
        peer.says("* 3 FETCH (UID 12 FLAGS ())").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer
            .hears("UID FETCH 12 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            .await;
        peer.says("* 3 FETCH (UID 12 FLAGS () RFC822.SIZE 12 BODY[HEADER.FIELDS (SUBJECT)] \"Subject: c\")")
            .await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let uids = UidSet::from_iter(10..14);
    let (fetched, ()) = join!(session.fetch(&uids, &items), server);
    let fetched = fetched.expect("an answer");
    assert_eq!(fetched.len(), 3, "13 is not there");
    assert!(matches!(fetched[0].structure, Some(Structure::Known(_))));
    assert_eq!(fetched[1].structure, Some(Structure::Opaque), "T1");
    assert_eq!(fetched[1].size, Some(10));
    assert_eq!(fetched[2].structure, Some(Structure::Opaque));
    assert_eq!(fetched[2].size, Some(12));
    let header = FetchItems::header_of(&fetched[2]).expect("a header");
    assert_eq!(header, b"Subject: c");
}

#[tokio::test]
async fn several_reads_of_one_message_are_merged_in_one_flight() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let section = |name: &str, partial| FetchItems {
        sections: vec![(name.into(), partial)],
        ..FetchItems::default()
    };
    let server = async {
        let first = peer.hears("UID FETCH 10:11 (UID BODY.PEEK[1]<0.5>)").await;
        let second = peer.hears("UID FETCH 10 (UID BODY.PEEK[2.MIME])").await;
        peer.says("* 1 FETCH (UID 10 BODY[1]<0> \"hello\")").await;
        peer.says("* 2 FETCH (UID 11 BODY[1]<0> \"world\")").await;
        peer.says(&format!("{first} OK done")).await;
        peer.says("* 1 FETCH (UID 10 BODY[2.MIME] \"X: y\")").await;
        peer.says(&format!("{second} OK done")).await;
    };
    let asks = vec![
        (UidSet::from_iter([10, 11]), section("1", Some((0, 5)))),
        (UidSet::from_iter([10]), section("2.MIME", None)),
    ];
    let (fetched, ()) = join!(session.fetch_many(asks), server);
    let fetched = fetched.expect("an answer");
    assert_eq!(fetched[0].section("1"), Some(&b"hello"[..]));
    assert_eq!(fetched[0].section("2.MIME"), Some(&b"X: y"[..]));
    assert_eq!(fetched[1].section("1"), Some(&b"world"[..]));
}

#[tokio::test]
async fn qresync_tells_what_changed_and_data_of_the_mailbox_left_is_not_mixed_in() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let known = Known {
        uid_validity: UidValidity::new(9).expect("9"),
        modseq: ModSeq::new(700).expect("700"),
        uids: UidSet::from_iter([1, 2, 3, 7]),
    };
    let server = async {
        let tag = peer.hears("SELECT \"Work\" (QRESYNC (9 700 1:3,7))").await;
        peer.says("* VANISHED 10:12").await;
        peer.says("* 1 FETCH (UID 13 FLAGS (\\Deleted))").await;
        peer.says("* OK [CLOSED] left").await;
        peer.says("* 3 EXISTS").await;
        peer.says("* OK [UIDVALIDITY 9] ok").await;
        peer.says("* OK [UIDNEXT 9] ok").await;
        peer.says("* OK [HIGHESTMODSEQ 712] ok").await;
        peer.says("* VANISHED (EARLIER) 2,4:5").await;
        peer.says("* 2 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (705))")
            .await;
        peer.says("* 3 FETCH (UID 8 FLAGS () MODSEQ (712))").await;
        peer.says(&format!("{tag} OK [READ-WRITE] selected")).await;
        // To read messages a NOOP is enough while nothing changes.
        let tag = peer.hears("NOOP").await;
        peer.says(&format!("{tag} OK done")).await;
        // Who asks what changed is told by the server: what this connection saw is not all.
        let tag = peer
            .hears("SELECT \"Work\" (QRESYNC (9 712 1,3,7:8))")
            .await;
        peer.says("* OK [CLOSED] left").await;
        peer.says("* 4 EXISTS").await;
        peer.says("* OK [UIDVALIDITY 10] replaced").await;
        peer.says("* OK [UIDNEXT 10] ok").await;
        peer.says("* OK [HIGHESTMODSEQ 713] ok").await;
        peer.says(&format!("{tag} OK [READ-WRITE] selected")).await;
    };
    let client = async {
        let work = MailboxName::new("Work");
        let first = session.select(&work, Some(&known)).await.expect("selected");
        assert!(first.resynced);
        assert_eq!(first.vanished, UidSet::from_iter([2]));
        let changed: Vec<u32> = first.flags.iter().map(|(uid, _)| uid.get()).collect();
        assert_eq!(changed, [3, 8]);
        let now = Known {
            modseq: ModSeq::new(712).expect("712"),
            uids: UidSet::from_iter([1, 3, 7, 8]),
            ..known
        };
        let same = session.select(&work, None).await.expect("selected");
        assert!(!same.resynced && same.highest_modseq == ModSeq::new(712));
        let other = session.select(&work, Some(&now)).await.expect("selected");
        assert_eq!(other.uid_validity.get(), 10);
        assert!(!other.resynced, "another generation: nothing is known");
    };
    join!(client, server);
}

#[tokio::test]
async fn s7_changes_that_cannot_all_be_read_are_no_changes() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = session(&imap, &mut peers).await;
    let known = Known {
        uid_validity: UidValidity::new(77).expect("77"),
        modseq: ModSeq::new(700).expect("700"),
        uids: UidSet::from_iter([1, 2]),
    };
    let inbox = MailboxName::inbox();
    let server = async {
        let tag = peer.hears("SELECT \"INBOX\" (QRESYNC (77 700 1:2))").await;
        peer.says("* 1 FETCH (UID 1 FLAGS (\\Seen))").await;
        peer.says("* 2 FETCH (FLAGS (\\Seen))").await;
        peer.shows_inbox(&tag).await;
    };
    let (selected, ()) = join!(session.select(&inbox, Some(&known)), server);
    let selected = selected.expect("selected");
    assert!(!selected.resynced && selected.flags.is_empty());
}

#[tokio::test]
async fn t2_a_section_too_large_to_keep_is_skipped_and_the_connection_stays_in_step() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let items = FetchItems {
        sections: vec![(String::new(), None)],
        ..FetchItems::default()
    };
    let server = async {
        let tag = peer.hears("UID FETCH 10 (UID BODY.PEEK[])").await;
        peer.says("* 1 FETCH (UID 10 BODY[] {33554433}").await;
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..32 {
            peer.sends(&piece).await;
        }
        peer.says("x)").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("NOOP").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let client = async {
        let uids = UidSet::from_iter([10]);
        let error = session.fetch(&uids, &items).await;
        assert!(matches!(error, Err(ImapError::TooLarge)), "{error:?}");
        session.noop().await.expect("in step");
    };
    join!(client, server);
}

#[tokio::test]
async fn a_mailbox_that_is_gone_is_told_from_one_that_is_refused() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let gone = MailboxName::new("gone*");
    let server = async {
        let tag = peer.hears("SELECT \"gone*\"").await;
        peer.says(&format!("{tag} NO No such mailbox")).await;
        let tag = peer.hears("LIST \"\" \"gone*\"").await;
        peer.says("* LIST () \"/\" gone-but-another").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("SELECT \"gone*\"").await;
        peer.says(&format!("{tag} NO [NOPERM] hands off")).await;
    };
    let client = async {
        let error = session.select(&gone, None).await.expect_err("gone");
        assert!(matches!(error, ImapError::NoMailbox(name) if name == gone));
        let error = session.search(&Search::All).await.expect_err("none");
        assert!(matches!(error, ImapError::NothingSelected));
        let error = session.select(&gone, None).await.expect_err("refused");
        assert!(matches!(error, ImapError::Denied(_)));
    };
    join!(client, server);
}

#[tokio::test]
async fn s11_flags_change_by_difference_and_the_outcome_is_looked_at() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let server = async {
        let add = peer
            .hears("UID STORE 10:13 +FLAGS.SILENT (\\Seen $Work)")
            .await;
        let remove = peer
            .hears("UID STORE 10:13 -FLAGS.SILENT (\\Flagged)")
            .await;
        let look = peer.hears("UID FETCH 10:13 (UID FLAGS)").await;
        peer.says("* 1 FETCH (UID 10 MODSEQ (901))").await;
        peer.says(&format!("{add} OK done")).await;
        peer.says(&format!("{remove} OK done")).await;
        peer.says("* 1 FETCH (UID 10 FLAGS (\\Seen $WORK))").await;
        // Said while the first STORE was done; the last word counts.
        peer.says("* 2 FETCH (UID 11 FLAGS (\\Seen $Work))").await;
        peer.says("* 2 FETCH (UID 11 FLAGS (\\Seen))").await;
        peer.says("* 3 FETCH (UID 12 FLAGS (\\Seen \\Flagged $Work))")
            .await;
        peer.says(&format!("{look} OK done")).await;
    };
    let uids = UidSet::from_iter(10..14);
    let add = [Flag::Seen, Flag::Keyword("$Work".into())];
    let (undone, ()) = join!(session.store(&uids, &add, &[Flag::Flagged]), server);
    // 11 kept no keyword, 12 its flag, 13 is not there.
    assert_eq!(undone.expect("stored"), UidSet::from_iter([11, 12, 13]));
}

#[tokio::test]
async fn s9_messages_go_one_by_one_and_never_by_plain_expunge() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let server = async {
        let mark = peer.hears("UID STORE 10 +FLAGS.SILENT (\\Deleted)").await;
        let remove = peer.hears("UID EXPUNGE 10").await;
        peer.says(&format!("{mark} OK done")).await;
        peer.says("* VANISHED 10").await;
        peer.says(&format!("{remove} OK done")).await;
    };
    let uids = UidSet::from_iter([10]);
    let (expunged, ()) = join!(session.expunge(&uids), server);
    assert_eq!(expunged.expect("gone"), Expunged::Removed);
}

#[tokio::test]
async fn s10_move_tells_where_each_message_went() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let server = async {
        let tag = peer.hears("UID MOVE 10,12 \"Trash\"").await;
        peer.says("* OK [COPYUID 44 12,10 7:8] moved").await;
        peer.says("* VANISHED 10,12").await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let uids = UidSet::from_iter([10, 12]);
    let trash = MailboxName::new("Trash");
    let (moved, ()) = join!(session.move_messages(&uids, &trash), server);
    let moved = moved.expect("moved");
    let pairs: Vec<(u32, Option<u32>)> = moved
        .pairs
        .iter()
        .map(|(from, to)| (from.get(), to.map(|uid| uid.get())))
        .collect();
    assert_eq!(pairs, [(10, Some(8)), (12, Some(7))]);
    assert_eq!(moved.validity, UidValidity::new(44));
}

#[tokio::test]
async fn s10_a_transfer_without_copyuid_is_looked_after() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers).await;
    let uids = UidSet::from_iter([10, 12]);
    let trash = MailboxName::new("Trash");
    let server = async {
        let tag = peer.hears("UID MOVE 10,12 \"Trash\"").await;
        peer.says("* VANISHED 10").await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("UID SEARCH RETURN (ALL) UID 10,12").await;
        peer.says(&format!("* ESEARCH (TAG \"{tag}\") UID ALL 12"))
            .await;
        peer.says(&format!("{tag} OK done")).await;
        let tag = peer.hears("UID COPY 10,12 \"Trash\"").await;
        peer.says(&format!("{tag} OK nothing to copy")).await;
        let tag = peer
            .hears("UID FETCH 10,12 (UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
            .await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let client = async {
        let moved = session.move_messages(&uids, &trash).await.expect("moved");
        assert_eq!(moved.pairs.len(), 1);
        assert_eq!(moved.pairs[0].1, None);
        let copied = session.copy_messages(&uids, &trash).await.expect("copied");
        assert!(copied.pairs.is_empty());
        // Sets of nothing are never sent.
        let none = UidSet::new();
        let copied = session.copy_messages(&none, &trash).await.expect("nothing");
        assert!(copied.pairs.is_empty());
        let found = session.search(&Search::In(none.clone())).await;
        assert!(found.expect("nothing").is_empty());
        let read = session.fetch(&none, &FetchItems::default()).await;
        assert!(read.expect("nothing").is_empty());
        session.expunge(&none).await.expect("nothing");
    };
    join!(client, server);
}
