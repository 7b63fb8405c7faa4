//! The same change asked for again: answered from before, and never made twice.
//!
//! A request is told by what the caller asked, not by what it would change: once it was carried out,
//! the same request would change something else, or something more.

use std::time::Duration;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use souk_model::plan::{Header, PlanId, PlanState};
use souk_model::{Failure, Principal};
use souk_state::plans::{Asked, Remembered, Stored};
use souk_upstream::Session;

use crate::commit::{Terms, key_conflict};
use crate::look::Looker;
use crate::service::Plans;
use crate::verdict::shows_after;

/// How long a caller's own key is remembered, in milliseconds: a day.
pub(crate) const KEY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How long the same request at the same time waits for the first one to begin.
const BEGIN_TRIES: u32 = 40;
const BEGIN_WAIT: Duration = Duration::from_millis(50);

/// What is asked of a store, whatever the order of the arguments: lower-case hex SHA-256.
#[must_use]
pub fn asked_for(store: &str, arguments: &Value) -> String {
    let mut arguments = arguments.clone();
    arguments.sort_all_objects();
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(store));
    hash.update(arguments.to_string());
    hex::encode(hash.finalize())
}

impl Plans {
    /// The answer to the same `apply`, if it was made before: with the caller's key, or without one
    /// within the window and while the store still shows it.
    ///
    /// # Errors
    /// The store of plans cannot be reached.
    pub async fn answered_before(
        &self,
        principal: &Principal,
        session: &Session,
        tool: &str,
        terms: &Terms,
    ) -> Result<Option<Map<String, Value>>, Failure> {
        let Some(asked) = asked(principal, tool, terms) else { return Ok(None) };
        let recalled = self.store.recall(&asked, self.clock.now_ms()).await?;
        let Some(recalled) = recalled else { return Ok(None) };
        let Some(answer) = recalled.answer else { return Ok(None) };
        if terms.key.is_some() {
            return Ok(Some(answer));
        }
        let Some(first) = self.store.plan(&recalled.plan).await? else { return Ok(None) };
        Ok(self.stands(session, &first).await?.then_some(answer))
    }

    /// Keeps what an `apply` was answered, for when it is asked for again. That it cannot be kept
    /// takes nothing from the answer.
    pub async fn keep_answer(
        &self,
        principal: &Principal,
        tool: &str,
        terms: &Terms,
        answer: &Map<String, Value>,
    ) {
        let Some(asked) = asked(principal, tool, terms) else { return };
        if let Err(error) = self.store.answer(&asked, answer).await {
            tracing::warn!("the answer of {tool} is not kept for a retry: {error}");
        }
    }

    /// The plan that the same request made before; none makes this one the first.
    pub(crate) async fn first_of(
        &self,
        principal: &Principal,
        session: &Session,
        tool: &str,
        terms: &Terms,
        new: &PlanId,
    ) -> Result<Option<Header>, Failure> {
        let Some(asked) = &terms.asked else { return Ok(None) };
        let now = self.clock.now_ms();
        let remember = async |key: &str, until| {
            self.store.remember(principal.as_str(), key, tool, asked, new, now, until).await
        };
        if let Some(key) = &terms.key {
            return match remember(key, now + KEY_MS).await? {
                Remembered::New => Ok(None),
                Remembered::Same(first) => {
                    Ok(Some(self.get(Some(principal), &first).await?.header))
                }
                Remembered::Conflict => {
                    self.store.discard(new).await?;
                    Err(key_conflict())
                }
            };
        }
        let until = now + i64::from(self.config.repeat_window_min) * 60_000;
        // A request that failed, or was overtaken since, has used its place up; the next one is
        // taken by exactly one of those that want it.
        for turn in 0_u32.. {
            let key = format!("same: {tool} {asked} {turn}");
            let Remembered::Same(first) = remember(&key, until).await? else { break };
            let first = self.begun(self.get(Some(principal), &first).await?).await?;
            if self.stands(session, &first).await? {
                return Ok(Some(first.header));
            }
        }
        Ok(None)
    }

    /// A plan once it has left the instant between being remembered and being carried out, in which
    /// the same request at the same time finds it. One that stays there was left by a dead host.
    async fn begun(&self, mut first: Stored) -> Result<Stored, Failure> {
        for _ in 0..BEGIN_TRIES {
            if first.state != PlanState::Proposed {
                break;
            }
            tokio::time::sleep(BEGIN_WAIT).await;
            if let Some(now) = self.store.plan(&first.header.id).await? {
                first = now;
            }
        }
        Ok(first)
    }

    /// Whether a plan is still what counts: it waits or runs, it may have happened, or the store
    /// shows all of it.
    async fn stands(&self, session: &Session, first: &Stored) -> Result<bool, Failure> {
        match first.state {
            // One that still waits is committed by its id, or forgotten when it expires.
            PlanState::Proposed => Ok(self.clock.now_ms() <= first.header.expires_ms),
            PlanState::Running => Ok(true),
            PlanState::Done => self.still_shown(session, &first.header).await,
            _ => Ok(first.counts.unknown > 0 || first.counts.sending > 0),
        }
    }

    async fn still_shown(&self, session: &Session, header: &Header) -> Result<bool, Failure> {
        let looker = Looker::of(session, header);
        let mut pages = self.pages(&header.id, &[]);
        while let Some(page) = pages.next().await? {
            let seen = looker.see_items(page.iter().map(|(item, _)| item)).await;
            for (item, _) in &page {
                match seen.get(&item.change.subject.id) {
                    Some(Ok(seen)) if !shows_after(item, seen) => return Ok(false),
                    // What cannot be read is no reason to do it again.
                    _ => {}
                }
            }
        }
        Ok(true)
    }
}

fn asked<'a>(principal: &'a Principal, tool: &'a str, terms: &'a Terms) -> Option<Asked<'a>> {
    Some(Asked {
        principal: principal.as_str(),
        key: terms.key.as_deref(),
        action: tool,
        content: terms.asked.as_deref()?,
    })
}
