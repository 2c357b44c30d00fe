//! The warm gate: a login whose verdict is remembered.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use airgate::backend::Login;
use airgate::failure::Failure;
use airgate::gate::keys::ServerKeys;
use airgate::gate::{Gate, GateSettings, VerifyLogin};
use airgate::identity::DeviceId;
use airgate::store::{SqliteStore, Store};
use async_trait::async_trait;
use secrecy::SecretString;

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
}
