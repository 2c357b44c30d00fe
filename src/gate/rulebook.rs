//! What holds for a user and a device, from the layers of policy and the rules about devices; read
//! once and kept until something of it changes (T46: within 5 s, also when another process did it).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use airgate_codec::eas::provision::Policy;
use moka::future::Cache;

use super::policy::{Access, AccessLayer};
use super::provisioning::{self, Layer, Provisioning};
use crate::config::wildcard;
use crate::identity::UserId;
use crate::store::{
    DeviceRow, DeviceRule, PolicyKind, PolicyRow, PolicyScope, Standing, Store, StoreError,
};

/// What holds for a user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserRules {
    pub access: Access,
    /// `None` sends no policy to phones.
    pub provisioning: Option<Provisioning>,
    /// Of notices, where somebody chose one.
    pub language: Option<String>,
    /// When the user was first seen while a second factor was required.
    pub factor_asked: Option<i64>,
}

pub(super) struct Rulebook {
    access: Access,
    policy: Policy,
    version: AtomicU64,
    kept: RwLock<Arc<Kept>>,
    users: Cache<UserId, Arc<UserRules>>,
}

/// What is the same for everyone.
#[derive(Debug, Default)]
struct Kept {
    rules: Vec<DeviceRule>,
    policies: Vec<PolicyRow>,
}

/// Users whose rules are kept ready.
const USERS: u64 = 100_000;
const USER_IDLE: Duration = Duration::from_secs(3600);
/// Seconds in a day.
const DAY: i64 = 86_400;

impl Rulebook {
    /// What the configuration says holds for everyone.
    pub(super) async fn open(
        store: &dyn Store,
        access: Access,
        policy: Policy,
    ) -> Result<Self, StoreError> {
        let book = Self {
            access,
            policy,
            version: AtomicU64::new(u64::MAX),
            kept: RwLock::default(),
            users: Cache::builder()
                .max_capacity(USERS)
                .time_to_idle(USER_IDLE)
                .build(),
        };
        book.refresh(store).await?;
        Ok(book)
    }

    /// Reads what has changed; true when something had.
    pub(super) async fn refresh(&self, store: &dyn Store) -> Result<bool, StoreError> {
        // Read before the rest: a change in between is found again at the next look.
        let version = store.rules_version().await?;
        if version == self.version.load(Ordering::Acquire) {
            return Ok(false);
        }
        let kept = Kept {
            rules: store.device_rules().await?,
            policies: store.all_policies().await?,
        };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(kept);
        self.users.invalidate_all();
        self.version.store(version, Ordering::Release);
        Ok(true)
    }

    /// What holds for a user.
    pub(super) async fn of(
        &self,
        store: &dyn Store,
        user: &UserId,
    ) -> Result<Arc<UserRules>, StoreError> {
        if let Some(rules) = self.users.get(user).await {
            return Ok(rules);
        }
        let kept = self.kept();
        let settings = store.user_settings(user).await?;
        let mut scopes = vec![PolicyScope::Everyone];
        scopes.extend(
            user.domain()
                .map(|name| PolicyScope::Domain(name.to_owned())),
        );
        scopes.extend(settings.class.clone().map(PolicyScope::Class));
        scopes.push(PolicyScope::User(user.clone()));
        let (mut access, mut policy) = (self.access.clone(), self.policy.clone());
        for scope in &scopes {
            for row in kept.policies.iter().filter(|row| row.scope == *scope) {
                lay(row, &mut access, &mut policy);
            }
        }
        let rules = Arc::new(UserRules {
            access,
            provisioning: Provisioning::of(policy),
            language: settings.language,
            factor_asked: settings.factor_asked,
        });
        self.users.insert(user.clone(), Arc::clone(&rules)).await;
        Ok(rules)
    }

    /// Where a device stands: as somebody decided about it, else by the first rule that fits, else
    /// as new devices do.
    pub(super) fn standing(
        &self,
        rules: &UserRules,
        row: &DeviceRow,
        model: Option<&str>,
    ) -> Standing {
        if row.decided {
            return row.standing;
        }
        let kept = self.kept();
        let rule = kept.rules.iter().find(|rule| fits(rule, row, model));
        rule.map_or_else(|| rules.access.new_devices.standing(), |rule| rule.standing)
    }

    fn kept(&self) -> Arc<Kept> {
        Arc::clone(&self.kept.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl UserRules {
    /// Whether the time to set up a required second factor is over. Nobody's is before he was first
    /// seen, so a policy that is turned on gives everyone the whole grace.
    pub fn factor_overdue(&self, now: i64) -> bool {
        let due = |asked: i64| asked.saturating_add(i64::from(self.access.grace_days) * DAY);
        self.factor_required() && self.factor_asked.is_some_and(|asked| now >= due(asked))
    }

    pub fn factor_required(&self) -> bool {
        self.access.second_factor == super::policy::FactorRule::Required
    }
}

/// Puts one stored layer over what is below. One that cannot be read is left out, loudly.
fn lay(row: &PolicyRow, access: &mut Access, policy: &mut Policy) {
    let unread = match row.kind {
        PolicyKind::Access => match serde_json::from_str::<AccessLayer>(&row.value) {
            Ok(layer) => {
                access.over(&layer);
                Vec::new()
            }
            Err(_) => vec![row.value.clone()],
        },
        PolicyKind::Device => match serde_json::from_str::<Layer>(&row.value) {
            Ok(layer) => provisioning::lay(&layer, policy),
            Err(_) => vec![row.value.clone()],
        },
    };
    if !unread.is_empty() {
        tracing::error!(scope = ?row.scope, ?unread, "a policy cannot be read and is left out");
    }
}

/// Whether a rule is about a device.
pub fn fits(rule: &DeviceRule, row: &DeviceRow, model: Option<&str>) -> bool {
    let fits = |pattern: &Option<String>, text: Option<&str>| match pattern {
        None => true,
        Some(pattern) => text.is_some_and(|text| wildcard(pattern, text)),
    };
    fits(&rule.user, Some(row.user.as_str()))
        && fits(&rule.device_type, Some(&row.device_type))
        && fits(&rule.agent, row.agent.as_deref())
        && fits(&rule.model, model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::policy::{FactorRule, NewDevices, PhoneSecret};
    use crate::identity::DeviceId;
    use crate::store::{Rules as _, SqliteStore, UserSettings};

    fn everyone() -> Access {
        Access {
            phone_secret: PhoneSecret::Passcode,
            second_factor: FactorRule::Optional,
            grace_days: 14,
            explain: true,
            new_devices: NewDevices::Allow,
            devices: 20,
        }
    }

    fn user(name: &str) -> UserId {
        UserId::parse(name, None).unwrap()
    }

    #[tokio::test]
    async fn the_nearest_layer_wins_and_changes_are_heard() {
        let state = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&state.path().join("airgate.db"))
            .await
            .unwrap();
        let book = Rulebook::open(&store, everyone(), Policy::default())
            .await
            .unwrap();
        let devices = async |name: &str| {
            let rules = book.of(&store, &user(name)).await.unwrap();
            (rules.access.devices, rules.access.explain)
        };
        assert_eq!(devices("alice@example.com").await, (20, true));
        assert!(!book.refresh(&store).await.unwrap());
        let alice = user("alice@example.com");
        let settings = UserSettings {
            class: Some("staff".into()),
            ..UserSettings::default()
        };
        store.set_user_settings(&alice, &settings).await.unwrap();
        for (scope, value) in [
            (PolicyScope::Everyone, r#"{"explain":false}"#),
            (
                PolicyScope::Domain("example.com".into()),
                r#"{"devices":5}"#,
            ),
            (PolicyScope::Class("staff".into()), r#"{"devices":4}"#),
            (
                PolicyScope::User(user("bob@example.com")),
                r#"{"devices":3}"#,
            ),
            (PolicyScope::User(user("carol@example.com")), "rubbish"),
        ] {
            let kind = PolicyKind::Access;
            store.set_policy(&scope, kind, Some(value)).await.unwrap();
        }
        assert_eq!(devices("alice@example.com").await, (20, true));
        assert!(book.refresh(&store).await.unwrap());
        assert_eq!(devices("alice@example.com").await, (4, false));
        assert_eq!(devices("bob@example.com").await, (3, false));
        assert_eq!(devices("carol@example.com").await, (5, false));
        assert_eq!(devices("dave@example.org").await, (20, false));
        assert_eq!(devices("eve").await, (20, false));
    }

    #[tokio::test]
    async fn the_first_rule_that_fits_decides_unless_somebody_did() {
        let state = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&state.path().join("airgate.db"))
            .await
            .unwrap();
        let rule =
            |standing, user: Option<&str>, kind: Option<&str>, model: Option<&str>| DeviceRule {
                id: 0,
                standing,
                user: user.map(str::to_owned),
                device_type: kind.map(str::to_owned),
                model: model.map(str::to_owned),
                agent: None,
                created: 1,
            };
        for rule in [
            rule(Standing::Allowed, Some("boss@*"), None, None),
            rule(Standing::Blocked, None, Some("windows*"), None),
            rule(Standing::Quarantined, None, None, Some("*Nexus?*")),
        ] {
            store.add_device_rule(&rule).await.unwrap();
        }
        let book = Rulebook::open(&store, everyone(), Policy::default())
            .await
            .unwrap();
        let stands = async |name: &str, kind: &str, model: Option<&str>, decided| {
            let rules = book.of(&store, &user(name)).await.unwrap();
            let id = DeviceId::parse("phone").unwrap();
            let mut row = DeviceRow::new(user(name), id, kind, 1);
            row.decided = decided;
            row.standing = Standing::Quarantined;
            book.standing(&rules, &row, model)
        };
        for (name, kind, model, decided, expected) in [
            (
                "boss@x.test",
                "WindowsOutlook15",
                None,
                false,
                Standing::Allowed,
            ),
            (
                "a@x.test",
                "WINDOWSOutlook15",
                None,
                false,
                Standing::Blocked,
            ),
            (
                "a@x.test",
                "Android",
                Some("A NEXUS? 5"),
                false,
                Standing::Quarantined,
            ),
            (
                "a@x.test",
                "Android",
                Some("Pixel"),
                false,
                Standing::Allowed,
            ),
            ("a@x.test", "Android", None, false, Standing::Allowed),
            ("boss@x.test", "Android", None, true, Standing::Quarantined),
        ] {
            assert_eq!(
                stands(name, kind, model, decided).await,
                expected,
                "{name} {kind}"
            );
        }
    }

    #[test]
    fn a_second_factor_is_due_when_its_grace_is_over() {
        let rules = |required, asked| UserRules {
            access: Access {
                second_factor: required,
                grace_days: 2,
                ..everyone()
            },
            provisioning: None,
            language: None,
            factor_asked: asked,
        };
        let day = DAY;
        assert!(!rules(FactorRule::Optional, Some(0)).factor_overdue(90 * day));
        assert!(!rules(FactorRule::Required, None).factor_overdue(90 * day));
        assert!(!rules(FactorRule::Required, Some(day)).factor_overdue(3 * day - 1));
        assert!(rules(FactorRule::Required, Some(day)).factor_overdue(3 * day));
    }
}
