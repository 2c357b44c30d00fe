//! Resident memory while one large attachment passes, and how fast it passes beside a bare client.

use std::time::Instant;

use airgate_codec::eas::item_operations::{Fetch, Operation, Request, Store};
use airgate_codec::eas::sync::{ItemData, Response, ServerCommand};

use crate::imap::Bare;
use crate::peak::{self, Passed};
use crate::phone::{Phone, VERSION, sync_request};
use crate::support::backend::User;
use crate::support::backend::dovecot::Dovecot;
use crate::support::process::loopback;
use crate::support::server::Server;
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

    let inline = pass(&server, &mut phone, &request, scale.attachment);
    let asked =
        String::from_utf8_lossy(&request).replacen("\r\n", "\r\nMS-ASAcceptMultiPart: T\r\n", 1);
    // Only the head has text; the body's octets are put behind it again.
    let head = asked.find("\r\n\r\n").expect("a head") + 4;
    let body = request
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .expect("a head")
        + 4;
    let in_parts = [&asked.as_bytes()[..head], &request[body..]].concat();
    let multipart = pass(&server, &mut phone, &in_parts, scale.attachment);

    let mut bare = Bare::log_in(loopback(dovecot.imap_port), &alice);
    bare.command("SELECT INBOX");
    let start = Instant::now();
    bare.command("UID FETCH 1 (BODY.PEEK[2])");
    let peer = start.elapsed();
    let size = scale.attachment as f64 / 1e6;
    for (form, passed) in [("inline", inline), ("multipart", multipart)] {
        table.add(
            &format!("resident memory while one attachment of {size:.0} MB passes, {form}"),
            passed.grown as f64 / 1048576.0,
            "MiB",
            Budget::AtMost(8.0),
            &format!(
                "{:.0} MB/s; a bare client reads it at {:.0} MB/s; {:.1} MiB resident before",
                size / passed.time.as_secs_f64(),
                size / peer.as_secs_f64(),
                passed.before as f64 / 1048576.0
            ),
        );
    }
}

fn pass(server: &Server, phone: &mut Phone, request: &[u8], least: usize) -> Passed {
    let mut octets = 0_u64;
    let passed = peak::during(server.pid(), || {
        phone.stream(request, &mut |piece| octets += piece.len() as u64);
    });
    assert!(octets >= least as u64, "the whole attachment");
    passed
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
