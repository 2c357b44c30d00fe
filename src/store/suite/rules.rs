//! Rules, policies, and what people decide about devices.

use std::sync::Arc;

use super::{HOSTILE, device, user};
use crate::store::{
    DeviceRow, DeviceRule, PolicyKind, PolicyScope, Standing, Store, UserSettings, Wipe, WipeScope,
};

async fn rules_and_policies(store: &dyn Store) {
    let before = store.rules_version().await.unwrap();
    let rule = DeviceRule {
        id: 0,
        standing: Standing::Quarantined,
        user: None,
        device_type: Some(HOSTILE[0].into()),
        model: Some("' --".into()),
        agent: None,
        created: 5,
    };
    let id = store.add_device_rule(&rule).await.unwrap();
    assert_eq!(
        store.device_rules().await.unwrap(),
        [DeviceRule { id, ..rule.clone() }]
    );
    assert!(store.rules_version().await.unwrap() > before);
    assert!(!store.remove_device_rule(id + 1).await.unwrap());
    assert!(store.remove_device_rule(id).await.unwrap());
    assert_eq!(store.device_rules().await.unwrap(), []);

    let scopes = [
        PolicyScope::Everyone,
        PolicyScope::Domain("example.com".into()),
        PolicyScope::Class("staff".into()),
        PolicyScope::User(user("alice")),
    ];
    for (number, scope) in scopes.iter().enumerate() {
        let value = format!("{{\"n\":{number}}}");
        for kind in [PolicyKind::Access, PolicyKind::Device] {
            assert!(store.set_policy(scope, kind, Some(&value)).await.unwrap());
        }
        // In place of the first, not beside it.
        let kind = PolicyKind::Access;
        assert!(store.set_policy(scope, kind, Some("{}")).await.unwrap());
    }
    let found = store.policies(&scopes[1..3]).await.unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|row| (row.scope.clone(), row.kind, row.value.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (scopes[1].clone(), PolicyKind::Access, "{}"),
            (scopes[1].clone(), PolicyKind::Device, "{\"n\":1}"),
            (scopes[2].clone(), PolicyKind::Access, "{}"),
            (scopes[2].clone(), PolicyKind::Device, "{\"n\":2}"),
        ]
    );
    assert_eq!(store.all_policies().await.unwrap().len(), 8);
    let kind = PolicyKind::Device;
    assert!(store.set_policy(&scopes[0], kind, None).await.unwrap());
    assert!(!store.set_policy(&scopes[0], kind, None).await.unwrap());
    assert_eq!(store.all_policies().await.unwrap().len(), 7);
}

async fn settings_of_users(store: &dyn Store) {
    let zoe = user("zoe");
    assert_eq!(
        store.user_settings(&zoe).await.unwrap(),
        UserSettings::default()
    );
    let settings = UserSettings {
        class: Some("staff".into()),
        language: Some("de".into()),
        factor_asked: Some(7),
    };
    for settings in [settings, UserSettings::default()] {
        store.set_user_settings(&zoe, &settings).await.unwrap();
        assert_eq!(store.user_settings(&zoe).await.unwrap(), settings);
    }
    assert!(store.users().await.unwrap().contains(&zoe));
}

async fn t54_what_people_decide_about_devices(store: &dyn Store) {
    let (fred, phone) = (user("fred"), device("phone1"));
    assert!(
        !store
            .order_wipe(&fred, &phone, WipeScope::Device)
            .await
            .unwrap()
    );
    let row = DeviceRow::new(fred.clone(), phone.clone(), "iPhone", 5);
    store.save_device(&row).await.unwrap();
    let version = store.credential_version().await.unwrap();
    let changed = async || {
        let changes = store.credential_changes(version).await.unwrap();
        changes.users.contains(&fred)
    };
    assert!(!changed().await);
    assert!(
        store
            .order_wipe(&fred, &phone, WipeScope::Account)
            .await
            .unwrap()
    );
    assert!(changed().await, "running servers hear of it");
    // One order at a time; the phone's own rows change nothing about it.
    assert!(
        !store
            .order_wipe(&fred, &phone, WipeScope::Device)
            .await
            .unwrap()
    );
    store.save_device(&row).await.unwrap();
    let found = store.device(&fred, &phone).await.unwrap().unwrap();
    assert_eq!(
        (found.wipe, found.wipe_scope),
        (Wipe::Requested, WipeScope::Account)
    );
    let (from, to) = (Wipe::Requested, Wipe::None);
    assert!(store.advance_wipe(&fred, &phone, from, to).await.unwrap());

    let blocked = Some(Standing::Blocked);
    assert!(store.set_standing(&fred, &phone, blocked).await.unwrap());
    let found = store.device(&fred, &phone).await.unwrap().unwrap();
    assert_eq!((found.standing, found.decided), (Standing::Blocked, true));
    assert!(store.set_standing(&fred, &phone, None).await.unwrap());
    let found = store.device(&fred, &phone).await.unwrap().unwrap();
    assert_eq!((found.standing, found.decided), (Standing::Allowed, false));

    let note = Some(&b"x"[..]);
    store.set_note(&fred, &phone, "ping", note).await.unwrap();
    store.reset_device(&fred, &phone).await.unwrap();
    assert_eq!(store.note(&fred, &phone, "ping").await.unwrap(), None);
    assert!(store.device(&fred, &phone).await.unwrap().is_some());
}

pub(super) async fn run(store: &Arc<dyn Store>) {
    rules_and_policies(store.as_ref()).await;
    settings_of_users(store.as_ref()).await;
    t54_what_people_decide_about_devices(store.as_ref()).await;
}
