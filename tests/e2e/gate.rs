//! Who gets in: passcodes and mail passwords on real phones, and what is left of them in logs, the
//! database and the mail server's own log.

mod apart;
mod ban;
pub(crate) mod canaries;
mod doors;
mod dump;
mod nodes;
mod passcodes;
mod policies;
mod refusals;
mod spraying;
mod traffic;
mod verbs;

use std::time::Duration;

use airgate::store::{Audit as _, AuditAction, AuditRow, SqliteStore};

use crate::support::backend::{Backend, User, dovecot};
use crate::support::phone::{Phone, Profile};
use crate::support::server::Passcode;
use crate::support::world::World;

fn dovecot(world: &World) -> &dovecot::Dovecot {
    match &world.backend {
        Backend::Dovecot(dovecot) => dovecot,
        other => panic!("{other:?}"),
    }
}

/// A world on a Dovecot that logs every try at a password.
pub(crate) async fn world(
    adjust: impl FnOnce(crate::support::server::Settings) -> crate::support::server::Settings,
) -> World {
    let users = [User::alice(), User::new("bob@example.com")];
    let dovecot = dovecot::Settings::new(&users)
        .extra("auth_verbose = yes")
        .start();
    World::around(Backend::Dovecot(dovecot), &users, adjust).await
}

/// Logins at the mail server so far, right and wrong.
pub(crate) fn logins(world: &World) -> (usize, usize) {
    let log = dovecot(world).log();
    let right = log.matches("imap-login: Info: Login: user=<").count();
    (right, log.matches("Password mismatch").count())
}

/// Alice with another secret in her phone.
fn with_secret(secret: &str) -> User {
    User {
        password: secret.to_owned(),
        ..User::alice()
    }
}

pub(crate) fn phone_with(world: &World, profile: Profile, passcode: &Passcode) -> Phone {
    world.new_phone(profile, &with_secret(&passcode.code))
}

async fn store(world: &World) -> SqliteStore {
    SqliteStore::open(&world.server.state().join("airgate.db"))
        .await
        .unwrap()
}

/// Waits until such a row is in the audit trail.
async fn audited(world: &World, action: AuditAction) -> AuditRow {
    let store = store(world).await;
    let find = async {
        loop {
            let rows = store.recent_audit(None, 100).await.unwrap();
            if let Some(row) = rows.into_iter().find(|row| row.action == action) {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(6), find)
        .await
        .unwrap_or_else(|_| panic!("no {action:?} in the audit trail"))
}

pub(crate) async fn until(mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(6), wait)
        .await
        .expect("it happens soon");
}
