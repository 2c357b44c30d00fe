//! The FreeText of Search, before there was a query language in it: every word and every "phrase" has
//! to be there.

use super::Condition;
use super::tokens::{Token, tidy, tokens};

/// What a message must have in it. Brackets and operators are words as any other.
pub fn parse(text: &str) -> Condition {
    let words = tokens(text).into_iter().filter_map(|token| match token {
        Token::Word(word) => Some(word),
        Token::Phrase(before, phrase) => Some(before + &phrase),
        Token::Open | Token::Close => None,
    });
    Condition::all(
        words
            .map(|word| tidy(&word))
            .filter(|word| !word.is_empty())
            .map(Condition::Text),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_to_be_there() {
        let text = |text: &str| Condition::Text(text.into());
        assert_eq!(
            parse("from:ann \"two words\" OR x*"),
            Condition::And(vec![
                text("from:ann"),
                text("two words"),
                text("OR"),
                text("x")
            ])
        );
        assert_eq!(parse(" * "), Condition::All);
        assert_eq!(parse("(a)"), text("a"));
    }
}
