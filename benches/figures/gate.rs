//! The gate: a login whose verdict is remembered, a passcode that must be looked up, wrong ones by the
//! thousand.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use airgate::backend::Login;
use airgate::failure::Failure;
use airgate::gate::hash::PasscodeHasher;
use airgate::gate::keys::ServerKeys;
use airgate::gate::passcode::{Passcode, Reading};
use airgate::gate::vault::Vault;
use airgate::gate::{Gate, GateSettings, VerifyLogin};
use airgate::identity::{DeviceId, UserId};
use airgate::store::credentials::MAX_PER_USER;
use airgate::store::{CredentialId, SqliteStore, Store};
use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::task::JoinSet;

use crate::table::{Budget, Table};
use crate::{Scale, rig};

/// A backend that knows everybody.
struct Yes;

#[async_trait]
impl VerifyLogin for Yes {
    async fn verify(&self, _login: &Login) -> Result<(), Failure> {
        Ok(())
    }
}

pub fn measure(scale: Scale, table: &mut Table) {
    let times: u32 = if scale.smoke { 1_000 } else { 50_000 };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let state = rig::state();
    let best = runtime.block_on(async {
        let store: Arc<dyn Store> = Arc::new(
            SqliteStore::open(&state.path().join("airgate.db"))
                .await
                .expect("a store"),
        );
        let settings = GateSettings {
            accept_mail_password: true,
            ..GateSettings::default()
        };
        let keys = ServerKeys::ephemeral().expect("random numbers");
        let gate = Gate::new(store, Arc::new(Yes), settings, &keys)
            .await
            .expect("a gate");
        let secret = SecretString::from("a mail password of usual length".to_owned());
        let device = DeviceId::parse("G5TQ2M8KP4RXN6WJ7D1B0FHVCE").expect("a device id");
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            for _ in 0..times {
                let admitted = gate
                    .admit(
                        "alice@example.com",
                        &secret,
                        Some(&device),
                        Some("iPhone"),
                        client,
                    )
                    .await;
                assert!(admitted.is_ok(), "everybody is let in");
            }
            best = best.min(start.elapsed());
        }
        best
    });
    table.add(
        "warm gate, a remembered verdict",
        best.as_secs_f64() * 1e6 / f64::from(times),
        "us",
        Budget::AtMost(20.0),
        &format!("best of 5 runs of {times} on one thread"),
    );
    cold(scale, table);
    refused(scale, table);
}

/// A passcode nobody remembers: credentials read, tried, the vault opened.
fn cold(scale: Scale, table: &mut Table) {
    let times: u32 = if scale.smoke { 50 } else { 2_000 };
    let keys = ServerKeys::ephemeral().expect("random numbers");
    let user = UserId::parse("alice@example.com", None).expect("a user");
    let hasher = PasscodeHasher::new(&keys.credential);
    let vault = Vault::new(&keys.vault);
    let password = SecretString::from("a mail password of usual length".to_owned());
    let passcode = Passcode::generate().expect("random numbers");
    let text = passcode.reveal();
    let id = CredentialId::parse("bench001").expect("an id");
    let sealed = vault
        .seal(&user, &id, passcode.bits(), &password, 1)
        .expect("it can be sealed");
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..times {
            let Reading::Passcode(read) = Reading::of(text.expose_secret()) else {
                unreachable!("it is a passcode");
            };
            // Every credential a user can have is tried (C2).
            for _ in 0..MAX_PER_USER {
                std::hint::black_box(hasher.hash(&user, &id, read.bits()));
            }
            let opened = vault.open(&user, &id, read.bits(), &sealed);
            assert!(opened.is_ok(), "it opens");
        }
        best = best.min(start.elapsed());
    }
    table.add(
        "cold passcode, read, found and its vault opened",
        best.as_secs_f64() * 1e6 / f64::from(times),
        "us",
        Budget::AtMost(200.0),
        &format!("best of 5 runs of {times}; without the look into the database"),
    );
}

/// Wrong secrets under way at once. One after the other each would wait for a tick of the runtime's
/// timer, also with a pause of nothing.
const TOGETHER: usize = 250;

/// Wrong secrets from one address, as fast as they come.
fn refused(scale: Scale, table: &mut Table) {
    let times: u32 = if scale.smoke { 500 } else { 50_000 };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let state = rig::state();
    let took = runtime.block_on(async {
        let store: Arc<dyn Store> = Arc::new(
            SqliteStore::open(&state.path().join("airgate.db"))
                .await
                .expect("a store"),
        );
        let settings = GateSettings {
            failure_pause: Duration::ZERO,
            ..GateSettings::default()
        };
        let keys = ServerKeys::ephemeral().expect("random numbers");
        let gate = Gate::new(store, Arc::new(Yes), settings, &keys)
            .await
            .expect("a gate");
        let device = DeviceId::parse("G5TQ2M8KP4RXN6WJ7D1B0FHVCE").expect("a device id");
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let start = Instant::now();
        let gate = Arc::new(gate);
        for first in (0..times).step_by(TOGETHER) {
            let mut guesses = JoinSet::new();
            for number in 0..TOGETHER {
                let (gate, device) = (Arc::clone(&gate), device.clone());
                guesses.spawn(async move {
                    let secret = SecretString::from(format!("guess {first} {number}"));
                    let refused = gate
                        .admit("alice@example.com", &secret, Some(&device), None, client)
                        .await;
                    assert!(refused.is_err(), "nobody is let in");
                });
            }
            guesses.join_all().await;
        }
        start.elapsed()
    });
    table.add(
        "wrong secrets refused",
        f64::from(times) / took.as_secs_f64(),
        "a second",
        Budget::AtLeast(5_000.0),
        &format!("{times} different ones from one address, on one thread, without their pause"),
    );
}
