//! The journal: what became of the phone's commands under the present key, so that a repeated
//! request gets the same answer and nothing happens twice (S2, S5).

use airgate_codec::imap::Flags;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::state::{self, Unusable};

/// Format of the stored journal.
const VERSION: u8 = 3;

/// Outcomes of the commands that led from the previous key to the present one.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Journal {
    /// The key these commands came under, which is the one a repeat would carry.
    pub previous_counter: Option<u64>,
    entries: Vec<Entry>,
}

/// What became of one command.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Outcome {
    /// The item's Status ([MS-ASCMD] 2.2.3.177.17); 1 is success.
    pub status: u8,
    /// The ServerId an Add was given.
    pub server_id: Option<String>,
    /// The message that was written for it.
    pub made: Option<Made>,
    /// The version of an object the phone holds since.
    pub object: Option<MadeObject>,
}

/// An object the phone made or changed, and what it is told of it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct MadeObject {
    pub number: u32,
    /// Mark and lasting of the version, as the view stores them.
    pub mark: u64,
    pub lasts: u32,
    /// The content of the response's ApplicationData, as a document; empty for none.
    pub answer: Vec<u8>,
}

/// A message the phone made or rewrote, and what it is told of it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Made {
    pub uid: u32,
    seen: bool,
    flagged: bool,
    answered: bool,
    keywords: Vec<String>,
    pub conversation_id: Vec<u8>,
    pub conversation_index: Vec<u8>,
    pub attachments: Vec<MadeAttachment>,
}

/// An attachment the phone added.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct MadeAttachment {
    /// The phone's name for it.
    pub client_id: String,
    pub section: String,
    pub name: String,
    pub method: u8,
    pub size: u64,
    pub content_id: Option<String>,
    pub is_inline: bool,
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

    /// What became of a command with this fingerprint, if it was carried out. Taken out, so that
    /// the second of two equal commands finds its own.
    pub fn take(&mut self, command: &[u8; 16]) -> Option<Outcome> {
        let mut entries = self.entries.iter();
        let at = entries.position(|entry| entry.command == *command)?;
        Some(self.entries.remove(at).outcome)
    }

    /// How often a command with this fingerprint was recorded.
    pub fn count(&self, command: &[u8; 16]) -> usize {
        let same = |entry: &&Entry| entry.command == *command;
        self.entries.iter().filter(same).count()
    }

    pub fn record(&mut self, command: [u8; 16], outcome: Outcome) {
        self.entries.push(Entry { command, outcome });
    }
}

impl Made {
    /// The flags it was given.
    pub fn flags(&self) -> Flags {
        Flags {
            seen: self.seen,
            flagged: self.flagged,
            answered: self.answered,
            keywords: self.keywords.clone(),
            ..Flags::default()
        }
    }

    /// The same message with these flags.
    pub fn flagged(self, flags: &Flags) -> Self {
        Self {
            seen: flags.seen,
            flagged: flags.flagged,
            answered: flags.answered,
            keywords: flags.keywords.clone(),
            ..self
        }
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
        for status in [1, 8] {
            let outcome = Outcome {
                status,
                ..Outcome::default()
            };
            journal.record(command, outcome);
        }
        let mut stored = Journal::decode(&journal.encode()).expect("just written");
        let mut take = |command: &[u8; 16]| stored.take(command).map(|outcome| outcome.status);
        assert_eq!(take(&fingerprint(&["change", "m1:5r", "ead=1"])), None);
        assert_eq!(take(&command), Some(1));
        assert_eq!(
            take(&command),
            Some(8),
            "each of two equal ones has its own"
        );
        assert_eq!(take(&command), None);
    }
}
