//! A plan as it stands on a page, apart from its items.

use souk_model::plan::{DecisionVerdict, PlanDecision, PlanHeader, PlanState};
use souk_model::visible::quoted;
use souk_model::{Failure, counted, visible};
use souk_plans::review::masked;
use souk_plans::{DecisionStanding, PlanReview};
use souk_policy::Mask;
use souk_state::plans::StoredPlan;
use souk_state::rfc3339_to_the_second;

use crate::console::Console;

/// A plan on a page.
pub(super) struct PlanView {
    pub(super) review: PlanReview,
    /// What it is, in the host's own words.
    pub(super) title: String,
    /// What the plugin says that it is for, in quotes.
    pub(super) said: String,
    /// For whom it was proposed.
    pub(super) principal: String,
    pub(super) state: &'static str,
    /// How long it can still be started, in words; empty where it was started or thrown away.
    pub(super) time_left: String,
    /// The money that it moves at most, in words; empty where none.
    pub(super) money: String,
    /// Who has to decide, in words.
    pub(super) need: String,
    /// The rule that says so.
    pub(super) rule: String,
    /// Whether the passphrase is asked for with each decision.
    pub(super) wants_passphrase: bool,
    /// Whether a person has approved it.
    pub(super) is_approved: bool,
    /// Whether what was decided is enough.
    pub(super) is_met: bool,
    pub(super) decisions: Vec<DecisionView>,
    /// Why it cannot be carried out now; empty where it can.
    pub(super) frozen: String,
    pub(super) is_expired: bool,
    pub(super) is_running: bool,
    pub(super) can_undo: bool,
    pub(super) can_resume: bool,
}

/// What a person decided.
pub(super) struct DecisionView {
    pub(super) verdict: &'static str,
    pub(super) by: String,
    pub(super) at: String,
    pub(super) means: &'static str,
    pub(super) reason: String,
    pub(super) left_out: usize,
}

impl PlanView {
    /// A plan as it is now.
    ///
    /// # Errors
    /// The store of plans cannot be reached.
    pub(super) async fn load(console: &Console, stored: &StoredPlan) -> Result<Self, Failure> {
        let mask = console.host.mask(&stored.header.group);
        let standing = console.plans.standing(stored).await?;
        let frozen = console.host.why_frozen(&stored.header, stored.state);
        Self::of(stored, &standing, frozen.as_deref(), &mask, Console::now_ms())
    }

    fn of(
        stored: &StoredPlan,
        standing: &DecisionStanding,
        frozen: Option<&str>,
        mask: &Mask,
        now_ms: i64,
    ) -> Result<Self, Failure> {
        let header = &stored.header;
        let review: PlanReview = masked(&PlanReview::of(stored), mask)?;
        let is_under_way = review.run.as_ref().is_some_and(|run| run.is_under_way);
        let is_proposed = stored.state == PlanState::Proposed;
        let need = standing.requirement.need;
        Ok(Self {
            title: format!(
                "{} by {}",
                counted(review.count, "change", "changes"),
                review.proposed_by
            ),
            said: quoted(&review.summary),
            principal: visible::line(&header.principal).into_owned(),
            state: match stored.state {
                PlanState::Running if !is_under_way => "interrupted",
                state => state_words(state),
            },
            time_left: if is_proposed { time_left(header, now_ms) } else { String::new() },
            money: money(header),
            need: need.describe().to_owned(),
            rule: visible::line(&standing.requirement.origin.to_string()).into_owned(),
            wants_passphrase: need > souk_model::plan::DecisionNeed::Person,
            is_approved: standing
                .decisions
                .iter()
                .any(|decision| decision.verdict == DecisionVerdict::Approved),
            is_met: standing.is_met,
            decisions: standing.decisions.iter().map(DecisionView::of).collect(),
            frozen: frozen.map(visible::line).unwrap_or_default().into_owned(),
            is_expired: is_proposed && now_ms > header.expires_ms,
            is_running: is_under_way,
            can_undo: !is_under_way && stored.counts.done > 0 && !stored.is_forgotten,
            can_resume: !is_under_way
                && !matches!(stored.state, PlanState::Proposed | PlanState::Discarded)
                && stored.counts.has_work(),
            review,
        })
    }

    pub(super) fn state_class(&self) -> String {
        class_of(self.state)
    }

    /// Whether a person can decide of it now.
    pub(super) const fn can_decide(&self) -> bool {
        match self.review.state {
            PlanState::Proposed => !self.is_expired,
            _ => self.can_resume,
        }
    }

    /// Whether it can be started here.
    pub(super) const fn can_run(&self) -> bool {
        let is_open = match self.review.state {
            PlanState::Proposed => !self.is_expired,
            _ => self.can_resume,
        };
        is_open && self.is_met && self.is_approved && self.frozen.is_empty()
    }

    /// How many items are through, of how many: for a progress bar.
    pub(super) const fn settled(&self) -> u32 {
        let review = &self.review;
        review.count.saturating_sub(review.pending + review.sending)
    }
}

impl DecisionView {
    fn of(decision: &PlanDecision) -> Self {
        let reason = decision.reason.as_deref().map(visible::line).unwrap_or_default();
        Self {
            verdict: match decision.verdict {
                DecisionVerdict::Approved => "approved",
                DecisionVerdict::Rejected => "rejected",
            },
            by: visible::line(&decision.by).into_owned(),
            at: rfc3339_to_the_second(decision.at_ms),
            means: decision.means.as_str(),
            reason: reason.into_owned(),
            left_out: decision.left_out.len(),
        }
    }
}

/// A state as people say it.
pub(super) const fn state_words(state: PlanState) -> &'static str {
    match state {
        PlanState::Draft => "draft",
        PlanState::Proposed => "waiting",
        PlanState::Running => "running",
        PlanState::Done => "done",
        PlanState::PartlyDone => "partly done",
        PlanState::Failed => "failed",
        PlanState::Stopped => "stopped",
        PlanState::Discarded => "discarded",
    }
}

/// The style of a state.
pub(super) fn class_of(state: &str) -> String {
    state.replace(' ', "-")
}

/// How long a plan can still be started, in words.
pub(super) fn time_left(header: &PlanHeader, now_ms: i64) -> String {
    match (header.expires_ms - now_ms) / 60_000 {
        _ if header.expires_ms < now_ms => "expired".to_owned(),
        0 => "less than a minute".to_owned(),
        minutes @ ..120 => counted(minutes.unsigned_abs(), "minute", "minutes"),
        minutes => counted((minutes / 60).unsigned_abs(), "hour", "hours"),
    }
}

/// The money that a plan moves at most, in words.
pub(super) fn money(header: &PlanHeader) -> String {
    let mut parts: Vec<String> = header
        .money
        .iter()
        .map(|money| {
            let (amount, currency) = (&money.amount, visible::line(&money.currency));
            format!("{amount} {currency} ({})", money.kind.as_str())
        })
        .collect();
    if header.may_move_money {
        parts.push("may move money that cannot be told".to_owned());
    }
    parts.join(", ")
}
