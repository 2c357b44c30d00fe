//! Any tree survives write and read, in WBXML and in XML; any bytes end in a document or a fault.

use airgate_codec::wbxml::{Event, Reader, Tag, Writer, from_xml, to_pretty_xml, to_xml};
use proptest::prelude::*;

use crate::{wbxml_decode, wbxml_roundtrip};

#[derive(Clone, Debug, Eq, PartialEq)]
enum Content {
    Empty,
    Text(String),
    Opaque(Vec<u8>),
    Children(Vec<Node>),
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Node {
    tag: Tag,
    content: Content,
}

fn any_tag() -> impl Strategy<Value = Tag> {
    let page = prop_oneof![8 => 0u8..=25, 1 => any::<u8>()];
    (page, 0x05u8..=0x3F).prop_map(|(page, token)| Tag::new(page, token))
}

fn any_node() -> impl Strategy<Value = Node> {
    // What XML 1.0 cannot say is left out by the writer, so it is not part of the property.
    let text =
        proptest::string::string_regex("[ -~äß€\u{1F4E7}\u{fffd}\t\r\n<&>\\]]{1,40}").unwrap();
    let leaf = prop_oneof![
        Just(Content::Empty),
        text.prop_map(Content::Text),
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(Content::Opaque),
        "[a-z ]{1,8}".prop_map(|text| Content::Opaque(text.into_bytes())),
    ];
    let leaf = (any_tag(), leaf).prop_map(|(tag, content)| Node { tag, content });
    leaf.prop_recursive(8, 64, 6, |inner| {
        (any_tag(), proptest::collection::vec(inner, 1..6)).prop_map(|(tag, children)| Node {
            tag,
            content: Content::Children(children),
        })
    })
}

fn write(writer: &mut Writer, node: &Node) {
    match &node.content {
        Content::Empty => writer.empty(node.tag),
        Content::Text(text) => writer.text(node.tag, text),
        Content::Opaque(bytes) => writer.opaque(node.tag, bytes),
        Content::Children(children) => {
            writer.start(node.tag);
            for child in children {
                write(writer, child);
            }
            writer.end();
        }
    }
}

fn read(reader: &mut Reader<'_>, tag: Tag) -> Node {
    let mut content = Content::Empty;
    loop {
        match reader.next().unwrap().expect("not at the end") {
            Event::Start(tag) => {
                let child = read(reader, tag);
                match &mut content {
                    Content::Children(children) => children.push(child),
                    _ => content = Content::Children(vec![child]),
                }
            }
            Event::Text(text) => content = Content::Text(text.into_owned()),
            Event::Opaque(bytes) => content = Content::Opaque(bytes.to_vec()),
            Event::End => return Node { tag, content },
        }
    }
}

fn document(node: &Node) -> Vec<u8> {
    let mut writer = Writer::ungated();
    write(&mut writer, node);
    writer.into_bytes()
}

/// Bytes that look like WBXML more often than chance would have it.
fn token_soup() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => (0x05u8..=0x3F).prop_map(|token| vec![token]),
        6 => (0x45u8..=0x7F).prop_map(|token| vec![token]),
        6 => Just(vec![0x01]),
        2 => (0u8..30).prop_map(|page| vec![0x00, page]),
        3 => "[ -~]{0,9}".prop_map(|text| [b"\x03", text.as_bytes(), b"\0"].concat()),
        2 => (0u8..9, proptest::collection::vec(any::<u8>(), 0..9))
            .prop_map(|(length, bytes)| [&[0xC3, length], &bytes[..]].concat()),
        1 => proptest::collection::vec(any::<u8>(), 1..4),
    ];
    proptest::collection::vec(piece, 0..60)
        .prop_map(|pieces| [&[0x03, 0x01, 0x6A, 0x00][..], &pieces.concat()].concat())
}

proptest! {
    #[test]
    fn any_tree_survives_wbxml(node in any_node()) {
        let bytes = document(&node);
        let mut reader = Reader::new(&bytes).unwrap();
        let root = reader.root().unwrap();
        prop_assert_eq!(read(&mut reader, root), node);
        prop_assert!(reader.finish().is_ok());
    }

    #[test]
    fn any_tree_survives_xml(node in any_node()) {
        let bytes = document(&node);
        let xml = to_xml(&bytes).unwrap();
        prop_assert_eq!(from_xml(&xml), Ok(bytes.clone()), "{}", xml);
        let pretty = to_pretty_xml(&bytes).unwrap();
        prop_assert_eq!(from_xml(&pretty), Ok(bytes), "{}", pretty);
    }

    #[test]
    fn t6_any_bytes_end_in_a_document_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        wbxml_decode::run(&bytes);
        wbxml_roundtrip::run(&bytes);
    }

    #[test]
    fn t6_any_tokens_end_in_a_document_or_a_fault(bytes in token_soup()) {
        wbxml_decode::run(&bytes);
        wbxml_roundtrip::run(&bytes);
    }

    #[test]
    fn t6_any_text_ends_in_a_document_or_a_fault(text in "[<>/ =\"'&;?!a-cA-C:x-]{0,80}") {
        wbxml_roundtrip::run(text.as_bytes());
        wbxml_roundtrip::run(format!("<Sync xmlns=\"AirSync\">{text}</Sync>").as_bytes());
    }
}
