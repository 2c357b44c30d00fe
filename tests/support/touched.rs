//! What differs between two states of an object in a server, line by line (S12).

use std::collections::BTreeMap;

/// Unfolded lines that are in one text and not in the other, either way. What both have is the same,
/// octet for octet and in the same order (S12).
pub fn touched(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let (old, new) = (unfolded(before), unfolded(after));
    let (gone, kept) = without(&old, &new);
    let (came, stayed) = without(&new, &old);
    assert_eq!(kept, stayed, "S12: what nobody touched");
    (
        gone.iter().map(|line| line.replace("\r\n ", "")).collect(),
        came.iter().map(|line| line.replace("\r\n ", "")).collect(),
    )
}

/// Lines with their folds in them.
pub fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split_inclusive("\r\n") {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(line),
            _ => lines.push(line.to_owned()),
        }
    }
    let lines = lines.into_iter();
    lines
        .map(|line| line.trim_end_matches("\r\n").to_owned())
        .collect()
}

/// The lines that `other` does not have as often, and the rest.
fn without(lines: &[String], other: &[String]) -> (Vec<String>, Vec<String>) {
    let mut there: BTreeMap<&String, usize> = BTreeMap::new();
    for line in other {
        *there.entry(line).or_default() += 1;
    }
    let (mut missing, mut kept) = (Vec::new(), Vec::new());
    for line in lines {
        match there.get_mut(line) {
            Some(left) if *left > 0 => {
                *left -= 1;
                kept.push(line.clone());
            }
            _ => missing.push(line.clone()),
        }
    }
    (missing, kept)
}
