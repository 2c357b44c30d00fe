//! One page of server changes of a collection of objects.

use airgate_codec::eas::sync::ItemData;

use super::State;
use crate::command::objects::{Read, Source, mark_of};
use crate::command::sync::page::{Budget, Told};
use crate::failure::Failure;
use crate::item::object::Rendered;
use crate::item::options::BodyOptions;
use crate::sync::objects::{Change, Mark, Standing, plan};

/// Objects read in one request: enough to hide the round trip, few enough to stop in time and to
/// hold cards with photos in memory.
const BATCH: usize = 50;

/// Tells at most `limit` changes, and whether some are left over.
///
/// What is found to be outside of the window when it is read fills no page: MoreAvailable with nothing
/// in the answer is a loop to phones.
pub(super) async fn tell(
    source: &mut Source<'_, '_>,
    state: &mut State,
    bodies: &BodyOptions,
    limit: usize,
    budget: &mut Budget,
) -> Result<(Vec<Told>, bool), Failure> {
    let mut told = Vec::new();
    loop {
        let left = limit.saturating_sub(told.len()).min(BATCH);
        let spent = budget.is_spent() && !told.is_empty();
        let plan = plan(&state.view, if spent { 0 } else { left });
        if plan.changes.is_empty() {
            return Ok((told, plan.more));
        }
        let reads: Vec<u32> = plan
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Update(number) | Change::Add(number) => Some(*number),
                Change::Delete(_) | Change::SoftDelete(_) => None,
            })
            .collect();
        for change in plan.changes {
            let id = |number: u32| source.id(number);
            match change {
                Change::Delete(number) => {
                    state.view.told_gone(number);
                    told.push(Told::Delete(id(number)));
                }
                Change::SoftDelete(number) => {
                    state.view.told_gone(number);
                    told.push(Told::SoftDelete(id(number)));
                }
                Change::Update(_) | Change::Add(_) => continue,
            }
            budget.changes = budget.changes.saturating_sub(1);
        }
        if reads.is_empty() {
            continue;
        }
        let mut withheld = Vec::new();
        for (number, read) in source.read(&reads).await? {
            if matches!(read, Read::Withheld) {
                withheld.push(number);
                continue;
            }
            let Some((mark, rendered)) = look_at(source, state, bodies, number, &read) else {
                continue;
            };
            let known = state.view.held(number).is_some();
            budget.spend(weight(&rendered));
            let (lasts, renew) = (rendered.span.into(), rendered.renew);
            state.view.told(number, mark, lasts, renew);
            state.held.insert((number, mark), rendered.digest);
            let id = source.id(number);
            let item = ItemData::Other(rendered.data);
            told.push(match known {
                true => Told::Change(id, item),
                false => Told::Add(id, item),
            });
        }
        source.withhold(&mut state.view, &withheld).await?;
    }
}

/// What is to be told of an object that was read; `None` when there is nothing.
fn look_at(
    source: &Source<'_, '_>,
    state: &mut State,
    bodies: &BodyOptions,
    number: u32,
    read: &Read,
) -> Option<(Mark, Rendered)> {
    let (mark, rendered) = match read {
        Read::There { href, etag, text } => {
            let mark = mark_of(etag, text);
            state.view.read(number, mark);
            if state.view.held(number) == Some(mark) && !state.view.is_stale(number) {
                return None;
            }
            if !source.is_of_class(text) {
                state.view.judge(number, Standing::Other);
                return None;
            }
            (mark, source.show(number, href, text, bodies))
        }
        Read::Gone => {
            state.view.vanished(number);
            return None;
        }
        // What the phone has is better than a stub.
        Read::Failed if state.view.is_stale(number) => {
            state.view.stays_stale(number);
            return None;
        }
        // Until it changes: that it cannot be read today may be so for ever.
        Read::Failed => (state.view.server(number)?, source.stand_in(number, bodies)),
        // Nothing is known of it.
        Read::Withheld => return None,
    };
    if !state.view.window().holds(rendered.span.into()) {
        state.view.judge(number, Standing::Outside);
        return None;
    }
    Some((mark, rendered))
}

/// Octets of an item in the answer, about.
fn weight(rendered: &Rendered) -> usize {
    use airgate_codec::eas::RawEvent;
    let events = rendered.data.events().iter();
    events
        .map(|event| match event {
            RawEvent::Start(_) | RawEvent::End => 1,
            RawEvent::Text(text) => text.len(),
            RawEvent::Opaque(octets) => octets.len(),
        })
        .sum()
}
