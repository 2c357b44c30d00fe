//! The client on each server: what issue 4 calls one suite with the quirks named.

use airgate::backend::dav::{
    Collection, CollectionKind, Data, DavError, ETag, Guard, Href, NewKind, NotGot,
};
use bytes::Bytes;

use super::{Rig, card, event};
use crate::support::backend::dav::DavKind;

fn by_href<'c>(collections: &'c [Collection], path: &str) -> &'c Collection {
    let href = Href::path(path).unwrap().into_collection();
    collections
        .iter()
        .find(|collection| collection.href == href)
        .unwrap_or_else(|| panic!("no {path} among {collections:#?}"))
}

async fn collections_and_changes(kind: DavKind) {
    let rig = Rig::start(kind).await;
    let (dav, login) = (&rig.dav, &rig.login);
    let found = dav.collections(login).await.unwrap();
    let calendar = by_href(&found, &rig.server.calendar(&rig.alice)).clone();
    let book = by_href(&found, &rig.server.contacts(&rig.alice)).clone();
    assert_eq!(calendar.kind, CollectionKind::Calendar);
    assert_eq!(book.kind, CollectionKind::AddressBook);
    assert!(calendar.components.events);
    assert!(!calendar.read_only && !book.read_only);
    assert!(calendar.owner.is_none(), "{calendar:?}");
    assert!(calendar.cursor.is_some() && book.cursor.is_some());
    assert_eq!(dav.scheduling(login).await.unwrap(), kind == DavKind::Cyrus);

    // Nothing there, and the same the second time.
    let empty = dav.changes(login, &calendar.href, None).await.unwrap();
    assert!(empty.complete && empty.changed.is_empty() && empty.gone.is_empty());
    let again = dav.collections(login).await.unwrap();
    let same = by_href(&again, calendar.href.as_str());
    assert_eq!(same.cursor, calendar.cursor, "no change, no other cursor");
    assert_eq!(
        same.cursor.as_ref(),
        Some(&empty.cursor),
        "the cursors of both ways are one"
    );

    // Another program writes.
    let other = rig.server.client(&rig.alice);
    let base = rig.server.calendar(&rig.alice);
    for n in 0..3 {
        let path = format!("{base}e{n}.ics");
        other.put(&path, &event(&format!("e{n}"), "Eins")).await;
    }
    let moved = dav.collections(login).await.unwrap();
    let cursor = by_href(&moved, calendar.href.as_str()).cursor.clone();
    assert_ne!(cursor, calendar.cursor);
    let delta = dav
        .changes(login, &calendar.href, Some(&empty.cursor))
        .await
        .unwrap();
    assert_eq!((delta.changed.len(), delta.gone.len()), (3, 0), "{delta:?}");
    assert_eq!(Some(&delta.cursor), cursor.as_ref());
    assert!(delta.changed.iter().all(|(_, etag)| !etag.is_unknown()));

    // All of it, byte for byte.
    let hrefs: Vec<Href> = delta.changed.iter().map(|(href, _)| href.clone()).collect();
    let got = dav
        .multiget(login, &calendar.href, Data::ICalendar, &hrefs)
        .await
        .unwrap();
    for (got, (href, etag)) in got.iter().zip(&delta.changed) {
        let (told, octets) = got.result.as_ref().unwrap();
        assert_eq!((&got.href, told), (href, etag));
        let text = String::from_utf8(octets.to_vec()).unwrap();
        assert!(
            text.contains("X-KEPT;A=\"b\":c\\, d\r\n") || text.contains("X-KEPT"),
            "{text}"
        );
        let (told, alone) = dav.get(login, href).await.unwrap();
        assert_eq!(told, *etag);
        assert_eq!(alone, *octets, "both ways give the same octets");
    }

    // One changes, one goes.
    other
        .put(&format!("{base}e1.ics"), &event("e1", "Zwei"))
        .await;
    other.delete(&format!("{base}e2.ics")).await;
    let next = dav
        .changes(login, &calendar.href, Some(&delta.cursor))
        .await
        .unwrap();
    assert_eq!((next.changed.len(), next.gone.len()), (1, 1), "{next:?}");
    assert!(!next.complete);
    assert!(next.gone[0].as_str().ends_with("e2.ics"));

    // What is asked for and gone is said to be gone (S7).
    let got = dav
        .multiget(login, &calendar.href, Data::ICalendar, &hrefs)
        .await
        .unwrap();
    let gone: Vec<bool> = got
        .iter()
        .map(|got| got.result == Err(NotGot::Gone))
        .collect();
    assert_eq!(gone, [false, false, true]);

    // A token nobody gave is no reason to say that all is gone.
    let odd = airgate::backend::dav::Cursor::Token("http://nobody/0".to_owned());
    let whole = dav
        .changes(login, &calendar.href, Some(&odd))
        .await
        .unwrap();
    assert!(whole.complete);
    assert_eq!(whole.changed.len(), 2);

    let missing = Href::path(&format!("{}nothing/", rig.server.calendars(&rig.alice))).unwrap();
    let error = dav.changes(login, &missing, None).await.unwrap_err();
    assert!(matches!(error, DavError::NotFound), "{error:?}");
}

async fn writes_are_guarded(kind: DavKind) {
    let rig = Rig::start(kind).await;
    let (dav, login) = (&rig.dav, &rig.login);
    let other = rig.server.client(&rig.alice);
    for (data, base, one, two) in [
        (
            Data::ICalendar,
            rig.server.calendar(&rig.alice),
            event("guard", "Eins"),
            event("guard", "Zwei"),
        ),
        (
            Data::VCard,
            rig.server.contacts(&rig.alice),
            card("guard", "Eins"),
            card("guard", "Zwei"),
        ),
    ] {
        let collection = Href::path(&base).unwrap();
        let href = Href::path(&format!("{base}guard{}", data.extension())).unwrap();
        let put = async |text: &str, guard: Guard<'_>| {
            dav.put(login, &href, Bytes::from(text.to_owned()), data, guard)
                .await
        };
        put(&one, Guard::New).await.unwrap();
        let (first, _) = dav.get(login, &href).await.unwrap();
        // S13: what is there is not written over.
        let twice = put(&two, Guard::New).await.unwrap_err();
        assert!(matches!(twice, DavError::Precondition), "{twice:?}");
        other.put(href.as_str(), &two).await;
        let late = put(&one, Guard::Match(&first)).await.unwrap_err();
        assert!(matches!(late, DavError::Precondition), "{late:?}");
        let (second, _) = dav.get(login, &href).await.unwrap();
        let told = put(&one, Guard::Match(&second)).await.unwrap();
        let (third, _) = dav.get(login, &href).await.unwrap();
        if let Some(told) = told {
            assert_eq!(told, third, "an ETag is only told for what is kept as sent");
        }
        let late = dav.delete(login, &href, Some(&second)).await.unwrap_err();
        assert!(matches!(late, DavError::Precondition), "{late:?}");
        dav.delete(login, &href, Some(&third)).await.unwrap();
        let gone = dav.delete(login, &href, None).await.unwrap_err();
        assert!(matches!(gone, DavError::NotFound), "{gone:?}");
        let none = put(&one, Guard::Match(&ETag::new("\"never\"")))
            .await
            .unwrap_err();
        // Quirk: Radicale and Xandikos say 412, Cyrus 404 or 412, to If-Match on what is not there.
        assert!(
            matches!(none, DavError::Precondition | DavError::NotFound),
            "{none:?}"
        );
        let all = dav.changes(login, &collection, None).await.unwrap();
        assert!(all.changed.is_empty(), "{all:?}");
        // What is no object is refused for good, or tolerated; never called an outage.
        match put("no object at all", Guard::New).await {
            Ok(_) => {}
            Err(error) => assert!(error.is_final(), "{error:?}"),
        }
    }
}

async fn many_come_in_batches(kind: DavKind) {
    let rig = Rig::start(kind).await;
    let (dav, login) = (&rig.dav, &rig.login);
    let base = rig.server.contacts(&rig.alice);
    let collection = Href::path(&base).unwrap();
    let count = 120;
    for n in 0..count {
        let href = Href::path(&format!("{base}c{n}.vcf")).unwrap();
        let text = card(&format!("c{n}"), &format!("Nr {n}"));
        dav.put(login, &href, text.into(), Data::VCard, Guard::New)
            .await
            .unwrap();
    }
    let all = dav.changes(login, &collection, None).await.unwrap();
    assert_eq!(all.changed.len(), count);
    let hrefs: Vec<Href> = all.changed.into_iter().map(|(href, _)| href).collect();
    let got = dav
        .multiget(login, &collection, Data::VCard, &hrefs)
        .await
        .unwrap();
    assert_eq!(got.len(), count);
    assert!(got.iter().all(|got| got.result.is_ok()));
}

async fn windows_and_moves(kind: DavKind) {
    let rig = Rig::start(kind).await;
    let (dav, login) = (&rig.dav, &rig.login);
    let base = rig.server.calendar(&rig.alice);
    let calendar = Href::path(&base).unwrap();
    let other = rig.server.client(&rig.alice);
    let series = event("series", "Weekly").replace("SUMMARY", "RRULE:FREQ=WEEKLY\r\nSUMMARY");
    other
        .put(&format!("{base}old.ics"), &event("old", "Old"))
        .await;
    other.put(&format!("{base}series.ics"), &series).await;
    // 2026-06-01: the event of March is over, the series is not.
    let found = dav
        .in_range(login, &calendar, "VEVENT", 1_780_272_000)
        .await
        .unwrap();
    if let Some(found) = found {
        let names: Vec<String> = found.iter().map(Href::last_segment).collect();
        assert_eq!(names, ["series.ics"]);
    } else {
        panic!("all three know calendar-query");
    }

    let second = dav
        .create_collection(
            login,
            NewKind::Events,
            "airgate-second",
            "Zweiter & <Kalender>",
        )
        .await
        .unwrap();
    let twice = dav
        .create_collection(login, NewKind::Events, "airgate-second", "Again")
        .await
        .unwrap_err();
    assert!(matches!(twice, DavError::Precondition), "{twice:?}");
    let found = dav.collections(login).await.unwrap();
    assert_eq!(
        by_href(&found, second.as_str()).name,
        "Zweiter & <Kalender>"
    );
    let from = Href::path(&format!("{base}old.ics")).unwrap();
    let to = second.join("old.ics");
    match dav.relocate(login, &from, &to).await {
        Ok(()) => {
            assert!(matches!(
                dav.get(login, &from).await,
                Err(DavError::NotFound)
            ));
            dav.get(login, &to).await.unwrap();
        }
        // Quirk: Xandikos does not move.
        Err(DavError::Unsupported(_)) => assert_eq!(kind, DavKind::Xandikos),
        Err(other) => panic!("{other:?}"),
    }
    dav.rename_collection(login, &second, "Anders")
        .await
        .unwrap();
    let found = dav.collections(login).await.unwrap();
    assert_eq!(by_href(&found, second.as_str()).name, "Anders");
    assert!(!dav.is_gone(login, &second).await.unwrap());
    dav.delete_collection(login, &second).await.unwrap();
    assert!(dav.is_gone(login, &second).await.unwrap());

    let book = dav
        .create_collection(login, NewKind::AddressBook, "airgate-book", "Buch")
        .await
        .unwrap();
    let found = dav.collections(login).await.unwrap();
    let found = by_href(&found, book.as_str());
    assert_eq!(
        (found.kind, found.name.as_str()),
        (CollectionKind::AddressBook, "Buch")
    );
    let list = dav
        .create_collection(login, NewKind::Tasks, "airgate-tasks", "Liste")
        .await
        .unwrap();
    let found = dav.collections(login).await.unwrap();
    let found = by_href(&found, list.as_str());
    assert!(found.components.tasks);
}

macro_rules! on_each {
    ($($story:ident: $($name:ident $kind:ident),+;)+) => {$($(
        #[tokio::test]
        async fn $name() {
            $story(DavKind::$kind).await;
        }
    )+)+};
}

on_each! {
    collections_and_changes:
        changes_on_radicale Radicale, changes_on_xandikos Xandikos, changes_on_cyrus Cyrus;
    writes_are_guarded:
        s13_guards_on_radicale Radicale, s13_guards_on_xandikos Xandikos, s13_guards_on_cyrus Cyrus;
    many_come_in_batches:
        batches_on_radicale Radicale, batches_on_cyrus Cyrus;
    windows_and_moves:
        windows_on_radicale Radicale, windows_on_xandikos Xandikos, windows_on_cyrus Cyrus;
}
