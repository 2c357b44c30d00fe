//! An address book's contact as a phone sees it: vCard to EAS and back (REFERENCE 11.3). See
//! [`super::object`].
//!
//! The fact one would not guess: what a card says can be in many places, what a phone says is in
//! one. So each reader here also knows the line it read from, and a change goes into that line:
//! `blocks` for N, ORG and addresses, `seats` for what there may be several of, `singles` for
//! the rest.

mod blocks;
mod card;
mod dates;
mod instant;
mod names;
mod photo;
mod seats;
mod singles;
mod view;
mod write;

use airgate_codec::eas::contacts::{Contact, Field};
use airgate_codec::eas::email::Body;
use airgate_codec::eas::{Moment, Raw, Said};
use airgate_codec::vobject::{ContentLine, Document, Gone};

use self::card::Card;
use self::dates::{Day, Occasion};
use self::view::{
    ANNIVERSARY, BIRTHDAY, BODY, CATEGORIES, CHILDREN, Changes, OTHERS, PICTURE, View,
};
use super::habits::Habits;
use super::merge::{Merged, Wish, hash, merge};
use super::object::{
    Base, Created, Digest, Edit, Edited, Manner, Refused, Rendered, Span, Supported, Unreadable,
};
use super::object_body::{self, body_hash};
use super::object_categories;

/// See [`super::object::render`].
///
/// # Errors
/// There is no card in it, or too much (T19); or it stands for a list of people, for which EAS has
/// no form.
pub fn render(text: &[u8], manner: &Manner<'_>) -> Result<Rendered, Unreadable> {
    let card = Card::open(text)?;
    if card.is_group() {
        return Err(Unreadable("a list of people".to_owned()));
    }
    let view = View::read(&card, None, manner);
    let mut digest = view.digest(manner);
    let picture = view::picture(&card);
    if let Some(picture) = &picture {
        digest.set(PICTURE, view::picture_hash(picture));
    }
    Ok(Rendered {
        data: view.contact(picture, manner).to_raw(manner.version),
        digest,
        span: Span::Endless,
        renew: None,
    })
}

/// Whether it is a list of people, for which EAS has no form: a group of 4.0, Apple's or
/// Evolution's, or SOGo's VLIST.
pub fn is_list(text: &[u8]) -> bool {
    match Card::open(text) {
        Ok(card) => card.is_group(),
        Err(_) => Document::parse(text).is_ok_and(|object| object.component("VLIST").is_some()),
    }
}

/// See [`super::object::stub`].
pub fn stub(name: &str, manner: &Manner<'_>) -> Rendered {
    let title = format!("Unreadable contact ({name})");
    let mut contact = Contact {
        body: Some(
            object_body::Texts {
                plain: "The contact is kept on the server as it is, but cannot be shown here."
                    .to_owned(),
                html: None,
            }
            .told(manner.bodies),
        ),
        ..Contact::default()
    };
    contact.texts.insert(Field::FileAs, title.clone());
    contact.texts.insert(Field::LastName, title);
    Rendered {
        data: contact.to_raw(manner.version),
        digest: Digest::of_stub(),
        span: Span::Endless,
        renew: None,
    }
}

/// See [`super::object::edit`].
///
/// # Errors
/// Values that cannot be, a photo too big (status 6); a change of one occurrence, of which contacts
/// have none.
pub fn edit(
    text: &[u8],
    edit: Edit<'_>,
    base: &Base<'_>,
    manner: &Manner<'_>,
) -> Result<Edited, Refused> {
    let Edit::Whole(data) = edit else {
        return Err(Refused::conversion("a contact has no occurrences to name"));
    };
    let mut contact = said(data)?;
    let mut card = Card::open(text).map_err(|error| refused(&error))?;
    if card.is_group() {
        return Err(Refused::conversion("a list of people is no contact"));
    }
    let merged = change(&mut card, &mut contact, base, manner, false)?;
    let changed = *card.document.to_bytes() != *text;
    if changed {
        touch(&mut card, manner.now)?;
    }
    Ok(Edited {
        text: card.document.to_bytes().to_vec(),
        changed,
        lost: merged.lost,
        holds: merged.holds,
        answer: Raw::default(),
    })
}

/// See [`super::object::create`].
///
/// # Errors
/// Values that cannot be, a photo too big (status 6).
pub fn create(data: &Raw, uid: &str, manner: &Manner<'_>) -> Result<Created, Refused> {
    let mut contact = said(data)?;
    let mut card = Card::open(EMPTY).map_err(|error| refused(&error))?;
    let line = ContentLine::new("UID").text(uid);
    card.insert(&line).map_err(too_much)?;
    let nothing = Digest::default();
    let base = Base {
        told: Some(&nothing),
        supported: &Supported::Nothing,
        client_wins: true,
    };
    let merged = change(&mut card, &mut contact, &base, manner, true)?;
    let line = ContentLine::new("REV").raw(&manner.now.to_compact());
    card.insert(&line).map_err(too_much)?;
    Ok(Created {
        text: card.document.to_bytes().to_vec(),
        uid: uid.to_owned(),
        holds: merged.holds,
        answer: Raw::default(),
    })
}

/// What a new contact is written into: 3.0 is what every server and every program takes.
const EMPTY: &[u8] = b"BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Airgate//Airgate//EN\r\n\
    N:;;;;\r\nFN:\r\nEND:VCARD\r\n";

fn said(data: &Raw) -> Result<Contact, Refused> {
    let contact = Contact::from_raw(data).map_err(|error| refused(&error))?;
    match &contact.picture {
        Some(octets) if !photo::is_acceptable(octets) => {
            Err(Refused::conversion("a photo of more than 1 MB"))
        }
        _ => Ok(contact),
    }
}

fn refused(why: &dyn std::fmt::Display) -> Refused {
    Refused::conversion(why.to_string())
}

fn too_much(_: Gone) -> Refused {
    Refused::conversion("too much for one card")
}

/// Weighs what the phone says and writes what follows. A new card gets an FN in any case.
fn change(
    card: &mut Card,
    contact: &mut Contact,
    base: &Base<'_>,
    manner: &Manner<'_>,
    is_new: bool,
) -> Result<Merged, Refused> {
    let view = View::read(card, base.told, manner);
    let mut present = view.digest(manner);
    let wishes = wishes(card, contact, &view, &mut present, base, manner)?;
    let mut merged = merge(base, &present, wishes);
    let mut texts = Changes::new();
    for field in Field::ALL {
        if merged.applies(field as u8) && field != Field::FileAs {
            let text = contact.text(field).filter(|text| !text.is_empty());
            texts.insert(field, text.map(str::to_owned));
        }
    }
    write::texts(card, &view, &texts).map_err(too_much)?;
    write_others(card, contact, &view, &merged, manner).map_err(too_much)?;
    let mut after = View::read(card, None, manner);
    let stale = !view.name_is_formatted || texts.contains_key(&Field::LastName);
    if after.name_is_formatted && stale {
        // FN is still the one of before.
        after.texts.remove(&Field::LastName);
    }
    let files = merged.applies(Field::FileAs as u8);
    if is_new || files || names::concerns(texts.keys()) {
        let file_as = contact.text(Field::FileAs).filter(|_| files);
        write::names(card, &view.texts, &after.texts, file_as).map_err(too_much)?;
    }
    let shown = View::read(card, None, manner);
    view.settle_file_as(contact, &shown, &mut merged.holds);
    if merged.applies(BODY)
        && let Some(body) = &contact.body
        && after.note.says_the_same(body)
        && let Some(told) = after.body(manner)
    {
        // A text it said in full it does not hold cut off, although it would be told so.
        merged.holds.set(BODY, body_hash(&told));
    }
    Ok(merged)
}

fn write_others(
    card: &mut Card,
    contact: &Contact,
    view: &View,
    merged: &Merged,
    manner: &Manner<'_>,
) -> Result<(), Gone> {
    let days = [
        (BIRTHDAY, contact.birthday, Occasion::Birthday),
        (ANNIVERSARY, contact.anniversary, Occasion::Anniversary),
    ];
    for (number, said, occasion) in days {
        if merged.applies(number) {
            let day = said.value().and_then(|at| Day::meant(*at, manner.zone));
            occasion.write(card, day, manner.zone)?;
        }
    }
    if merged.applies(CATEGORIES) {
        write::categories(card, contact.categories.as_deref().unwrap_or_default())?;
    }
    if merged.applies(CHILDREN) {
        let wanted = contact.children.as_deref().unwrap_or_default();
        view.singles.write_children(card, wanted)?;
    }
    if merged.applies(PICTURE) {
        write::picture(card, contact)?;
    }
    if merged.applies(BODY)
        && let Some(said) = &contact.body
        && let Ok(changed) = changed_note(view, said, manner)
    {
        write::note(card, &changed.plain)?;
    }
    Ok(())
}

fn changed_note(
    view: &View,
    said: &Body,
    manner: &Manner<'_>,
) -> Result<object_body::Texts, object_body::WrongForm> {
    let told = view.note.told(manner.bodies);
    let mut changed = view.note.changed(&told, said)?;
    changed.plain = card::clean(changed.plain);
    Ok(changed)
}

/// What the phone wants of each property. Its texts become what they would be read back as.
fn wishes(
    card: &Card,
    contact: &mut Contact,
    view: &View,
    present: &mut Digest,
    base: &Base<'_>,
    manner: &Manner<'_>,
) -> Result<Vec<(u8, Wish)>, Refused> {
    for (field, text) in &mut contact.texts {
        *text = view::said(*field, text);
    }
    let mut wishes = Vec::new();
    let omitted = |number, tag| {
        let was_told = base.told.is_some_and(|told| told.get(number).is_some());
        if was_told && base.supported.manages(tag) {
            Wish::Gone
        } else {
            Wish::Nothing
        }
    };
    for field in Field::ALL {
        if field == Field::Alias {
            // Of the recipient information cache only.
            continue;
        }
        let wish = match contact.text(field) {
            Some("") => Wish::Gone,
            Some(text) => Wish::Is(view.hash_of(field, text, &[&contact.texts])),
            None => omitted(field as u8, field.tag()),
        };
        wishes.push((field as u8, wish));
    }
    let day = |said: &Said<Moment>, omitted: Wish| match said {
        Said::Nothing => omitted,
        Said::Empty => Wish::Gone,
        Said::Value(moment) => Day::meant(*moment, manner.zone)
            .map_or(Wish::Gone, |day| Wish::Is(hash(&day.canonical()))),
    };
    let list = |said: &mut Option<Vec<String>>, omitted: Wish| match said {
        None => omitted,
        Some(list) => {
            *list = object_categories::clean(std::mem::take(list));
            if list.is_empty() {
                Wish::Gone
            } else {
                Wish::Is(view::list_hash(list.clone()))
            }
        }
    };
    for (number, tag) in OTHERS {
        let omitted = omitted(number, tag);
        let wish = match number {
            BIRTHDAY => day(&contact.birthday, omitted),
            ANNIVERSARY => day(&contact.anniversary, omitted),
            CATEGORIES => list(&mut contact.categories, omitted),
            CHILDREN => list(&mut contact.children, omitted),
            PICTURE => picture_wish(card, contact, present, base, manner),
            _ => body_wish(contact, manner)?,
        };
        wishes.push((number, wish));
    }
    Ok(wishes)
}

/// Never gone by omission (REFERENCE 5.7). The copy that comes back is the one that was told, and
/// the original stays.
fn picture_wish(
    card: &Card,
    contact: &Contact,
    present: &mut Digest,
    base: &Base<'_>,
    manner: &Manner<'_>,
) -> Wish {
    let told = base.told.and_then(|told| told.get(PICTURE));
    let said = contact.picture.as_deref();
    let original = match (said, base.told) {
        // Nothing to compare with.
        (None, Some(_)) => return Wish::Nothing,
        _ => photo::stored(card),
    };
    let copy = original.as_deref().and_then(photo::copy);
    if let Some(copy) = &copy {
        present.set(PICTURE, view::picture_hash(copy));
    }
    match said {
        None => Wish::Nothing,
        Some([]) if Habits::of(&manner.client).empty_picture_means_nothing => Wish::Nothing,
        Some([]) => Wish::Gone,
        Some(said) => {
            let hash = view::picture_hash(said);
            let same = told != Some(hash)
                && original
                    .as_deref()
                    .is_some_and(|original| photo::is_same(original, copy.as_deref(), said));
            match (same, &copy) {
                (true, Some(copy)) => Wish::Is(view::picture_hash(copy)),
                _ => Wish::Is(hash),
            }
        }
    }
}

/// Never gone by omission either.
fn body_wish(contact: &Contact, manner: &Manner<'_>) -> Result<Wish, Refused> {
    let Some(body) = &contact.body else {
        return Ok(Wish::Nothing);
    };
    // A form that no note is in says nothing of it.
    let empty = object_body::Texts::default();
    let Ok(text) = empty.changed(&empty.told(manner.bodies), body) else {
        return Ok(Wish::Nothing);
    };
    if text.plain.trim().is_empty() && !body.truncated {
        return Ok(Wish::Gone);
    }
    Ok(Wish::Is(body_hash(body)))
}

/// REV, where there is one, says when the card was last changed.
fn touch(card: &mut Card, now: Moment) -> Result<(), Refused> {
    let Some(revised) = card.first("REV") else {
        return Ok(());
    };
    let dashes = revised.value().contains('-');
    let stamp = if dashes {
        let separated = now.to_separated();
        format!("{}Z", separated.get(..19).unwrap_or_default())
    } else {
        now.to_compact()
    };
    let head = card
        .document
        .head_of(revised.id(), &["VALUE"])
        .map_err(too_much)?;
    card.document
        .replace(revised.id(), &head.raw(&stamp))
        .map_err(too_much)
}

#[cfg(test)]
mod tests;
