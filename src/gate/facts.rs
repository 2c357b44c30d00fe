//! What a device says of itself, as it is kept in its row: rules ask for the model, lists show it.

use serde::{Deserialize, Serialize};

use crate::store::DeviceRow;
use crate::sync::state;

/// DeviceInformation as it is stored.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct DeviceFacts {
    pub model: Option<String>,
    pub imei: Option<String>,
    pub friendly_name: Option<String>,
    pub os: Option<String>,
    pub os_language: Option<String>,
    pub phone_number: Option<String>,
    pub user_agent: Option<String>,
    pub mobile_operator: Option<String>,
}

const VERSION: u8 = 1;

impl DeviceFacts {
    pub fn encode(&self) -> Vec<u8> {
        state::encode(VERSION, self)
    }

    /// `None` for a device that said nothing, or what cannot be read.
    pub fn of(row: &DeviceRow) -> Option<Self> {
        state::decode(VERSION, &row.info).ok()
    }
}

/// What its owner may know a device by: the name he gave it, else its model, else its type.
pub fn name_of(row: &DeviceRow) -> String {
    let facts = DeviceFacts::of(row);
    let own = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    facts
        .and_then(|facts| own(facts.friendly_name).or_else(|| own(facts.model)))
        .unwrap_or_else(|| row.device_type.clone())
}

/// The model a device said it is.
pub fn model_of(row: &DeviceRow) -> Option<String> {
    DeviceFacts::of(row)?.model
}
