//! Base64 of octets that come in pieces of any size.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Encodes piece by piece what a text value of WBXML holds, without line ends.
#[derive(Debug, Default)]
pub struct Base64Stream {
    /// Up to two octets that do not fill a group of three yet.
    rest: Vec<u8>,
}

impl Base64Stream {
    /// Encodes the next piece onto `text`, all but what fills no group yet.
    pub fn push(&mut self, mut octets: &[u8], text: &mut String) {
        if !self.rest.is_empty() {
            let missing = 3usize.saturating_sub(self.rest.len()).min(octets.len());
            let (head, tail) = octets.split_at_checked(missing).unwrap_or((octets, &[]));
            self.rest.extend_from_slice(head);
            octets = tail;
            if self.rest.len() < 3 {
                return;
            }
            STANDARD.encode_string(&self.rest, text);
            self.rest.clear();
        }
        let whole = octets.len() - octets.len() % 3;
        let (groups, rest) = octets.split_at_checked(whole).unwrap_or((octets, &[]));
        STANDARD.encode_string(groups, text);
        self.rest.extend_from_slice(rest);
    }

    /// What is left, padded; the next value may begin.
    pub fn finish(&mut self, text: &mut String) {
        STANDARD.encode_string(&self.rest, text);
        self.rest.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_size_give_what_the_whole_gives() {
        let octets: Vec<u8> = (0..100).collect();
        for size in 1..12 {
            let mut stream = Base64Stream::default();
            let mut text = String::new();
            for piece in octets.chunks(size) {
                stream.push(piece, &mut text);
            }
            stream.finish(&mut text);
            assert_eq!(text, STANDARD.encode(&octets), "pieces of {size}");
        }
    }
}
