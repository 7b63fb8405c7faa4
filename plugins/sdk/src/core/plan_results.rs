//! What actions answer that plan or make changes.

use serde_json::Value;

use super::pass_through::{AnyObject, RawObject};
use super::{Failure, FailureCode, ItemState, Outcome, Plan, PlanItem, PlanState, json, result};

/// What a `prepare` action answers.
#[result]
#[derive(Debug)]
pub struct PreparedResult {
    /// What the commit tool and `plans_*` name.
    pub plan_id: String,
    /// RFC 3339; afterwards it has to be prepared again.
    pub expires_at: String,
    /// How many will change; what already has these values is not counted.
    #[schemars(with = "i64")]
    pub affected_count: u32,
    /// The first changes: subject, field, before, after.
    #[schemars(with = "Vec<AnyObject>")]
    pub sample_diffs: Value,
    /// What to look at before committing.
    pub warnings: Vec<String>,
    /// What to do next.
    pub message: String,
}

impl PreparedResult {
    /// The answer for a plan, which `tool` commits. `warnings` go before the plan's own.
    ///
    /// # Errors
    /// When the host's samples are not JSON.
    pub fn new(plan: Plan, mut warnings: Vec<String>, tool: &str) -> Result<Self, Failure> {
        for warning in plan.warnings {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        let sample_diffs = json::decode(&plan.sample_diffs)
            .map_err(|wrong| Failure::internal(format!("the host's samples: {wrong}")))?;
        Ok(Self {
            message: format!(
                "{} planned, nothing changed yet: review the plan, then commit it with `{tool}`",
                counted(plan.count, "change is", "changes are")
            ),
            plan_id: plan.id,
            expires_at: plan.expires_at,
            affected_count: plan.count,
            sample_diffs,
            warnings,
        })
    }
}

/// What an `apply` action answers.
#[result]
#[derive(Debug)]
pub struct AppliedResult {
    /// What happened, in a sentence.
    pub message: String,
    /// How many were written, and a read shows it.
    #[schemars(with = "i64")]
    pub success_count: u32,
    /// How many were not, or not for certain.
    #[schemars(with = "i64")]
    pub error_count: u32,
    /// The first of those: state is failed, drifted (somebody changed it meanwhile), skipped, or
    /// unknown (it may have happened).
    #[schemars(with = "Vec<RawObject<ItemError>>")]
    pub errors: Vec<ItemError>,
    /// The plan that was carried out: `plans_get` lists every item, `plans_undo` takes it back.
    pub plan_id: String,
}

/// One subject that was not changed, or not for certain.
#[result]
#[derive(Debug)]
pub struct ItemError {
    /// Its id: a sku, a page's id.
    pub id: String,
    /// `failed`: refused; `drifted`: somebody changed it meanwhile; `skipped`: not tried; `unknown`:
    /// it may have happened, and a person has to look.
    pub state: String,
    /// Why.
    pub error: String,
}

impl AppliedResult {
    /// The answer for an outcome.
    #[must_use]
    pub fn new(outcome: Outcome) -> Self {
        let errors = outcome.failed + outcome.drifted + outcome.skipped + outcome.unknown;
        let done = counted(outcome.done, "change", "changes");
        let message = match outcome.state {
            PlanState::Running => format!(
                "{done} written so far, and the rest goes on: see `plans_get` with the plan's id"
            ),
            PlanState::Done if outcome.unverifiable > 0 => format!(
                "{done} written, and read back but for what is reported by the store and not readable"
            ),
            PlanState::Done => format!("{done} written, and read back"),
            PlanState::Previewed => "nothing was sent: `plans_get` with the plan's id shows what \
                would change, `plans_commit` carries it out"
                .to_owned(),
            PlanState::Stopped => format!(
                "{done} written before somebody stopped it: `plans_resume` goes on with the rest"
            ),
            PlanState::Frozen => format!(
                "{done} written; the rest waits until the plugin is approved: see `plans_get`"
            ),
            PlanState::PartlyDone | PlanState::Failed | PlanState::Other(_) => {
                format!("{done} written, {errors} not: see `errors`")
            }
        };
        let errors_of = |item: PlanItem| ItemError {
            id: item.subject.id,
            state: item.state.as_str().to_owned(),
            error: item.failure.map(|failure| failure.message).unwrap_or_default(),
        };
        Self {
            message,
            success_count: outcome.done,
            error_count: errors,
            errors: outcome.failures.into_iter().map(errors_of).collect(),
            plan_id: outcome.plan_id,
        }
    }
}

impl ItemState {
    /// The state's name in results: `done`, `failed`, `drifted`, `skipped`, `unknown`; of one that is
    /// newer than this SDK, its name in the contract.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Drifted => "drifted",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
            Self::Other(name) => name,
        }
    }
}

/// So many of something, in words.
#[must_use]
pub fn counted(count: impl Into<u64>, one: &str, many: &str) -> String {
    let count = count.into();
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The failure for a match that nothing fits.
#[must_use]
pub fn nothing_matches(what: &str) -> Failure {
    Failure::new(FailureCode::NotFound, format!("no {what} fits the match"))
        .at("match")
        .remedy("search with the same conditions to see what there is")
}
