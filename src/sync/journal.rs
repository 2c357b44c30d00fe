//! The journal: what became of the phone's commands under the present key, so that a repeated
//! request gets the same answer and nothing happens twice (S2, S5).

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::state::{self, Unusable};

/// Format of the stored journal.
const VERSION: u8 = 1;

/// Outcomes of the commands that led from the previous key to the present one.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Journal {
    /// The key these commands came under, which is the one a repeat would carry.
    pub previous_counter: Option<u64>,
    entries: Vec<Entry>,
}

/// What became of one command.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Outcome {
    /// The item's Status ([MS-ASCMD] 2.2.3.177.17); 1 is success.
    pub status: u8,
    /// The ServerId an Add was given.
    pub server_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Entry {
    command: [u8; 16],
    outcome: Outcome,
}

impl Journal {
    /// Reads a stored journal.
    ///
    /// # Errors
    /// See [`state::decode`].
    pub fn decode(blob: &[u8]) -> Result<Self, Unusable> {
        state::decode(VERSION, blob)
    }

    pub fn encode(&self) -> Vec<u8> {
        state::encode(VERSION, self)
    }

    /// What became of a command with this fingerprint, if it was carried out.
    pub fn outcome(&self, command: &[u8; 16]) -> Option<&Outcome> {
        self.entries
            .iter()
            .find(|entry| entry.command == *command)
            .map(|entry| &entry.outcome)
    }

    pub fn record(&mut self, command: [u8; 16], outcome: Outcome) {
        self.entries.push(Entry { command, outcome });
    }
}

/// The fingerprint of a command: two commands that mean the same have the same one.
pub fn fingerprint(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(digest.get(..16).unwrap_or(&[0; 16]));
    fingerprint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_a_repeated_command_finds_its_outcome() {
        let mut journal = Journal {
            previous_counter: Some(4),
            ..Journal::default()
        };
        let command = fingerprint(&["change", "m1:5", "read=1"]);
        journal.record(
            command,
            Outcome {
                status: 1,
                server_id: None,
            },
        );
        let stored = Journal::decode(&journal.encode()).expect("just written");
        assert_eq!(
            stored.outcome(&command).map(|outcome| outcome.status),
            Some(1)
        );
        assert_eq!(
            stored.outcome(&fingerprint(&["change", "m1:5r", "ead=1"])),
            None
        );
    }
}
