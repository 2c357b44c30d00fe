//! The gateway: everything a request needs, behind the front's [`Service`].

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status;
use async_trait::async_trait;
use jiff::tz::TimeZone;
use moka::future::Cache;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::attachment::Layouts;
use super::hunt::Hunts;
use super::in_flight::{InFlight, Place};
use super::loops::Loops;
use super::options::Offers;
use super::standing::{self, Bar};
use super::{Call, answer, discovery, explain, failures, partnership, provision, told};
use crate::autodiscover::Site;
use crate::backend::Login;
use crate::backend::dav::Davs;
use crate::backend::imap::Imap;
use crate::backend::smtp::Smtp;
use crate::clock;
use crate::config::{self, VersionCap};
use crate::failure;
use crate::front::{Authorization, EasRequest, Head, OtherRequest, Reply, Service};
use crate::gate::{Admission, Explained, Gate, Refusal, Scopes, Why};
use crate::identity::{DeviceId, UserId};
use crate::language::Language;
use crate::portal::Portal;
use crate::push::{Holds, Hub, Rounds};
use crate::steady::SteadyClock;
use crate::store::{DeviceRow, Store};
use crate::sync::folders::Overrides;
use crate::sync::lease::Leases;
use crate::sync::threads::Threads;
use crate::turns::Turns;

/// The whole server behind the front.
pub struct Gateway {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) imap: Imap,
    /// `None`: mail is read, not sent.
    pub(crate) smtp: Option<Smtp>,
    /// Calendars and address books.
    pub(crate) dav: Davs,
    pub(crate) hub: Hub,
    /// The same for calendars and address books.
    pub(crate) rounds: Rounds,
    pub(crate) gate: Arc<Gate>,
    /// `None` where it is off, or has addresses of its own.
    portal: Option<Arc<Portal>>,
    pub(crate) holds: Holds,
    pub(crate) leases: Leases,
    /// What is done about a user's meetings, one thing at a time.
    pub(crate) meetings: Arc<Turns<UserId>>,
    /// Users whose mails about meetings could not be sent a moment ago.
    pub(crate) unsent: Cache<UserId, ()>,
    pub(crate) in_flight: InFlight,
    pub(crate) loops: Loops,
    pub(crate) hunts: Hunts,
    pub(crate) layouts: Layouts,
    /// By what the conversations of each account are told apart.
    pub(crate) threads: Arc<Threads>,
    /// What the windows of mail are counted by (T63).
    pub(crate) window_clock: SteadyClock,
    /// Versions and commands by kind of client.
    pub(crate) offers_made: Offers,
    pub(crate) settings: Settings,
    /// Rows of devices, each with the version of its user at which it was read.
    pub(crate) partnerships: Cache<(UserId, DeviceId), (DeviceRow, u64)>,
    pub(crate) shutdown: CancellationToken,
    /// When this process began, in seconds since 1970.
    pub(crate) started: i64,
}

/// What the operator decided about commands.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Seconds a phone may ask to be held for.
    pub heartbeat: Heartbeat,
    /// `None`: no Autodiscover.
    pub site: Option<Site>,
    /// Speak 2.5 as well.
    pub allow_2_5: bool,
    /// Clients that are offered less than all versions; the first that fits decides.
    pub version_caps: Vec<VersionCap>,
    pub folders: Overrides,
    pub sending: config::Sending,
    /// What comes by mail of meetings is put into the calendar, where no server does so.
    pub meetings_from_mail: bool,
    /// Where the users' days begin.
    pub time_zone: TimeZone,
    /// Octets of a mail that is forwarded.
    pub max_message: u64,
    /// In which language users are spoken to who chose none.
    pub language: Language,
    /// Where users manage passcodes and devices.
    pub account_page: Option<String>,
    /// How long a search may take before what was found so far is shown.
    pub search: Duration,
    /// How long the backend may be read from for one page.
    pub page_time: Duration,
    /// Requests of one device that may run at a time, a held Ping not counted.
    pub requests_per_device: u32,
}

/// Who was let in, with the place of the request among those of the device.
pub struct Guest {
    who: Who,
    _place: Option<Place>,
}

/// Whoever came past the gate.
enum Who {
    In(Box<Admission>),
    /// Known, but kept out: to be told why.
    Out(Explained),
}

/// The shortest and longest heartbeat, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    pub min: u32,
    pub max: u32,
}

/// What a gateway is put together from.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub imap: Imap,
    /// `None`: mail is read, not sent.
    pub smtp: Option<Smtp>,
    pub dav: Davs,
    pub hub: Hub,
    pub rounds: Rounds,
    pub gate: Arc<Gate>,
    /// `None` where it is off, or has addresses of its own.
    pub portal: Option<Arc<Portal>>,
    pub settings: Settings,
    /// Cancelled when the server goes down: held requests then end.
    pub shutdown: CancellationToken,
}

/// Rows of devices kept in memory, so that a request reads none.
const PARTNERSHIPS: u64 = 100_000;
/// How long an idle device's row is kept there.
const PARTNERSHIP_IDLE: Duration = Duration::from_secs(3600);
/// How long another node's change of a row may go unseen.
const PARTNERSHIP_AGE: Duration = Duration::from_secs(300);
/// How long mails that could not be sent wait for the next request.
const UNSENT: Duration = Duration::from_secs(30);
/// Held requests that end in a second when the server does.
const ENDED_PER_SECOND: u32 = 1000;
/// The time all of them have; the front's grace is longer.
const LONGEST_ENDING: Duration = Duration::from_secs(20);
/// When a phone with too many requests under way may try again: one of them has ended by then.
const RETRY_CROWDED: Duration = Duration::from_secs(5);

/// Room for the WBXML around a mail, and for the fields that are not sent on (Bcc).
const ENVELOPE: u64 = 64 * 1024;

impl Gateway {
    pub fn new(parts: Parts) -> Self {
        Self {
            imap: parts.imap,
            smtp: parts.smtp,
            dav: parts.dav,
            hub: parts.hub,
            rounds: parts.rounds,
            gate: parts.gate,
            portal: parts.portal,
            holds: Holds::default(),
            leases: Leases::default(),
            meetings: Arc::default(),
            unsent: Cache::builder().time_to_live(UNSENT).build(),
            in_flight: InFlight::new(parts.settings.requests_per_device),
            loops: Loops::new(),
            hunts: Hunts::new(),
            layouts: Layouts::new(),
            threads: Arc::new(Threads::new(Arc::clone(&parts.store))),
            store: parts.store,
            window_clock: SteadyClock::new(),
            offers_made: Offers::new(parts.settings.allow_2_5, &parts.settings.version_caps),
            settings: parts.settings,
            partnerships: Cache::builder()
                .max_capacity(PARTNERSHIPS)
                .time_to_idle(PARTNERSHIP_IDLE)
                .time_to_live(PARTNERSHIP_AGE)
                .build(),
            shutdown: parts.shutdown,
            started: clock::now_seconds(),
        }
    }

    /// Returns when this device's held request is to end because the server does: soon, but not
    /// all in one moment, since all these phones come back at once (O6).
    pub(crate) async fn ending(&self, user: &UserId, device: &DeviceId) {
        self.shutdown.cancelled().await;
        let held = u32::try_from(self.holds.len()).unwrap_or(u32::MAX);
        let spread = Duration::from_secs(1).saturating_mul(held) / ENDED_PER_SECOND;
        let mut hasher = DefaultHasher::new();
        (user, device).hash(&mut hasher);
        let share = f64::from(u16::try_from(hasher.finish() >> 48).unwrap_or_default());
        let share = share / f64::from(u16::MAX);
        tokio::time::sleep(spread.min(LONGEST_ENDING).mul_f64(share)).await;
    }

    /// Closes the idle backend connections of a user whose credentials changed (T46).
    pub fn forget(&self, user: &UserId) {
        self.imap.forget(user);
        self.dav.forget(user);
    }

    /// The same for everybody, when it is not known whose.
    pub fn forget_all(&self) {
        self.imap.forget_all();
        self.dav.forget_all();
    }

    /// A place for one more request of this device.
    fn place(&self, user: &UserId, device: &DeviceId) -> Result<Place, Reply> {
        self.in_flight.enter(user, device).ok_or_else(|| {
            metrics::counter!("airgate_limits_hit_total", "limit" => "requests_per_device")
                .increment(1);
            info!(
                user = user.as_str(),
                device = ?device.as_str(),
                "too many requests of this device at a time"
            );
            Reply::unavailable(RETRY_CROWDED)
        })
    }

    /// Whether that version is spoken here.
    pub(crate) fn offers(&self, version: ProtocolVersion) -> bool {
        version > ProtocolVersion::V2_5 || self.settings.allow_2_5
    }
}

#[async_trait]
impl Service for Gateway {
    type Admission = Guest;

    async fn admit(&self, head: &Head) -> Result<Guest, Reply> {
        let Some(Authorization::Basic { user, secret }) = &head.authorization else {
            return Err(Reply::unauthorized());
        };
        if head.version.is_some_and(|version| !self.offers(version)) {
            return Err(Reply::bad_request(
                "This protocol version is not spoken here.\n",
            ));
        }
        let (device, device_type) = match &head.line {
            Some(line) => match DeviceId::parse(&line.device_id) {
                Ok(device) => (Some(device), Some(line.device_type.as_str())),
                Err(_) => return Err(Reply::bad_request("The DeviceId is missing or invalid.\n")),
            },
            None => (None, None),
        };
        let admission = self
            .gate
            .admit(user, secret, device.as_ref(), device_type, head.client)
            .await;
        let who = match admission {
            Ok(admission) => Who::In(Box::new(admission)),
            Err(Refusal::Explain(explained)) => Who::Out(explained),
            Err(refusal) => return Err(refuse(refusal)),
        };
        // A newer Ping ends the older one, so Pings cannot pile up; counted, the newer could not
        // come in to end it.
        let place = match (&device, &head.line) {
            (Some(device), Some(line)) if line.command != CommandName::Ping => {
                Some(self.place(who.user(), device)?)
            }
            _ => None,
        };
        Ok(Guest { who, _place: place })
    }

    async fn options(&self, head: &Head, _guest: Guest) -> Reply {
        let device_type = head.options_device_type.as_deref();
        let offer = self.offers_made.to(device_type, head.agent.as_deref());
        offer.on(Reply::empty())
    }

    fn most(&self, head: &Head) -> Option<u64> {
        let limit = self.smtp.as_ref()?.size_limit()?;
        carries_mail(head).then(|| limit.saturating_add(ENVELOPE))
    }

    async fn over(&self, guest: &Guest) -> Reply {
        match guest.who.admission() {
            Some(admission) => self.gate.until_revoked(admission).await,
            None => std::future::pending().await,
        }
        Reply::unauthorized()
    }

    fn too_large(&self, head: &Head) -> Option<Reply> {
        let (line, version) = (head.line.as_ref()?, head.version?);
        let known = carries_mail(head) && version >= ProtocolVersion::V14_0;
        let status = status::ATTACHMENT_IS_TOO_LARGE;
        known.then(|| failures::status_reply(version, line.command, status))
    }

    async fn command(&self, guest: Guest, request: EasRequest) -> Reply {
        let user = guest.who.user();
        let head = &request.head;
        let (Some(line), Some(version)) = (&head.line, head.version) else {
            return Reply::bad_request("The request names no command.\n");
        };
        let Ok(device) = DeviceId::parse(&line.device_id) else {
            return Reply::bad_request("The DeviceId is missing or invalid.\n");
        };
        // Passcodes and one-time codes tell of the device themselves.
        let admission = guest.who.admission();
        let unannounced = admission.is_some_and(|came| came.credential.is_none() && !came.probe);
        let seen = partnership::Seen {
            device_type: &line.device_type,
            head,
            unannounced,
        };
        let row = match partnership::of(self, user, &device, seen).await {
            Ok(Some(row)) => row,
            Ok(None) => {
                let status = status::MAXIMUM_DEVICES_REACHED;
                return failures::status_reply(version, line.command, status);
            }
            Err(failure) => {
                warn!(error = %failure::chain(&failure), "the device's row cannot be had");
                return failures::reply(version, line.command, &failure);
            }
        };
        // Whoever is kept out has no login: nothing that is done for him asks a backend.
        let nobody = nobody(user);
        let (login, scopes, probe) = match &guest.who {
            Who::In(admission) => (&admission.login, admission.scopes, admission.probe),
            Who::Out(_) => (&nobody, Scopes::ALL, false),
        };
        let rules = match self.gate.rules_of(user).await {
            Ok(rules) => rules,
            Err(error) => return failures::reply(version, line.command, &error.into()),
        };
        let call = Call {
            gateway: self,
            user,
            login,
            device: &device,
            partnership: &row,
            scopes,
            probe,
            rules: &rules,
            command: line.command,
            version,
            head,
            body: &request.body,
        };
        let bar = match standing::bar(&call, guest.who.why()).await {
            Ok(bar) => bar,
            Err(failure) => return failures::reply(version, line.command, &failure),
        };
        if let Some(refusal) = standing::enforce(&call, bar) {
            return refusal;
        }
        if let Some(refusal) = provision::check(&call) {
            return refusal;
        }
        if call.probe && !allowed_to_probe(call.command) {
            return Reply::forbidden("Only an account's set-up may use this device id.\n");
        }
        let answer = async {
            match bar {
                Some(Bar::Explain(why)) => Box::pin(explain::answer(&call, why)).await,
                _ => answer(&call).await,
            }
        };
        // Revocation, a wipe, a block and the like end a held request as well (T46).
        tokio::select! {
            reply = answer => told::remind(&call, reply).await,
            reply = standing::until_over(&call, guest.who.admission(), bar) => reply,
        }
    }

    async fn other(&self, request: OtherRequest) -> Reply {
        match &self.portal {
            Some(portal) if Portal::serves(&request.path) => portal.answer(request).await,
            _ => discovery::answer(self, &request).await,
        }
    }
}

impl Who {
    fn user(&self) -> &UserId {
        match self {
            Self::In(admission) => &admission.user,
            Self::Out(explained) => &explained.user,
        }
    }

    fn admission(&self) -> Option<&Admission> {
        match self {
            Self::In(admission) => Some(admission),
            Self::Out(_) => None,
        }
    }

    fn why(&self) -> Option<Why> {
        match self {
            Self::In(_) => None,
            Self::Out(explained) => Some(explained.why),
        }
    }
}

/// A login that no backend takes: SASL refuses it before a word is said.
fn nobody(user: &UserId) -> Login {
    Login {
        user: user.clone(),
        name: String::new(),
        acts_for: None,
        secret: SecretString::default(),
        version: 0,
    }
}

/// Whether the body is a mail to be sent.
fn carries_mail(head: &Head) -> bool {
    head.line.as_ref().is_some_and(|line| {
        matches!(
            line.command,
            CommandName::SendMail | CommandName::SmartReply | CommandName::SmartForward
        )
    })
}

/// What Gmail's probe may see before the account is set up: a passcode is not bound to it.
const fn allowed_to_probe(command: CommandName) -> bool {
    matches!(
        command,
        CommandName::Provision | CommandName::Settings | CommandName::FolderSync
    )
}

/// A refusal as the phone hears it. Whatever is wrong with a secret sounds the same (T37).
pub(super) fn refuse(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Unauthorized | Refusal::Explain(_) => Reply::unauthorized(),
        Refusal::DeviceNotBound => {
            Reply::forbidden("This passcode belongs to another device. Make one for this device.\n")
        }
        Refusal::Throttled { retry_after }
        | Refusal::BackendDown { retry_after }
        | Refusal::Frozen { retry_after } => Reply::unavailable(retry_after),
    }
}
