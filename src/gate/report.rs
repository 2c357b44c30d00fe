//! Where people stand on their way to passcodes and a second step: for the report on the command line and
//! the administrators' pages.

use crate::identity::UserId;
use crate::store::{DeviceRow, Store, StoreError, UserSettings};

/// What is known of a user.
#[derive(Clone, Debug)]
pub struct Known {
    pub user: UserId,
    pub settings: UserSettings,
    /// Whether there is a second factor.
    pub factor: bool,
    /// Those that are still in use, the latest first.
    pub devices: Vec<DeviceRow>,
    /// Passcodes that can be used.
    pub passcodes: usize,
    /// Phones that come without a passcode.
    pub by_mail_password: Vec<String>,
}

/// A phone not seen for so many seconds has been replaced.
const GONE_AFTER: i64 = 90 * 86_400;

impl Known {
    /// # Errors
    /// The store's.
    pub async fn of(store: &dyn Store, user: UserId, now: i64) -> Result<Self, StoreError> {
        let credentials = store.credentials(&user).await?;
        let live: Vec<_> = credentials
            .iter()
            .filter(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|at| at > now))
            .collect();
        let mut devices = store.devices(&user).await?;
        devices.retain(|row| now.saturating_sub(row.last_seen) < GONE_AFTER);
        let bound = |device: &DeviceRow| {
            live.iter()
                .any(|row| row.device.as_ref() == Some(&device.device))
        };
        Ok(Self {
            settings: store.user_settings(&user).await?,
            factor: store.second_factor_of(&user).await?.is_some(),
            by_mail_password: devices
                .iter()
                .filter(|device| !bound(device))
                .map(|device| device.device.to_string())
                .collect(),
            passcodes: live.len(),
            devices,
            user,
        })
    }

    /// Whether something is left to do: no second factor, or a phone on the mail password.
    pub fn on_the_way(&self) -> bool {
        !self.factor || !self.by_mail_password.is_empty()
    }
}
