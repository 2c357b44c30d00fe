//! Puts the rooms together: configuration in, a running server out.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::sync::Arc;
use std::time::Duration;

use airgate_codec::eas::provision::{Bound, Policy};
use anyhow::{Context as _, bail};
use async_trait::async_trait;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::autodiscover::Site;
use crate::backend::Login;
use crate::backend::dav::{Dav, DavSettings, Davs, Start};
use crate::backend::imap::{self, Imap, ImapSettings};
use crate::backend::smtp::{self, Smtp, SmtpSettings};
use crate::backend::tls::{self, Trust};
use crate::clock;
use crate::command::{Gateway, Heartbeat, Parts, Settings};
use crate::config::SharedFolders;
use crate::config::{self, Config, DavUrl, PublicUrl, Security};
use crate::failure::{self, Failure};
use crate::front;
use crate::gate::keys::ServerKeys;
use crate::gate::master::{Master, read_secret};
use crate::gate::{Gate, GateSettings, VerifyLogin};
use crate::identity::UserId;
use crate::notices::{Notices, Post};
use crate::portal::{self, Portal};
use crate::push::{Hub, PushSettings, Rounds};
use crate::store::{SqliteStore, Store};
use crate::sync::folders::{Foreign, NotesMailbox, Overrides, Show};

/// How often what has run out is deleted from the store.
const EXPIRE_EVERY: Duration = Duration::from_secs(3600);

/// A server that is put together and listens, but does not serve yet.
pub struct Server {
    gateway: Arc<Gateway>,
    gate: Arc<Gate>,
    store: Arc<dyn Store>,
    listeners: Vec<TcpListener>,
    /// Set where the portal has listeners of its own.
    portal: Option<Arc<Portal>>,
    portal_listeners: Vec<TcpListener>,
    front: front::Settings,
    secure: bool,
    /// `None` where users are told nothing.
    notices: Option<Notices>,
    shutdown: CancellationToken,
}

/// What the admin commands need: the store, the keys, and the backend to verify logins at.
pub struct Offline {
    pub store: Arc<dyn Store>,
    pub keys: ServerKeys,
    pub verifier: Option<Arc<dyn VerifyLogin>>,
    /// What the configuration says about who may come in.
    pub settings: GateSettings,
}

impl Server {
    /// Opens the state, makes the clients and binds the addresses.
    ///
    /// # Errors
    /// Whatever keeps the server from serving, in words for an operator.
    pub async fn start(config: Config, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let (store, keys) = open_state(&config).await?;
        let Some(imap) = imap(&config)? else {
            bail!("no IMAP server is configured: give --imap URL or `imap = \"...\"`");
        };
        let settings = gate_settings(&config)?;
        let verifier: Arc<dyn VerifyLogin> = Arc::new(AtBackend(imap.clone()));
        let gate = Gate::new(Arc::clone(&store), verifier, settings, &keys).await?;
        let mode = front::TlsMode::load(&config.tls, &config.state)
            .context("the certificate cannot be used")?;
        let listeners = front::bind(&config.listen)?;
        let davs = dav(&config)?;
        let portal = config
            .portal
            .enabled
            .then(|| Arc::new(portal(&config, &store, &gate, &davs)));
        let portal_listeners = match &portal {
            Some(_) => front::bind(&config.portal.listen)?,
            None => Vec::new(),
        };
        let beside = portal.clone().filter(|_| portal_listeners.is_empty());
        let notices = match config.notices.enabled {
            true => Some(Notices {
                store: Arc::clone(&store),
                gate: Arc::clone(&gate),
                imap: imap.clone(),
                post: post(&config)?,
                language: config.language,
                zone: config.time_zone.clone(),
                page: account_page(&config),
            }),
            false => None,
        };
        let seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        let push = PushSettings {
            poll: config.backend.poll,
            collections: config.backend.dav_poll,
            ..PushSettings::default()
        };
        let gateway = Arc::new(Gateway::new(Parts {
            store: Arc::clone(&store),
            hub: Hub::new(imap.clone(), push.clone()),
            rounds: Rounds::new(davs.clone(), push),
            imap,
            smtp: smtp(&config)?,
            dav: davs,
            gate: Arc::clone(&gate),
            portal: beside,
            settings: Settings {
                heartbeat: Heartbeat {
                    min: seconds(config.heartbeat.min),
                    max: seconds(config.heartbeat.max),
                },
                site: config.public_url.clone().map(|url| Site {
                    url,
                    domains: config.domains.clone(),
                }),
                allow_2_5: config.allow_2_5,
                version_caps: config.version_caps.clone(),
                time_zone: config.time_zone.clone(),
                folders: Overrides {
                    drafts: config.folders.drafts.clone(),
                    sent: config.folders.sent.clone(),
                    trash: config.folders.trash.clone(),
                    notes: match config.folders.notes.as_deref() {
                        None => NotesMailbox::Found,
                        Some("none") => NotesMailbox::None,
                        Some(name) => NotesMailbox::Named(name.to_owned()),
                    },
                    show: Show {
                        subscribed_only: config.folders.subscribed_only,
                        foreign: match config.folders.shared {
                            SharedFolders::All => Foreign::All,
                            SharedFolders::Subscribed => Foreign::Subscribed,
                            SharedFolders::None => Foreign::None,
                        },
                    },
                },
                sending: config.sending.clone(),
                meetings_from_mail: config.meetings_from_mail,
                max_message: u64::try_from(config.limits.max_message).unwrap_or(u64::MAX),
                language: config.language,
                account_page: account_page(&config),
                search: config.limits.search,
                page_time: config.limits.page_time,
                requests_per_device: config.limits.requests_per_device,
            },
            shutdown: shutdown.clone(),
        }));
        Ok(Self {
            gateway,
            gate,
            store,
            notices,
            listeners,
            portal: portal.filter(|_| !portal_listeners.is_empty()),
            portal_listeners,
            secure: config.tls != config::Tls::Off,
            front: front::Settings {
                tls: mode,
                limits: config.limits,
                trusted_proxies: config.trusted_proxies,
            },
            shutdown,
        })
    }

    /// The addresses it listens on, with the ports the system chose.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }

    /// Serves until the shutdown token is cancelled.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub async fn serve(self) -> anyhow::Result<()> {
        let Self {
            gateway,
            gate,
            store,
            listeners,
            portal,
            portal_listeners,
            front: settings,
            secure,
            notices,
            shutdown,
        } = self;
        let addresses: Vec<SocketAddr> = listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect();
        // What runs beside the requests goes on until the last of them is answered.
        let over = CancellationToken::new();
        let (upkeep_gate, upkeep_stop) = (Arc::clone(&gate), over.clone());
        let upkeep = crate::task::spawn("gate upkeep", async move {
            upkeep_gate.run(upkeep_stop).await;
        });
        let expiry = crate::task::spawn("expiry", expire(store, over.clone()));
        let evict = crate::task::spawn(
            "eviction",
            evict(Arc::clone(&gate), Arc::clone(&gateway), over.clone()),
        );
        let letters =
            notices.map(|notices| crate::task::spawn("notices", notices.run(over.clone())));
        let watchdog = crate::task::spawn("watchdog", front::feed_watchdog(over.clone()));
        let asked = shutdown.clone();
        let stopping = crate::task::spawn("stopping", async move {
            asked.cancelled().await;
            front::announce_stopping();
        });
        front::announce_ready(&addresses, secure);
        let apart = portal.map(|portal| {
            let service = Arc::new(Apart(portal));
            let serving = front::serve(
                portal_listeners,
                settings.clone(),
                service,
                shutdown.clone(),
            );
            crate::task::spawn("portal", serving)
        });
        front::serve(listeners, settings, gateway, shutdown.clone()).await?;
        shutdown.cancel();
        over.cancel();
        let tasks = [upkeep, expiry, evict, watchdog, stopping];
        for task in tasks.into_iter().chain(letters) {
            if let Err(error) = task.await {
                warn!(%error, "a task ended badly");
            }
        }
        if let Some(apart) = apart
            && let Err(error) = apart.await
        {
            warn!(%error, "the portal ended badly");
        }
        info!("stopped");
        Ok(())
    }
}

/// The portal on addresses of its own: no phone is let in there.
struct Apart(Arc<Portal>);

#[async_trait]
impl front::Service for Apart {
    type Admission = ();

    async fn admit(&self, _head: &front::Head) -> Result<(), front::Reply> {
        Err(front::Reply::not_found())
    }

    async fn options(&self, _head: &front::Head, (): ()) -> front::Reply {
        front::Reply::not_found()
    }

    async fn command(&self, (): (), _request: front::EasRequest) -> front::Reply {
        front::Reply::not_found()
    }

    async fn other(&self, request: front::OtherRequest) -> front::Reply {
        match Portal::serves(&request.path) {
            true => self.0.answer(request).await,
            false => front::Reply::not_found(),
        }
    }
}

fn portal(config: &Config, store: &Arc<dyn Store>, gate: &Arc<Gate>, davs: &Davs) -> Portal {
    Portal::new(portal::Parts {
        store: Arc::clone(store),
        gate: Arc::clone(gate),
        davs: davs.clone(),
        settings: portal::Settings {
            server: config.public_url.as_ref().map(PublicUrl::authority),
            name: config.portal.name.clone(),
            zone: config.time_zone.clone(),
            admins: config.portal.admins.clone(),
            passcodes: config.portal.passcodes,
            signing: config.portal.signing.clone(),
        },
    })
}

impl Offline {
    /// Opens the state for an admin command; the server may be running on it.
    ///
    /// # Errors
    /// A state directory that cannot be used.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let (store, keys) = open_state(config).await?;
        let verifier =
            imap(config)?.map(|imap| -> Arc<dyn VerifyLogin> { Arc::new(AtBackend(imap)) });
        Ok(Self {
            store,
            keys,
            verifier,
            settings: gate_settings(config)?,
        })
    }
}

/// Logins are verified where the mail is.
struct AtBackend(Imap);

#[async_trait]
impl VerifyLogin for AtBackend {
    async fn verify(&self, login: &Login) -> Result<(), Failure> {
        self.0.verify(login).await.map_err(Into::into)
    }
}

/// The state directory, its database and its keys; made at the first start, closed to others.
async fn open_state(config: &Config) -> anyhow::Result<(Arc<dyn Store>, ServerKeys)> {
    let state = config.state.as_path();
    if !state.exists() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(state)
            .with_context(|| format!("cannot make the state directory {}", state.display()))?;
    }
    let mode = fs::metadata(state)
        .with_context(|| format!("cannot look at the state directory {}", state.display()))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(state, fs::Permissions::from_mode(0o700))
            .with_context(|| format!("cannot close {} to others", state.display()))?;
    }
    let store = SqliteStore::open(&state.join("airgate.db")).await?;
    let keys = match &config.keys {
        Some(directory) => ServerKeys::load_from(directory)?,
        None => ServerKeys::load(state)?,
    };
    Ok((Arc::new(store), keys))
}

/// What the configuration says about who may come in.
///
/// # Errors
/// A master's secret that cannot be read.
pub(crate) fn gate_settings(config: &Config) -> anyhow::Result<GateSettings> {
    let master = match &config.backend.master {
        Some(master) => Some(Master {
            name: master.user.clone(),
            secret: read_secret(&master.secret).context("the master cannot log in")?,
            form: master.form.clone(),
        }),
        None => None,
    };
    Ok(GateSettings {
        default_domain: config.default_domain.clone(),
        accept_mail_password: config.accept_mail_password,
        second_factor: config.access.second_factor,
        grace_days: config.access.grace_days,
        explain: config.access.explain,
        explain_frozen_after: config.access.explain_frozen_after,
        new_devices: config.access.new_devices,
        devices: u32::try_from(config.limits.devices).unwrap_or(u32::MAX),
        policy: config.policy.as_ref().map(policy).unwrap_or_default(),
        master,
        ..GateSettings::default()
    })
}

/// The operator's policy as a document: only what is set is sent, some phones choke on the rest.
fn policy(policy: &config::Policy) -> Policy {
    let at = |number: u8| Bound::At(u32::from(number));
    Policy {
        device_password_enabled: policy.device_password,
        min_device_password_length: policy.password_length.map(at),
        alphanumeric_device_password_required: policy.password_alphanumeric,
        max_device_password_failed_attempts: policy.password_attempts.map(at),
        max_inactivity_time_device_lock: policy
            .lock_after
            .map(|time| Bound::At(u32::try_from(time.as_secs()).unwrap_or(u32::MAX))),
        require_device_encryption: policy.device_encryption,
        ..Policy::default()
    }
}

/// Where users manage passcodes and devices, if that is known.
pub(crate) fn account_page(config: &Config) -> Option<String> {
    let url = config
        .public_url
        .as_ref()
        .filter(|_| config.portal.enabled)?;
    Some(format!("https://{}/account", url.authority()))
}

/// The IMAP client of a configuration, if it names a server.
///
/// # Errors
/// Certificate authorities that cannot be read.
pub(crate) fn imap(config: &Config) -> anyhow::Result<Option<Imap>> {
    let Some(url) = &config.imap else {
        return Ok(None);
    };
    let trust = config
        .backend
        .ca_file
        .clone()
        .map_or(Trust::System, Trust::Authorities);
    let tls = tls::client_config(&trust).context("the backends' certificates cannot be checked")?;
    let security = match url.security {
        Security::Plain => imap::Security::Plain,
        Security::StartTls => imap::Security::StartTls,
        Security::Tls => imap::Security::Tls,
    };
    let mut settings = ImapSettings::new(url.host.clone(), url.port, security, tls);
    settings.per_user_connections = config.backend.imap_connections;
    settings.compress = config.backend.imap_compress;
    settings.deadlines.connect = config.backend.connect;
    settings.deadlines.progress = config.backend.silence;
    settings.hide.clone_from(&config.backend.hide_capabilities);
    Ok(Some(Imap::new(settings)))
}

/// The same for the submission server.
///
/// # Errors
/// Certificate authorities that cannot be read.
pub(crate) fn smtp(config: &Config) -> anyhow::Result<Option<Smtp>> {
    let Some(url) = &config.smtp else {
        return Ok(None);
    };
    let trust = config
        .backend
        .ca_file
        .clone()
        .map_or(Trust::System, Trust::Authorities);
    let tls = tls::client_config(&trust).context("the backends' certificates cannot be checked")?;
    let security = match url.security {
        Security::Plain => smtp::Security::Plain,
        Security::StartTls => smtp::Security::StartTls,
        Security::Tls => smtp::Security::Tls,
    };
    let settings = SmtpSettings::new(url.host.clone(), url.port, security, tls);
    Ok(Some(Smtp::new(settings)))
}

/// The DAV clients: one where calendars and address books are on the same server.
///
/// # Errors
/// Certificate authorities that cannot be read.
pub fn dav(config: &Config) -> anyhow::Result<Davs> {
    let start = |url: &DavUrl| -> Start {
        let url = url.clone();
        Arc::new(move |user| url.path_for(user))
    };
    let client = |url: &DavUrl, calendars: Option<Start>, contacts: Option<Start>| {
        let trust = config
            .backend
            .ca_file
            .clone()
            .map_or(Trust::System, Trust::Authorities);
        let tls =
            tls::client_config(&trust).context("the backends' certificates cannot be checked")?;
        let mut settings = DavSettings::new(url.origin(), tls);
        settings.calendars = calendars;
        settings.contacts = contacts;
        settings.exposed = url.is_exposed();
        settings.per_user_connections = config.backend.dav_connections;
        settings.deadlines.connect = config.backend.connect;
        settings.deadlines.progress = config.backend.silence;
        anyhow::Ok(Dav::new(settings))
    };
    Ok(match (&config.caldav, &config.carddav) {
        (Some(calendars), Some(contacts)) if calendars.origin() == contacts.origin() => {
            let both = client(calendars, Some(start(calendars)), Some(start(contacts)))?;
            Davs {
                calendars: Some(both.clone()),
                contacts: Some(both),
            }
        }
        (calendars, contacts) => Davs {
            calendars: calendars
                .as_ref()
                .map(|url| client(url, Some(start(url)), None))
                .transpose()?,
            contacts: contacts
                .as_ref()
                .map(|url| client(url, None, Some(start(url))))
                .transpose()?,
        },
    })
}

/// By whom notices are sent; `None` puts them into inboxes.
fn post(config: &Config) -> anyhow::Result<Option<Post>> {
    let (Some(sender), Some(smtp)) = (&config.notices.sender, smtp(config)?) else {
        return Ok(None);
    };
    let name = config
        .notices
        .user
        .clone()
        .unwrap_or_else(|| sender.clone());
    let secret = config
        .notices
        .secret
        .as_deref()
        .map(read_secret)
        .transpose();
    let secret = secret.context("notices cannot be sent")?;
    let user = UserId::parse(sender, None)
        .with_context(|| format!("notices.sender: `{sender}` is no address"))?;
    Ok(Some(Post {
        smtp,
        sender: sender.clone(),
        login: Login {
            user,
            name,
            acts_for: None,
            secret: secret.unwrap_or_default(),
            version: 0,
        },
    }))
}

/// Deletes what has run out, now and then.
async fn expire(store: Arc<dyn Store>, shutdown: CancellationToken) {
    let mut rounds = tokio::time::interval(EXPIRE_EVERY);
    loop {
        tokio::select! {
            _ = rounds.tick() => {
                if let Err(error) = store.expire(clock::now_seconds()).await {
                    warn!(error = %failure::chain(&error), "expired rows could not be deleted");
                }
            }
            () = shutdown.cancelled() => return,
        }
    }
}

/// Closes backend connections of users whose credentials changed (T46).
async fn evict(gate: Arc<Gate>, gateway: Arc<Gateway>, shutdown: CancellationToken) {
    use tokio::sync::broadcast::error::RecvError;
    let mut changed = gate.revoked();
    loop {
        tokio::select! {
            event = changed.recv() => match event {
                Ok(user) => gateway.forget(&user),
                Err(RecvError::Lagged(_)) => gateway.forget_all(),
                Err(RecvError::Closed) => return,
            },
            () = shutdown.cancelled() => return,
        }
    }
}
