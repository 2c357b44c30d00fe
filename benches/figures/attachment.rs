//! Resident memory while one large attachment passes, and how fast it passes beside a bare client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use airgate_codec::eas::item_operations::{Fetch, Operation, Request, Store};
use airgate_codec::eas::sync::{ItemData, Response, ServerCommand};

use crate::imap::Bare;
use crate::phone::{Phone, VERSION, sync_request};
use crate::process::{forget_peak, memory};
use crate::support::backend::User;
use crate::support::backend::dovecot::Dovecot;
use crate::support::process::loopback;
use crate::table::{Budget, Table};
use crate::{Scale, mails, rig};

pub fn measure(scale: Scale, table: &mut Table) {
    let alice = User::alice();
    let dovecot = Dovecot::start(std::slice::from_ref(&alice));
    let mail = mails::large(scale.attachment);
    dovecot.maildir(&alice).deliver("INBOX", &mail);
    let state = rig::state();
    let server = rig::server(dovecot.imap_port, state.path().to_owned(), |settings| {
        settings
    });
    let mut phone = Phone::connect(server.address(), &alice, "attachment", false);
    let folder = phone.folder("INBOX");
    let key = phone.sync(&folder, "0", 10, 1000).key;
    let body = phone.command("Sync", &sync_request(&folder, &key, 10, 1000));
    let reference = reference(&Response::read(body).expect("a Sync response"));
    let request = Request {
        operations: vec![Operation::Fetch(Box::new(Fetch {
            store: Some(Store::Mailbox),
            file_reference: Some(reference),
            ..Fetch::default()
        }))],
    };
    let request = phone
        .request
        .command("ItemOperations", &request.write(VERSION));

    let before = memory(server.pid(), "VmRSS");
    forget_peak(server.pid());
    // The kernel's own mark, and a look every millisecond where it cannot be set back.
    let seen = Arc::new(AtomicU64::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let watcher = {
        let (seen, over, pid) = (Arc::clone(&seen), Arc::clone(&over), server.pid());
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                seen.fetch_max(memory(pid, "VmRSS"), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(1));
            }
        })
    };
    let start = Instant::now();
    let mut octets = 0_u64;
    phone.stream(&request, &mut |piece| octets += piece.len() as u64);
    let time = start.elapsed();
    over.store(true, Ordering::Relaxed);
    watcher.join().expect("the watcher ends");
    let marked = memory(server.pid(), "VmHWM");
    let peak = marked.max(seen.load(Ordering::Relaxed)).max(before);
    assert!(octets >= scale.attachment as u64, "the whole attachment");

    let mut bare = Bare::log_in(loopback(dovecot.imap_port), &alice);
    bare.command("SELECT INBOX");
    let start = Instant::now();
    bare.command("UID FETCH 1 (BODY.PEEK[2])");
    let peer = start.elapsed();
    let size = scale.attachment as f64 / 1e6;
    table.add(
        &format!("resident memory while one attachment of {size:.0} MB passes"),
        (peak - before) as f64 / 1048576.0,
        "MiB",
        Budget::AtMost(8.0),
        &format!(
            "{:.0} MB/s; a bare client reads it at {:.0} MB/s; {:.1} MiB resident before",
            size / time.as_secs_f64(),
            size / peer.as_secs_f64(),
            before as f64 / 1048576.0
        ),
    );
}

/// The FileReference of the one attachment there is.
fn reference(response: &Response) -> String {
    response
        .collections
        .iter()
        .flat_map(|collection| &collection.commands)
        .find_map(|command| match command {
            ServerCommand::Add {
                data: ItemData::Email(email),
                ..
            } => Some(email.attachments.first()?.file_reference.clone()),
            _ => None,
        })
        .expect("an attachment")
}
