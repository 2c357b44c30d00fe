//! The initial Sync of a mailbox of mixed mails, beside a bare pipelining IMAP client that fetches
//! the same data from the same Dovecot.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use airgate::item::email::HEADER_FIELDS;

use crate::imap::Bare;
use crate::phone::Phone;
use crate::process::cpu;
use crate::support::backend::User;
use crate::support::backend::dovecot::Dovecot;
use crate::support::process::loopback;
use crate::table::{Budget, Table};
use crate::{Scale, mails, rig};

/// Items a phone asks for at a time.
const WINDOW: u32 = 100;
/// Octets of a body it takes: more than there are.
const TRUNCATION: u32 = 100_000;
/// Messages of one command of the bare client.
const CHUNK: u64 = 100;
/// How often each is measured, in turn.
const ROUNDS: usize = 3;

pub fn measure(scale: Scale, table: &mut Table) {
    let alice = User::alice();
    let dovecot = Dovecot::start(std::slice::from_ref(&alice));
    mails::fill_mixed(&dovecot.maildir(&alice), "INBOX", scale.initial);
    let imap = loopback(dovecot.imap_port);
    // Dovecot reads the folder and fills its cache of headers and structures: for nobody's account.
    bare(imap, &alice, scale.initial);
    let state = rig::state();
    let server = rig::server(dovecot.imap_port, state.path().to_owned(), |settings| {
        settings
    });

    let rounds = if scale.smoke { 1 } else { ROUNDS };
    let (mut peer, mut plain) = (Vec::new(), Vec::new());
    let mut own = Duration::ZERO;
    for round in 0..rounds {
        peer.push(bare(imap, &alice, scale.initial));
        let before = cpu(server.pid());
        plain.push(initial(
            &server.address(),
            &alice,
            &format!("plain{round}"),
            false,
            scale,
        ));
        own += cpu(server.pid()) - before;
    }
    let before = cpu(server.pid());
    let zipped = initial(&server.address(), &alice, "zipped", true, scale);
    let own_zipped = cpu(server.pid()) - before;

    let rate = |time: Duration| scale.initial as f64 / time.as_secs_f64();
    let each = |time: Duration, times: usize| {
        time.as_secs_f64() * 1e6 / (scale.initial as f64 * times as f64)
    };
    let peer = median(peer);
    let plain = median(plain);
    let count = scale.initial;
    table.add(
        &format!("Initial Sync of {count} mixed messages, 32 KiB HTML bodies, window {WINDOW}"),
        rate(plain),
        "items/s",
        Budget::None,
        &format!(
            "bare pipelining IMAP client {:.0}/s; {:.0} us own CPU an item",
            rate(peer),
            each(own, rounds)
        ),
    );
    table.add(
        "the same as a share of the bare client's rate",
        100.0 * rate(plain) / rate(peer),
        "%",
        Budget::AtLeast(60.0),
        &format!("median of {rounds} runs each, in turn"),
    );
    table.add(
        "the same with gzip answers",
        rate(zipped),
        "items/s",
        Budget::None,
        &format!(
            "{:.0} % of the bare client; {:.0} us own CPU an item",
            100.0 * rate(zipped) / rate(peer),
            each(own_zipped, 1)
        ),
    );
}

fn initial(server: &SocketAddr, user: &User, device: &str, gzip: bool, scale: Scale) -> Duration {
    let mut phone = Phone::connect(*server, user, device, gzip);
    let folder = phone.folder("INBOX");
    let start = Instant::now();
    let (_, count) = phone.sync_all(&folder, WINDOW, TRUNCATION);
    let time = start.elapsed();
    assert_eq!(count as u64, scale.initial, "items of the initial Sync");
    time
}

/// Flags, dates, sizes, structures, header fields and the same body parts, newest first, the next
/// commands always under way before the last are answered. It knows beforehand what a real client
/// must read from the structure, so it never waits.
fn bare(imap: SocketAddr, user: &User, count: u64) -> Duration {
    let mut commands = Vec::new();
    let mut high = count;
    while high > 0 {
        let low = high.saturating_sub(CHUNK) + 1;
        commands.push(format!(
            "UID FETCH {low}:{high} (UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE \
             BODY.PEEK[HEADER.FIELDS ({})])",
            HEADER_FIELDS.join(" ")
        ));
        let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for uid in low..=high {
            let uids = sections.entry(mails::section(uid - 1)).or_default();
            uids.push(uid.to_string());
        }
        for (section, uids) in sections {
            commands.push(format!(
                "UID FETCH {} (UID BODY.PEEK[{section}]<0.{}>)",
                uids.join(","),
                TRUNCATION * 3
            ));
        }
        high = low - 1;
    }
    let mut bare = Bare::log_in(imap, user);
    let start = Instant::now();
    bare.command("SELECT INBOX");
    bare.flight(&commands);
    start.elapsed()
}

/// The middle one.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
