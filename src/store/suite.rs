//! What every store must do, written against `dyn Store`: SQLite runs it here, PostgreSQL will run
//! the same functions.

mod notices;
mod rules;
mod sign_in;
mod tallies;

use std::sync::Arc;

use super::*;
use crate::identity::{DeviceId, UserId};

fn user(name: &str) -> UserId {
    UserId::parse(name, Some("example.com")).unwrap()
}

fn device(id: &str) -> DeviceId {
    DeviceId::parse(id).unwrap()
}

fn row(epoch: u64, counter: u64, view: &[u8]) -> ChainRow {
    ChainRow {
        epoch,
        counter,
        options: vec![1],
        view: view.to_vec(),
        previous_view: (counter > 1).then(|| vec![9]),
        journal: vec![2, 3],
        updated: 1_000,
    }
}

fn batch(collection: &str, uid_validity: u32, entries: &[(u32, i64)]) -> FingerprintBatch {
    FingerprintBatch {
        collection: collection.into(),
        uid_validity,
        entries: entries.to_vec(),
    }
}

fn knowing(fingerprints: &[FingerprintBatch]) -> Along<'_> {
    Along {
        fingerprints,
        held: None,
    }
}

fn credential(user: &UserId, id: &str) -> CredentialRow {
    CredentialRow {
        id: CredentialId::parse(id).unwrap(),
        user: user.clone(),
        kind: CredentialKind::Passcode,
        tag: None,
        name: "My phone".into(),
        key_id: "k1".into(),
        hash: [7; 32],
        scopes: 1,
        created: 10,
        expires_at: None,
        revoked_at: None,
        device: None,
        device_type: None,
        last_used: None,
        last_address: None,
        sealed: Some(sealed(1)),
    }
}

fn sealed(version: u64) -> SealedSecret {
    SealedSecret {
        key_id: "v1".into(),
        salt: vec![1; 16],
        public_key: vec![2; 32],
        sealed_private_key: vec![3; 60],
        sealed_password: vec![u8::try_from(version).unwrap(); 80],
        version,
    }
}

/// Odd names that must be kept as they are and find nothing else (T13, T29).
const HOSTILE: &[&str] = &[
    "' OR '1'='1",
    "\"; DROP TABLE chains; --",
    "../../etc/passwd",
    "%",
    "_",
    "a\0b",
    "",
    "\u{202e}\u{fffd}ä",
];

async fn s4_commit_is_compare_and_swap(store: &dyn Store) {
    let (alice, phone) = (user("alice"), device("phone1"));
    assert_eq!(store.chain(&alice, &phone, "m1").await.unwrap(), None);
    let first = row(u64::MAX, 1, b"one");
    let known = [batch("m1", 5, &[(1, -1), (2, 20)])];
    let commit = |expected, row: ChainRow, known: Vec<FingerprintBatch>| {
        let (alice, phone) = (alice.clone(), phone.clone());
        async move {
            store
                .commit_chain(&alice, &phone, "m1", expected, &row, knowing(&known))
                .await
                .unwrap()
        }
    };
    assert!(commit(None, first.clone(), known.to_vec()).await);
    // The row is there: whoever expects none, or another version, changes nothing.
    let stray = vec![batch("m1", 5, &[(3, 30)])];
    assert!(!commit(None, row(2, 1, b"x"), stray.clone()).await);
    let wrong = ChainVersion {
        epoch: u64::MAX,
        counter: 0,
    };
    assert!(!commit(Some(wrong), row(2, 1, b"x"), stray.clone()).await);
    assert_eq!(
        store.chain(&alice, &phone, "m1").await.unwrap(),
        Some(first.clone())
    );
    let second = row(u64::MAX, 2, b"two");
    assert!(commit(Some(first.version()), second.clone(), stray).await);
    assert!(!commit(Some(first.version()), row(9, 9, b"x"), vec![]).await);
    assert_eq!(
        store.chain(&alice, &phone, "m1").await.unwrap(),
        Some(second.clone())
    );
    // Known fingerprints stay as they were.
    assert!(
        commit(
            Some(second.version()),
            row(1, 1, b"three"),
            vec![batch("m1", 5, &[(1, 99)]), batch("m1", 6, &[(1, 7)])]
        )
        .await
    );
    assert_eq!(
        store.fingerprints(&alice, "m1", 5).await.unwrap(),
        [(1, -1), (2, 20), (3, 30)]
    );
    store
        .drop_fingerprints(&alice, "m1", Some(6))
        .await
        .unwrap();
    assert!(
        store
            .fingerprints(&alice, "m1", 5)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.fingerprints(&alice, "m1", 6).await.unwrap(), [(1, 7)]);
    let one = async |user, uid| store.fingerprint(user, "m1", 6, uid).await.unwrap();
    assert_eq!(one(&alice, 1).await, Some(7));
    assert_eq!(one(&alice, 2).await, None);
    assert_eq!(one(&user("eve@example.com"), 1).await, None, "T13");
    store.drop_fingerprints(&alice, "m1", None).await.unwrap();
    assert!(
        store
            .fingerprints(&alice, "m1", 6)
            .await
            .unwrap()
            .is_empty()
    );

    store.drop_chain(&alice, &phone, "m1").await.unwrap();
    assert_eq!(store.chain(&alice, &phone, "m1").await.unwrap(), None);
}

async fn s4_one_of_many_writers_wins(store: &Arc<dyn Store>) {
    let (alice, phone) = (user("alice"), device("phone1"));
    let start = row(1, 1, b"start");
    assert!(
        store
            .commit_chain(&alice, &phone, "race", None, &start, Along::default())
            .await
            .unwrap()
    );
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16_u8 {
        let (store, alice, phone) = (Arc::clone(store), alice.clone(), phone.clone());
        let expected = Some(start.version());
        tasks.spawn(async move {
            let next = row(1, 2, &[number]);
            store
                .commit_chain(&alice, &phone, "race", expected, &next, Along::default())
                .await
                .unwrap()
                .then_some(number)
        });
    }
    let winners: Vec<u8> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    let kept = store.chain(&alice, &phone, "race").await.unwrap().unwrap();
    assert_eq!(kept.view, winners);
}

async fn s24_nothing_is_shared_between_users_or_devices(store: &dyn Store) {
    let (alice, bob) = (user("alice"), user("bob"));
    let (one, two) = (device("one"), device("two"));
    store
        .commit_chain(
            &alice,
            &one,
            "m7",
            None,
            &row(1, 1, b"alice"),
            Along::default(),
        )
        .await
        .unwrap();
    for (user, device) in [(&alice, &two), (&bob, &one)] {
        assert_eq!(store.chain(user, device, "m7").await.unwrap(), None);
        store.drop_chain(user, device, "m7").await.unwrap();
        store.forget_device(user, device).await.unwrap();
    }
    assert!(store.chain(&alice, &one, "m7").await.unwrap().is_some());
    assert!(store.fingerprints(&bob, "m7", 1).await.unwrap().is_empty());

    let entry = store
        .outbox_enter(&NewOutbox {
            user: alice.clone(),
            device: one.clone(),
            key: [4; 32],
            message_id: "<a@b>".into(),
            now: 5,
        })
        .await
        .unwrap();
    let id = entry.row().id;
    assert_eq!(store.outbox_row(&bob, id).await.unwrap(), None);
    let (from, to) = (OutboxState::Received, OutboxState::Submitting);
    assert!(!store.outbox_advance(&bob, id, from, to, 6).await.unwrap());
    assert!(store.outbox_advance(&alice, id, from, to, 6).await.unwrap());
    store.forget_device(&alice, &one).await.unwrap();
}

async fn t13_t29_hostile_names_are_only_names(store: &dyn Store) {
    let alice = user("alice");
    let phone = device("h'--");
    for (number, name) in HOSTILE.iter().enumerate() {
        let view = number.to_be_bytes();
        assert!(
            store
                .commit_chain(
                    &alice,
                    &phone,
                    name,
                    None,
                    &row(1, 1, &view),
                    Along::default()
                )
                .await
                .unwrap(),
            "{name:?}"
        );
        store
            .set_note(&alice, &phone, name, Some(&view))
            .await
            .unwrap();
        store
            .remember(&alice, Some(&phone), name, name.as_bytes(), &view, 99)
            .await
            .unwrap();
    }
    for (number, name) in HOSTILE.iter().enumerate() {
        let view = number.to_be_bytes().to_vec();
        let chain = store.chain(&alice, &phone, name).await.unwrap().unwrap();
        assert_eq!(chain.view, view, "{name:?}");
        let note = store.note(&alice, &phone, name).await.unwrap();
        assert_eq!(note.as_ref(), Some(&view), "{name:?}");
        let outcome = store
            .recall(&alice, Some(&phone), name, name.as_bytes(), 98)
            .await
            .unwrap();
        assert_eq!(outcome.as_ref(), Some(&view), "{name:?}");
    }
    let chains = store.chains_of_device(&alice, &phone).await.unwrap();
    assert_eq!(chains.len(), HOSTILE.len());
    store.forget_device(&alice, &phone).await.unwrap();
    assert!(
        store
            .chains_of_device(&alice, &phone)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.note(&alice, &phone, "%").await.unwrap(), None);

    let long = "x".repeat(10_000);
    assert_eq!(store.chain(&alice, &phone, &long).await.unwrap(), None);
    assert!(store.note(&alice, &phone, &long).await.unwrap().is_none());
    assert!(matches!(
        store
            .commit_chain(
                &alice,
                &phone,
                &long,
                None,
                &row(1, 1, b""),
                Along::default()
            )
            .await,
        Err(StoreError::TooLarge { .. })
    ));
}

async fn s16_folder_ids_are_never_given_twice(store: &dyn Store) {
    let alice = user("alice");
    let new = |name: &str, kind| NewFolder {
        kind,
        name: name.into(),
        uid_validity: Some(u32::MAX),
        mailbox_id: None,
        role: 3,
    };
    assert_eq!(store.folders(&alice).await.unwrap(), FolderTable::default());
    let added = [
        new("INBOX", FolderKind::Mail),
        new("/dav/cal/", FolderKind::Calendar),
    ];
    let table = store
        .save_folders(&alice, 0, &[], &added)
        .await
        .unwrap()
        .unwrap();
    let ids: Vec<&str> = table.rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!((table.version, ids), (1, vec!["m1", "c2"]));
    // The other device that found the same folders is too late, and sees them.
    assert_eq!(
        store.save_folders(&alice, 0, &[], &added).await.unwrap(),
        None
    );
    assert_eq!(store.folders(&alice).await.unwrap(), table);
    // Nothing to save is no new version.
    let same = store.save_folders(&alice, 1, &[], &[]).await.unwrap();
    assert_eq!(same.as_ref(), Some(&table));

    let mut renamed = table.rows[0].clone();
    renamed.name = "Büro".into();
    renamed.missing_since = Some(77);
    renamed.retired = true;
    let table = store
        .save_folders(
            &alice,
            1,
            std::slice::from_ref(&renamed),
            &[new("INBOX", FolderKind::Mail)],
        )
        .await
        .unwrap()
        .unwrap();
    assert_eq!(table.version, 2);
    assert_eq!(table.rows[0], renamed);
    assert_eq!(table.rows[2].id, "m3");
    // Other users begin at 1 themselves.
    let bobs = store
        .save_folders(&user("bob"), 0, &[], &added[..1])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bobs.rows[0].id, "m1");
}

async fn t54_a_phone_neither_causes_nor_loses_a_wipe(store: &dyn Store) {
    let (alice, phone) = (user("alice"), device("wiped"));
    let mut row = DeviceRow::new(alice.clone(), phone.clone(), "iPhone", 100);
    row.wipe = Wipe::Requested;
    row.standing = Standing::Blocked;
    store.save_device(&row).await.unwrap();
    let kept = store.device(&alice, &phone).await.unwrap().unwrap();
    assert_eq!((kept.wipe, kept.standing), (Wipe::None, Standing::Allowed));

    let step = |from, to| store.advance_wipe(&alice, &phone, from, to);
    assert!(!step(Wipe::Requested, Wipe::Sent).await.unwrap());
    assert!(step(Wipe::None, Wipe::Requested).await.unwrap());
    assert!(
        store
            .set_standing(&alice, &phone, Some(Standing::Quarantined))
            .await
            .unwrap()
    );
    let mut again = DeviceRow::new(alice.clone(), phone.clone(), "iPad", 200);
    again.agent = Some("Apple-iPad/1".into());
    again.policy_key = u32::MAX;
    again.policy_acknowledged = true;
    again.info = vec![1, 2];
    store.save_device(&again).await.unwrap();
    let kept = store.device(&alice, &phone).await.unwrap().unwrap();
    assert_eq!(
        kept,
        DeviceRow {
            first_seen: 100,
            wipe: Wipe::Requested,
            standing: Standing::Quarantined,
            decided: true,
            ..again
        }
    );
    assert_eq!(store.devices(&alice).await.unwrap(), [kept]);
    store.forget_device(&alice, &phone).await.unwrap();
    assert_eq!(store.device(&alice, &phone).await.unwrap(), None);
}

async fn outcomes_run_out(store: &dyn Store) {
    let (alice, phone) = (user("alice"), device("phone1"));
    for (value, expires_at) in [(b"a", 50), (b"b", 60)] {
        store
            .remember(&alice, None, "move", b"k", value, expires_at)
            .await
            .unwrap();
    }
    let recall = |device, now| store.recall(&alice, device, "move", b"k", now);
    assert_eq!(recall(None, 59).await.unwrap(), Some(b"b".to_vec()));
    assert_eq!(recall(None, 60).await.unwrap(), None);
    assert_eq!(recall(Some(&phone), 59).await.unwrap(), None);
    store
        .set_note(&alice, &phone, "ping", Some(b"x"))
        .await
        .unwrap();
    store.set_note(&alice, &phone, "ping", None).await.unwrap();
    assert_eq!(store.note(&alice, &phone, "ping").await.unwrap(), None);
}

async fn s17_the_outbox_knows_a_repeat(store: &dyn Store) {
    let new = |key, now| NewOutbox {
        user: user("carol"),
        device: device("phone1"),
        key: [key; 32],
        message_id: format!("<{key}@example.com>"),
        now,
    };
    let carol = user("carol");
    let first = store.outbox_enter(&new(1, 1_000)).await.unwrap();
    assert!(matches!(first, OutboxEntry::New(_)));
    let id = first.row().id;
    assert_eq!(
        store.outbox_enter(&new(1, 2_000)).await.unwrap(),
        OutboxEntry::Known(first.row().clone())
    );
    let other = store.outbox_enter(&new(2, 1_000)).await.unwrap();
    assert_ne!(other.row().id, id);
    let step = |from, to| store.outbox_advance(&carol, id, from, to, 1_500);
    let (received, submitting) = (OutboxState::Received, OutboxState::Submitting);
    assert!(step(received, submitting).await.unwrap());
    assert!(!step(received, submitting).await.unwrap());
    let stuck = store.outbox_in_state(submitting, 10).await.unwrap();
    assert!(stuck.iter().any(|row| row.id == id && row.updated == 1_500));
    assert!(step(submitting, OutboxState::Submitted).await.unwrap());

    // S26: after a restore nothing unsent is sent by itself, and no old key is valid.
    let phone = device("phone1");
    store
        .commit_chain(
            &carol,
            &phone,
            "m1",
            None,
            &row(1, 1, b""),
            Along::default(),
        )
        .await
        .unwrap();
    let due = |created| AnnouncementRow {
        id: 0,
        user: carol.clone(),
        device: phone.clone(),
        key_id: "k1".into(),
        sealed: vec![1, 2],
        created,
    };
    let first = store.announce(&due(100)).await.unwrap();
    let second = store.announce(&due(2_000)).await.unwrap();
    let ids = |rows: Vec<AnnouncementRow>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(
        ids(store.announcements(&carol).await.unwrap()),
        [first, second]
    );
    assert_eq!(store.announcements(&user("eve")).await.unwrap(), [], "T13");
    store.drop_announcement(&user("eve"), second).await.unwrap();
    store.expire(100 + announcements::KEPT).await.unwrap();
    assert_eq!(ids(store.announcements(&carol).await.unwrap()), [second]);
    store.drop_announcement(&carol, second).await.unwrap();
    store.announce(&due(3_000)).await.unwrap();

    store.begin_epoch().await.unwrap();
    assert_eq!(store.chain(&carol, &phone, "m1").await.unwrap(), None);
    let left = store.announcements(&carol).await.unwrap();
    assert_eq!(left, [], "S26: nothing of before the restore is told");
    let state = |row: Option<OutboxRow>| row.unwrap().state;
    let other = store.outbox_row(&carol, other.row().id).await.unwrap();
    assert_eq!(state(other), OutboxState::Held);
    let sent = store.outbox_row(&carol, id).await.unwrap();
    assert_eq!(state(sent), OutboxState::Submitted);

    // Kept for seven days, then forgotten.
    store.expire(1_000 + outbox::KEPT - 1).await.unwrap();
    assert!(store.outbox_row(&carol, id).await.unwrap().is_some());
    assert!(store.expire(1_000 + outbox::KEPT).await.unwrap() >= 2);
    assert_eq!(store.outbox_row(&carol, id).await.unwrap(), None);
}

async fn credentials_live_and_die(store: &dyn Store) {
    let dave = user("dave");
    let before = store.credential_changes(0).await.unwrap().version;
    let first = credential(&dave, "aaaa");
    store.add_credential(&first, 10).await.unwrap();
    assert_eq!(
        store.credentials(&dave).await.unwrap(),
        std::slice::from_ref(&first)
    );
    assert_eq!(
        store.credential(&dave, &first.id).await.unwrap(),
        Some(first.clone())
    );
    // T13: another user's id is not there.
    assert_eq!(
        store.credential(&user("eve"), &first.id).await.unwrap(),
        None
    );
    assert!(
        !store
            .revoke_credential(&user("eve"), &first.id, 5)
            .await
            .unwrap()
    );
    let changes = store.credential_changes(before).await.unwrap();
    assert_eq!(changes.users, std::slice::from_ref(&dave));
    let quiet = store.credential_changes(changes.version).await.unwrap();
    assert_eq!((quiet.version, quiet.users.len()), (changes.version, 0));

    // C3: the first device is kept.
    let pin = |id| {
        let (dave, first) = (dave.clone(), first.id.clone());
        async move { store.pin_device(&dave, &first, &device(id), "iPhone").await }
    };
    assert_eq!(pin("one").await.unwrap(), PinOutcome::Pinned);
    assert_eq!(pin("two").await.unwrap(), PinOutcome::Bound(device("one")));
    let touch = |at| Touch {
        user: dave.clone(),
        id: first.id.clone(),
        at,
        address: "192.0.2.1".into(),
    };
    store
        .touch_credentials(&[touch(20), touch(15)])
        .await
        .unwrap();
    let used = store.credential(&dave, &first.id).await.unwrap().unwrap();
    assert_eq!(used.last_used, Some(20));
    assert_eq!(used.device, Some(device("one")));

    // C5: all or none, and only on top of what was read.
    let second = credential(&dave, "bbbb");
    store.add_credential(&second, 10).await.unwrap();
    let both = |version| {
        [
            (first.id.clone(), sealed(2)),
            (second.id.clone(), sealed(version)),
        ]
    };
    assert!(!store.reseal(&dave, &both(3)).await.unwrap());
    let untouched = store.credential(&dave, &first.id).await.unwrap().unwrap();
    assert_eq!(untouched.sealed, Some(sealed(1)));
    assert!(store.reseal(&dave, &both(2)).await.unwrap());
    let renewed = store.credential(&dave, &first.id).await.unwrap().unwrap();
    assert_eq!(renewed.sealed, Some(sealed(2)));

    let rename = |name| store.rename_credential(&dave, &first.id, name);
    assert!(rename("Work phone").await.unwrap());
    let stranger = user("eve");
    let elsewhere = store.rename_credential(&stranger, &first.id, "x").await;
    assert!(!elsewhere.unwrap(), "T13");
    let named = store.credential(&dave, &first.id).await.unwrap().unwrap();
    assert_eq!(named.name, "Work phone");

    // Revoked once, and its vault is gone.
    let revoke = || store.revoke_credential(&dave, &first.id, 30);
    assert!(revoke().await.unwrap());
    assert!(!revoke().await.unwrap());
    let dead = store.credential(&dave, &first.id).await.unwrap().unwrap();
    assert_eq!((dead.revoked_at, dead.sealed), (Some(30), None));
    assert_eq!(pin("one").await.unwrap(), PinOutcome::Gone);

    // C2: at most 25 that live, and a login sees those first.
    for number in 0..credentials::MAX_PER_USER - 1 {
        let mut row = credential(&dave, &format!("c{number}"));
        row.created = 5;
        store.add_credential(&row, 40).await.unwrap();
    }
    let more = credential(&dave, "more");
    assert!(matches!(
        store.add_credential(&more, 40).await,
        Err(StoreError::TooManyCredentials { limit: 25 })
    ));
    let tried = store.credentials_for_login(&dave, 40, 25).await.unwrap();
    assert!(tried.len() == 25 && tried.iter().all(|row| row.revoked_at.is_none()));
    let keys = store.credential_key_ids().await.unwrap();
    assert_eq!(keys, ["k1", "v1"]);
}

async fn c15_the_audit_trail_keeps_what_matters(store: &dyn Store) {
    let frank = user("frank");
    let mut failed = AuditRow::new(10, AuditAction::LoginFailed);
    failed.address = Some("2001:db8::1".into());
    failed.user = Some(frank.clone());
    let mut pinned = AuditRow::new(11, AuditAction::DevicePinned);
    pinned.user = Some(frank.clone());
    pinned.device = Some(device("phone1"));
    pinned.credential = CredentialId::parse("aaaa");
    pinned.detail = "iPhone".into();
    store
        .append_audit(&[failed.clone(), pinned.clone()])
        .await
        .unwrap();
    assert_eq!(
        store.recent_audit(Some(&frank), 9).await.unwrap(),
        [pinned.clone(), failed]
    );
    assert_eq!(
        store.recent_audit(None, 1).await.unwrap(),
        std::slice::from_ref(&pinned)
    );
    store.expire(10 + audit::FAILURES_KEPT).await.unwrap();
    assert_eq!(store.recent_audit(Some(&frank), 9).await.unwrap(), [pinned]);
}

async fn s24_objects_have_one_number_for_all_devices(store: &dyn Store) {
    let (alice, bob) = (user("alice"), user("bob"));
    let hrefs = |names: &[&str]| -> Vec<String> {
        names.iter().map(|name| format!("/cal/{name}")).collect()
    };
    let first = hrefs(&["a", "b", "' OR '1'='1", "b"]);
    let number = async |user: &UserId, hrefs: &[String]| {
        store.number_objects(user, "c1", hrefs).await.unwrap()
    };
    assert_eq!(number(&alice, &first).await, [1, 2, 3, 2]);
    assert_eq!(number(&alice, &hrefs(&["c", "a"])).await, [4, 1]);
    assert_eq!(number(&bob, &hrefs(&["c"])).await, [1], "T13");
    let many: Vec<String> = (0..1_200).map(|n| format!("/cal/n{n}")).collect();
    assert_eq!(number(&alice, &many).await, (5..1_205).collect::<Vec<_>>());
    let known = store
        .known_objects(&alice, "c1", &hrefs(&["b", "zzz"]))
        .await
        .unwrap();
    let row = ObjectRow {
        number: 2,
        href: "/cal/b".into(),
        uid: None,
    };
    assert_eq!(known, std::slice::from_ref(&row));
    let uid = "'; DROP TABLE objects; --";
    let uids = [(2, uid.to_owned()), (3, "x".repeat(5_000))];
    store.learn_uids(&alice, "c1", &uids).await.unwrap();
    let row = ObjectRow {
        uid: Some(uid.into()),
        ..row
    };
    let by_uid =
        async |user: &UserId, uid: &str| store.objects_with_uid(user, "c1", uid).await.unwrap();
    assert_eq!(by_uid(&alice, uid).await, std::slice::from_ref(&row));
    assert_eq!(by_uid(&bob, uid).await, []);
    assert_eq!(by_uid(&alice, &"x".repeat(5_000)).await, []);
    let rows = store.objects(&alice, "c1", &[2, 77_777]).await.unwrap();
    assert_eq!(rows, [row]);
}

async fn s7_rows_of_what_is_gone_go_after_long_and_numbers_never_come_again(store: &dyn Store) {
    const DAY: i64 = 86_400;
    let (alice, bob) = (user("alice"), user("bob"));
    let hrefs =
        |names: &[&str]| -> Vec<String> { names.iter().map(|name| format!("/t/{name}")).collect() };
    let number = async |user: &UserId, names: &[&str]| {
        let hrefs = hrefs(names);
        store.number_objects(user, "t1", &hrefs).await.unwrap()
    };
    let known = async |user: &UserId| -> Vec<u32> {
        let rows = store
            .objects(user, "t1", &[1, 2, 3, 4, 5, 6])
            .await
            .unwrap();
        let mut numbers: Vec<u32> = rows.into_iter().map(|row| row.number).collect();
        numbers.sort_unstable();
        numbers
    };
    number(&alice, &["a/1", "a/2", "a/3", "b/4"]).await;
    number(&bob, &["a/1"]).await;
    // A listing of one place says nothing of another, nor of other users.
    let listing = store.note_gone_but(&alice, "t1", "/t/a/", &[1], 0);
    listing.await.unwrap();
    store
        .note_gone(&alice, "t1", &[77], 90 * DAY)
        .await
        .unwrap();
    store.expire(90 * DAY).await.unwrap();
    assert_eq!(known(&alice).await, [1, 2, 3, 4], "not yet long");
    // One came back in time.
    assert_eq!(number(&alice, &["a/3"]).await, [3]);
    store.note_gone(&alice, "t1", &[4], 91 * DAY).await.unwrap();
    store.expire(91 * DAY).await.unwrap();
    assert_eq!(known(&alice).await, [1, 3, 4]);
    assert_eq!(known(&bob).await, [1], "T13");
    assert_eq!(number(&alice, &["a/2", "a/5"]).await, [5, 6]);
}

async fn s2_two_versions_of_an_object_are_held(store: &dyn Store) {
    let (alice, phone, other) = (user("alice"), device("phone1"), device("phone2"));
    let told = |number, mark: u64, base: Option<u64>| HeldObject {
        number,
        keep: base.into_iter().collect(),
        versions: vec![(mark, mark.to_be_bytes().to_vec())],
    };
    let counter = std::cell::Cell::new(0);
    let commit = async |changes: HeldChanges| {
        let next = counter.get() + 1;
        let along = Along {
            held: Some(&changes),
            ..Along::default()
        };
        let expected = (next > 1).then_some(ChainVersion {
            epoch: 1,
            counter: next - 1,
        });
        counter.set(next);
        let row = row(1, next, b"");
        let committed = store.commit_chain(&alice, &phone, "c9", expected, &row, along);
        assert!(committed.await.unwrap());
    };
    let held = async |device: &DeviceId| -> Vec<(u32, u64)> {
        let found = store.held(&alice, device, "c9", &[1, 2, 3]).await.unwrap();
        let mut found: Vec<_> = found.iter().map(|v| (v.number, v.mark)).collect();
        found.sort_unstable();
        found
    };
    let changes = |objects| HeldChanges {
        objects,
        ..HeldChanges::default()
    };
    let big = u64::MAX - 1;
    commit(changes(vec![told(1, 10, None), told(2, big, None)])).await;
    commit(changes(vec![told(1, 11, Some(10))])).await;
    assert_eq!(held(&phone).await, [(1, 10), (1, 11), (2, big)]);
    commit(changes(vec![told(1, 12, Some(11))])).await;
    assert_eq!(held(&phone).await, [(1, 11), (1, 12), (2, big)]);
    assert_eq!(held(&other).await, [], "S24");
    // A commit that lost the race leaves nothing behind.
    let stray = changes(vec![told(3, 30, None)]);
    let along = Along {
        held: Some(&stray),
        ..Along::default()
    };
    let late = row(1, 1, b"");
    let lost = store.commit_chain(&alice, &phone, "c9", None, &late, along);
    assert!(!lost.await.unwrap());
    commit(HeldChanges {
        forgotten: vec![1],
        ..HeldChanges::default()
    })
    .await;
    assert_eq!(held(&phone).await, [(2, big)]);
    commit(HeldChanges {
        afresh: true,
        ..changes(vec![told(3, 31, None)])
    })
    .await;
    assert_eq!(held(&phone).await, [(3, 31)]);
    store.drop_chain(&alice, &phone, "c9").await.unwrap();
    assert_eq!(held(&phone).await, []);
}

async fn s8_what_was_overwritten_is_kept_for_thirty_days(store: &dyn Store) {
    let (grace, eve) = (user("grace"), user("eve"));
    let row = |at| UndoRow {
        id: 0,
        user: grace.clone(),
        device: "phone1".into(),
        collection: "c1".into(),
        kind: 2,
        reason: UndoReason::Lost,
        at,
        key_id: "k".into(),
        sealed: vec![1, 2],
    };
    let first = store.keep_undo(&row(100)).await.unwrap();
    let second = store.keep_undo(&row(200)).await.unwrap();
    let ids = async |user: &UserId, before| -> Vec<i64> {
        let rows = store.undo_rows(user, before, 10).await.unwrap();
        rows.iter().map(|row| row.id).collect()
    };
    assert_eq!(ids(&grace, None).await, [second, first]);
    assert_eq!(ids(&grace, Some(second)).await, [first]);
    assert!(ids(&eve, None).await.is_empty(), "T13");
    assert_eq!(store.undo_row(&eve, first).await.unwrap(), None);
    store.drop_undo(&eve, &[first]).await.unwrap();
    let kept = store.undo_row(&grace, first).await.unwrap().unwrap();
    assert_eq!(
        kept,
        UndoRow {
            id: first,
            ..row(100)
        }
    );
    store.expire(100 + undo::KEPT).await.unwrap();
    assert_eq!(ids(&grace, None).await, [second]);
    store.drop_undo(&grace, &[second]).await.unwrap();
    assert!(ids(&grace, None).await.is_empty());
}

/// Runs everything against one store.
pub(super) async fn run(store: Arc<dyn Store>) {
    let parts = store.as_ref();
    parts.ready(1).await.unwrap();
    s4_commit_is_compare_and_swap(parts).await;
    s4_one_of_many_writers_wins(&store).await;
    s24_nothing_is_shared_between_users_or_devices(parts).await;
    t13_t29_hostile_names_are_only_names(parts).await;
    s16_folder_ids_are_never_given_twice(parts).await;
    t54_a_phone_neither_causes_nor_loses_a_wipe(parts).await;
    outcomes_run_out(parts).await;
    s17_the_outbox_knows_a_repeat(parts).await;
    credentials_live_and_die(parts).await;
    c15_the_audit_trail_keeps_what_matters(parts).await;
    s24_objects_have_one_number_for_all_devices(parts).await;
    s7_rows_of_what_is_gone_go_after_long_and_numbers_never_come_again(parts).await;
    s2_two_versions_of_an_object_are_held(parts).await;
    s8_what_was_overwritten_is_kept_for_thirty_days(parts).await;
    sign_in::run(&store).await;
    notices::run(store.as_ref()).await;
    rules::run(&store).await;
    tallies::run(&store).await;
    assert_eq!(parts.check_integrity().await.unwrap(), Vec::<String>::new());
}
