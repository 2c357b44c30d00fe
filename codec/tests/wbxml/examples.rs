//! Every example of fixtures/schema in both directions, and against its schema.

use std::fs;
use std::path::Path;
use std::process::Command;

use airgate_codec::wbxml::{from_xml, to_pretty_xml, to_xml};

use crate::fixtures;
use crate::tree::lines;

#[test]
fn every_example_is_the_same_in_both_directions() {
    for example in fixtures::examples() {
        let expected = fixtures::example_xml(&example.name);
        let xml = to_xml(&example.bytes).unwrap();
        assert_eq!(lines(&xml), lines(&expected), "{}", example.name);
        let pretty = to_pretty_xml(&example.bytes).unwrap();
        assert_eq!(lines(&pretty), lines(&expected), "{}", example.name);
        for text in [&expected, &xml, &pretty] {
            assert_eq!(from_xml(text).as_ref(), Ok(&example.bytes), "{text}");
        }
    }
}

/// F8: our view of the examples validates, and the check can fail.
#[test]
fn f8_every_example_validates_against_its_schema() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    fs::create_dir_all(&folder).unwrap();
    for direction in ["request", "response"] {
        let mut files = Vec::new();
        for example in fixtures::examples() {
            if example.name.ends_with(direction) {
                for (form, xml) in [
                    ("compact", to_xml(&example.bytes).unwrap()),
                    ("pretty", to_pretty_xml(&example.bytes).unwrap()),
                ] {
                    let file = folder.join(format!("{}.{form}.xml", example.name));
                    fs::write(&file, xml).unwrap();
                    files.push(file);
                }
            }
        }
        let schema = fixtures::path(&format!("schema/eas-{direction}.xsd"));
        let (valid, report) = validate(&schema, &files);
        assert!(valid, "{report}");
        let wrong = folder.join(format!("wrong-{direction}.xml"));
        fs::write(
            &wrong,
            "<Sync xmlns=\"AirSync\"><Read xmlns=\"Email\"/></Sync>",
        )
        .unwrap();
        assert!(!validate(&schema, &[wrong]).0);
    }
}

fn validate(schema: &Path, files: &[std::path::PathBuf]) -> (bool, String) {
    let output = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(schema)
        .args(files)
        .output()
        .expect("xmllint runs (Debian: libxml2-utils)");
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), report)
}
