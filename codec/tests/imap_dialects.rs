//! T68: the shapes real servers send, each read as fixtures/imap/shapes.txt says; and no shape,
//! whole or mutilated, costs the messages around it.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

#[path = "support/imap_shapes.rs"]
mod imap_shapes;

use std::fmt::Write as _;

use airgate_codec::imap::{
    ESearch, Fetched, FrameEvent, Framer, MailboxStatus, Part, Response, Structure,
    TransferEncoding, Uid, UidValidity, Untagged, parse, sequence_set,
};
use imap_shapes::shapes;
use proptest::prelude::*;

#[test]
fn t68_every_shape_is_read_as_it_means() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut failures = String::new();
    for shape in shapes() {
        let read = summary(&parse(&shape.wire));
        if update {
            write_back(&shape.name, &read);
        } else if read != shape.read {
            let _ = write!(
                failures,
                "{}\n  is   {read}\n  not  {}\n",
                shape.name, shape.read
            );
        }
        // With its line end it means the same.
        let mut ended = shape.wire.clone();
        ended.extend(b"\r\n");
        if !read.starts_with("other") && !read.starts_with("thread") {
            assert_eq!(summary(&parse(&ended)), read, "{}", shape.name);
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn t68_every_shape_keeps_the_stream_in_step() {
    for ending in [&b"\r\n"[..], b"\n"] {
        for shape in shapes() {
            let mut framer = Framer::default();
            framer.push(&shape.wire);
            framer.push(ending);
            framer.push(b"* 7 EXISTS\r\n");
            let frames = whole_frames(&mut framer);
            assert_eq!(frames.len(), 2, "{}", shape.name);
            assert_eq!(frames[0], shape.wire, "{}", shape.name);
            assert!(framer.is_empty());
        }
    }
}

#[test]
fn t68_a_thousand_messages_among_all_shapes_arrive() {
    let shapes = shapes();
    let mut stream = Vec::new();
    for number in 1..=1000_u32 {
        stream.extend(
            format!(
                "* {number} FETCH (UID {} FLAGS (\\Seen))\r\n",
                number + 5000
            )
            .bytes(),
        );
        stream.extend(&shapes[number as usize % shapes.len()].wire);
        stream.extend(b"\r\n");
    }
    let mut framer = Framer::default();
    let mut arrived = Vec::new();
    for octets in stream.chunks(1400) {
        framer.push(octets);
        for frame in whole_frames(&mut framer) {
            if let Response::Untagged(Untagged::Fetch(_, fetched)) = parse(&frame)
                && let Some(uid) = fetched.uid.filter(|uid| uid.get() > 5000)
            {
                arrived.push(uid.get());
            }
        }
    }
    assert_eq!(arrived, (5001..=6000).collect::<Vec<_>>());
}

/// A FETCH line whose structure is one of the shapes' with octets changed as a broken server
/// would: line ends and announcements of literals stay what they are.
fn mutilated(structure: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let mut structure = structure.to_vec();
    for &(at, octet) in changes {
        let at = at % structure.len();
        if octet % 3 == 0 {
            structure.remove(at);
        } else if !matches!(octet, b'\r' | b'\n' | b'{' | b'}') {
            structure[at] = octet;
        }
        if structure.is_empty() {
            structure.push(b'(');
        }
    }
    structure
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn t68_a_thousand_mutilated_messages_arrive(
        seed in any::<usize>(),
        changes in proptest::collection::vec(
            (any::<usize>(), prop_oneof![Just(b'"'), Just(b'('), Just(b')'), Just(b'\\'), Just(b' '), any::<u8>()]),
            1..6,
        ),
        uid_first in any::<bool>(),
    ) {
        let structures: Vec<Vec<u8>> = shapes()
            .into_iter()
            .filter(|shape| shape.read.contains("structure") && !shape.wire.contains(&b'\n'))
            .map(|shape| {
                let start = shape.wire.windows(4).position(|four| four == b"BODY").unwrap();
                shape.wire[start..shape.wire.len() - 1].to_vec()
            })
            // Those already say another UID.
            .filter(|structure| !structure.windows(4).any(|four| four == b"UID "))
            .collect();
        let mut framer = Framer::default();
        for number in 0..1000_usize {
            let shape = &structures[number.wrapping_add(seed) % structures.len()];
            let moved: Vec<_> = changes.iter().map(|&(at, octet)| (at.wrapping_add(number * 7), octet)).collect();
            let structure = mutilated(shape, &moved);
            let (uid, number) = (number + 5000, number + 1);
            let mut line = format!("* {number} FETCH (").into_bytes();
            if uid_first {
                line.extend(format!("UID {uid} ").bytes());
            }
            line.extend(structure);
            if !uid_first {
                line.extend(format!(" UID {uid}").bytes());
            }
            line.extend(b")\r\n");
            framer.push(&line);
        }
        framer.push(b"A1 OK done\r\n");
        let frames = whole_frames(&mut framer);
        prop_assert_eq!(frames.len(), 1001);
        for (number, frame) in frames[..1000].iter().enumerate() {
            let Response::Untagged(Untagged::Fetch(sequence, fetched)) = parse(frame) else {
                return Err(TestCaseError::fail(format!("{:?}", String::from_utf8_lossy(frame))));
            };
            prop_assert_eq!(sequence as usize, number + 1);
            prop_assert_eq!(
                fetched.uid.map(Uid::get), Some(number as u32 + 5000),
                "{}", String::from_utf8_lossy(frame)
            );
        }
        let last = parse(&frames[1000]);
        let ended = matches!(last, Response::Tagged { .. });
        prop_assert!(ended);
    }

}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A mail's text in a server's broken quoting may hide the UID, never replace it (T33).
    #[test]
    fn t33_text_of_a_mail_never_becomes_its_uid(
        text in r#"("|\)|\(|\\| |NIL|UID 7|FLAGS \(\\Deleted\)|X|1){0,12}"#,
        uid_first in any::<bool>(),
    ) {
        let structure = format!(r#"BODYSTRUCTURE ("TEXT" "PLAIN" ("NAME" "{text}") NIL NIL "7BIT" 3 1)"#);
        let line = match uid_first {
            true => format!("* 1 FETCH (UID 9 FLAGS () {structure})"),
            false => format!("* 1 FETCH ({structure} FLAGS () UID 9)"),
        };
        if let Response::Untagged(Untagged::Fetch(1, fetched)) = parse(line.as_bytes()) {
            prop_assert!(fetched.uid.is_none_or(|uid| uid.get() == 9), "{}", line);
            prop_assert!(uid_first || fetched.uid.is_some() || fetched.damaged, "{}", line);
        } else {
            return Err(TestCaseError::fail(line));
        }
    }

    #[test]
    fn any_octets_are_read_without_harm(line: Vec<u8>) {
        let _ = parse(&line);
    }

    #[test]
    fn any_likely_line_is_read_without_harm(
        line in r#"(\* |\* 1 FETCH \(|\* LIST |A1 OK )(BODYSTRUCTURE |BODY\[|UID |FLAGS |[()"\\{}<> \[\]]|NIL|[0-9]{1,12}|\{[0-9]\}\r\n|[a-z]{1,3}){0,40}"#
    ) {
        let _ = parse(line.as_bytes());
    }
}

/// Where our reader and `imap-proto` both read a FETCH, they read the same.
#[test]
fn imap_proto_agrees_where_it_reads() {
    let mut compared = 0;
    for shape in shapes() {
        // It panics on two of them, and takes a damaged one without a word.
        if shape.name.contains("panics") || shape.read.contains("damaged") {
            continue;
        }
        let mut line = shape.wire.clone();
        line.extend(b"\r\n");
        let Ok((rest, imap_proto::Response::Fetch(number, values))) =
            imap_proto::Response::parse(&line)
        else {
            continue;
        };
        let Response::Untagged(Untagged::Fetch(ours, fetched)) = parse(&shape.wire) else {
            panic!("{}", shape.name);
        };
        assert!(rest.is_empty(), "{}", shape.name);
        assert_eq!(number, ours);
        compared += 1;
        for value in values {
            use imap_proto::AttributeValue as Value;
            match value {
                Value::Uid(uid) => assert_eq!(fetched.uid, Uid::new(uid), "{}", shape.name),
                Value::Rfc822Size(size) => assert_eq!(fetched.size, Some(size.into())),
                Value::ModSeq(modseq) => assert_eq!(fetched.modseq.map(|m| m.get()), Some(modseq)),
                Value::BodyStructure(theirs) => match &fetched.structure {
                    Some(Structure::Known(ours)) => same_tree(&theirs, ours, &shape.name),
                    _ => panic!("{}", shape.name),
                },
                _ => {}
            }
        }
    }
    assert!(compared > 30, "only {compared}");
}

fn same_tree(theirs: &imap_proto::BodyStructure<'_>, ours: &Part, name: &str) {
    use imap_proto::BodyStructure as Theirs;
    let (common, children) = match theirs {
        Theirs::Multipart { common, bodies, .. } => (common, bodies.iter().collect()),
        Theirs::Message { common, body, .. } => (common, vec![&**body]),
        Theirs::Basic { common, .. } | Theirs::Text { common, .. } => (common, Vec::new()),
    };
    let kind = format!("{}/{}", common.ty.ty, common.ty.subtype).to_lowercase();
    assert_eq!(kind, ours.media_type, "{name}");
    assert_eq!(children.len(), ours.children.len(), "{name}");
    for (theirs, ours) in children.into_iter().zip(&ours.children) {
        same_tree(theirs, ours, name);
    }
}

fn whole_frames(framer: &mut Framer) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some(event) = framer.next_event().unwrap() {
        match event {
            FrameEvent::Whole(frame) => frames.push(frame.bytes.to_vec()),
            other => panic!("{other:?}"),
        }
    }
    frames
}

/// Puts the `=` line of a shape into the file.
fn write_back(name: &str, read: &str) {
    let file = std::fs::read_to_string(imap_shapes::PATH).unwrap();
    let mut lines: Vec<String> = file.lines().map(Into::into).collect();
    let at = lines
        .iter()
        .position(|line| line[..] == format!("## {name}"))
        .unwrap();
    if lines.get(at + 2).is_some_and(|line| line.starts_with("= ")) {
        lines.remove(at + 2);
    }
    lines.insert(at + 2, format!("= {read}"));
    std::fs::write(imap_shapes::PATH, lines.join("\n") + "\n").unwrap();
}

/// A response in one line, for people.
fn summary(response: &Response) -> String {
    match response {
        Response::Continuation { text } => format!("continuation {text:?}"),
        Response::Tagged {
            tag,
            status,
            code,
            text,
        } => format!("tagged {tag} {status:?} {} {text:?}", option(code.as_ref())),
        Response::Untagged(untagged) => of_untagged(untagged),
        Response::Other(_) => "other, not IMAP".into(),
    }
}

fn of_untagged(untagged: &Untagged) -> String {
    match untagged {
        Untagged::Status { status, code, text } => {
            format!("status {status:?} {} {text:?}", option(code.as_ref()))
        }
        Untagged::List(entry) | Untagged::Lsub(entry) => {
            let kind = if matches!(untagged, Untagged::List(_)) {
                "list"
            } else {
                "lsub"
            };
            let mut text = format!(
                "{kind} {:?} shown {:?} delimiter {} [{}]",
                entry.name.as_str(),
                entry.name.display(),
                option(entry.delimiter),
                entry.attributes.join(" ")
            );
            if let Some(old) = &entry.old_name {
                let _ = write!(text, " was {:?}", old.as_str());
            }
            if !entry.child_info.is_empty() {
                let _ = write!(text, " children {}", entry.child_info.join(" "));
            }
            text
        }
        Untagged::StatusData(name, status) => {
            format!("mailbox {:?}{}", name.as_str(), of_status(status))
        }
        Untagged::Search { numbers, modseq } => {
            format!(
                "search [{}] modseq {}",
                sequence_set(numbers),
                option(*modseq)
            )
        }
        Untagged::ESearch(found) => of_esearch(found),
        Untagged::Vanished { earlier, uids } => {
            format!("vanished [{}] earlier {earlier}", sequence_set(uids))
        }
        Untagged::Fetch(number, fetched) => format!("fetch {number}{}", of_fetched(fetched)),
        Untagged::Thread(raw) => format!("thread {:?}", String::from_utf8_lossy(raw)),
        Untagged::Other(_) => "other".into(),
        plain => format!("{plain:?}"),
    }
}

fn of_esearch(found: &ESearch) -> String {
    let mut text = format!(
        "esearch tag {} uid {} min {} max {} count {} all {} modseq {}",
        option(found.tag.as_ref()),
        found.uid,
        option(found.min),
        option(found.max),
        option(found.count),
        option(found.all.as_ref().map(sequence_set)),
        option(found.modseq),
    );
    if let Some(mailbox) = &found.mailbox {
        let validity = option(found.uid_validity.map(UidValidity::get));
        let _ = write!(text, " in {:?} of {validity}", mailbox.as_str());
    }
    let ascending = found.runs.is_sorted() && found.runs.iter().all(|(a, b)| a <= b);
    if found.partial || !ascending {
        let kind = if found.partial { "partial" } else { "order" };
        let _ = write!(text, " {kind} {:?}", found.runs);
    }
    text
}

fn option<T: std::fmt::Debug>(value: Option<T>) -> String {
    value.map_or_else(|| "-".into(), |value| format!("{value:?}"))
}

fn of_status(status: &MailboxStatus) -> String {
    let MailboxStatus {
        messages,
        recent,
        unseen,
        deleted,
        uid_next,
        uid_validity,
        highest_modseq,
        mailbox_id,
        size,
        append_limit,
    } = status;
    let mut text = String::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(text, " {name} {value}");
        }
    };
    add("messages", messages.map(|n| n.to_string()));
    add("recent", recent.map(|n| n.to_string()));
    add("unseen", unseen.map(|n| n.to_string()));
    add("deleted", deleted.map(|n| n.to_string()));
    add("uidnext", uid_next.map(|n| n.get().to_string()));
    add("uidvalidity", uid_validity.map(|n| n.get().to_string()));
    add("modseq", highest_modseq.map(|n| n.get().to_string()));
    add("id", mailbox_id.clone());
    add("size", size.map(|n| n.to_string()));
    add("limit", append_limit.map(|n| n.to_string()));
    text
}

fn of_fetched(fetched: &Fetched) -> String {
    let mut text = String::new();
    if let Some(uid) = fetched.uid {
        let _ = write!(text, " uid {}", uid.get());
    }
    if let Some(flags) = &fetched.flags {
        let named = [
            (flags.seen, "seen"),
            (flags.answered, "answered"),
            (flags.flagged, "flagged"),
            (flags.deleted, "deleted"),
            (flags.draft, "draft"),
        ];
        let mut words: Vec<&str> = named
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, name)| *name)
            .collect();
        words.extend(flags.keywords.iter().map(String::as_str));
        let _ = write!(text, " flags [{}]", words.join(" "));
    }
    if let Some(modseq) = fetched.modseq {
        let _ = write!(text, " modseq {}", modseq.get());
    }
    if let Some(date) = fetched.internal_date {
        let _ = write!(text, " date {date}");
    }
    if let Some(size) = fetched.size {
        let _ = write!(text, " size {size}");
    }
    if let Some(id) = &fetched.email_id {
        let _ = write!(text, " email {id}");
    }
    if let Some(id) = &fetched.thread_id {
        let _ = write!(text, " thread {id}");
    }
    for section in &fetched.sections {
        let octets = section
            .octets
            .as_deref()
            .map(|octets| octets.escape_ascii().to_string());
        let _ = write!(text, " [{}]", section.section);
        if let Some(origin) = section.origin {
            let _ = write!(text, "<{origin}>");
        }
        let _ = write!(text, " {}", option(octets));
    }
    match &fetched.structure {
        Some(Structure::Known(part)) => {
            let _ = write!(text, " structure {}", of_part(part));
        }
        Some(Structure::Opaque) => text.push_str(" structure opaque"),
        None => {}
    }
    if fetched.damaged {
        text.push_str(" damaged");
    }
    text
}

fn of_part(part: &Part) -> String {
    let mut text = format!(
        "{{{} {}",
        if part.section.is_empty() {
            "-"
        } else {
            &part.section
        },
        part.media_type
    );
    for (name, value) in &part.parameters {
        let _ = write!(text, " {name}={value:?}");
    }
    if let Some(id) = &part.id {
        let _ = write!(text, " id {id}");
    }
    if let Some(description) = &part.description {
        let _ = write!(text, " about {description:?}");
    }
    if part.encoding != TransferEncoding::SevenBit {
        let _ = write!(text, " {:?}", part.encoding);
    }
    if part.size != 0 {
        let _ = write!(text, " {}", part.size);
    }
    if let Some(disposition) = &part.disposition {
        let _ = write!(text, " {}", disposition.kind);
        for (name, value) in &disposition.parameters {
            let _ = write!(text, " {name}={value:?}");
        }
    }
    if let Some(location) = &part.location {
        let _ = write!(text, " at {location:?}");
    }
    if let Some(subject) = &part.subject {
        let _ = write!(text, " subject {subject:?}");
    }
    for child in &part.children {
        let _ = write!(text, " {}", of_part(child));
    }
    text.push('}');
    text
}
