//! An element name as the wire has it, and what the code pages say about it.

use super::code_pages::CODE_PAGES;
use super::index::{INFOS, VERSIONS, row};
use crate::version::ProtocolVersion;

/// A code page and a token in it. Any pair may arrive; only those in the tables have a name.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tag {
    pub page: u8,
    /// Without the content and attribute bits: 0x05 to 0x3F.
    pub token: u8,
}

/// What [MS-ASWBXML] says of one token.
#[derive(Debug)]
pub struct TagInfo {
    pub token: u8,
    pub name: &'static str,
    /// First and last protocol version that defines the tag.
    pub first: ProtocolVersion,
    pub last: ProtocolVersion,
    /// The value travels as OPAQUE, not as a string.
    pub opaque: bool,
}

/// One code page, its tags in the order of their tokens.
#[derive(Debug)]
pub struct CodePage {
    pub page: u8,
    pub namespace: &'static str,
    pub tags: &'static [TagInfo],
}

impl Tag {
    /// A tag of that page; `token` without the content and attribute bits.
    pub const fn new(page: u8, token: u8) -> Self {
        Self { page, token }
    }

    /// The code page of this tag, `None` where no such page is defined.
    pub fn code_page(self) -> Option<&'static CodePage> {
        CODE_PAGES.get(row(self.page)?)
    }

    /// What the tables say of this tag, `None` where the token is undefined.
    pub fn info(self) -> Option<&'static TagInfo> {
        *INFOS.get(row(self.page)?)?.get(usize::from(self.token))?
    }

    /// The tag of that name in that namespace.
    pub fn by_name(namespace: &str, name: &str) -> Option<Self> {
        let page = CODE_PAGES.iter().find(|page| page.namespace == namespace)?;
        let info = page.tags.iter().find(|tag| tag.name == name)?;
        Some(Self::new(page.page, info.token))
    }

    /// Whether some code page has that name.
    pub(super) fn has_namespace(namespace: &str) -> bool {
        CODE_PAGES.iter().any(|page| page.namespace == namespace)
    }

    /// Whether a phone of this version knows the tag.
    #[inline]
    pub fn defined_in(self, version: ProtocolVersion) -> bool {
        let versions = row(self.page)
            .and_then(|row| VERSIONS.get(row)?.get(usize::from(self.token)))
            .copied()
            .unwrap_or_default();
        versions & (1 << version as u8) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The generated table says what the tsv says, token by token.
    #[test]
    fn code_pages_match_the_tsv() {
        let tsv = include_str!("../../codepages.tsv");
        let mut rows = 0;
        for line in tsv.lines().skip(1).filter(|line| !line.is_empty()) {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().unwrap_or_default();
            let (page, namespace, token, name) = (cell(), cell(), cell(), cell());
            let (first, last, value) = (cell(), cell(), cell());
            let tag = Tag::new(
                page.parse().expect("page is a number"),
                u8::from_str_radix(token.trim_start_matches("0x"), 16).expect("token is hex"),
            );
            assert_eq!(Tag::by_name(namespace, name), Some(tag), "{line}");
            let info = tag.info().expect("the table holds every row");
            assert_eq!(tag.code_page().map(|page| page.namespace), Some(namespace));
            assert_eq!(info.name, name, "{line}");
            assert_eq!(info.opaque, value.starts_with("opaque"), "{line}");
            if !matches!(first, "2.0" | "") {
                assert_eq!(info.first.as_str(), first, "{line}");
            }
            if !matches!(last, "2.0" | "") {
                assert_eq!(info.last.as_str(), last, "{line}");
            }
            rows += 1;
        }
        let generated: usize = CODE_PAGES.iter().map(|page| page.tags.len()).sum();
        assert_eq!(generated, rows);
    }

    /// The arrays made at compile time say what a search of the table would.
    #[test]
    fn the_index_agrees_with_the_table_for_every_page_token_and_version() {
        for page in 0..=u8::MAX {
            for token in 0..=0x3F {
                let tag = Tag::new(page, token);
                let info = CODE_PAGES
                    .iter()
                    .find(|known| known.page == page)
                    .and_then(|known| known.tags.iter().find(|info| info.token == token));
                assert_eq!(tag.info().map(|i| i.name), info.map(|i| i.name), "{tag:?}");
                for version in ProtocolVersion::ALL {
                    let defined = info.is_some_and(|i| (i.first..=i.last).contains(&version));
                    assert_eq!(tag.defined_in(version), defined, "{tag:?} in {version}");
                }
            }
        }
    }
}
