//! Follow-up flags with dates and reminders: on every device the same, though IMAP has one bit for them.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Moment;
use airgate_codec::eas::email::{EmailChange, FollowUp};
use airgate_codec::eas::sync::{ApplicationData, Command, ItemResponse};

use super::{Setup, assert_quiet, counts, deliver, flags_of, on_every_server, only, store};
use crate::support::phone::{Phone, Profile};

/// 2026-12-01T09:00:00Z in milliseconds.
const DUE: i64 = 1_796_115_600_000;
const HOUR: i64 = 3_600_000;

fn due(at: i64) -> FollowUp {
    FollowUp {
        status: 2,
        flag_type: Some("Call back".to_owned()),
        subject: Some("the offer".to_owned()),
        start_date: Some(Moment(at - 23 * HOUR)),
        utc_start_date: Some(Moment(at - 24 * HOUR)),
        due_date: Some(Moment(at + HOUR)),
        utc_due_date: Some(Moment(at)),
        reminder_set: Some(true),
        reminder_time: Some(Moment(at - HOUR)),
        ..FollowUp::default()
    }
}

async fn set(phone: &mut Phone, flag: FollowUp) -> Vec<u16> {
    let change = EmailChange {
        flag: Some(flag),
        ..EmailChange::default()
    };
    let command = Command::Change {
        server_id: phone.item("INBOX", "offer"),
        instance_id: None,
        data: ApplicationData::Email(Box::new(change)),
        send: false,
    };
    let answer = phone.do_in("INBOX", vec![command]).await;
    let statuses = only(&answer)
        .responses
        .iter()
        .map(|response| match response {
            ItemResponse::Change { status, .. } => *status,
            other => panic!("{other:?}"),
        });
    statuses.collect()
}

fn flag(phone: &Phone) -> FollowUp {
    let item = phone.item("INBOX", "offer");
    phone.held("INBOX").items[&item].flag.clone().unwrap()
}

async fn a_flag_with_dates_is_the_same_on_every_device(setup: Setup) {
    let world = setup.world().await;
    deliver(&world, "INBOX", &["offer", "other"]).await;
    let mut phones = Vec::new();
    for (version, name) in [
        (ProtocolVersion::V16_1, "SIXTEEN"),
        (ProtocolVersion::V14_1, "FOURTEEN"),
        (ProtocolVersion::V12_1, "TWELVE"),
    ] {
        let profile = Profile::old_phone().speaking(version).keeps_all();
        let mut phone = world.phone(profile.called(name)).await;
        phone.sync_all("INBOX").await;
        phones.push(phone);
    }
    let [first, second, third] = phones.as_mut_slice() else {
        panic!("three")
    };
    assert_eq!(set(first, due(DUE)).await, [0; 0]);
    assert_quiet(first, "INBOX").await;
    for other in [&mut *second, &mut *third] {
        let told = other.sync("INBOX").await;
        assert_eq!(counts(&told), "~1");
        assert_eq!(flag(other), due(DUE));
    }
    // Only the date moves: IMAP's flag stays as it is, and yet the others hear of it.
    let later = due(DUE + 48 * HOUR);
    assert_eq!(set(second, later.clone()).await, [0; 0]);
    assert_quiet(second, "INBOX").await;
    let told = first.sync("INBOX").await;
    assert_eq!(counts(&told), "~1");
    assert_eq!(flag(first), later);
    // A device that comes new has it from the start.
    let mut fresh = world.phone(Profile::ios()).await;
    fresh.sync_all("INBOX").await;
    assert_eq!(flag(&fresh), later);
    // Completed, with the time the phone says.
    let done = FollowUp {
        status: 1,
        complete_time: Some(Moment(DUE)),
        date_completed: Some(Moment(DUE)),
        ..later.clone()
    };
    assert_eq!(set(first, done.clone()).await, [0; 0]);
    for other in [&mut *second, &mut *third] {
        other.sync_all("INBOX").await;
        assert_eq!(flag(other), done);
    }
    // Another mail program opens it again, knowing nothing of dates.
    store(&world, "INBOX", "offer", "-FLAGS ($Completed)").await;
    store(&world, "INBOX", "offer", "+FLAGS (\\Flagged)").await;
    first.sync_all("INBOX").await;
    assert_eq!(flag(first), later);
    // Cleared, it is forgotten: a plain flag later has no dates.
    assert_eq!(set(first, FollowUp::default()).await, [0; 0]);
    store(&world, "INBOX", "offer", "+FLAGS (\\Flagged)").await;
    for phone in [first, second] {
        phone.sync_all("INBOX").await;
        let plain = flag(phone);
        assert_eq!(
            (plain.status, plain.due_date, plain.subject),
            (2, None, None)
        );
        assert_quiet(phone, "INBOX").await;
        assert_eq!(phone.surprises(), [""; 0]);
    }
}

async fn a_flag_that_does_not_hold_together_is_refused(setup: Setup) {
    let world = setup.world().await;
    deliver(&world, "INBOX", &["offer"]).await;
    let mut phone = world.phone(Profile::ios()).await;
    phone.sync_all("INBOX").await;
    let backwards = FollowUp {
        utc_due_date: Some(Moment(DUE - 48 * HOUR)),
        ..due(DUE)
    };
    let lone = FollowUp {
        start_date: None,
        ..due(DUE)
    };
    let unknown = FollowUp {
        status: 3,
        ..due(DUE)
    };
    for wrong in [backwards, lone, unknown] {
        assert_eq!(set(&mut phone, wrong).await, [6], "EMAIL_R406-R409");
    }
    let flags = flags_of(&world, "INBOX", "offer").await;
    assert!(!flags.contains("\\Flagged"), "{flags}");
}

on_every_server! {
    a_flag_with_dates_is_the_same_on_every_device,
    a_flag_that_does_not_hold_together_is_refused,
}
