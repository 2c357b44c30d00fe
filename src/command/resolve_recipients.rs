//! ResolveRecipients ([MS-ASCMD] 2.2.1.15): phones ask it for every recipient that is typed. There is
//! no directory, so nobody is found; the phone then takes the address as it is.

use airgate_codec::eas::resolve_recipients::{
    AvailabilityAsk, Request, Resolved, Response, status,
};

use super::{Answer, Call, malformed};
use crate::front::Reply;

/// Names in one request, and characters of a name (REFERENCE 7.4).
const MAX_NAMES: usize = 100;
const MAX_NAME: usize = 256;
/// The shortest and the longest time of interest, in milliseconds: half an hour, 42 days.
const SHORTEST: i64 = 30 * 60 * 1000;
const LONGEST: i64 = 42 * 86_400_000;

/// Answers a ResolveRecipients.
pub(super) async fn resolve_recipients(call: &Call<'_>) -> Answer {
    let request = match Request::read(call.body) {
        Ok(request) => request,
        Err(fault) => return Ok(malformed(call, &fault, status::PROTOCOL_ERROR)),
    };
    Ok(Reply::wbxml(resolved(&request).write(call.version)))
}

fn resolved(request: &Request) -> Response {
    let names = &request.to;
    let fits = (1..=MAX_NAMES).contains(&names.len())
        && names.iter().all(|name| name.chars().count() <= MAX_NAME)
        && request
            .options
            .availability
            .is_none_or(|asked| is_time(&asked));
    if !fits {
        return Response::failure(status::PROTOCOL_ERROR);
    }
    let nobody = |name: &String| Resolved {
        to: name.clone(),
        status: status::NOT_FOUND,
        recipient_count: Some(0),
        recipients: Vec::new(),
    };
    Response {
        status: status::OK,
        answers: names.iter().map(nobody).collect(),
    }
}

/// [MS-ASCMD] 2.2.3.15, 2.2.3.61.4.
fn is_time(asked: &AvailabilityAsk) -> bool {
    asked.end.is_none_or(|end| {
        let length = end.0.saturating_sub(asked.start.0);
        (SHORTEST..=LONGEST).contains(&length)
    })
}

#[cfg(test)]
mod tests {
    use airgate_codec::eas::Moment;

    use super::*;

    fn asked(names: usize, minutes: Option<i64>) -> Request {
        let mut request = Request {
            to: vec!["ann@example.com".into(); names],
            ..Request::default()
        };
        request.options.availability = minutes.map(|minutes| AvailabilityAsk {
            start: Moment(0),
            end: Some(Moment(minutes * 60_000)),
        });
        request
    }

    #[test]
    fn nobody_is_found_and_what_is_asked_wrongly_is_refused() {
        let response = resolved(&asked(2, Some(60)));
        assert_eq!(response.status, status::OK);
        let found: Vec<u16> = response.answers.iter().map(|each| each.status).collect();
        assert_eq!(found, [status::NOT_FOUND; 2]);
        for wrong in [
            asked(0, None),
            asked(101, None),
            asked(1, Some(29)),
            asked(1, Some(-60)),
            asked(1, Some(43 * 24 * 60)),
            Request {
                to: vec!["x".repeat(257)],
                ..Request::default()
            },
        ] {
            assert_eq!(resolved(&wrong), Response::failure(status::PROTOCOL_ERROR));
        }
    }
}
