//! From the end of a call to its answer: documents are kept, effects are told, masks are put on, and
//! the trail's line is written.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use souk_model::{CallFailure, CallUsage, Failure, ShownPlan, ToolResult};
use souk_policy::Mask;
use souk_state::audit::{CallOutcome, CallResources};
use souk_state::exports::Exports;

use super::audit_guard::AuditGuard;
use super::call_answer::CallAnswer;
use super::documents;
use super::masked_content::{masked_answer, masked_content, masked_failure};
use super::plugin_run::CallResult;
use super::refusals::NO_LINE_OF_CALL;
use super::shortening::Shortening;
use super::tool::LoadedTool;

/// A call that has ended, in whatever way.
pub(super) struct CallEnd<'d> {
    /// Its line on the trail, which has the record of what it did.
    pub(super) guard: AuditGuard<'d>,
    pub(super) exports: &'d Arc<Exports>,
    /// The tool, where the call got as far as one.
    pub(super) tool: Option<&'d LoadedTool>,
    pub(super) mask: Mask,
    /// What masks a failure: another than the result's where a tool masks its results itself.
    pub(super) text_mask: Mask,
    /// Of what a model reads; a terminal takes all.
    pub(super) shortening: Option<Shortening<'d>>,
    pub(super) resources: CallResources,
    pub(super) result: Result<CallResult, Failure>,
}

impl CallEnd<'_> {
    /// What its caller is told.
    ///
    /// # Errors
    /// It failed, nothing of its writes was done, or it has no line on the trail and changed nothing.
    pub(super) async fn answer(self) -> Result<ToolResult, CallFailure> {
        let Self { guard, exports, tool, mask, text_mask, shortening, mut resources, result } =
            self;
        let (mut content, mut kept) = (Vec::new(), Vec::new());
        let result = match result {
            Ok(result) => match masked_content(&mask, result.content) {
                Ok(shown) => documents::publish(exports, result.closed).await.map(|published| {
                    (content, kept) = (shown, published);
                    result.result
                }),
                Err(failure) => Err(failure),
            },
            Err(failure) => Err(failure),
        };
        let effects = guard.effects().take();
        effects.note_in(&mut resources);
        let plan = effects.proposed().map(|id| ShownPlan {
            id: id.clone(),
            is_hosts_own: false,
            console: None,
        });
        let mut answer = effects
            .answer(tool, result)
            .map(|answer| masked_answer(&mask, answer))
            .map_err(|failure| masked_failure(&mask, &text_mask, failure));
        match (&mut answer, shortening) {
            (Ok(answer), Some(shortening)) => kept.extend(shortening.shorten(answer).await),
            (Ok(_), None) => {}
            (Err(_), _) => documents::retract(exports, std::mem::take(&mut kept)).await,
        }
        resources.documents = kept.iter().map(|kept| kept.id.uri()).collect();
        let has_written = resources.has_written();
        let usage = usage(&resources, &mask);
        let outcome = CallOutcome::of(&answer.as_ref().map_err(|failed| failed.failure.clone()));
        match (guard.end(resources, outcome), &mut answer) {
            (Ok(()), _) => {}
            // What was sent cannot be taken back: its caller hears what came of it all the same.
            (Err(_), Ok(answer)) if has_written => answer.notes.push(NO_LINE_OF_CALL.to_owned()),
            (Err(_), Err(CallFailure { failure, .. })) if has_written => {
                failure.message = format!("{}; {NO_LINE_OF_CALL}", failure.message);
            }
            (Err(failure), _) => {
                documents::retract(exports, kept).await;
                return Err(failure.into());
            }
        }
        let CallAnswer { headline, result, notes } =
            answer.map_err(|failed| CallFailure { usage, ..failed })?;
        let documents = kept.iter().map(|kept| documents::document_for(kept, &mask)).collect();
        Ok(ToolResult { headline, result, content, documents, notes, usage, plan })
    }
}

/// What a call used, where a plugin ran for it. How much came back from the store is not told under a
/// mask: its length would tell of what is masked.
fn usage(resources: &CallResources, mask: &Mask) -> Option<CallUsage> {
    // No instance is without memory.
    (resources.peak_memory_bytes > 0).then(|| CallUsage {
        cpu_us: resources.cpu_us,
        memory_bytes: resources.peak_memory_bytes,
        host_calls: resources.host_calls,
        requests: resources.request_count(),
        fetched_bytes: (!mask.is_on()).then_some(resources.fetched_bytes),
    })
}

/// A panic of the host's own must not hide what the call did before it.
pub(super) async fn catch_panic(
    run: impl Future<Output = (CallResources, Result<CallResult, Failure>)>,
) -> (CallResources, Result<CallResult, Failure>) {
    AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(|_| {
        let failure = Failure::internal("the call broke inside the host")
            .remedy("tell the operator; the host's log has the details");
        (CallResources::default(), Err(failure))
    })
}
