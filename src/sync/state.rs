//! State blobs: versioned, checked, typed. Anything unreadable means "resync", never a crash (T51).

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// Octets of the digest kept: enough to notice a flipped bit, not a defence against forgery (the
/// database is ours).
const CHECK: usize = 4;

/// Why a blob cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unusable {
    #[error("written by another version")]
    Version,
    #[error("damaged")]
    Damaged,
}

/// Encodes `value` under a format version of its own.
pub fn encode<T: Serialize>(version: u8, value: &T) -> Vec<u8> {
    let mut blob = vec![version];
    // Serialising into memory fails only for types that postcard cannot express, which no state
    // type is; an empty payload would then read back as damaged, that is: as a resync.
    let mut blob = match postcard::to_extend(value, std::mem::take(&mut blob)) {
        Ok(blob) => blob,
        Err(_) => vec![version],
    };
    let check = digest(&blob);
    blob.extend_from_slice(&check);
    blob
}

/// The inverse of [`encode`].
///
/// # Errors
/// Another version, or octets that are not what was written.
pub fn decode<T: DeserializeOwned>(version: u8, blob: &[u8]) -> Result<T, Unusable> {
    let (body, check) = blob.split_last_chunk::<CHECK>().ok_or(Unusable::Damaged)?;
    if digest(body) != *check {
        return Err(Unusable::Damaged);
    }
    let (first, payload) = body.split_first().ok_or(Unusable::Damaged)?;
    if *first != version {
        return Err(Unusable::Version);
    }
    postcard::from_bytes(payload).map_err(|_| Unusable::Damaged)
}

fn digest(bytes: &[u8]) -> [u8; CHECK] {
    let hash = Sha256::digest(bytes);
    let mut check = [0; CHECK];
    check.copy_from_slice(hash.get(..CHECK).unwrap_or(&[0; CHECK]));
    check
}

/// A set of UIDs inside a state blob, in roaring's portable form.
pub mod bitmap {
    use roaring::RoaringBitmap;
    use serde::{Deserialize as _, Deserializer, Serializer, de, ser};

    pub fn serialize<S: Serializer>(set: &RoaringBitmap, out: S) -> Result<S::Ok, S::Error> {
        let mut set = set.clone();
        set.optimize();
        let mut bytes = Vec::with_capacity(set.serialized_size());
        set.serialize_into(&mut bytes).map_err(ser::Error::custom)?;
        out.serialize_bytes(&bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<RoaringBitmap, D::Error> {
        let bytes = <&[u8]>::deserialize(input)?;
        RoaringBitmap::deserialize_from(bytes).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t51_every_flipped_byte_is_noticed() {
        let blob = encode(3, &vec!["a".to_owned(), "view".to_owned()]);
        assert_eq!(
            decode::<Vec<String>>(3, &blob).map(|value| value.len()),
            Ok(2)
        );
        assert_eq!(decode::<Vec<String>>(4, &blob), Err(Unusable::Version));
        for at in 0..blob.len() {
            let mut damaged = blob.clone();
            damaged[at] ^= 0x40;
            assert!(decode::<Vec<String>>(3, &damaged).is_err(), "byte {at}");
        }
        for length in 0..blob.len() {
            assert!(
                decode::<Vec<String>>(3, &blob[..length]).is_err(),
                "length {length}"
            );
        }
    }
}
