//! Who may come in with what: the access policy, in layers. What the configuration says holds for
//! everyone; what an operator sets for a domain, a class of users or one user goes over it, one
//! setting at a time.

use serde::{Deserialize, Serialize};

use crate::store::Standing;

/// Which secrets a phone may use.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneSecret {
    /// Application passcodes only.
    Passcode,
    /// The mail password as well, until the user sets up a second factor.
    UntilSecondFactor,
}

/// Whether the second step is asked of people.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorRule {
    Optional,
    Required,
}

/// What becomes of a device nobody and no rule decided about.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewDevices {
    Allow,
    Quarantine,
    Block,
}

/// One layer: what it does not say, the layer below says.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AccessLayer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_secret: Option<PhoneSecret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<FactorRule>,
    /// Days people have to set up a second factor once it is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_days: Option<u32>,
    /// Whether a known phone that is kept out gets the mail that explains why, not a 401.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_devices: Option<NewDevices>,
    /// Devices a user may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub devices: Option<u32>,
}

/// All layers together.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Access {
    pub phone_secret: PhoneSecret,
    pub second_factor: FactorRule,
    pub grace_days: u32,
    pub explain: bool,
    pub new_devices: NewDevices,
    pub devices: u32,
}

/// A setting that cannot be set so.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadSetting {
    #[error("there is no setting `{0}`")]
    Unknown(String),
    #[error("`{0}` needs {1}")]
    Value(String, &'static str),
}

/// Names of the access settings, with what they take.
pub const SETTINGS: [(&str, &str); 6] = [
    ("phone-secret", "passcode or until-second-factor"),
    ("second-factor", "optional or required"),
    ("grace-days", "a number of days"),
    ("explain", "true or false"),
    ("new-devices", "allow, quarantine or block"),
    ("devices", "a number of devices"),
];

impl Access {
    /// Puts a layer over this one.
    pub fn over(&mut self, layer: &AccessLayer) {
        let take = |own: &mut u32, other: Option<u32>| *own = other.unwrap_or(*own);
        self.phone_secret = layer.phone_secret.unwrap_or(self.phone_secret);
        self.second_factor = layer.second_factor.unwrap_or(self.second_factor);
        self.explain = layer.explain.unwrap_or(self.explain);
        self.new_devices = layer.new_devices.unwrap_or(self.new_devices);
        take(&mut self.grace_days, layer.grace_days);
        take(&mut self.devices, layer.devices);
    }
}

impl AccessLayer {
    /// Sets one setting from text, or takes it out.
    ///
    /// # Errors
    /// No such setting, no such value.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), BadSetting> {
        let known = SETTINGS.iter().find(|(known, _)| *known == name);
        let (_, takes) = known.ok_or_else(|| BadSetting::Unknown(name.to_owned()))?;
        let mut object = match serde_json::to_value(&*self) {
            Ok(serde_json::Value::Object(object)) => object,
            _ => serde_json::Map::new(),
        };
        match value {
            None => object.remove(name),
            Some(text) => {
                let value = match (text.parse::<u32>(), text) {
                    (Ok(number), _) => number.into(),
                    (_, "true") => true.into(),
                    (_, "false") => false.into(),
                    _ => text.into(),
                };
                object.insert(name.to_owned(), value)
            }
        };
        *self = serde_json::from_value(serde_json::Value::Object(object))
            .map_err(|_| BadSetting::Value(name.to_owned(), takes))?;
        Ok(())
    }
}

impl NewDevices {
    pub const fn standing(self) -> Standing {
        match self {
            Self::Allow => Standing::Allowed,
            Self::Quarantine => Standing::Quarantined,
            Self::Block => Standing::Blocked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_set_by_name_and_taken_out_again() {
        let mut layer = AccessLayer::default();
        for (name, value) in [
            ("phone-secret", "until-second-factor"),
            ("second-factor", "required"),
            ("grace-days", "14"),
            ("explain", "false"),
            ("new-devices", "quarantine"),
            ("devices", "3"),
        ] {
            layer.set(name, Some(value)).unwrap();
        }
        let text = serde_json::to_string(&layer).unwrap();
        assert_eq!(serde_json::from_str::<AccessLayer>(&text).unwrap(), layer);
        let mut access = Access {
            phone_secret: PhoneSecret::Passcode,
            second_factor: FactorRule::Optional,
            grace_days: 1,
            explain: true,
            new_devices: NewDevices::Allow,
            devices: 20,
        };
        access.over(&AccessLayer::default());
        assert_eq!(access.devices, 20);
        access.over(&layer);
        assert_eq!(
            (access.devices, access.grace_days, access.explain),
            (3, 14, false)
        );
        assert_eq!(access.phone_secret, PhoneSecret::UntilSecondFactor);
        assert_eq!(access.second_factor, FactorRule::Required);
        assert_eq!(access.new_devices.standing(), Standing::Quarantined);
        for (name, value) in [
            ("phone-secret", "anything"),
            ("grace-days", "soon"),
            ("explain", "7"),
        ] {
            let before = layer.clone();
            let bad = layer.set(name, Some(value));
            assert!(matches!(bad, Err(BadSetting::Value(..))), "{name}");
            assert_eq!(layer, before);
        }
        assert!(matches!(
            layer.set("wipe", Some("1")),
            Err(BadSetting::Unknown(_))
        ));
        for (name, _) in SETTINGS {
            layer.set(name, None).unwrap();
        }
        assert_eq!(layer, AccessLayer::default());
    }
}
