//! Lost answers, cut connections and kill -9: each draft is written once (S2, S5, S18), and an edit
//! leaves neither two nor none (S10).

use super::*;
use crate::support::backend::Kind;
use crate::support::faulty::{Faulty, Mode};
use crate::support::phone::{Loss, added, changed};

async fn s2_a_lost_answer_is_given_again(setup: Setup) {
    let world = setup.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.lose_next(Loss::Answer);
    let mut new = draft("one", "x");
    new.attachments = vec![file("a", "a.txt", b"text")];
    let add = request(&phone, vec![added("c", new)]);
    phone.try_sync(add).await.unwrap_err();
    let response = phone.repeat_sync().await.unwrap();
    let (status, id, told) = outcome(&response);
    let (id, told) = (id.unwrap(), told.unwrap());
    assert_eq!(status, 1);
    assert!(told.conversation_id.is_some());
    let reference = &told.attachments[0].file_reference;
    assert_eq!(phone.fetch_attachment(reference, false).await, b"text");
    assert_eq!(counts(&response), "");
    assert_quiet(&mut phone, "Drafts").await;
    // An edit, the same way; somebody else marks it meanwhile.
    phone.lose_next(Loss::Answer);
    let mut change = draft("two", "y");
    change.attachments = vec![file("b", "b.txt", b"more")];
    let edit = request(&phone, vec![changed(&id, change)]);
    phone.try_sync(edit).await.unwrap_err();
    assert_eq!(on_server(&world, "Drafts").await, ["two"]);
    store_live(&world, "two", "+FLAGS (\\Flagged)").await;
    let response = phone.repeat_sync().await.unwrap();
    let (status, _, told) = outcome(&response);
    assert_eq!(status, 1);
    let reference = &told.unwrap().attachments[0].file_reference;
    assert_eq!(phone.fetch_attachment(reference, false).await, b"more");
    assert_converged(&world, &mut phone, "Drafts").await;
    assert_eq!(phone.item("Drafts", "two"), id);
    assert_eq!(on_server(&world, "Drafts").await, ["two"]);
    // The repeat of an edit whose draft went away since.
    phone.lose_next(Loss::Answer);
    let edit = request(&phone, vec![changed(&id, draft("three", "z"))]);
    phone.try_sync(edit).await.unwrap_err();
    expunge(&world, "Drafts", "three").await;
    let response = phone.repeat_sync().await.unwrap();
    assert_eq!(outcome(&response).0, 1);
    assert_converged(&world, &mut phone, "Drafts").await;
    assert_eq!(phone.subjects("Drafts"), [""; 0]);
}

async fn store_live(world: &World, subject: &str, change: &str) {
    let mut client = client_in(world, "Drafts").await;
    let uid = live(&mut client, subject).await;
    client.command(&format!("UID STORE {uid} {change}")).await;
    client.logout().await;
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    s2_a_lost_answer_is_given_again
}

/// The connection to the mail server is cut after so many more octets of its answers: before, in
/// and after the APPEND.
async fn cut_everywhere(kind: Kind, hidden: &str) {
    use crate::support::backend::{Backend, User};
    let users = [User::alice()];
    let backend = Backend::start(kind, &users);
    let faulty = Faulty::before(backend.imap()).await;
    let world = World::around(backend, &users, |settings| {
        settings
            .imap(&faulty.imap_url())
            .variable("AIRGATE_BACKEND_HIDE_CAPABILITIES", hidden)
    })
    .await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("c", draft("edited 0", "x")).await;
    let item = phone.item("Drafts", "edited 0");
    let mut cuts = 0;
    for round in 1..=16_usize {
        let commands = vec![
            added(&format!("c{round}"), draft(&format!("new {round:02}"), "x")),
            changed(&item, draft(&format!("edited {round}"), "x")),
        ];
        let sync = request(&phone, commands);
        faulty.set(Mode::CutAfter(round * 130));
        let mut answer = phone.try_sync(sync).await;
        cuts += usize::from(answer.is_err());
        faulty.set(Mode::Pass);
        for _ in 0..20 {
            if answer.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            answer = phone.repeat_sync().await;
        }
        let response = answer.expect("it goes on");
        assert_eq!(response.collections[0].head.status, 1, "{response:?}");
        assert_eq!(phone.item("Drafts", &format!("edited {round}")), item);
    }
    println!("{kind:?}: {cuts} of 16 rounds were cut");
    let mut expected: Vec<String> = (1..=16).map(|n| format!("new {n:02}")).collect();
    expected.insert(0, "edited 16".to_owned());
    assert_eq!(on_server(&world, "Drafts").await, expected);
    assert_converged(&world, &mut phone, "Drafts").await;
}

#[tokio::test]
async fn s5_s10_cut_connections_write_each_draft_once() {
    cut_everywhere(Kind::Dovecot, "").await;
}

#[tokio::test]
async fn s5_s10_cut_connections_without_uidplus() {
    cut_everywhere(Kind::Dovecot, "UIDPLUS,MOVE,QRESYNC,CONDSTORE,ENABLE").await;
}

/// kill -9 at moments all over a request with an Add and an edit (F4).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_s18_kill_nine_writes_each_draft_once() {
    let mut world = Setup::Dovecot.world().await;
    let mut phone = ready(&world, Profile::ios()).await;
    phone.add_draft("c", draft("edited 0", "x")).await;
    let item = phone.item("Drafts", "edited 0");
    let mut cut = 0;
    for round in 1..=12_u64 {
        let commands = vec![
            added(&format!("c{round}"), draft(&format!("new {round:02}"), "x")),
            changed(&item, draft(&format!("edited {round}"), "x")),
        ];
        let sync = request(&phone, commands);
        let moment = Duration::from_millis(round * 4);
        let (response, again) = insist(&mut world, &mut phone, sync, moment).await;
        cut += usize::from(again);
        assert_eq!(response.collections[0].head.status, 1, "{response:?}");
        assert_eq!(phone.item("Drafts", &format!("edited {round}")), item);
    }
    println!("{cut} of 12 rounds were cut");
    let mut expected: Vec<String> = (1..=12).map(|n| format!("new {n:02}")).collect();
    expected.insert(0, "edited 12".to_owned());
    assert_eq!(on_server(&world, "Drafts").await, expected);
    assert_converged(&world, &mut phone, "Drafts").await;
}
