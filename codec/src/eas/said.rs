//! What a client says of a property: nothing, that it is to be empty, or a value.

/// A property whose empty element means something else than its absence.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Said<T> {
    /// The element is not there.
    #[default]
    Nothing,
    /// It is there, with nothing in it.
    Empty,
    Value(T),
}

impl<T> Said<T> {
    /// The value, if one was said.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Nothing | Self::Empty => None,
        }
    }

    /// Whether the element is there.
    pub const fn is_there(&self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

impl<T> From<Option<T>> for Said<T> {
    /// The value of an element that was there.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Self::Value)
    }
}
