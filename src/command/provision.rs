//! Provision ([MS-ASPROV]): the policy handshake in two phases. Without a policy of the operator's
//! there is nothing to hand over, and phones are told so (device-notes.md section 9).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::provision::{
    Bound, Policy, PolicyData, PolicyRequest, PolicyResponse, Request, Response, WAP_POLICY,
    WBXML_POLICY, status,
};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status as common;
use sha2::{Digest as _, Sha256};

use super::{Answer, Call, failures, malformed, partnership};
use crate::config;
use crate::failure::Failure;
use crate::front::Reply;

/// Twenty bits of a policy's hash, the lower ones of every key given out for it. So a key tells by
/// itself that it was given for another policy (status 143), and nothing else need be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PolicyMark(u32);

/// Checks the policy key of a command; `Some` is the refusal.
pub(super) fn check(call: &Call<'_>) -> Option<Reply> {
    call.gateway.settings.policy.as_ref()?;
    // Ping carries no key ([MS-ASPROV] R757); Outlook's desktop cannot provision at all.
    let exempt = matches!(call.command, CommandName::Ping | CommandName::Provision);
    if exempt || call.is_outlook() {
        return None;
    }
    let device = call.partnership;
    let status = match call.head.policy_key {
        None | Some(0) => common::DEVICE_NOT_PROVISIONED,
        Some(key) if key != device.policy_key || !device.policy_acknowledged => {
            common::INVALID_POLICY_KEY
        }
        Some(key) if call.gateway.policy_mark?.is_in(key) => return None,
        Some(_) => common::POLICY_REFRESH,
    };
    Some(failures::status_reply(call.version, call.command, status))
}

/// Answers a Provision.
pub(super) async fn provision(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::PROTOCOL_ERROR)),
    };
    let mut response = Response {
        status: status::OK,
        ..Response::default()
    };
    if let Some(information) = &request.device_information {
        partnership::save_information(call, information).await?;
        response.device_information_status = Some(status::OK);
    }
    match &request.policy {
        Some(policy) => response.policy = Some(answer_policy(call, policy).await?),
        // Neither a policy nor the outcome of a wipe: there is no order to wipe, so this is wrong.
        None if request.remote_wipe.is_none() && request.account_only_remote_wipe.is_none() => {
            response.status = status::PROTOCOL_ERROR;
        }
        None => {}
    }
    Ok(Reply::wbxml(response.write(call.version)))
}

async fn answer_policy(call: &Call<'_>, asked: &PolicyRequest) -> Result<PolicyResponse, Failure> {
    let mut answer = PolicyResponse {
        policy_type: asked.policy_type.clone(),
        status: status::OK,
        key: None,
        data: None,
    };
    let expected = if call.version == ProtocolVersion::V2_5 {
        WAP_POLICY
    } else {
        WBXML_POLICY
    };
    if asked.policy_type != expected {
        answer.status = status::POLICY_TYPE_UNKNOWN;
        return Ok(answer);
    }
    let Some(policy) = &call.gateway.settings.policy else {
        answer.status = status::POLICY_NOT_DEFINED;
        return Ok(answer);
    };
    let mark = PolicyMark::of(policy);
    let device = call.partnership;
    match &asked.key {
        // Phase 1: a temporary key and the policy.
        None => {
            let key = mark.fresh_key(device.policy_key)?;
            partnership::update(call, |row| {
                row.policy_key = key;
                row.policy_acknowledged = false;
            })
            .await?;
            answer.key = Some(key);
            answer.data = Some(if call.version == ProtocolVersion::V2_5 {
                PolicyData::Wap(wap(policy))
            } else {
                PolicyData::Document(Box::new(document(policy)))
            });
        }
        // Phase 2: the phone acknowledges, the permanent key goes out.
        Some(key) if key.trim().parse() == Ok(device.policy_key) && device.policy_key != 0 => {
            let key = mark.fresh_key(device.policy_key)?;
            partnership::update(call, |row| {
                row.policy_key = key;
                row.policy_acknowledged = true;
            })
            .await?;
            answer.key = Some(key);
        }
        Some(_) => answer.status = status::POLICY_KEY_WRONG,
    }
    Ok(answer)
}

impl PolicyMark {
    const BITS: u32 = 20;
    const MASK: u32 = (1 << Self::BITS) - 1;

    /// The mark of what a phone is sent, so that settings which mean the same are the same.
    pub(super) fn of(policy: &config::Policy) -> Self {
        let answer = PolicyResponse {
            policy_type: WBXML_POLICY.to_owned(),
            status: status::OK,
            key: None,
            data: Some(PolicyData::Document(Box::new(document(policy)))),
        };
        let response = Response {
            policy: Some(answer),
            ..Response::default()
        };
        let hash = Sha256::digest(response.write(ProtocolVersion::V16_1));
        let start = hash
            .iter()
            .take(4)
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        Self(start & Self::MASK)
    }

    fn is_in(self, key: u32) -> bool {
        key & Self::MASK == self.0
    }

    /// A key of this policy that is neither 0 nor the one before.
    fn fresh_key(self, old: u32) -> Result<u32, Failure> {
        loop {
            let mut bytes = [0; 4];
            getrandom::fill(&mut bytes).map_err(|error| Failure::gateway(error.to_string()))?;
            let key = (u32::from_be_bytes(bytes) >> 1 & !Self::MASK) | self.0;
            if key != 0 && key != old {
                return Ok(key);
            }
        }
    }
}

/// The operator's policy as a document: only what is set is sent, some phones choke on the rest.
fn document(policy: &config::Policy) -> Policy {
    Policy {
        device_password_enabled: policy.device_password,
        min_device_password_length: policy
            .password_length
            .map(|length| Bound::At(u32::from(length))),
        alphanumeric_device_password_required: policy.password_alphanumeric,
        max_device_password_failed_attempts: policy
            .password_attempts
            .map(|attempts| Bound::At(u32::from(attempts))),
        max_inactivity_time_device_lock: policy
            .lock_after
            .map(|time| Bound::At(u32::try_from(time.as_secs()).unwrap_or(u32::MAX))),
        require_device_encryption: policy.device_encryption,
        ..Policy::default()
    }
}

/// The same for 2.5, as far as it has words (REFERENCE 9.2): 4131 is "a password is not required"; what a
/// password must be stands in the registry.
fn wap(policy: &config::Policy) -> String {
    let wanted = policy.device_password == Some(true);
    let free = u8::from(!wanted);
    let mut settings: Vec<(&str, Vec<(&str, u64)>)> = Vec::new();
    if wanted {
        if let Some(time) = policy.lock_after {
            // Minutes, and never longer than the operator allows.
            let minutes = (time.as_secs() / 60).max(1);
            let values = vec![("AEFrequencyType", 1), ("AEFrequencyValue", minutes)];
            settings.push((INACTIVITY, values));
        }
        if let Some(attempts) = policy.password_attempts {
            settings.push((PASSWORD, vec![("DeviceWipeThreshold", u64::from(attempts))]));
        }
        let mut values = Vec::new();
        if let Some(length) = policy.password_length {
            values.push(("MinimumPasswordLength", u64::from(length)));
        }
        if let Some(alphanumeric) = policy.password_alphanumeric {
            // 0 asks for letters and digits, 2 for either.
            values.push(("PasswordComplexity", if alphanumeric { 0 } else { 2 }));
        }
        if !values.is_empty() {
            settings.push((PASSWORD_FORM, values));
        }
    }
    let mut registry = String::new();
    for (key, values) in settings {
        registry.push_str(&format!("<characteristic type=\"{key}\">"));
        for (name, value) in values {
            registry.push_str(&format!("<parm name=\"{name}\" value=\"{value}\"/>"));
        }
        registry.push_str("</characteristic>");
    }
    if !registry.is_empty() {
        registry = format!("<characteristic type=\"Registry\">{registry}</characteristic>");
    }
    format!(
        "<wap-provisioningdoc><characteristic type=\"SecurityPolicy\">\
         <parm name=\"4131\" value=\"{free}\"/><parm name=\"4133\" value=\"{free}\"/>\
         </characteristic>{registry}</wap-provisioningdoc>"
    )
}

/// Registry keys of Windows Mobile.
const INACTIVITY: &str =
    r"HKLM\Comm\Security\Policy\LASSD\AE\{50C13377-C66D-400C-889E-C316FC4AB374}";
const PASSWORD: &str = r"HKLM\Comm\Security\Policy\LASSD";
const PASSWORD_FORM: &str = r"HKLM\Comm\Security\Policy\LASSD\LAP\lap_pw";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_knows_its_policy() {
        let policy = config::Policy {
            device_password: Some(true),
            ..config::Policy::default()
        };
        let longer = config::Policy {
            password_length: Some(6),
            ..policy.clone()
        };
        let (mark, other) = (PolicyMark::of(&policy), PolicyMark::of(&longer));
        assert_ne!(mark, other);
        assert_eq!(mark, PolicyMark::of(&policy));
        let key = mark.fresh_key(0).unwrap();
        let next = mark.fresh_key(key).unwrap();
        assert!(key != next && key != 0);
        assert!(mark.is_in(key) && mark.is_in(next) && !other.is_in(key));
    }

    #[test]
    fn a_policy_for_2_5_says_what_a_password_must_be() {
        let lax = config::Policy::default();
        assert!(wap(&lax).contains("name=\"4131\" value=\"1\""));
        assert!(!wap(&lax).contains("Registry"));
        let strict = config::Policy {
            device_password: Some(true),
            password_length: Some(6),
            password_alphanumeric: Some(true),
            password_attempts: Some(8),
            lock_after: Some(std::time::Duration::from_secs(330)),
            device_encryption: Some(true),
        };
        let text = wap(&strict);
        for part in [
            "<parm name=\"4131\" value=\"0\"/>",
            "<parm name=\"AEFrequencyType\" value=\"1\"/><parm name=\"AEFrequencyValue\" value=\"5\"/>",
            "LASSD\"><parm name=\"DeviceWipeThreshold\" value=\"8\"/>",
            "lap_pw\"><parm name=\"MinimumPasswordLength\" value=\"6\"/><parm name=\"PasswordComplexity\" \
             value=\"0\"/>",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert_eq!(text.matches("<characteristic").count(), 5);
        assert_eq!(text.matches("</characteristic>").count(), 5);
    }
}
