//! A look behind what this very request wrote: from there on the cursor means the collection as the view
//! has it.
//!
//! Quirk: the cursors of some servers are hashes of what there is (Xandikos: of git's tree). When others
//! undo what a phone did before anybody looked, the cursor is again what it was before, and a view that
//! has the phone's doing under that cursor would never hear of it (S1). So what was written must be
//! among what changed, or everything is listed.

use std::collections::{BTreeMap, BTreeSet};

use tracing::info;

use super::Source;
use super::look::is_mass;
use crate::backend::dav::{Delta, Href};
use crate::failure::{self, Failure};
use crate::sync::objects::ObjectView;

impl Source<'_, '_> {
    /// Looks at the collections in which these objects were written.
    ///
    /// # Errors
    /// The store's. A server that does not answer any more is looked at anew next time.
    pub(in crate::command) async fn look_after(
        &self,
        view: &mut ObjectView,
        wrote: &BTreeSet<u32>,
    ) -> Result<(), Failure> {
        if wrote.is_empty() {
            return Ok(());
        }
        let store = self.call.gateway.store.as_ref();
        let numbers: Vec<u32> = wrote.iter().copied().collect();
        let rows = store.objects(self.call.user, &self.space, &numbers).await?;
        let mut written: BTreeMap<Href, BTreeSet<Href>> = BTreeMap::new();
        let hrefs = rows.into_iter().map(|row| Href::path(&row.href));
        for href in hrefs.filter_map(Result::ok) {
            let home = self.home_of(&href).clone();
            written.entry(home).or_default().insert(href);
        }
        let mut after = view.clone();
        let mut reached = self.reached(view);
        let (dav, login) = (self.dav, self.call.login);
        for (home, hrefs) in &written {
            let mut seen = dav.changes(login, home, reached.of(home)).await;
            if let Ok(delta) = &seen
                && !delta.complete
                && !hrefs.iter().all(|href| mentions(delta, href))
            {
                seen = dav.changes(login, home, None).await;
            }
            match seen {
                Ok(delta) => self.take(&mut after, &mut reached, home, delta).await?,
                Err(error) => {
                    info!(error = %failure::chain(&error), "what was written is looked for later");
                    after.cursor = self.without(&mut reached, home);
                }
            }
        }
        if is_mass(&after) {
            // The next look lists it, and twice (S8).
            for home in written.keys() {
                view.cursor = self.without(&mut reached, home);
            }
        } else {
            *view = after;
        }
        Ok(())
    }
}

fn mentions(delta: &Delta, href: &Href) -> bool {
    let mut changed = delta.changed.iter().map(|(changed, _)| changed);
    changed.any(|changed| changed == href) || delta.gone.contains(href)
}
