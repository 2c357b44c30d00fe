//! What every answer of the server has to be: readable, of its protocol version, in the order
//! phones need, and valid against Microsoft's schemas.
//!
//! No test calls this: the phone's one way of reading an answer goes through [`Checker::take`]. The
//! faults that can be seen at once stop the test there; xmllint runs once, when the phone is
//! dropped, over all distinct answers it ever got.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;

use airgate_codec::ProtocolVersion;
use airgate_codec::wbxml::{Event, Limits, Reader, Tag, air_sync, to_pretty_xml, to_xml};

use super::process::RunDir;

/// Children of a Collection in the order every client takes ([MS-ASCMD] only says which there are;
/// Windows Mobile fails when MoreAvailable follows Commands).
const COLLECTION_ORDER: [Tag; 7] = [
    air_sync::CLASS,
    air_sync::SYNC_KEY,
    air_sync::COLLECTION_ID,
    air_sync::STATUS,
    air_sync::MORE_AVAILABLE,
    air_sync::RESPONSES,
    air_sync::COMMANDS,
];

/// Elements that break clients when they are empty: iOS (Collections), Windows Phone (the others).
const NEVER_EMPTY: [Tag; 3] = [
    air_sync::COLLECTIONS,
    air_sync::RESPONSES,
    air_sync::COMMANDS,
];

/// Collects answers and judges them.
#[derive(Debug, Default)]
pub struct Checker {
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    seen: HashSet<u64>,
    tags: HashSet<Tag>,
    documents: Vec<Document>,
}

#[derive(Debug)]
struct Document {
    what: String,
    xml: String,
}

impl Checker {
    /// Takes one answer in WBXML. `what` names it in failures.
    ///
    /// # Panics
    /// When it is not what a phone can read.
    pub fn take(&self, what: &str, version: ProtocolVersion, body: &[u8]) {
        let (faults, tags) = look(version, body);
        if !faults.is_empty() {
            panic!(
                "{what} at {version}: {}\n{}",
                faults.join("; "),
                shown(body)
            );
        }
        let mut xml = to_xml(body).unwrap_or_else(|fault| panic!("{what}: {fault}"));
        assert!(
            !in_another_form(&xml),
            "{what}: a value in a form phones do not read:\n{}",
            shown(body)
        );
        if version < ProtocolVersion::V14_0 {
            xml = without(&xml, "<Collection>", "Class");
        }
        if version < ProtocolVersion::V12_0 {
            xml = without(&xml, "</PolicyKey>", "Data");
        }
        if version >= ProtocolVersion::V16_0 {
            xml = with_change_as_add(&xml);
        }
        let mut hasher = DefaultHasher::new();
        xml.hash(&mut hasher);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.tags.extend(tags);
        if taken.seen.insert(hasher.finish()) {
            taken.documents.push(Document {
                what: format!("{what} at {version}"),
                xml,
            });
        }
    }

    /// The names of all elements that ever came.
    pub fn elements(&self) -> BTreeSet<String> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let tags = taken.tags.iter();
        tags.filter_map(|tag| {
            let (page, info) = (tag.code_page()?, tag.info()?);
            Some(format!("{}:{}", page.namespace, info.name))
        })
        .collect()
    }

    /// Validates all that was taken since the last time.
    ///
    /// # Errors
    /// What xmllint says, with the documents it says it of.
    pub fn validate(&self) -> Result<(), String> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let documents = std::mem::take(&mut taken.documents);
        drop(taken);
        validate(&documents, "eas-response.xsd")
    }
}

impl Drop for Checker {
    fn drop(&mut self) {
        if let Err(trouble) = self.validate() {
            assert!(thread::panicking(), "{trouble}");
            eprintln!("{trouble}");
        }
    }
}

/// Validates one document in XML against an entry point of fixtures/schema.
///
/// # Panics
/// When it is not valid.
pub fn assert_valid(what: &str, xml: &str, schema: &str) {
    let document = Document {
        what: what.to_owned(),
        xml: xml.to_owned(),
    };
    if let Err(trouble) = validate(&[document], schema) {
        panic!("{trouble}");
    }
}

/// Whether a string came as opaque data or the other way round. That a string of nothing but
/// blanks is marked as one is the XML's concern and not the phone's.
fn in_another_form(xml: &str) -> bool {
    let mut values = xml.split("<?");
    values.next();
    values.any(|value| {
        let blank = value
            .strip_prefix("string?>")
            .and_then(|value| value.split_once('<'))
            .is_some_and(|(value, _)| value.replace("&#13;", "").trim().is_empty());
        !blank
    })
}

/// Runs xmllint over documents.
fn validate(documents: &[Document], schema: &str) -> Result<(), String> {
    /// Files per process: a command line has its limit, and the schemas load in 30 ms.
    const BATCH: usize = 500;
    if documents.is_empty() {
        return Ok(());
    }
    let schema = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/schema")
        .join(schema);
    let dir = RunDir::new("schema");
    let mut trouble = String::new();
    for (batch, documents) in documents.chunks(BATCH).enumerate() {
        let mut xmllint = Command::new("xmllint");
        xmllint.arg("--noout").arg("--schema").arg(&schema);
        for (index, document) in documents.iter().enumerate() {
            let name = format!("{batch}-{index}.xml");
            xmllint.arg(dir.write(&name, &document.xml));
        }
        let output = xmllint
            .output()
            .map_err(|error| format!("xmllint (libxml2-utils) cannot be run: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            continue;
        }
        for (index, document) in documents.iter().enumerate() {
            let file = format!("/{batch}-{index}.xml:");
            let lines: Vec<&str> = said.lines().filter(|line| line.contains(&file)).collect();
            if !lines.is_empty() {
                let _ = writeln!(
                    trouble,
                    "{} is not valid:\n{}\n{}",
                    document.what,
                    lines.join("\n"),
                    document.xml
                );
            }
        }
        if trouble.is_empty() {
            let _ = writeln!(trouble, "xmllint failed: {said}");
        }
    }
    if trouble.is_empty() {
        Ok(())
    } else {
        Err(trouble)
    }
}

/// The rules that no schema holds.
fn look(version: ProtocolVersion, body: &[u8]) -> (Vec<String>, HashSet<Tag>) {
    let mut faults = Vec::new();
    let mut tags = HashSet::new();
    let mut reader = match Reader::with_limits(body, Limits::VIEW) {
        Ok(reader) => reader,
        Err(fault) => return (vec![fault.to_string()], tags),
    };
    // Each open element with its place among its siblings and whether it has content yet.
    let mut open: Vec<(Tag, usize, bool)> = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(Event::Start(tag))) => {
                if tag.info().is_none() {
                    faults.push(format!("unknown token {tag:?}"));
                } else if !tag.defined_in(version) {
                    faults.push(format!("{} is not in {version}", name(tag)));
                }
                if let Some((parent, place, filled)) = open.last_mut() {
                    *filled = true;
                    if *parent == air_sync::COLLECTION {
                        match COLLECTION_ORDER.iter().position(|known| *known == tag) {
                            Some(at) if at + 1 < *place => {
                                faults.push(format!("{} comes too late", name(tag)));
                            }
                            Some(at) => *place = at + 1,
                            None => faults.push(format!("{} in a Collection", name(tag))),
                        }
                    }
                }
                tags.insert(tag);
                open.push((tag, 0, false));
            }
            Ok(Some(Event::End)) => {
                if let Some((tag, _, false)) = open.pop()
                    && NEVER_EMPTY.contains(&tag)
                {
                    faults.push(format!("{} is empty", name(tag)));
                }
            }
            Ok(Some(Event::Text(text))) => {
                // Status codes from 101 on came with 14.0; before, HTTP has the word (REFERENCE 3).
                let common = text.parse::<u16>().is_ok_and(|status| status > 100);
                if let Some((tag, _, filled)) = open.last_mut() {
                    *filled = true;
                    if common && name(*tag) == "Status" && version < ProtocolVersion::V14_0 {
                        faults.push(format!("Status {text} in {version}"));
                    }
                }
            }
            Ok(Some(Event::Opaque(_))) => {
                if let Some((_, _, filled)) = open.last_mut() {
                    *filled = true;
                }
            }
            Ok(None) => return (faults, tags),
            Err(fault) => {
                faults.push(fault.to_string());
                return (faults, tags);
            }
        }
    }
}

fn name(tag: Tag) -> &'static str {
    tag.info().map_or("?", |info| info.name)
}

fn shown(body: &[u8]) -> String {
    match to_pretty_xml(body) {
        Ok(xml) | Err((_, xml)) => xml,
    }
}

/// Leaves out what old versions say where Microsoft's schemas have no place for it: the class of a
/// collection up to 12.1, the policy of 2.5, which is text.
fn without(xml: &str, behind: &str, element: &str) -> String {
    let begin = format!("{behind}<{element}>");
    let end = format!("</{element}>");
    let mut kept = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some((head, tail)) = rest.split_once(&begin) {
        kept.push_str(head);
        kept.push_str(behind);
        rest = tail.split_once(&end).map_or("", |(_, tail)| tail);
    }
    kept.push_str(rest);
    kept
}

/// From 16.0 on the answer to a Change names the attachments that were added ([MS-ASCMD] 2.2.3.24,
/// CMD_R759); Microsoft's schema knows that of an Add only, so it is judged as one.
fn with_change_as_add(xml: &str) -> String {
    const BETWEEN: &str = "</Status><ApplicationData>";
    let Some((before, responses)) = xml.split_once("<Responses>") else {
        return xml.to_owned();
    };
    let Some((responses, after)) = responses.split_once("</Responses>") else {
        return xml.to_owned();
    };
    let mut judged = String::with_capacity(xml.len());
    let mut pieces = responses.split("<Change>");
    judged.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (change, rest) = piece.split_once("</Change>").unwrap_or((piece, ""));
        if change.contains(BETWEEN) {
            let change = change.replacen("<ServerId>", "<ClientId>c</ClientId><ServerId>", 1);
            judged.push_str(&format!("<Add>{change}</Add>{rest}"));
        } else {
            judged.push_str(&format!("<Change>{change}</Change>{rest}"));
        }
    }
    format!(
        "{before}<Responses>{judged}</Responses>{}",
        with_change_as_add(after)
    )
}
