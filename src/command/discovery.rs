//! Autodiscover: who may ask what. The XML form is for whoever signs in, at the same gate as everything
//! else (C18); the JSON form is for everybody and tells nothing that is not public.

use airgate_codec::autodiscover::{Request, Response, Schema, Trouble};
use http::{HeaderValue, Method, StatusCode, header};
use tracing::{debug, info};

use super::Gateway;
use super::gateway::refuse;
use crate::autodiscover::{self, JsonAnswer, Page, Site};
use crate::clock;
use crate::front::{Authorization, OtherRequest, Reply};
use crate::gate::Refusal;
use crate::identity::UserId;

const XML: &str = "text/xml; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// Answers any path that is neither the front's nor EAS's.
pub(super) async fn answer(gateway: &Gateway, request: &OtherRequest) -> Reply {
    let Some(site) = &gateway.settings.site else {
        return Reply::not_found();
    };
    match autodiscover::page(&request.path) {
        Some(Page::Xml) => xml(gateway, site, request).await,
        Some(Page::Json(address)) => json(site, request, address.as_deref()),
        None => Reply::not_found(),
    }
}

/// Nothing but the challenge before the gate has spoken (T35). A browser's GET is challenged as well
/// and then told that it is no request, as Exchange does: some clients probe for that.
async fn xml(gateway: &Gateway, site: &Site, request: &OtherRequest) -> Reply {
    let authorization = match request.authorization() {
        Ok(Some(authorization)) => authorization,
        Ok(None) => return Reply::unauthorized(),
        Err(fault) => return Reply::bad_request(format!("{fault}\n")),
    };
    let Authorization::Basic { user, secret } = authorization;
    let admission = gateway
        .gate
        .admit(&user, &secret, None, None, request.client)
        .await;
    let user = match admission {
        Ok(admission) => admission.user,
        // Known, and about to be told why he is kept out: the address of the server is no secret.
        Err(Refusal::Explain(explained)) => explained.user,
        Err(refusal) => return refuse(refusal),
    };
    if request.method == Method::OPTIONS {
        return not_allowed("GET, HEAD, POST");
    }
    let asked = match request.method == Method::POST && request.body.is_empty() {
        // Some Androids send their login and nothing else (REFERENCE 12, 23).
        true => Ok(Request {
            address: address_of(&user, site),
            schema: Schema::MobileSync,
        }),
        false => Request::read(&request.body),
    };
    let url = site.url.active_sync();
    let response = match &asked {
        Ok(asked) if asked.schema == Schema::Other => {
            debug!(user = user.as_str(), "Autodiscover in another schema");
            trouble(Trouble::Schema, request.request_id)
        }
        Ok(asked) if site.serves(&asked.address) => Response::Server {
            address: &asked.address,
            url: &url,
        },
        Ok(asked) => {
            info!(
                user = user.as_str(),
                address = ?asked.address,
                "Autodiscover for an address that is not served here"
            );
            Response::Unserved {
                address: &asked.address,
            }
        }
        Err(fault) => {
            info!(user = user.as_str(), %fault, "malformed Autodiscover request");
            trouble(Trouble::Invalid, request.request_id)
        }
    };
    Reply::raw(XML, response.write())
}

fn json(site: &Site, request: &OtherRequest, in_path: Option<&str>) -> Reply {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return not_allowed("GET, HEAD");
    }
    let JsonAnswer { status, body } = autodiscover::json(site, in_path, request.query.as_deref());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Reply::document(status, JSON, body)
}

fn trouble(trouble: Trouble, request_id: u64) -> Response<'static> {
    let seconds = clock::now_seconds().rem_euclid(86_400);
    Response::Trouble {
        trouble,
        time_of_day: u32::try_from(seconds).unwrap_or_default(),
        // The last digits of the id in the log.
        id: u32::try_from(request_id & u64::from(u32::MAX)).unwrap_or_default(),
    }
}

/// The mail address of a login: a bare name belongs to the first domain.
fn address_of(user: &UserId, site: &Site) -> String {
    match (user.domain(), site.domains.first()) {
        (None, Some(domain)) => format!("{user}@{domain}"),
        _ => user.to_string(),
    }
}

fn not_allowed(methods: &'static str) -> Reply {
    Reply::http(
        StatusCode::METHOD_NOT_ALLOWED,
        "This method is not served here.\n",
    )
    .with_header(header::ALLOW, HeaderValue::from_static(methods))
}
