use super::*;
use crate::wbxml::{FaultKind, HEADER, Writer, air_sync, air_sync_base, compose_mail, email};

fn view(write: impl FnOnce(&mut Writer)) -> (Vec<u8>, String) {
    let mut writer = Writer::ungated();
    write(&mut writer);
    let bytes = writer.into_bytes();
    let xml = to_xml(&bytes).unwrap();
    assert_eq!(from_xml(&xml).as_deref(), Ok(&*bytes), "{xml}");
    let pretty = to_pretty_xml(&bytes).unwrap();
    assert_eq!(from_xml(&pretty).as_deref(), Ok(&*bytes), "{pretty}");
    (bytes, xml)
}

#[test]
fn namespaces_are_declared_where_they_change() {
    let (_, xml) = view(|w| {
        w.start(air_sync::SYNC);
        w.text(air_sync::SYNC_KEY, "1");
        w.start(air_sync_base::BODY);
        w.text(air_sync_base::TYPE, "2");
        w.empty(air_sync::STATUS);
        w.end();
        w.boolean(email::READ, true);
        w.end();
    });
    assert_eq!(
        xml,
        "<Sync xmlns=\"AirSync\"><SyncKey>1</SyncKey><Body xmlns=\"AirSyncBase\"><Type>2</Type>\
         <Status xmlns=\"AirSync\"/></Body><Read xmlns=\"Email\">1</Read></Sync>"
    );
}

#[test]
fn values_keep_their_bytes_and_their_form() {
    for (tag, opaque, value, expected) in [
        (
            email::SUBJECT,
            false,
            &b"a<b>&amp;]]>"[..],
            "a&lt;b&gt;&amp;amp;]]&gt;",
        ),
        (email::SUBJECT, false, b"a\r\n\tb", "a&#13;\n\tb"),
        (email::SUBJECT, false, b" ", "<?string?> "),
        (
            email::SUBJECT,
            false,
            "Ünï\u{1F4E7}".as_bytes(),
            "Ünï\u{1F4E7}",
        ),
        (email::SUBJECT, true, b"plain", "<?opaque?>plain"),
        (email::SUBJECT, true, b"\r\n", "<?opaque?>&#13;\n"),
        (email::SUBJECT, true, b"", "<?opaque?>"),
        (email::SUBJECT, true, b"\xFF\0", "<?opaque base64?>/wA="),
        (compose_mail::MIME, true, b"\xFF\0", "/wA="),
        (compose_mail::MIME, true, b"", "<?opaque?>"),
        (compose_mail::MIME, false, b"From: ", "<?string?>From: "),
        (compose_mail::MIME, false, b"\t", "<?string?>\t"),
    ] {
        let (_, xml) = view(|w| {
            w.start(tag);
            if opaque {
                w.start_opaque(u32::try_from(value.len()).unwrap());
                w.opaque_piece(value);
            } else {
                w.start_text();
                w.text_piece(std::str::from_utf8(value).unwrap());
                w.end_text();
            }
            w.end();
        });
        let inside = xml.split_once('>').unwrap().1.rsplit_once("</").unwrap().0;
        assert_eq!(inside, expected);
    }
}

#[test]
fn several_values_and_values_among_elements_survive() {
    view(|w| {
        w.start(compose_mail::MIME);
        w.start_opaque(1);
        w.opaque_piece(b"a");
        w.start_opaque(2);
        w.opaque_piece(b"\0b");
        w.start_text();
        w.text_piece("c");
        w.end_text();
        w.empty(email::SUBJECT);
        w.start_text();
        w.text_piece(" ");
        w.end_text();
        w.start_opaque(0);
        w.end();
    });
}

/// T6: what has no name is shown and can be written.
#[test]
fn t6_unknown_elements_are_visible_and_survive() {
    let (bytes, xml) = view(|w| {
        w.start(air_sync::SYNC);
        w.start(super::super::Tag::new(0, 0x3F));
        w.text(super::super::Tag::new(99, 0x05), "x");
        w.empty(email::READ);
        w.end();
        w.empty(air_sync::STATUS);
        w.end();
    });
    assert_eq!(
        xml,
        "<Sync xmlns=\"AirSync\"><unknown-0-0x3f><unknown-99-0x05>x</unknown-99-0x05>\
         <Read xmlns=\"Email\"/></unknown-0-0x3f><Status/></Sync>"
    );
    assert!(bytes.ends_with(&[0, 2, 0x15, 1, 0, 0, 0x0E, 1]));
    let root = [&HEADER[..], &[0x00, 0x63, 0x05]].concat();
    assert_eq!(to_xml(&root).as_deref(), Ok("<unknown-99-0x05/>"));
    assert_eq!(from_xml("<unknown-99-0x05/>"), Ok(root));
}

#[test]
fn characters_xml_cannot_say_are_shown_replaced() {
    let bytes = [&HEADER[..], b"\x45\x03a\x01\xEF\xBF\xBEb\0\x01"].concat();
    let xml = to_xml(&bytes).unwrap();
    assert_eq!(xml, "<Sync xmlns=\"AirSync\">a\u{fffd}\u{fffd}b</Sync>");
}

#[test]
fn pretty_is_an_element_a_line() {
    let (bytes, _) = view(|w| {
        w.start(air_sync::SYNC);
        w.text(air_sync::SYNC_KEY, "1");
        w.start(air_sync::COLLECTIONS);
        w.empty(air_sync::COLLECTION);
        w.end();
        w.end();
    });
    assert_eq!(
        to_pretty_xml(&bytes).unwrap(),
        "<Sync xmlns=\"AirSync\">\n  <SyncKey>1</SyncKey>\n  <Collections>\n    <Collection/>\n  \
         </Collections>\n</Sync>\n"
    );
}

/// A document cut off is shown as far as it goes.
#[test]
fn a_fault_comes_with_what_was_read() {
    let bytes = [&HEADER[..], b"\x45\x4B\x031\0\x01\x52\x03x"].concat();
    let (fault, xml) = to_pretty_xml(&bytes).unwrap_err();
    assert_eq!((fault.offset, fault.kind), (13, FaultKind::Truncated));
    assert_eq!(
        xml,
        "<Sync xmlns=\"AirSync\">\n  <SyncKey>1</SyncKey>\n  <CollectionId>"
    );
}

#[test]
fn namespaces_may_be_declared_in_any_way() {
    let expected = from_xml("<Sync xmlns=\"AirSync\"><Read xmlns=\"Email\">1</Read></Sync>");
    for xml in [
        "<Sync xmlns='AirSync' xmlns:e='Email'><e:Read>1</e:Read></Sync>",
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- - --><Sync xmlns=\"AirSync:\">\r\n\
         <Read xmlns=\"Email:\">1</Read> </Sync>\n",
        "\u{feff}<a:Sync xmlns:a='AirSync' xml:lang='de'><Read xmlns='Email'>&#x31;</Read></a:Sync>",
        "<Sync xmlns='AirSync'><Read xmlns='Email'><![CDATA[1]]></Read></Sync>",
    ] {
        assert_eq!(from_xml(xml), expected, "{xml}");
        assert!(expected.is_ok());
    }
}

#[test]
fn faults_of_an_xml_text_name_their_place() {
    use XmlFaultKind::{
        Attribute, Base64, Depth, DocType, Element, Entity, Namespace, NoNamespace, NoRoot,
        Trailing, Truncated,
    };
    let named = |name: &str| name.to_owned();
    for (xml, offset, kind) in [
        ("", 0, NoRoot),
        ("  x", 2, NoRoot),
        ("<Sync/>", 0, NoNamespace(named("Sync"))),
        ("<a:Sync/>", 0, NoNamespace(named("Sync"))),
        ("<Sync xmlns='AirSink'/>", 0, Namespace(named("AirSink"))),
        (
            "<Sync xmlns='AirSync'><Read/></Sync>",
            22,
            Element {
                namespace: named("AirSync"),
                name: named("Read"),
            },
        ),
        ("<Sync xmlns='AirSync' id='1'/>", 0, Attribute(named("id"))),
        (
            "<Sync xmlns='AirSync'/><Sync xmlns='AirSync'/>",
            23,
            Trailing,
        ),
        ("<Sync xmlns='AirSync'/>x", 23, Trailing),
        ("<Sync xmlns='AirSync'><Add>", 27, Truncated(named("Add"))),
        (
            "<Sync xmlns='AirSync'>&lol;</Sync>",
            22,
            Entity(named("lol")),
        ),
        (
            "<!DOCTYPE a [<!ENTITY lol 'ha'>]><Sync xmlns='AirSync'/>",
            0,
            DocType,
        ),
        ("<Mime xmlns='ComposeMail'>?</Mime>", 27, Base64),
    ] {
        assert_eq!(from_xml(xml), Err(XmlFault { offset, kind }), "{xml}");
    }
    for xml in [
        "<Sync xmlns='AirSync'></Add>",
        "<Sync xmlns='AirSync'>&</Sync>",
        "<Sync xmlns='AirSync'>&#0;</Sync>",
        "<Sync xmlns='AirSync",
        "<Sync xmlns=AirSync/>",
        "<unknown-0-0x04/>",
        "<unknown-0-0x40/>",
        "<unknown-300-0x05/>",
    ] {
        assert!(from_xml(xml).is_err(), "{xml}");
    }
    // T5: no recursion in either direction.
    for depth in [32, 33, 1_000_000] {
        let open = "<Add xmlns='AirSync'>".repeat(depth);
        let kind = if depth > 32 {
            Depth(32)
        } else {
            Truncated(named("Add"))
        };
        let offset = 32 * "<Add xmlns='AirSync'>".len();
        assert_eq!(from_xml(&open), Err(XmlFault { offset, kind }));
    }
}
