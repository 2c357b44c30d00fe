//! The tokens of a search text: words, "phrases", brackets. One pass, whatever the text is.

/// A piece of the text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    /// A bare word. A property and what it is compared with stand before the value: `from:ann`,
    /// `size>=1MB`.
    Word(String),
    /// In quotation marks; what stood before them without a blank is the property: `from:"Ann B"`.
    Phrase(String, String),
}

/// Characters that quote: straight, and as phones' keyboards write them.
const QUOTES: [char; 5] = ['"', '\u{201C}', '\u{201D}', '\u{201E}', '\u{FF02}'];

/// Whether the character separates words. Control characters do, NUL and line ends among them: none
/// of them is ever looked for.
pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// Takes the text apart. A quotation mark that is not closed quotes the rest.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut quoted: Option<String> = None;
    for character in text.chars() {
        if let Some(phrase) = &mut quoted {
            if QUOTES.contains(&character) {
                let phrase = std::mem::take(phrase);
                tokens.push(Token::Phrase(std::mem::take(&mut word), tidy(&phrase)));
                quoted = None;
            } else {
                phrase.push(character);
            }
            continue;
        }
        // A quotation mark inside a word (5"tall) is part of it, but for one after a property.
        let quotes = QUOTES.contains(&character)
            && (word.is_empty() || word.ends_with([':', '=', '<', '>', '-', '+']));
        if quotes {
            quoted = Some(String::new());
        } else if is_blank(character) || matches!(character, '(' | ')') {
            flush(&mut word, &mut tokens);
            match character {
                '(' => tokens.push(Token::Open),
                ')' => tokens.push(Token::Close),
                _ => {}
            }
        } else {
            word.push(character);
        }
    }
    match quoted {
        Some(phrase) => tokens.push(Token::Phrase(word, tidy(&phrase))),
        None => flush(&mut word, &mut tokens),
    }
    tokens
}

fn flush(word: &mut String, tokens: &mut Vec<Token>) {
    if !word.is_empty() {
        tokens.push(Token::Word(std::mem::take(word)));
    }
}

/// A text to look for: single blanks, no control characters, no `*` at the ends (we look for parts of
/// words anyway).
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text
        .trim_matches(|c| is_blank(c) || c == '*')
        .split(is_blank)
        .filter(|word| !word.is_empty())
    {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Token::{Close, Open, Phrase, Word};
    use super::*;

    #[test]
    fn known_answers() {
        let word = |text: &str| Word(text.into());
        let phrase = |before: &str, text: &str| Phrase(before.into(), text.into());
        for (text, expected) in [
            ("", vec![]),
            ("one two", vec![word("one"), word("two")]),
            ("\"a  b\" c", vec![phrase("", "a b"), word("c")]),
            ("from:\"Ann B\"x", vec![phrase("from:", "Ann B"), word("x")]),
            ("(a)b", vec![Open, word("a"), Close, word("b")]),
            ("\"never closed (", vec![phrase("", "never closed (")]),
            ("a\r\nb\0c", vec![word("a"), word("b"), word("c")]),
            ("\u{201C}smart\u{201D}", vec![phrase("", "smart")]),
            ("5\"tall", vec![word("5\"tall")]),
            ("\"\"", vec![phrase("", "")]),
        ] {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
        assert_eq!(tidy("  *re\rport* "), "re port");
        assert_eq!(tidy("***"), "");
    }
}
