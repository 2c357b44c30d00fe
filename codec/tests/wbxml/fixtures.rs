//! The files under fixtures/ that these tests read.

use std::fs;
use std::path::{Path, PathBuf};

/// A WBXML document and where it comes from.
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(below)
}

/// fixtures/schema/examples/*.hex
pub(crate) fn examples() -> Vec<Document> {
    let mut documents: Vec<_> = fs::read_dir(path("schema/examples"))
        .expect("the examples are there")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "hex"))
        .map(|path| Document {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            bytes: unhex(&fs::read_to_string(path).unwrap()),
        })
        .collect();
    documents.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(documents.len() >= 20, "{} examples", documents.len());
    documents
}

/// The XML beside an example.
pub(crate) fn example_xml(name: &str) -> String {
    fs::read_to_string(path(&format!("schema/examples/{name}.xml"))).unwrap()
}

/// Distinct bodies recorded from real clients and their server.
pub(crate) fn recorded() -> Vec<Document> {
    let mut documents = Vec::new();
    for file in [
        "go-activesync-requests",
        "go-activesync-responses",
        "thunderbird-eas4tbsync-requests",
        "thunderbird-eas4tbsync-responses",
    ] {
        let text = fs::read_to_string(path(&format!("wbxml/recorded/{file}.tsv"))).unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<_> = line.split('\t').collect();
            documents.push(Document {
                name: format!("{file} {} {}", cells[0], cells[1]),
                bytes: unhex(cells[2]),
            });
        }
    }
    assert!(documents.len() >= 200, "{} recorded", documents.len());
    documents
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| u8::try_from(c.to_digit(16).expect("a hex digit")).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}
