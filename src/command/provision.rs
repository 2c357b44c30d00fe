//! Provision ([MS-ASPROV]): the policy handshake in two phases. Without a policy of the operator's
//! there is nothing to hand over, and phones are told so (device-notes.md section 9).

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::provision::{
    Bound, Policy, PolicyData, PolicyRequest, PolicyResponse, Request, Response, WAP_POLICY,
    WBXML_POLICY, status,
};
use airgate_codec::eas::request_line::CommandName;
use airgate_codec::eas::status as common;

use super::{Answer, Call, failures, malformed, partnership, standing};
use crate::failure::Failure;
use crate::front::Reply;
use crate::gate::provisioning::Provisioning;
use crate::store::WipeScope;

/// Checks the policy key of a command; `Some` is the refusal.
pub(super) fn check(call: &Call<'_>) -> Option<Reply> {
    let provisioning = call.rules.provisioning.as_ref()?;
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
        Some(key) if provisioning.mark.is_in(key) => return None,
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
    if let Some(said) = request.remote_wipe.or(request.account_only_remote_wipe) {
        standing::wipe_confirmed(call, said).await?;
    }
    // The order goes out with every Provision until it is confirmed or withdrawn.
    if let Some(order) = standing::wipe_order(call).await? {
        response.remote_wipe = order == WipeScope::Device;
        response.account_only_remote_wipe = order == WipeScope::Account;
    }
    let ordered = response.remote_wipe || response.account_only_remote_wipe;
    match &request.policy {
        Some(policy) => response.policy = Some(answer_policy(call, policy).await?),
        None if ordered => {}
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
    let Some(Provisioning { policy, mark }) = &call.rules.provisioning else {
        answer.status = status::POLICY_NOT_DEFINED;
        return Ok(answer);
    };
    let device = call.partnership;
    match &asked.key {
        // Phase 1: a temporary key and the policy.
        None => {
            let key = mark.fresh_key(device.policy_key).map_err(no_random)?;
            partnership::update(call, |row| {
                row.policy_key = key;
                row.policy_acknowledged = false;
            })
            .await?;
            answer.key = Some(key);
            answer.data = Some(if call.version == ProtocolVersion::V2_5 {
                PolicyData::Wap(wap(policy))
            } else {
                PolicyData::Document(Box::new(policy.clone()))
            });
        }
        // Phase 2: the phone acknowledges, the permanent key goes out.
        Some(key) if key.trim().parse() == Ok(device.policy_key) && device.policy_key != 0 => {
            let key = mark.fresh_key(device.policy_key).map_err(no_random)?;
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

/// A policy for 2.5, as far as it has words (REFERENCE 9.2): 4131 is "a password is not required"; what a
/// password must be stands in the registry.
fn wap(policy: &Policy) -> String {
    let wanted = policy.device_password_enabled == Some(true);
    let at = |bound: Option<Bound>| match bound {
        Some(Bound::At(number)) => Some(u64::from(number)),
        Some(Bound::None) | None => None,
    };
    let free = u8::from(!wanted);
    let mut settings: Vec<(&str, Vec<(&str, u64)>)> = Vec::new();
    if wanted {
        if let Some(seconds) = at(policy.max_inactivity_time_device_lock) {
            // Minutes, and never longer than the operator allows.
            let minutes = (seconds / 60).max(1);
            let values = vec![("AEFrequencyType", 1), ("AEFrequencyValue", minutes)];
            settings.push((INACTIVITY, values));
        }
        if let Some(attempts) = at(policy.max_device_password_failed_attempts) {
            settings.push((PASSWORD, vec![("DeviceWipeThreshold", attempts)]));
        }
        let mut values = Vec::new();
        if let Some(length) = at(policy.min_device_password_length) {
            values.push(("MinimumPasswordLength", length));
        }
        if let Some(alphanumeric) = policy.alphanumeric_device_password_required {
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

fn no_random(error: getrandom::Error) -> Failure {
    Failure::gateway(error.to_string())
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
    fn a_policy_for_2_5_says_what_a_password_must_be() {
        let lax = Policy::default();
        assert!(wap(&lax).contains("name=\"4131\" value=\"1\""));
        assert!(!wap(&lax).contains("Registry"));
        let strict = Policy {
            device_password_enabled: Some(true),
            min_device_password_length: Some(Bound::At(6)),
            alphanumeric_device_password_required: Some(true),
            max_device_password_failed_attempts: Some(Bound::At(8)),
            max_inactivity_time_device_lock: Some(Bound::At(330)),
            ..Policy::default()
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
