//! The state directory: the database whole, its keys there, and room to grow.

use super::imap::size;
use super::report::Section;
use crate::config::Config;
use crate::server::Offline;

/// Below this a database with its write-ahead log may stop in the middle of a busy day.
const LITTLE: u64 = 1 << 30;
/// Below this it stops soon.
const TOO_LITTLE: u64 = 64 << 20;

pub(super) async fn examine(config: &Config) -> Section {
    let state = config.state.display();
    let mut section = Section::new(format!("State in {state}"));
    let place = match config.state.exists() {
        true => config.state.as_path(),
        false => {
            section.note("it is not there yet", "It is made at the first start.");
            match config.state.ancestors().find(|place| place.exists()) {
                Some(place) => place,
                None => return section,
            }
        }
    };
    match rustix::fs::statvfs(place) {
        Ok(disk) => room(disk.f_bavail.saturating_mul(disk.f_frsize), &mut section),
        Err(error) => section.warn(format!("its disk cannot be looked at: {error}"), ""),
    }
    if !config.state.join("airgate.db").exists() {
        return section;
    }
    let offline = match Offline::open(config).await {
        Ok(offline) => offline,
        Err(error) => {
            section.problem(format!("{error:#}"), "");
            return section;
        }
    };
    match offline.store.check_integrity().await {
        Ok(found) if found.is_empty() => section.good("the database is whole"),
        Ok(found) => section.problem(
            format!("the database is damaged: {}", found.join("; ")),
            "Stop Airgate and restore a backup. Phones then synchronise anew; no mail is in it.",
        ),
        Err(error) => section.problem(
            format!(
                "the database cannot be checked: {}",
                crate::failure::chain(&error)
            ),
            "",
        ),
    }
    keys(&offline, &mut section).await;
    section
}

/// Passcodes that were made with keys that are not there.
async fn keys(offline: &Offline, section: &mut Section) {
    let known = [offline.keys.credential.id(), offline.keys.vault.id()];
    match offline.store.credential_key_ids().await {
        Ok(ids) if ids.iter().all(|id| known.contains(&id.as_str())) => {
            section.good("its server keys open all passcodes");
        }
        Ok(_) => section.problem(
            "there are passcodes made with a server key that is not there",
            "Restore keys/credential.key and keys/vault.key, or make new passcodes.",
        ),
        Err(error) => section.problem(crate::failure::chain(&error), ""),
    }
}

fn room(free: u64, section: &mut Section) {
    let what = format!("{} free on its disk", size(free));
    match free {
        0..TOO_LITTLE => section.problem(what, "Make room: nothing can be written soon."),
        TOO_LITTLE..LITTLE => section.warn(what, "Make room before it runs out."),
        _ => section.good(what),
    }
}
