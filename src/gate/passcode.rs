//! The shape of an application passcode (C1): 25 characters of lower-case Crockford base32 in five
//! groups, 24 of them random (120 bits), the last a check character.
//!
//! The check is a weighted sum over GF(32): with `a` a generator and `d` the characters,
//! `sum(a^i * d_i) = 0` for i in 0..25. All weights differ and none is 0, so every single wrong
//! character and every swap of two is caught. A typo is thus told from a guess without looking
//! anything up, and a secret that passes is never sent to a backend (T36).
//!
//! ```text
//! 4k7fd-9w2qx-n0r3t-8vbmz-c1hgy
//! ```

use std::fmt;

use secrecy::SecretString;
use zeroize::{Zeroize as _, Zeroizing};

/// A passcode as a value: its 24 random characters, 5 bits each, packed.
#[derive(Clone)]
pub struct Passcode(Zeroizing<[u8; SECRET_BYTES]>);

/// What a secret looks like, before anyone asks whether it is right.
#[derive(Debug)]
pub enum Reading {
    /// A passcode: right check character.
    Passcode(Passcode),
    /// Written like a passcode, groups and all, but with a wrong character: a typo, kept from the
    /// backend as well.
    Mistyped,
    /// Something else, perhaps a mail password.
    Other,
}

/// Characters of a passcode, check character included.
const LENGTH: usize = 25;
/// 24 characters of 5 bits.
const SECRET_BYTES: usize = 15;
/// Characters between two hyphens.
const GROUP: usize = 5;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl Passcode {
    /// A new one from the operating system's randomness.
    ///
    /// # Errors
    /// When the operating system has none.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; SECRET_BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The random bits: what is hashed and what opens the vault.
    pub fn bits(&self) -> &[u8; SECRET_BYTES] {
        &self.0
    }

    /// As it is shown, once, to its owner: five groups with hyphens, no spaces, which some clients
    /// refuse.
    pub fn reveal(&self) -> SecretString {
        let digits = self.digits();
        let mut text = String::with_capacity(LENGTH + LENGTH / GROUP);
        for (place, digit) in digits.iter().enumerate() {
            if place > 0 && place % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(
                ALPHABET.get(usize::from(*digit)).copied().unwrap_or(b'0'),
            ));
        }
        SecretString::from(text)
    }

    fn digits(&self) -> Zeroizing<[u8; LENGTH]> {
        let mut digits = Zeroizing::new([0; LENGTH]);
        let (mut held, mut bits) = (0_u32, 0);
        let mut bytes = self.0.iter();
        let mut sum = 0;
        let mut weight = 1;
        if let Some((check, random)) = digits.split_last_mut() {
            for digit in random {
                if bits < 5 {
                    held = held << 8 | u32::from(bytes.next().copied().unwrap_or(0));
                    bits += 8;
                }
                bits -= 5;
                *digit = u8::try_from(held >> bits & 31).unwrap_or(0);
                held &= (1 << bits) - 1;
                sum ^= times(weight, *digit);
                weight = next_weight(weight);
            }
            // weight * check = sum, so check = sum / weight.
            *check = times(sum, inverse(weight));
        }
        held.zeroize();
        digits
    }

    fn from_digits(digits: &[u8; LENGTH]) -> Option<Self> {
        let mut sum = 0;
        let mut weight = 1;
        for digit in digits {
            sum ^= times(weight, *digit);
            weight = next_weight(weight);
        }
        if sum != 0 {
            return None;
        }
        let mut code = Self(Zeroizing::new([0; SECRET_BYTES]));
        let (mut held, mut bits) = (0_u32, 0);
        let mut bytes = code.0.iter_mut();
        for digit in digits.iter().take(LENGTH - 1) {
            held = held << 5 | u32::from(*digit);
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                if let Some(byte) = bytes.next() {
                    *byte = u8::try_from(held >> bits & 255).unwrap_or(0);
                }
                held &= (1 << bits) - 1;
            }
        }
        held.zeroize();
        Some(code)
    }
}

impl fmt::Debug for Passcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passcode(***)")
    }
}

impl Reading {
    /// Reads what came as the password. Upper case, `o` for 0, `i` and `l` for 1, and hyphens or
    /// spaces anywhere or nowhere are all the same passcode.
    pub fn of(text: &str) -> Self {
        // No honest way of writing one is longer than a separator before and after every character.
        if text.len() > 4 * LENGTH {
            return Self::Other;
        }
        let mut digits = Zeroizing::new([0; LENGTH]);
        let mut places = digits.iter_mut();
        let mut groups_right = true;
        let mut in_group = 0;
        for byte in text.trim().bytes() {
            if matches!(byte, b'-' | b' ') {
                groups_right &= in_group == GROUP;
                in_group = 0;
                continue;
            }
            let (Some(digit), Some(place)) = (digit(byte), places.next()) else {
                return Self::Other;
            };
            *place = digit;
            in_group += 1;
        }
        if places.next().is_some() {
            return Self::Other;
        }
        groups_right &= in_group == GROUP;
        match Passcode::from_digits(&digits) {
            Some(code) => Self::Passcode(code),
            None if groups_right => Self::Mistyped,
            None => Self::Other,
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    let lower = match byte.to_ascii_lowercase() {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        other => other,
    };
    let place = ALPHABET.iter().position(|letter| *letter == lower)?;
    u8::try_from(place).ok()
}

/// Multiplication in GF(32) modulo x^5 + x^2 + 1, of which x is a generator.
const fn times(left: u8, right: u8) -> u8 {
    let mut product = 0;
    let mut left = left;
    let mut right = right;
    let mut round = 0;
    while round < 5 {
        // Masks instead of branches: the time does not depend on the digits.
        product ^= left & (right & 1).wrapping_neg();
        left = (left << 1) ^ (0b10_0101 & (left >> 4 & 1).wrapping_neg());
        right >>= 1;
        round += 1;
    }
    product
}

const fn next_weight(weight: u8) -> u8 {
    times(weight, 2)
}

/// x^30, since x^31 = 1.
const fn inverse(of: u8) -> u8 {
    let mut result = 1;
    let mut round = 0;
    while round < 30 {
        result = times(result, of);
        round += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn text(bytes: [u8; SECRET_BYTES]) -> String {
        Passcode(Zeroizing::new(bytes))
            .reveal()
            .expose_secret()
            .to_owned()
    }

    fn is(text: &str, bytes: [u8; SECRET_BYTES]) -> bool {
        matches!(Reading::of(text), Reading::Passcode(code) if *code.0 == bytes)
    }

    #[test]
    fn known_answers() {
        assert_eq!(text([0; 15]), "00000-00000-00000-00000-00000");
        let mut one = [0; 15];
        one[14] = 1;
        // The last random character has weight a^23, the check a^24: 1 = a * check, and in
        // GF(32) 1/2 is 18.
        assert_eq!(text(one), "00000-00000-00000-00000-0001j");
        assert!(is("00000ooooo OOOOO-00000-000iJ", one));
        assert!(is("00000ooooo OOOOO-00000-000LJ", one));
    }

    #[test]
    fn c1_all_weights_differ() {
        let mut weights = vec![1];
        for _ in 1..31 {
            weights.push(next_weight(*weights.last().unwrap()));
        }
        assert_eq!(next_weight(*weights.last().unwrap()), 1);
        weights.sort_unstable();
        weights.dedup();
        assert_eq!(weights.len(), 31);
        for digit in 1..32 {
            assert_eq!(times(digit, inverse(digit)), 1);
        }
    }

    #[test]
    fn t36_what_is_not_a_passcode() {
        for other in [
            "",
            "hunter2",
            "correct horse battery staple",
            "0000000000000000000000000",      // 25, right
            "00000-00000-00000-00000-0000",   // 24
            "00000-00000-00000-00000-000000", // 26
            "uuuuu-uuuuu-uuuuu-uuuuu-uuuuu",  // u is no letter of Crockford's
        ] {
            let reading = Reading::of(other);
            let right = other == "0000000000000000000000000";
            assert_eq!(matches!(reading, Reading::Passcode(_)), right, "{other}");
            assert!(!matches!(reading, Reading::Mistyped), "{other}");
        }
        assert!(matches!(
            Reading::of("00000-00000-00000-00000-00001"),
            Reading::Mistyped
        ));
        assert!(matches!(
            Reading::of("0000000000000000000000001"),
            Reading::Other
        ));
        assert!(matches!(Reading::of(&"0".repeat(10_000)), Reading::Other));
    }

    #[test]
    fn t48_a_passcode_prints_as_stars() {
        let code = Passcode::generate().unwrap();
        let shown = format!("{code:?} {:?}", Reading::Passcode(code.clone()));
        assert!(shown.contains("***"));
        assert!(!shown.contains(code.reveal().expose_secret()));
    }

    proptest! {
        #[test]
        fn c1_any_way_of_writing_it_is_read(
            bytes: [u8; SECRET_BYTES],
            separators in proptest::collection::vec(0_u8..4, LENGTH + 1),
            upper in proptest::collection::vec(any::<bool>(), LENGTH),
            alike in proptest::collection::vec(0_u8..3, LENGTH),
        ) {
            let shown = text(bytes);
            prop_assert_eq!(shown.len(), 29);
            prop_assert!(is(&shown, bytes));
            let mut written = String::new();
            let separator = |kind| match kind { 1 => "-", 2 => " ", _ => "" };
            for (place, letter) in shown.chars().filter(|letter| *letter != '-').enumerate() {
                written.push_str(separator(separators[place]));
                let letter = match (letter, alike[place]) {
                    ('0', 1) => 'o',
                    ('1', 1) => 'i',
                    ('1', 2) => 'l',
                    (other, _) => other,
                };
                written.push(if upper[place] { letter.to_ascii_uppercase() } else { letter });
            }
            written.push_str(separator(separators[LENGTH]));
            prop_assert!(is(&written, bytes), "{}", written);
        }

        #[test]
        fn c1_every_wrong_character_and_every_swap_is_caught(bytes: [u8; SECRET_BYTES]) {
            let right = *Passcode(Zeroizing::new(bytes)).digits();
            for place in 0..LENGTH {
                for wrong in 0..32 {
                    let mut digits = right;
                    digits[place] = wrong;
                    prop_assert_eq!(
                        Passcode::from_digits(&digits).is_some(),
                        wrong == right[place]
                    );
                }
                for other in place + 1..LENGTH {
                    let mut digits = right;
                    digits.swap(place, other);
                    prop_assert_eq!(
                        Passcode::from_digits(&digits).is_some(),
                        right[place] == right[other]
                    );
                }
            }
        }

        #[test]
        fn any_text_is_read_without_fuss(text in ".{0,200}") {
            let _ = Reading::of(&text);
        }
    }
}
