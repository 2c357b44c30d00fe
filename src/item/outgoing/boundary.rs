//! Boundaries for multiparts we make.

const STEM: &str = "=_airgate_";

/// Boundaries that no line of these parts begins with; the same for the same parts (S29).
pub(super) fn boundaries(parts: &[&[u8]]) -> impl Iterator<Item = String> + use<> {
    let mut taken: Vec<u64> = parts
        .iter()
        .flat_map(|octets| octets.split(|&octet| octet == b'\n'))
        .filter_map(|line| line.strip_prefix(b"--")?.strip_prefix(STEM.as_bytes()))
        .filter_map(|rest| {
            let digits = rest.iter().take_while(|octet| octet.is_ascii_digit());
            let digits: String = digits.map(|&octet| char::from(octet)).collect();
            digits.parse().ok()
        })
        .collect();
    taken.sort_unstable();
    (1_u64..)
        .filter(move |number| taken.binary_search(number).is_err())
        // The letter keeps 1 from being the beginning of 10.
        .map(|number| format!("{STEM}{number}_"))
}
