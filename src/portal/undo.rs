//! What phones deleted or changed in calendars, address books and task lists, and its way back.
//!
//! No fresh proof is asked for: a restore gives back what was the user's, shows nothing that the mail
//! password does not open anyway, and what it replaces is kept in its turn, so nothing is lost by it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;

use super::form::Form;
use super::frame::{Frame, UNDO, page, show as show_page};
use super::trouble::Trouble;
use super::visit::Member;
use super::{Desk, see_other};
use crate::backend::dav::DavError;
use crate::failure::chain;
use crate::store::DeviceRow;
use crate::undo::{self, Entry, PAGE, RestoreError};

/// One object in a list.
struct Row {
    id: i64,
    /// `None` where it cannot be read any more.
    title: Option<String>,
    class: &'static str,
    /// When and where it is, or how somebody is reached.
    facts: String,
    /// What happened to it.
    happened: String,
    at: i64,
}

/// What did not come back.
struct Failed {
    title: String,
    why: &'static str,
}

#[derive(Template)]
#[template(path = "undo.html")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    /// Everything deleted on this page, where it is more than one thing.
    deleted: Vec<i64>,
    /// Where the next page begins.
    older: Option<i64>,
    failed: Vec<Failed>,
    nothing_picked: bool,
}

#[derive(Template)]
#[template(path = "undo_restore.html")]
struct Confirm {
    frame: Frame,
    rows: Vec<Row>,
    ids: String,
}

/// What a list is asked for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    before: Option<i64>,
    #[serde(default)]
    done: String,
}

/// Objects brought back at a time: a page of the list.
const AT_ONCE: usize = PAGE as usize;

pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let frame = Frame::member(&member, UNDO).noting(&asked.done);
    let nothing_picked = asked.done == "nothing";
    let page = desk.undo_page(&member, frame, asked.before).await?;
    Ok(show_page(&List {
        nothing_picked,
        ..page
    }))
}

/// Shows what would come back, and asks.
pub(super) async fn ask(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Query(picked): Query<Vec<(String, String)>>,
) -> Result<Response, Trouble> {
    let ids = picked.iter().filter(|(name, _)| name == "id");
    let ids = numbers(ids.map(|(_, id)| id.as_str()))?;
    let frame = Frame::member(&member, UNDO);
    let rows = desk.picked(&member, &frame, &ids).await?;
    if rows.is_empty() {
        return Ok(see_other("/account/undo?done=nothing"));
    }
    let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
    Ok(show_page(&Confirm {
        ids: ids.join(","),
        rows,
        frame,
    }))
}

pub(super) async fn restore(
    State(desk): State<Arc<Desk>>,
    member: Member,
    form: Form,
) -> Result<Response, Trouble> {
    let mut ids = numbers(form.text("ids").split(','))?;
    if ids.is_empty() {
        return Ok(see_other("/account/undo?done=nothing"));
    }
    // Of several versions of one object the newest is written last.
    ids.sort_unstable();
    let user = member.user();
    let password = member.session.password(&desk).ok_or(Trouble::SignInAgain)?;
    let login = desk.gate.login_of_owner(user, password);
    let frame = Frame::member(&member, UNDO);
    let rows = desk.picked(&member, &frame, &ids).await?;
    let (store, keys) = (desk.store.as_ref(), desk.keys());
    let mut failed = Vec::new();
    let (mut down, mut untold) = (false, 0);
    for id in ids {
        let done = undo::restore(store, &keys, &desk.davs, &login, id, member.visit.now).await;
        let error = match done {
            Ok(back) => {
                untold += back.untold;
                continue;
            }
            Err(error) => error,
        };
        tracing::warn!(
            user = user.as_str(),
            entry = id,
            error = chain(&error),
            "an object cannot be brought back"
        );
        let why = match error {
            RestoreError::Store(error) => return Err(error.into()),
            RestoreError::Server(DavError::LoginRefused(_) | DavError::Login) => {
                return Err(Trouble::SignInAgain);
            }
            RestoreError::Unknown => frame.t("undo.why.gone"),
            RestoreError::Sealed(_) | RestoreError::Damaged => frame.t("undo.why.damaged"),
            RestoreError::NoServer => frame.t("undo.why.no-place"),
            RestoreError::Busy => frame.t("undo.why.busy"),
            RestoreError::Server(error) if error.is_final() => frame.t("undo.why.refused"),
            RestoreError::Server(_) => {
                down = true;
                frame.t("undo.why.down")
            }
        };
        let row = rows.iter().find(|row| row.id == id);
        let title = row.and_then(|row| row.title.clone());
        let title = title.unwrap_or_else(|| frame.t("undo.unnamed").to_owned());
        failed.push(Failed { title, why });
        if down {
            break;
        }
    }
    if failed.is_empty() {
        return Ok(see_other(match untold {
            0 => "/account/undo?done=restored",
            _ => "/account/undo?done=restored-quietly",
        }));
    }
    let status = match down {
        true => StatusCode::SERVICE_UNAVAILABLE,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let list = desk.undo_page(&member, frame, None).await?;
    Ok(page(status, &List { failed, ..list }))
}

impl Desk {
    async fn undo_page(
        &self,
        member: &Member,
        frame: Frame,
        before: Option<i64>,
    ) -> Result<List, Trouble> {
        let (store, user) = (self.store.as_ref(), member.user());
        let entries = undo::list(store, &self.keys(), user, before).await?;
        let devices = store.devices(user).await?;
        let deleted: Vec<i64> = entries
            .iter()
            .filter(|entry| entry.reason == "deleted" && entry.title.is_some())
            .map(|entry| entry.id)
            .collect();
        Ok(List {
            older: match entries.len() >= AT_ONCE {
                true => entries.last().map(|entry| entry.id),
                false => None,
            },
            deleted: if deleted.len() > 1 {
                deleted
            } else {
                Vec::new()
            },
            rows: entries
                .into_iter()
                .map(|entry| row(entry, &devices, &frame))
                .collect(),
            failed: Vec::new(),
            nothing_picked: false,
            frame,
        })
    }

    /// What was picked, as far as it is there.
    async fn picked(
        &self,
        member: &Member,
        frame: &Frame,
        ids: &[i64],
    ) -> Result<Vec<Row>, Trouble> {
        let (store, user) = (self.store.as_ref(), member.user());
        let entries = undo::some(store, &self.keys(), user, ids).await?;
        let devices = store.devices(user).await?;
        let rows = entries.into_iter();
        Ok(rows.map(|entry| row(entry, &devices, frame)).collect())
    }
}

fn row(entry: Entry, devices: &[DeviceRow], frame: &Frame) -> Row {
    let device = devices
        .iter()
        .find(|row| row.device.as_str() == entry.device);
    let device = device.map_or(entry.device.as_str(), |row| row.device_type.as_str());
    let happened = match (entry.reason, device) {
        (_, "") => frame.t("undo.replaced").to_owned(),
        ("deleted", device) => frame.t1("undo.deleted", device),
        ("lost", device) => frame.t1("undo.lost", device),
        (_, device) => frame.t1("undo.changed", device),
    };
    let when = entry.when.map(|stamp| frame.stamp(stamp));
    let facts: Vec<String> = when.into_iter().chain(entry.more).collect();
    Row {
        id: entry.id,
        title: entry.title.map(|title| match title.is_empty() {
            true => frame.t("undo.unnamed").to_owned(),
            false => title,
        }),
        class: match entry.class {
            "event" => frame.t("undo.event"),
            "contact" => frame.t("undo.contact"),
            "task" => frame.t("undo.task"),
            _ => frame.t("undo.note"),
        },
        facts: facts.join(" · "),
        happened,
        at: entry.at,
    }
}

/// Ids out of a query or a form, each once.
fn numbers<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<i64>, Trouble> {
    let mut numbers = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        let number = text.parse().map_err(|_| Trouble::Malformed)?;
        if numbers.len() >= AT_ONCE {
            return Err(Trouble::Malformed);
        }
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}
