//! A bad network before a real server (F3, T60): slow, cut, silent, mad, gone.

use std::time::Duration;

use airgate::backend::dav::{Cursor, Data, Dav, DavError, Href};

use super::{event, login, settings};
use crate::support::backend::User;
use crate::support::backend::dav::{DavKind, DavServer};
use crate::support::faulty::{Faulty, Mode};

#[tokio::test]
async fn t60_faults_are_errors_and_pass() {
    let alice = User::alice();
    let server = DavServer::start(DavKind::Radicale, &[alice.clone()], None).await;
    let base = server.calendar(&alice);
    let other = server.client(&alice);
    for n in 0..20 {
        other
            .put(&format!("{base}{n}.ics"), &event(&n.to_string(), "x"))
            .await;
    }
    let proxy = Faulty::before(server.address()).await;
    let mut settings = settings(&format!("http://127.0.0.1:{}", proxy.port()));
    settings.deadlines.progress = Duration::from_millis(400);
    settings.deadlines.connect = Duration::from_millis(400);
    settings.deadlines.request = Duration::from_secs(2);
    let dav = Dav::new(settings.clone());
    let login = login(&alice, 1);
    let calendar = Href::path(&base).unwrap();
    assert_eq!(dav.collections(&login).await.unwrap().len(), 3);
    let all = dav.changes(&login, &calendar, None).await.unwrap();
    let hrefs: Vec<Href> = all.changed.iter().map(|(href, _)| href.clone()).collect();
    assert_eq!(hrefs.len(), 20);

    for mode in [
        Mode::CutAfter(0),
        Mode::CutAfter(100),
        Mode::CutAfter(1500),
        Mode::Garbage,
        Mode::BlackHole,
        Mode::Close,
        Mode::Slow {
            bytes: 1,
            pause: Duration::from_millis(300),
        },
    ] {
        // A client of its own each time, so that no breaker is open from before.
        let dav = Dav::new(settings.clone());
        proxy.set(Mode::Pass);
        dav.collections(&login).await.unwrap();
        proxy.set(mode);
        let listed = dav.changes(&login, &calendar, None).await;
        match &listed {
            // A read that was cut before its answer began is asked for once more.
            Ok(delta) => assert_eq!(delta, &all, "{mode:?}"),
            Err(error) => assert!(
                matches!(
                    error,
                    DavError::Disconnected(_)
                        | DavError::Unreachable(_)
                        | DavError::Timeout
                        | DavError::Protocol(_)
                ),
                "{mode:?}: {error:?}"
            ),
        }
        proxy.set(mode);
        match dav
            .multiget(&login, &calendar, Data::ICalendar, &hrefs)
            .await
        {
            Ok(got) => assert!(got.iter().all(|got| got.result.is_ok()), "{mode:?}"),
            Err(error) => assert!(!matches!(error, DavError::NotFound), "{mode:?}"),
        }
        proxy.set(Mode::Pass);
        let again = dav.changes(&login, &calendar, Some(&all.cursor)).await;
        let again = again.unwrap_or_else(|error| panic!("after {mode:?}: {error:?}"));
        assert!(
            again.changed.is_empty() && again.gone.is_empty(),
            "{mode:?}"
        );
    }
}

#[tokio::test]
async fn t60_a_server_that_is_gone_is_left_alone_and_found_again() {
    let alice = User::alice();
    let mut server = DavServer::start(DavKind::Radicale, &[alice.clone()], None).await;
    let dav = Dav::new(settings(&server.url()));
    let login = login(&alice, 1);
    let before = dav.collections(&login).await.unwrap();
    server.stop();
    let mut rested = false;
    for _ in 0..8 {
        let error = dav.collections(&login).await.unwrap_err();
        rested |= matches!(error, DavError::BreakerOpen { .. });
    }
    assert!(rested);
    server.restart();
    let mut after = Err(DavError::Timeout);
    for _ in 0..200 {
        after = dav.collections(&login).await;
        if after.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(after.unwrap(), before);
}

#[tokio::test]
async fn cyrus_pages_when_it_is_told_to() {
    let mut page = None;
    let rig = super::Rig::start_with(DavKind::Cyrus, |mut settings| {
        settings.page = Some(2);
        page = settings.page;
        settings
    })
    .await;
    let base = rig.server.calendar(&rig.alice);
    let other = rig.server.client(&rig.alice);
    for n in 0..7 {
        other
            .put(&format!("{base}{n}.ics"), &event(&n.to_string(), "x"))
            .await;
    }
    let calendar = Href::path(&base).unwrap();
    let all = rig.dav.changes(&rig.login, &calendar, None).await.unwrap();
    assert_eq!(all.changed.len(), 7);
    other.delete(&format!("{base}3.ics")).await;
    for n in 4..7 {
        other
            .put(&format!("{base}{n}.ics"), &event(&n.to_string(), "y"))
            .await;
    }
    let since: Option<&Cursor> = Some(&all.cursor);
    let next = rig.dav.changes(&rig.login, &calendar, since).await.unwrap();
    assert_eq!((next.changed.len(), next.gone.len()), (3, 1));
    assert_eq!(page, Some(2));
}
