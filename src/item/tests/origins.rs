//! Every object of fixtures/ says where it is from (style.md: "each with a line on its origin").

use std::collections::BTreeSet;
use std::path::Path;

/// Folder, the manifest in it, what its objects end in.
const FOLDERS: [(&str, &str, &[&str]); 4] = [
    ("calendar", "ORIGINS.tsv", &["ics"]),
    ("contacts", "ORIGINS.tsv", &["vcf"]),
    ("tasks", "README.md", &["ics"]),
    ("notes", "README.md", &["ics", "eml"]),
];

/// The file and its origin: a line with a tab, or a row of a table.
fn row(line: &str) -> Option<(String, String)> {
    let (file, origin) = match line.strip_prefix("| ") {
        Some(row) => row.trim_end_matches(" |").split_once(" | ")?,
        None => line.split_once('\t')?,
    };
    Some((file.to_owned(), origin.trim().to_owned()))
}

#[test]
fn every_object_has_an_origin_and_every_origin_an_object() {
    let mut count = 0;
    for (folder, manifest, endings) in FOLDERS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(folder);
        let text = std::fs::read_to_string(folder.join(manifest)).expect("a manifest");
        let rows: Vec<(String, String)> = text
            .lines()
            .filter_map(row)
            .filter(|(file, _)| file != "File")
            .collect();
        let named: BTreeSet<String> = rows.iter().map(|(file, _)| file.clone()).collect();
        assert_eq!(named.len(), rows.len(), "one is there twice");
        assert!(
            rows.iter().all(|(_, origin)| origin.len() > 5),
            "{folder:?}"
        );
        let files: BTreeSet<String> = std::fs::read_dir(&folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .filter_map(|name| name.into_string().ok())
            .filter(|name| {
                endings
                    .iter()
                    .any(|ending| name.ends_with(&format!(".{ending}")))
            })
            .collect();
        assert_eq!(files, named, "{folder:?}");
        count += files.len();
    }
    // Issue 4: at least 300 objects with origin.
    assert!(count >= 300, "{count}");
}

/// A property that may be there once is there once, in all that programs are said to write (RFC 5545
/// 3.6): another one would be no shape of theirs.
#[test]
fn what_programs_write_says_nothing_twice() {
    const ONCE: [&str; 11] = [
        "TRANSP", "CLASS", "STATUS", "SUMMARY", "DTSTART", "DTEND", "DUE", "SEQUENCE", "UID",
        "DTSTAMP", "PRIORITY",
    ];
    for (folder, made) in [
        ("calendar", &["odd-", "broken-", "special-"][..]),
        ("tasks", &["edge-"]),
    ] {
        for (name, text) in super::schema::fixtures(folder, "ics") {
            if made.iter().any(|made| name.starts_with(made)) {
                continue;
            }
            let text = String::from_utf8_lossy(&text).into_owned();
            let mut seen: Vec<String> = Vec::new();
            for line in text.lines() {
                let property = line.split([':', ';']).next().unwrap_or_default();
                if matches!(property, "BEGIN" | "END") {
                    seen.clear();
                } else if ONCE.contains(&property) {
                    assert!(
                        !seen.iter().any(|other| other == property),
                        "{name}: {property}"
                    );
                    seen.push(property.to_owned());
                }
            }
        }
    }
}
