//! A second opinion: Debian's wbxml2xml (libwbxml) reads the same bytes. Its table of names differs
//! from [MS-ASWBXML] in spelling (codepages-notes.md, 5), its 0.11.8 lacks page 25 (Find).

use std::io::Write as _;
use std::process::{Command, Stdio};

use airgate_codec::wbxml::to_xml;

use crate::fixtures::{self, Document};
use crate::tree::lines;

#[test]
fn libwbxml_reads_the_examples_as_we_do() {
    let examples = fixtures::examples();
    let known: Vec<_> = examples
        .iter()
        .filter(|example| !example.name.starts_with("find-"))
        .collect();
    assert_eq!(examples.len() - known.len(), 1);
    for document in known {
        compare(document);
    }
}

/// What clients and a peer really send. One sends Mime as a string; libwbxml prints base64 all the
/// same, we say `<?string?>` and show the text.
#[test]
fn libwbxml_reads_recorded_documents_as_we_do() {
    let (unusual, usual): (Vec<_>, Vec<_>) = fixtures::recorded()
        .into_iter()
        .partition(|document| to_xml(&document.bytes).unwrap().contains("<?"));
    assert_eq!(unusual.len(), 1);
    for document in &usual {
        compare(document);
    }
}

fn compare(document: &Document) {
    let ours = lines(&to_xml(&document.bytes).unwrap());
    let theirs = lines(&wbxml2xml(&document.bytes));
    let ours: Vec<_> = ours.iter().map(|line| ours_as_theirs(line)).collect();
    let theirs: Vec<_> = theirs.iter().map(|line| folded(line)).collect();
    assert_eq!(ours, theirs, "{}", document.name);
}

/// Names without letter case (they have `Gal`, `MIME`), texts without CR, which they write bare, so
/// that an XML reader makes LF of CR LF.
fn folded(line: &str) -> String {
    match line.starts_with("= ") {
        true => line.replace('\r', ""),
        false => line.to_lowercase(),
    }
}

fn ours_as_theirs(line: &str) -> String {
    let line = folded(line);
    let renamed = RENAMED.iter().find(|(ours, _)| *ours == line);
    renamed.map_or(line, |(_, theirs)| (*theirs).to_owned())
}

/// Names that libwbxml has in its own spelling.
const RENAMED: [(&str, &str); 25] = [
    ("calendar:attendeestatus", "calendar:attendee_status"),
    ("calendar:attendeetype", "calendar:attendee_type"),
    ("calendar:dayofweek", "calendar:recurrence_dayofweek"),
    ("calendar:deleted", "calendar:exception_deleted"),
    ("calendar:email", "calendar:attendee_email"),
    (
        "calendar:exceptionstarttime",
        "calendar:exception_starttime",
    ),
    ("calendar:interval", "calendar:recurrence_interval"),
    ("calendar:name", "calendar:attendee_name"),
    ("calendar:occurrences", "calendar:recurrence_occurrences"),
    ("calendar:organizeremail", "calendar:organizer_email"),
    ("calendar:organizername", "calendar:organizer_name"),
    ("calendar:type", "calendar:recurrence_type"),
    ("composemail:email", "composemail:forwardeeemail"),
    ("composemail:name", "composemail:forwardeename"),
    ("contacts:businessaddresscity", "contacts:businesscity"),
    (
        "contacts:businessaddresscountry",
        "contacts:businesscountry",
    ),
    (
        "contacts:businessaddresspostalcode",
        "contacts:businesspostalcode",
    ),
    ("contacts:businessaddressstate", "contacts:businessstate"),
    ("contacts:businessaddressstreet", "contacts:businessstreet"),
    ("contacts:homeaddresscity", "contacts:homecity"),
    ("contacts:homeaddresscountry", "contacts:homecountry"),
    ("contacts:homeaddresspostalcode", "contacts:homepostalcode"),
    ("contacts:homeaddressstate", "contacts:homestate"),
    ("contacts:homeaddressstreet", "contacts:homestreet"),
    ("email:status", "email:flagstatus"),
];

fn wbxml2xml(bytes: &[u8]) -> String {
    let mut child = Command::new("wbxml2xml")
        .args(["-k", "-m", "0", "-l", "ACTIVESYNC", "-o", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("wbxml2xml runs (Debian: libwbxml2-utils)");
    // The largest document is 4 KiB, less than a pipe holds: no writer thread is needed.
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
