//! What IMAP can look for of a condition: at least all that fits, and where it can be said, nothing
//! else. IMAP knows days, not moments, and nothing of attachments or conversations.

use super::Condition;
use crate::backend::imap::Search;

/// Half a day: how far a server's own day can be from UTC's to the west, in seconds.
const WEST: i64 = 12 * 3600;
/// And to the east (Kiribati).
const EAST: i64 = 14 * 3600;
const DAY: i64 = 86_400;

/// Header fields that may say how important a message is.
const IMPORTANCE: [&str; 4] = ["Importance", "X-Priority", "X-MSMail-Priority", "Priority"];

/// A search that finds all that fits, and perhaps more. What is marked as deleted is not found: it is
/// not shown either (S9). `None` when nothing can fit.
pub fn program(condition: &Condition) -> Option<Search> {
    match bound(condition, Side::AtLeast) {
        Bound::Nothing => None,
        Bound::All => Some(Search::Undeleted),
        Bound::Just(Search::And(mut keys)) => {
            keys.push(Search::Undeleted);
            Some(Search::And(keys))
        }
        Bound::Just(search) => Some(Search::And(vec![search, Search::Undeleted])),
    }
}

/// What must still be looked at of a message that [`program`] found.
pub fn residue(condition: &Condition) -> Condition {
    match condition {
        Condition::And(several) => {
            Condition::all(several.iter().filter(|each| !is_exact(each)).cloned())
        }
        one if is_exact(one) => Condition::All,
        other => other.clone(),
    }
}

/// Whether IMAP says exactly this.
fn is_exact(condition: &Condition) -> bool {
    match condition {
        Condition::Since(_)
        | Condition::Before(_)
        | Condition::HasAttachment
        | Condition::Importance(_)
        | Condition::Conversation(_) => false,
        Condition::And(several) | Condition::Or(several) => several.iter().all(is_exact),
        Condition::Not(inner) => is_exact(inner),
        _ => true,
    }
}

/// Which way to be wrong.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Side {
    /// All that fits is found.
    AtLeast,
    /// All that is found fits.
    AtMost,
}

enum Bound {
    All,
    Nothing,
    Just(Search),
}

fn bound(condition: &Condition, side: Side) -> Bound {
    let unsure = match side {
        Side::AtLeast => Bound::All,
        Side::AtMost => Bound::Nothing,
    };
    Bound::Just(match condition {
        Condition::All => return Bound::All,
        Condition::Nothing => return Bound::Nothing,
        Condition::Text(text) => Search::Text(text.clone()),
        Condition::Subject(text) => Search::Subject(text.clone()),
        Condition::Body(text) => Search::Body(text.clone()),
        Condition::From(text) => Search::From(text.clone()),
        Condition::To(text) => Search::To(text.clone()),
        Condition::Cc(text) => Search::Cc(text.clone()),
        Condition::Bcc(text) => Search::Bcc(text.clone()),
        // The server compares the day its own zone had, which we do not know.
        Condition::Since(moment) => match side {
            Side::AtLeast => Search::Since(moment.saturating_sub(WEST)),
            Side::AtMost => Search::Since(moment.saturating_add(EAST + DAY)),
        },
        Condition::Before(moment) => match side {
            Side::AtLeast => Search::Before(moment.saturating_add(EAST + DAY)),
            Side::AtMost => Search::Before(moment.saturating_sub(WEST)),
        },
        Condition::Read => Search::Seen,
        Condition::Flagged => Search::Flagged,
        Condition::Importance(level) if *level != 1 && side == Side::AtLeast => {
            let said = |name: &str| Search::Header(name.to_owned(), String::new());
            return joined(IMPORTANCE.map(said).map(Bound::Just));
        }
        Condition::HasAttachment | Condition::Importance(_) | Condition::Conversation(_) => {
            return unsure;
        }
        Condition::Larger(octets) => Search::Larger(*octets),
        Condition::Smaller(octets) => Search::Smaller(*octets),
        Condition::And(several) => {
            let mut keys = Vec::new();
            for each in several {
                match bound(each, side) {
                    Bound::Nothing => return Bound::Nothing,
                    Bound::All => {}
                    Bound::Just(search) => keys.push(search),
                }
            }
            match keys.len() {
                0 => return Bound::All,
                _ => Search::And(keys),
            }
        }
        Condition::Or(several) => return joined(several.iter().map(|each| bound(each, side))),
        Condition::Not(inner) => {
            let other = match side {
                Side::AtLeast => Side::AtMost,
                Side::AtMost => Side::AtLeast,
            };
            match bound(inner, other) {
                Bound::All => return Bound::Nothing,
                Bound::Nothing => return Bound::All,
                Bound::Just(Search::Seen) => Search::Unseen,
                Bound::Just(Search::Flagged) => Search::Unflagged,
                Bound::Just(search) => Search::Not(Box::new(search)),
            }
        }
    })
}

/// Any of them. OR takes two at a time; halves keep the tree shallow.
fn joined(alternatives: impl IntoIterator<Item = Bound>) -> Bound {
    let mut keys = Vec::new();
    for each in alternatives {
        match each {
            Bound::All => return Bound::All,
            Bound::Nothing => {}
            Bound::Just(search) => keys.push(search),
        }
    }
    match halves(keys) {
        None => Bound::Nothing,
        Some(search) => Bound::Just(search),
    }
}

fn halves(mut keys: Vec<Search>) -> Option<Search> {
    match keys.len() {
        0 | 1 => keys.pop(),
        many => {
            let rest = keys.split_off(many / 2);
            Some(Search::Or(Box::new(halves(keys)?), Box::new(halves(rest)?)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Condition {
        Condition::Text(text.into())
    }

    #[test]
    fn what_imap_can_say_it_says() {
        let word = |text: &str| Search::Text(text.into());
        for (condition, search) in [
            (Condition::All, Some(Search::Undeleted)),
            (Condition::Nothing, None),
            (
                text("a"),
                Some(Search::And(vec![word("a"), Search::Undeleted])),
            ),
            (
                Condition::And(vec![text("a"), Condition::Read.negated()]),
                Some(Search::And(vec![
                    word("a"),
                    Search::Unseen,
                    Search::Undeleted,
                ])),
            ),
            (
                Condition::Or(vec![text("a"), text("b"), text("c")]),
                Some(Search::And(vec![
                    Search::Or(
                        Box::new(word("a")),
                        Box::new(Search::Or(Box::new(word("b")), Box::new(word("c")))),
                    ),
                    Search::Undeleted,
                ])),
            ),
            // Of what cannot be said, more is found than fits.
            (
                Condition::And(vec![Condition::HasAttachment, text("a")]),
                Some(Search::And(vec![word("a"), Search::Undeleted])),
            ),
            (
                Condition::Or(vec![Condition::HasAttachment, text("a")]),
                Some(Search::Undeleted),
            ),
            (Condition::HasAttachment.negated(), Some(Search::Undeleted)),
        ] {
            assert_eq!(program(&condition), search, "{condition:?}");
        }
    }

    #[test]
    fn moments_are_days_with_room_on_both_sides() {
        let noon = 20_000 * DAY + DAY / 2;
        let since = Condition::Since(noon);
        let program = |condition: &Condition| match program(condition) {
            Some(Search::And(keys)) => keys.into_iter().next(),
            _ => None,
        };
        assert_eq!(program(&since), Some(Search::Since(20_000 * DAY)));
        assert_eq!(
            program(&since.clone().negated()),
            Some(Search::Not(Box::new(Search::Since(noon + EAST + DAY))))
        );
        assert_eq!(residue(&since), since);
        let both = Condition::And(vec![text("a"), since.clone()]);
        assert_eq!(residue(&both), since);
        assert_eq!(residue(&text("a")), Condition::All);
    }
}
