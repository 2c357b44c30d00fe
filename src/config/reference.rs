//! Documentation made from the table of keys: the reference for docs/configuration.md and the
//! example file. Tests compare both with what is checked in, so they cannot go stale.

use std::fmt::Write as _;

use super::keys::{KEYS, Key, SECTIONS};

/// The reference of all settings, in Markdown.
pub fn reference() -> String {
    let mut out = String::new();
    section(&mut out, None, "Top level", "");
    for (name, doc) in SECTIONS {
        section(&mut out, Some(name), &format!("[{name}]"), doc);
    }
    out
}

/// An example airgate.toml: every setting with its default or an example, commented out.
pub fn example() -> String {
    let mut out = String::from(
        "# Airgate's configuration. Everything is optional but a server to stand in front of.\n\
         # Each setting can also be given as an environment variable (imap: AIRGATE_IMAP,\n\
         # limits.body: AIRGATE_LIMITS_BODY), the common ones as flags of `airgate serve`;\n\
         # flags win over the environment, the environment over this file.\n",
    );
    for section in std::iter::once(None).chain(SECTIONS.iter().map(Some)) {
        if let Some((name, doc)) = section {
            let _ = write!(out, "\n# {doc}\n[{name}]\n");
        }
        for key in in_section(section.map(|(name, _)| *name)) {
            let (_, name) = key.split();
            let _ = write!(out, "\n# {}\n#{name} = {}\n", key.doc, key.example);
        }
    }
    out
}

fn section(out: &mut String, name: Option<&'static str>, title: &str, doc: &str) {
    let _ = write!(out, "### {title}\n\n");
    if !doc.is_empty() {
        let _ = write!(out, "{doc}\n\n");
    }
    for key in in_section(name) {
        let _ = write!(out, "#### `{}`\n\n{}\n\n", key.name, key.doc);
        let _ = writeln!(out, "- Value: {}", key.kind.describe());
        let _ = match key.default {
            Some("") => writeln!(out, "- Default: empty"),
            Some(default) => writeln!(out, "- Default: `{default}`"),
            None => writeln!(out, "- Default: not set"),
        };
        let _ = writeln!(out, "- Example: `{} = {}`", key.split().1, key.example);
        let _ = write!(out, "- Variable: `{}`", key.variable());
        if let Some(flag) = key.flag {
            let _ = write!(out, "; flag: `{flag}`");
        }
        out.push_str("\n\n");
    }
}

fn in_section(section: Option<&str>) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.split().0 == section)
}
