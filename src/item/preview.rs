//! The Preview of a body (14.0+): the first words as one line of plain text, at most 255 characters
//! ([MS-ASAIRS] 2.2.2.35).

use crate::item::html_to_text::{self, Style};

/// Most characters a phone may ask for.
pub(crate) const MAX_PREVIEW: usize = 255;
/// Octets of text read beyond the four that one character may have, for what is stripped.
const SPARE: usize = 512;

/// From HTML.
pub(crate) fn of_html(html: &str, characters: usize) -> String {
    line(
        &html_to_text::convert(html, Style::Words, enough(characters)),
        characters,
    )
}

/// From plain text: page addresses and rows of signs are no words.
pub(crate) fn of_text(text: &str, characters: usize) -> String {
    let end = text.floor_char_boundary(enough(characters));
    line(text.get(..end).unwrap_or_default(), characters)
}

fn enough(characters: usize) -> usize {
    characters.min(MAX_PREVIEW) * 4 + SPARE
}

fn line(text: &str, characters: usize) -> String {
    let characters = characters.min(MAX_PREVIEW);
    let mut out = String::new();
    let mut length = 0;
    let words = text
        .split(|c: char| c.is_whitespace() || is_filler(c))
        .filter(|word| !word.is_empty() && !is_noise(word));
    for word in words {
        let blank = usize::from(length > 0);
        let room = characters.saturating_sub(length + blank);
        if room == 0 {
            break;
        }
        if blank == 1 {
            out.push(' ');
        }
        let before = out.len();
        out.extend(word.chars().take(room));
        length += blank + out.get(before..).unwrap_or_default().chars().count();
    }
    out
}

/// Invisible characters with which senders pad the preview of other clients.
const fn is_filler(character: char) -> bool {
    matches!(
        character,
        '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{34F}' | '\u{AD}'
    )
}

/// Links, link targets as html_to_text writes them, rules, quote marks, lone joiners.
fn is_noise(word: &str) -> bool {
    let bare = word.trim_start_matches(['<', '(', '[']);
    bare.starts_with("http://")
        || bare.starts_with("https://")
        || word.starts_with("[cid:")
        || word.chars().all(|c| {
            matches!(
                c,
                '-' | '_'
                    | '='
                    | '*'
                    | '>'
                    | '~'
                    | '+'
                    | '|'
                    | '#'
                    | '\u{200C}'
                    | '\u{200D}'
                    | '\u{200E}'
                    | '\u{200F}'
            )
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_answers() {
        for (text, length, preview) in [
            ("Hello  world\r\n\r\n-- \r\nAnn", 255, "Hello world Ann"),
            ("See https://example.com/very/long now", 255, "See now"),
            (
                "pre\u{200C} \u{200C} \u{34F}\u{AD} \u{200B}header",
                255,
                "pre\u{200C} header",
            ),
            ("abcdef", 3, "abc"),
            ("ab cd", 3, "ab"),
            ("ab cd", 4, "ab c"),
            ("======\n> quoted", 255, "quoted"),
            ("", 255, ""),
            ("x", 0, ""),
        ] {
            assert_eq!(of_text(text, length), preview, "{text:?}");
        }
        assert_eq!(
            of_html("<p>Dear <b>Ann</b>,</p><img alt=logo><a href=x>go</a>", 255),
            "Dear Ann, go"
        );
    }

    proptest! {
        #[test]
        fn never_longer_than_asked(text in "\\PC{0,400}", length in 0_usize..400) {
            let preview = of_text(&text, length);
            prop_assert!(preview.chars().count() <= length.min(MAX_PREVIEW));
        }
    }
}
