//! A plan as a whole, apart from its items.

use serde::{Deserialize, Serialize};
use souk_model::plan::{PlanOrigin, PlanState};
use souk_model::{StoreView, Tier, visible};
use souk_state::plans::StoredPlan;
use souk_state::rfc3339;

use super::decision_review::{DecisionReview, MoneyReview, NeedReview};
use super::run_review::RunReview;
use crate::decisions::DecisionStanding;

/// What a plan is and how far it came, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanReview {
    /// Its id.
    pub plan_id: String,
    /// How far it came.
    pub state: PlanState,
    /// What the plugin says that it is for.
    pub summary: String,
    /// The tool that proposed it.
    pub proposed_by: String,
    /// The plan that it takes back.
    pub undoes: Option<String>,
    /// The store, by the operator's name for it.
    pub store: String,
    /// That store's environment.
    pub environment: String,
    /// The view that it is for.
    pub view: String,
    /// How its subjects are read.
    pub read_by: String,
    /// How many items it has.
    pub count: u32,
    /// How many of them were written.
    pub done: u32,
    /// How many were refused.
    pub failed: u32,
    /// How many somebody else has changed.
    pub drifted: u32,
    /// How many were not tried.
    pub skipped: u32,
    /// How many are being sent by a run that is under way.
    #[serde(default)]
    pub sending: u32,
    /// How many may have happened.
    pub unknown: u32,
    /// How many are yet to be tried.
    pub pending: u32,
    /// When it was proposed.
    pub created_at: String,
    /// The same in milliseconds since 1970, UTC.
    pub created_ms: i64,
    /// When it can no longer be started.
    pub expires_at: String,
    /// Its last run, if it had one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub run: Option<RunReview>,
    /// Why it was committed.
    pub reason: Option<String>,
    /// Lower-case hex SHA-256 of its content.
    pub digest: String,
    /// The tier of carrying it out.
    pub tier: Tier,
    /// The principal that asked for it.
    pub asked_by: String,
    /// The money that it moves at most.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub money: Vec<MoneyReview>,
    /// Who has to decide of it; said where a person has to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decision_needed: Option<NeedReview>,
    /// What persons decided of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub decisions: Vec<DecisionReview>,
    /// What the host warns of.
    pub warnings: Vec<String>,
    /// What the plugin wants its reviewer to know.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub plugin_warnings: Vec<String>,
}

impl PlanReview {
    /// The review of a plan that has come so far.
    #[must_use]
    pub fn of(stored: &StoredPlan) -> Self {
        let (header, counts) = (&stored.header, &stored.counts);
        let line = |text: &str| visible::line(text).into_owned();
        let lookup = &header.lookup.one;
        let run = RunReview::of(stored);
        // What a live run has on its way is not unknown: it is not its turn to be read yet.
        let is_under_way = run.as_ref().is_some_and(|run| run.is_under_way);
        let sending = if is_under_way { counts.sending } else { 0 };
        Self {
            plan_id: header.id.to_string(),
            state: stored.state,
            summary: line(&header.summary),
            proposed_by: header.tool.clone(),
            undoes: match &header.origin {
                PlanOrigin::Undo { of } => Some(of.to_string()),
                PlanOrigin::Prepared { .. } | PlanOrigin::Applied => None,
            },
            store: header.store.clone(),
            environment: header.environment.clone(),
            view: view(&header.view),
            read_by: format!("GET {} at {}", line(&lookup.route), view(&lookup.view)),
            count: header.count,
            done: counts.done,
            failed: counts.failed,
            drifted: counts.drifted,
            skipped: counts.skipped,
            sending,
            unknown: counts.unknown + counts.sending - sending,
            pending: counts.pending,
            created_at: rfc3339(header.created_ms),
            created_ms: header.created_ms,
            expires_at: rfc3339(header.expires_ms),
            run,
            reason: stored.reason.as_deref().map(line),
            digest: stored.digest.clone(),
            tier: header.commit_tier(),
            asked_by: line(&header.principal),
            money: header.money.iter().map(MoneyReview::from).collect(),
            decision_needed: None,
            decisions: Vec::new(),
            warnings: header.warnings.clone(),
            plugin_warnings: header.plugin_warnings.iter().map(|text| line(text)).collect(),
        }
    }

    /// With who has to decide of it, and what was decided.
    #[must_use]
    pub fn with_standing(mut self, standing: &DecisionStanding) -> Self {
        let wants_person = standing.requirement.need.wants_person();
        self.decision_needed = wants_person.then(|| NeedReview::from(standing));
        self.decisions = standing.decisions.iter().map(DecisionReview::from).collect();
        self
    }
}

fn view(view: &StoreView) -> String {
    match view {
        StoreView::Global => "all".to_owned(),
        StoreView::View(code) => visible::line(code).into_owned(),
        StoreView::SessionDefault => "the session's view".to_owned(),
    }
}
