//! One kind of line end. A mail that leaves here has CRLF and nothing else, so that no server on its
//! way can see another mail in it than we did (T26).

/// Makes line ends CRLF, piece by piece, and drops NUL, which no transport carries. A CR before a
/// CRLF belongs to it; any other CR or LF is a line end of its own.
#[derive(Debug, Default)]
pub(super) struct Normaliser {
    /// CRs whose meaning the next octet decides.
    returns: usize,
}

impl Normaliser {
    pub(super) fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let mut rest = octets;
        while let Some((&octet, after)) = rest.split_first() {
            match octet {
                b'\r' => self.returns += 1,
                b'\n' => {
                    self.returns = 0;
                    out.extend_from_slice(b"\r\n");
                }
                0 => {}
                _ => {
                    self.settle(out);
                    let plain = rest
                        .iter()
                        .position(|octet| matches!(octet, b'\r' | b'\n' | 0))
                        .unwrap_or(rest.len());
                    let (text, after) = rest.split_at(plain);
                    out.extend_from_slice(text);
                    rest = after;
                    continue;
                }
            }
            rest = after;
        }
    }

    /// Nothing belongs to the CRs at the end any more.
    pub(super) fn settle(&mut self, out: &mut Vec<u8>) {
        for _ in 0..std::mem::take(&mut self.returns) {
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// All at once.
pub(super) fn normalise(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 32);
    let mut normaliser = Normaliser::default();
    normaliser.push(octets, &mut out);
    normaliser.settle(&mut out);
    out
}

/// Whether lines end with LF, with or without a CR before it, and there is no other CR and no NUL.
pub(super) fn is_regular(octets: &[u8]) -> bool {
    let mut last = 0_u8;
    for &octet in octets {
        if octet == 0 || last == b'\r' && octet != b'\n' {
            return false;
        }
        last = octet;
    }
    last != b'\r'
}

/// Whether every CR and LF stands in a CRLF.
#[cfg(test)]
pub(super) fn is_normal(octets: &[u8]) -> bool {
    let mut last = 0_u8;
    for &octet in octets {
        if (octet == b'\n') != (last == b'\r') || octet == 0 {
            return false;
        }
        last = octet;
    }
    last != b'\r'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t26_known_answers_split_at_every_byte() {
        for (octets, normal) in [
            (&b"a\r\nb"[..], &b"a\r\nb"[..]),
            (b"a\nb", b"a\r\nb"),
            (b"a\rb", b"a\r\nb"),
            (b"a\r\r\nb", b"a\r\nb"),
            (b"a\n\rb", b"a\r\n\r\nb"),
            (b"a\r\0\nb\r", b"a\r\nb\r\n"),
            (b"", b""),
        ] {
            let got = normalise(octets);
            assert_eq!(got, normal, "{octets:?}");
            assert!(is_normal(&got));
            for at in 0..=octets.len() {
                let (one, two) = octets.split_at(at);
                let (mut out, mut normaliser) = (Vec::new(), Normaliser::default());
                normaliser.push(one, &mut out);
                normaliser.push(two, &mut out);
                normaliser.settle(&mut out);
                assert_eq!(out, normal, "{octets:?} at {at}");
            }
        }
        assert!(!is_normal(b"\n") && !is_normal(b"\r") && !is_normal(b"a\rb"));
    }
}
