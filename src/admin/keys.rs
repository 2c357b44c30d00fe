//! `airgate rotate-key`: exchanges the server keys while the server runs (C17).
//!
//! Secrets of second factors are sealed anew at once. Passcodes cannot be: their secret is on the
//! phone. So the old key stays under `keys/old/`, each passcode takes the new one when its phone comes
//! by, and `--finish` removes the old key when nothing needs it any more.

use std::fmt::Write as _;

use serde_json::json;

use super::desk::{Desk, DeskError};
use super::shown;
use crate::gate::keys::{Purpose, ServerKeys};
use crate::gate::second_factor::TotpSecret;
use crate::store::AuditAction;

#[derive(Clone, Debug, clap::Args)]
pub struct Rotate {
    /// Which key: `credential` (hashes of passcodes), `vault` (what is sealed), or both
    #[arg(value_enum, default_value = "both")]
    pub key: Which,
    /// Make no new key; remove old ones that nothing needs any more
    #[arg(long)]
    pub finish: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum Which {
    Credential,
    Vault,
    Both,
}

impl Desk<'_> {
    /// Exchanges keys; returns what to print.
    ///
    /// # Errors
    /// [`DeskError`]. Whatever moment it is cut at, every key that is needed is still there.
    pub async fn rotate_key(&self, asked: &Rotate) -> Result<String, DeskError> {
        let mut keys = self.offline.keys.clone();
        let mut made = Vec::new();
        if !asked.finish {
            if asked.key != Which::Vault {
                keys = keys.rotate(Purpose::Credential)?;
                made.push(keys.credential.id().to_owned());
            }
            if asked.key != Which::Credential {
                keys = keys.rotate(Purpose::Vault)?;
                made.push(keys.vault.id().to_owned());
            }
            let detail = format!("new {}", made.join(" "));
            self.note(AuditAction::KeyRotated, None, detail).await?;
        }
        let factors = self.reseal_factors(&keys).await?;
        let needed = self.store().credential_key_ids().await?;
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        for old in keys.old() {
            match needed.iter().any(|id| id == old.id()) {
                true => kept.push(old.id().to_owned()),
                false if asked.finish => {
                    keys.drop_old(old.id())?;
                    gone.push(old.id().to_owned());
                }
                false => {}
            }
        }
        if !gone.is_empty() {
            let detail = format!("removed {}", gone.join(" "));
            self.note(AuditAction::KeyRotated, None, detail).await?;
        }
        if asked.json {
            return Ok(shown::json(&json!({
                "made": made, "removed": gone, "still_needed": kept, "factors_resealed": factors,
            })));
        }
        let mut text = String::new();
        for id in &made {
            let _ = writeln!(
                text,
                "New key {id}. A running server uses it within 5 seconds."
            );
        }
        for id in &gone {
            let _ = writeln!(text, "Old key {id} is gone.");
        }
        for id in &kept {
            let _ = writeln!(
                text,
                "Old key {id} is still needed by passcodes whose phones have not come by."
            );
        }
        if !asked.finish {
            text.push_str("Back the new keys up. Later: airgate rotate-key --finish\n");
        } else if gone.is_empty() && kept.is_empty() {
            text.push_str("There are no old keys.\n");
        }
        Ok(text)
    }

    /// Seals secrets of second factors with the present key; how many were not.
    async fn reseal_factors(&self, keys: &ServerKeys) -> Result<usize, DeskError> {
        let mut count = 0;
        for row in self.store().all_factors().await? {
            if row.key_id == keys.vault.id() {
                continue;
            }
            let Some(old) = keys.named(&row.key_id) else {
                tracing::warn!(
                    user = row.user.as_str(),
                    "a second factor's key is not there"
                );
                continue;
            };
            let secret = TotpSecret::open(old, &row.user, &row.sealed)?;
            let sealed = secret.seal(&keys.vault, &row.user)?;
            let store = self.store();
            if store.reseal_factor(&row, keys.vault.id(), &sealed).await? {
                count += 1;
            }
        }
        Ok(count)
    }
}
