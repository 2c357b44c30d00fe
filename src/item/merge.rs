//! A phone's change of an object against what others did to it meanwhile (S12, S13, S14): property
//! by property, from what the phone was told, what the object says now and what the phone says.

use super::object::{Base, Digest};

/// What a phone wants of one property.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wish {
    /// It says nothing of it, and that means nothing.
    Nothing,
    /// It is to go: said empty, or left out where that means so.
    Gone,
    /// It has this hash.
    Is(u32),
}

/// What follows from the wishes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Merged {
    /// The properties to write into the object, in the order of the wishes.
    pub(crate) apply: Vec<u8>,
    /// A wish gave way to what others did.
    pub(crate) lost: bool,
    /// What the phone believes it holds.
    pub(crate) holds: Digest,
}

impl Merged {
    /// Whether that property is to be written.
    pub(crate) fn applies(&self, property: u8) -> bool {
        self.apply.contains(&property)
    }
}

/// Weighs the wishes. `present` is the object as this phone would be told of it now.
pub(crate) fn merge(
    base: &Base<'_>,
    present: &Digest,
    wishes: impl IntoIterator<Item = (u8, Wish)>,
) -> Merged {
    let told = base.told.unwrap_or(present);
    let mut merged = Merged {
        holds: told.clone(),
        ..Merged::default()
    };
    for (property, wish) in wishes {
        let wanted = match wish {
            Wish::Nothing => continue,
            Wish::Gone => None,
            Wish::Is(hash) => Some(hash),
        };
        match wanted {
            Some(hash) => merged.holds.set(property, hash),
            None => merged.holds.unset(property),
        }
        let (was, is) = (told.get(property), present.get(property));
        if wanted == was || wanted == is {
            continue;
        }
        if is == was || base.client_wins {
            merged.apply.push(property);
        } else {
            merged.lost = true;
        }
    }
    merged
}

/// The hash of a property's canonical text (FNV-1a): it tells values apart that nobody chose to be
/// alike, and is the same on every machine and in every release, since it is stored.
pub(crate) fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash: u32, octet| {
        (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::object::Supported;

    fn digest(values: &[(u8, &str)]) -> Digest {
        let mut digest = Digest::default();
        for (property, value) in values {
            digest.set(*property, hash(value));
        }
        digest
    }

    fn weigh(told: Option<&Digest>, present: &Digest, client_wins: bool, wish: Wish) -> Merged {
        let base = Base {
            told,
            supported: &Supported::NotSaid,
            client_wins,
        };
        merge(&base, present, [(1, wish)])
    }

    #[test]
    fn s13_each_side_keeps_what_it_alone_changed() {
        let (old, new) = (digest(&[(1, "old")]), digest(&[(1, "new")]));
        let wish = |text: &str| Wish::Is(hash(text));
        // The phone sends what it always had: the others' change stays.
        let merged = weigh(Some(&old), &new, true, wish("old"));
        assert_eq!((merged.apply.len(), merged.lost), (0, false));
        // Only the phone changed it.
        let merged = weigh(Some(&old), &old, false, wish("mine"));
        assert!(merged.applies(1) && !merged.lost);
        // Both, alike.
        let merged = weigh(Some(&old), &new, false, wish("new"));
        assert_eq!((merged.apply.len(), merged.lost), (0, false));
        // Both, differently.
        let merged = weigh(Some(&old), &new, false, wish("mine"));
        assert!(!merged.applies(1) && merged.lost);
        assert_eq!(
            merged.holds,
            digest(&[(1, "mine")]),
            "the phone is to be told"
        );
        let merged = weigh(Some(&old), &new, true, wish("mine"));
        assert!(merged.applies(1) && !merged.lost);
        // Taken away at the phone.
        let merged = weigh(Some(&old), &old, false, Wish::Gone);
        assert!(merged.applies(1));
        assert_eq!(merged.holds, Digest::default());
        // Nothing said.
        let merged = weigh(Some(&old), &new, false, Wish::Nothing);
        assert_eq!((merged.apply.len(), merged.holds), (0, old));
    }

    #[test]
    fn s12_without_memory_what_equals_the_object_is_unchanged() {
        let present = digest(&[(1, "old")]);
        let merged = weigh(None, &present, false, Wish::Is(hash("old")));
        assert!(merged.apply.is_empty());
        let merged = weigh(None, &present, false, Wish::Is(hash("mine")));
        assert!(merged.applies(1) && !merged.lost);
    }
}
