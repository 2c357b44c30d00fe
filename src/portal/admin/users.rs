//! Users: who there is, and one of them with devices, passcodes and second step.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::Admin;
use crate::gate::issue;
use crate::gate::report::Known;
use crate::identity::UserId;
use crate::language::Language;
use crate::portal::devices::{Action, Row};
use crate::portal::form::Form;
use crate::portal::frame::{Frame, show as show_page};
use crate::portal::trouble::Trouble;
use crate::portal::{Desk, happened, live, see_other, segment};
use crate::store::{AuditAction, AuditRow, CredentialId};

struct User {
    name: String,
    segment: String,
    devices: usize,
    passcodes: usize,
    factor: bool,
    /// Phones on the mail password.
    by_password: String,
    last: Option<i64>,
}

#[derive(Template)]
#[template(path = "admin/users.html")]
struct List {
    frame: Frame,
    users: Vec<User>,
    query: String,
    /// Only those who still have something to do.
    report: bool,
    shown: usize,
    all: usize,
}

struct Passcode {
    id: String,
    name: String,
    used: Option<i64>,
}

struct Event {
    at: i64,
    what: String,
    address: String,
}

#[derive(Template)]
#[template(path = "admin/user.html")]
struct One {
    frame: Frame,
    name: String,
    segment: String,
    factor: Option<i64>,
    class: String,
    /// Of what is written to the user; empty where nobody chose one.
    written: String,
    languages: Vec<(&'static str, &'static str)>,
    devices: Vec<Row>,
    root: String,
    passcodes: Vec<Passcode>,
    events: Vec<Event>,
}

/// What a list is narrowed by.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    /// `report` for those who still have something to do.
    #[serde(default)]
    show: String,
    #[serde(default)]
    done: String,
}

/// Users on a page; more are found by name.
const SHOWN: usize = 100;
/// Longest name of a class.
const MAX_CLASS: usize = 64;
/// Codes and names of the languages, each in itself.
const LANGUAGES: [(&str, &str); 3] = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")];
/// Events of a user that are shown.
const EVENTS: u32 = 50;

pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Admin(member): Admin,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let query = asked.q.trim().to_lowercase();
    let everyone = desk.store.users().await?;
    let all = everyone.len();
    let report = asked.show == "report";
    let found = everyone
        .into_iter()
        .filter(|user| user.as_str().contains(&query));
    let mut users = Vec::new();
    for user in found {
        let known = Known::of(desk.store.as_ref(), user, member.visit.now).await?;
        if report && !known.on_the_way() {
            continue;
        }
        users.push(User {
            segment: segment(known.user.as_str()),
            devices: known.devices.len(),
            passcodes: known.passcodes,
            factor: known.factor,
            by_password: known.by_mail_password.join(", "),
            last: known.devices.first().map(|device| device.last_seen),
            name: known.user.to_string(),
        });
        if users.len() == SHOWN {
            break;
        }
    }
    Ok(show_page(&List {
        frame: Frame::member(&member, "overview").noting(&asked.done),
        shown: users.len(),
        users,
        query: asked.q,
        report,
        all,
    }))
}

pub(super) async fn one(
    State(desk): State<Arc<Desk>>,
    Admin(member): Admin,
    Path(user): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let user = named(&user)?;
    let frame = Frame::member(&member, "overview").noting(&asked.done);
    let living = desk.store.credentials(&user).await?;
    let living = living.into_iter().filter(|row| live(row, member.visit.now));
    let events = desk.store.recent_audit(Some(&user), EVENTS).await?;
    let factor = desk.store.second_factor_of(&user).await?;
    let known = desk.store.devices(&user).await?;
    let settings = desk.store.user_settings(&user).await?;
    Ok(show_page(&One {
        class: settings.class.unwrap_or_default(),
        written: settings.language.unwrap_or_default(),
        languages: LANGUAGES.to_vec(),
        name: user.to_string(),
        segment: segment(user.as_str()),
        root: format!("/admin/users/{}/devices", segment(user.as_str())),
        factor: factor.map(|factor| factor.created),
        devices: desk.devices_of(&user, &frame).await?,
        passcodes: living
            .map(|row| Passcode {
                id: row.id.to_string(),
                name: row.name,
                used: row.last_used,
            })
            .collect(),
        events: events
            .into_iter()
            .map(|row| Event {
                at: row.at,
                what: happened::told(&row, &known, &frame),
                address: happened::from(&row, &frame),
            })
            .collect(),
        frame,
    }))
}

/// For somebody who lost phone and recovery codes, once an administrator is sure who asks.
pub(super) async fn factor_off(
    State(desk): State<Arc<Desk>>,
    admin: Admin,
    Path(user): Path<String>,
    _form: Form,
) -> Result<Response, Trouble> {
    let (user, page) = proven(&admin, &user)?;
    if desk.gate.remove_factor(&user, &admin.by()).await? {
        desk.store.distrust_browsers(&user, None).await?;
        desk.store.end_sessions(&user, None).await?;
    }
    Ok(see_other(&format!("{page}?done=factor-off")))
}

/// The class a user is in, and the language of what is written to him.
pub(super) async fn settings(
    State(desk): State<Arc<Desk>>,
    admin: Admin,
    Path(user): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let (user, page) = proven(&admin, &user)?;
    let chosen = |name: &str| match form.text(name).trim() {
        "" => Ok(None),
        text if text.len() > MAX_CLASS => Err(Trouble::Malformed),
        text => Ok(Some(text.to_owned())),
    };
    let mut settings = desk.store.user_settings(&user).await?;
    settings.class = chosen("class")?;
    settings.language = chosen("language")?;
    if let Some(code) = &settings.language
        && Language::from_code(code).is_none()
    {
        return Err(Trouble::Malformed);
    }
    desk.store.set_user_settings(&user, &settings).await?;
    let none = "none".to_owned();
    let class = settings.class.unwrap_or_else(|| none.clone());
    let language = settings.language.unwrap_or(none);
    let row = AuditRow {
        user: Some(user),
        address: Some(admin.by()),
        detail: format!("class {class}, language {language}"),
        ..AuditRow::new(admin.0.visit.now, AuditAction::AdminAct)
    };
    desk.store.append_audit(&[row]).await?;
    Ok(see_other(&format!("{page}?done=saved")))
}

/// For a user whose passcodes may be in wrong hands (C5).
pub(super) async fn revoke_all(
    State(desk): State<Arc<Desk>>,
    admin: Admin,
    Path(user): Path<String>,
    _form: Form,
) -> Result<Response, Trouble> {
    let (user, page) = proven(&admin, &user)?;
    let (store, now) = (desk.store.as_ref(), admin.0.visit.now);
    for row in store.credentials(&user).await? {
        if live(&row, now) {
            issue::revoke(store, &user, &row.id, &admin.by(), now).await?;
        }
    }
    Ok(see_other(&format!("{page}?done=revoked-all")))
}

pub(super) async fn revoke(
    State(desk): State<Arc<Desk>>,
    admin: Admin,
    Path((user, id)): Path<(String, String)>,
    _form: Form,
) -> Result<Response, Trouble> {
    let (user, page) = proven(&admin, &user)?;
    let id = CredentialId::parse(&id).ok_or(Trouble::NotFound)?;
    let (store, now) = (desk.store.as_ref(), admin.0.visit.now);
    match issue::revoke(store, &user, &id, &admin.by(), now).await? {
        true => Ok(see_other(&format!("{page}?done=revoked"))),
        false => Err(Trouble::NotFound),
    }
}

pub(super) async fn ask(
    State(desk): State<Arc<Desk>>,
    Admin(member): Admin,
    Path((user, id, word)): Path<(String, String, String)>,
) -> Result<Response, Trouble> {
    let user = named(&user)?;
    let root = format!("/admin/users/{}/devices", segment(user.as_str()));
    member.must_step_up(&format!("{root}/{}/{}", segment(&id), segment(&word)))?;
    let frame = Frame::member(&member, "overview");
    desk.confirm_page(&user, &id, &word, &root, frame, false)
        .await
}

pub(super) async fn act(
    State(desk): State<Arc<Desk>>,
    admin: Admin,
    Path((user, id, word)): Path<(String, String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let user = named(&user)?;
    let page = format!("/admin/users/{}", segment(user.as_str()));
    let root = format!("{page}/devices");
    admin
        .0
        .must_step_up(&format!("{root}/{}/{}", segment(&id), segment(&word)))?;
    let action = Action::named(&word).ok_or(Trouble::NotFound)?;
    if !desk.typed_right(&user, &id, action, &form).await? {
        let frame = Frame::member(&admin.0, "overview");
        return desk
            .confirm_page(&user, &id, &word, &root, frame, true)
            .await;
    }
    let by = admin.by();
    desk.act_on(&user, &id, action, admin.decision(&by), true)
        .await?;
    Ok(see_other(&format!("{page}?done={}", action.done())))
}

/// A user and his page, for what an administrator does there with fresh proof only (C12).
fn proven(admin: &Admin, user: &str) -> Result<(UserId, String), Trouble> {
    let user = named(user)?;
    let page = format!("/admin/users/{}", segment(user.as_str()));
    admin.0.must_step_up(&page)?;
    Ok((user, page))
}

fn named(user: &str) -> Result<UserId, Trouble> {
    UserId::parse(user, None).map_err(|_| Trouble::NotFound)
}
