//! Proposing the plan that takes another back.

use std::sync::Arc;

use souk_model::plan::{Header, Item, ItemState, Origin, PlanId, PlanState, Progressed};
use souk_model::{Failure, Principal};
use souk_upstream::Session;

use crate::commit::{Commit, already};
use crate::draft::{Draft, Proposal};
use crate::look::Looker;
use crate::outcome::TROUBLES;
use crate::reverse;
use crate::service::{Plans, new_id};
use crate::verdict::shows_after;

impl Plans {
    /// Proposes the plan that takes another back. What somebody else has changed since is left
    /// alone and named in the warnings.
    ///
    /// # Errors
    /// Why nothing of it can be taken back.
    pub async fn undo(
        self: &Arc<Self>,
        principal: &Principal,
        session: &Session,
        of: &PlanId,
        operator: bool,
    ) -> Result<Proposal, Failure> {
        let commit =
            Commit { principal, session, plan: of, tool: None, reason: None, key: None, operator };
        let stored = self.of(&commit).await?;
        if stored.state == PlanState::Running {
            // What it wrote since, or may have written, would be left behind.
            return Err(already(&stored));
        }
        self.verify(&stored).await?;
        let done = stored.header;
        let created_ms = self.clock.now_ms();
        let header = Header {
            id: new_id()?,
            origin: Origin::Undo { of: of.clone() },
            principal: principal.to_string(),
            summary: format!("undo: {}", done.summary),
            created_ms,
            expires_ms: self.expiry(created_ms),
            count: 0,
            unverifiable: 0,
            warnings: Vec::new(),
            ..done.clone()
        };
        let mut draft = Draft::open(self.clone(), session.clone(), header, None).await?;
        let mut pages = self.pages(of, &[ItemState::Done]);
        while let Some(page) = pages.next().await? {
            self.undo_page(&mut draft, &done, session, page).await?;
        }
        self.warn_of_unknown(&mut draft, of).await?;
        draft.propose().await
    }

    /// What may have been written is nobody's to take back before it is known.
    async fn warn_of_unknown(&self, draft: &mut Draft, of: &PlanId) -> Result<(), Failure> {
        let unsettled = [ItemState::Sending, ItemState::Unknown];
        for (item, _) in self.store.items(of, None, TROUBLES, &unsettled).await? {
            draft.warn(format!(
                "{} may have been written and is left alone: `plans_resume` finds out",
                item.change.subject.id
            ));
        }
        Ok(())
    }

    async fn undo_page(
        &self,
        draft: &mut Draft,
        done: &Header,
        session: &Session,
        page: Vec<(Item, Progressed)>,
    ) -> Result<(), Failure> {
        let items = page.iter().map(|(item, _)| item);
        let seen = Looker::of(session, done).see_items(items).await;
        let mut changes = Vec::new();
        for (item, progressed) in &page {
            let id = &item.change.subject.id;
            match seen.get(id) {
                Some(Ok(seen)) if shows_after(item, seen) => {
                    match reverse::reverse(item, progressed.answered.as_ref()) {
                        Ok(change) => changes.push(change),
                        Err(why) => draft.warn(format!("{id} cannot be taken back: {why}")),
                    }
                }
                Some(Ok(_)) => draft.warn(format!("{id} was changed since and is left alone")),
                Some(Err(failure)) => draft.warn(format!("{id} cannot be read: {failure}")),
                None => {}
            }
        }
        draft.add(changes).await
    }
}
