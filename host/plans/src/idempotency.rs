//! The same change asked for again: answered from before, and never made twice.
//!
//! A request is told by what the caller asked, not by what it would change: once it was carried out,
//! the same request would change something else, or something more.

use std::time::Duration;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use souk_model::plan::{PlanHeader, PlanState};
use souk_model::{Failure, Principal};
use souk_state::plans::{IdempotencyHit, IdempotencyKey, StoredPlan};
use souk_upstream::Session;

use crate::context::PlansContext;
use crate::decisions;
use crate::outcome::{PlanOutcome, outcome_of};
use crate::refusals::key_conflict;
use crate::request::ApplyOptions;
use crate::store_reader::StoreReader;
use crate::subjects::SubjectReader;
use crate::verdict::shows_after;

/// How long a caller's own key is remembered, in milliseconds: a day.
const KEY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How long the same request at the same time waits for the first one to begin.
const BEGIN_TRIES: u32 = 40;
const BEGIN_WAIT: Duration = Duration::from_millis(50);

/// The digest of what is asked of a store, whatever the order of the arguments: lower-case hex SHA-256.
#[must_use]
pub fn request_digest(store: &str, arguments: &Value) -> String {
    let mut arguments = arguments.clone();
    arguments.sort_all_objects();
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(store));
    hash.update(arguments.to_string());
    hex::encode(hash.finalize())
}

/// The same `apply` as it was carried out before.
#[derive(Debug)]
pub struct EarlierApply {
    /// How far its plan has come by now; nothing where the plan is no longer kept.
    pub outcome: Option<PlanOutcome>,
    /// What the plugin answered; nothing where it did not come to that.
    pub answer: Option<Map<String, Value>>,
}

/// The same `apply`, if it was carried out before: with the caller's key, or without one within the
/// window and while the store still shows it.
///
/// # Errors
/// The store of plans cannot be reached.
pub(crate) async fn earlier_apply(
    context: &PlansContext,
    principal: &Principal,
    session: &Session,
    tool: &str,
    options: &ApplyOptions,
) -> Result<Option<EarlierApply>, Failure> {
    let Some(key) = key_of(principal, tool, options) else { return Ok(None) };
    let record = context.store.recall(&key, context.now_ms()).await?;
    let Some(record) = record else { return Ok(None) };
    let answer = record.answer;
    let Some(first) = context.store.plan(&record.plan).await? else {
        let answer = answer.filter(|_| options.key.is_some());
        return Ok(answer.map(|answer| EarlierApply { outcome: None, answer: Some(answer) }));
    };
    // One that was never started has no outcome.
    if first.state == PlanState::Proposed && answer.is_none()
        || options.key.is_none() && !still_counts(context, session, &first).await?
    {
        return Ok(None);
    }
    let outcome = Some(outcome_of(context, first, None).await?);
    Ok(Some(EarlierApply { outcome, answer }))
}

/// Keeps what an `apply` was answered, for when it is asked for again. That it cannot be kept takes
/// nothing from the answer.
pub(crate) async fn record_answer(
    context: &PlansContext,
    principal: &Principal,
    tool: &str,
    options: &ApplyOptions,
    answer: &Map<String, Value>,
) {
    let Some(key) = key_of(principal, tool, options) else { return };
    if let Err(error) = context.store.answer(&key, answer).await {
        tracing::warn!("the answer of {tool} is not kept for a retry: {error}");
    }
}

/// Lets the caller's key stand for this plan.
///
/// # Errors
/// IDEMPOTENCY_CONFLICT where it stands for something else.
pub(crate) async fn bind_key(
    context: &PlansContext,
    principal: &Principal,
    key: &str,
    stored: &StoredPlan,
) -> Result<(), Failure> {
    let (now, id) = (context.now_ms(), &stored.header.id);
    let (tool, digest) = (&stored.header.tool, &stored.digest);
    let hit = context
        .store
        .remember(principal.as_str(), key, tool, digest, id, now, now + KEY_MS)
        .await?;
    match hit {
        IdempotencyHit::New => Ok(()),
        IdempotencyHit::Same(plan) if plan == *id => Ok(()),
        IdempotencyHit::Same(_) | IdempotencyHit::Conflict => Err(key_conflict()),
    }
}

/// The plan that the same request made before; none makes `new` the first.
///
/// # Errors
/// IDEMPOTENCY_CONFLICT where the caller's key stands for another request.
pub(crate) async fn first_plan(
    context: &PlansContext,
    principal: &Principal,
    session: &Session,
    options: &ApplyOptions,
    new: &PlanHeader,
) -> Result<Option<StoredPlan>, Failure> {
    let Some(digest) = &options.request_digest else { return Ok(None) };
    let (now, tool) = (context.now_ms(), &new.tool);
    let remember = async |key: &str, until| {
        context.store.remember(principal.as_str(), key, tool, digest, &new.id, now, until).await
    };
    if let Some(key) = &options.key {
        return match remember(key, now + KEY_MS).await? {
            IdempotencyHit::New => Ok(None),
            IdempotencyHit::Same(first) => Ok(Some(context.get(Some(principal), &first).await?)),
            IdempotencyHit::Conflict => {
                context.store.discard(&new.id).await?;
                Err(key_conflict())
            }
        };
    }
    let until = now + i64::from(context.config.repeat_window_min) * 60_000;
    // A request that failed, or was overtaken since, has used its place up; the next one is taken
    // by exactly one of those that want it.
    for turn in 0_u32.. {
        let key = format!("same: {tool} {digest} {turn}");
        let IdempotencyHit::Same(first) = remember(&key, until).await? else { break };
        let first = context.get(Some(principal), &first).await?;
        let first = wait_until_started(context, first).await?;
        if still_counts(context, session, &first).await? {
            return Ok(Some(first));
        }
    }
    Ok(None)
}

/// A plan once it has left the instant between being remembered and being carried out, in which the
/// same request at the same time finds it. One that stays there was left by a dead host.
async fn wait_until_started(
    context: &PlansContext,
    mut first: StoredPlan,
) -> Result<StoredPlan, Failure> {
    for _ in 0..BEGIN_TRIES {
        if first.state != PlanState::Proposed || decisions::waits_for_person(context, &first) {
            break;
        }
        tokio::time::sleep(BEGIN_WAIT).await;
        if let Some(now) = context.store.plan(&first.header.id).await? {
            first = now;
        }
    }
    Ok(first)
}

/// Whether a plan still answers the request: it waits or runs, it may have happened, or the store
/// shows all of it.
async fn still_counts(
    context: &PlansContext,
    session: &Session,
    first: &StoredPlan,
) -> Result<bool, Failure> {
    match first.state {
        // One that still waits is committed by its id, or forgotten when it expires.
        PlanState::Proposed => Ok(context.now_ms() <= first.header.expires_ms),
        PlanState::Running => Ok(true),
        PlanState::Done => store_still_shows(context, session, &first.header).await,
        _ => Ok(first.counts.unknown > 0 || first.counts.sending > 0),
    }
}

async fn store_still_shows(
    context: &PlansContext,
    session: &Session,
    header: &PlanHeader,
) -> Result<bool, Failure> {
    let reader = SubjectReader::of(StoreReader::now(session), header);
    let mut cursor = context.cursor(&header.id, &[]);
    while let Some(page) = cursor.next().await? {
        let observed = reader.read_items(page.iter().map(|(item, _)| item)).await;
        for (item, _) in &page {
            match observed.get(&item.change.subject.id) {
                Some(Ok(observed)) if !shows_after(item, observed) => return Ok(false),
                // What cannot be read is no reason to do it again.
                _ => {}
            }
        }
    }
    Ok(true)
}

fn key_of<'a>(
    principal: &'a Principal,
    tool: &'a str,
    options: &'a ApplyOptions,
) -> Option<IdempotencyKey<'a>> {
    Some(IdempotencyKey {
        principal: principal.as_str(),
        key: options.key.as_deref(),
        action: tool,
        content: options.request_digest.as_deref()?,
    })
}
