//! What nodes tell each other of their counts (C14).

use std::sync::Arc;

use crate::store::tallies::{KEPT, MOST};
use crate::store::{Store, Tally};

fn tally(node: i64, of: &str, failures: u32, at: i64) -> Tally {
    Tally {
        id: 0,
        node,
        lane: 1,
        of: of.to_owned(),
        forgiven: false,
        failures,
        at,
    }
}

async fn c14_nodes_read_what_others_counted(store: &dyn Store) {
    let rows = [
        tally(1, "' OR 1 --", 3, 100),
        Tally {
            forgiven: true,
            ..tally(2, "2001:db8::/64", u32::MAX, 100)
        },
    ];
    store.add_tallies(&rows, 100).await.unwrap();
    let all = store.tallies_after(0, None).await.unwrap();
    let told = |rows: &[Tally]| -> Vec<Tally> {
        rows.iter()
            .map(|row| Tally {
                id: 0,
                ..row.clone()
            })
            .collect()
    };
    assert_eq!(told(&all), rows);
    assert!(all[0].id < all[1].id);
    let others = store.tallies_after(0, Some(1)).await.unwrap();
    assert_eq!(told(&others), rows[1..]);
    assert_eq!(store.tallies_after(all[1].id, None).await.unwrap(), []);
    // Old ones go, and no number is given twice.
    let late = 100 + KEPT + 1;
    store
        .add_tallies(&[tally(1, "alice", 1, late)], late)
        .await
        .unwrap();
    let left = store.tallies_after(0, None).await.unwrap();
    assert_eq!(told(&left), [tally(1, "alice", 1, late)]);
    assert!(left[0].id > all[1].id);
    store.add_tallies(&[], late + KEPT + 1).await.unwrap();
    // However many there are: the newest stay.
    let many: Vec<Tally> = (0..700).map(|_| tally(1, "bob", 1, late)).collect();
    for _ in 0..=MOST / 700 {
        store.add_tallies(&many, late).await.unwrap();
    }
    let left = store.tallies_after(0, None).await.unwrap();
    assert_eq!(i64::try_from(left.len()).unwrap(), MOST);
}

pub(super) async fn run(store: &Arc<dyn Store>) {
    c14_nodes_read_what_others_counted(store.as_ref()).await;
}
