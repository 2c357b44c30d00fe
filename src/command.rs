//! The commands: typed request in, backend and sync in the middle, typed response out. One file per
//! command; a reader finds `MoveItems` by its file name.
//!
//! [`Gateway`] is the whole server behind the front; `Call` is one request on its way through.

mod attachment;
mod discovery;
mod edited;
mod explain;
mod failures;
mod file_reference;
mod find;
mod folder_change;
mod folder_create;
mod folder_delete;
mod folder_sync;
mod folder_update;
mod folders;
mod follow_ups;
mod gateway;
mod get_attachment;
mod get_hierarchy;
mod get_item_estimate;
mod hunt;
mod in_flight;
mod item_operations;
mod long_id;
mod lookup;
mod loops;
mod meeting_response;
mod meetings;
mod move_items;
mod moved;
mod objects;
mod options;
mod partnership;
mod ping;
mod provision;
mod read;
mod resolve_recipients;
mod results;
mod search;
mod send;
mod settings;
mod standing;
mod sync;
mod told;
mod validate_cert;
mod watch;

pub use gateway::{Gateway, Heartbeat, Parts, Settings};

use std::future::ready;
use std::pin::Pin;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::Malformed;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status;
use airgate_codec::imap::MailboxName;
use bytes::Bytes;
use tracing::{info, warn};

use crate::backend::Login;
use crate::failure::{self, Blame, Failure, Remedy};
use crate::front::{Head, Reply};
use crate::gate::{Scopes, UserRules};
use crate::identity::{DeviceId, UserId};
use crate::item::habits::{Habits, OneFolder};
use crate::item::object::{Client, Kind};
use crate::item::options::BodyOptions;
use crate::store::{DeviceRow, FolderKind, FolderRow};
use crate::sync::folders::merged;
use crate::sync::mailbox::Mailbox;
use crate::sync::objects::{ObjectOptions, Window as ObjectWindow};
use crate::sync::window::{self, Window};

/// One request of one device of one user.
pub(crate) struct Call<'a> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) user: &'a UserId,
    pub(crate) login: &'a Login,
    pub(crate) device: &'a DeviceId,
    pub(crate) partnership: &'a DeviceRow,
    /// The classes of items the secret opens (C3).
    pub(crate) scopes: Scopes,
    /// Gmail's probe, of which nothing is kept.
    pub(crate) probe: bool,
    /// What holds for the user.
    pub(crate) rules: &'a UserRules,
    pub(crate) command: CommandName,
    pub(crate) version: ProtocolVersion,
    pub(crate) head: &'a Head,
    pub(crate) body: &'a Bytes,
}

/// Carries out a command.
pub(crate) async fn answer(call: &Call<'_>) -> Reply {
    if !call.command.exists_in(call.version) {
        return failures::status_reply(call.version, call.command, status::VERSION_NOT_SUPPORTED);
    }
    // In a box of its own, so that a held Ping does not keep the room of the largest command.
    let work: Pin<Box<dyn Future<Output = Result<Reply, Failure>> + Send + '_>> = match call.command
    {
        CommandName::Sync => Box::pin(sync::sync(call)),
        CommandName::FolderSync => Box::pin(folder_sync::folder_sync(call)),
        CommandName::GetHierarchy => Box::pin(get_hierarchy::get_hierarchy(call)),
        CommandName::FolderCreate => Box::pin(folder_create::folder_create(call)),
        CommandName::FolderDelete => Box::pin(folder_delete::folder_delete(call)),
        CommandName::FolderUpdate => Box::pin(folder_update::folder_update(call)),
        CommandName::Ping => Box::pin(ping::ping(call)),
        CommandName::Provision => Box::pin(provision::provision(call)),
        CommandName::Settings => Box::pin(settings::settings(call)),
        CommandName::GetAttachment => Box::pin(get_attachment::get_attachment(call)),
        CommandName::GetItemEstimate => Box::pin(get_item_estimate::get_item_estimate(call)),
        CommandName::MoveItems => Box::pin(move_items::move_items(call)),
        CommandName::ItemOperations => Box::pin(item_operations::item_operations(call)),
        CommandName::MeetingResponse => Box::pin(meeting_response::meeting_response(call)),
        CommandName::Search => Box::pin(search::search(call)),
        CommandName::Find => Box::pin(find::find(call)),
        CommandName::ResolveRecipients => Box::pin(resolve_recipients::resolve_recipients(call)),
        CommandName::ValidateCert => Box::pin(ready(validate_cert::validate_cert(call))),
        CommandName::SendMail | CommandName::SmartReply | CommandName::SmartForward => {
            Box::pin(send::send(call))
        }
    };
    match work.await {
        Ok(reply) => reply,
        Err(failure) => {
            let error = failure::chain(&failure);
            match failure.blame {
                // Our own database or disk: somebody has to look.
                Blame::Gateway => warn!(command = %call.command, %error, "the command failed"),
                Blame::Backend | Blame::Device => {
                    info!(command = %call.command, %error, "the command failed");
                }
            }
            if failure.remedy == Remedy::FreshSecret {
                call.gateway.gate.refused_by_backend(call.login).await;
            }
            failures::reply(call.version, call.command, &failure)
        }
    }
}

/// The answer to a body that is not the command's message: its own status where it has one, the
/// common one for bytes that are no WBXML, HTTP 400 up to 12.1 (REFERENCE 2.5, 3).
fn malformed(call: &Call<'_>, fault: &Malformed, own_status: u16) -> Reply {
    info!(command = %call.command, offset = fault.offset(), error = %failure::chain(fault), "malformed request");
    let status = match fault {
        Malformed::Wbxml(_) => fault.common_status(),
        Malformed::Schema(_) => own_status,
    };
    if call.version < ProtocolVersion::V14_0 && matches!(fault, Malformed::Wbxml(_)) {
        return Reply::bad_request(format!(
            "The body is malformed at byte {}.\n",
            fault.offset()
        ));
    }
    failures::status_reply(call.version, call.command, status)
}

impl<'a> Call<'a> {
    /// The mailbox behind a folder of the user's.
    fn mailbox(&'a self, folder: &'a FolderRow, name: &'a MailboxName) -> Mailbox<'a> {
        Mailbox {
            imap: &self.gateway.imap,
            login: self.login,
            store: self.gateway.store.as_ref(),
            threads: &self.gateway.threads,
            user: self.user,
            collection: &folder.id,
            name,
            level: folder.is_level(),
            notes: folder.kind == FolderKind::Notes,
        }
    }

    /// The window of a mail filter for this user now, with what belongs to its conversations or not.
    /// Notes have none ([MS-ASCMD] 2.2.3.68.2).
    fn window(&self, folder: &FolderRow, filter_type: u8, conversations: bool) -> Window {
        if folder.kind == FolderKind::Notes {
            return Window::default();
        }
        let zone = &self.gateway.settings.time_zone;
        let floor = window::mail_floor(filter_type, self.gateway.window_clock.seconds(), zone);
        // The mode came with 14.0.
        Window::new(
            floor,
            conversations && self.version >= ProtocolVersion::V14_0,
        )
    }

    /// The part of a collection of objects that is wanted now.
    fn object_window(&self, kind: Kind, options: &ObjectOptions) -> ObjectWindow {
        let zone = &self.gateway.settings.time_zone;
        options.window(kind, self.gateway.window_clock.seconds(), zone)
    }

    /// The options for bodies of objects in this request.
    fn object_bodies(&self, options: &ObjectOptions) -> BodyOptions {
        BodyOptions {
            version: self.version,
            outlook: self.is_outlook(),
            ..options.bodies.clone()
        }
    }

    /// What this device is offered.
    fn offer(&self) -> &options::Offer {
        let agent = self.head.agent.as_deref();
        let device_type = self.partnership.device_type.as_str();
        self.gateway.offers_made.to(Some(device_type), agent)
    }

    /// What kind of client this is. A request that does not say is of the one that spoke last.
    fn client(&self) -> Client<'_> {
        let said = self.head.agent.as_deref();
        Client {
            device_type: &self.partnership.device_type,
            agent: said.or(self.partnership.agent.as_deref()),
        }
    }

    /// Of which classes it looks at one folder only.
    fn one_folder(&self) -> OneFolder {
        Habits::of(&self.client()).one_folder_of
    }

    /// The name of a folder's keys and numbers for this client.
    fn space(&self, folder: &FolderRow) -> String {
        merged::space(folder, self.one_folder())
    }

    /// Outlook's desktop with an EAS account, which has habits of its own (REFERENCE 12).
    fn is_outlook(&self) -> bool {
        self.partnership
            .device_type
            .eq_ignore_ascii_case("WindowsOutlook15")
    }
}

/// What a command comes to: an answer, or a failure of the rooms below.
type Answer = Result<Reply, Failure>;
