//! The table of the multipart answer (REFERENCE 2.6): how many parts there are, and where each of
//! them is, counted from the first byte. The WBXML is part 0, the raw parts follow.

/// Octets of parts that one answer can hold: offsets have 32 bits.
pub(super) const MAX_OCTETS: u64 = u32::MAX as u64 - (1 << 20);

/// The table for a document and parts of these lengths.
pub(super) fn table(document: usize, parts: &[u64]) -> Vec<u8> {
    let count = parts.len() as u64 + 1;
    let mut table = word(count).to_vec();
    let mut offset = count * 8 + 4;
    for length in std::iter::once(document as u64).chain(parts.iter().copied()) {
        table.extend_from_slice(&word(offset));
        table.extend_from_slice(&word(length));
        offset = offset.saturating_add(length);
    }
    table
}

fn word(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_from_the_first_byte() {
        let expected = [
            &3u32.to_le_bytes()[..],
            &28u32.to_le_bytes(),
            &4u32.to_le_bytes(),
            &32u32.to_le_bytes(),
            &3u32.to_le_bytes(),
            &35u32.to_le_bytes(),
            &70_000u32.to_le_bytes(),
        ]
        .concat();
        assert_eq!(table(4, &[3, 70_000]), expected);
        assert_eq!(table(4, &[3, 70_000]).len(), 28);
    }
}
