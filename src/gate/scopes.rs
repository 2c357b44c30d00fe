//! Which classes of items a passcode may use, and whether it may send (C3).

use std::fmt;
use std::str::FromStr;

/// A set of classes.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Scopes(u8);

/// Text that names no class.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "there is no class `{0}`; there are mail, mail-no-send, calendar, contacts, tasks, notes and all"
)]
pub struct UnknownClass(String);

impl Scopes {
    pub const MAIL: Self = Self(1);
    pub const CALENDAR: Self = Self(2);
    pub const CONTACTS: Self = Self(4);
    pub const TASKS: Self = Self(8);
    pub const NOTES: Self = Self(16);
    /// Sending mail, which reading it does not include.
    pub const SEND: Self = Self(32);
    pub const ALL: Self = Self(63);

    /// Whether everything in `needed` is in the set.
    pub const fn allows(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }

    /// As it is stored.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Bits of a newer release are dropped: less is allowed, never more.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }
}

/// A set is told by the first name of each class that it has all of.
const NAMES: [(&str, Scopes); 6] = [
    ("mail", Scopes(Scopes::MAIL.0 | Scopes::SEND.0)),
    ("mail-no-send", Scopes::MAIL),
    ("calendar", Scopes::CALENDAR),
    ("contacts", Scopes::CONTACTS),
    ("tasks", Scopes::TASKS),
    ("notes", Scopes::NOTES),
];

/// `mail,calendar` or `all`.
impl FromStr for Scopes {
    type Err = UnknownClass;

    fn from_str(text: &str) -> Result<Self, UnknownClass> {
        let mut scopes = Self(0);
        for word in text.split(',').map(str::trim) {
            let class = if word == "all" {
                Self::ALL
            } else {
                NAMES
                    .iter()
                    .find(|(name, _)| *name == word)
                    .map(|(_, class)| *class)
                    .ok_or_else(|| UnknownClass(word.to_owned()))?
            };
            scopes.0 |= class.0;
        }
        Ok(scopes)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("all");
        }
        let mut told = Self(0);
        for (name, class) in NAMES {
            if self.allows(class) && !told.allows(class) {
                if told != Self(0) {
                    f.write_str(",")?;
                }
                f.write_str(name)?;
                told.0 |= class.0;
            }
        }
        if told == Self(0) {
            return f.write_str("none");
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read() {
        for (text, shown) in [
            ("all", "all"),
            ("mail", "mail"),
            ("calendar, mail", "mail,calendar"),
            ("mail,calendar,contacts,tasks,notes", "all"),
            ("mail-no-send", "mail-no-send"),
            ("mail-no-send,mail", "mail"),
            (
                "mail-no-send,calendar,contacts,tasks,notes",
                "mail-no-send,calendar,contacts,tasks,notes",
            ),
        ] {
            let scopes: Scopes = text.parse().unwrap();
            assert_eq!(scopes.to_string(), shown);
            assert_eq!(Scopes::from_bits(scopes.bits()), scopes);
        }
        assert!("mail,wipe".parse::<Scopes>().is_err());
        assert!("".parse::<Scopes>().is_err());
        assert!(!Scopes::MAIL.allows(Scopes::ALL));
        let all: Scopes = "mail".parse().unwrap();
        assert!(all.allows(Scopes::SEND) && !Scopes::MAIL.allows(Scopes::SEND));
    }
}
