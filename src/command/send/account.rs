//! Who a mail may be from: the login as an address, and the aliases the operator configured.

use crate::backend::smtp::{self, Smtp};
use crate::command::Call;

/// The user's address and aliases. A login without a domain is completed by the submission server's
/// name: it is the only domain known.
pub(super) fn of(call: &Call<'_>, smtp: &Smtp) -> (String, Vec<String>) {
    let user = call.user.as_str();
    let address = if smtp::is_address(user) {
        user.to_owned()
    } else {
        let host = smtp.host();
        let domain = if host.parse::<std::net::IpAddr>().is_ok() {
            "localhost"
        } else {
            host
        };
        format!("{}@{domain}", call.user.local_part())
    };
    let aliases = call.gateway.settings.sending.aliases.of(&address);
    (address, aliases)
}
