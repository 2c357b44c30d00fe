//! Where `scripts/install-test-tools` unpacks the servers that cannot be installed beside Dovecot.

use std::path::PathBuf;

/// The tree of one unpacked server, or how to get it.
///
/// # Errors
/// It is not there.
pub fn unpacked(name: &str) -> Result<PathBuf, String> {
    let cache = std::env::var_os("AIRGATE_TEST_CACHE")
        .map_or_else(|| PathBuf::from("/var/cache/airgate-test"), PathBuf::from);
    let tree = cache.join(name);
    if tree.join("complete").is_file() {
        Ok(tree)
    } else {
        Err(format!("no {name} in {}", cache.display()))
    }
}

/// Whether a program is installed on this machine.
///
/// # Errors
/// It is not.
pub fn program(name: &str) -> Result<(), String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    match std::env::split_paths(&path).any(|place| place.join(name).is_file()) {
        true => Ok(()),
        false => Err(format!("no {name} on this machine")),
    }
}
