//! "Set up your phone": a page for each family of phones, written from the settings they show, with the
//! user's own address and server, or placeholders for guests.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::Desk;
use super::frame::{Frame, show as show_page};
use super::trouble::Trouble;
use super::visit::Visit;
use super::words::Language;
use crate::store::Stage;

/// A family of phones or programs.
#[derive(Debug)]
pub(super) struct Family {
    /// In addresses.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    about: &'static str,
    /// `{1}` is the server with its port where that is another than usual, `{2}` the address, `{3}` the
    /// port, `{4}` the server alone.
    steps: &'static [&'static str],
    hints: &'static [&'static str],
    /// Whether the table of settings helps.
    table: bool,
}

/// A family's page with all gaps filled.
pub(super) struct Guide {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) steps: Vec<String>,
    pub(super) hints: Vec<String>,
    pub(super) settings: Vec<(&'static str, String)>,
}

/// A family in the choice.
struct Choice {
    id: &'static str,
    title: &'static str,
    about: &'static str,
    here: bool,
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct Page {
    frame: Frame,
    choices: Vec<Choice>,
    guide: Option<Guide>,
    member: bool,
    apple: bool,
}

pub(super) const APPLE: &str = "iphone";

const FAMILIES: [Family; 7] = [
    Family {
        id: APPLE,
        title: "family.iphone",
        about: "family.iphone.about",
        steps: &[
            "iphone.1", "iphone.2", "iphone.3", "iphone.4", "iphone.5", "iphone.6", "iphone.7",
        ],
        hints: &[
            "hint.domain",
            "iphone.hint.push",
            "iphone.hint.folders",
            "iphone.hint.calendars",
            "iphone.hint.groups",
        ],
        table: true,
    },
    Family {
        id: "android",
        title: "family.android",
        about: "family.android.about",
        steps: &[
            "android.1",
            "android.2",
            "android.3",
            "android.4",
            "android.5",
            "android.6",
        ],
        hints: &[
            "hint.domain",
            "android.hint.sync",
            "android.hint.folders",
            "android.hint.battery",
        ],
        table: true,
    },
    Family {
        id: "samsung",
        title: "family.samsung",
        about: "family.samsung.about",
        steps: &[
            "samsung.1",
            "samsung.2",
            "samsung.3",
            "samsung.4",
            "samsung.5",
            "samsung.6",
        ],
        hints: &[
            "hint.domain",
            "samsung.hint.folders",
            "android.hint.battery",
        ],
        table: true,
    },
    Family {
        id: "blackberry",
        title: "family.blackberry",
        about: "family.blackberry.about",
        steps: &[
            "blackberry.1",
            "blackberry.2",
            "blackberry.3",
            "blackberry.4",
            "blackberry.5",
        ],
        hints: &["hint.domain", "blackberry.hint.folders"],
        table: true,
    },
    Family {
        id: "windows-phone",
        title: "family.windows",
        about: "family.windows.about",
        steps: &[
            "windows.1",
            "windows.2",
            "windows.3",
            "windows.4",
            "windows.5",
        ],
        hints: &["hint.domain", "windows.hint.folders"],
        table: true,
    },
    Family {
        id: "outlook",
        title: "family.outlook",
        about: "family.outlook.about",
        steps: &["outlook.1", "outlook.2", "outlook.3", "outlook.4"],
        hints: &[
            "hint.domain",
            "outlook.hint.push",
            "outlook.hint.new",
            "outlook.hint.phone",
        ],
        table: true,
    },
    Family {
        id: "thunderbird",
        title: "family.thunderbird",
        about: "family.thunderbird.about",
        steps: &[
            "thunderbird.1",
            "thunderbird.2",
            "thunderbird.3",
            "thunderbird.4",
        ],
        hints: &[
            "hint.domain",
            "thunderbird.hint.push",
            "thunderbird.hint.mail",
        ],
        table: true,
    },
];

impl Family {
    pub(super) fn named(id: &str) -> Option<&'static Self> {
        static ALL: [Family; 7] = FAMILIES;
        ALL.iter().find(|family| family.id == id)
    }
}

impl Guide {
    /// For a user, with a passcode or a word in its place.
    pub(super) fn filled(
        family: &Family,
        language: Language,
        server: &str,
        address: &str,
        passcode: &str,
    ) -> Self {
        let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
        let port = server.rsplit_once(':').map_or("443", |(_, port)| port);
        let fill = |keys: &[&'static str]| -> Vec<String> {
            let one = |key: &&'static str| language.fill(key, &[server, address, port, host]);
            keys.iter().map(one).collect()
        };
        let say = |key| language.say(key);
        let settings = [
            (say("setting.address"), address.to_owned()),
            (say("setting.server"), host.to_owned()),
            (say("setting.user"), address.to_owned()),
            (say("setting.password"), passcode.to_owned()),
            (
                say("setting.domain"),
                say("setting.domain-value").to_owned(),
            ),
            (say("setting.ssl"), say("setting.ssl-value").to_owned()),
            (say("setting.port"), port.to_owned()),
        ];
        Self {
            id: family.id,
            title: say(family.title),
            steps: fill(family.steps),
            hints: fill(family.hints),
            settings: match family.table {
                true => settings.into(),
                false => Vec::new(),
            },
        }
    }
}

pub(super) async fn choose(State(desk): State<Arc<Desk>>, visit: Visit) -> Response {
    show(&desk, &visit, None)
}

pub(super) async fn family(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let family = Family::named(&id).ok_or(Trouble::NotFound)?;
    Ok(show(&desk, &visit, Some(family)))
}

fn show(desk: &Desk, visit: &Visit, family: Option<&Family>) -> Response {
    let session = visit.session.as_ref();
    let member = session.filter(|session| session.row.stage == Stage::Full);
    let say = |key| visit.language.say(key);
    let server = desk.server(visit);
    let address = member.map_or_else(
        || say("set-up.your-address").to_owned(),
        |session| session.row.user.to_string(),
    );
    let passcode = say("set-up.your-passcode");
    let choice = |one: &Family| Choice {
        id: one.id,
        title: say(one.title),
        about: say(one.about),
        here: family.is_some_and(|family| family.id == one.id),
    };
    show_page(&Page {
        frame: Frame::of(visit, "set-up"),
        choices: FAMILIES.iter().map(choice).collect(),
        guide: family
            .map(|family| Guide::filled(family, visit.language, &server, &address, passcode)),
        member: member.is_some(),
        apple: family.is_some_and(|family| family.id == APPLE),
    })
}
