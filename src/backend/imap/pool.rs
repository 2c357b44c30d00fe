//! The pool: a few connections per user, each belonging to one (user, secret) for life (T50).
//!
//! Connections are lent out as [`Session`]s. One that comes back in step waits for the next
//! question, with its mailbox still selected; unused ones are closed after some minutes (C7).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use airgate_codec::imap::MailboxName;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::capabilities::Capabilities;
use super::connection::Connection;
use super::dial::{Dial, Tcp, connect};
use super::error::ImapError;
use super::login::{ask_capabilities, log_in};
use super::session::Session;
use super::settings::ImapSettings;
use super::watch::Watch;
use crate::backend::Login;
use crate::backend::breaker::Breaker;
use crate::backend::fingerprint::{Fingerprint, Salt};
use crate::clock;
use crate::identity::UserId;

/// One IMAP backend and its connections. Clones share them.
#[derive(Clone)]
pub struct Imap {
    backend: Arc<Backend>,
}

struct Backend {
    settings: ImapSettings,
    dial: Box<dyn Dial>,
    breaker: Breaker,
    /// Connections being made, over all users: a herd that returns waits its turn (T57).
    doors: Semaphore,
    users: Mutex<HashMap<UserId, Tenant>>,
    salt: Salt,
    reaper: OnceLock<JoinHandle<()>>,
}

/// What is kept of one user.
struct Tenant {
    /// Sessions the user may have at a time.
    slots: Arc<Semaphore>,
    idle: Vec<Idle>,
    /// Secrets the server refused, and until when they are not tried again (T40).
    refused: Vec<(Fingerprint, Instant)>,
    /// Cancelled by [`Imap::forget`]: what was made before is not used after.
    era: CancellationToken,
}

struct Idle {
    connection: Box<Connection>,
    owner: Fingerprint,
    since: Instant,
}

/// The right to one connection of one user, and the way back into the pool.
pub(super) struct Lease {
    imap: Imap,
    login: Login,
    owner: Fingerprint,
    era: CancellationToken,
    /// `None` for a connection beyond the user's number ([`Imap::verify`]): it goes back only if
    /// there is room.
    slot: Option<OwnedSemaphorePermit>,
}

/// Logins under way at a time. Each costs the server a process start or a password hash.
const DOORS: usize = 64;
/// Refused secrets remembered per user: several phones with several old ones.
const MOST_REFUSED: usize = 8;
/// Users for whom anything is remembered without a connection: strangers guessing names must not
/// fill the memory.
const MOST_TENANTS: usize = 100_000;

impl Imap {
    /// A pool without connections; nothing is tried yet.
    pub fn new(settings: ImapSettings) -> Self {
        Self::over(settings, Box::new(Tcp))
    }

    pub(super) fn over(settings: ImapSettings, dial: Box<dyn Dial>) -> Self {
        Self {
            backend: Arc::new(Backend {
                settings,
                dial,
                breaker: Breaker::default(),
                doors: Semaphore::new(DOORS),
                users: Mutex::default(),
                salt: Salt::new(),
                reaper: OnceLock::new(),
            }),
        }
    }

    /// A login at the server, always a real one. The connection is kept for the next session.
    ///
    /// # Errors
    /// [`ImapError::LoginRefused`] also, without asking the server, for a secret it refused less
    /// than 15 minutes ago (T40).
    pub async fn verify(&self, login: &Login) -> Result<(), ImapError> {
        let owner = self.backend.fingerprint(login);
        self.backend.not_refused(login, &owner)?;
        let (slots, era) = self.backend.tenant(&login.user);
        let lease = Lease {
            imap: self.clone(),
            login: login.clone(),
            owner,
            era,
            slot: slots.try_acquire_owned().ok(),
        };
        let connection = lease.reconnect().await?;
        drop(Session::new(connection, lease, false));
        Ok(())
    }

    /// What the server offers to whom it does not know yet: connects, and logs nobody in.
    ///
    /// # Errors
    /// The server cannot be reached, is not trusted, or speaks no IMAP.
    pub async fn greet(&self) -> Result<Capabilities, ImapError> {
        let backend = &self.backend;
        let mut connection = connect(backend.dial.as_ref(), &backend.settings).await?;
        ask_capabilities(&mut connection).await?;
        Ok(connection.capabilities().as_ref().clone())
    }

    /// A session, pooled if there is one; preferably one in which `prefer` is selected already.
    ///
    /// # Errors
    /// [`ImapError::Busy`] when all the user's connections stay in use; those of the login.
    pub async fn session(
        &self,
        login: &Login,
        prefer: Option<&MailboxName>,
    ) -> Result<Session, ImapError> {
        let lease = self.lease(login).await?;
        while let Some(mut connection) = self.backend.take(login, &lease.owner, prefer) {
            // It may have died or said goodbye in its sleep.
            if connection.catch_up().is_ok() {
                return Ok(Session::new(connection, lease, true));
            }
        }
        let connection = lease.reconnect().await?;
        Ok(Session::new(connection, lease, false))
    }

    /// A session on a connection of its own that never did anything before (S8).
    ///
    /// # Errors
    /// As [`Imap::session`].
    pub async fn fresh_session(&self, login: &Login) -> Result<Session, ImapError> {
        let lease = self.lease(login).await?;
        let connection = lease.reconnect().await?;
        Ok(Session::new(connection, lease, false))
    }

    /// A connection of its own that waits for changes: in all mailboxes where the server can
    /// (NOTIFY), else in the first of `mailboxes` (IDLE).
    ///
    /// # Errors
    /// [`ImapError::Unsupported`] when the server can neither, so that the caller polls.
    pub async fn watch(
        &self,
        login: &Login,
        mailboxes: Vec<MailboxName>,
    ) -> Result<Watch, ImapError> {
        let owner = self.backend.fingerprint(login);
        self.backend.not_refused(login, &owner)?;
        let (slots, era) = self.backend.tenant(&login.user);
        let connection = self.backend.open(login, &owner).await?;
        Watch::start(connection, mailboxes, era, slots).await
    }

    /// Closes what the pool has of this user and ends the watches; sessions in use are closed when
    /// they come back. For a revoked passcode or a changed password (T46).
    pub fn forget(&self, user: &UserId) {
        if let Some(tenant) = self.backend.users().get_mut(user) {
            tenant.idle.clear();
            tenant.era.cancel();
            tenant.era = CancellationToken::new();
        }
    }

    /// The same for everybody, when it is not known whose secrets changed.
    pub fn forget_all(&self) {
        for tenant in self.backend.users().values_mut() {
            tenant.idle.clear();
            tenant.era.cancel();
            tenant.era = CancellationToken::new();
        }
    }

    /// Whether the server is being left alone after repeated failures (T60).
    pub fn is_resting(&self) -> bool {
        self.backend.breaker.is_open(clock::monotonic())
    }

    pub fn settings(&self) -> &ImapSettings {
        &self.backend.settings
    }

    async fn lease(&self, login: &Login) -> Result<Lease, ImapError> {
        self.backend.start_reaper();
        let owner = self.backend.fingerprint(login);
        self.backend.not_refused(login, &owner)?;
        let (slots, era) = self.backend.tenant(&login.user);
        let patience = self.backend.settings.deadlines.slot;
        let slot = timeout(patience, slots.acquire_owned())
            .await
            .map_err(|_| ImapError::Busy)?
            .map_err(|_| ImapError::Busy)?;
        Ok(Lease {
            imap: self.clone(),
            login: login.clone(),
            owner,
            era,
            slot: Some(slot),
        })
    }
}

impl Lease {
    /// A new connection of this user.
    pub(super) async fn reconnect(&self) -> Result<Box<Connection>, ImapError> {
        let backend = &self.imap.backend;
        backend.make_room(&self.login.user);
        backend.open(&self.login, &self.owner).await
    }

    /// Takes the connection back if it is in step and still wanted.
    pub(super) fn give_back(&mut self, mut connection: Box<Connection>) {
        if !connection.in_step() || self.era.is_cancelled() {
            return;
        }
        connection.rest();
        let backend = &self.imap.backend;
        let mut users = backend.users();
        let Some(tenant) = users.get_mut(&self.login.user) else {
            return;
        };
        let in_use = backend.in_use(tenant) - usize::from(self.slot.is_some());
        if tenant.idle.len() + in_use < backend.settings.per_user_connections {
            tenant.idle.push(Idle {
                connection,
                owner: self.owner.clone(),
                since: clock::monotonic(),
            });
        }
        // Inside the lock: whoever gets the place finds the connection.
        self.slot = None;
    }
}

impl Backend {
    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Tenant>> {
        // Every change under the lock is whole before anything can panic.
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tenant(&self, user: &UserId) -> (Arc<Semaphore>, CancellationToken) {
        let mut users = self.users();
        let tenant = users.entry(user.clone()).or_insert_with(|| Tenant {
            slots: Arc::new(Semaphore::new(self.settings.per_user_connections.max(1))),
            idle: Vec::new(),
            refused: Vec::new(),
            era: CancellationToken::new(),
        });
        (Arc::clone(&tenant.slots), tenant.era.clone())
    }

    /// Connects and logs in; the breaker, the queue at the door and T40 see to it.
    async fn open(
        self: &Arc<Self>,
        login: &Login,
        owner: &Fingerprint,
    ) -> Result<Box<Connection>, ImapError> {
        self.start_reaper();
        let _door = self.doors.acquire().await.map_err(|_| ImapError::Busy)?;
        let attempt = self
            .breaker
            .attempt(clock::monotonic())
            .map_err(|open| ImapError::BreakerOpen { until: open.until })?;
        let mut connection = match connect(self.dial.as_ref(), &self.settings).await {
            Ok(connection) => {
                attempt.succeeded();
                Box::new(connection)
            }
            Err(error) => {
                attempt.failed(clock::monotonic());
                return Err(error);
            }
        };
        // Another request may have found out while this one waited.
        self.not_refused(login, owner)?;
        match log_in(&mut connection, &self.settings, login).await {
            Ok(()) => {
                connection.gather_literals();
                Ok(connection)
            }
            Err(error) => {
                if matches!(error, ImapError::LoginRefused(_)) {
                    self.remember_refusal(login, owner);
                }
                Err(error)
            }
        }
    }

    /// An idle connection of exactly this login. Those made with another secret are closed (T42).
    fn take(
        &self,
        login: &Login,
        owner: &Fingerprint,
        prefer: Option<&MailboxName>,
    ) -> Option<Box<Connection>> {
        let mut users = self.users();
        let tenant = users.get_mut(&login.user)?;
        tenant.idle.retain(|idle| idle.owner.is(owner));
        let selected = |idle: &Idle| idle.connection.mailbox.as_ref().map(|m| m.name.clone());
        let wanted = |idle: &Idle| prefer.is_some() && selected(idle).as_ref() == prefer;
        let at = tenant
            .idle
            .iter()
            .position(wanted)
            // Rather than one that is warm for another mailbox.
            .or_else(|| tenant.idle.iter().position(|idle| selected(idle).is_none()))
            // The oldest is the least likely to be wanted again.
            .or_else(|| (!tenant.idle.is_empty()).then_some(0))?;
        Some(tenant.idle.remove(at).connection)
    }

    /// Closes the oldest idle connection if a new one would be above the user's number.
    fn make_room(&self, user: &UserId) {
        let mut users = self.users();
        if let Some(tenant) = users.get_mut(user)
            && !tenant.idle.is_empty()
            && tenant.idle.len() + self.in_use(tenant) > self.settings.per_user_connections
        {
            tenant.idle.remove(0);
        }
    }

    fn in_use(&self, tenant: &Tenant) -> usize {
        self.settings
            .per_user_connections
            .max(1)
            .saturating_sub(tenant.slots.available_permits())
    }

    fn not_refused(&self, login: &Login, owner: &Fingerprint) -> Result<(), ImapError> {
        let now = clock::monotonic();
        let mut users = self.users();
        let Some(tenant) = users.get_mut(&login.user) else {
            return Ok(());
        };
        tenant.refused.retain(|(_, until)| now < *until);
        if tenant.refused.iter().any(|(refused, _)| refused.is(owner)) {
            let why = "refused a short while ago, not tried again yet";
            return Err(ImapError::LoginRefused(why.into()));
        }
        Ok(())
    }

    fn remember_refusal(&self, login: &Login, owner: &Fingerprint) {
        let until = clock::deadline(self.settings.deadlines.refusal);
        let mut users = self.users();
        if users.len() > MOST_TENANTS {
            return;
        }
        if let Some(tenant) = users.get_mut(&login.user) {
            // What it opened before, it opens no more.
            tenant.idle.retain(|idle| !idle.owner.is(owner));
            if tenant.refused.len() >= MOST_REFUSED {
                tenant.refused.remove(0);
            }
            tenant.refused.push((owner.clone(), until));
        }
    }

    fn fingerprint(&self, login: &Login) -> Fingerprint {
        Fingerprint::of(login, &self.salt)
    }

    fn start_reaper(self: &Arc<Self>) {
        self.reaper.get_or_init(|| {
            let backend = Arc::downgrade(self);
            let period = (self.settings.deadlines.idle / 4).max(Duration::from_secs(1));
            crate::task::spawn("imap idle connections", async move {
                loop {
                    tokio::time::sleep(period).await;
                    let Some(backend) = Weak::upgrade(&backend) else {
                        return;
                    };
                    backend.reap(clock::monotonic());
                }
            })
        });
    }

    /// Closes what was not used for a while and forgets who has nothing.
    fn reap(&self, now: Instant) {
        let longest = self.settings.deadlines.idle;
        self.users().retain(|_, tenant| {
            tenant.idle.retain_mut(|idle| {
                now - idle.since < longest && idle.connection.catch_up().is_ok()
            });
            tenant.refused.retain(|(_, until)| now < *until);
            // A session or watch under way holds the slots too.
            !tenant.idle.is_empty()
                || !tenant.refused.is_empty()
                || Arc::strong_count(&tenant.slots) > 1
        });
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if let Some(reaper) = self.reaper.get() {
            reaper.abort();
        }
    }
}
