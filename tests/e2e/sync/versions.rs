//! One day of a phone's life in every version of the protocol: the forms differ, the outcome not.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Class;
use airgate_codec::eas::sync;

use super::{
    Setup, assert_converged, counts, deliver, expunge, flags_of, make_folder, on_server,
    on_servers, store,
};
use crate::support::phone::{Phone, Profile};
use crate::support::world::World;

async fn a_day(world: &World, version: ProtocolVersion) {
    let names = [
        format!("read {version}"),
        format!("bin {version}"),
        format!("move {version}"),
    ];
    deliver(world, "INBOX", &[&names[0], &names[1], &names[2]]).await;
    let id = version.as_str().replace('.', "");
    let profile = Profile::old_phone()
        .speaking(version)
        .keeps_all()
        .called(&format!("DAY{id}"));
    let mut phone = world.phone(profile).await;
    for folder in ["INBOX", "Work", "Trash"] {
        phone.sync_all(folder).await;
    }
    // Up to 12.0 there is no empty answer: every collection is answered (REFERENCE 5.2).
    let answer = phone.sync("INBOX").await;
    let says_all = version < ProtocolVersion::V12_1;
    assert_eq!(!answer.collections.is_empty(), says_all, "{version}");
    if says_all {
        assert_eq!(answer.collections[0].head.status, 1);
        assert_eq!(counts(&answer), "");
    }
    // The class is said back up to 12.1 and never after.
    let item = phone.item("INBOX", &names[0]);
    let answer = phone.mark_read("INBOX", &item, true).await;
    let class = answer.collections[0].head.class;
    let expected = (version <= ProtocolVersion::V12_1).then_some(Class::Email);
    assert_eq!(class, expected, "{version}");
    assert!(flags_of(world, "INBOX", &names[0]).await.contains("\\Seen"));
    if version >= ProtocolVersion::V12_0 {
        phone.flag("INBOX", &item, true).await;
        assert!(
            flags_of(world, "INBOX", &names[0])
                .await
                .contains("\\Flagged")
        );
    }
    // Fetch in a Sync, as phones without ItemOperations do.
    if version <= ProtocolVersion::V14_1 {
        let fetch = sync::Command::Fetch {
            server_id: item.clone(),
        };
        let answer = phone.do_in("INBOX", vec![fetch]).await;
        let fetched = &answer.collections[0].responses[0];
        assert!(
            matches!(
                fetched,
                sync::ItemResponse::Fetch {
                    status: 1,
                    data: Some(_),
                    ..
                }
            ),
            "{version}: {fetched:?}"
        );
    }
    let item = phone.item("INBOX", &names[1]);
    phone.delete("INBOX", &[item], false).await;
    let item = phone.item("INBOX", &names[2]);
    phone.move_items("INBOX", "Work", &[item]).await;
    store(world, "INBOX", &names[0], "-FLAGS (\\Seen)").await;
    rest(world, &mut phone).await;
    assert!(on_server(world, "Trash").await.contains(&names[1]));
    assert!(on_server(world, "Work").await.contains(&names[2]));
    // A lost answer, and a key that is none.
    expunge(world, "INBOX", &names[0]).await;
    phone.sync("INBOX").await;
    phone.crash();
    rest(world, &mut phone).await;
    let mut collection = phone.collection("INBOX");
    collection.sync_key = Some("1.1".to_owned());
    let answer = phone.clone().sync_collections(vec![collection]).await;
    assert_eq!(answer.collections[0].head.status, 3, "{version}");
}

/// As [`assert_converged`], for versions too in which silence has words.
async fn rest(world: &World, phone: &mut Phone) {
    for folder in ["INBOX", "Work", "Trash"] {
        if phone.version() >= ProtocolVersion::V12_1 {
            assert_converged(world, phone, folder).await;
            continue;
        }
        phone.sync_all(folder).await;
        assert_eq!(counts(&phone.sync(folder).await), "");
        let read = |state: std::collections::BTreeMap<String, (bool, bool)>| -> Vec<_> {
            state
                .into_iter()
                .map(|(subject, (read, _))| (subject, read))
                .collect()
        };
        let server = read(super::server_state(world, folder).await);
        assert_eq!(read(super::phone_state(phone, folder)), server);
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

async fn every_version(setup: Setup) {
    let world = setup
        .world_with(|settings| settings.argument("--allow-2.5"))
        .await;
    make_folder(&world, "Work").await;
    for version in ProtocolVersion::ALL {
        a_day(&world, version).await;
    }
}

on_servers! { [dovecot Dovecot, courier Courier, cyrus Cyrus] every_version }
