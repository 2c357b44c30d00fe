//! A few HTTP/1.1 connections per user, each belonging to one (user, secret) for life (T50).

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::auth::Scheme;
use super::error::DavError;
use super::homes::Homes;
use super::settings::DavSettings;
use super::types::Collection;
use crate::backend::breaker::Breaker;
use crate::backend::fingerprint::{Fingerprint, Salt};
use crate::backend::{Login, tcp};
use crate::clock;
use crate::identity::UserId;

/// One server and what is kept of its users.
pub(super) struct Pool {
    pub(super) settings: DavSettings,
    pub(super) breaker: Breaker,
    /// The server turned out not to know sync-collection, whatever it says.
    pub(super) without_sync: AtomicBool,
    /// Connections being made, over all users: a herd that returns waits its turn (T57).
    doors: Semaphore,
    users: Mutex<HashMap<UserId, Tenant>>,
    salt: Salt,
    reaper: OnceLock<JoinHandle<()>>,
}

/// What is kept of one user. All of it was learnt with one secret, and goes when that changes.
struct Tenant {
    owner: Fingerprint,
    slots: Arc<Semaphore>,
    idle: Vec<Idle>,
    /// How the server wants to be told who it is.
    scheme: Option<Scheme>,
    /// Requests that were answered to the present Digest challenge.
    count: u32,
    refused_until: Option<Instant>,
    homes: Option<(Arc<Homes>, Instant)>,
    collections: Option<Arc<Vec<Collection>>>,
    used: Instant,
}

struct Idle {
    line: Line,
    since: Instant,
}

/// A connection that can take a request.
pub(super) struct Line {
    pub(super) requests: SendRequest<Full<Bytes>>,
    /// The task that drives it; ends with it.
    driver: AbortHandle,
}

/// The right to one connection of a user, and the way back.
pub(super) struct Lease {
    pool: Arc<Pool>,
    user: UserId,
    owner: Fingerprint,
    _slot: OwnedSemaphorePermit,
}

/// Connections being made at a time.
const DOORS: usize = 64;
/// A write is only sent on a connection that was used this short a while ago: servers close idle
/// ones, and whether a write whose connection broke was done nobody knows.
const WARM: Duration = Duration::from_secs(3);
/// How long anything is remembered of a user who does not come back.
const MEMORY: Duration = Duration::from_secs(3600);

impl Pool {
    pub(super) fn new(settings: DavSettings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            breaker: Breaker::default(),
            without_sync: AtomicBool::new(false),
            doors: Semaphore::new(DOORS),
            users: Mutex::default(),
            salt: Salt::new(),
            reaper: OnceLock::new(),
        })
    }

    /// Waits for one of the user's places.
    ///
    /// # Errors
    /// [`DavError::LoginRefused`] for a secret that was refused a short while ago (T40);
    /// [`DavError::Busy`].
    pub(super) async fn lease(self: &Arc<Self>, login: &Login) -> Result<Lease, DavError> {
        self.start_reaper();
        let (slots, owner) = {
            let mut users = self.users();
            let tenant = self.tenant(&mut users, login);
            if tenant
                .refused_until
                .is_some_and(|until| clock::monotonic() < until)
            {
                let why = "refused a short while ago, not tried again yet";
                return Err(DavError::LoginRefused(why.into()));
            }
            (Arc::clone(&tenant.slots), tenant.owner.clone())
        };
        let slot = timeout(self.settings.deadlines.slot, slots.acquire_owned())
            .await
            .map_err(|_| DavError::Busy)?
            .map_err(|_| DavError::Busy)?;
        Ok(Lease {
            pool: Arc::clone(self),
            user: login.user.clone(),
            owner,
            _slot: slot,
        })
    }

    /// What the server wants, and which use of the challenge this is.
    pub(super) fn scheme(&self, login: &Login) -> (Option<Scheme>, u32) {
        let mut users = self.users();
        let tenant = self.tenant(&mut users, login);
        tenant.count = tenant.count.saturating_add(1);
        (tenant.scheme.clone(), tenant.count)
    }

    pub(super) fn set_scheme(&self, login: &Login, scheme: Scheme) {
        let mut users = self.users();
        let tenant = self.tenant(&mut users, login);
        tenant.scheme = Some(scheme);
        tenant.count = 0;
    }

    pub(super) fn remember_refusal(&self, login: &Login) {
        let until = clock::deadline(self.settings.deadlines.refusal);
        let mut users = self.users();
        let tenant = self.tenant(&mut users, login);
        tenant.idle.clear();
        tenant.refused_until = Some(until);
    }

    pub(super) fn homes(&self, login: &Login) -> Option<Arc<Homes>> {
        let mut users = self.users();
        let tenant = self.tenant(&mut users, login);
        tenant
            .homes
            .as_ref()
            .filter(|(_, until)| clock::monotonic() < *until)
            .map(|(homes, _)| Arc::clone(homes))
    }

    pub(super) fn set_homes(&self, login: &Login, homes: Option<Arc<Homes>>) {
        let until = clock::deadline(self.settings.deadlines.homes);
        let mut users = self.users();
        self.tenant(&mut users, login).homes = homes.map(|homes| (homes, until));
    }

    /// What the user's collections were at the last look.
    pub(super) fn known(&self, user: &UserId) -> Option<Arc<Vec<Collection>>> {
        self.users().get(user)?.collections.clone()
    }

    pub(super) fn set_collections(&self, login: &Login, collections: &[Collection]) {
        let mut users = self.users();
        let tenant = self.tenant(&mut users, login);
        tenant.collections = Some(Arc::new(collections.to_vec()));
    }

    /// Closes what there is of this user and forgets what was learnt (T46).
    pub(super) fn forget(&self, user: &UserId) {
        self.users().remove(user);
    }

    pub(super) fn forget_all(&self) {
        self.users().clear();
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Tenant>> {
        // Every change under the lock is whole before anything can panic.
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept of the user; with another secret than before, nothing (T42).
    fn tenant<'a>(&self, users: &'a mut HashMap<UserId, Tenant>, login: &Login) -> &'a mut Tenant {
        let owner = Fingerprint::of(login, &self.salt);
        let new = |owner| Tenant {
            owner,
            slots: Arc::new(Semaphore::new(self.settings.per_user_connections.max(1))),
            idle: Vec::new(),
            scheme: None,
            count: 0,
            refused_until: None,
            homes: None,
            collections: None,
            used: clock::monotonic(),
        };
        let tenant = users
            .entry(login.user.clone())
            .or_insert_with(|| new(owner.clone()));
        if !tenant.owner.is(&owner) {
            *tenant = new(owner);
        }
        tenant.used = clock::monotonic();
        tenant
    }

    fn start_reaper(self: &Arc<Self>) {
        self.reaper.get_or_init(|| {
            let pool = Arc::downgrade(self);
            let period = (self.settings.deadlines.idle / 4).max(Duration::from_secs(1));
            crate::task::spawn("dav idle connections", async move {
                loop {
                    tokio::time::sleep(period).await;
                    let Some(pool) = Weak::upgrade(&pool) else {
                        return;
                    };
                    pool.reap(clock::monotonic());
                }
            })
        });
    }

    fn reap(&self, now: Instant) {
        let longest = self.settings.deadlines.idle;
        self.users().retain(|_, tenant| {
            tenant
                .idle
                .retain(|idle| now - idle.since < longest && !idle.line.requests.is_closed());
            // A request under way holds the slots too.
            now - tenant.used < MEMORY || Arc::strong_count(&tenant.slots) > 1
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(reaper) = self.reaper.get() {
            reaper.abort();
        }
    }
}

impl Lease {
    /// A connection that was used before: for a write only one that is still warm.
    pub(super) fn idle(&self, write: bool) -> Option<Line> {
        let now = clock::monotonic();
        let mut users = self.pool.users();
        let tenant = users.get_mut(&self.user)?;
        if !tenant.owner.is(&self.owner) {
            return None;
        }
        tenant.idle.retain(|idle| idle.line.requests.is_ready());
        let last = tenant.idle.last()?;
        if write && now - last.since > WARM {
            return None;
        }
        tenant.idle.pop().map(|idle| idle.line)
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Line, DavError> {
        let pool = &self.pool;
        let _door = pool.doors.acquire().await.map_err(|_| DavError::Busy)?;
        let deadline = pool.settings.deadlines.connect;
        match timeout(deadline, dial(&pool.settings)).await {
            Ok(line) => line,
            Err(_) => Err(DavError::Timeout),
        }
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn give_back(self, line: Line) {
        let mut users = self.pool.users();
        let Some(tenant) = users.get_mut(&self.user) else {
            return;
        };
        if tenant.owner.is(&self.owner)
            && !line.requests.is_closed()
            && tenant.idle.len() < self.pool.settings.per_user_connections
        {
            tenant.idle.push(Idle {
                line,
                since: clock::monotonic(),
            });
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// A connection that belongs to nobody yet.
pub(super) async fn dial(settings: &DavSettings) -> Result<Line, DavError> {
    let origin = &settings.origin;
    let stream = tcp::connect(&origin.host, origin.port)
        .await
        .map_err(|fault| DavError::Unreachable(fault.to_string()))?;
    if !origin.tls {
        return start(stream).await;
    }
    let name = ServerName::try_from(origin.host.clone())
        .map_err(|_| DavError::Unreachable("the host is no name a certificate bears".into()))?;
    let stream = TlsConnector::from(Arc::clone(&settings.tls))
        .connect(name, stream)
        .await
        .map_err(|fault| DavError::Unreachable(format!("TLS: {fault}")))?;
    start(stream).await
}

async fn start<S>(stream: S) -> Result<Line, DavError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (requests, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|fault| DavError::Unreachable(fault.to_string()))?;
    let driver = crate::task::spawn("dav connection", async move {
        // What goes wrong, the request under way is told.
        let _ = connection.await;
    });
    Ok(Line {
        requests,
        driver: driver.abort_handle(),
    })
}
