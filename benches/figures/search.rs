//! The first results of a search in a large mailbox, beside a bare client that asks the same Dovecot
//! for the same: SEARCH, then FETCH of the newest that fit.

use std::time::{Duration, Instant};

use airgate::item::email::HEADER_FIELDS;
use airgate_codec::eas::email::BodyType;
use airgate_codec::eas::search::{Options, Query, Request, Response, Store, Term};
use airgate_codec::eas::{BodyPreference, Range};

use crate::imap::Bare;
use crate::initial::median;
use crate::phone::{Phone, VERSION};
use crate::support::backend::User;
use crate::support::backend::dovecot::Dovecot;
use crate::support::process::loopback;
use crate::table::{Budget, Table};
use crate::{Scale, mails, rig};

/// Results of a page.
const PAGE: u64 = 25;
/// How often each is measured, in turn, for other words each time: a result is kept for a while.
const ROUNDS: u64 = 3;

pub fn measure(scale: Scale, table: &mut Table) {
    let alice = User::alice();
    let dovecot = Dovecot::start(std::slice::from_ref(&alice));
    mails::fill_small(&dovecot.maildir(&alice), "INBOX", scale.searched);
    let imap = loopback(dovecot.imap_port);
    let state = rig::state();
    let server = rig::server(dovecot.imap_port, state.path().to_owned(), |settings| {
        settings
    });
    let mut phone = Phone::connect(server.address(), &alice, "search", false);
    let folder = phone.folder("INBOX");
    let mut bare = Bare::log_in(imap, &alice);
    bare.command("SELECT INBOX");
    // Once for nobody's account: Dovecot fills its caches, as far as it has any for this.
    plain(&mut bare, &word(0));
    first_page(&mut phone, &folder, &word(0));

    let (mut peer, mut own) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        peer.push(plain(&mut bare, &word(round)));
        own.push(first_page(&mut phone, &folder, &word(round)));
    }
    let (peer, own) = (median(peer), median(own));
    table.add(
        &format!(
            "search of {} messages for a word in 2 % of them: the first {PAGE} results",
            scale.searched
        ),
        own.as_secs_f64() * 1e3,
        "ms",
        Budget::None,
        &format!(
            "bare SEARCH and FETCH of the same {:.0} ms; {:.2} times that, median of {ROUNDS}",
            peer.as_secs_f64() * 1e3,
            own.as_secs_f64() / peer.as_secs_f64()
        ),
    );
}

/// In the address of every fiftieth mail.
fn word(round: u64) -> String {
    format!("vera{}@contoso", 10 + round)
}

fn first_page(phone: &mut Phone, folder: &str, word: &str) -> Duration {
    let terms = vec![
        Term::CollectionId(folder.to_owned()),
        Term::FreeText(word.to_owned()),
    ];
    let request = Request {
        store: Store::Mailbox,
        query: Query {
            text: String::new(),
            terms: vec![Term::And(terms)],
        },
        options: Options {
            range: Some(Range {
                first: 0,
                last: PAGE - 1,
            }),
            body_preferences: vec![BodyPreference {
                truncation_size: Some(1000),
                ..BodyPreference::of(BodyType::Plain)
            }],
            ..Options::default()
        },
    };
    let body = request.write(VERSION);
    let start = Instant::now();
    let answer = phone.command("Search", &body);
    let time = start.elapsed();
    let response = Response::read(answer).expect("a Search response");
    let store = response.store.expect("what the store says");
    assert!(!store.results.is_empty(), "{:?}", store.status);
    time
}

fn plain(bare: &mut Bare, word: &str) -> Duration {
    let start = Instant::now();
    let found = bare.command(&format!("UID SEARCH RETURN (ALL) TEXT \"{word}\""));
    let uids = newest(&found.join(" "));
    bare.command(&format!(
        "UID FETCH {uids} (UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE \
         BODY.PEEK[HEADER.FIELDS ({})] BODY.PEEK[1]<0.3000>)",
        HEADER_FIELDS.join(" ")
    ));
    start.elapsed()
}

/// The last page of what an ESEARCH found. The words stand in every fiftieth mail: no runs.
fn newest(answer: &str) -> String {
    let (_, all) = answer.split_once(" ALL ").expect("something is found");
    let all = all.split_whitespace().next().expect("UIDs");
    let uids: Vec<&str> = all.split(',').collect();
    let from = uids
        .len()
        .saturating_sub(usize::try_from(PAGE).unwrap_or(0));
    uids[from..].join(",")
}
