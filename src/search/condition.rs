//! A condition on messages, as a tree that is kept simple while it is built: nothing stands in it that
//! is always or never true.

/// What a message must be like. Texts are looked for as parts of what is there, in any letter case.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Condition {
    All,
    Nothing,
    /// In header or body.
    Text(String),
    Subject(String),
    Body(String),
    From(String),
    To(String),
    Cc(String),
    Bcc(String),
    /// Received at that moment or later, in seconds since 1970.
    Since(i64),
    /// Received before that moment.
    Before(i64),
    Read,
    Flagged,
    /// Has an attachment that is not a picture in its text.
    HasAttachment,
    /// 0 low, 1 normal, 2 high.
    Importance(u8),
    /// More octets than this.
    Larger(u64),
    Smaller(u64),
    /// Of that conversation, by its ConversationId.
    Conversation(Vec<u8>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
}

impl Condition {
    /// All of them.
    #[must_use]
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for condition in conditions {
            match condition {
                Self::Nothing => return Self::Nothing,
                Self::All => {}
                Self::And(more) => kept.extend(more),
                other => kept.push(other),
            }
        }
        match (kept.pop(), kept.is_empty()) {
            (None, _) => Self::All,
            (Some(one), true) => one,
            (Some(last), false) => {
                kept.push(last);
                Self::And(kept)
            }
        }
    }

    /// Any of them.
    #[must_use]
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for condition in conditions {
            match condition {
                Self::All => return Self::All,
                Self::Nothing => {}
                Self::Or(more) => kept.extend(more),
                other => kept.push(other),
            }
        }
        match (kept.pop(), kept.is_empty()) {
            (None, _) => Self::Nothing,
            (Some(one), true) => one,
            (Some(last), false) => {
                kept.push(last);
                Self::Or(kept)
            }
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::All => Self::Nothing,
            Self::Nothing => Self::All,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// If `condition`, or if not.
    #[must_use]
    pub fn when(self, holds: bool) -> Self {
        if holds { self } else { self.negated() }
    }

    /// How many single conditions it is made of.
    pub fn size(&self) -> usize {
        match self {
            Self::All | Self::Nothing => 0,
            Self::And(several) | Self::Or(several) => several.iter().map(Self::size).sum(),
            Self::Not(inner) => inner.size(),
            _ => 1,
        }
    }

    /// The texts a message is found by, for showing where they are.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        self.collect_texts(&mut texts);
        texts
    }

    fn collect_texts<'a>(&'a self, texts: &mut Vec<&'a str>) {
        match self {
            Self::Text(text) | Self::Subject(text) | Self::Body(text) => texts.push(text),
            Self::And(several) | Self::Or(several) => {
                several.iter().for_each(|each| each.collect_texts(texts));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Condition {
        Condition::Text(text.into())
    }

    #[test]
    fn what_is_always_or_never_true_does_not_stay() {
        use Condition::{All, And, Not, Nothing, Or};
        assert_eq!(Condition::all([]), All);
        assert_eq!(Condition::any([]), Nothing);
        assert_eq!(Condition::all([All, word("a")]), word("a"));
        assert_eq!(Condition::all([Nothing, word("a")]), Nothing);
        assert_eq!(Condition::any([All, word("a")]), All);
        assert_eq!(Condition::any([Nothing, word("a")]), word("a"));
        assert_eq!(
            Condition::all([And(vec![word("a"), word("b")]), word("c")]),
            And(vec![word("a"), word("b"), word("c")])
        );
        assert_eq!(
            Condition::any([word("a"), Or(vec![word("b"), word("c")])]),
            Or(vec![word("a"), word("b"), word("c")])
        );
        assert_eq!(word("a").negated().negated(), word("a"));
        assert_eq!(All.when(false), Nothing);
        assert_eq!(Not(Box::new(word("a"))).size(), 1);
        assert!(word("a").negated().texts().is_empty());
    }
}
