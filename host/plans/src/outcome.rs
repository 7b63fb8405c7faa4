//! How far a plan came, from what is kept of it and what a read shows.

use serde_json::Value;
use souk_model::Failure;
use souk_model::plan::{Header, ItemState, Kept, PlanId, PlanState, Subject};
use souk_state::plans::{Counts, Stored};
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
    pub unverifiable: u32,
    /// Items that did not end done, at most [`TROUBLES`].
    pub failures: Vec<Trouble>,
    /// The subject as read back, for a plan of one item.
    pub subject: Option<Value>,
}

impl Outcome {
    /// Who says that what is called done was done.
    #[must_use]
    pub const fn shown_by(&self) -> &'static str {
        if self.unverifiable == 0 {
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
        let stored = self.kept(&header.id).await?;
        let subject = self.only_subject(session, header).await?;
        self.told(stored, subject).await
    }

    /// A plan that must be there, since this host is at work on it.
    pub(crate) async fn kept(&self, id: &PlanId) -> Result<Stored, Failure> {
        let stored = self.store.plan(id).await?;
        stored.ok_or_else(|| Failure::internal(format!("the plan `{id}` is gone")))
    }

    /// How far a plan came, with the subject of its only item where that is known.
    pub(crate) async fn told(
        &self,
        stored: Stored,
        subject: Option<Value>,
    ) -> Result<Outcome, Failure> {
        let Stored { header, state, counts, .. } = stored;
        const NOT_DONE: [ItemState; 6] = [
            ItemState::Pending,
            ItemState::Sending,
            ItemState::Failed,
            ItemState::Drifted,
            ItemState::Skipped,
            ItemState::Unknown,
        ];
        // What is only proposed has no trouble yet.
        let failures = match state {
            PlanState::Proposed => Vec::new(),
            _ => self.store.items(&header.id, None, TROUBLES, &NOT_DONE).await?,
        };
        let failures = failures
            .into_iter()
            .map(|(item, progressed)| Trouble {
                subject: item.change.subject,
                state: progressed.state,
                failure: progressed.failure,
            })
            .collect();
        Ok(Outcome {
            plan: header.id,
            state,
            counts,
            unverifiable: header.unverifiable,
            failures,
            subject,
        })
    }

    /// The subject of a plan's only item as it stands; nothing where it cannot be read, since the
    /// outcome counts more.
    pub(crate) async fn only_subject(
        &self,
        session: &Session,
        header: &Header,
    ) -> Result<Option<Value>, Failure> {
        if header.count != 1 {
            return Ok(None);
        }
        let only = self.store.items(&header.id, None, 1, &[]).await?.pop();
        let Some((item, _)) = only else { return Ok(None) };
        let seen = Looker::of(session, header).see_one(&item.change.subject.id).await;
        Ok(seen.ok().and_then(|seen| seen.here))
    }
}
