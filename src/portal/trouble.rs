//! What keeps a page from being shown, and the page that says so.

use std::time::Duration;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::frame::{Frame, page};
use super::{encoded, see_other};
use crate::failure::chain;
use crate::gate::issue::IssueError;
use crate::gate::seal::SealError;
use crate::gate::{FactorError, Refusal};
use crate::store::StoreError;

/// Why there is no page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Trouble {
    NotFound,
    /// A form from elsewhere, or one that is older than the session (T45).
    Forged,
    /// A form no page of ours sends.
    Malformed,
    /// Only for administrators.
    Forbidden,
    /// The second step must be done anew; then on to this path (C12).
    StepUp(String),
    /// The session has no mail password any more, as after a change of server keys.
    SignInAgain,
    Throttled(Duration),
    /// The mail server cannot be asked.
    Down,
    /// Our own fault; the log says more.
    Internal,
}

/// When to come again while too many recovery codes are looked at.
const BUSY: Duration = Duration::from_secs(5);

#[derive(Template)]
#[template(path = "trouble.html")]
struct Page {
    frame: Frame,
    title: &'static str,
    text: String,
}

impl Trouble {
    pub(super) fn page(self, frame: Frame) -> Response {
        let (status, title, text) = match &self {
            Self::StepUp(to) => {
                let root = if frame.admin { "/admin" } else { "/account" };
                return see_other(&format!("{root}/confirm?to={}", encoded(to)));
            }
            Self::SignInAgain => {
                let root = if frame.admin { "/admin" } else { "/account" };
                return see_other(&format!("{root}/sign-in?done=again"));
            }
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                frame.t("trouble.not-found.title"),
                frame.t("trouble.not-found.text").to_owned(),
            ),
            Self::Forged => (
                StatusCode::FORBIDDEN,
                frame.t("trouble.forged.title"),
                frame.t("trouble.forged.text").to_owned(),
            ),
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                frame.t("trouble.malformed.title"),
                frame.t("trouble.malformed.text").to_owned(),
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                frame.t("trouble.forbidden.title"),
                frame.t("trouble.forbidden.text").to_owned(),
            ),
            Self::Throttled(wait) => (
                StatusCode::TOO_MANY_REQUESTS,
                frame.t("trouble.throttled.title"),
                frame.t1("trouble.throttled.text", &frame.wait(*wait)),
            ),
            Self::Down => (
                StatusCode::SERVICE_UNAVAILABLE,
                frame.t("trouble.down.title"),
                frame.t("trouble.down.text").to_owned(),
            ),
            Self::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                frame.t("trouble.internal.title"),
                frame.t("trouble.internal.text").to_owned(),
            ),
        };
        let mut response = page(status, &Page { frame, title, text });
        if let Self::Throttled(wait) = self
            && let Ok(value) = HeaderValue::try_from(wait.as_secs().saturating_add(1).to_string())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

/// Carries the trouble to where the visitor's language is known.
impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = match self {
            Self::Forged => StatusCode::FORBIDDEN,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = chain(&error), "the portal cannot use the database");
        Self::Internal
    }
}

impl From<getrandom::Error> for Trouble {
    fn from(error: getrandom::Error) -> Self {
        tracing::error!(%error, "the operating system gives no random numbers");
        Self::Internal
    }
}

impl From<SealError> for Trouble {
    fn from(error: SealError) -> Self {
        tracing::error!(error = chain(&error), "the portal cannot seal a secret");
        Self::Internal
    }
}

impl From<FactorError> for Trouble {
    fn from(error: FactorError) -> Self {
        if let FactorError::Busy(_) = error {
            return Self::Throttled(BUSY);
        }
        tracing::error!(error = chain(&error), "the portal cannot judge a code");
        Self::Internal
    }
}

impl From<IssueError> for Trouble {
    fn from(error: IssueError) -> Self {
        tracing::error!(error = chain(&error), "the portal cannot change passcodes");
        Self::Internal
    }
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Throttled { retry_after } => Self::Throttled(retry_after),
            Refusal::BackendDown { .. } | Refusal::Frozen { .. } => Self::Down,
            Refusal::Unauthorized | Refusal::DeviceNotBound | Refusal::Explain(_) => {
                Self::Forbidden
            }
        }
    }
}
