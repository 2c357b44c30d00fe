//! One submission and what follows it, in a task of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::filing::{self, Filing, Mark, SentFolder};
use super::once::{self, Mail, NotSent, Sent};
use super::parcel::Parcel;
use crate::backend::Login;
use crate::backend::smtp::{Envelope, Smtp};
use crate::config::SaveSent;
use crate::store::{OutboxRow, Store};
use crate::sync::lease::Lease;

/// How long a sent mail's answer waits for its copy in the Sent folder, so that the phone finds it
/// there when it looks next.
const FILING: Duration = Duration::from_secs(5);

/// All that a submission needs, owned.
pub(super) struct Job {
    pub(super) store: Arc<dyn Store>,
    pub(super) smtp: Smtp,
    pub(super) login: Login,
    pub(super) sent: SentFolder,
    pub(super) envelope: Envelope,
    pub(super) asked_to_save: bool,
    pub(super) save: SaveSent,
    pub(super) mark: Option<Mark>,
    pub(super) row: OutboxRow,
    pub(super) parcel: Arc<Parcel>,
}

impl Job {
    /// Hands the mail over and has it filed; the lease is held until it is clear what to tell a
    /// repeat.
    pub(super) async fn run(self, lease: Lease) -> Result<Sent, NotSent> {
        let mail = Mail {
            login: &self.login,
            envelope: &self.envelope,
            octets: self.parcel.as_ref(),
        };
        let store = self.store.as_ref();
        let sent = once::submit(store, &self.smtp, &self.sent, &self.row, &mail).await?;
        metrics::counter!("airgate_mails_sent_total").increment(1);
        let before = sent == Sent::Before;
        let (copy, look) = filing::policy(self.save, self.asked_to_save, before);
        let filing = Filing {
            store: self.store,
            sent: self.sent,
            user: self.row.user,
            row: self.row.id,
            message_id: self.row.message_id,
            copy: copy.then_some(self.parcel),
            look,
            mark: self.mark,
        };
        let (first, tried) = oneshot::channel::<()>();
        // Goes on by itself: the mail is sent, whatever becomes of its copy (S19).
        crate::task::spawn("filing", filing.run(first));
        let _ = tokio::time::timeout(FILING, tried).await;
        drop(lease);
        Ok(sent)
    }
}
