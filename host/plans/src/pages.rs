//! A plan's items, a page at a time: a plan of any length takes the memory of one page.

use souk_model::Failure;
use souk_model::plan::{Item, ItemState, PlanId, Progressed};

use crate::service::Plans;

/// A plan's items in certain states, in their order.
///
/// Each page is read when it is asked for, so that an item whose state changed meanwhile comes, or
/// comes not, by its new state; none comes twice.
pub(crate) struct Pages<'a> {
    plans: &'a Plans,
    plan: &'a PlanId,
    states: &'a [ItemState],
    after: Option<u32>,
}

impl Plans {
    /// The items of a plan that are in one of these states; of none given, all.
    pub(crate) fn pages<'a>(&'a self, plan: &'a PlanId, states: &'a [ItemState]) -> Pages<'a> {
        Pages { plans: self, plan, states, after: None }
    }
}

impl Pages<'_> {
    /// The next page, which is never empty; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<(Item, Progressed)>>, Failure> {
        let Self { plans, plan, states, after } = self;
        let page = plans.store.items(plan, *after, plans.config.chunk, states).await?;
        let Some((last, _)) = page.last() else { return Ok(None) };
        *after = Some(last.n);
        Ok(Some(page))
    }
}
