//! Clients that are offered less than all protocol versions: `MSFT-WP/8.*=14.1`.

use std::str::FromStr;

use airgate_codec::ProtocolVersion;

/// The highest version some kind of client is told of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VersionCap {
    /// Lower case; `*` stands for anything.
    pattern: String,
    pub highest: ProtocolVersion,
}

/// Why a cap is refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadVersionCap {
    #[error("`{0}` is no cap: `=` is missing")]
    NoVersion(String),
    #[error("`{0}` is no protocol version (12.0, 12.1, 14.0, 14.1, 16.0, 16.1)")]
    Version(String),
    #[error("the pattern is empty")]
    Empty,
}

impl VersionCap {
    /// Whether the cap is for a client with this DeviceType or User-Agent.
    pub fn fits(&self, device_type: Option<&str>, agent: Option<&str>) -> bool {
        [device_type, agent]
            .into_iter()
            .flatten()
            .any(|text| wildcard(&self.pattern, text))
    }
}

impl FromStr for VersionCap {
    type Err = BadVersionCap;

    fn from_str(text: &str) -> Result<Self, BadVersionCap> {
        let (pattern, version) = text
            .rsplit_once('=')
            .ok_or_else(|| BadVersionCap::NoVersion(text.to_owned()))?;
        let pattern = pattern.trim().to_lowercase();
        if pattern.is_empty() {
            return Err(BadVersionCap::Empty);
        }
        // 2.5 is behind its own switch: a cap at it would offer nothing.
        let highest = version
            .trim()
            .parse()
            .ok()
            .filter(|version| *version > ProtocolVersion::V2_5)
            .ok_or_else(|| BadVersionCap::Version(version.trim().to_owned()))?;
        Ok(Self { pattern, highest })
    }
}

/// Whether a text fits a pattern in which `*` stands for anything, whatever their letter case.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    matches(
        pattern.to_lowercase().as_bytes(),
        text.to_lowercase().as_bytes(),
    )
}

/// Compares with a pattern in which `*` stands for any bytes. Goes back only to the last `*`, so the
/// work is bounded by the product of the lengths (T20).
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), text.get(place)) {
            (Some(b'*'), _) => {
                retry = Some((at, place));
                at += 1;
            }
            (Some(wanted), Some(found)) if wanted == found => {
                at += 1;
                place += 1;
            }
            (None, None) => return true,
            _ => match retry {
                Some((star, from)) if from < text.len() => {
                    retry = Some((star, from + 1));
                    at = star + 1;
                    place = from + 1;
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_whole_and_without_case() {
        for (pattern, text, fits) in [
            ("WP8", "wp8", true),
            ("WP8", "WP81", false),
            ("MSFT-WP/8.*", "MSFT-WP/8.10.14219", true),
            ("MSFT-WP/8.*", "MSFT-WP/7.0", false),
            ("*meego*", "Nokia N9 MeeGo/1.2", true),
            ("*meego*", "meego", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("a*b*c", "abcbc", true),
            ("*", "", true),
        ] {
            let cap: VersionCap = format!("{pattern}=14.1").parse().unwrap();
            assert_eq!(cap.fits(None, Some(text)), fits, "{pattern} {text}");
            assert_eq!(cap.fits(Some(text), None), fits, "{pattern} {text}");
        }
        let cap: VersionCap = "*=14.0".parse().unwrap();
        assert!(!cap.fits(None, None), "who says nothing fits nothing");
    }

    #[test]
    fn caps_that_make_no_sense_are_refused() {
        for (text, fault) in [
            ("WP8", BadVersionCap::NoVersion("WP8".into())),
            ("WP8=15.0", BadVersionCap::Version("15.0".into())),
            ("WP8=2.5", BadVersionCap::Version("2.5".into())),
            ("=14.1", BadVersionCap::Empty),
        ] {
            assert_eq!(text.parse::<VersionCap>(), Err(fault), "{text}");
        }
    }
}
