//! Notes as VJOURNAL on a calendar server, for accounts whose mail has no notes.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::email::{Body, BodyType};
use airgate_codec::eas::notes::Note;
use airgate_codec::eas::sync;

use super::{VERSIONS, status};
use crate::stories::assert_quiet;
use crate::support::backend::dav::DavKind;
use crate::support::dav_client::DavClient;
use crate::support::phone::{Phone, Profile, note, object_deleted};
use crate::support::touched::touched;
use crate::support::world::World;

/// A world with a collection for journals, and its path.
async fn world(kind: DavKind) -> (World, DavClient, String) {
    let world = World::with_dav(kind).await;
    let other = world.dav_client();
    let place = format!("{}journal/", world.dav().calendars(&world.alice));
    other.make_calendar(&place, "Journal", &["VJOURNAL"]).await;
    (world, other, place)
}

async fn phone_of(world: &World, version: ProtocolVersion, name: &str) -> Phone {
    let name = format!("{name}{}", version.query_byte());
    let profile = Profile::ios().speaking(version).called(&name);
    let mut phone = world.phone(profile).await;
    phone.sync_all("Journal").await;
    phone
}

fn journal(uid: &str, title: &str, text: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VJOURNAL\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20260302\r\nSUMMARY:{title}\r\n\
         DESCRIPTION:{text}\r\nCATEGORIES:Blue\r\nCLASS:PRIVATE\r\nX-KEEP;X-P=\"a,b\":kept\r\n\
         ATTACH:https://x.example/a.png\r\nEND:VJOURNAL\r\nEND:VCALENDAR\r\n"
    )
}

fn text(phone: &Phone, id: &str) -> String {
    let body = phone.held("Journal").items[id].body.clone();
    body.and_then(|body| body.data).unwrap_or_default()
}

fn categories(phone: &Phone, id: &str) -> Vec<String> {
    let item = phone.held("Journal").items[id].clone();
    item.categories.unwrap_or_default()
}

/// What is gone and what came, but for when it was changed.
fn changed(before: &str, after: &str) -> (Vec<String>, Vec<String>) {
    let (mut gone, mut came) = touched(before, after);
    let is_stamp = |line: &String| {
        ["DTSTAMP", "LAST-MODIFIED"]
            .iter()
            .any(|n| line.starts_with(n))
    };
    gone.retain(|line| !is_stamp(line));
    came.retain(|line| !is_stamp(line));
    (gone, came)
}

async fn both_ways(kind: DavKind, versions: &[ProtocolVersion]) {
    let (world, other, place) = world(kind).await;
    for version in versions {
        let path = format!("{place}garden.ics");
        other
            .put(&path, &journal("garden", "Garden", "roses"))
            .await;
        let mut phone = phone_of(&world, *version, "BOTH").await;
        let id = phone.item("Journal", "Garden");
        assert!(text(&phone, &id).contains("roses"), "{version}");
        assert_eq!(categories(&phone, &id), ["Blue"]);
        // The phone's edit, in the object as it is.
        let before = other.get(&path).await.expect("there");
        let edited = Note {
            subject: None,
            categories: Some(vec!["Blue".to_owned()]),
            ..note("", "roses, and tulips")
        };
        let response = phone.edit_note("Journal", &id, &edited).await;
        assert_eq!(status(&response), 1, "{response:?}");
        let after = other.get(&path).await.expect("there");
        let (gone, came) = changed(&before, &after);
        assert_eq!(gone, ["DESCRIPTION:roses"], "{version}");
        assert_eq!(came, ["DESCRIPTION:roses\\, and tulips"], "{version}");
        assert_quiet(&mut phone, "Journal").await;
        let edited = Note {
            subject: None,
            body: None,
            categories: Some(vec!["Red".to_owned()]),
            ..note("", "")
        };
        phone.edit_note("Journal", &id, &edited).await;
        let coloured = other.get(&path).await.expect("there");
        let (gone, came) = changed(&after, &coloured);
        assert_eq!(gone, ["CATEGORIES:Blue"], "{version}");
        assert_eq!(came, ["CATEGORIES:Red"], "{version}");
        assert_quiet(&mut phone, "Journal").await;
        // Another's.
        let theirs = coloured
            .replace("CATEGORIES:Red", "CATEGORIES:Green")
            .replace("and tulips", "or nothing");
        other.put(&path, &theirs).await;
        phone.sync_all("Journal").await;
        assert!(text(&phone, &id).contains("or nothing"), "{version}");
        assert_eq!(categories(&phone, &id), ["Green"]);
        assert_quiet(&mut phone, "Journal").await;
        // New ones, and gone again.
        let new = Note {
            categories: Some(vec!["Blue".to_owned()]),
            ..note("Shopping", "milk\r\neggs")
        };
        let response = phone.add_note("Journal", "c1", &new).await;
        assert_eq!(status(&response), 1, "{response:?}");
        assert_quiet(&mut phone, "Journal").await;
        let made = other.objects(&place).await;
        let made = made.iter().find(|text| text.contains("SUMMARY:Shopping"));
        let made = made.expect("a journal");
        assert!(made.contains("DESCRIPTION:milk\\neggs"), "{made}");
        assert!(made.contains("CATEGORIES:Blue"), "{made}");
        let mut second = phone_of(&world, *version, "SECOND").await;
        let own = second.item("Journal", "Shopping");
        assert!(text(&second, &own).contains("eggs"));
        second.do_in("Journal", vec![object_deleted(&own)]).await;
        phone.sync_all("Journal").await;
        assert_eq!(phone.subjects("Journal"), ["Garden"]);
        assert_quiet(&mut phone, "Journal").await;
        other.delete(&path).await;
    }
}

#[tokio::test]
async fn s12_journals_go_both_ways_on_radicale() {
    both_ways(DavKind::Radicale, &VERSIONS).await;
}

#[tokio::test]
async fn s12_journals_go_both_ways_on_cyrus() {
    both_ways(DavKind::Cyrus, &[ProtocolVersion::V16_1]).await;
}

#[tokio::test]
async fn s13_an_edit_of_others_while_a_phone_edits_a_note_loses_nothing() {
    let (world, other, place) = world(DavKind::Radicale).await;
    let path = format!("{place}one.ics");
    for version in VERSIONS {
        other.put(&path, &journal("one", "One", "a")).await;
        let mut phone = phone_of(&world, version, "S13").await;
        let id = phone.item("Journal", "One");
        // Different properties: both stay.
        let now = other.get(&path).await.expect("there");
        other
            .put(&path, &now.replace("SUMMARY:One", "SUMMARY:Two"))
            .await;
        let mine = Note {
            subject: Some("One".to_owned()),
            categories: Some(vec!["Blue".to_owned()]),
            ..note("One", "mine")
        };
        let response = phone.edit_note("Journal", &id, &mine).await;
        assert_eq!(status(&response), 1, "{response:?}");
        let merged = other.get(&path).await.expect("there");
        assert!(merged.contains("SUMMARY:Two"), "{merged}");
        assert!(merged.contains("DESCRIPTION:mine"), "{merged}");
        phone.sync_all("Journal").await;
        assert_eq!(phone.item("Journal", "Two"), id);
        // The same: the server wins, the phone is told, and its words are kept.
        let theirs = merged.replace("DESCRIPTION:mine", "DESCRIPTION:theirs");
        other.put(&path, &theirs).await;
        let words = format!("lost {version}");
        let mine = Note {
            categories: Some(vec!["Blue".to_owned()]),
            body: Some(Body::whole(BodyType::Plain, words.clone())),
            ..note("Two", "")
        };
        let response = phone.edit_note("Journal", &id, &mine).await;
        assert_eq!(status(&response), sync::status::CONFLICT);
        phone.sync_all("Journal").await;
        assert!(text(&phone, &id).contains("theirs"), "{version}");
        assert_quiet(&mut phone, "Journal").await;
        assert!(other.get(&path).await.expect("there").contains("theirs"));
    }
    let url = world.dav().url();
    let alice = world.alice.name.as_str();
    let arguments = ["undo", "--caldav", &url, "list", "--user", alice, "--json"];
    let output = world.server.verb_with(&arguments, "");
    let list = String::from_utf8(output.stdout).expect("text");
    assert_eq!(list.matches("\"lost\"").count(), VERSIONS.len(), "{list}");
}
