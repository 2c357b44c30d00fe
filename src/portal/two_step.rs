//! Two-step verification: the way to switch it on, step by step, recovery codes, the way off.
//!
//! ```text
//! begin (warning) -> confirm -> app -> scan -> code -> done, with recovery codes shown once
//! ```
//! Each step that shows or changes a secret asks for a fresh proof (C12), and switching on or off ends
//! all other sessions and all trust in browsers (C13).

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use http::StatusCode;
use secrecy::ExposeSecret as _;

use super::form::Form;
use super::frame::{Frame, page, show as show_page};
use super::qr::Qr;
use super::trouble::Trouble;
use super::visit::Member;
use super::{Desk, Done, see_other};
use crate::gate::{CodeVerdict, RecoverySet};

#[derive(Template)]
#[template(path = "two_step.html")]
struct Overview {
    frame: Frame,
    /// Since when it is on.
    since: Option<i64>,
    recovery: usize,
    recovery_of: usize,
}

#[derive(Template)]
#[template(path = "two_step_step.html")]
struct Step {
    frame: Frame,
    step: &'static str,
    again: bool,
    qr: Option<Qr>,
    key: String,
    account: String,
    service: String,
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct Codes {
    frame: Frame,
    /// Two-step verification was just switched on.
    fresh: bool,
    account: String,
    service: String,
    codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "two_step_off.html")]
struct Off {
    frame: Frame,
}

const HERE: &str = "two-step";

pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    member: Member,
    Query(query): Query<Done>,
) -> Result<Response, Trouble> {
    let factor = desk.store.second_factor_of(member.user()).await?;
    let codes = desk.store.recovery_codes(member.user()).await?;
    Ok(show_page(&Overview {
        frame: Frame::member(&member, HERE).noting(&query.done),
        since: factor.map(|factor| factor.created),
        recovery: codes.iter().filter(|code| code.used_at.is_none()).count(),
        recovery_of: codes.len(),
    }))
}

pub(super) async fn begin(
    State(desk): State<Arc<Desk>>,
    member: Member,
) -> Result<Response, Trouble> {
    Ok(show_page(&desk.step(&member, "begin").await?))
}

/// On to the proof, which is asked for here however fresh the last one is.
pub(super) async fn begun(_member: Member, _form: Form) -> Response {
    see_other("/account/confirm?to=/account/two-step/app")
}

pub(super) async fn app(
    State(desk): State<Arc<Desk>>,
    member: Member,
) -> Result<Response, Trouble> {
    member.must_step_up("/account/two-step/app")?;
    Ok(show_page(&desk.step(&member, "app").await?))
}

/// Makes the secret; one that was made before and never confirmed is void.
pub(super) async fn make(
    State(desk): State<Arc<Desk>>,
    member: Member,
    _form: Form,
) -> Result<Response, Trouble> {
    member.must_step_up("/account/two-step/app")?;
    desk.gate.begin_factor(member.user()).await?;
    Ok(see_other("/account/two-step/scan"))
}

pub(super) async fn scan(
    State(desk): State<Arc<Desk>>,
    member: Member,
) -> Result<Response, Trouble> {
    member.must_step_up("/account/two-step/scan")?;
    let Some(secret) = desk.gate.pending_factor(member.user()).await? else {
        return Ok(see_other("/account/two-step"));
    };
    let mut step = desk.step(&member, "scan").await?;
    let uri = secret.uri(&desk.settings.name, member.user());
    step.qr = Qr::of(uri.expose_secret());
    step.key = secret.grouped().expose_secret().to_owned();
    Ok(show_page(&step))
}

pub(super) async fn code(
    State(desk): State<Arc<Desk>>,
    member: Member,
) -> Result<Response, Trouble> {
    if desk.store.pending_factor_of(member.user()).await?.is_none() {
        return Ok(see_other("/account/two-step"));
    }
    Ok(show_page(&desk.step(&member, "code").await?))
}

/// The first code switches it on.
pub(super) async fn confirm(
    State(desk): State<Arc<Desk>>,
    member: Member,
    form: Form,
) -> Result<Response, Trouble> {
    member.must_step_up("/account/two-step/code")?;
    let user = member.user();
    let again = desk.store.second_factor_of(user).await?.is_some();
    let set = desk.gate.new_recovery_set().await?;
    let lane = desk.lane(&member.visit, &member.session);
    let verdict = desk
        .gate
        .confirm_factor(
            user,
            form.text("code"),
            &set.hashes,
            &lane,
            &member.visit.by(),
        )
        .await?;
    match verdict {
        CodeVerdict::Right => {}
        CodeVerdict::Slower { retry_after } => return Err(Trouble::Throttled(retry_after)),
        CodeVerdict::NoFactor => return Ok(see_other("/account/two-step")),
        CodeVerdict::Wrong | CodeVerdict::Used => {
            let mut step = desk.step(&member, "code").await?;
            step.again = again;
            step.wrong = Some(member.visit.language.say("two-step.wrong"));
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &step));
        }
    }
    let mut response = desk.codes(&member, &set, true);
    desk.changed_factor(&member, &mut response).await?;
    Ok(response)
}

/// A new set of recovery codes.
pub(super) async fn recovery(
    State(desk): State<Arc<Desk>>,
    member: Member,
    _form: Form,
) -> Result<Response, Trouble> {
    member.must_step_up("/account/two-step")?;
    let user = member.user();
    if desk.store.second_factor_of(user).await?.is_none() {
        return Ok(see_other("/account/two-step"));
    }
    let set = desk.gate.new_recovery_set().await?;
    let by = member.visit.by();
    desk.gate.replace_recovery_set(user, &set, &by).await?;
    Ok(desk.codes(&member, &set, false))
}

pub(super) async fn show_off(member: Member) -> Result<Response, Trouble> {
    member.must_step_up("/account/two-step/off")?;
    Ok(show_page(&Off {
        frame: Frame::member(&member, HERE),
    }))
}

pub(super) async fn off(
    State(desk): State<Arc<Desk>>,
    member: Member,
    _form: Form,
) -> Result<Response, Trouble> {
    member.must_step_up("/account/two-step/off")?;
    let mut response = see_other("/account/two-step?done=factor-off");
    let by = member.visit.by();
    if desk.gate.remove_factor(member.user(), &by).await? {
        desk.changed_factor(&member, &mut response).await?;
    }
    Ok(response)
}

impl Desk {
    async fn step(&self, member: &Member, step: &'static str) -> Result<Step, Trouble> {
        let factor = self.store.second_factor_of(member.user()).await?;
        Ok(Step {
            frame: Frame::member(member, HERE),
            step,
            again: factor.is_some(),
            qr: None,
            key: String::new(),
            account: member.user().to_string(),
            service: self.settings.name.clone(),
            wrong: None,
        })
    }

    fn codes(&self, member: &Member, set: &RecoverySet, fresh: bool) -> Response {
        let shown = |code: &secrecy::SecretString| code.expose_secret().to_owned();
        show_page(&Codes {
            frame: Frame::member(member, HERE),
            fresh,
            account: member.user().to_string(),
            service: self.settings.name.clone(),
            codes: set.codes.iter().map(shown).collect(),
        })
    }

    /// Whoever signed in otherwise must do it again (C13); this browser gets another session id.
    async fn changed_factor(
        &self,
        member: &Member,
        response: &mut Response,
    ) -> Result<(), Trouble> {
        let user = member.user();
        self.store.distrust_browsers(user, None).await?;
        let kept = member.session.token.hash();
        self.store.end_sessions(user, Some(&kept)).await?;
        self.lift_session(&member.visit, &member.session, true, response.headers_mut())
            .await
    }
}

/// The steps of the way on, for the line that shows how far one is.
pub(super) const STEPS: [(&str, &str); 6] = [
    ("begin", "two-step.step.begin"),
    ("confirm", "two-step.step.confirm"),
    ("app", "two-step.step.app"),
    ("scan", "two-step.step.scan"),
    ("code", "two-step.step.code"),
    ("done", "two-step.step.done"),
];

/// One of them, as a template draws it.
pub(super) struct Stage {
    pub(super) title: &'static str,
    pub(super) done: bool,
    pub(super) here: bool,
}

impl Frame {
    /// How far one is.
    pub(super) fn stages(&self, step: &str) -> Vec<Stage> {
        let at = STEPS.iter().position(|(name, _)| *name == step);
        let stage = |(place, (_, title)): (usize, &(&str, &'static str))| Stage {
            title: self.t(title),
            done: at.is_some_and(|at| place < at),
            here: at == Some(place),
        };
        STEPS.iter().enumerate().map(stage).collect()
    }
}
