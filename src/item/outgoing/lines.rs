//! One kind of line end. A mail that leaves here has CRLF and nothing else, so that no server on its
//! way can see another mail in it than we did (T26).

/// The octets with CRLF for every line end, without NUL, which no transport carries. A CR before a
/// CRLF belongs to it; any other CR or LF is a line end of its own.
pub(super) fn normalise(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 32);
    let mut returns = 0_usize;
    for &octet in octets {
        match octet {
            b'\r' => returns += 1,
            b'\n' => {
                returns = 0;
                out.extend_from_slice(b"\r\n");
            }
            0 => {}
            octet => {
                for _ in 0..std::mem::take(&mut returns) {
                    out.extend_from_slice(b"\r\n");
                }
                out.push(octet);
            }
        }
    }
    for _ in 0..returns {
        out.extend_from_slice(b"\r\n");
    }
    out
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
    fn t26_known_answers() {
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
        }
        assert!(!is_normal(b"\n") && !is_normal(b"\r") && !is_normal(b"a\rb"));
    }
}
