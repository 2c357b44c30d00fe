//! Searches as the server's abilities have them: sorted, told in part, over several mailboxes, by an
//! index that may not be there.

use airgate_codec::imap::{MailboxName, UidSet};
use tokio::join;

use super::script::{Peer, Peers, alice, client};
use crate::backend::imap::{Elsewhere, Imap, ImapError, Newest, Search, Session};

async fn selected(imap: &Imap, peers: &mut Peers, capabilities: &str) -> (Session, Peer) {
    let alice = alice();
    let (session, mut peer) = join!(imap.session(&alice, None), peers.welcome(capabilities));
    let mut session = session.expect("a session");
    let inbox = MailboxName::inbox();
    let (selected, ()) = join!(session.select(&inbox, None), peer.opens_inbox());
    selected.expect("selected");
    (session, peer)
}

/// What the client makes of an exchange: each command it sends and what it is told.
async fn newest(capabilities: &str, talk: &[(&str, &[&str])]) -> Result<Newest, ImapError> {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers, capabilities).await;
    let server = async {
        for (command, answers) in talk {
            let tag = peer.hears(command).await;
            for line in *answers {
                peer.says(&line.replace('@', &tag)).await;
            }
        }
    };
    let search = Search::Text("tea".into());
    join!(session.newest(&search, 3), server).0
}

fn found(total: u64, uids: &[u32], by_arrival: bool) -> Newest {
    Newest {
        total,
        uids: uids.to_vec(),
        by_arrival,
    }
}

#[tokio::test]
async fn the_server_sorts_where_it_can() {
    let sort = "UID SORT (REVERSE ARRIVAL) UTF-8 TEXT \"tea\"";
    let plain = newest(
        "IMAP4rev1 SORT",
        &[(sort, &["* SORT 9 2 5 7", "@ OK done"])],
    )
    .await;
    assert_eq!(plain.expect("found"), found(4, &[9, 2, 5], true));
    let extended = newest(
        "IMAP4rev1 SORT ESORT",
        &[(
            "UID SORT RETURN (COUNT ALL) (REVERSE ARRIVAL) UTF-8 TEXT \"tea\"",
            &["* ESEARCH (TAG \"@\") UID COUNT 4 ALL 9,2:3,1", "@ OK done"],
        )],
    )
    .await;
    assert_eq!(extended.expect("found"), found(4, &[9, 2, 3], true));
    let partial = newest(
        "IMAP4rev1 SORT ESORT CONTEXT=SORT",
        &[(
            "UID SORT RETURN (COUNT PARTIAL 1:3) (REVERSE ARRIVAL) UTF-8 TEXT \"tea\"",
            &[
                "* ESEARCH (TAG \"@\") UID COUNT 700 PARTIAL (1:3 9,2,5)",
                "@ OK done",
            ],
        )],
    )
    .await;
    assert_eq!(partial.expect("found"), found(700, &[9, 2, 5], true));
    let refused = newest(
        "IMAP4rev1 SORT ESEARCH",
        &[
            (sort, &["@ NO [BADCHARSET] no"]),
            (
                "UID SEARCH RETURN (ALL) TEXT \"tea\"",
                &["* ESEARCH (TAG \"@\") UID ALL 1:4", "@ OK done"],
            ),
        ],
    )
    .await;
    assert_eq!(refused.expect("found"), found(4, &[4, 3, 2], false));
}

#[tokio::test]
async fn an_index_that_finds_nothing_is_not_believed() {
    let fuzzy = "UID SEARCH FUZZY TEXT \"tea\"";
    let plain = "UID SEARCH TEXT \"tea\"";
    let there = newest(
        "IMAP4rev1 SEARCH=FUZZY",
        &[(fuzzy, &["* SEARCH 4", "@ OK done"])],
    )
    .await;
    assert_eq!(there.expect("found"), found(1, &[4], false));
    // Cyrus without an index says OK and nothing else.
    for silence in [&["@ OK done"][..], &["* SEARCH", "@ OK done"], &["@ NO no"]] {
        let talk = [(fuzzy, silence), (plain, &["* SEARCH 4", "@ OK done"])];
        let found_plainly = newest("IMAP4rev1 SEARCH=FUZZY", &talk).await;
        assert_eq!(found_plainly.expect("found"), found(1, &[4], false));
    }
    // Without an index in between, silence is no answer (S7).
    let silent = newest("IMAP4rev1", &[(plain, &["@ OK done"])]).await;
    assert!(matches!(silent, Err(ImapError::Protocol(_))), "{silent:?}");
}

#[tokio::test]
async fn several_mailboxes_are_searched_at_once() {
    let (imap, mut peers) = client();
    let (mut session, mut peer) = selected(&imap, &mut peers, "IMAP4rev1 MULTISEARCH").await;
    let names = [MailboxName::inbox(), MailboxName::new("Entwürfe")];
    let server = async {
        let tag = peer
            .hears("ESEARCH IN (mailboxes (\"INBOX\" \"Entw&APw-rfe\")) RETURN (ALL) TEXT \"tea\"")
            .await;
        peer.says(&format!(
            "* ESEARCH (TAG \"{tag}\" MAILBOX \"Entw&APw-rfe\" UIDVALIDITY 7) UID ALL 3,5"
        ))
        .await;
        peer.says("* ESEARCH (TAG \"X9\" MAILBOX INBOX UIDVALIDITY 7) UID ALL 1")
            .await;
        peer.says(&format!("{tag} OK done")).await;
    };
    let search = Search::Text("tea".into());
    let (told, ()) = join!(session.search_in(&names, &search), server);
    let told = told.expect("told");
    let found: Vec<(&str, &UidSet)> = told
        .iter()
        .map(|(name, Elsewhere { uids, .. })| (name.as_str(), uids))
        .collect();
    assert_eq!(found, [("Entwürfe", &UidSet::from_iter([3, 5]))]);
}
