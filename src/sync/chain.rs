//! The chain of keys of one (user, device, collection): two generations are good, the present one
//! and the one before; every other key is refused (S2, S3).

use std::fmt;
use std::str::FromStr;

/// A SyncKey as we issue it: `epoch.counter`. The epoch is drawn at random at key 0, so keys of an
/// earlier life, another device or another collection never fit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SyncKey {
    pub epoch: u64,
    pub counter: u64,
}

/// A key as a phone sends it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asked {
    /// `0`: start afresh.
    Start,
    Key(SyncKey),
    /// Nothing we ever issued.
    Foreign,
}

/// Where a request stands on the chain.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Position {
    Start,
    /// The phone acknowledges the present generation.
    Current,
    /// Our last answer was lost: go on from the generation before.
    Replay,
    /// Status 3 (Sync) or 9 (FolderSync); nothing changes.
    Refused,
}

impl fmt::Display for SyncKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.counter)
    }
}

impl FromStr for Asked {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text == "0" {
            return Ok(Self::Start);
        }
        let key = text.split_once('.').and_then(|(epoch, counter)| {
            let key = SyncKey {
                epoch: epoch.parse().ok()?,
                counter: counter.parse().ok()?,
            };
            // One spelling per key: leading zeros and signs are not ours (S3).
            (key.to_string() == text).then_some(key)
        });
        Ok(key.map_or(Self::Foreign, Self::Key))
    }
}

/// Where `asked` stands, given the present key and the counter of the generation before (if one is
/// kept).
pub fn position(asked: Asked, present: Option<SyncKey>, previous: Option<u64>) -> Position {
    match (asked, present) {
        (Asked::Start, _) => Position::Start,
        (Asked::Key(key), Some(present)) if key.epoch == present.epoch => {
            if key.counter == present.counter {
                Position::Current
            } else if Some(key.counter) == previous {
                Position::Replay
            } else {
                Position::Refused
            }
        }
        _ => Position::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_only_the_two_last_keys_of_this_epoch_are_good() {
        let present = Some(SyncKey {
            epoch: 77,
            counter: 5,
        });
        for (text, expected) in [
            ("0", Position::Start),
            ("77.5", Position::Current),
            ("77.4", Position::Replay),
            ("77.3", Position::Refused),
            ("77.6", Position::Refused),
            ("78.5", Position::Refused),
            ("77.05", Position::Refused),
            ("+77.5", Position::Refused),
            ("77", Position::Refused),
            ("", Position::Refused),
            ("{77}5", Position::Refused),
            ("18446744073709551616.5", Position::Refused),
        ] {
            let Ok(asked) = text.parse::<Asked>();
            assert_eq!(position(asked, present, Some(4)), expected, "{text:?}");
        }
        let Ok(asked) = "77.5".parse::<Asked>();
        assert_eq!(position(asked, None, None), Position::Refused);
    }
}
