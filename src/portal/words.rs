//! What the portal says, in each language it speaks: one file a language, one line a sentence.
//!
//! ```text
//! sign-in.title = Sign in
//! passcodes.made = Made {1}, last used {2}
//! ```
//! A test holds all files to the same keys and the same gaps, and the templates to keys that exist.

use std::sync::LazyLock;

pub(crate) use crate::language::Language;
use crate::language::{Table, fill, table};

static ENGLISH: LazyLock<Table> = LazyLock::new(|| table(include_str!("words/en.txt")));
static GERMAN: LazyLock<Table> = LazyLock::new(|| table(include_str!("words/de.txt")));
static FRENCH: LazyLock<Table> = LazyLock::new(|| table(include_str!("words/fr.txt")));

impl Language {
    /// A sentence; the key itself where there is none, which the tests do not let happen.
    pub(crate) fn say(self, key: &'static str) -> &'static str {
        let table = match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
            Self::French => &FRENCH,
        };
        table
            .get(key)
            .or_else(|| ENGLISH.get(key))
            .copied()
            .unwrap_or(key)
    }

    /// A sentence with its gaps filled.
    pub(crate) fn fill(self, key: &'static str, values: &[&str]) -> String {
        fill(self.say(key), values)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn gaps(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(gap, _)| gap)
            .collect()
    }

    #[test]
    fn all_languages_say_the_same_with_the_same_gaps() {
        for table in [&GERMAN, &FRENCH] {
            for (key, english) in ENGLISH.iter() {
                let other = table
                    .get(key)
                    .unwrap_or_else(|| panic!("{key} is not translated"));
                assert_eq!(gaps(english), gaps(other), "{key}");
            }
            for key in table.keys() {
                assert!(ENGLISH.contains_key(key), "{key} is in no English");
            }
        }
        for text in [
            include_str!("words/en.txt"),
            include_str!("words/de.txt"),
            include_str!("words/fr.txt"),
        ] {
            let keys: Vec<_> = text
                .lines()
                .filter(|line| !line.starts_with('#') && !line.is_empty())
                .map(|line| line.split_once(" = ").unwrap_or_else(|| panic!("{line}")).0)
                .collect();
            let unique: BTreeSet<_> = keys.iter().collect();
            assert_eq!(unique.len(), keys.len(), "a key stands twice");
        }
    }

    /// What follows `marker` in quotes.
    fn keys(text: &str, marker: &str) -> Vec<String> {
        text.split(marker)
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
            .map(|(key, _)| key.to_owned())
            .collect()
    }

    fn files(directory: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if path
                .extension()
                .is_some_and(|kind| kind == "html" || kind == "rs")
            {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }

    #[test]
    fn every_key_that_is_used_exists_and_every_one_that_exists_is_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        files(&root.join("templates"), &mut found);
        files(&root.join("src/portal"), &mut found);
        let mut all = String::new();
        for (path, text) in &found {
            for marker in [".t(\"", ".t1(\"", ".t2(\"", ".say(\"", ".fill(\""] {
                for key in keys(text, marker) {
                    assert!(
                        ENGLISH.contains_key(key.as_str()),
                        "{path}: no words for {key}"
                    );
                }
            }
            all.push_str(text);
        }
        for key in ENGLISH.keys() {
            assert!(all.contains(&format!("\"{key}\"")), "{key} is never said");
        }
    }

    #[test]
    fn the_browser_chooses_the_language() {
        for (header, language) in [
            ("", Language::English),
            ("de", Language::German),
            (
                "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5",
                Language::French,
            ),
            ("nl,de-AT;q=0.8,en;q=0.3", Language::German),
            ("en;q=0.5, de;q=0.5", Language::English),
            ("es, it", Language::English),
            ("de;q=0", Language::English),
            ("de;q=nonsense", Language::English),
            (";;;,,,q=", Language::English),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }

    #[test]
    fn gaps_are_filled() {
        let said = Language::English.fill("ago.minutes", &["5"]);
        assert!(said.contains('5') && !said.contains('{'), "{said}");
        assert!(!Language::English.fill("ago.minutes", &[]).contains('{'));
    }
}
