//! Seven-bit sets of East Asia: escapes and shifts become what encoding_rs decodes.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, ISO_2022_JP, ISO_8859_7, WINDOWS_1252};

/// RFC 1843: between `~{` and `~}` each octet is GB 2312 without its high bit.
pub(super) fn hz_to_gbk(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut shifted = false;
    let mut rest = octets;
    loop {
        match rest {
            [] => return out,
            [b'~', b'{', after @ ..] => {
                shifted = true;
                rest = after;
            }
            [b'~', b'}', after @ ..] => {
                shifted = false;
                rest = after;
            }
            [b'~', b'~', after @ ..] => {
                out.push(b'~');
                rest = after;
            }
            [b'~', b'\r', b'\n', after @ ..] | [b'~', b'\n', after @ ..] => rest = after,
            [octet, after @ ..] => {
                shifted &= *octet != b'\n';
                out.push(if shifted { octet | 0x80 } else { *octet });
                rest = after;
            }
        }
    }
}

/// RFC 1557 and RFC 1922: designations `ESC $ ) X`, then SO and SI shift.
pub(super) fn shifted_to_high(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut shifted = false;
    let mut rest = octets;
    loop {
        match rest {
            [] => return out,
            [0x1B, b'$', b')' | b'*' | b'+', _, after @ ..] => rest = after,
            [0x0E, after @ ..] => {
                shifted = true;
                rest = after;
            }
            [0x0F, after @ ..] => {
                shifted = false;
                rest = after;
            }
            [octet, after @ ..] => {
                shifted &= *octet != b'\n';
                let high = shifted && *octet > 0x20;
                out.push(if high { octet | 0x80 } else { *octet });
                rest = after;
            }
        }
    }
}

/// ISO-2022-JP as it is sent: mostly the plain one, sometimes with the sets of RFC 1554.
pub(super) fn iso_2022_jp(octets: &[u8]) -> String {
    let extended = octets.windows(3).any(|three| {
        matches!(
            three,
            [0x1B, b'$', b'(' | b'A'] | [0x1B, b'.', _] | [0x1B, b'N', _]
        )
    });
    if extended {
        iso_2022_jp_2(octets)
    } else {
        ISO_2022_JP
            .decode_without_bom_handling(octets)
            .0
            .into_owned()
    }
}

/// A set that an escape has chosen, as the encoding that has its characters with the high bit set.
#[derive(Clone, Copy)]
enum Set {
    Ascii,
    High(&'static Encoding),
    /// Sets that EUC-JP has behind a prefix.
    Prefixed(u8),
}

/// RFC 1554: Japanese with Chinese, Korean, Western and Greek.
fn iso_2022_jp_2(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len());
    let mut set = Set::Ascii;
    let mut shifted: &Encoding = WINDOWS_1252;
    let mut rest = octets;
    loop {
        let (chosen, after) = match rest {
            [] => return out,
            [0x1B, b'$', b'(', b'C', after @ ..] => (Set::High(EUC_KR), after),
            [0x1B, b'$', b'(', b'D', after @ ..] => (Set::Prefixed(0x8F), after),
            [0x1B, b'$', b'A', after @ ..] => (Set::High(GBK), after),
            [0x1B, b'$', b'B' | b'@', after @ ..] | [0x1B, b'$', b'(', b'B' | b'@', after @ ..] => {
                (Set::High(EUC_JP), after)
            }
            [0x1B, b'(', b'I', after @ ..] => (Set::Prefixed(0x8E), after),
            [0x1B, b'(', b'B' | b'J', after @ ..] => (Set::Ascii, after),
            [0x1B, b'.', which, after @ ..] => {
                shifted = if *which == b'F' {
                    ISO_8859_7
                } else {
                    WINDOWS_1252
                };
                (set, after)
            }
            [0x1B, b'N', octet, after @ ..] => {
                let high = [octet | 0x80];
                out.push_str(&shifted.decode_without_bom_handling(&high).0);
                (set, after)
            }
            [0x1B, after @ ..] => (set, after),
            _ => {
                // Up to the next escape or line end, which ends every set.
                let length = rest
                    .iter()
                    .position(|octet| matches!(octet, 0x1B | b'\n'))
                    .unwrap_or(rest.len());
                let (run, after) = rest.split_at(length);
                push(run, set, &mut out);
                match after.strip_prefix(b"\n") {
                    Some(after) => {
                        out.push('\n');
                        (Set::Ascii, after)
                    }
                    None => (set, after),
                }
            }
        };
        set = chosen;
        rest = after;
    }
}

fn push(run: &[u8], set: Set, out: &mut String) {
    let high = |octet: &u8| if *octet > 0x20 { octet | 0x80 } else { *octet };
    match set {
        Set::Ascii => out.push_str(&String::from_utf8_lossy(run)),
        Set::High(encoding) => {
            let octets: Vec<u8> = run.iter().map(high).collect();
            out.push_str(&encoding.decode_without_bom_handling(&octets).0);
        }
        Set::Prefixed(prefix) => {
            let width = if prefix == 0x8F { 2 } else { 1 };
            let octets: Vec<u8> = run
                .chunks(width)
                .flat_map(|character| [prefix].into_iter().chain(character.iter().map(high)))
                .collect();
            out.push_str(&EUC_JP.decode_without_bom_handling(&octets).0);
        }
    }
}
