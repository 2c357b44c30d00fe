//! Objects nobody can read (T59), in every class: a stub says so, the others flow, and whatever is done
//! to the stub, what it stands for stays octet for octet.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::folder_sync::FolderType;
use airgate_codec::eas::ping;
use airgate_codec::wbxml::{Tag, calendar, contacts, tasks};

use super::{assert_quiet, status_of};
use crate::support::backend::dav::DavKind;
use crate::support::phone::{Phone, Profile, note, object_deleted};
use crate::support::world::World;

/// One class: its folder, where its objects lie, and what each is called by.
struct Class {
    kind: FolderType,
    component: &'static str,
    title: Tag,
    extension: &'static str,
}

const CLASSES: [Class; 4] = [
    Class {
        kind: FolderType::Contacts,
        component: "VCARD",
        title: contacts::LAST_NAME,
        extension: "vcf",
    },
    Class {
        kind: FolderType::Tasks,
        component: "VTODO",
        title: tasks::SUBJECT,
        extension: "ics",
    },
    Class {
        kind: FolderType::Calendar,
        component: "VEVENT",
        title: calendar::SUBJECT,
        extension: "ics",
    },
    Class {
        kind: FolderType::Notes,
        component: "VJOURNAL",
        title: calendar::SUBJECT,
        extension: "ics",
    },
];

impl Class {
    /// An object; one that is `poison` is nested deeper than anything is (T19).
    fn object(&self, uid: &str, name: &str, poison: bool) -> String {
        let depth = if poison { 20 } else { 0 };
        let begins: String = (0..depth).map(|n| format!("BEGIN:X-{n}\r\n")).collect();
        let ends: String = (0..depth).rev().map(|n| format!("END:X-{n}\r\n")).collect();
        let inside = begins + &ends;
        let component = self.component;
        if component == "VCARD" {
            return format!(
                "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\n\
                 {inside}END:VCARD\r\n"
            );
        }
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:{component}\r\n\
             UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20300101T100000Z\r\n\
             SUMMARY:{name}\r\n{inside}END:{component}\r\nEND:VCALENDAR\r\n"
        )
    }

    /// What the phone shows, sorted, and the ids of the stubs among it.
    fn shown(&self, phone: &Phone, folder: &str) -> (Vec<String>, Vec<String>) {
        if self.kind == FolderType::Notes {
            // Phones keep notes beside mail.
            let items = phone.held(folder).items;
            let stubs = items.iter().filter(|(_, item)| {
                let subject = item.subject.as_deref().unwrap_or_default();
                subject.starts_with("Unreadable")
            });
            let stubs = stubs.map(|(id, _)| id.clone()).collect();
            return (phone.subjects(folder), stubs);
        }
        let values = phone.values(folder, self.title);
        let stubs = values
            .iter()
            .filter(|title| title.starts_with("Unreadable"))
            .map(|title| phone.object(folder, self.title, title));
        let stubs = stubs.collect();
        (values, stubs)
    }

    async fn edit_title(&self, phone: &mut Phone, folder: &str, id: &str) -> Option<u16> {
        let response = if self.kind == FolderType::Notes {
            phone.edit_note(folder, id, &note("mine", "words")).await
        } else {
            phone.edit_object(folder, id, self.title, "mine").await
        };
        status_of(&response)
    }
}

#[tokio::test]
async fn t59_a_poison_object_of_each_class_is_a_stub_that_costs_it_nothing() {
    let world = World::with_dav(DavKind::Radicale).await;
    let other = world.dav_client();
    let dav = world.dav();
    let journal = format!("{}notes/", dav.calendars(&world.alice));
    other
        .make_calendar(&journal, "Journal", &["VJOURNAL"])
        .await;
    for class in &CLASSES {
        let place = match class.kind {
            FolderType::Contacts => dav.contacts(&world.alice),
            FolderType::Tasks => dav.tasks(&world.alice),
            FolderType::Calendar => dav.calendar(&world.alice),
            _ => journal.clone(),
        };
        let path = |name: &str| format!("{place}{name}.{}", class.extension);
        other
            .put(&path("good"), &class.object("good", "good", false))
            .await;
        other
            .put(&path("bad"), &class.object("bad", "bad", true))
            .await;
        let poison = other.get(&path("bad")).await;
        for version in [ProtocolVersion::V14_1, ProtocolVersion::V16_1] {
            let name = format!("{}{}", class.component, version.query_byte());
            let profile = Profile::ios().speaking(version).called(&name);
            let mut phone = world.phone(profile).await;
            let folder = phone.folder(class.kind);
            phone.sync_all(&folder).await;
            let (shown, stubs) = class.shown(&phone, &folder);
            assert_eq!(shown.len(), 2, "{name}: {shown:?}");
            assert!(shown.contains(&"good".to_owned()), "{name}: {shown:?}");
            let [stub] = stubs.as_slice() else {
                panic!("{name}: {shown:?}");
            };
            assert_quiet(&mut phone, &folder).await;
            assert!(world.server.log().contains("an object cannot be shown"));

            // What the phone writes over it is refused, and it shows the stub again.
            let refused = class.edit_title(&mut phone, &folder, stub).await;
            assert_eq!(refused, Some(7), "{name}");
            phone.sync_all(&folder).await;
            assert_eq!(class.shown(&phone, &folder).0, shown, "{name}");
            assert_quiet(&mut phone, &folder).await;
            assert_eq!(other.get(&path("bad")).await, poison, "{name}");

            // Deleted it is away from this phone, and from nowhere else. A repeat changes nothing.
            let deleted = phone.do_in(&folder, vec![object_deleted(stub)]).await;
            assert_eq!(status_of(&deleted), None, "{deleted:?}");
            phone.crash();
            phone.repeat_sync().await.expect("an answer");
            phone.sync_all(&folder).await;
            assert_eq!(class.shown(&phone, &folder).0, ["good"], "{name}");
            assert_quiet(&mut phone, &folder).await;
            assert_eq!(other.get(&path("bad")).await, poison, "{name}");
            // The others come and go as ever.
            other
                .put(&path("more"), &class.object("more", "more", false))
                .await;
            let news = phone.ping(&[&folder], 60).await;
            assert_eq!(news.status, ping::status::CHANGES, "{name}: {news:?}");
            phone.sync_all(&folder).await;
            assert_eq!(class.shown(&phone, &folder).0, ["good", "more"], "{name}");
            // Somebody repairs it.
            other
                .put(&path("bad"), &class.object("bad", "well", false))
                .await;
            phone.sync_all(&folder).await;
            let now = ["good", "more", "well"];
            assert_eq!(class.shown(&phone, &folder).0, now, "{name}");
            assert_quiet(&mut phone, &folder).await;
            other.delete(&path("more")).await;
            other
                .put(&path("bad"), &class.object("bad", "bad", true))
                .await;
        }
    }
}
