//! Between the contract's plans and the model's.

use serde_json::Value;
use souk_model::plan::{
    Batch, BodyBinding, BodyPointer, BodySource, Change, Edit, Expectation, FailureResponse,
    Intent, ItemState, Lookup, PlanState, Retry, Step, StoreSet, Subject, Undo,
};
use souk_model::{Binding, Failure, Pointer, Read};
use souk_plans::{ItemFailure, PlanOutcome, Proposal, sample_rows};
use souk_state::rfc3339;

use super::bindings::souk::plugin::{plans as wit, types};
use super::conversions::upstream;
use crate::json;
use crate::text::printable;

type Conversion<T> = Result<T, Failure>;

/// Values in one JSON text of a change: a body, a value after it. A product's has some hundreds.
const VALUES: usize = 100_000;

fn wrong(why: impl std::fmt::Display) -> Failure {
    Failure::internal(format!("the plugin proposed something malformed: {why}")).rule("proposal")
}

fn pointer(text: &str) -> Conversion<Pointer> {
    text.parse().map_err(wrong)
}

fn value(text: &str) -> Conversion<Value> {
    json::parse(text, VALUES).map_err(wrong)
}

/// What a draft is for.
pub(crate) fn intent(intent: wit::Intent) -> Conversion<Intent> {
    let many = intent.lookup.many.map(|batch| -> Conversion<Batch> {
        Ok(Batch {
            read: batch.read.into(),
            ids: batch.ids,
            items: pointer(&batch.items)?,
            id: pointer(&batch.id)?,
        })
    });
    Ok(Intent {
        summary: printable(&intent.summary, 500),
        view: intent.view.into(),
        lookup: Lookup {
            one: Read::from(intent.lookup.one),
            many: many.transpose()?,
            inherits: intent.lookup.inherits,
        },
    })
}

/// One change.
pub(crate) fn change(change: wit::Change) -> Conversion<Change> {
    let undo = match change.undo {
        wit::Undo::Restore => Undo::Restore,
        wit::Undo::Steps(steps) => {
            Undo::Steps(steps.into_iter().map(step).collect::<Conversion<_>>()?)
        }
        wit::Undo::None(why) => Undo::None(printable(&why, 500)),
    };
    Ok(Change {
        subject: Subject {
            kind: change.subject.kind,
            id: change.subject.id,
            label: change.subject.label.map(|label| printable(&label, 200)),
        },
        edits: change.edits.into_iter().map(edit).collect::<Conversion<_>>()?,
        steps: change.steps.into_iter().map(step).collect::<Conversion<_>>()?,
        retry: match change.retry {
            wit::Retry::Idempotent => Retry::Idempotent,
            wit::Retry::IfAbsent => Retry::IfAbsent,
        },
        undo,
        warnings: change.warnings.iter().map(|warning| printable(warning, 500)).collect(),
    })
}

fn edit(edit: wit::Edit) -> Conversion<Edit> {
    let after = match edit.after {
        wit::Expectation::AsSent(pointers) => Expectation::AsSent(
            pointers
                .into_iter()
                .map(|body| Ok(BodyPointer { step: body.step.into(), at: pointer(&body.at)? }))
                .collect::<Conversion<_>>()?,
        ),
        wit::Expectation::SetByStore(set) => Expectation::SetByStore(StoreSet {
            value: value(&set.value)?,
            tolerance: set
                .tolerance
                .map(|tolerance| tolerance.parse().map_err(wrong))
                .transpose()?,
        }),
        wit::Expectation::Removed => Expectation::Removed,
        wit::Expectation::Unverifiable(text) => Expectation::Unverifiable(value(&text)?),
    };
    Ok(Edit { field: edit.field, at: pointer(&edit.at)?, after })
}

fn step(step: wit::Step) -> Conversion<Step> {
    Ok(Step {
        upstream: upstream(step.route.upstream),
        method: step.method.into(),
        route: step.route.template,
        path: step.path.into_iter().map(Binding::from).collect(),
        query: step.query.into_iter().map(Binding::from).collect(),
        view: step.view.into(),
        // Kept, `null` reads as no body: it is none from the start.
        body: step.body.as_deref().map(value).transpose()?.filter(|body| !body.is_null()),
        body_bindings: step
            .body_bindings
            .into_iter()
            .map(|binding| {
                let value = match binding.value {
                    wit::BodySource::Before(field) => BodySource::Before(field),
                    wit::BodySource::Subject => BodySource::Subject,
                    wit::BodySource::FromResponse(at) => BodySource::FromResponse(pointer(&at)?),
                };
                Ok(BodyBinding { at: pointer(&binding.at)?, value })
            })
            .collect::<Conversion<_>>()?,
        failure_responses: step
            .failure_responses
            .into_iter()
            .map(|refusal| {
                let equals = refusal.equals.as_deref().map(value).transpose()?;
                Ok(FailureResponse { at: pointer(&refusal.at)?, equals })
            })
            .collect::<Conversion<_>>()?,
    })
}

/// A proposed plan, as the plugin gets it.
pub(crate) fn plan(proposal: &Proposal) -> wit::Plan {
    let header = &proposal.header;
    wit::Plan {
        id: header.id.to_string(),
        expires_at: rfc3339(header.expires_ms),
        count: header.count,
        digest: proposal.digest.clone(),
        warnings: header.warnings.iter().chain(&header.plugin_warnings).cloned().collect(),
        sample_diffs: Value::from(sample_rows(&proposal.sample)).to_string(),
    }
}

/// What came of a plan, as the plugin gets it.
pub(crate) fn outcome(outcome: PlanOutcome) -> wit::Outcome {
    let totals = outcome.totals();
    wit::Outcome {
        plan_id: outcome.plan.to_string(),
        state: match outcome.state {
            PlanState::Done => wit::PlanState::Done,
            PlanState::PartlyDone => wit::PlanState::PartlyDone,
            PlanState::Running => wit::PlanState::Running,
            PlanState::Proposed => wit::PlanState::Previewed,
            PlanState::Failed => wit::PlanState::Failed,
            PlanState::Draft | PlanState::Stopped | PlanState::Discarded => {
                wit::PlanState::Other(outcome.state.as_str().to_owned())
            }
        },
        done: totals.done,
        failed: totals.failed,
        drifted: totals.drifted,
        // The contract has no word for what an ended run left: it was not tried, either.
        skipped: totals.not_done - totals.failed - totals.drifted - totals.unknown,
        unknown: totals.unknown,
        unverifiable: outcome.unverifiable,
        failures: outcome.failures.into_iter().map(item_failure).collect(),
        subject: outcome.subject.map(|subject| subject.to_string()),
    }
}

fn item_failure(failed: ItemFailure) -> wit::Item {
    wit::Item {
        subject: wit::Subject {
            kind: failed.subject.kind,
            id: failed.subject.id,
            label: failed.subject.label,
        },
        state: match failed.state {
            ItemState::Done => wit::ItemState::Done,
            ItemState::Failed => wit::ItemState::Failed,
            ItemState::Drifted => wit::ItemState::Drifted,
            ItemState::Pending | ItemState::Skipped => wit::ItemState::Skipped,
            ItemState::Sending | ItemState::Unknown => wit::ItemState::Unknown,
        },
        failure: failed.failure.map(|kept| {
            let mut failure = Failure::new(kept.code, kept.message);
            failure.status = kept.status;
            types::Failure::from(failure)
        }),
    }
}
