//! The Query of a mailbox search ([MS-ASCMD] 2.2.3.137): what of its shapes is understood, what is too
//! complex, what is no query. Pure.

use airgate_codec::eas::Class;
use airgate_codec::eas::search::{Comparison, Query, Term, status};

use crate::search::{Condition, MAX_TERMS, MAX_TEXT, words};

/// What a query wants.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) condition: Condition,
    /// CollectionIds; none means all.
    pub(super) folders: Vec<String>,
    /// One conversation is asked for.
    pub(super) conversation: bool,
}

/// Reads a query, or says by a status of the store what is wrong with it.
pub(super) fn read(query: &Query) -> Result<Wanted, u16> {
    if !query.text.trim().is_empty() {
        return Err(status::BAD_REQUEST);
    }
    let mut reading = Reading::default();
    match query.terms.as_slice() {
        [] => return Err(status::BAD_REQUEST),
        [Term::And(terms)] if !terms.is_empty() => {
            for term in terms {
                reading.take(term)?;
            }
        }
        // Clients of 12.x put FreeText here; that it stands beside other terms nobody allows.
        [term @ (Term::FreeText(_) | Term::Or(_))] => reading.take(term)?,
        [Term::And(_)] => return Err(status::BAD_REQUEST),
        _ => return Err(status::TOO_COMPLEX),
    }
    // Classes are alternatives; of all we hold there is only mail.
    let mail = reading.classes.is_empty() || reading.classes.contains(&Class::Email);
    let condition = if mail {
        Condition::all(reading.conditions)
    } else {
        Condition::Nothing
    };
    if condition.size() > MAX_TERMS {
        return Err(status::TOO_COMPLEX);
    }
    Ok(Wanted {
        condition,
        folders: reading.folders,
        conversation: reading.conversation,
    })
}

#[derive(Default)]
struct Reading {
    conditions: Vec<Condition>,
    classes: Vec<Class>,
    folders: Vec<String>,
    conversation: bool,
}

impl Reading {
    /// A term inside of And.
    fn take(&mut self, term: &Term) -> Result<(), u16> {
        match term {
            Term::Class(class) => self.classes.push(*class),
            Term::CollectionId(id) => self.folders.push(id.clone()),
            Term::Or(alternatives) if !alternatives.is_empty() => {
                let conditions: Result<Vec<_>, u16> = alternatives
                    .iter()
                    .map(|each| self.condition(each))
                    .collect();
                self.conditions.push(Condition::any(conditions?));
            }
            Term::Or(_) => return Err(status::BAD_REQUEST),
            other => {
                let condition = self.condition(other)?;
                self.conditions.push(condition);
            }
        }
        Ok(())
    }

    fn condition(&mut self, term: &Term) -> Result<Condition, u16> {
        match term {
            Term::FreeText(text) if text.len() > MAX_TEXT => Err(status::TOO_COMPLEX),
            Term::FreeText(text) => Ok(words::parse(text)),
            Term::ConversationId(id) => {
                self.conversation = true;
                Ok(Condition::Conversation(id.clone()))
            }
            Term::GreaterThan(comparison) => {
                let after = millis(comparison)?.div_euclid(1000).saturating_add(1);
                Ok(Condition::Since(after))
            }
            Term::LessThan(comparison) => {
                // The first whole second that is not before.
                let until = millis(comparison)?.saturating_add(999).div_euclid(1000);
                Ok(Condition::Before(until))
            }
            // Of documents.
            Term::EqualTo(_) => Err(status::BAD_REQUEST),
            Term::And(_) | Term::Or(_) | Term::Class(_) | Term::CollectionId(_) => {
                Err(status::TOO_COMPLEX)
            }
        }
    }
}

fn millis(comparison: &Comparison) -> Result<i64, u16> {
    let moment = comparison.moment().ok_or(status::BAD_REQUEST)?;
    Ok(moment.0)
}

#[cfg(test)]
mod tests {
    use airgate_codec::wbxml::{email, search};

    use super::*;

    fn read_terms(terms: Vec<Term>) -> Result<Wanted, u16> {
        read(&Query {
            text: String::new(),
            terms,
        })
    }

    fn text(text: &str) -> Term {
        Term::FreeText(text.into())
    }

    fn date(value: &str) -> Comparison {
        Comparison {
            property: Some(email::DATE_RECEIVED),
            value: value.into(),
        }
    }

    #[test]
    fn the_whole_grammar() {
        let wanted = read_terms(vec![Term::And(vec![
            Term::Class(Class::Email),
            Term::CollectionId("m1".into()),
            Term::CollectionId("m2".into()),
            text("green tea"),
            Term::GreaterThan(date("2026-11-24T10:00:00.000Z")),
            Term::LessThan(date("2026-11-24T10:00:00.500Z")),
            Term::Or(vec![text("a"), Term::ConversationId(vec![7])]),
        ])]);
        let word = |text: &str| Condition::Text(text.into());
        let second = 1_795_514_400;
        assert_eq!(
            wanted,
            Ok(Wanted {
                condition: Condition::And(vec![
                    word("green"),
                    word("tea"),
                    Condition::Since(second + 1),
                    Condition::Before(second + 1),
                    Condition::Or(vec![word("a"), Condition::Conversation(vec![7])]),
                ]),
                folders: vec!["m1".into(), "m2".into()],
                conversation: true,
            })
        );
        let bare = read_terms(vec![text("tea")]).map(|wanted| wanted.condition);
        assert_eq!(bare, Ok(word("tea")));
        let other = read_terms(vec![Term::And(vec![
            Term::Class(Class::Contacts),
            text("x"),
        ])]);
        assert_eq!(other.map(|wanted| wanted.condition), Ok(Condition::Nothing));
    }

    #[test]
    fn what_is_too_complex_and_what_is_no_query() {
        let and = |terms| Term::And(terms);
        let too_complex = [
            vec![and(vec![and(vec![text("a")])])],
            vec![and(vec![text("a")]), and(vec![text("b")])],
            vec![text("a"), Term::Class(Class::Email)],
            vec![Term::CollectionId("m1".into())],
            vec![Term::GreaterThan(date("2026-11-24T10:00:00Z"))],
            vec![and(vec![Term::Or(vec![Term::Or(vec![text("a")])])])],
            vec![and(vec![Term::Or(vec![Term::CollectionId("m1".into())])])],
            vec![and(vec![text(&"x".repeat(MAX_TEXT + 1))])],
            vec![and(vec![text(&"x ".repeat(MAX_TERMS + 1))])],
        ];
        for terms in too_complex {
            assert_eq!(
                read_terms(terms.clone()),
                Err(status::TOO_COMPLEX),
                "{terms:?}"
            );
        }
        let malformed = [
            vec![],
            vec![and(vec![])],
            vec![and(vec![Term::Or(vec![])])],
            vec![and(vec![Term::EqualTo("file:///x".into())])],
            vec![and(vec![Term::LessThan(date("yesterday"))])],
            vec![and(vec![Term::LessThan(Comparison {
                property: Some(search::VALUE),
                value: "2026-11-24T10:00:00Z".into(),
            })])],
        ];
        for terms in malformed {
            assert_eq!(
                read_terms(terms.clone()),
                Err(status::BAD_REQUEST),
                "{terms:?}"
            );
        }
        let loose = Query {
            text: "tea".into(),
            terms: Vec::new(),
        };
        assert_eq!(read(&loose), Err(status::BAD_REQUEST));
    }
}
