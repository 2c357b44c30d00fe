//! A note as a phone sees it. See [`super::object`].

use airgate_codec::eas::Raw;

use super::object::{
    Base, Created, Digest, Edit, Edited, Manner, Refused, Rendered, Span, Unreadable,
};

const NOT_THERE: &str = "this class is not there yet";

/// See [`super::object::render`].
///
/// # Errors
/// See there.
pub fn render(_text: &[u8], _manner: &Manner<'_>) -> Result<Rendered, Unreadable> {
    Err(Unreadable(NOT_THERE.to_owned()))
}

/// See [`super::object::stub`].
pub fn stub(_name: &str, _manner: &Manner<'_>) -> Rendered {
    Rendered {
        data: Raw::default(),
        digest: Digest::default(),
        span: Span::Endless,
    }
}

/// See [`super::object::edit`].
///
/// # Errors
/// See there.
pub fn edit(
    _text: &[u8],
    _edit: Edit<'_>,
    _base: &Base<'_>,
    _manner: &Manner<'_>,
) -> Result<Edited, Refused> {
    Err(Refused::conversion(NOT_THERE))
}

/// See [`super::object::create`].
///
/// # Errors
/// See there.
pub fn create(_data: &Raw, _uid: &str, _manner: &Manner<'_>) -> Result<Created, Refused> {
    Err(Refused::conversion(NOT_THERE))
}
