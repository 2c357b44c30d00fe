//! Which characters may stand in a text value: those of XML 1.0 (2.2 Char), since clients hand what
//! they decode to an XML parser and give up the whole answer at the first other one (T23).

/// Where the first character stands that XML 1.0 forbids: a control but tab, LF and CR, or U+FFFE
/// or U+FFFF. (Surrogates cannot be in a `str`.)
pub(super) fn first_illegal(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    for block in bytes.chunks(BLOCK) {
        // Without a branch in it, so that the compiler makes vector instructions of it.
        let suspicious = block
            .iter()
            .fold(false, |found, byte| found | suspect(*byte));
        if suspicious {
            let found = (at..at + block.len()).find(|at| is_illegal(bytes.get(*at..)));
            if found.is_some() {
                return found;
            }
        }
        at += block.len();
    }
    None
}

/// Bytes looked at together; most blocks of most texts are clean.
const BLOCK: usize = 64;

#[inline]
const fn is_control(byte: u8) -> bool {
    byte < 0x20 && byte != b'\t' && byte != b'\n' && byte != b'\r'
}

/// Whether an illegal character may begin with that byte. 0xEF also begins harmless ones.
#[inline]
const fn suspect(byte: u8) -> bool {
    is_control(byte) | (byte == 0xEF)
}

fn is_illegal(rest: Option<&[u8]>) -> bool {
    match rest {
        Some([0xEF, 0xBF, last, ..]) => *last >= 0xBE,
        Some([first, ..]) => is_control(*first),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T23: against the definition, character by character, at every place of a block.
    #[test]
    fn t23_every_illegal_character_is_found_wherever_it_stands() {
        let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        for c in ('\0'..='\u{ff}').chain('\u{ef00}'..='\u{10010}') {
            assert_eq!(first_illegal(&c.to_string()).is_none(), legal(c), "{c:?}");
        }
        for illegal in ['\0', '\u{b}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
            for before in 0..=2 * BLOCK + 1 {
                // U+FFFD shares its first two bytes with the illegal ones.
                let text = format!("{}\u{fffd}{illegal}tail", "x".repeat(before));
                assert_eq!(first_illegal(&text), Some(before + 3), "{text:?}");
            }
        }
    }
}
