use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn packed(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[test]
fn the_worked_sample_reads_and_writes() {
    let line = RequestLine::read("jQAJBARBQkMxAAJTUA==").unwrap();
    let mut expected = RequestLine::new(CommandName::Sync, "ABC1", "SP");
    expected.version = Some(ProtocolVersion::V14_1);
    expected.locale = Some(0x0409);
    assert_eq!(line, expected);
    assert_eq!(
        line.to_base64(ProtocolVersion::V14_1).unwrap(),
        "jQAJBARBQkMxAAJTUA=="
    );
}

#[test]
fn plain_queries_read() {
    let line = RequestLine::read(
        "Cmd=SmartReply&User=EXAMPLE%5Calice&DeviceId=Appl8K&DeviceType=iPhone\
         &CollectionId=m5&ItemId=m5:17&Occurrence=2026-10-19T08:00:00.000Z&SaveInSent=T",
    )
    .unwrap();
    assert_eq!(line.command, CommandName::SmartReply);
    assert_eq!(line.user.as_deref(), Some("EXAMPLE\\alice"));
    assert_eq!(line.collection_id.as_deref(), Some("m5"));
    assert_eq!(line.item_id.as_deref(), Some("m5:17"));
    assert!(line.save_in_sent);
    assert_eq!(line.version, None);
}

#[test]
fn t12_names_in_any_case_and_order() {
    let line = RequestLine::read("deviceTYPE=SP&CMD=foldersync&deviceid=A&&user=&x=%20").unwrap();
    assert_eq!(line, RequestLine::new(CommandName::FolderSync, "A", "SP"));
}

#[test]
fn t12_plain_faults() {
    let long_id = format!("Cmd=Ping&DeviceId={}&DeviceType=SP", "a".repeat(129));
    let long_value = format!(
        "Cmd=Ping&DeviceId=A&DeviceType=SP&LongId={}",
        "a".repeat(1025)
    );
    let long_query = format!("Cmd=Ping&x={}", "a".repeat(MAX_QUERY));
    use Parameter as P;
    for (query, fault) in [
        ("", Fault::Missing(P::Cmd)),
        ("=", Fault::Missing(P::Cmd)),
        ("Cmd=", Fault::Missing(P::Cmd)),
        ("User=a&DeviceId=A&DeviceType=SP", Fault::Missing(P::Cmd)),
        ("User=alice", Fault::Missing(P::DeviceId)),
        ("Cmd=Sync&DeviceType=SP", Fault::Missing(P::DeviceId)),
        (
            "Cmd=Sync&DeviceId=&DeviceType=SP",
            Fault::Missing(P::DeviceId),
        ),
        ("Cmd=Sync&DeviceId=A", Fault::Missing(P::DeviceType)),
        (
            "Cmd=Sync&DeviceId=A&DeviceType=",
            Fault::Missing(P::DeviceType),
        ),
        (
            "Cmd=CreateCollection&DeviceId=A&DeviceType=SP",
            Fault::UnknownCommand,
        ),
        (
            "Cmd=Sync%00&DeviceId=A&DeviceType=SP",
            Fault::UnknownCommand,
        ),
        (
            "Cmd=Sync&cmd=Ping&DeviceId=A&DeviceType=SP",
            Fault::Repeated(P::Cmd),
        ),
        (
            "Cmd=Sync&DeviceId=A&DeviceId=A&DeviceType=SP",
            Fault::Repeated(P::DeviceId),
        ),
        (
            "Cmd=Sync&DeviceId=A&%44eviceId=B&DeviceType=SP",
            Fault::Repeated(P::DeviceId),
        ),
        (
            "Cmd=Sync&DeviceId=A&DeviceType=SP&User=&User=b",
            Fault::Repeated(P::User),
        ),
        (
            "Cmd=Sync&DeviceId=A&DeviceType=SP&SaveInSent=T&SaveInSent=F",
            Fault::Repeated(P::SaveInSent),
        ),
        (
            "Cmd=Sync&DeviceId=A&DeviceType=SP&SaveInSent=yes",
            Fault::BadValue(P::SaveInSent),
        ),
        (
            "Cmd=Sync&DeviceId=A&DeviceType=SP&ItemId=%0d%0aX",
            Fault::NotText(P::ItemId),
        ),
        (
            "Cmd=Sync&DeviceId=A&DeviceType=S%00P",
            Fault::NotText(P::DeviceType),
        ),
        (
            "Cmd=Sync&DeviceId=A&DeviceType=SP&ItemId=%FF",
            Fault::NotText(P::ItemId),
        ),
        ("Cmd=Sync&DeviceId=%4&DeviceType=SP", Fault::Percent),
        ("Cmd=Sync&DeviceId=A%&DeviceType=SP", Fault::Percent),
        ("Cmd=Sync&DeviceId=%zz&DeviceType=SP", Fault::Percent),
        ("Cmd=Sync&DeviceId=A&DeviceType=SP&x=%zz", Fault::Percent),
        (&long_id, Fault::TooLong(P::DeviceId, MAX_DEVICE_ID)),
        (&long_value, Fault::TooLong(P::LongId, MAX_VALUE)),
        (&long_query, Fault::QueryTooLong(long_query.len())),
    ] {
        assert_eq!(RequestLine::read(query), Err(fault), "{query}");
    }
}

#[test]
fn t12_packed_faults() {
    use Parameter as P;
    let head = [141, 0, 9, 4, 1, b'A', 0, 2, b'S', b'P'];
    let with = |tail: &[u8]| [&head[..], tail].concat();
    for (name, bytes, fault) in [
        (
            "version 2.5 has no packed form",
            vec![25],
            Fault::Version(25),
        ),
        ("version 14.2", vec![142, 0], Fault::Version(142)),
        ("no command", vec![141], Fault::Truncated),
        ("MoveCollection", vec![141, 8, 9, 4], Fault::UnknownCommand),
        ("command 24", vec![141, 24, 9, 4], Fault::UnknownCommand),
        ("half a locale", vec![141, 0, 9], Fault::Truncated),
        (
            "no device id",
            vec![141, 0, 9, 4, 0, 0, 2, b'S', b'P'],
            Fault::Missing(P::DeviceId),
        ),
        (
            "device id past the end",
            vec![141, 0, 9, 4, 5, b'A'],
            Fault::Truncated,
        ),
        (
            "policy key of 3",
            vec![141, 0, 9, 4, 1, b'A', 3, 1, 2, 3, 1, b'S'],
            Fault::BadValue(P::PolicyKey),
        ),
        (
            "policy key of 5",
            vec![141, 0, 9, 4, 1, b'A', 5, 1, 2, 3, 4, 5, 1, b'S'],
            Fault::BadValue(P::PolicyKey),
        ),
        (
            "no device type",
            vec![141, 0, 9, 4, 1, b'A', 0],
            Fault::Truncated,
        ),
        (
            "empty device type",
            vec![141, 0, 9, 4, 1, b'A', 0, 0],
            Fault::Missing(P::DeviceType),
        ),
        ("a lone tag", with(&[1]), Fault::Truncated),
        (
            "a value past the end",
            with(&[1, 9, b'x']),
            Fault::Truncated,
        ),
        (
            "repeated",
            with(&[1, 1, b'x', 1, 1, b'x']),
            Fault::Repeated(P::CollectionId),
        ),
        (
            "options twice",
            with(&[7, 1, 1, 7, 1, 2]),
            Fault::Repeated(P::Options),
        ),
        (
            "options of two bytes",
            with(&[7, 2, 1, 1]),
            Fault::BadValue(P::Options),
        ),
        (
            "options of none",
            with(&[7, 0]),
            Fault::BadValue(P::Options),
        ),
        (
            "control character",
            with(&[3, 2, b'a', 0]),
            Fault::NotText(P::ItemId),
        ),
    ] {
        assert_eq!(RequestLine::read(&packed(&bytes)), Err(fault), "{name}");
    }
    for query in [
        "jQAJBARBQkMxAAJTUA===",
        "jQAJ*ARBQkMxAAJTUA",
        "jQAJBARBQkMxAAJTU",
        "%zz",
    ] {
        assert!(RequestLine::read(query).is_err(), "{query}");
    }
}

#[test]
fn t12_padding_and_alphabets() {
    // A device type of 0xFB 0xFF-like digits makes `+` and `/` appear.
    let bytes = [141, 18, 9, 4, 3, 0xFB, 0xEF, 0xBE, 0, 3, b'?', b'>', b'~'];
    let standard = packed(&bytes);
    assert!(
        standard.contains('+') && standard.ends_with("=="),
        "{standard}"
    );
    let url_safe = URL_SAFE_NO_PAD.encode(bytes);
    assert!(url_safe.contains('-'), "{url_safe}");
    let expected = RequestLine::read(&standard).unwrap();
    assert_eq!(expected.device_id, "FBEFBE");
    for query in [
        url_safe.clone(),
        standard.trim_end_matches('=').to_owned(),
        standard.replace('=', "%3D"),
        standard
            .replace('=', "%3d")
            .replace('+', "%2B")
            .replace('/', "%2f"),
        format!("{}=%3d", standard.trim_end_matches('=')),
        format!("{}=", standard.trim_end_matches('=')),
    ] {
        assert_eq!(RequestLine::read(&query).as_ref(), Ok(&expected), "{query}");
    }
}

#[test]
fn t12_users_in_latin_1_are_read_alike_in_both_forms() {
    let plain = RequestLine::read("Cmd=Sync&User=j%FCrgen&DeviceId=A&DeviceType=SP").unwrap();
    let mut bytes = vec![141, 0, 9, 4, 1, b'A', 0, 2, b'S', b'P', 8, 6];
    bytes.extend_from_slice(b"j\xFCrgen");
    let packed = RequestLine::read(&packed(&bytes)).unwrap();
    assert_eq!(plain.user.as_deref(), Some("jürgen"));
    assert_eq!(plain.user, packed.user);
}

#[test]
fn every_command_has_one_code_and_one_name() {
    assert_eq!(CommandName::ALL.len(), 21);
    for command in CommandName::ALL {
        assert_eq!(CommandName::from_code(command.code()), Some(*command));
        assert_eq!(
            CommandName::from_name(command.as_str().to_ascii_uppercase().as_bytes()),
            Some(*command)
        );
    }
    assert_eq!(CommandName::from_code(6), None);
}

fn any_text() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[ -~äß€&=%+/]{1,40}").unwrap()
}

fn any_line() -> impl Strategy<Value = RequestLine> {
    let optional = || proptest::option::of(any_text());
    (
        (
            proptest::sample::select(CommandName::ALL),
            optional(),
            proptest::string::string_regex("[ -~]{1,40}").unwrap(),
            any_text(),
            proptest::option::of(any::<u32>()),
            any::<u16>(),
        ),
        (
            optional(),
            optional(),
            optional(),
            optional(),
            optional(),
            any::<bool>(),
            any::<bool>(),
        ),
    )
        .prop_map(
            |(
                (command, user, device_id, device_type, policy_key, locale),
                (attachment, collection, item, long, occurrence, save_in_sent, accept_multipart),
            )| RequestLine {
                command,
                user,
                device_id,
                device_type,
                version: Some(ProtocolVersion::V16_1),
                policy_key,
                locale: Some(locale),
                attachment_name: attachment,
                collection_id: collection,
                item_id: item,
                long_id: long,
                occurrence,
                save_in_sent,
                accept_multipart,
            },
        )
}

proptest! {
    /// T12: both forms say the same, and nothing is lost in either.
    #[test]
    fn t12_plain_and_base64_are_equivalent(line in any_line()) {
        let packed = RequestLine::read(&line.to_base64(ProtocolVersion::V16_1).unwrap());
        prop_assert_eq!(packed.as_ref(), Ok(&line));
        let mut plain = RequestLine::read(&line.to_plain()).unwrap();
        // What travels in headers beside the plain form.
        plain.version = line.version;
        plain.policy_key = line.policy_key;
        plain.locale = line.locale;
        plain.accept_multipart = line.accept_multipart;
        prop_assert_eq!(plain, line);
    }

    /// T12: any bytes end in a line or a fault, and a faulty value is faulty in both forms.
    #[test]
    fn t12_raw_values_are_judged_alike(id in proptest::collection::vec(any::<u8>(), 0..140),
                                       item in proptest::collection::vec(any::<u8>(), 0..255)) {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("%{b:02x}")).collect::<String>();
        let plain = RequestLine::read(&format!(
            "Cmd=Sync&DeviceId={}&DeviceType=SP&ItemId={}", hex(&id), hex(&item)));
        let mut bytes = vec![161, 0, 9, 4, u8::try_from(id.len()).unwrap()];
        bytes.extend_from_slice(&id);
        bytes.extend_from_slice(&[0, 2, b'S', b'P', 3, u8::try_from(item.len()).unwrap()]);
        bytes.extend_from_slice(&item);
        let packed = RequestLine::read(&packed(&bytes)).map(|mut line| {
            line.version = None;
            line.locale = None;
            line
        });
        prop_assert_eq!(plain, packed);
    }

    #[test]
    fn t12_any_text_ends_in_a_line_or_a_fault(query in "\\PC{0,200}") {
        let _ = RequestLine::read(&query);
    }

    #[test]
    fn t12_any_packed_bytes_end_in_a_line_or_a_fault(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = RequestLine::read(&packed(&bytes));
    }
}
