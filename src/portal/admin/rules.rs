//! Devices that wait for approval, and the rules that decide about devices nobody decided about.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::Admin;
use crate::portal::form::Form;
use crate::portal::frame::{Frame, show as show_page};
use crate::portal::trouble::Trouble;
use crate::portal::{Desk, Done, see_other, segment};
use crate::store::{AuditAction, AuditRow, DeviceRule, Standing};

/// A device and whose it is.
struct Waiting {
    user: String,
    user_segment: String,
    segment: String,
    kind: String,
    agent: String,
    last: i64,
}

struct Rule {
    id: i64,
    standing: &'static str,
    shade: &'static str,
    user: String,
    kind: String,
    model: String,
    agent: String,
}

#[derive(Template)]
#[template(path = "admin/devices.html")]
struct Page {
    frame: Frame,
    waiting: Vec<Waiting>,
    rules: Vec<Rule>,
}

/// The page that rules are changed on.
const PAGE: &str = "/admin/devices";
/// Longest pattern: the fields it is compared with are not longer.
const MAX_PATTERN: usize = 200;

pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    Admin(member): Admin,
    Query(query): Query<Done>,
) -> Result<Response, Trouble> {
    let frame = Frame::member(&member, "rules").noting(&query.done);
    let mut waiting = Vec::new();
    for user in desk.store.users().await? {
        for row in desk.store.devices(&user).await? {
            if desk.standing(&row).await? == Standing::Quarantined {
                waiting.push(Waiting {
                    user: user.to_string(),
                    user_segment: segment(user.as_str()),
                    segment: segment(row.device.as_str()),
                    kind: row.device_type,
                    agent: row.agent.unwrap_or_default(),
                    last: row.last_seen,
                });
            }
        }
    }
    let any = frame.t("admin.rule.any");
    let or_any = |pattern: Option<String>| pattern.unwrap_or_else(|| any.to_owned());
    let rules = desk.store.device_rules().await?;
    let rules = rules.into_iter().map(|rule| {
        let (standing, shade) = match rule.standing {
            Standing::Allowed => (frame.t("device.tag.allowed"), "good"),
            Standing::Quarantined => (frame.t("device.tag.quarantined"), "warn"),
            Standing::Blocked => (frame.t("device.tag.blocked"), "bad"),
        };
        Rule {
            id: rule.id,
            standing,
            shade,
            user: or_any(rule.user),
            kind: or_any(rule.device_type),
            model: or_any(rule.model),
            agent: or_any(rule.agent),
        }
    });
    Ok(show_page(&Page {
        rules: rules.collect(),
        waiting,
        frame,
    }))
}

pub(super) async fn add(
    State(desk): State<Arc<Desk>>,
    admin: Admin,
    form: Form,
) -> Result<Response, Trouble> {
    admin.0.must_step_up(PAGE)?;
    let standing = match form.text("standing") {
        "allow" => Standing::Allowed,
        "quarantine" => Standing::Quarantined,
        "block" => Standing::Blocked,
        _ => return Err(Trouble::Malformed),
    };
    let pattern = |name: &str| match form.text(name) {
        "" => Ok(None),
        text if text.len() > MAX_PATTERN => Err(Trouble::Malformed),
        text => Ok(Some(text.to_owned())),
    };
    let rule = DeviceRule {
        id: 0,
        standing,
        user: pattern("user")?,
        device_type: pattern("kind")?,
        model: pattern("model")?,
        agent: pattern("agent")?,
        created: admin.0.visit.now,
    };
    desk.store.add_device_rule(&rule).await?;
    desk.note_admin(&admin, "a device rule was added").await?;
    Ok(see_other("/admin/devices?done=saved"))
}

pub(super) async fn remove(
    State(desk): State<Arc<Desk>>,
    admin: Admin,
    Path(id): Path<i64>,
    _form: Form,
) -> Result<Response, Trouble> {
    admin.0.must_step_up(PAGE)?;
    if desk.store.remove_device_rule(id).await? {
        desk.note_admin(&admin, "a device rule was removed").await?;
    }
    Ok(see_other("/admin/devices?done=saved"))
}

impl Desk {
    /// Something an administrator changed for everybody.
    pub(super) async fn note_admin(&self, admin: &Admin, what: &str) -> Result<(), Trouble> {
        let row = AuditRow {
            address: Some(admin.by()),
            detail: what.to_owned(),
            ..AuditRow::new(admin.0.visit.now, AuditAction::AdminAct)
        };
        Ok(self.store.append_audit(&[row]).await?)
    }
}
