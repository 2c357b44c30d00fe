//! Content-Transfer-Encoding undone, as a stream and tolerantly (RFC 2045 6): what a sender or a
//! partial fetch broke costs a few characters, never the part.

use airgate_codec::imap::TransferEncoding;

/// Undoes one transfer encoding, piece by piece. Attachments go through it without being held whole.
#[derive(Debug)]
pub struct Decoder {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Identity,
    Base64(Base64),
    QuotedPrintable(QuotedPrintable),
    Uuencode(Uuencode),
}

/// Decodes a whole part, or the beginning of one.
pub fn decode(octets: &[u8], encoding: &TransferEncoding) -> Vec<u8> {
    let mut decoder = Decoder::new(encoding);
    let mut out = Vec::with_capacity(octets.len());
    decoder.push(octets, &mut out);
    decoder.finish(&mut out);
    out
}

/// About how many octets a part of `size` encoded octets has when decoded. Lines of base64 are
/// mostly 76 characters and CRLF, of uuencode 61; quoted-printable text grows by a tenth or so.
pub fn decoded_size(size: u64, encoding: &TransferEncoding) -> u64 {
    match encoding {
        TransferEncoding::Base64 => size.saturating_mul(57) / 78,
        TransferEncoding::QuotedPrintable => size - size / 12,
        TransferEncoding::Other(name) if is_uuencode(name) => size.saturating_mul(45) / 63,
        _ => size,
    }
}

fn is_uuencode(name: &str) -> bool {
    matches!(name, "x-uuencode" | "uuencode" | "x-uue")
}

impl Decoder {
    pub fn new(encoding: &TransferEncoding) -> Self {
        let kind = match encoding {
            TransferEncoding::Base64 => Kind::Base64(Base64::default()),
            TransferEncoding::QuotedPrintable => Kind::QuotedPrintable(QuotedPrintable::default()),
            TransferEncoding::Other(name) if is_uuencode(name) => {
                Kind::Uuencode(Uuencode::default())
            }
            _ => Kind::Identity,
        };
        Self { kind }
    }

    /// Decodes the next piece, cut anywhere, onto `out`.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        match &mut self.kind {
            Kind::Identity => out.extend_from_slice(octets),
            Kind::Base64(state) => state.push(octets, out),
            Kind::QuotedPrintable(state) => state.push(octets, out),
            Kind::Uuencode(state) => state.push(octets, out),
        }
    }

    /// What is left at the end of the input.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        match &mut self.kind {
            Kind::Identity => {}
            Kind::Base64(state) => state.finish(out),
            Kind::QuotedPrintable(state) => state.finish(out),
            Kind::Uuencode(state) => state.finish(out),
        }
    }
}

/// Characters outside the alphabet are skipped; padding in the middle (glued pieces) starts anew.
#[derive(Debug, Default)]
struct Base64 {
    bits: u32,
    count: u8,
}

impl Base64 {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let mut rest = octets;
        while !rest.is_empty() {
            if self.count == 0 {
                rest = whole_quads(rest, out);
            }
            // A line end, or what is not clean: by single characters until a quad may begin again.
            while let Some((&octet, after)) = rest.split_first() {
                self.character(octet, out);
                rest = after;
                if self.count == 0 && rest.first().is_some_and(|&next| value(next) < 64) {
                    break;
                }
            }
        }
    }

    fn character(&mut self, octet: u8, out: &mut Vec<u8>) {
        if octet == b'=' {
            self.finish(out);
            return;
        }
        let value = value(octet);
        if value >= 64 {
            return;
        }
        self.bits = self.bits << 6 | u32::from(value);
        self.count += 1;
        if self.count == 4 {
            let [_, x, y, z] = self.bits.to_be_bytes();
            out.extend_from_slice(&[x, y, z]);
            self.bits = 0;
            self.count = 0;
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        match self.count {
            2 => out.push((self.bits >> 4) as u8),
            3 => {
                let [_, _, x, y] = (self.bits >> 2).to_be_bytes();
                out.extend_from_slice(&[x, y]);
            }
            _ => {}
        }
        self.bits = 0;
        self.count = 0;
    }
}

/// Decodes quads of a clean line as far as there are any; the rest of the input.
fn whole_quads<'o>(octets: &'o [u8], out: &mut Vec<u8>) -> &'o [u8] {
    let mut rest = octets;
    while let Some((&[a, b, c, d], after)) = rest.split_first_chunk::<4>() {
        let (a, b, c, d) = (value(a), value(b), value(c), value(d));
        if (a | b | c | d) >= 64 {
            break;
        }
        let word = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
        let [_, x, y, z] = word.to_be_bytes();
        out.extend_from_slice(&[x, y, z]);
        rest = after;
    }
    rest
}

/// The six bits of a base64 character, 255 for any other.
fn value(octet: u8) -> u8 {
    BASE64_VALUES
        .get(usize::from(octet))
        .copied()
        .unwrap_or(255)
}

/// Whether it is one of the 64 characters that mean something in base64.
pub(crate) fn is_base64_octet(octet: u8) -> bool {
    value(octet) < 64
}

#[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
const BASE64_VALUES: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [255; 256];
    let mut index = 0;
    while index < 64 {
        table[alphabet[index] as usize] = index as u8;
        index += 1;
    }
    table
};

/// `=XX`, soft line ends also with blanks before the line end, bare LF; anything else after `=` stays.
#[derive(Debug, Default)]
struct QuotedPrintable {
    /// Input not decided yet: the start of `=…`, or blanks that vanish if a line end follows.
    carry: Vec<u8>,
}

/// Blanks kept back waiting for a line end. More than a line may hold is text.
const MAX_BLANKS: usize = 998;

impl QuotedPrintable {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        if self.carry.is_empty() {
            self.run(octets, out, false);
        } else {
            let mut joined = std::mem::take(&mut self.carry);
            joined.extend_from_slice(octets);
            self.run(&joined, out, false);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let rest = std::mem::take(&mut self.carry);
        self.run(&rest, out, true);
    }

    fn run(&mut self, mut input: &[u8], out: &mut Vec<u8>, last: bool) {
        loop {
            let plain = memchr::memchr3(b'=', b'\r', b'\n', input).unwrap_or(input.len());
            let (text, rest) = input.split_at(plain);
            let (solid, blanks) = text.split_at(solid(text));
            out.extend_from_slice(solid);
            match rest {
                [] if last => return,
                [] if blanks.len() <= MAX_BLANKS => {
                    self.carry = blanks.to_vec();
                    return;
                }
                [] => {
                    out.extend_from_slice(blanks);
                    return;
                }
                // Blanks before a line end were added by a transport (RFC 2045 6.7 (3)).
                [end @ (b'\r' | b'\n'), after @ ..] => {
                    out.push(*end);
                    input = after;
                    continue;
                }
                _ => out.extend_from_slice(blanks),
            }
            match rest {
                [_, high, low, after @ ..] if let Some(octet) = hex(*high, *low) => {
                    out.push(octet);
                    input = after;
                }
                [_, after @ ..] => {
                    let blanks = blanks_at_start(after);
                    match after.get(blanks..) {
                        Some([b'\r', b'\n', next @ ..] | [b'\n', next @ ..]) => input = next,
                        Some([b'\r', next @ ..]) if last || !next.is_empty() => input = next,
                        Some([]) if last => return,
                        Some([] | [b'\r']) if !last && blanks <= MAX_BLANKS => {
                            self.carry = rest.to_vec();
                            return;
                        }
                        _ if !last && blanks == 0 && after.len() < 2 => {
                            self.carry = rest.to_vec();
                            return;
                        }
                        _ => {
                            out.push(b'=');
                            input = after;
                        }
                    }
                }
                [] => return,
            }
        }
    }
}

/// Where the blanks at the end of a text begin.
fn solid(text: &[u8]) -> usize {
    text.iter()
        .rposition(|octet| !matches!(octet, b' ' | b'\t'))
        .map_or(0, |at| at + 1)
}

fn blanks_at_start(input: &[u8]) -> usize {
    input
        .iter()
        .position(|octet| !matches!(octet, b' ' | b'\t'))
        .unwrap_or(input.len())
}

/// Two hexadecimal digits in either case.
pub(crate) fn hex(high: u8, low: u8) -> Option<u8> {
    let high = char::from(high).to_digit(16)?;
    let low = char::from(low).to_digit(16)?;
    u8::try_from(high << 4 | low).ok()
}

/// `%XX` undone (RFC 3986 2.1); what is no such escape stays.
pub(crate) fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    loop {
        match rest {
            [] => return out,
            [b'%', high, low, after @ ..] if let Some(octet) = hex(*high, *low) => {
                out.push(octet);
                rest = after;
            }
            [octet, after @ ..] => {
                out.push(*octet);
                rest = after;
            }
        }
    }
}

/// `begin 644 name` ... `end`, the encoding before MIME, still made by some scanners.
#[derive(Debug, Default)]
struct Uuencode {
    line: Vec<u8>,
    begun: bool,
    ended: bool,
}

/// A line of uuencode has 61 characters; more is not uuencode and is dropped.
const MAX_UU_LINE: usize = 200;

impl Uuencode {
    fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        for &octet in octets {
            if octet == b'\n' {
                self.end_line(out);
            } else if self.line.len() < MAX_UU_LINE && octet != b'\r' {
                self.line.push(octet);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.end_line(out);
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        let line = std::mem::take(&mut self.line);
        if self.ended {
            return;
        }
        if !self.begun {
            self.begun = line.starts_with(b"begin ");
            return;
        }
        let Some((&length, data)) = line.split_first() else {
            return;
        };
        if line == b"end" {
            self.ended = true;
            return;
        }
        let length = usize::from(length.wrapping_sub(b' ') & 63);
        let start = out.len();
        for quad in data.chunks(4) {
            let mut bits = 0_u32;
            for index in 0..4 {
                let octet = quad.get(index).copied().unwrap_or(b' ');
                bits = bits << 6 | u32::from(octet.wrapping_sub(b' ') & 63);
            }
            let [_, x, y, z] = bits.to_be_bytes();
            out.extend_from_slice(&[x, y, z]);
        }
        out.truncate(start.saturating_add(length).min(out.len()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE64: TransferEncoding = TransferEncoding::Base64;
    const QP: TransferEncoding = TransferEncoding::QuotedPrintable;

    #[test]
    fn known_answers() {
        let uuencode = TransferEncoding::Other("x-uuencode".into());
        for (name, encoding, encoded, decoded) in [
            (
                "base64",
                &BASE64,
                &b"SGVsbG8g\r\nV29ybGQ="[..],
                &b"Hello World"[..],
            ),
            (
                "base64 without padding",
                &BASE64,
                b"SGVsbG8gV29ybGQ",
                b"Hello World",
            ),
            ("base64 glued", &BASE64, b"SGk=SGk=", b"HiHi"),
            ("base64 with rubbish", &BASE64, b"S*G V\0sbG8", b"Hello"),
            ("base64 cut", &BASE64, b"SGVsbG8gV", b"Hello "),
            ("qp", &QP, b"a=3Db=c3=BC", b"a=b\xC3\xBC"),
            (
                "qp soft line end",
                &QP,
                b"one =\r\ntwo= \t\r\nthree=\nfour",
                b"one twothreefour",
            ),
            (
                "qp blanks at line end",
                &QP,
                b"one  \r\ntwo\t\nend ",
                b"one\r\ntwo\nend",
            ),
            ("qp broken", &QP, b"a=ZZ=4=", b"a=ZZ=4"),
            ("qp blank inside", &QP, b"a  b\tc", b"a  b\tc"),
            (
                "uuencode",
                &uuencode,
                b"begin 644 x\r\n#0V%T\r\n`\r\nend\r\nrest",
                b"Cat",
            ),
            (
                "8bit",
                &TransferEncoding::EightBit,
                b"\xFF=\r\n",
                b"\xFF=\r\n",
            ),
        ] {
            assert_eq!(
                decode(encoded, encoding).escape_ascii().to_string(),
                decoded.escape_ascii().to_string(),
                "{name}"
            );
        }
    }

    #[test]
    fn the_size_of_a_base64_part_is_nearly_right() {
        assert_eq!(decoded_size(78_000, &BASE64), 57_000);
    }

    proptest! {
        #[test]
        fn pieces_give_what_the_whole_gives(
            octets in proptest::collection::vec(prop_oneof![
                Just(b'='), Just(b'\r'), Just(b'\n'), Just(b' '), Just(b'A'), any::<u8>()], 0..200),
            cut in 0_usize..200,
            encoding in prop_oneof![Just(BASE64), Just(QP)],
        ) {
            let cut = cut.min(octets.len());
            let mut decoder = Decoder::new(&encoding);
            let mut out = Vec::new();
            decoder.push(&octets[..cut], &mut out);
            decoder.push(&octets[cut..], &mut out);
            decoder.finish(&mut out);
            prop_assert_eq!(out, decode(&octets, &encoding));
        }
    }
}
