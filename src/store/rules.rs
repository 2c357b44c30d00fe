//! What operators decided: rules about devices, policies by domain, class and user, and what is
//! kept of users besides. What a policy says is the gate's business; here it is text.

use async_trait::async_trait;

use super::{Result, Standing};
use crate::identity::UserId;

/// A rule about devices nobody decided about one by one. A pattern that is `None` fits everything.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceRule {
    /// 0 in one that is to be added.
    pub id: i64,
    pub standing: Standing,
    pub user: Option<String>,
    pub device_type: Option<String>,
    pub model: Option<String>,
    pub agent: Option<String>,
    pub created: i64,
}

/// Whom a policy is for; of two that say the same thing the later of these wins.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PolicyScope {
    Everyone,
    Domain(String),
    Class(String),
    User(UserId),
}

/// What a policy is about.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PolicyKind {
    /// Which secrets are taken, the second factor, new devices.
    Access,
    /// What phones enforce ([MS-ASPROV]).
    Device,
}

/// One policy, as JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyRow {
    pub scope: PolicyScope,
    pub kind: PolicyKind,
    pub value: String,
}

/// What is kept of a user.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UserSettings {
    /// The group whose policies are the user's too.
    pub class: Option<String>,
    /// Of notices: `en`, `de`, `fr`.
    pub language: Option<String>,
    /// When the user was first seen while a second factor was required.
    pub factor_asked: Option<i64>,
}

/// Rules, policies and settings of users. Changing a rule or a policy raises
/// [`rules_version`](Self::rules_version), also when another process does it.
#[async_trait]
pub trait Rules {
    async fn rules_version(&self) -> Result<u64>;

    /// In the order in which they are asked.
    async fn device_rules(&self) -> Result<Vec<DeviceRule>>;

    /// Adds one behind the others; its id.
    async fn add_device_rule(&self, rule: &DeviceRule) -> Result<i64>;

    /// False when there is none with this id.
    async fn remove_device_rule(&self, id: i64) -> Result<bool>;

    /// The policies with these scopes, in the order of the scopes.
    async fn policies(&self, scopes: &[PolicyScope]) -> Result<Vec<PolicyRow>>;

    async fn all_policies(&self) -> Result<Vec<PolicyRow>>;

    /// `None` removes it; false when there was none to remove.
    async fn set_policy(
        &self,
        scope: &PolicyScope,
        kind: PolicyKind,
        value: Option<&str>,
    ) -> Result<bool>;

    async fn user_settings(&self, user: &UserId) -> Result<UserSettings>;

    async fn set_user_settings(&self, user: &UserId, settings: &UserSettings) -> Result<()>;

    /// Everybody of whom anything is kept: a device, a passcode, a second factor, settings.
    async fn users(&self) -> Result<Vec<UserId>>;
}
