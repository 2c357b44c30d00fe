//! The seam to the rooms behind the front: who may come in, and what a command answers.

use super::{EasRequest, Head, OtherRequest, Reply};
use async_trait::async_trait;

/// What the front serves.
///
/// A future of [`Service::command`] is dropped as soon as the phone closes its connection, also in
/// the middle of a held Ping, and when the time for a request is over: commands must be cancel-safe.
/// A panic in any of these costs that request only (T65). When the token given to
/// [`super::serve`] is cancelled, held commands should answer soon ("heartbeat over"): the service
/// is expected to hold a clone of it, since what still runs when the shutdown grace ends is
/// dropped.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// What the gate found out about who asks.
    type Admission: Send + Sync;

    /// Decides who may come in. Called before the body is read or inflated (T8). The reply of a
    /// refusal is sent as it is.
    async fn admit(&self, head: &Head) -> Result<Self::Admission, Reply>;

    /// Answers OPTIONS for someone admitted; the front adds Allow and Public.
    async fn options(&self, head: &Head, admission: Self::Admission) -> Reply;

    /// The largest body worth reading, where that is less than the front would take: a mail that the
    /// next server is known to refuse need not be uploaded first.
    fn most(&self, head: &Head) -> Option<u64> {
        let _ = head;
        None
    }

    /// Returns when what let somebody in is no longer good, with what the phone is told: an upload that
    /// takes long ends by that (T46). Cancel-safe.
    async fn over(&self, admission: &Self::Admission) -> Reply {
        let _ = admission;
        std::future::pending().await
    }

    /// What the phone is told of a body that is too large, where it understands more than HTTP 413.
    fn too_large(&self, head: &Head) -> Option<Reply> {
        let _ = head;
        None
    }

    /// Answers a command; `head.line` and `head.version` are always there.
    async fn command(&self, admission: Self::Admission, request: EasRequest) -> Reply;

    /// Answers GET, HEAD, POST and OPTIONS on any other path than the front's own pages and the EAS
    /// path. Nobody was let in yet: whoever answers with something that is a user's asks the gate.
    async fn other(&self, request: OtherRequest) -> Reply {
        let _ = request;
        Reply::not_found()
    }
}
