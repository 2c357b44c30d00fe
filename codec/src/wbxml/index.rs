//! The code pages as arrays, made at compile time: they are asked for every token written, where a
//! search of the tables would cost more than the token.

#![allow(
    clippy::indexing_slicing,
    reason = "the compiler evaluates it, and an index out of bounds is its error"
)]

use super::code_pages::CODE_PAGES;
use super::tag::TagInfo;

/// The place of a code page in [`CODE_PAGES`] and in the arrays below.
#[inline]
pub(super) fn row(page: u8) -> Option<usize> {
    let row = *ROWS.get(usize::from(page))?;
    (row != NO_ROW).then_some(usize::from(row))
}

const NO_ROW: u8 = u8::MAX;

/// The place of a code page in [`CODE_PAGES`].
static ROWS: [u8; 256] = {
    let mut rows = [NO_ROW; 256];
    let mut at = 0;
    while at < CODE_PAGES.len() {
        rows[CODE_PAGES[at].page as usize] = at as u8;
        at += 1;
    }
    rows
};

/// By row and token, the tag itself.
pub(super) static INFOS: [[Option<&'static TagInfo>; 64]; CODE_PAGES.len()] = {
    let mut infos = [[None; 64]; CODE_PAGES.len()];
    let mut at = 0;
    while at < CODE_PAGES.len() {
        let mut tag = 0;
        while tag < CODE_PAGES[at].tags.len() {
            let info = &CODE_PAGES[at].tags[tag];
            infos[at][info.token as usize] = Some(info);
            tag += 1;
        }
        at += 1;
    }
    infos
};

/// By row and token, one bit for each protocol version that defines the tag.
pub(super) static VERSIONS: [[u8; 64]; CODE_PAGES.len()] = {
    let mut versions = [[0; 64]; CODE_PAGES.len()];
    let mut at = 0;
    while at < CODE_PAGES.len() {
        let mut tag = 0;
        while tag < CODE_PAGES[at].tags.len() {
            let info = &CODE_PAGES[at].tags[tag];
            let mut version = info.first as u8;
            while version <= info.last as u8 {
                versions[at][info.token as usize] |= 1 << version;
                version += 1;
            }
            tag += 1;
        }
        at += 1;
    }
    versions
};
