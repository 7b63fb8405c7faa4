//! Purges of the cache before a store.
//!
//! Nothing of the store changes, so there is no plan: nothing to review, to journal or to undo. What
//! is kept is the rest of the law: a purge is within the action's grants and bound, is not sent when
//! the audit trail cannot be written, and is on the trail before its result is seen.

use std::sync::{Arc, OnceLock};

use futures::StreamExt;
use souk_model::{
    Action, Bound, Code, Effect, Failure, Method, Principal, PurgeTarget, Tier, WriteMethod,
};
use souk_policy::decisions::{DecisionFacts, DecisionRequirement};
use souk_policy::{EffectKind, PermittedPurge, permit_purge};
use souk_state::audit::{WriteEntry, WriteOrigin, WriteRequest};
use souk_upstream::{Purge, PurgeReceipt, Purger, Session};

use crate::context::PlansContext;
use crate::refusals::refuse;
use crate::request::ApplyOptions;
use crate::trail_lines::not_sent_entry;
use crate::write_stop::check_writes;

/// Purges of one call that are under way at once: a cache answers in milliseconds.
const AT_ONCE: usize = 4;

/// Who asks for purges, and with which options.
#[derive(Debug, Clone)]
pub struct PurgeRequest {
    /// For whom.
    pub principal: Principal,
    /// The roles of theirs that allow it.
    pub roles: Vec<String>,
    /// The session with the store.
    pub session: Session,
    /// The action, whose effect is `apply`.
    pub action: Arc<Action>,
    /// How many purges the same call asked for before these.
    pub before: usize,
    /// Why, and whether only to look. A key changes nothing: a purge is harmless to repeat.
    pub options: ApplyOptions,
}

/// A purge that was carried out, or would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeResult {
    /// The cache's own id of it, where it gives one.
    pub id: Option<String>,
    /// Which cache: `fastly`, `varnish`.
    pub provider: &'static str,
    /// It was only looked at: nothing was sent.
    pub previewed: bool,
}

/// What is sent, and how the trail names it.
struct AdmittedPurge {
    permitted: PermittedPurge,
    purge: Purge,
}

/// Purges these, and answers in their order; one failure does not stop the others, unless it is the
/// audit trail's.
///
/// It goes on when the caller leaves, so that what was sent is on the trail.
pub(crate) async fn purge(
    context: &Arc<PlansContext>,
    request: PurgeRequest,
    targets: Vec<PurgeTarget>,
) -> Vec<Result<PurgeResult, Failure>> {
    let count = targets.len();
    let purger = check_count(context, &request, count).and_then(|()| request.session.purger());
    let context = context.clone();
    let work = match purger {
        Ok(purger) => tokio::spawn(souk_telemetry::carried(async move {
            purge_all(&context, &request, &purger, targets).await
        })),
        Err(failure) => return vec![Err(failure); count],
    };
    work.await.unwrap_or_else(|error| {
        tracing::error!("purging ended early: {error}");
        vec![Err(Failure::internal("purging ended early; the log says why")); count]
    })
}

async fn purge_all(
    context: &PlansContext,
    request: &PurgeRequest,
    purger: &Purger,
    targets: Vec<PurgeTarget>,
) -> Vec<Result<PurgeResult, Failure>> {
    let mut admitted = Vec::with_capacity(targets.len());
    for target in targets {
        admitted.push(admit(request, purger, target).await);
    }
    let provider = purger.provider();
    if request.options.preview {
        let previewed = PurgeResult { id: None, provider, previewed: true };
        return admitted.into_iter().map(|one| one.map(|_| previewed.clone())).collect();
    }
    // What is refused costs the operator's cache nothing, and so no turn.
    let stopped =
        check_writes(context).await.and_then(|()| check_people(context, request, admitted.len()));
    if admitted.iter().any(Result::is_ok)
        && let Err(failure) =
            stopped.and_then(|()| context.check_trail()).and_then(|()| purger.count_call())
    {
        return admitted.into_iter().map(|one| one.and(Err(failure.clone()))).collect();
    }
    let announced = admitted.iter().flatten().map(|one| trail_request(request, &one.permitted));
    if let Err(failure) = context.announce(announced.collect()).await {
        return admitted.into_iter().map(|one| one.and(Err(failure.clone()))).collect();
    }
    // Why the trail took no line after a purge: nothing more is sent then.
    let trail_broken = OnceLock::new();
    futures::stream::iter(admitted)
        .map(|one| async {
            let AdmittedPurge { permitted, purge } = one?;
            let line = trail_request(request, &permitted);
            if let Some(failure) = trail_broken.get() {
                let failure = not_sent(failure);
                context.record_not_sent(vec![not_sent_entry(line, &failure.message)]);
                return Err(failure);
            }
            // Somebody may have stopped all writes since the call began.
            if let Err(failure) = check_writes(context).await {
                context.record_not_sent(vec![not_sent_entry(line, &failure.message)]);
                return Err(failure);
            }
            let result = purger.send(&purge).await;
            if let Err(failure) = context.record(write_entry(line, &result)) {
                return Err(trail_broken.get_or_init(|| sent_without_line(&failure)).clone());
            }
            result.map(|receipt| PurgeResult { id: receipt.id, provider, previewed: false })
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}

/// Refuses purges of which a rule wants a person to decide: there is no plan that could be shown to one.
fn check_people(
    context: &PlansContext,
    request: &PurgeRequest,
    count: usize,
) -> Result<(), Failure> {
    let (action, info) = (&request.action, request.session.info());
    let facts = DecisionFacts {
        // A default wants nobody for what changes nothing in the store.
        tier: action.tier.min(Tier::Risk),
        effect: EffectKind::Apply,
        group: action.tool.split('_').next().unwrap_or_default(),
        tool: &action.tool,
        commit_tool: None,
        principal: request.principal.clone(),
        roles: &request.roles,
        store: &info.store,
        environment: &info.environment,
        subjects: request.before.saturating_add(count) as u64,
        money: &[],
        may_move_money: false,
    };
    let DecisionRequirement { need, origin } = context.policy().require(&facts, true);
    if !need.wants_person() {
        return Ok(());
    }
    Err(refuse(
        "decision",
        Code::ApprovalRequired,
        format!(
            "a purge makes no plan that could be shown to {}, as {origin} wants",
            need.describe()
        ),
        "the operator lets purges go without one by a rule that leaves this tool out".into(),
    ))
}

fn check_count(
    context: &PlansContext,
    request: &PurgeRequest,
    count: usize,
) -> Result<(), Failure> {
    let most = match request.action.effect {
        Effect::Apply(Bound::AtMost(most)) => most,
        _ => context.guards.bulk_cap,
    };
    let wanted = request.before.saturating_add(count);
    if wanted <= most as usize {
        return Ok(());
    }
    Err(Failure::new(
        Code::BulkCapExceeded,
        format!("{wanted} purges in one call are more than the {most} that it may make"),
    )
    .rule("bulk-cap")
    .remedy("purge fewer at once"))
}

/// One purge, as the trail names it.
fn trail_request(request: &PurgeRequest, permitted: &PermittedPurge) -> WriteRequest {
    WriteRequest {
        principal: request.principal.to_string(),
        request_id: souk_telemetry::request_id().map(|id| id.to_string()),
        of: WriteOrigin::Call { tool: request.action.tool.clone() },
        subject: permitted.target().to_string(),
        method: Method::Write(WriteMethod::Post).as_str().to_owned(),
        route: permitted.route().to_string(),
        reason: request.options.reason.clone(),
    }
}

/// How a purge ended.
fn write_entry(request: WriteRequest, result: &Result<PurgeReceipt, Failure>) -> WriteEntry {
    WriteEntry {
        at: souk_state::Timestamp::now(),
        request,
        status: match result {
            Ok(receipt) => Some(receipt.status),
            Err(failure) => failure.status,
        },
        outcome: match result {
            Ok(_) => "accepted".to_owned(),
            Err(failure) => format!("failed: {failure}"),
        },
    }
}

/// A purge that was sent, and of which the trail does not say how it ended.
fn sent_without_line(broken: &Failure) -> Failure {
    let message = "it was sent, and the audit trail could not be written";
    Failure { message: message.to_owned(), ..broken.clone() }
}

/// A purge that was not sent, since the line of an earlier one is not on the trail.
fn not_sent(broken: &Failure) -> Failure {
    let message = "it was not sent: the audit trail could not be written after an earlier purge";
    Failure { message: message.to_owned(), ..broken.clone() }
}

async fn admit(
    request: &PurgeRequest,
    purger: &Purger,
    target: PurgeTarget,
) -> Result<AdmittedPurge, Failure> {
    let permitted = permit_purge(&request.action.grants, target)?;
    let purge = purger.verify(&permitted).await?;
    Ok(AdmittedPurge { permitted, purge })
}
