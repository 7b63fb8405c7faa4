//! How far a plan came, from what is kept of it and what a read shows.

use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{Header, Item, ItemState, Kept, PlanId, PlanState, Subject};
use souk_state::plans::Counts;
use souk_upstream::Session;

use crate::look::Looker;
use crate::service::Plans;

/// What the store showed after a plan ran.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The plan.
    pub plan: PlanId,
    /// How far it came.
    pub state: PlanState,
    /// How many items ended how.
    pub counts: Counts,
    /// How many of the plan's items hold something that no read can show.
    pub witnessed: u32,
    /// Items that did not end done, at most [`TROUBLES`].
    pub troubles: Vec<Trouble>,
    /// The subject as read back, for a plan of one item.
    pub subject: Option<Value>,
}

impl Outcome {
    /// Who says that what is called done was done.
    #[must_use]
    pub const fn shown_by(&self) -> &'static str {
        if self.witnessed == 0 {
            "and a read shows it"
        } else {
            "and a read shows it, but for what is reported by the store and not readable"
        }
    }
}

/// Items that an outcome names one by one.
pub const TROUBLES: u32 = 100;

/// An item that did not end done.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// What it was about.
    pub subject: Subject,
    /// How it ended.
    pub state: ItemState,
    /// Why.
    pub failure: Option<Kept>,
}

impl Plans {
    /// How far a plan came, from what is kept of it.
    ///
    /// # Errors
    /// The store of plans cannot be reached.
    pub async fn outcome(&self, session: &Session, header: &Header) -> Result<Outcome, Failure> {
        let stored = self
            .store
            .plan(&header.id)
            .await?
            .ok_or_else(|| Failure::internal(format!("the plan `{}` is gone", header.id)))?;
        const NOT_DONE: [ItemState; 6] = [
            ItemState::Pending,
            ItemState::Sending,
            ItemState::Failed,
            ItemState::Drifted,
            ItemState::Skipped,
            ItemState::Unknown,
        ];
        // What is only proposed has no trouble yet.
        let troubles = match stored.state {
            PlanState::Proposed => Vec::new(),
            _ => self.store.items(&header.id, None, TROUBLES, &NOT_DONE).await?,
        };
        let troubles = troubles
            .into_iter()
            .map(|(item, progressed)| Trouble {
                subject: item.change.subject,
                state: progressed.state,
                failure: progressed.failure,
            })
            .collect();
        let subject = if header.count == 1 {
            match self.store.items(&header.id, None, 1, &[]).await?.pop() {
                Some((item, _)) => self.look(session, header, &item).await,
                None => None,
            }
        } else {
            None
        };
        Ok(Outcome {
            plan: header.id.clone(),
            state: stored.state,
            counts: stored.counts,
            witnessed: stored.header.witnessed,
            troubles,
            subject,
        })
    }

    /// The subject as it stands; nothing where it cannot be read, since the outcome counts more.
    async fn look(&self, session: &Session, header: &Header, item: &Item) -> Option<Value> {
        let looker = Looker { session, grants: &header.grants, lookup: &header.lookup };
        looker.see_one(&item.change.subject.id).await.ok()?.here
    }
}
