//! Any value of every message, such that its bytes fit the schemas.

use airgate_codec::eas::email::{
    Attachment, AttachmentAdd, AttachmentChange, Body, BodyChange, BodyPart, BodyType, Email,
    EmailChange, FollowUp, MeetingRequest,
};
use airgate_codec::eas::{
    BodyPreference, Class, GalEntry, Location, Moment, Picture, PictureLimits, Range, Raw,
    RawEvent, Recurrence, compose_mail, find, folder_create, folder_delete, folder_sync,
    folder_update, get_item_estimate, item_operations, meeting_response, move_items, ping,
    provision, resolve_recipients, search, settings, sync, validate_cert,
};
use airgate_codec::wbxml::{calendar, contacts, contacts2, email as email_tags};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) fn text() -> impl Strategy<Value = String> {
    "[ -~ä-üЀ-џ一-丏\u{1F600}-\u{1F610}\t\n]{0,16}"
}

/// An id: never empty, at most 64 characters.
pub(crate) fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9:{}-]{1,20}"
}

fn status() -> impl Strategy<Value = u16> {
    1u16..=184
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn moment() -> impl Strategy<Value = Moment> {
    (-62_135_596_800_000i64..=253_402_300_799_999).prop_map(Moment)
}

/// A moment the compact form can say.
fn second() -> impl Strategy<Value = Moment> {
    moment().prop_map(|moment| Moment(moment.0.div_euclid(1000) * 1000))
}

fn class() -> impl Strategy<Value = Class> {
    select(Class::ALL.to_vec())
}

fn body_type() -> impl Strategy<Value = BodyType> {
    select(vec![
        BodyType::Plain,
        BodyType::Html,
        BodyType::Rtf,
        BodyType::Mime,
    ])
}

prop_compose! {
    fn preference()(kind in body_type(), truncation_size in of(any::<u32>()),
        all_or_none in any::<bool>(), preview in of(0u32..=255)) -> BodyPreference {
        BodyPreference { kind, truncation_size, all_or_none, preview }
    }
}

fn preferences() -> impl Strategy<Value = Vec<BodyPreference>> {
    vec(preference(), 0..4)
}

/// A preview and a part never meet.
pub(crate) fn body() -> BoxedStrategy<Body> {
    (
        body_type(),
        0..=u64::from(u32::MAX),
        any::<bool>(),
        of(text()),
        of(text()),
        of(any::<u32>().prop_map(|part| part / 2)),
    )
        .prop_map(
            |(kind, estimated_size, truncated, data, preview, part)| Body {
                kind,
                estimated_size,
                truncated,
                data,
                preview: if part.is_some() { None } else { preview },
                part,
            },
        )
        .boxed()
}

prop_compose! {
    fn attachment()(display_name in text(), file_reference in id(), method in 1u8..=6,
        estimated_size in 0..=u64::from(u32::MAX), content_id in of(text()),
        content_location in of(text()), is_inline in any::<bool>()) -> Attachment {
        Attachment { display_name, file_reference, client_id: None, method, estimated_size,
            content_id, content_location, is_inline }
    }
}

/// A set flag, or a cleared one, which holds nothing else.
fn follow_up() -> BoxedStrategy<FollowUp> {
    let dates = (
        (of(moment()), of(moment()), of(moment()), of(moment())),
        (of(moment()), of(moment()), of(moment()), of(moment())),
    );
    (
        0u8..=2,
        of(text()),
        dates,
        of(any::<bool>()),
        of(text()),
        of(text()),
    )
        .prop_map(
            |(status, flag_type, (first, second), reminder_set, subject, sub_ordinal_date)| {
                if status == 0 {
                    return FollowUp::default();
                }
                FollowUp {
                    status,
                    flag_type,
                    complete_time: first.0,
                    date_completed: first.1,
                    start_date: first.2,
                    due_date: first.3,
                    utc_start_date: second.0,
                    utc_due_date: second.1,
                    reminder_set,
                    reminder_time: second.2,
                    subject,
                    ordinal_date: second.3,
                    sub_ordinal_date,
                }
            },
        )
        .boxed()
}

fn recurrence() -> BoxedStrategy<Recurrence> {
    let when = (0u8..=6, 1u16..1000, of(second()), of(1u16..1000));
    let days = (of(1u8..=5), of(1u8..=31), of(1u8..=127), of(1u8..=12));
    let calendar = (of(0u8..=20), of(any::<bool>()), of(0u8..=6));
    (when, days, calendar)
        .prop_map(|(when, days, calendar)| Recurrence {
            kind: when.0,
            interval: Some(when.1),
            until: when.2,
            occurrences: when.3,
            week_of_month: days.0,
            day_of_month: days.1,
            day_of_week: days.2,
            month_of_year: days.3,
            calendar_type: calendar.0,
            is_leap_month: calendar.1,
            first_day_of_week: calendar.2,
        })
        .boxed()
}

/// A meeting as 16.1 has it.
fn meeting_request() -> BoxedStrategy<MeetingRequest> {
    let when = (of(moment()), moment(), of(moment()), of(moment()));
    let what = (
        of(any::<bool>()),
        of(0u8..=3),
        of(text()),
        of(text()),
        of(any::<u16>()),
        of(any::<bool>()),
    );
    let rest = (
        of(recurrence()),
        of(0u8..=3),
        of(0u8..=3),
        octets(),
        of(any::<bool>()),
        of(0u8..=6),
    );
    (when, what, rest, (id(), of(second())))
        .prop_map(|(when, what, rest, newer)| MeetingRequest {
            all_day: what.0,
            start: when.0,
            stamp: when.1,
            end: when.2,
            instance_type: what.1,
            location: what.2.map(|name| Location {
                latitude: Some("52.5".into()),
                ..Location::named(name)
            }),
            organizer: what.3,
            recurrence_id: when.3,
            reminder: what.4,
            response_requested: what.5,
            recurrence: rest.0,
            sensitivity: rest.1,
            busy_status: rest.2,
            time_zone: rest.3,
            global_object_id: None,
            disallow_new_time_proposal: rest.4,
            message_type: rest.5,
            proposed_start: newer.1,
            proposed_end: newer.1,
            uid: Some(newer.0),
            forwardees: Vec::new(),
        })
        .boxed()
}

/// A message with at least a subject, by which it is known as one.
pub(crate) fn email() -> BoxedStrategy<Email> {
    let people = (
        of(text()),
        of(text()),
        of(text()),
        of(text()),
        of(text()),
        of(text()),
    );
    let head = (
        text(),
        of(text()),
        of(moment()),
        of(text()),
        of(0u8..=2),
        of(any::<bool>()),
        of(follow_up()),
        of(vec(text(), 0..3)),
    );
    let kind = (
        of(text()),
        of(text()),
        of(any::<u32>()),
        of(octets()),
        of(octets()),
        of(meeting_request().prop_map(Box::new)),
    );
    let verb = (
        of(0u8..=3),
        of(moment()),
        of(any::<bool>()),
        of(any::<bool>()),
    );
    let part = (body(), any::<bool>()).prop_map(|(body, too_large)| BodyPart {
        too_large,
        body: Body { part: None, ..body },
    });
    let content = (
        of(body()),
        of(part),
        vec(attachment(), 0..3),
        of(body_type()),
    );
    (people, head, kind, verb, content)
        .prop_map(|(people, head, kind, verb, content)| Email {
            to: people.0,
            cc: people.1,
            bcc: people.2,
            from: people.3,
            reply_to: people.4,
            sender: people.5,
            subject: Some(head.0),
            thread_topic: head.1,
            date_received: head.2,
            display_to: head.3,
            importance: head.4,
            read: head.5,
            flag: head.6,
            categories: head.7,
            message_class: kind.0,
            content_class: kind.1,
            meeting_request: kind.5,
            internet_cpid: kind.2,
            conversation_id: kind.3,
            conversation_index: kind.4,
            last_verb: verb.0,
            last_verb_time: verb.1,
            received_as_bcc: verb.2,
            is_draft: verb.3,
            body: content.0,
            body_part: content.1,
            attachments: content.2,
            native_body_type: content.3,
        })
        .boxed()
}

/// Content of another class.
fn raw() -> impl Strategy<Value = Raw> {
    let property = (
        select(vec![
            contacts::FILE_AS,
            contacts::FIRST_NAME,
            contacts2::NICK_NAME,
        ]),
        text(),
    );
    vec(property, 1..4).prop_map(|properties| {
        let mut events = Vec::new();
        for (tag, value) in properties {
            events.push(RawEvent::Start(tag));
            if !value.is_empty() {
                events.push(RawEvent::Text(value));
            }
            events.push(RawEvent::End);
        }
        Raw::new(events)
    })
}

fn item_data() -> BoxedStrategy<sync::ItemData> {
    prop_oneof![
        email().prop_map(|email| sync::ItemData::Email(Box::new(email))),
        raw().prop_map(sync::ItemData::Other),
    ]
    .boxed()
}

fn attachment_change() -> impl Strategy<Value = AttachmentChange> {
    let add = (
        (id(), 1u8..=5, octets(), text()),
        (text(), of(text()), of(text()), any::<bool>()),
    )
        .prop_map(|(first, second)| {
            AttachmentChange::Add(AttachmentAdd {
                client_id: first.0,
                method: first.1,
                content: first.2,
                display_name: first.3,
                content_type: Some(second.0),
                content_id: second.1,
                content_location: second.2,
                is_inline: second.3,
            })
        });
    prop_oneof![
        add,
        id().prop_map(|file_reference| AttachmentChange::Delete { file_reference }),
    ]
}

fn email_change() -> BoxedStrategy<EmailChange> {
    let flags = (of(any::<bool>()), of(follow_up()), of(vec(text(), 0..3)));
    let people = (of(text()), of(text()), of(text()), of(text()), of(text()));
    (
        flags,
        people,
        text(),
        of(0u8..=2),
        of((body_type(), octets(), any::<bool>())),
        vec(attachment_change(), 0..3),
    )
        .prop_map(
            |(flags, people, subject, importance, body, attachments)| EmailChange {
                read: flags.0,
                flag: flags.1,
                categories: flags.2,
                to: people.0,
                cc: people.1,
                bcc: people.2,
                reply_to: people.3,
                from: people.4,
                subject: Some(subject),
                importance,
                body: body.map(|(kind, data, truncated)| BodyChange {
                    kind,
                    data,
                    truncated,
                }),
                attachments,
                others: Vec::new(),
            },
        )
        .boxed()
}

fn options() -> BoxedStrategy<sync::Options> {
    (
        (
            of(class()),
            of(0u8..=8),
            preferences(),
            vec(preference(), 0..2),
        ),
        (
            of(0u8..=1),
            of(0u8..=2),
            of(0u8..=8),
            of(1u32..1000),
            of(any::<bool>()),
        ),
    )
        .prop_map(|(first, second)| sync::Options {
            class: first.0,
            filter_type: first.1,
            truncation: None,
            body_preferences: first.2,
            body_part_preferences: first.3,
            conflict: second.0,
            mime_support: second.1,
            mime_truncation: second.2,
            max_items: second.3,
            rights_management: second.4,
        })
        .prop_filter("an empty Options is none", |options| {
            *options != sync::Options::default()
        })
        .boxed()
}

fn application_data() -> impl Strategy<Value = sync::ApplicationData> {
    prop_oneof![
        email_change().prop_map(|change| sync::ApplicationData::Email(Box::new(change))),
        raw().prop_map(sync::ApplicationData::Other),
    ]
}

fn command() -> BoxedStrategy<sync::Command> {
    use sync::Command;
    prop_oneof![
        (of(class()), id(), application_data(), any::<bool>()).prop_map(
            |(class, client_id, data, send)| Command::Add {
                class,
                client_id,
                data,
                send
            }
        ),
        (id(), of(id()), application_data(), any::<bool>()).prop_map(
            |(server_id, instance_id, data, send)| Command::Change {
                server_id,
                instance_id,
                data,
                send
            }
        ),
        (id(), of(id())).prop_map(|(server_id, instance_id)| Command::Delete {
            server_id,
            instance_id
        }),
        id().prop_map(|server_id| Command::Fetch { server_id }),
    ]
    .boxed()
}

fn supported() -> impl Strategy<Value = Vec<airgate_codec::wbxml::Tag>> {
    vec(
        select(vec![
            contacts::FILE_AS,
            contacts::PICTURE,
            contacts2::NICK_NAME,
            calendar::SENSITIVITY,
        ]),
        0..4,
    )
}

/// A collection whose Options, if any, are not empty: the schema has no empty ones.
fn collection() -> impl Strategy<Value = sync::Collection> {
    (
        (id(), id(), of(supported()), of(any::<bool>())),
        (of(any::<bool>()), of(0u32..=512), of(any::<bool>())),
        of(vec(options(), 1..=2)),
        vec(command(), 0..4),
    )
        .prop_map(|(first, second, options, commands)| sync::Collection {
            class: None,
            sync_key: Some(first.0),
            collection_id: first.1,
            supported: first.2,
            deletes_as_moves: first.3,
            get_changes: second.0,
            window_size: second.1,
            conversation_mode: second.2,
            options,
            commands,
        })
}

prop_compose! {
    pub(crate) fn sync_request()(collections in of(vec(collection(), 1..3)), wait in of(1u32..=59),
        heartbeat in of(60u32..=900), window_size in of(0u32..=512), partial in any::<bool>())
        -> sync::Request {
        sync::Request { collections, wait, heartbeat, window_size, partial }
    }
}

fn item_response() -> BoxedStrategy<sync::ItemResponse> {
    use sync::ItemResponse;
    prop_oneof![
        (of(class()), id(), of(id()), status(), of(item_data())).prop_map(
            |(class, client_id, server_id, status, data)| ItemResponse::Add {
                class,
                client_id,
                server_id,
                status,
                data
            }
        ),
        (of(class()), id(), of(id()), status()).prop_map(
            |(class, server_id, instance_id, status)| ItemResponse::Change {
                class,
                server_id,
                instance_id,
                status,
                data: None
            }
        ),
        (id(), of(id()), status()).prop_map(|(server_id, instance_id, status)| {
            ItemResponse::Delete {
                server_id,
                instance_id,
                status,
            }
        }),
        (id(), status(), of(item_data())).prop_map(|(server_id, status, data)| {
            // The schema knows no BodyPart here, Exchange sends none.
            let data = data.map(|data| match data {
                sync::ItemData::Email(email) => {
                    let body_part = None;
                    sync::ItemData::Email(Box::new(Email {
                        body_part,
                        ..*email
                    }))
                }
                other @ sync::ItemData::Other(_) => other,
            });
            ItemResponse::Fetch {
                server_id,
                status,
                data,
            }
        }),
    ]
    .prop_map(|response| match response {
        ItemResponse::Add {
            class,
            client_id,
            server_id,
            status,
            data: Some(sync::ItemData::Email(email)),
        } => ItemResponse::Add {
            class,
            client_id,
            server_id,
            status,
            data: Some(sync::ItemData::Email(Box::new(Email {
                body_part: None,
                ..*email
            }))),
        },
        other => other,
    })
    .boxed()
}

fn server_command() -> BoxedStrategy<sync::ServerCommand> {
    use sync::ServerCommand;
    prop_oneof![
        (id(), item_data()).prop_map(|(server_id, data)| ServerCommand::Add { server_id, data }),
        (id(), item_data()).prop_map(|(server_id, data)| ServerCommand::Change { server_id, data }),
        id().prop_map(|server_id| ServerCommand::Delete { server_id }),
        id().prop_map(|server_id| ServerCommand::SoftDelete { server_id }),
    ]
    .boxed()
}

pub(crate) fn sync_response() -> impl Strategy<Value = sync::Response> {
    let collection = (
        (id(), id(), status(), any::<bool>()),
        vec(item_response(), 0..4),
        vec(server_command(), 0..4),
    )
        .prop_map(|(head, responses, commands)| sync::CollectionResponse {
            head: sync::CollectionHead {
                class: None,
                sync_key: head.0,
                collection_id: head.1,
                status: head.2,
                more_available: head.3,
            },
            responses,
            commands,
        });
    prop_oneof![
        4 => vec(collection, 1..3).prop_map(|collections| sync::Response {
            collections,
            ..Default::default()
        }),
        1 => (status(), of(1u32..4000)).prop_map(|(status, limit)| sync::Response {
            status: Some(status),
            limit,
            collections: Vec::new(),
        }),
    ]
}

fn folder_type() -> impl Strategy<Value = folder_sync::FolderType> {
    select(folder_sync::FolderType::ALL.to_vec())
}

prop_compose! {
    fn folder()(server_id in id(), parent_id in id(), display_name in text(), kind in folder_type())
        -> folder_sync::Folder {
        folder_sync::Folder { server_id, parent_id, display_name, kind }
    }
}

pub(crate) fn folder_sync_request() -> impl Strategy<Value = folder_sync::Request> {
    id().prop_map(|sync_key| folder_sync::Request { sync_key })
}

pub(crate) fn folder_sync_response() -> impl Strategy<Value = folder_sync::Response> {
    let changes = (vec(folder(), 0..3), vec(id(), 0..3), vec(folder(), 0..3)).prop_map(
        |(updates, deletes, adds)| folder_sync::Changes {
            updates,
            deletes,
            adds,
        },
    );
    (status(), of(id()), of(changes)).prop_map(|(status, sync_key, changes)| {
        folder_sync::Response {
            status,
            sync_key,
            changes,
        }
    })
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Zäöü &<>]{1,20}"
}

prop_compose! {
    pub(crate) fn folder_create_request()(sync_key in id(), parent_id in id(), display_name in name(),
        kind in folder_type()) -> folder_create::Request {
        folder_create::Request { sync_key, parent_id, display_name, kind }
    }
}
prop_compose! {
    pub(crate) fn folder_create_response()(status in status(), sync_key in of(id()), server_id in of(id()))
        -> folder_create::Response {
        folder_create::Response { status, sync_key, server_id }
    }
}
prop_compose! {
    pub(crate) fn folder_update_request()(sync_key in id(), server_id in id(), parent_id in id(),
        display_name in name()) -> folder_update::Request {
        folder_update::Request { sync_key, server_id, parent_id, display_name }
    }
}
prop_compose! {
    pub(crate) fn folder_update_response()(status in status(), sync_key in of(id()))
        -> folder_update::Response {
        folder_update::Response { status, sync_key }
    }
}
prop_compose! {
    pub(crate) fn folder_delete_request()(sync_key in id(), server_id in id()) -> folder_delete::Request {
        folder_delete::Request { sync_key, server_id }
    }
}
prop_compose! {
    pub(crate) fn folder_delete_response()(status in status(), sync_key in of(id()))
        -> folder_delete::Response {
        folder_delete::Response { status, sync_key }
    }
}

pub(crate) fn ping_request() -> impl Strategy<Value = ping::Request> {
    let known = select(vec![
        Class::Email,
        Class::Calendar,
        Class::Contacts,
        Class::Tasks,
        Class::Notes,
    ]);
    let folder = (id(), known).prop_map(|(id, class)| ping::Folder {
        id,
        class: Some(class),
    });
    (of(any::<u32>()), of(vec(folder, 1..4)))
        .prop_map(|(heartbeat, folders)| ping::Request { heartbeat, folders })
}

prop_compose! {
    pub(crate) fn ping_response()(status in status(), folders in vec(id(), 0..4),
        max_folders in of(any::<u32>()), heartbeat in of(any::<u32>())) -> ping::Response {
        ping::Response { status, folders, max_folders, heartbeat }
    }
}

fn device_information() -> impl Strategy<Value = settings::DeviceInformation> {
    let texts = (
        (of(text()), of(text()), of(text()), of(text())),
        (of(text()), of(text()), of(text()), of(text())),
    );
    (texts, of(any::<bool>())).prop_map(|((first, second), enable_outbound_sms)| {
        settings::DeviceInformation {
            model: first.0,
            imei: first.1,
            friendly_name: first.2,
            os: first.3,
            os_language: second.0,
            phone_number: second.1,
            user_agent: second.2,
            enable_outbound_sms,
            mobile_operator: second.3,
        }
    })
}

pub(crate) fn provision_request() -> impl Strategy<Value = provision::Request> {
    let policy = (text(), of(id()), of(1u8..=4)).prop_map(|(policy_type, key, status)| {
        provision::PolicyRequest {
            policy_type,
            key,
            status,
        }
    });
    (
        of(device_information()),
        of(policy),
        of(1u8..=2),
        of(1u8..=2),
    )
        .prop_map(
            |(device_information, policy, remote_wipe, account_only_remote_wipe)| {
                provision::Request {
                    device_information,
                    policy,
                    remote_wipe,
                    account_only_remote_wipe,
                }
            },
        )
}

fn bound(most: u32) -> impl Strategy<Value = Option<provision::Bound>> {
    of(prop_oneof![
        Just(provision::Bound::None),
        (0..=most).prop_map(provision::Bound::At),
    ])
}

/// Every kind of setting, most of them the same value: the order is what is to be tested.
fn policy() -> BoxedStrategy<provision::Policy> {
    let lists = (of(vec(text(), 0..3)), of(vec(text(), 0..3)));
    (
        of(any::<bool>()),
        bound(255),
        bound(u32::MAX),
        of(0u32..=255),
        of(-1i32..1000),
        lists,
    )
        .prop_map(
            |(flag, small, large, number, signed, lists)| provision::Policy {
                device_password_enabled: flag,
                alphanumeric_device_password_required: flag,
                password_recovery_enabled: flag,
                require_storage_card_encryption: flag,
                attachments_enabled: flag,
                min_device_password_length: small,
                max_inactivity_time_device_lock: large,
                max_device_password_failed_attempts: small,
                max_attachment_size: large,
                allow_simple_device_password: flag,
                device_password_expiration: large,
                device_password_history: number,
                allow_storage_card: flag,
                allow_camera: flag,
                require_device_encryption: flag,
                allow_unsigned_applications: flag,
                allow_unsigned_installation_packages: flag,
                min_device_password_complex_characters: number,
                allow_wi_fi: flag,
                allow_text_messaging: flag,
                allow_popimap_email: flag,
                allow_bluetooth: number,
                allow_ir_da: flag,
                require_manual_sync_when_roaming: flag,
                allow_desktop_sync: flag,
                max_calendar_age_filter: number,
                allow_html_email: flag,
                max_email_age_filter: number,
                max_email_body_truncation_size: signed,
                max_email_html_body_truncation_size: signed,
                require_signed_smime_messages: flag,
                require_encrypted_smime_messages: flag,
                require_signed_smime_algorithm: number,
                require_encryption_smime_algorithm: number,
                allow_smime_encryption_algorithm_negotiation: number,
                allow_smime_soft_certs: flag,
                allow_browser: flag,
                allow_consumer_email: flag,
                allow_remote_desktop: flag,
                allow_internet_sharing: flag,
                unapproved_in_rom_application_list: lists.0,
                approved_application_list: lists.1,
            },
        )
        .boxed()
}

pub(crate) fn provision_response() -> impl Strategy<Value = provision::Response> {
    let policy = (text(), status(), of(any::<u32>()), of(policy())).prop_map(
        |(policy_type, status, key, data)| provision::PolicyResponse {
            policy_type,
            status,
            key,
            data: data.map(|policy| provision::PolicyData::Document(Box::new(policy))),
        },
    );
    (
        of(status()),
        status(),
        of(policy),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(device, status, policy, wipe, account)| provision::Response {
                device_information_status: device,
                status,
                policy,
                remote_wipe: wipe,
                account_only_remote_wipe: account,
            },
        )
}

fn oof() -> impl Strategy<Value = settings::Oof> {
    use settings::{Audience, Oof, OofBodyType, OofMessage, OofState};
    let message = (
        select(Audience::ALL.to_vec()),
        of(any::<bool>()),
        of(text()),
        of(select(vec![OofBodyType::Text, OofBodyType::Html])),
    )
        .prop_map(|(audience, enabled, reply, body_type)| OofMessage {
            audiences: vec![audience],
            enabled,
            reply,
            body_type,
        });
    let state = select(vec![OofState::Off, OofState::On, OofState::Timed]);
    (of(state), of(moment()), of(moment()), vec(message, 0..=3)).prop_map(
        |(state, start, end, messages)| Oof {
            state,
            start,
            end,
            messages,
        },
    )
}

/// Each property at most once, in any order.
pub(crate) fn settings_request() -> impl Strategy<Value = settings::Request> {
    use settings::{Ask, OofAsk, OofBodyType};
    let oof_ask = prop_oneof![
        select(vec![OofBodyType::Text, OofBodyType::Html]).prop_map(|kind| OofAsk::Get(Some(kind))),
        oof().prop_map(OofAsk::Set),
    ];
    (
        of(oof_ask.prop_map(Ask::Oof)),
        of(text().prop_map(Ask::DevicePassword)),
        of(device_information().prop_map(Ask::DeviceInformation)),
        of(Just(Ask::UserInformation)),
        of(Just(Ask::RightsManagementInformation)),
    )
        .prop_map(|asks| {
            [asks.0, asks.1, asks.2, asks.3, asks.4]
                .into_iter()
                .flatten()
                .collect::<Vec<Ask>>()
        })
        .prop_shuffle()
        .prop_map(|asks| settings::Request { asks })
}

fn user_information() -> impl Strategy<Value = settings::UserInformation> {
    let account = (
        (of(text()), of(text()), of(text()), of(any::<bool>())),
        vec(text(), 0..3),
        of(text()),
    )
        .prop_map(|(first, addresses, primary_address)| settings::Account {
            id: first.0,
            name: first.1,
            display_name: first.2,
            send_disabled: first.3,
            addresses,
            primary_address,
        });
    vec(account, 0..3).prop_map(|accounts| settings::UserInformation { accounts })
}

pub(crate) fn settings_response() -> impl Strategy<Value = settings::Response> {
    use settings::Answer;
    let answers = (
        of((status(), of(oof())).prop_map(|(status, oof)| Answer::Oof { status, oof })),
        of(status().prop_map(|status| Answer::DevicePassword { status })),
        of(status().prop_map(|status| Answer::DeviceInformation { status })),
        of(
            (status(), of(user_information())).prop_map(|(status, information)| {
                Answer::UserInformation {
                    status,
                    information,
                }
            }),
        ),
        of(status().prop_map(|status| Answer::RightsManagementInformation { status })),
    );
    let answers = answers
        .prop_map(|of| {
            [of.0, of.1, of.2, of.3, of.4]
                .into_iter()
                .flatten()
                .collect::<Vec<Answer>>()
        })
        .prop_shuffle();
    (status(), answers).prop_map(|(status, answers)| settings::Response { status, answers })
}

fn range(most: u64) -> impl Strategy<Value = Range> {
    (0..=most, 0..=most).prop_map(|(one, two)| Range {
        first: one.min(two),
        last: one.max(two),
    })
}

fn fetch() -> BoxedStrategy<item_operations::Fetch> {
    use item_operations::{Fetch, FetchOptions, Store};
    let store = select(vec![
        Store::Mailbox,
        Store::DocumentLibrary,
        Store::Other("Cellar".into()),
    ]);
    let ids = (of(id()), of(id()), of(id()), of(id()), of(id()));
    let options = (
        of(0u8..=2),
        preferences(),
        vec(preference(), 0..2),
        of(vec(
            select(vec![email_tags::SUBJECT, email_tags::FROM]),
            1..3,
        )),
        of(range(999_999_999).prop_map(Ok)),
        (of(text()), of(text()), of(any::<bool>())),
    )
        .prop_map(
            |(mime_support, bodies, parts, schema, range, rest)| FetchOptions {
                mime_support,
                body_preferences: bodies,
                body_part_preferences: parts,
                schema,
                range,
                user_name: rest.0,
                password: rest.1,
                rights_management: rest.2,
            },
        );
    (of(store), ids, options, any::<bool>())
        .prop_map(|(store, ids, options, remove_rights_management)| Fetch {
            store,
            collection_id: ids.0,
            server_id: ids.1,
            long_id: ids.2,
            link_id: ids.3,
            file_reference: ids.4,
            options,
            remove_rights_management,
        })
        .prop_filter("the schema wants a child", |fetch| {
            *fetch != Fetch::default()
        })
        .boxed()
}

pub(crate) fn item_operations_request() -> impl Strategy<Value = item_operations::Request> {
    use item_operations::Operation;
    let operation = prop_oneof![
        fetch().prop_map(|fetch| Operation::Fetch(Box::new(fetch))),
        (id(), any::<bool>()).prop_map(|(collection_id, delete_sub_folders)| {
            Operation::EmptyFolderContents {
                collection_id,
                delete_sub_folders,
            }
        }),
        (octets(), id(), any::<bool>()).prop_map(|(conversation_id, destination, move_always)| {
            Operation::Move {
                conversation_id,
                destination,
                move_always,
            }
        }),
    ];
    vec(operation, 1..4).prop_map(|operations| item_operations::Request { operations })
}

/// Outcomes in the order they are written in.
pub(crate) fn item_operations_response() -> impl Strategy<Value = item_operations::Response> {
    use item_operations::{Attachment, Content, FetchHead, Outcome, Properties, Response};
    let moved = (status(), octets()).prop_map(|(status, conversation_id)| Outcome::Move {
        status,
        conversation_id,
    });
    let emptied =
        (status(), id()).prop_map(|(status, collection_id)| Outcome::EmptyFolderContents {
            status,
            collection_id,
        });
    let content = prop_oneof![
        octets().prop_map(Content::Data),
        (0u32..100).prop_map(Content::Part),
    ];
    let attachment = (
        of(range(999_999_999)),
        of(any::<u64>()),
        text(),
        of(content),
    )
        .prop_map(|(range, total, content_type, content)| Attachment {
            range,
            total,
            content_type: Some(content_type),
            content,
        });
    let properties = prop_oneof![
        item_data().prop_map(Properties::Item),
        attachment.prop_map(Properties::Attachment),
    ];
    let head = (
        status(),
        (of(id()), of(id()), of(id())),
        of(class()),
        of(id()),
        of(id()),
    )
        .prop_map(|(status, ids, class, link_id, file_reference)| FetchHead {
            status,
            collection_id: ids.0,
            server_id: ids.1,
            long_id: ids.2,
            class,
            link_id,
            file_reference,
        });
    let fetched =
        (head, of(properties)).prop_map(|(head, properties)| Outcome::Fetch { head, properties });
    (
        status(),
        vec(moved, 0..2),
        vec(emptied, 0..2),
        vec(fetched, 0..3),
    )
        .prop_map(|(status, moved, emptied, fetched)| Response {
            status,
            outcomes: moved.into_iter().chain(emptied).chain(fetched).collect(),
        })
}

pub(crate) fn move_items_request() -> impl Strategy<Value = move_items::Request> {
    let item = (id(), id(), id()).prop_map(|(source_item, source_folder, destination_folder)| {
        move_items::Move {
            source_item,
            source_folder,
            destination_folder,
        }
    });
    vec(item, 1..4).prop_map(|moves| move_items::Request { moves })
}

pub(crate) fn move_items_response() -> impl Strategy<Value = move_items::Response> {
    let moved = (id(), status(), of(id())).prop_map(|(source_item, status, destination_item)| {
        move_items::Moved {
            source_item,
            status,
            destination_item,
        }
    });
    (of(status()), vec(moved, 0..4))
        .prop_map(|(status, results)| move_items::Response { status, results })
}

pub(crate) fn get_item_estimate_request() -> impl Strategy<Value = get_item_estimate::Request> {
    let collection = (of(id()), id(), of(any::<bool>()), of(vec(options(), 1..=2))).prop_map(
        |(sync_key, collection_id, conversation_mode, options)| get_item_estimate::Collection {
            class: None,
            sync_key,
            collection_id,
            filter_type: None,
            conversation_mode,
            options,
        },
    );
    vec(collection, 1..3).prop_map(|collections| get_item_estimate::Request { collections })
}

/// The form of 12.1 and before.
pub(crate) fn get_item_estimate_request_12_1() -> impl Strategy<Value = get_item_estimate::Request>
{
    let collection = (of(class()), of(id()), id(), of(0u8..=8)).prop_map(
        |(class, sync_key, collection_id, filter_type)| get_item_estimate::Collection {
            class,
            sync_key,
            collection_id,
            filter_type,
            conversation_mode: None,
            options: None,
        },
    );
    vec(collection, 1..3).prop_map(|collections| get_item_estimate::Request { collections })
}

pub(crate) fn get_item_estimate_response() -> impl Strategy<Value = get_item_estimate::Response> {
    let estimate = (status(), of((id(), of(any::<u32>())))).prop_map(|(status, collection)| {
        let (collection_id, count) =
            collection.map_or((None, None), |(id, count)| (Some(id), count));
        get_item_estimate::Estimate {
            status,
            class: None,
            collection_id,
            count,
        }
    });
    (of(status()), vec(estimate, 0..3))
        .prop_map(|(status, estimates)| get_item_estimate::Response { status, estimates })
}

prop_compose! {
    pub(crate) fn send_mail()(client_id in id(), account_id in of(text()), save_in_sent_items in any::<bool>(),
        mime in octets(), template_id in of(id())) -> compose_mail::SendMail<'static> {
        compose_mail::SendMail { client_id, account_id, save_in_sent_items, mime: mime.into(), template_id }
    }
}

pub(crate) fn smart_mail() -> impl Strategy<Value = compose_mail::SmartMail<'static>> {
    use compose_mail::{Forwardee, SmartMail, Source, Verb};
    let source = (of(id()), of(id()), of(id()), of(text())).prop_map(
        |(folder_id, item_id, long_id, instance_id)| Source {
            folder_id,
            item_id,
            long_id,
            instance_id,
        },
    );
    let forwardees = vec(
        (id(), of(text())).prop_map(|(email, name)| Forwardee { email, name }),
        0..3,
    );
    let first = (any::<bool>(), id(), source, of(text()), any::<bool>());
    let second = (any::<bool>(), octets(), of(id()), of(body()), forwardees);
    (first, second).prop_map(|(first, second)| {
        let forward = first.0;
        SmartMail {
            verb: if forward {
                Verb::SmartForward
            } else {
                Verb::SmartReply
            },
            client_id: Some(first.1),
            source: first.2,
            account_id: first.3,
            save_in_sent_items: first.4,
            replace_mime: second.0,
            mime: Some(second.1.into()),
            template_id: second.2,
            body: second.3.filter(|_| forward),
            forwardees: forward.then_some(second.4),
        }
    })
}

pub(crate) fn compose_failure() -> impl Strategy<Value = compose_mail::Failure> {
    use compose_mail::Verb;
    let verb = select(vec![Verb::SendMail, Verb::SmartReply, Verb::SmartForward]);
    (verb, status()).prop_map(|(verb, status)| compose_mail::Failure { verb, status })
}

fn term() -> impl Strategy<Value = search::Term> {
    use search::{Comparison, Term};
    let comparison = || {
        text().prop_map(|value| Comparison {
            property: Some(email_tags::DATE_RECEIVED),
            value,
        })
    };
    let leaf = prop_oneof![
        text().prop_map(Term::FreeText),
        class().prop_map(Term::Class),
        id().prop_map(Term::CollectionId),
        octets().prop_map(Term::ConversationId),
        text().prop_map(Term::EqualTo),
        comparison().prop_map(Term::GreaterThan),
        comparison().prop_map(Term::LessThan),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(Term::And),
            vec(inner, 1..4).prop_map(Term::Or),
        ]
    })
}

prop_compose! {
    fn picture_limits()(max_size in of(any::<u32>()), max_pictures in of(any::<u32>()))
        -> PictureLimits {
        PictureLimits { max_size, max_pictures }
    }
}

prop_compose! {
    fn picture()(status in status(), data in of(octets())) -> Picture {
        Picture { status, data }
    }
}

/// The schema has no query without a term, though GAL queries have none.
pub(crate) fn search_request() -> impl Strategy<Value = search::Request> {
    use search::{Options, Query, Request, Store};
    let store = select(vec![Store::Mailbox, Store::Gal, Store::DocumentLibrary]);
    let query = (text(), vec(term(), 1..3)).prop_map(|(text, terms)| Query { text, terms });
    let options = (
        (
            of(range(999)),
            any::<bool>(),
            any::<bool>(),
            of(0u8..=2),
            preferences(),
        ),
        (
            vec(preference(), 0..2),
            of(any::<bool>()),
            of(text()),
            of(text()),
            of(picture_limits()),
        ),
    )
        .prop_map(|(first, second)| Options {
            range: first.0,
            rebuild_results: first.1,
            deep_traversal: first.2,
            mime_support: first.3,
            body_preferences: first.4,
            body_part_preferences: second.0,
            rights_management: second.1,
            user_name: second.2,
            password: second.3,
            picture: second.4,
        });
    (store, query, options).prop_map(|(store, query, options)| Request {
        store,
        query,
        options,
    })
}

fn gal_entry() -> BoxedStrategy<GalEntry> {
    (
        (
            text(),
            of(text()),
            of(text()),
            of(text()),
            of(text()),
            of(text()),
        ),
        (
            of(text()),
            of(text()),
            of(text()),
            of(text()),
            of(text()),
            of(picture()),
        ),
    )
        .prop_map(|(first, second)| GalEntry {
            display_name: Some(first.0),
            phone: first.1,
            office: first.2,
            title: first.3,
            company: first.4,
            alias: first.5,
            first_name: second.0,
            last_name: second.1,
            home_phone: second.2,
            mobile_phone: second.3,
            email_address: second.4,
            picture: second.5,
        })
        .boxed()
}

pub(crate) fn search_response() -> impl Strategy<Value = search::Response> {
    use search::{Properties, Response, SearchResult, StoreResult};
    let properties = prop_oneof![
        gal_entry().prop_map(|entry| Properties::Gal(Box::new(entry))),
        item_data().prop_map(Properties::Item),
    ];
    let result = (of(class()), of(id()), of(id()), of(properties)).prop_map(
        |(class, long_id, collection_id, properties)| SearchResult {
            class,
            long_id,
            collection_id,
            properties,
        },
    );
    let store = (
        status(),
        vec(result, 0..3),
        of(range(999)),
        of(any::<u32>()),
    )
        .prop_map(|(status, results, range, total)| StoreResult {
            status,
            results,
            range,
            total,
        });
    (status(), of(store)).prop_map(|(status, store)| Response { status, store })
}

pub(crate) fn find_request() -> impl Strategy<Value = find::Request> {
    use find::{Criterion, MailboxQuery, Options, Request};
    let mailbox = (of(class()), of(id()), text()).prop_map(|(class, collection_id, free_text)| {
        Criterion::Mailbox(MailboxQuery {
            class,
            collection_id,
            free_text: Some(free_text),
        })
    });
    let criterion = prop_oneof![mailbox, text().prop_map(Criterion::Gal)];
    (
        id(),
        criterion,
        of(range(999)),
        any::<bool>(),
        of(picture_limits()),
    )
        .prop_map(|(search_id, criterion, range, deep, picture)| {
            let deep_traversal = deep && matches!(criterion, Criterion::Mailbox(_));
            Request {
                search_id,
                criterion,
                options: Options {
                    range,
                    deep_traversal,
                    picture,
                },
            }
        })
}

pub(crate) fn find_response() -> impl Strategy<Value = find::Response> {
    use find::{FindMail, FindResult, Found, Properties, Response};
    let mail = (
        (text(), of(moment()), of(text()), of(text()), of(text())),
        (of(0u8..=2), of(any::<bool>()), of(any::<bool>())),
        (of(text()), of(any::<bool>()), of(text())),
    )
        .prop_map(|(first, second, third)| FindMail {
            subject: Some(first.0),
            date_received: first.1,
            display_to: first.2,
            display_cc: first.3,
            display_bcc: first.4,
            importance: second.0,
            read: second.1,
            is_draft: second.2,
            preview: third.0,
            has_attachments: third.1,
            from: third.2,
        });
    let properties = prop_oneof![
        gal_entry().prop_map(|entry| Properties::Gal(Box::new(entry))),
        mail.prop_map(|mail| Properties::Mail(Box::new(mail))),
    ];
    let result = (of(class()), of(id()), of(id()), properties).prop_map(
        |(class, server_id, collection_id, properties)| FindResult {
            class,
            server_id,
            collection_id,
            properties,
        },
    );
    let found = (
        of(id()),
        status(),
        vec(result, 0..3),
        of(range(999)),
        of(any::<u32>()),
    )
        .prop_map(|(store, status, results, range, total)| Found {
            store,
            status,
            results,
            range,
            total,
        });
    (status(), of(found)).prop_map(|(status, found)| Response { status, found })
}

pub(crate) fn resolve_recipients_request() -> impl Strategy<Value = resolve_recipients::Request> {
    use resolve_recipients::{AvailabilityAsk, Options, Request};
    let availability =
        (moment(), of(moment())).prop_map(|(start, end)| AvailabilityAsk { start, end });
    let options = (
        of(1u8..=3),
        of(0u32..=9999),
        of(0u32..=9999),
        of(availability),
        of(picture_limits()),
    )
        .prop_map(|of| Options {
            certificate_retrieval: of.0,
            max_certificates: of.1,
            max_ambiguous_recipients: of.2,
            availability: of.3,
            picture: of.4,
        });
    (vec(id(), 1..4), options).prop_map(|(to, options)| Request { to, options })
}

pub(crate) fn resolve_recipients_response() -> impl Strategy<Value = resolve_recipients::Response> {
    use resolve_recipients::{
        Availability, Certificates, Recipient, RecipientKind, Resolved, Response,
    };
    let availability =
        (status(), of("[0-4]{0,48}")).prop_map(|(status, merged_free_busy)| Availability {
            status,
            merged_free_busy,
        });
    let certificates = (
        status(),
        of(any::<u32>()),
        of(any::<u32>()),
        vec(octets(), 0..3),
        of(octets()),
    )
        .prop_map(|of| Certificates {
            status: of.0,
            certificate_count: of.1,
            recipient_count: of.2,
            certificates: of.3,
            mini_certificate: of.4,
        });
    let recipient = (
        select(vec![RecipientKind::Directory, RecipientKind::Contact]),
        text(),
        text(),
        of(availability),
        of(certificates),
        of(picture()),
    )
        .prop_map(|of| Recipient {
            kind: of.0,
            display_name: of.1,
            email_address: of.2,
            availability: of.3,
            certificates: of.4,
            picture: of.5,
        });
    let answer = (text(), status(), of(any::<u32>()), vec(recipient, 0..3)).prop_map(
        |(to, status, recipient_count, recipients)| Resolved {
            to,
            status,
            recipient_count,
            recipients,
        },
    );
    (status(), vec(answer, 0..3)).prop_map(|(status, answers)| Response { status, answers })
}

pub(crate) fn validate_cert_request() -> impl Strategy<Value = validate_cert::Request> {
    let certificate = || octets().prop_map(Some);
    (
        vec(certificate(), 0..3),
        vec(certificate(), 1..3),
        of(any::<bool>()),
    )
        .prop_map(|(chain, certificates, check_crl)| validate_cert::Request {
            chain,
            certificates,
            check_crl,
        })
}

prop_compose! {
    pub(crate) fn validate_cert_response()(status in status(), certificates in vec(status(), 0..3))
        -> validate_cert::Response {
        validate_cert::Response { status, certificates }
    }
}

pub(crate) fn meeting_response_request() -> impl Strategy<Value = meeting_response::Request> {
    use meeting_response::{Reply, Request, SendResponse, UserResponse};
    let send = (of(body()), of(second()), of(second())).prop_map(
        |(body, proposed_start, proposed_end)| SendResponse {
            body,
            proposed_start,
            proposed_end,
        },
    );
    let user_response = select(vec![
        UserResponse::Accept,
        UserResponse::Tentative,
        UserResponse::Decline,
    ]);
    let reply = (
        user_response,
        (of(id()), of(id()), of(id())),
        of(moment().prop_map(Moment::to_separated)),
        of(send),
    )
        .prop_map(|(user_response, ids, instance_id, send_response)| Reply {
            user_response,
            collection_id: ids.0,
            request_id: ids.1,
            long_id: ids.2,
            instance_id,
            send_response,
        });
    vec(reply, 1..3).prop_map(|replies| Request { replies })
}

pub(crate) fn meeting_response_response() -> impl Strategy<Value = meeting_response::Response> {
    use meeting_response::{Outcome, Response};
    let outcome = (
        of(id()),
        status(),
        of(id()),
        of(moment().prop_map(Moment::to_separated)),
    )
        .prop_map(|(request_id, status, calendar_id, instance_id)| Outcome {
            request_id,
            status,
            calendar_id,
            instance_id,
        });
    vec(outcome, 1..3).prop_map(|results| Response {
        status: None,
        results,
    })
}
