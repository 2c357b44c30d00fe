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
    pub(super) fn assemble(self, document: Vec<u8>) -> Vec<u8> {
        let all: Vec<Vec<u8>> = std::iter::once(document).chain(self.0).collect();
        let table = 4 + 8 * all.len();
        let total = table + all.iter().map(Vec::len).sum::<usize>();
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes();
        let mut out = Vec::with_capacity(total);
        out.extend_from_slice(&number(all.len()));
        let mut offset = table;
        for part in &all {
            out.extend_from_slice(&number(offset));
            out.extend_from_slice(&number(part.len()));
            offset += part.len();
        }
        for part in all {
            out.extend_from_slice(&part);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_from_the_first_byte() {
        let mut parts = Parts::default();
        assert_eq!(parts.push(b"xyz".to_vec()), 1);
        let bytes = parts.assemble(b"doc!".to_vec());
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
    }
}
