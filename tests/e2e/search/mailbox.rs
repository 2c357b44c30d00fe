//! What is found, on every server and in every version.

use airgate_codec::eas::Class;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::item_operations::{Fetch, Outcome, Properties, Store as FetchStore};
use airgate_codec::eas::search::{Options, Query, SearchResult, Store, Term};
use airgate_codec::eas::{BodyPreference, sync::ItemData};

use super::{
    DAY, VERSIONS, ask, email, phones, put, received, search, search_with, subjects, text, within,
};
use crate::stories::{Setup, make_folder, on_servers};
use crate::support::world::World;

async fn filled(setup: Setup) -> World {
    let world = setup.world().await;
    make_folder(&world, "Work").await;
    make_folder(&world, "Work/Deep").await;
    // Put in another order than they were received.
    put(
        &world,
        "INBOX",
        &[
            ("tea at noon", "green leaves", 12),
            ("tea at nine", "Grüße aus Köln", 9),
            ("coffee", "nothing of the other", 10),
        ],
    )
    .await;
    put(&world, "Work", &[("tea at ten", "für den Überblick", 10)]).await;
    put(&world, "Work/Deep", &[("tea at eleven", "unsweetened", 11)]).await;
    world
}

async fn words_dates_and_folders(setup: Setup) {
    let world = filled(setup).await;
    for mut phone in phones(&world).await {
        let version = phone.version();
        let all = ["tea at noon", "tea at eleven", "tea at ten", "tea at nine"];
        let found = search(&mut phone, vec![text("tea")]).await;
        assert_eq!(
            subjects(&found),
            all,
            "{version}: newest first over all folders"
        );
        assert_eq!(found.total, Some(4));
        assert_eq!(
            found.range.map(|range| range.to_string()),
            Some("0-3".into())
        );
        let first = &found.results[0];
        assert_eq!(first.class, Some(Class::Email));
        assert_eq!(first.collection_id, Some(phone.id("INBOX")));
        // REFERENCE 12, 29 and 47: 0 is all folders too.
        let zero = vec![Term::CollectionId("0".into()), text("tea")];
        assert_eq!(subjects(&search(&mut phone, zero).await), all, "{version}");
        let one = vec![
            Term::Class(Class::Email),
            within(&phone, "INBOX"),
            text("TEA"),
        ];
        let found = search(&mut phone, one).await;
        assert_eq!(
            subjects(&found),
            ["tea at noon", "tea at nine"],
            "{version}"
        );
        let two = vec![within(&phone, "Work"), within(&phone, "INBOX"), text("tea")];
        let found = search(&mut phone, two).await;
        assert_eq!(subjects(&found).len(), 3, "{version}");
        let both = vec![text("tea green")];
        assert_eq!(subjects(&search(&mut phone, both).await), ["tea at noon"]);
        for (words, subject) in [
            ("grüße", "tea at nine"),
            ("KÖLN", "tea at nine"),
            ("überblick", "tea at ten"),
        ] {
            let found = search(&mut phone, vec![text(words)]).await;
            assert_eq!(subjects(&found), [subject], "{version} {words}");
        }
        // Exact to the second, whatever the server's day is.
        let after = vec![text("tea"), Term::GreaterThan(received(DAY + 10 * 3600))];
        let found = search(&mut phone, after).await;
        assert_eq!(
            subjects(&found),
            ["tea at noon", "tea at eleven"],
            "{version}"
        );
        assert_eq!(found.total, Some(2));
        let between = vec![
            Term::GreaterThan(received(DAY + 9 * 3600)),
            Term::LessThan(received(DAY + 12 * 3600)),
        ];
        let found = search(&mut phone, between).await;
        assert_eq!(subjects(&found).len(), 3, "{version}: ten, ten, eleven");
        let either = vec![Term::Or(vec![text("coffee"), text("unsweetened")])];
        let found = search(&mut phone, either).await;
        assert_eq!(subjects(&found), ["tea at eleven", "coffee"], "{version}");
        for nothing in [
            vec![text("lemonade")],
            vec![Term::Class(Class::Calendar), text("tea")],
        ] {
            let found = search(&mut phone, nothing).await;
            assert_eq!((found.status, found.total), (1, Some(0)), "{version}");
            assert_eq!(found.results, [SearchResult::default()], "CMD_R3850");
        }
        let bare = Query {
            text: String::new(),
            terms: vec![text("coffee")],
        };
        let found = ask(&mut phone, Store::Mailbox, bare, Options::default()).await;
        assert_eq!(
            subjects(&found),
            ["coffee"],
            "{version}: FreeText under Query"
        );
        assert_eq!(phone.surprises(), [] as [&str; 0]);
    }
}

async fn folders_below_and_long_ids(setup: Setup) {
    let world = filled(setup).await;
    for mut phone in phones(&world).await {
        let version = phone.version();
        let terms = vec![within(&phone, "Work"), text("tea")];
        assert_eq!(
            subjects(&search(&mut phone, terms.clone()).await),
            ["tea at ten"]
        );
        let deep = Options {
            deep_traversal: true,
            body_preferences: vec![BodyPreference {
                truncation_size: Some(3),
                ..BodyPreference::of(BodyType::Plain)
            }],
            ..Options::default()
        };
        let found = search_with(&mut phone, terms, deep).await;
        assert_eq!(
            subjects(&found),
            ["tea at eleven", "tea at ten"],
            "{version}"
        );
        let body = email(&found.results[0]).body.as_ref().expect("a body");
        assert_eq!((body.data.as_deref(), body.truncated), (Some("uns"), true));
        // The phone never synchronised the folder, and can fetch what it found there.
        let fetch = Fetch {
            store: Some(FetchStore::Mailbox),
            long_id: found.results[0].long_id.clone(),
            ..Fetch::default()
        };
        let (response, _) = phone.item_operations(vec![fetch], false).await;
        match &response.outcomes[0] {
            Outcome::Fetch {
                head,
                properties: Some(Properties::Item(ItemData::Email(email))),
            } => {
                assert_eq!(head.long_id, found.results[0].long_id);
                assert_eq!(email.subject.as_deref(), Some("tea at eleven"));
            }
            other => panic!("{version} {other:?}"),
        }
    }
}

on_servers! {
    [dovecot Dovecot, courier Courier, cyrus Cyrus, plain Plain]
    words_dates_and_folders, folders_below_and_long_ids
}

/// Every message of a conversation, wherever it is, and with the parts of bodies that only there may
/// be asked for.
#[tokio::test]
async fn a_conversation_is_found_in_all_folders() {
    let world = Setup::Dovecot.world().await;
    make_folder(&world, "Work").await;
    put(&world, "INBOX", &[("another", "x", 1)]).await;
    let reply = "From: ann@example.com\r\nSubject: Re: plan\r\nMessage-ID: <two@x.test>\r\n\
        References: <one@x.test>\r\nIn-Reply-To: <one@x.test>\r\n\r\n<p>yes</p>\r\n";
    let root = "From: bob@example.com\r\nSubject: plan\r\nMessage-ID: <one@x.test>\r\n\r\nok?\r\n";
    world.deliver("INBOX", root.as_bytes()).await;
    world.deliver("Work", reply.as_bytes()).await;
    for mut phone in phones(&world).await {
        if phone.version() == VERSIONS[0] {
            continue;
        }
        let found = search(&mut phone, vec![text("ok?")]).await;
        let id = email(&found.results[0]).conversation_id.clone();
        let id = Term::ConversationId(id.expect("a conversation"));
        let parts = Options {
            body_part_preferences: vec![BodyPreference::of(BodyType::Html)],
            ..Options::default()
        };
        let found = search_with(&mut phone, vec![id], parts.clone()).await;
        let mut both = subjects(&found);
        both.sort();
        assert_eq!(both, ["Re: plan", "plan"]);
        assert_eq!(found.total, Some(2));
        assert!(email(&found.results[0]).body_part.is_some());
        let refused = search_with(&mut phone, vec![text("plan")], parts).await;
        assert_eq!(refused.status, 2, "only with a ConversationId");
    }
}
