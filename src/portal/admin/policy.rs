//! Policies: who may come in with what, and what phones enforce, for everyone, a domain, a class of
//! users or one user; and what all of it comes to for somebody.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;

use super::{Admin, meanings};
use crate::gate::policy::{AccessLayer, BadSetting, SETTINGS};
use crate::gate::provisioning::{self, Layer, Setting};
use crate::identity::UserId;
use crate::portal::form::Form;
use crate::portal::frame::{Frame, page, show as show_page};
use crate::portal::trouble::Trouble;
use crate::portal::{Desk, Done, see_other};
use crate::store::{PolicyKind, PolicyScope};

struct Row {
    scope: String,
    kind: &'static str,
    settings: Vec<(String, String)>,
}

struct Choice {
    name: &'static str,
    takes: String,
}

/// One setting of who may come in.
struct Effective {
    name: String,
    value: String,
    meaning: &'static str,
}

/// One setting of what a phone will enforce.
struct Enforced {
    name: &'static str,
    said: String,
    meaning: &'static str,
    /// The first version of a phone that knows it.
    since: &'static str,
}

#[derive(Template)]
#[template(path = "admin/policy.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    access: Vec<Choice>,
    device: Vec<Choice>,
    of: String,
    /// Who may come in, for that user.
    effective: Vec<Effective>,
    /// What his phones are asked to enforce.
    enforced: Vec<Enforced>,
    wrong: Option<String>,
}

/// Of whom one wants to know what holds.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    of: String,
    #[serde(flatten)]
    done: Done,
}

pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    Admin(member): Admin,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let frame = Frame::member(&member, "policy").noting(&asked.done.done);
    Ok(show_page(&desk.policy_page(frame, &asked.of, None).await?))
}

pub(super) async fn set(
    State(desk): State<Arc<Desk>>,
    admin: Admin,
    form: Form,
) -> Result<Response, Trouble> {
    admin.0.must_step_up("/admin/policy")?;
    let name = form.text("scope-name").to_lowercase();
    let scope = match form.text("scope") {
        "everyone" => PolicyScope::Everyone,
        "domain" if !name.is_empty() => PolicyScope::Domain(name),
        "class" if !name.is_empty() => PolicyScope::Class(name),
        "user" => PolicyScope::User(UserId::parse(&name, None).map_err(|_| Trouble::Malformed)?),
        _ => return Err(Trouble::Malformed),
    };
    let (setting, value) = (form.text("setting"), form.text("value"));
    let value = (!value.is_empty()).then_some(value);
    match desk.change_policy(&scope, setting, value).await? {
        Ok(()) => {}
        Err(wrong) => {
            let frame = Frame::member(&admin.0, "policy");
            let wrong = meanings::complaint(&wrong, &frame);
            let again = desk.policy_page(frame, "", Some(wrong)).await?;
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
        }
    }
    desk.note_admin(&admin, &format!("policy: {setting}"))
        .await?;
    Ok(see_other("/admin/policy?done=saved"))
}

impl Desk {
    /// Puts one setting into a policy, or takes it out.
    async fn change_policy(
        &self,
        scope: &PolicyScope,
        setting: &str,
        value: Option<&str>,
    ) -> Result<Result<(), BadSetting>, Trouble> {
        let kind = match SETTINGS.iter().any(|(name, _)| *name == setting) {
            true => PolicyKind::Access,
            false => PolicyKind::Device,
        };
        let rows = self.store.policies(std::slice::from_ref(scope)).await?;
        let row = rows.into_iter().find(|row| row.kind == kind);
        let before = row.map_or_else(|| "{}".to_owned(), |row| row.value);
        let after = match kind {
            PolicyKind::Access => {
                let mut layer: AccessLayer = serde_json::from_str(&before).unwrap_or_default();
                match layer.set(setting, value) {
                    Ok(()) => serde_json::to_string(&layer),
                    Err(wrong) => return Ok(Err(wrong)),
                }
            }
            PolicyKind::Device => {
                let mut layer: Layer = serde_json::from_str(&before).unwrap_or_default();
                let Some(known) = Setting::named(setting) else {
                    return Ok(Err(BadSetting::Unknown(setting.to_owned())));
                };
                match value {
                    None => {
                        layer.remove(known.name);
                    }
                    Some(value) => match known.read(value) {
                        Ok(value) => {
                            layer.insert(known.name.to_owned(), value);
                        }
                        Err(wrong) => return Ok(Err(wrong)),
                    },
                }
                serde_json::to_string(&layer)
            }
        };
        let after = after.unwrap_or_default();
        let kept = (after != "{}" && !after.is_empty()).then_some(after.as_str());
        self.store.set_policy(scope, kind, kept).await?;
        Ok(Ok(()))
    }

    async fn policy_page(
        &self,
        frame: Frame,
        of: &str,
        wrong: Option<String>,
    ) -> Result<Page, Trouble> {
        let rows = self.store.all_policies().await?;
        let rows = rows.into_iter().map(|row| Row {
            scope: match &row.scope {
                PolicyScope::Everyone => frame.t("admin.scope.everyone").to_owned(),
                PolicyScope::Domain(name) => format!("@{name}"),
                PolicyScope::Class(name) => frame.t1("admin.scope.class-of", name),
                PolicyScope::User(user) => user.to_string(),
            },
            kind: match row.kind {
                PolicyKind::Access => frame.t("admin.policy.access"),
                PolicyKind::Device => frame.t("admin.policy.device"),
            },
            settings: pairs(&row.value),
        });
        let (mut effective, mut enforced) = (Vec::new(), Vec::new());
        if let Ok(user) = UserId::parse(of, None) {
            let holds = self.gate.rules_of(&user).await?;
            let access = serde_json::to_string(&holds.access).unwrap_or_default();
            effective = pairs(&access)
                .into_iter()
                .map(|(name, value)| Effective {
                    meaning: meanings::meaning(&name, &frame),
                    name,
                    value,
                })
                .collect();
            if let Some(provisioning) = &holds.provisioning {
                for setting in provisioning::SETTINGS {
                    if let Some(said) = setting.said(&provisioning.policy) {
                        enforced.push(Enforced {
                            name: setting.name,
                            said: meanings::said(said, &frame),
                            meaning: meanings::meaning(setting.name, &frame),
                            since: setting.since.as_str(),
                        });
                    }
                }
            }
        }
        Ok(Page {
            rows: rows.collect(),
            access: SETTINGS
                .iter()
                .map(|(name, takes)| Choice {
                    name,
                    takes: meanings::takes(takes, &frame),
                })
                .collect(),
            device: provisioning::SETTINGS
                .iter()
                .map(|setting| Choice {
                    name: setting.name,
                    takes: meanings::takes(setting.takes(), &frame),
                })
                .collect(),
            of: of.to_owned(),
            effective,
            enforced,
            wrong,
            frame,
        })
    }
}

/// The members of a JSON object as text.
fn pairs(json: &str) -> Vec<(String, String)> {
    let object: Layer = serde_json::from_str(json).unwrap_or_default();
    let shown = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    object
        .iter()
        .map(|(name, value)| (name.clone(), shown(value)))
        .collect()
}
