//! The mail that explains, as a phone wants it.

use airgate_codec::ProtocolVersion;
use airgate_codec::eas::BodyPreference;
use airgate_codec::eas::email::{Body, BodyType, Email, Moment};
use airgate_codec::eas::sync::Options;

use crate::command::Call;
use crate::gate::Why;
use crate::item::text_to_html::text_to_html;
use crate::language::Language;
use crate::letter;

/// What a phone wants of the body.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) preferences: Vec<BodyPreference>,
    /// 2: the whole message as MIME, in every case.
    pub(super) mime_support: u8,
}

/// Everything we write is UTF-8.
const UTF_8_CODE_PAGE: u32 = 65001;

/// What the Options of a Sync ask for; those of mail, where there are several.
pub(super) fn wanted(options: &[Options]) -> Wanted {
    let of_mail = options
        .iter()
        .find(|options| options.class.is_none_or(|class| class.as_str() == "Email"));
    of_mail.map_or_else(Wanted::default, |options| Wanted {
        preferences: options.body_preferences.clone(),
        mime_support: options.mime_support.unwrap_or_default(),
    })
}

/// In which language the phone's user is spoken to: as chosen, else as the phone is set, else as the
/// operator says.
pub(super) fn language(call: &Call<'_>) -> Language {
    let chosen = call.rules.language.as_deref();
    let phone = call.head.language.as_deref();
    chosen
        .and_then(Language::from_code)
        .or_else(|| phone.and_then(Language::wanted))
        .unwrap_or(call.gateway.settings.language)
}

/// The mail itself. It is as new as the device's last visit, so that it stands on top; its identity
/// is that of the partnership, so that a phone that asks twice sees one mail.
pub(super) fn email(call: &Call<'_>, why: Why, wanted: &Wanted) -> Email {
    let language = language(call);
    let page = call.gateway.settings.account_page.as_deref();
    let letter = letter::explaining(why, language, page);
    let to = call.user.as_str();
    let from = format!(
        "\"{}\" <postmaster@{}>",
        letter::sender(language),
        call.user.domain().unwrap_or("localhost")
    );
    let body = body(call, &from, &letter, wanted);
    Email {
        to: Some(format!("<{to}>")),
        from: Some(from),
        display_to: Some(to.to_owned()),
        thread_topic: Some(letter.subject.clone()),
        subject: Some(letter.subject),
        date_received: Some(Moment(call.partnership.last_seen.saturating_mul(1000))),
        importance: Some(2),
        read: Some(false),
        message_class: Some("IPM.Note".to_owned()),
        content_class: Some("urn:content-classes:message".to_owned()),
        internet_cpid: Some(UTF_8_CODE_PAGE),
        native_body_type: Some(BodyType::Plain),
        body: Some(body),
        ..Email::default()
    }
}

fn body(call: &Call<'_>, from: &str, letter: &letter::Letter, wanted: &Wanted) -> Body {
    let text = letter.text.replace('\n', "\r\n");
    let mime = || {
        let address = from.rsplit_once('<').map_or(from, |(_, address)| address);
        let message = letter.message(&letter::Parties {
            name: letter::sender(language(call)),
            from: address.trim_end_matches('>'),
            to: call.user.as_str(),
            at: call.partnership.last_seen,
            id: format!("why-{}", call.partnership.first_seen),
        });
        String::from_utf8_lossy(&message).into_owned()
    };
    if call.version == ProtocolVersion::V2_5 {
        return match wanted.mime_support {
            2 => Body::whole(BodyType::Mime, mime()),
            _ => Body::whole(BodyType::Plain, text),
        };
    }
    for preference in &wanted.preferences {
        let data = match preference.kind {
            BodyType::Plain => text.clone(),
            BodyType::Html => text_to_html(&text),
            BodyType::Mime if wanted.mime_support == 2 => mime(),
            BodyType::Mime | BodyType::Rtf => continue,
        };
        let mut body = Body::whole(preference.kind, data);
        let room = preference.truncation_size.map_or(usize::MAX, |size| {
            usize::try_from(size).unwrap_or(usize::MAX)
        });
        if let Some(data) = body.data.as_mut().filter(|data| data.len() > room) {
            if preference.all_or_none {
                continue;
            }
            data.truncate(data.floor_char_boundary(room));
            body.truncated = true;
        }
        if call.version >= ProtocolVersion::V14_0
            && let Some(length) = preference.preview
        {
            let length = usize::try_from(length).unwrap_or_default();
            let line = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
            body.preview = Some(line.chars().take(length).collect());
        }
        return body;
    }
    Body::whole(BodyType::Plain, text)
}
