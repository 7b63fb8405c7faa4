//! How plans refuse: the failures that several parts of the crate give, each worded once.

use std::error::Error;

use souk_model::plan::{Change, PlanId, PlanState, WriteStop};
use souk_model::{Code, Failure, counted, visible};
use souk_state::plans::StoredPlan;
use souk_state::{error_chain, rfc3339_to_the_second};

/// A refusal by a rule of the host's, with what the caller can do.
pub(crate) fn refuse(rule: &str, code: Code, message: String, remedy: String) -> Failure {
    Failure::new(code, message).rule(rule).remedy(remedy)
}

/// A change that a guard cannot judge, and so refuses.
pub(crate) fn unjudgeable(change: &Change, why: &str) -> Failure {
    refuse(
        "unreadable",
        Code::Forbidden,
        format!("the change of {} cannot be judged: {why}", change.subject),
        "this is a fault of the plugin; nothing was changed".into(),
    )
}

/// A change that may not move its money.
pub(crate) fn money_refusal(change: &Change, why: &str) -> Failure {
    Failure::new(Code::Forbidden, format!("the change of {} is refused: {why}", change.subject))
        .rule("money")
}

/// The plugin is at fault, and the caller should know which item shows it.
pub(crate) fn plugin_fault(change: &Change, why: impl std::fmt::Display) -> Failure {
    Failure::new(
        Code::InternalError,
        format!("the plugin proposed a wrong change of {}: {why}", change.subject),
    )
    .rule("proposal")
    .remedy("this is a fault of the plugin; nothing was changed")
}

/// The caller's key stands for another request.
pub(crate) fn key_conflict() -> Failure {
    Failure::new(Code::IdempotencyConflict, "the idempotency key was used for something else")
        .rule("idempotency-key")
        .remedy("use a fresh key for each change")
}

/// The plan was started, or thrown away, before.
pub(crate) fn already_started(stored: &StoredPlan) -> Failure {
    let id = &stored.header.id;
    let (what, remedy) = match stored.state {
        PlanState::Discarded => ("was discarded", "propose it again"),
        PlanState::Running => (
            "is being carried out, or its host died",
            "`plans_get` shows which; `plans_resume` goes on with it if its host is gone",
        ),
        PlanState::PartlyDone | PlanState::Failed | PlanState::Stopped => (
            "was carried out before",
            "`plans_get` shows how each item ended, `plans_resume` tries the rest",
        ),
        _ => ("was carried out before", "`plans_get` shows how each item ended"),
    };
    Failure::new(Code::IdempotencyConflict, format!("the plan `{id}` {what}"))
        .rule("plan-state")
        .remedy(remedy)
}

/// Another host may be at work on the plan, so this one sends nothing more.
pub(crate) fn lease_lost() -> Failure {
    Failure::new(Code::Conflict, "another host has taken this plan over").rule("lease")
}

/// There is nothing to write: the subject was brought to the plan's values by somebody else.
pub(crate) fn already_has_values() -> Failure {
    Failure::new(Code::Conflict, "it already has these values")
}

/// What is told where the trail takes no line.
pub(crate) fn not_announced(error: &dyn Error) -> Failure {
    tracing::error!("cannot write the audit trail: {}", error_chain(error));
    Failure::internal("the audit trail cannot be written, so nothing is sent")
        .rule("audit-trail")
        .remedy("the operator must make the trail writable again; the log says what is wrong")
}

/// Nothing may be written: who says so, since when, why, and what ends it.
pub(crate) fn writes_stopped(stop: &WriteStop) -> Failure {
    let why = stop.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
    refuse(
        "writes-stopped",
        Code::WritesStopped,
        format!(
            "`{}` stopped all writes at {}{}",
            visible::line(&stop.by),
            rfc3339_to_the_second(stop.at_ms),
            visible::line(&why)
        ),
        "reads go on; the operator lets writes go on with `souk go`".into(),
    )
}

/// The plan was to be started earlier.
pub(crate) fn plan_expired(plan: &PlanId, expiry_min: u32) -> Failure {
    Failure::new(
        Code::PlanExpired,
        format!(
            "the plan `{plan}` was to be committed within {}",
            counted(expiry_min, "minute", "minutes")
        ),
    )
    .rule("plan-expiry")
    .remedy("propose it again; what stands in the store may have changed")
}
