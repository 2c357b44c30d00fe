//! The portal in a real browser: a real Airgate in front of a real mail server, and Chromium walked by
//! `walk.mjs` as a person would walk. `scripts/test browser` runs it; it needs Node.js, its packages,
//! Chromium, zbarimg and oathtool, so the ordinary test run leaves it out.
//!
//! Pictures of all pages land in `target/browser`, for people to look at.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]
// The rig offers more than these tests use.
#![allow(dead_code, unreachable_pub)]

#[path = "../support/support.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::backend::Kind;
use support::phone::Profile;
use support::process::RunDir;
use support::tls::Certificate;
use support::world::World;

/// A world for a walk.
async fn world() -> (World, RunDir) {
    let dir = RunDir::new("signing");
    let signing = Certificate::make(&dir);
    let toml = format!(
        "[portal]\nname = \"Example Mail\"\nadmins = [\"bob@example.com\"]\n\
         profile_cert = {:?}\nprofile_key = {:?}",
        signing.certificate, signing.key
    );
    let world = World::start_with(Kind::Dovecot, |settings| settings.tls().toml(&toml)).await;
    (world, dir)
}

/// Runs one walk of `walk.mjs`.
fn walk(world: &World, name: &str, more: &[(&str, &str)]) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../browser");
    std::fs::create_dir_all(&pictures).unwrap();
    let mut command = Command::new("node");
    command
        .current_dir(&here)
        .arg("walk.mjs")
        .arg(name)
        .env(
            "PORTAL",
            format!("https://localhost:{}", world.server.address().port()),
        )
        .env("PICTURES", &pictures)
        .env("USER_NAME", &world.alice.name)
        .env("USER_PASSWORD", &world.alice.password);
    for (name, value) in more {
        command.env(name, value);
    }
    let output = command.output().expect("node");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{text}\n{errors}\n{}",
        world.server.log()
    );
    println!("{text}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: scripts/test browser"]
async fn a_person_sets_up_two_steps_and_a_phone() {
    let (world, _dir) = world().await;
    // A phone is there already, so that the list of devices has something to show.
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    tokio::task::block_in_place(|| walk(&world, "first", &[]));
}
