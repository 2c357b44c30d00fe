//! The octets between 354 and the final dot (RFC 5321 4.5.2, 2.3.8). Whatever comes in, in pieces of
//! whatever size, what goes out has CRLF line ends only and no line that is just a dot, so a server
//! that takes a lone CR or LF for a line end sees the same one mail as any other (T26).

/// Makes a mail fit for DATA, piece by piece.
#[derive(Debug)]
pub(super) struct Stuffer {
    /// CRs whose meaning the next octet decides.
    returns: usize,
    line_start: bool,
}

impl Stuffer {
    pub(super) const fn new() -> Self {
        Self {
            returns: 0,
            line_start: true,
        }
    }

    pub(super) fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        for &octet in octets {
            match octet {
                b'\r' => self.returns += 1,
                b'\n' => {
                    // CR CR LF is one line end that went through two programs.
                    self.returns = 0;
                    self.end_line(out);
                }
                octet => {
                    self.settle(out);
                    if self.line_start && octet == b'.' {
                        out.push(b'.');
                    }
                    self.line_start = false;
                    out.push(octet);
                }
            }
        }
    }

    /// Ends the last line. The final dot is not part of this: handing it over is what sends the mail.
    pub(super) fn finish(mut self, out: &mut Vec<u8>) {
        self.settle(out);
        if !self.line_start {
            self.end_line(out);
        }
    }

    fn settle(&mut self, out: &mut Vec<u8>) {
        for _ in 0..std::mem::take(&mut self.returns) {
            self.end_line(out);
        }
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        self.line_start = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stuffed(pieces: &[&[u8]]) -> Vec<u8> {
        let mut stuffer = Stuffer::new();
        let mut out = Vec::new();
        for piece in pieces {
            stuffer.push(piece, &mut out);
        }
        stuffer.finish(&mut out);
        out
    }

    #[test]
    fn t26_known_answers_split_at_every_byte() {
        for (message, wire) in [
            ("", ""),
            (".", "..\r\n"),
            ("a", "a\r\n"),
            ("a\r\n", "a\r\n"),
            ("a\r\n.\r\nb", "a\r\n..\r\nb\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n"),
            ("a\r.\rb", "a\r\n..\r\nb\r\n"),
            ("a\n.\r\nb", "a\r\n..\r\nb\r\n"),
            ("a\r\n.\nb", "a\r\n..\r\nb\r\n"),
            ("a\r\r\n.\r\r\nb", "a\r\n..\r\nb\r\n"),
            ("a\r\rb", "a\r\n\r\nb\r\n"),
            ("a\r", "a\r\n"),
            ("..a\r\n...\r\n", "...a\r\n....\r\n"),
            ("a.\r\n", "a.\r\n"),
        ] {
            let octets = message.as_bytes();
            for at in 0..=octets.len() {
                let (one, two) = octets.split_at(at);
                let got = String::from_utf8(stuffed(&[one, two])).unwrap();
                assert_eq!(got, wire, "{message:?} at {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn t26_no_octets_end_the_mail_early(
            pieces in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![
                    Just(b'\r'), Just(b'\n'), Just(b'.'), Just(b'a'), any::<u8>()], 0..12),
                0..6),
        ) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let wire = stuffed(&pieces);
            let whole = pieces.concat();
            prop_assert_eq!(&stuffed(&[&whole]), &wire);
            prop_assert!(wire.is_empty() || wire.ends_with(b"\r\n"));
            // No CR or LF alone, and no line that is a single dot.
            let text: Vec<u8> = wire.split(|&o| o == b'\n').flat_map(|line| {
                line.strip_suffix(b"\r").unwrap_or(line).to_vec()
            }).collect();
            prop_assert!(!text.contains(&b'\r'));
            let mut lines = wire.split(|&o| o == b'\n');
            prop_assert!(lines.all(|line| line != b".\r" && line != b"."));
            prop_assert_eq!(
                wire.iter().filter(|&&o| o == b'\r').count(),
                wire.iter().filter(|&&o| o == b'\n').count()
            );
        }
    }
}
