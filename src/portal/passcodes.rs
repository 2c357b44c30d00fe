//! Passcodes: the list, making one (shown once, as text, as a QR code and behind a link with a
//! profile for iPhones), renaming, revoking.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use secrecy::ExposeSecret as _;

use super::form::Form;
use super::frame::{Frame, page, show as show_page};
use super::link::Link;
use super::qr::Qr;
use super::set_up::{self, Family, Guide};
use super::token::Token;
use super::trouble::Trouble;
use super::visit::Member;
use super::{Desk, Done, devices, live, see_other};
use crate::gate::Scopes;
use crate::gate::issue::{self, IssueError, NewPasscode};
use crate::store::{AuditAction, AuditRow, CredentialId, CredentialRow, DeviceRow, StoreError};

/// One passcode in the list.
struct Row {
    id: String,
    name: String,
    classes: String,
    created: i64,
    expires: Option<i64>,
    first: Option<i64>,
    used: Option<i64>,
    address: String,
    device: Option<Device>,
}

/// The phone it is bound to.
struct Device {
    kind: String,
    about: String,
    id: String,
    agent: String,
    version: String,
}

/// One that has ended.
struct Ended {
    name: String,
    at: i64,
    revoked: bool,
}

#[derive(Template)]
#[template(path = "passcodes.html")]
struct List {
    frame: Frame,
    rows: Vec<Row>,
    ended: Vec<Ended>,
    limit: usize,
}

#[derive(Template)]
#[template(path = "passcode_new.html")]
struct New {
    frame: Frame,
    name: String,
    family: String,
    once: String,
    classes: Vec<Class>,
    expiries: Vec<Expiry>,
    wrong: Option<&'static str>,
    full: bool,
    limit: usize,
}

struct Class {
    field: &'static str,
    title: &'static str,
    ticked: bool,
}

struct Expiry {
    days: &'static str,
    title: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "passcode_made.html")]
struct Made {
    frame: Frame,
    name: String,
    code: String,
    code_qr: Option<Qr>,
    link: String,
    link_qr: Option<Qr>,
    link_minutes: i64,
    guide: Option<Guide>,
    apple: bool,
}

/// What the page for a new passcode is asked for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct For {
    #[serde(default, rename = "for")]
    family: String,
}

const HERE: &str = "passcodes";
/// Events among which the first use of a passcode is looked for.
const TRAIL: u32 = 500;
/// Passcodes that have ended and are still listed.
const ENDED_SHOWN: usize = 10;
/// Seconds for which a form that was sent is remembered.
const FORM_KEPT: i64 = 12 * 3600;
/// What a passcode may be for: the field, the words, the scope.
const CLASSES: [(&str, &str, Scopes); 6] = [
    ("mail", "class.mail", Scopes::MAIL),
    ("send", "class.send", Scopes::SEND),
    ("calendar", "class.calendar", Scopes::CALENDAR),
    ("contacts", "class.contacts", Scopes::CONTACTS),
    ("tasks", "class.tasks", Scopes::TASKS),
    ("notes", "class.notes", Scopes::NOTES),
];
/// When it may end: days, and the words.
const EXPIRIES: [(&str, &str); 4] = [
    ("never", "expiry.never"),
    ("30", "expiry.month"),
    ("90", "expiry.quarter"),
    ("365", "expiry.year"),
];

pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Query(query): Query<Done>,
) -> Result<Response, Trouble> {
    let (user, now) = (member.user(), member.visit.now);
    let frame = Frame::member(&member, HERE).noting(&query.done);
    let devices = desk.store.devices(user).await?;
    let trail = desk.store.recent_audit(Some(user), TRAIL).await?;
    let (living, mut dead): (Vec<_>, Vec<_>) = desk
        .store
        .credentials(user)
        .await?
        .into_iter()
        .partition(|row| live(row, now));
    let ended = |row: &CredentialRow| row.revoked_at.or(row.expires_at).unwrap_or(row.created);
    dead.sort_by_key(|row| std::cmp::Reverse(ended(row)));
    let rows = living.iter().rev().map(|row| {
        let classes = CLASSES
            .iter()
            .filter(|(_, _, scope)| Scopes::from_bits(row.scopes).allows(*scope))
            .map(|(_, title, _)| frame.t(title));
        Row {
            id: row.id.to_string(),
            name: row.name.clone(),
            classes: classes.collect::<Vec<_>>().join(", "),
            created: row.created,
            expires: row.expires_at,
            first: first_use(row, &trail),
            used: row.last_used,
            address: row.last_address.clone().unwrap_or_default(),
            device: device_of(row, &devices),
        }
    });
    let dead = dead.iter().take(ENDED_SHOWN).map(|row| Ended {
        name: row.name.clone(),
        at: ended(row),
        revoked: row.revoked_at.is_some(),
    });
    Ok(show_page(&List {
        rows: rows.collect(),
        ended: dead.collect(),
        limit: desk.settings.passcodes,
        frame,
    }))
}

/// When it was used first; the trail of a busy user may have forgotten it.
fn first_use(row: &CredentialRow, trail: &[AuditRow]) -> Option<i64> {
    let used = |event: &&AuditRow| {
        event.action == AuditAction::PasscodeFirstUsed && event.credential.as_ref() == Some(&row.id)
    };
    trail.iter().find(used).map(|event| event.at)
}

fn device_of(row: &CredentialRow, devices: &[DeviceRow]) -> Option<Device> {
    let id = row.device.as_ref()?;
    let known = devices.iter().find(|device| device.device == *id);
    Some(Device {
        kind: row.device_type.clone().unwrap_or_default(),
        about: known.map(devices::about).unwrap_or_default(),
        id: id.as_str().to_owned(),
        agent: known
            .and_then(|device| device.agent.clone())
            .unwrap_or_default(),
        version: known
            .and_then(|device| device.protocol.clone())
            .unwrap_or_default(),
    })
}

pub(super) async fn new(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Query(query): Query<For>,
) -> Result<Response, Trouble> {
    let family = Family::named(&query.family);
    let to = match family {
        Some(family) => format!("/account/passcodes/new?for={}", family.id),
        None => "/account/passcodes/new".to_owned(),
    };
    member.must_step_up(&to)?;
    Ok(show_page(&desk.new_form(&member, family).await?))
}

/// Makes one and shows it, once.
pub(super) async fn make(
    State(desk): State<Arc<Desk>>,
    member: Member,
    form: Form,
) -> Result<Response, Trouble> {
    member.must_step_up("/account/passcodes/new")?;
    let (user, now) = (member.user(), member.visit.now);
    let family = Family::named(form.text("for"));
    let mut again = desk.new_form(&member, family).await?;
    if again.full {
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
    }
    // A reload of the answer sends the form again; that makes no second passcode.
    let once = form.text("once").as_bytes();
    let (store, kind) = (desk.store.as_ref(), "portal-passcode");
    if once.is_empty() || store.recall(user, None, kind, once, now).await?.is_some() {
        return Ok(see_other("/account/passcodes?done=passcode-shown"));
    }
    let scopes = CLASSES
        .iter()
        .filter(|(field, _, _)| form.ticked(field))
        .fold(0, |bits, (_, _, scope)| bits | scope.bits());
    let expires_at = match form.text("expires") {
        "never" | "" => None,
        days => match days.parse::<i64>() {
            Ok(days @ 1..=3_650) => Some(now.saturating_add(days * 24 * 3600)),
            _ => return Err(Trouble::Malformed),
        },
    };
    let new = NewPasscode {
        user: user.clone(),
        name: form.text("name").to_owned(),
        scopes: Scopes::from_bits(scopes),
        expires_at,
    };
    if scopes & !Scopes::SEND.bits() == 0 {
        again.name = new.name;
        again.wrong = Some(member.visit.language.say("passcode.no-class"));
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
    }
    let Some(password) = member.session.password(&desk) else {
        return Err(Trouble::SignInAgain);
    };
    let by = member.visit.by();
    let keys = desk.keys();
    let issued = match issue::issue(store, &keys, &new, &password, &by, now).await {
        Ok(issued) => issued,
        Err(IssueError::BadName) => {
            again.wrong = Some(member.visit.language.say("passcode.bad-name"));
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
        }
        Err(IssueError::Store(StoreError::TooManyCredentials { .. })) => {
            again.full = true;
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
        }
        Err(error) => return Err(error.into()),
    };
    let expires = now.saturating_add(FORM_KEPT);
    store
        .remember(user, None, kind, once, &[1], expires)
        .await?;
    let code = issued.passcode.reveal();
    let link = Link::lay(&desk, &member.visit, user, &code).await?;
    let server = desk.server(&member.visit);
    let guide = family.map(|family| {
        let secret = code.expose_secret();
        Guide::filled(
            family,
            member.visit.language,
            &server,
            user.as_str(),
            secret,
        )
    });
    Ok(show_page(&Made {
        frame: Frame::member(&member, HERE),
        name: new.name.trim().to_owned(),
        code_qr: Qr::of(code.expose_secret()),
        code: code.expose_secret().to_owned(),
        link_qr: Qr::of(&link.url),
        link: link.url,
        link_minutes: super::link::MINUTES,
        apple: family.is_none_or(|family| family.id == set_up::APPLE),
        guide,
    }))
}

pub(super) async fn rename(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let id = CredentialId::parse(&id).ok_or(Trouble::NotFound)?;
    let name = form.text("name");
    if !issue::good_name(name) {
        return Ok(see_other("/account/passcodes?done=bad-name"));
    }
    match desk
        .store
        .rename_credential(member.user(), &id, name)
        .await?
    {
        true => Ok(see_other("/account/passcodes?done=renamed")),
        false => Err(Trouble::NotFound),
    }
}

pub(super) async fn revoke(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Path(id): Path<String>,
    _form: Form,
) -> Result<Response, Trouble> {
    let id = CredentialId::parse(&id).ok_or(Trouble::NotFound)?;
    let (user, by, now) = (member.user(), member.visit.by(), member.visit.now);
    match issue::revoke(desk.store.as_ref(), user, &id, &by, now).await? {
        true => Ok(see_other("/account/passcodes?done=revoked")),
        false => Err(Trouble::NotFound),
    }
}

pub(super) async fn revoke_all(
    State(desk): State<Arc<Desk>>,
    member: Member,
    _form: Form,
) -> Result<Response, Trouble> {
    let (user, by, now) = (member.user(), member.visit.by(), member.visit.now);
    for row in desk.store.credentials(user).await? {
        if row.revoked_at.is_none() {
            issue::revoke(desk.store.as_ref(), user, &row.id, &by, now).await?;
        }
    }
    Ok(see_other("/account/passcodes?done=revoked-all"))
}

impl Desk {
    async fn new_form(
        &self,
        member: &Member,
        family: Option<&'static Family>,
    ) -> Result<New, Trouble> {
        let frame = Frame::member(member, HERE);
        let rows = self.store.credentials(member.user()).await?;
        let living = rows
            .iter()
            .filter(|row| live(row, member.visit.now))
            .count();
        Ok(New {
            name: family.map_or_else(String::new, |family| frame.t(family.title).to_owned()),
            family: family.map_or_else(String::new, |family| family.id.to_owned()),
            once: Token::new()?.text().to_string(),
            classes: CLASSES
                .iter()
                .map(|(field, title, _)| Class {
                    field,
                    title: frame.t(title),
                    ticked: true,
                })
                .collect(),
            expiries: EXPIRIES
                .iter()
                .map(|(days, title)| Expiry {
                    days,
                    title: frame.t(title),
                    chosen: *days == "never",
                })
                .collect(),
            wrong: None,
            full: living >= self.settings.passcodes,
            limit: self.settings.passcodes,
            frame,
        })
    }
}
