//! Which single-octet set a text without a label is in. Only two answers: Cyrillic, whose words are
//! runs of high octets as no Latin text has them, and windows-1252.

use encoding_rs::{Encoding, KOI8_R, WINDOWS_1251, WINDOWS_1252};

/// High octets that make a guess worth it.
const ENOUGH: usize = 5;

/// The set to decode with.
pub(super) fn unlabelled(octets: &[u8]) -> &'static Encoding {
    let (mut high, mut in_words) = (0_usize, 0_usize);
    // Letters after the first of a word: small ones, where a set has them.
    let (mut below, mut above) = (0_usize, 0_usize);
    for word in octets.split(|octet| !(octet.is_ascii_alphabetic() || *octet >= 0x80)) {
        let letters = word.iter().filter(|octet| **octet >= 0x80).count();
        high += letters;
        if letters < 2 || letters < word.len() || !word.iter().all(|octet| is_letter(*octet)) {
            continue;
        }
        in_words += letters;
        let rest = word.get(1..).unwrap_or_default();
        below += rest
            .iter()
            .filter(|octet| (0xC0..=0xDF).contains(*octet))
            .count();
        above += rest.iter().filter(|octet| **octet >= 0xE0).count();
    }
    if high < ENOUGH || in_words * 5 < high * 4 {
        WINDOWS_1252
    } else if below > above {
        KOI8_R
    } else {
        WINDOWS_1251
    }
}

/// A letter in either Cyrillic set; the four below are theirs of `ё`.
const fn is_letter(octet: u8) -> bool {
    octet >= 0xC0 || matches!(octet, 0xA3 | 0xB3 | 0xA8 | 0xB8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cyrillic_words_are_told_from_accents() {
        for (encoding, text) in [
            (KOI8_R, "Отчёт за январь"),
            (WINDOWS_1251, "Отчёт за январь"),
            (KOI8_R, "Re: Привет, Ann"),
            (WINDOWS_1251, "Привет, как дела? :-)"),
            (WINDOWS_1252, "Grüße aus München, größer geht’s nicht"),
            (WINDOWS_1252, "À l’été, où êtes-vous allés"),
            (WINDOWS_1252, "åäö ÅÄÖ smörgåsbord på båten i år"),
            (WINDOWS_1252, "÷÷"),
        ] {
            let (octets, ..) = encoding.encode(text);
            assert_eq!(unlabelled(&octets), encoding, "{text}");
        }
    }
}
