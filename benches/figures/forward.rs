//! Resident memory while a large mail is forwarded: read from IMAP and written to SMTP, and read again
//! for the copy in the Sent folder.

use std::borrow::Cow;

use airgate_codec::eas::compose_mail::{SmartMail, Source, Verb};

use crate::phone::{Phone, VERSION};
use crate::support::backend::User;
use crate::support::backend::dovecot::Dovecot;
use crate::support::smtp::SmtpSink;
use crate::table::{Budget, Table};
use crate::{Scale, mails, peak, rig};

/// Times it is forwarded: the first warms up what every forward needs.
const TIMES: usize = 3;
const NEW: &[u8] = b"To: bob@example.com\r\nSubject: Fwd: film\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\nLook at this.\r\n";

pub fn measure(scale: Scale, table: &mut Table) {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let alice = User::alice();
    let users = std::slice::from_ref(&alice);
    let dovecot = Dovecot::start(users);
    let mail = mails::large(scale.forward);
    dovecot.maildir(&alice).deliver("INBOX", &mail);
    let sink = runtime.block_on(SmtpSink::start(users));
    let state = rig::state();
    let server = rig::server(dovecot.imap_port, state.path().to_owned(), |settings| {
        settings.smtp(&sink.url())
    });
    let mut phone = Phone::connect(server.address(), &alice, "forward", false);
    let folder = phone.folder("INBOX");
    let key = phone.sync(&folder, "0", 10, 1000).key;
    assert_eq!(phone.sync(&folder, &key, 10, 1000).added, 1);

    let mut worst: Option<peak::Passed> = None;
    for round in 1..=TIMES {
        let forward = SmartMail {
            verb: Verb::SmartForward,
            client_id: Some(format!("forward{round}")),
            source: Source {
                folder_id: Some(folder.clone()),
                item_id: Some(format!("{folder}:1")),
                ..Source::default()
            },
            account_id: None,
            save_in_sent_items: true,
            replace_mime: false,
            mime: Some(Cow::Borrowed(NEW)),
            template_id: None,
            body: None,
            forwardees: None,
        };
        let request = forward.write(VERSION);
        let passed = peak::during(server.pid(), || {
            let answer = phone.command("SmartForward", &request);
            assert!(answer.is_empty(), "refused: {answer:?}");
        });
        let got = runtime.block_on(sink.wait_for(round));
        let last = got.last().expect("it was sent");
        assert!(last.message.len() > scale.forward, "the whole original");
        if worst
            .as_ref()
            .is_none_or(|worst| passed.grown > worst.grown)
        {
            worst = Some(passed);
        }
    }
    let worst = worst.expect("it was forwarded");
    let size = mail.len() as f64 / 1e6;
    table.add(
        &format!("resident memory while a mail of {size:.0} MB is forwarded and filed"),
        worst.grown as f64 / 1_048_576.0,
        "MiB",
        Budget::AtMost(8.0),
        &format!(
            "most of {TIMES}; {:.0} MB/s into SMTP and Sent; {:.1} MiB resident before",
            size / worst.time.as_secs_f64(),
            worst.before as f64 / 1_048_576.0
        ),
    );
}
