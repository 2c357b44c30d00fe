//! ServerId: how a phone names a message, `COLLECTION:NUMBER`. Opaque to the phone, at most 64
//! characters, starting with a letter because some old clients read digits as a number.

use super::view::ItemNumber;

/// Writes the ServerId of an item.
pub fn write(collection: &str, number: ItemNumber) -> String {
    format!("{collection}:{}", number.0)
}

/// Reads a ServerId: the collection's id and the number in it. `None` for anything we never wrote
/// (T13).
pub fn read(text: &str) -> Option<(&str, ItemNumber)> {
    let (collection, number) = text.rsplit_once(':')?;
    let plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if collection.is_empty() || !plain || (number.len() > 1 && number.starts_with('0')) {
        return None;
    }
    Some((collection, ItemNumber(number.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_only_what_we_wrote_reads_back() {
        let id = write("m12", ItemNumber(u64::MAX));
        assert_eq!(read(&id), Some(("m12", ItemNumber(u64::MAX))));
        assert!(id.len() <= 64);
        for hostile in [
            "",
            ":",
            "m1",
            "m1:",
            ":5",
            "m1:-5",
            "m1:+5",
            "m1:05",
            "m1:5x",
            "m1:\u{661}",
        ] {
            assert_eq!(read(hostile), None, "{hostile:?}");
        }
    }
}
