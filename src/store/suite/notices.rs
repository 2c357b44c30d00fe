//! Letters that are due, as every store must keep them.

use super::user;
use crate::store::notices::KEPT;
use crate::store::{AuditAction, AuditRow, Store};

const TOLD: [AuditAction; 1] = [AuditAction::RecoveryUsed];

async fn c16_a_letter_is_due_until_it_is_sent_or_too_old(store: &dyn Store) {
    // What other tests left.
    store.collect_notices(&TOLD).await.unwrap();
    for due in store.take_notices(i64::MAX / 2, 0, 1_000).await.unwrap() {
        store.notice_done(due.id).await.unwrap();
    }
    let event = |at, action| AuditRow {
        user: Some(user("petra")),
        ..AuditRow::new(at, action)
    };
    let nobody = AuditRow::new(1_000, AuditAction::RecoveryUsed);
    let rows = [
        event(1_000, AuditAction::RecoveryUsed),
        event(1_001, AuditAction::LoginOk),
        nobody,
    ];
    store.append_audit(&rows).await.unwrap();
    assert_eq!(store.collect_notices(&TOLD).await.unwrap(), 1);
    assert_eq!(store.collect_notices(&TOLD).await.unwrap(), 0, "once");
    let due = store.take_notices(1_002, 1_010, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].row.user, Some(user("petra")));
    let taken = |now, until| async move {
        let due = store.take_notices(now, until, 10).await.unwrap();
        due.len()
    };
    assert_eq!(taken(1_005, 1_015).await, 0, "somebody is at it");
    store.put_off_notice(due[0].id, 1_100).await.unwrap();
    assert_eq!(taken(1_099, 1_110).await, 0);
    assert_eq!(taken(1_100, 1_110).await, 1);
    store.notice_done(due[0].id).await.unwrap();
    assert_eq!(taken(2_000, 2_010).await, 0);
    // A letter of last week is none any more.
    let old = [event(1_000, AuditAction::RecoveryUsed)];
    store.append_audit(&old).await.unwrap();
    assert_eq!(store.collect_notices(&TOLD).await.unwrap(), 1);
    assert_eq!(taken(1_001 + KEPT, 2_001 + KEPT).await, 0);
}

pub(super) async fn run(store: &dyn Store) {
    c16_a_letter_is_due_until_it_is_sent_or_too_old(store).await;
}
