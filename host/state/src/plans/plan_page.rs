//! A page of plans for somebody who has to look through all of them.

use souk_model::plan::PlanState;

use super::types::StoredPlan;

/// In which order plans come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlanOrder {
    /// In turns: the newest of each caller, then the second of each, so that none pushes another's off the
    /// page, however many it proposes.
    #[default]
    InTurns,
    /// The newest first.
    Newest,
    /// Those first that expire, or have ended, soonest.
    SoonestToExpire,
}

/// Which page of which plans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanPageFilter {
    /// In one of these states; none: in no state.
    pub states: Vec<PlanState>,
    /// Only those that had not ended or expired by this instant, in milliseconds since 1970, UTC.
    pub after_ms: Option<i64>,
    /// Only this caller's; none: everybody's.
    pub principal: Option<String>,
    /// In which order.
    pub order: PlanOrder,
    /// How many are left out before the first.
    pub offset: u32,
    /// How many.
    pub limit: u32,
}

/// A page of plans, and how many there are.
#[derive(Debug, Clone, Default)]
pub struct PlanPage {
    /// The page.
    pub plans: Vec<StoredPlan>,
    /// How many such plans each caller has, whoever's are on the page; who has most first.
    pub callers: Vec<(String, u64)>,
}
