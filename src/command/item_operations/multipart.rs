//! The multipart answer (REFERENCE 2.6): a table of offsets, the WBXML, then raw parts.

/// Parts gathered while the document is made.
#[derive(Debug, Default)]
pub(super) struct Parts(Vec<Vec<u8>>);

impl Parts {
    /// Takes a part; its number, as ItemOperations:Part says it.
    pub(super) fn push(&mut self, part: Vec<u8>) -> u32 {
        self.0.push(part);
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The whole answer with `document` as part 0.
    pub(super) fn assemble(self, document: &[u8]) -> Vec<u8> {
        let lengths: Vec<u32> = self.0.iter().map(|part| length(part)).collect();
        let mut out = begun(document, &lengths);
        for part in self.0 {
            out.extend_from_slice(&part);
        }
        out
    }
}

/// The table, `document` as part 0, and nothing yet of one part of this length.
pub(super) fn start(document: &[u8], part: u32) -> Vec<u8> {
    begun(document, &[part])
}

fn begun(document: &[u8], parts: &[u32]) -> Vec<u8> {
    let count = u32::try_from(parts.len() + 1).unwrap_or(u32::MAX);
    let mut out = count.to_le_bytes().to_vec();
    let mut offset = count.saturating_mul(8).saturating_add(4);
    for length in std::iter::once(length(document)).chain(parts.iter().copied()) {
        out.extend_from_slice(&offset.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        offset = offset.saturating_add(length);
    }
    out.extend_from_slice(document);
    out
}

fn length(part: &[u8]) -> u32 {
    u32::try_from(part.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_from_the_first_byte() {
        let mut parts = Parts::default();
        assert_eq!(parts.push(b"xyz".to_vec()), 1);
        let bytes = parts.assemble(b"doc!");
        let expected = [
            &2u32.to_le_bytes()[..],
            &20u32.to_le_bytes(),
            &4u32.to_le_bytes(),
            &24u32.to_le_bytes(),
            &3u32.to_le_bytes(),
            b"doc!xyz",
        ]
        .concat();
        assert_eq!(bytes, expected);
        assert_eq!([start(b"doc!", 3), b"xyz".to_vec()].concat(), expected);
    }
}
