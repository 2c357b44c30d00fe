//! Settings ([MS-ASCMD] 2.2.1.18): what the device says of itself, and what it may know of the user.

use airgate_codec::eas::settings::{
    Account, Answer as Told, Ask, Oof, OofAsk, OofState, Property, Request, Response,
    UserInformation, status,
};
use airgate_codec::eas::status as common;

use super::{Answer, Call, malformed, partnership};
use crate::failure::Failure;
use crate::front::Reply;

/// Answers a Settings.
pub(super) async fn settings(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::PROTOCOL_ERROR)),
    };
    let twice = request.asks.iter().enumerate().any(|(at, ask)| {
        request
            .asks
            .iter()
            .skip(at + 1)
            .any(|other| other.property() == ask.property())
    });
    if twice || request.asks.is_empty() {
        let failure = Response::failure(status::PROTOCOL_ERROR);
        return Ok(Reply::wbxml(failure.write(call.version)));
    }
    let mut answers = Vec::with_capacity(request.asks.len());
    for ask in &request.asks {
        answers.push(told(call, ask).await?);
    }
    Ok(Reply::wbxml(
        Response {
            status: status::OK,
            answers,
        }
        .write(call.version),
    ))
}

async fn told(call: &Call<'_>, ask: &Ask) -> Result<Told, Failure> {
    Ok(match ask {
        // There is no out-of-office of ours yet: it is off, and cannot be switched on.
        Ask::Oof(OofAsk::Get(_)) => Told::Oof {
            status: status::OK,
            oof: Some(Oof {
                state: Some(OofState::Off),
                ..Oof::default()
            }),
        },
        Ask::Oof(OofAsk::Set(_)) => Told::Oof {
            status: status::ACCESS_DENIED,
            oof: None,
        },
        Ask::DevicePassword(_) => Told::DevicePassword {
            status: status::DENIED_BY_POLICY,
        },
        Ask::DeviceInformation(information) => {
            partnership::save_information(call, information).await?;
            Told::DeviceInformation { status: status::OK }
        }
        Ask::UserInformation => Told::UserInformation {
            status: status::OK,
            information: Some(UserInformation {
                accounts: vec![account(call)],
            }),
        },
        Ask::RightsManagementInformation => Told::RightsManagementInformation {
            status: common::IRM_FEATURE_DISABLED,
        },
        Ask::Invalid(property, _) => refused(*property),
    })
}

/// The one account, whose address is the login.
fn account(call: &Call<'_>) -> Account {
    let address = call.user.as_str().to_owned();
    Account {
        addresses: vec![address.clone()],
        primary_address: Some(address),
        ..Account::default()
    }
}

/// A property whose value does not fit; the others go on.
fn refused(property: Property) -> Told {
    let status = status::PROTOCOL_ERROR;
    match property {
        Property::Oof => Told::Oof { status, oof: None },
        Property::DevicePassword => Told::DevicePassword { status },
        Property::DeviceInformation => Told::DeviceInformation { status },
        Property::UserInformation => Told::UserInformation {
            status,
            information: None,
        },
        Property::RightsManagementInformation => Told::RightsManagementInformation { status },
    }
}
