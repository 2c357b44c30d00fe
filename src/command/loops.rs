//! Phones that ask the same again and again (T58): a request that was answered with something and
//! comes back byte by byte, key included, gets nowhere. After some repeats its device is told to come
//! back later, and the log says why. What has no news may be asked as often as a phone likes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use moka::future::Cache;
use sha2::{Digest as _, Sha256};
use tracing::warn;

use super::Call;
use crate::front::Reply;

/// Equal requests within [`WINDOW`] before a device is slowed down: clients that lost an answer
/// repeat two or three times.
const PATIENCE: u32 = 10;
const WINDOW: Duration = Duration::from_secs(600);
/// When such a device may come again.
const RETRY: Duration = Duration::from_secs(300);
/// Requests remembered, over all devices.
const MOST: u64 = 100_000;

/// Requests that were answered lately, and how often.
#[derive(Clone)]
pub(crate) struct Loops {
    seen: Cache<Request, Arc<AtomicU32>>,
}

/// Who asked what.
type Request = [u8; 32];

impl Loops {
    pub(crate) fn new() -> Self {
        Self {
            seen: Cache::builder()
                .max_capacity(MOST)
                .time_to_live(WINDOW)
                .build(),
        }
    }

    /// The answer to a request that came too often; `None` lets it in.
    pub(super) async fn refuse(&self, call: &Call<'_>) -> Option<Reply> {
        let times = self.seen.get(&request(call)).await?;
        if times.load(Ordering::Relaxed) < PATIENCE {
            return None;
        }
        metrics::counter!("airgate_loops_total").increment(1);
        warn!(
            user = call.user.as_str(),
            device = call.device.as_str(),
            command = %call.command,
            "the device sends the same request again and again; it is told to wait"
        );
        Some(Reply::unavailable(RETRY))
    }

    /// The request was answered with something that should have moved the device on.
    pub(super) async fn answered(&self, call: &Call<'_>) {
        let times = self.seen.get_with(request(call), async { Arc::default() });
        times.await.fetch_add(1, Ordering::Relaxed);
    }
}

fn request(call: &Call<'_>) -> Request {
    let mut hash = Sha256::new();
    let command = call.command.as_str();
    for part in [call.user.as_str(), call.device.as_str(), command] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(call.body);
    hash.finalize().into()
}
