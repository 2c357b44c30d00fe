//! The last gate of every text: XML 1.0 forbids most control characters, U+FFFE, U+FFFF and NUL,
//! and one of them in one subject has blocked whole mailboxes (T23, REFERENCE.md 10.4).

/// XML 1.0 2.2 `Char`. Surrogates cannot occur in a `char`.
pub(crate) const fn is_legal(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether the octets, taken as UTF-8, hold nothing that XML forbids. Cheap: each octet is looked
/// at once.
pub(crate) fn is_legal_utf8(text: &str) -> bool {
    let octets = text.as_bytes();
    // Whole runs at once, without a way out, so that the compiler can make it wide.
    let (mut forbidden, mut suspicious) = (false, false);
    for run in octets.chunks(1024) {
        for &octet in run {
            forbidden |= octet < 0x20 && octet != b'\t' && octet != b'\n' && octet != b'\r';
            suspicious |= octet == 0xEF;
        }
        if forbidden {
            return false;
        }
    }
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
    !suspicious || !text.contains(['\u{FFFE}', '\u{FFFF}'])
}

/// The text without forbidden characters.
pub(crate) fn legalise(text: String) -> String {
    if is_legal_utf8(&text) {
        return text;
    }
    text.chars()
        .filter(|&character| is_legal(character))
        .collect()
}

/// Text as it is shown and compared: lines end with LF, no blanks around it.
pub(crate) fn shown(text: String) -> String {
    let text = if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    };
    let text = legalise(text);
    let trimmed = text.trim();
    if trimmed.len() == text.len() {
        return text;
    }
    trimmed.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t23_every_forbidden_character_goes_and_nothing_else() {
        for character in '\0'..=char::MAX {
            let kept = legalise(character.to_string());
            assert_eq!(kept.is_empty(), !is_legal(character), "{character:?}");
        }
        assert_eq!(legalise("a\0b\u{FFFE}c\u{1B}\t\r\n".into()), "abc\t\r\n");
    }
}
