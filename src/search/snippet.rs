//! The piece of a text that shows why it was found.

use crate::item::preview;

/// Most characters of a Preview ([MS-ASCMD] 2.2.3.140).
const LONGEST: usize = 255;
/// Characters before the words, so that the piece can be understood.
const BEFORE: usize = 60;

/// The words in their place, on one line; the beginning of the text if they are near it or not there.
pub fn snippet(text: &str, words: &[String]) -> String {
    let start = preview::of_text(text, LONGEST);
    let there = |shown: &str| {
        let shown = shown.to_lowercase();
        words
            .iter()
            .any(|word| shown.contains(&word.to_lowercase()))
    };
    if words.is_empty() || there(&start) {
        return start;
    }
    let Some(at) = place(text, words) else {
        return start;
    };
    let before = text.get(..at).unwrap_or_default();
    let from = before
        .char_indices()
        .rev()
        .nth(BEFORE)
        .map_or(0, |(at, _)| at);
    // From a whole word on.
    let from = text
        .get(from..at)
        .and_then(|piece| piece.find(char::is_whitespace))
        .map_or(at, |blank| from + blank);
    let piece = preview::of_text(text.get(from..).unwrap_or_default(), LONGEST - 2);
    // What the preview leaves out, addresses of pages say, cannot be shown.
    if there(&piece) {
        format!("\u{2026} {piece}")
    } else {
        start
    }
}

/// Where the first of the words stands, in any letter case.
fn place(text: &str, words: &[String]) -> Option<usize> {
    // Small letters may take other numbers of octets than capitals, so each says where it is from.
    let mut folded = String::with_capacity(text.len());
    let mut origins = Vec::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        for small in character.to_lowercase() {
            folded.push(small);
            origins.resize(folded.len(), at);
        }
    }
    words
        .iter()
        .filter_map(|word| folded.find(&word.to_lowercase()))
        .min()
        .and_then(|at| origins.get(at).copied())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_words_are_in_the_piece() {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let filler = "lorem ipsum dolor sit amet ".repeat(40);
        let text = format!("{filler} the Grüne TEE is here {filler}");
        let shown = snippet(&text, &words(&["grüne tee"]));
        assert!(
            shown.contains("Grüne TEE") && shown.starts_with('\u{2026}'),
            "{shown}"
        );
        assert_eq!(shown.chars().count(), LONGEST);
        assert_eq!(
            snippet("short tea text", &words(&["tea"])),
            "short tea text"
        );
        assert!(snippet(&text, &words(&["absent"])).starts_with("lorem"));
        assert!(snippet(&text, &[]).starts_with("lorem"));
        assert_eq!(snippet("", &words(&["x"])), "");
    }

    proptest! {
        #[test]
        fn never_longer_than_it_may_be(text in "(\\PC{0,9}[ İßK]){0,80}", word in "\\PC{0,3}") {
            let shown = snippet(&text, &[word]);
            prop_assert!(shown.chars().count() <= LONGEST);
        }
    }
}
