//! Which objects of a collection a phone wants ([MS-ASCMD] 2.2.3.68.2), and how long each stays among
//! them.

use serde::{Deserialize, Serialize};

use crate::item::object::Span;

/// A part of a collection.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Window {
    #[default]
    All,
    /// What does not end before this moment, in seconds since 1970.
    Since(i64),
    /// Tasks that are not done.
    Open,
}

/// How long a version of an object stays inside a window; a [`Span`] as it is stored.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Lasts(u32);

impl Lasts {
    const ENDLESS: Self = Self(0);
    const DONE: Self = Self(1);
    /// What the minutes of an end are counted from.
    const FIRST: u32 = 2;

    /// The inverse of [`Self::code`].
    pub const fn of_code(code: u32) -> Self {
        Self(code)
    }

    /// As it is stored.
    pub const fn code(self) -> u32 {
        self.0
    }

    /// The minute after which it is over. An end before 1970 is as good as 1970 itself.
    const fn minute(self) -> Option<u32> {
        self.0.checked_sub(Self::FIRST)
    }
}

impl From<Span> for Lasts {
    fn from(span: Span) -> Self {
        match span {
            Span::Endless => Self::ENDLESS,
            Span::Done => Self::DONE,
            Span::Until(end) => {
                // Rounded up: never out of a window too early.
                let minutes = end.div_euclid(60).saturating_add(1).max(0);
                let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
                Self(minutes.saturating_add(Self::FIRST))
            }
        }
    }
}

impl Window {
    /// Whether an object that lasts so long is inside.
    pub fn holds(self, lasts: Lasts) -> bool {
        match self {
            Self::All => true,
            Self::Since(floor) => lasts
                .minute()
                .is_none_or(|minute| i64::from(minute).saturating_mul(60) >= floor),
            Self::Open => lasts != Lasts::DONE,
        }
    }

    /// Whether all that is inside of `other` is inside of this one too.
    pub fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (Self::Since(mine), Self::Since(theirs)) => mine <= theirs,
            (mine, theirs) => mine == theirs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_in_a_window_until_its_end() {
        let window = Window::Since(1_000_000);
        for (span, inside) in [
            (Span::Endless, true),
            (Span::Done, true),
            (Span::Until(1_000_000), true),
            (Span::Until(999_000), false),
            (Span::Until(i64::MIN), false),
            (Span::Until(i64::MAX), true),
        ] {
            assert_eq!(window.holds(span.into()), inside, "{span:?}");
            assert!(Window::All.holds(span.into()));
        }
        assert!(!Window::Open.holds(Span::Done.into()));
        assert!(Window::Open.holds(Span::Until(5).into()));
    }

    #[test]
    fn a_wider_window_covers_a_narrower_one() {
        assert!(Window::Since(5).covers(Window::Since(6)));
        assert!(!Window::Since(6).covers(Window::Since(5)));
        assert!(Window::All.covers(Window::Open));
        assert!(!Window::Open.covers(Window::All));
        assert!(!Window::Since(5).covers(Window::Open));
    }
}
