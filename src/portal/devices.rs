//! Devices: what uses the account, and what can be done about it. Everything that changes a device has
//! a page of its own that says what it does, behind a fresh proof (C12, T54), and is done by the
//! gate's functions alone.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::form::Form;
use super::frame::{Frame, show as show_page};
use super::trouble::Trouble;
use super::visit::Member;
use super::{Desk, Done, see_other, segment};
use crate::gate::devices::{self, Decision, DeviceError};
use crate::gate::{DeviceFacts, model_of};
use crate::identity::{DeviceId, UserId};
use crate::store::{AuditAction, DeviceRow, FolderKind, Standing, Wipe, WipeScope};
use crate::sync::folders::merged;

/// One device in the list.
pub(super) struct Row {
    /// As one part of an address.
    pub(super) segment: String,
    pub(super) id: String,
    pub(super) kind: String,
    /// What it says of itself: its name, its model, its system.
    pub(super) about: String,
    pub(super) agent: String,
    pub(super) version: String,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) address: String,
    pub(super) syncs: String,
    pub(super) passcode: String,
    pub(super) tag: &'static str,
    pub(super) shade: &'static str,
    /// What a wipe that is under way stands at.
    pub(super) wiping: Option<&'static str>,
    pub(super) actions: Vec<Link>,
}

/// Something that can be done now.
pub(super) struct Link {
    pub(super) word: &'static str,
    pub(super) title: &'static str,
    pub(super) danger: bool,
}

#[derive(Template)]
#[template(path = "devices.html")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "device_action.html")]
struct Confirm {
    frame: Frame,
    root: String,
    /// Where whoever thinks better of it goes.
    back: String,
    segment: String,
    word: &'static str,
    title: String,
    what: &'static str,
    button: &'static str,
    danger: bool,
    /// The name to type before a wipe.
    typed: Option<String>,
    wrong: bool,
}

/// What can be done to a device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    Resync,
    Block,
    Allow,
    /// Only administrators hold devices back, or leave them to the rules.
    Quarantine,
    Undecide,
    Remove,
    WipeAccount,
    WipeDevice,
    CancelWipe,
}

const HERE: &str = "devices";
/// Events among which the last decision about a device is looked for.
const TRAIL: u32 = 500;

impl Action {
    pub(super) const ALL: [Self; 9] = [
        Self::Resync,
        Self::Block,
        Self::Allow,
        Self::Quarantine,
        Self::Undecide,
        Self::Remove,
        Self::WipeAccount,
        Self::WipeDevice,
        Self::CancelWipe,
    ];

    /// In addresses.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Resync => "resync",
            Self::Block => "block",
            Self::Allow => "allow",
            Self::Quarantine => "quarantine",
            Self::Undecide => "undecide",
            Self::Remove => "remove",
            Self::WipeAccount => "wipe-account",
            Self::WipeDevice => "wipe",
            Self::CancelWipe => "cancel-wipe",
        }
    }

    /// Title, explanation, button, and what is said when it is done.
    const fn words(self) -> [&'static str; 4] {
        match self {
            Self::Resync => [
                "device.resync",
                "device.resync.what",
                "device.resync.button",
                "resync",
            ],
            Self::Block => [
                "device.block",
                "device.block.what",
                "device.block.button",
                "blocked",
            ],
            Self::Allow => [
                "device.allow",
                "device.allow.what",
                "device.allow.button",
                "allowed",
            ],
            Self::Quarantine => [
                "device.quarantine",
                "device.quarantine.what",
                "device.quarantine.button",
                "quarantined",
            ],
            Self::Undecide => [
                "device.undecide",
                "device.undecide.what",
                "device.undecide.button",
                "undecided",
            ],
            Self::Remove => [
                "device.remove",
                "device.remove.what",
                "device.remove.button",
                "removed",
            ],
            Self::WipeAccount => [
                "device.wipe-account",
                "device.wipe-account.what",
                "device.wipe-account.button",
                "wiping",
            ],
            Self::WipeDevice => [
                "device.wipe",
                "device.wipe.what",
                "device.wipe.button",
                "wiping",
            ],
            Self::CancelWipe => [
                "device.cancel",
                "device.cancel.what",
                "device.cancel.button",
                "wipe-cancelled",
            ],
        }
    }

    /// What is said when it is done.
    pub(super) const fn done(self) -> &'static str {
        let [_, _, _, done] = self.words();
        done
    }

    /// Whether only administrators may.
    const fn for_admins(self) -> bool {
        matches!(self, Self::Quarantine | Self::Undecide)
    }

    const fn danger(self) -> bool {
        matches!(
            self,
            Self::Block | Self::Remove | Self::WipeAccount | Self::WipeDevice
        )
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }

    /// Whether it makes sense for a device as it stands.
    fn fits(self, row: &DeviceRow) -> bool {
        let pending = matches!(row.wipe, Wipe::Requested | Wipe::Sent);
        match self {
            Self::Allow => row.standing != Standing::Allowed || row.wipe == Wipe::Done,
            Self::Block => row.standing != Standing::Blocked && !pending,
            Self::Quarantine => row.standing != Standing::Quarantined && row.wipe == Wipe::None,
            Self::Undecide => row.decided && row.wipe == Wipe::None,
            Self::Resync => row.standing == Standing::Allowed && row.wipe == Wipe::None,
            Self::Remove => true,
            Self::WipeAccount => {
                !pending
                    && row.wipe == Wipe::None
                    && devices::erases_accounts(row.protocol.as_deref())
            }
            Self::WipeDevice => !pending && row.wipe == Wipe::None,
            Self::CancelWipe => pending,
        }
    }
}

pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Query(query): Query<Done>,
) -> Result<Response, Trouble> {
    let frame = Frame::member(&member, HERE).noting(&query.done);
    let rows = desk.devices_of(member.user(), &frame).await?;
    Ok(show_page(&List { frame, rows }))
}

/// Says what it will do, and asks.
pub(super) async fn ask(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Path((id, word)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let to = format!("/account/devices/{}/{}", segment(&id), segment(&word));
    member.must_step_up(&to)?;
    let frame = Frame::member(&member, HERE);
    desk.confirm_page(member.user(), &id, &word, "/account/devices", frame, false)
        .await
}

pub(super) async fn act(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Path((id, word)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let to = format!("/account/devices/{}/{}", segment(&id), segment(&word));
    member.must_step_up(&to)?;
    let action = Action::named(&word).ok_or(Trouble::NotFound)?;
    let user = member.user();
    if !desk.typed_right(user, &id, action, &form).await? {
        let frame = Frame::member(&member, HERE);
        return desk
            .confirm_page(user, &id, &word, "/account/devices", frame, true)
            .await;
    }
    let decision = Decision {
        by: &member.visit.by(),
        now: member.visit.now,
    };
    desk.act_on(user, &id, action, decision, false).await?;
    Ok(see_other(&format!(
        "/account/devices?done={}",
        action.done()
    )))
}

impl Desk {
    /// A user's devices as a list shows them.
    pub(super) async fn devices_of(
        &self,
        user: &UserId,
        frame: &Frame,
    ) -> Result<Vec<Row>, Trouble> {
        let folders = self.store.folders(user).await?;
        let credentials = self.store.credentials(user).await?;
        let mut rows = Vec::new();
        for mut row in self.store.devices(user).await? {
            row.standing = self.standing(&row).await?;
            let may_allow = frame.admin || self.blocked_it_himself(&row).await?;
            let chains = self.store.chains_of_device(user, &row.device).await?;
            let mut kinds: BTreeMap<usize, usize> = BTreeMap::new();
            for (chain, _) in &chains {
                let folder = folders
                    .rows
                    .iter()
                    .find(|folder| folder.id == merged::folder_of(chain));
                if let Some(folder) = folder {
                    *kinds.entry(place(folder.kind)).or_default() += 1;
                }
            }
            let syncs = kinds.iter().map(|(place, count)| {
                let title = KINDS.get(*place).copied().unwrap_or("kind.mail");
                format!("{} ({count})", frame.t(title))
            });
            let passcode = credentials
                .iter()
                .find(|one| one.device.as_ref() == Some(&row.device) && one.revoked_at.is_none());
            let (tag, shade) = standing(&row, frame);
            rows.push(Row {
                segment: segment(row.device.as_str()),
                id: row.device.as_str().to_owned(),
                kind: row.device_type.clone(),
                about: about(&row),
                agent: row.agent.clone().unwrap_or_default(),
                version: row.protocol.clone().unwrap_or_default(),
                first: row.first_seen,
                last: row.last_seen,
                address: row.last_address.clone().unwrap_or_default(),
                syncs: syncs.collect::<Vec<_>>().join(", "),
                passcode: passcode.map_or_else(String::new, |one| one.name.clone()),
                tag,
                shade,
                wiping: match row.wipe {
                    Wipe::Requested => Some(frame.t("device.wiping.requested")),
                    Wipe::Sent => Some(frame.t("device.wiping.sent")),
                    Wipe::Done => Some(frame.t("device.wiping.done")),
                    Wipe::None => None,
                },
                actions: Action::ALL
                    .into_iter()
                    .filter(|action| action.fits(&row))
                    .filter(|action| may_allow || *action != Action::Allow)
                    .filter(|action| frame.admin || !action.for_admins())
                    .map(|action| Link {
                        word: action.word(),
                        title: {
                            let [title, ..] = action.words();
                            frame.t(title)
                        },
                        danger: action.danger(),
                    })
                    .collect(),
            });
        }
        Ok(rows)
    }

    pub(super) async fn confirm_page(
        &self,
        user: &UserId,
        id: &str,
        word: &str,
        root: &str,
        frame: Frame,
        wrong: bool,
    ) -> Result<Response, Trouble> {
        let action = Action::named(word).ok_or(Trouble::NotFound)?;
        let row = self.device(user, id).await?;
        let may = match action {
            _ if frame.admin => true,
            Action::Allow => self.blocked_it_himself(&row).await?,
            _ => !action.for_admins(),
        };
        // An administrator's list of devices is part of the page about their user.
        let back = match frame.admin {
            true => root.trim_end_matches("/devices"),
            false => root,
        };
        if !action.fits(&row) || !may {
            return Ok(see_other(back));
        }
        let [title, what, button, _] = action.words();
        Ok(show_page(&Confirm {
            root: root.to_owned(),
            back: back.to_owned(),
            segment: segment(id),
            word: action.word(),
            title: frame.t1(title, &row.device_type),
            what: frame.t(what),
            button: frame.t(button),
            danger: action.danger(),
            typed: (action == Action::WipeDevice).then(|| row.device_type.clone()),
            wrong,
            frame,
        }))
    }

    /// Whether the device's kind was typed, where it must be: a whole phone is not erased by a
    /// click too many.
    pub(super) async fn typed_right(
        &self,
        user: &UserId,
        id: &str,
        action: Action,
        form: &Form,
    ) -> Result<bool, Trouble> {
        if action != Action::WipeDevice {
            return Ok(true);
        }
        let row = self.device(user, id).await?;
        Ok(form.text("kind").to_lowercase() == row.device_type.trim().to_lowercase())
    }

    pub(super) async fn act_on(
        &self,
        user: &UserId,
        id: &str,
        action: Action,
        decision: Decision<'_>,
        admin: bool,
    ) -> Result<(), Trouble> {
        let store = self.store.as_ref();
        let device = DeviceId::parse(id).map_err(|_| Trouble::NotFound)?;
        if action.for_admins() && !admin {
            return Err(Trouble::Forbidden);
        }
        if action == Action::Allow && !admin {
            let row = self.device(user, id).await?;
            if !self.blocked_it_himself(&row).await? {
                return Err(Trouble::Forbidden);
            }
        }
        let decide = |standing| devices::decide(store, user, &device, standing, decision);
        let done = match action {
            Action::Resync => devices::resync(store, user, &device, decision).await,
            Action::Block => decide(Some(Standing::Blocked)).await,
            Action::Allow if admin => decide(Some(Standing::Allowed)).await,
            // Its owner takes back what he said; rules decide again, and they may say no.
            Action::Allow => match decide(Some(Standing::Allowed)).await {
                Ok(()) => decide(None).await,
                Err(error) => Err(error),
            },
            Action::Quarantine => decide(Some(Standing::Quarantined)).await,
            Action::Undecide => decide(None).await,
            Action::Remove => devices::remove(store, user, &device, decision).await,
            Action::WipeAccount => {
                devices::wipe(store, user, &device, WipeScope::Account, decision).await
            }
            Action::WipeDevice => {
                devices::wipe(store, user, &device, WipeScope::Device, decision).await
            }
            Action::CancelWipe => devices::cancel_wipe(store, user, &device, decision).await,
        };
        match done {
            Ok(()) => Ok(()),
            Err(DeviceError::Store(error)) => Err(error.into()),
            // Somebody else was faster; the list shows how it stands.
            Err(DeviceError::UnderWay | DeviceError::NoWipe) => Ok(()),
            Err(DeviceError::NotThere | DeviceError::TooOld(_)) => Err(Trouble::NotFound),
        }
    }

    /// Whether it is kept out by its owner's own word, which he may take back: the last decision in
    /// the trail came from a browser of his, not from an administrator or a rule.
    async fn blocked_it_himself(&self, row: &DeviceRow) -> Result<bool, Trouble> {
        if !row.decided {
            return Ok(false);
        }
        let trail = self.store.recent_audit(Some(&row.user), TRAIL).await?;
        let decision = trail.into_iter().find(|event| {
            event.device.as_ref() == Some(&row.device)
                && matches!(
                    event.action,
                    AuditAction::DeviceStanding | AuditAction::WipeRequested
                )
        });
        let by = decision.and_then(|event| event.address).unwrap_or_default();
        Ok(by.parse::<IpAddr>().is_ok())
    }

    /// Where a device stands: as somebody decided, else by the rules.
    pub(super) async fn standing(&self, row: &DeviceRow) -> Result<Standing, Trouble> {
        let model = model_of(row);
        Ok(self.gate.standing(row, model.as_deref()).await?)
    }

    async fn device(&self, user: &UserId, id: &str) -> Result<DeviceRow, Trouble> {
        let device = DeviceId::parse(id).map_err(|_| Trouble::NotFound)?;
        let row = self.store.device(user, &device).await?;
        let mut row = row.ok_or(Trouble::NotFound)?;
        row.standing = self.standing(&row).await?;
        Ok(row)
    }
}

/// What a device says of itself, each thing once and none that its type says already.
pub(super) fn about(row: &DeviceRow) -> String {
    let facts = DeviceFacts::of(row).unwrap_or_default();
    let mut said: Vec<String> = Vec::new();
    for text in [facts.friendly_name, facts.model, facts.os]
        .into_iter()
        .flatten()
    {
        let text = text.trim();
        if !text.is_empty() && text != row.device_type && !said.iter().any(|one| one == text) {
            said.push(text.to_owned());
        }
    }
    said.join(", ")
}

/// Kinds of folders in the order they are told.
const KINDS: [&str; 5] = [
    "kind.mail",
    "kind.calendar",
    "kind.contacts",
    "kind.tasks",
    "kind.notes",
];

const fn place(kind: FolderKind) -> usize {
    match kind {
        FolderKind::Mail => 0,
        FolderKind::Calendar => 1,
        FolderKind::Contacts => 2,
        FolderKind::Tasks => 3,
        FolderKind::Notes => 4,
    }
}

fn standing(row: &DeviceRow, frame: &Frame) -> (&'static str, &'static str) {
    match (row.wipe, row.standing) {
        (Wipe::Requested | Wipe::Sent, _) => (frame.t("device.tag.wiping"), "warn"),
        (Wipe::Done, _) => (frame.t("device.tag.wiped"), "bad"),
        (_, Standing::Blocked) => (frame.t("device.tag.blocked"), "bad"),
        (_, Standing::Quarantined) => (frame.t("device.tag.quarantined"), "warn"),
        (_, Standing::Allowed) => (frame.t("device.tag.allowed"), "good"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_described_once_in_its_own_words() {
        let user = UserId::parse("alice", None).unwrap();
        let device = DeviceId::parse("phone").unwrap();
        let mut row = DeviceRow::new(user, device, "iPhone", 1);
        assert_eq!(about(&row), "");
        let facts = DeviceFacts {
            friendly_name: Some("Alice’s iPhone".into()),
            model: Some(" iPhone16,1 ".into()),
            os: Some("iPhone".into()),
            ..DeviceFacts::default()
        };
        row.info = facts.encode();
        assert_eq!(about(&row), "Alice’s iPhone, iPhone16,1");
    }

    #[test]
    fn what_can_be_done_follows_from_how_it_stands() {
        let user = UserId::parse("alice", None).unwrap();
        let device = DeviceId::parse("phone").unwrap();
        let mut row = DeviceRow::new(user, device, "iPhone", 1);
        let can = |row: &DeviceRow| -> Vec<&str> {
            let fitting = Action::ALL.into_iter().filter(|action| action.fits(row));
            fitting.map(Action::word).collect()
        };
        row.protocol = Some("14.1".into());
        assert_eq!(
            can(&row),
            ["resync", "block", "quarantine", "remove", "wipe"]
        );
        row.protocol = Some("16.1".into());
        assert_eq!(
            can(&row),
            [
                "resync",
                "block",
                "quarantine",
                "remove",
                "wipe-account",
                "wipe"
            ]
        );
        row.wipe = Wipe::Sent;
        assert_eq!(can(&row), ["remove", "cancel-wipe"]);
        row.wipe = Wipe::Done;
        row.standing = Standing::Blocked;
        assert_eq!(can(&row), ["allow", "remove"]);
        for action in Action::ALL {
            assert_eq!(Action::named(action.word()), Some(action));
        }
    }
}
