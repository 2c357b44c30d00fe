//! What phones are told of objects, judged by Microsoft's schemas.

use std::path::Path;
use std::process::Command;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Raw;
use airgate_codec::eas::sync::ServerCommand;
use airgate_codec::eas::sync::{CollectionHead, CollectionResponse, ItemData, Response};
use airgate_codec::wbxml::{to_pretty_xml, to_xml};

/// Fails unless all of it, as Adds of one Sync answer, is valid.
pub(in crate::item) fn assert_valid(class: &str, version: ProtocolVersion, items: Vec<Raw>) {
    let commands = items.into_iter().enumerate().map(|(number, raw)| {
        let data = ItemData::Other(raw);
        ServerCommand::Add {
            server_id: format!("t1:{number}"),
            data,
        }
    });
    let response = Response {
        collections: vec![CollectionResponse {
            head: CollectionHead {
                class: None,
                sync_key: "1.1".to_owned(),
                collection_id: "t1".to_owned(),
                status: 1,
                more_available: false,
            },
            responses: Vec::new(),
            commands: commands.collect(),
        }],
        ..Response::default()
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = format!("airgate-{class}-{version}-{}.xml", std::process::id());
    let file = std::env::temp_dir().join(name);
    let xml = to_xml(&response.write(version)).expect("WBXML");
    std::fs::write(&file, xml).expect("a file");
    let output = Command::new("xmllint")
        .args(["--noout", "--schema"])
        .arg(root.join("fixtures/schema/eas-response.xsd"))
        .arg(&file)
        .output()
        .expect("xmllint (Debian: libxml2-utils) runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{version}: {said}");
    let _ = std::fs::remove_file(&file);
}

/// The properties for people to look over.
pub(in crate::item) fn shown(raw: &Raw) -> String {
    let document = raw.to_document(airgate_codec::wbxml::air_sync::APPLICATION_DATA);
    to_pretty_xml(&document).expect("WBXML")
}

/// The files of a folder of fixtures with that ending, by name.
pub(in crate::item) fn fixtures(folder: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder);
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .expect("the fixtures are there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy();
            (name.into_owned(), std::fs::read(&path).expect("readable"))
        })
        .collect();
    files.sort();
    files
}
