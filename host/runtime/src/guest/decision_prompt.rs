//! Asking the person at the other end of a call to decide of a plan, where their client can put it to
//! them. A client may answer for its user: whether that counts is the operator's to say.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use souk_model::plan::{DecisionVerdict, PlanId, SpendKind};
use souk_model::visible::quoted;
use souk_model::{
    Client, Elicitation, ElicitationAnswer, Failure, NoAnswer, Principal, WaitingPlan, counted,
    visible,
};
use souk_plans::{CommitRequest, PlanOutcome, PlanReview, Plans};
use souk_policy::Mask;

/// The longest reason that is taken from a form, in characters.
const REASON_CHARS: usize = 500;

/// Whom to ask of a plan, and for whom it is.
#[derive(Clone)]
pub(crate) struct DecisionPrompt {
    pub(crate) client: Option<Arc<dyn Client>>,
    pub(crate) principal: Principal,
    pub(crate) mask: Mask,
    /// Whether what comes through the caller's own client may count.
    pub(crate) decides: bool,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PromptEnd {
    /// Nobody was asked, or nobody said yes: it stands as before.
    Undecided,
    /// The person said something, or has the page that they say it on: it is worth looking again.
    LookAgain,
}

/// How a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitKind {
    /// For the first time.
    Commit,
    /// Further than before.
    Resume,
}

impl CommitKind {
    async fn start(
        self,
        plans: &Plans,
        request: CommitRequest<'_>,
    ) -> Result<PlanOutcome, Failure> {
        match self {
            Self::Commit => plans.commit(request).await,
            Self::Resume => plans.resume(request).await,
        }
    }
}

impl DecisionPrompt {
    /// Whether there is anybody to ask.
    pub(crate) fn can_ask(&self) -> bool {
        self.client.is_some()
    }

    /// Carries a plan out. Where it waits for a person, whoever can be asked is asked first, and then
    /// it is waited for them as long as the caller wants to.
    ///
    /// # Errors
    /// Why it was not started.
    pub(crate) async fn commit(
        &self,
        plans: &Plans,
        request: CommitRequest<'_>,
        kind: CommitKind,
    ) -> Result<PlanOutcome, Failure> {
        if !self.can_ask() {
            return kind.start(plans, request).await;
        }
        let first = CommitRequest { wait: Duration::ZERO, ..request.clone() };
        let waits = match kind.start(plans, first).await {
            Err(failure) if failure.waiting.is_some() => failure,
            ended => return ended,
        };
        self.go_on(plans, waits, request, kind).await
    }

    /// Goes on with a plan that waits for a person: asks whoever can be asked, and then carries it out,
    /// or waits as long as the caller wants to.
    ///
    /// # Errors
    /// `waits`, where nothing has come of asking; else why it was not started.
    pub(crate) async fn go_on(
        &self,
        plans: &Plans,
        waits: Failure,
        request: CommitRequest<'_>,
        kind: CommitKind,
    ) -> Result<PlanOutcome, Failure> {
        if self.ask(plans, &waits).await? == PromptEnd::Undecided && request.wait.is_zero() {
            return Err(waits);
        }
        kind.start(plans, request).await
    }

    /// Asks the person about the plan that waits for one. No answer, and none but a clear yes, counts
    /// as one.
    ///
    /// # Errors
    /// `waits` where the answer comes with the next call; what keeps a decision from being taken down.
    async fn ask(&self, plans: &Plans, waits: &Failure) -> Result<PromptEnd, Failure> {
        let (Some(client), Some(waiting)) = (&self.client, waits.waiting.as_deref()) else {
            return Ok(PromptEnd::Undecided);
        };
        let Ok(plan) = waiting.plan_id.parse::<PlanId>() else { return Ok(PromptEnd::Undecided) };
        let stored = plans.get(Some(&self.principal), &plan).await?;
        let key = format!("decide {plan}");
        if !self.decides || !plans.can_be_decided_by_client(&stored).await? {
            return self.show_page(client, &key, waits, waiting).await;
        }
        let question = Elicitation::Form {
            message: self.mask.text(question(&PlanReview::of(&stored))),
            schema: form(),
        };
        let content = match client.elicit(&key, question).await {
            Ok(ElicitationAnswer::Accepted(content)) => content,
            Ok(ElicitationAnswer::Declined | ElicitationAnswer::Dismissed) => {
                return Ok(PromptEnd::Undecided);
            }
            Err(NoAnswer::Later) => return Err(waits.clone()),
            Err(NoAnswer::Unsupported) => {
                return self.show_page(client, &key, waits, waiting).await;
            }
            Err(_) => return Ok(PromptEnd::Undecided),
        };
        let verdict = match content.get("approve") {
            Some(Value::Bool(true)) => DecisionVerdict::Approved,
            Some(Value::Bool(false)) => DecisionVerdict::Rejected,
            _ => return Ok(PromptEnd::Undecided),
        };
        let reason = content.get("reason").and_then(Value::as_str);
        let reason: Option<String> = reason.map(|text| text.chars().take(REASON_CHARS).collect());
        let (principal, digest) = (&self.principal, waiting.digest.as_str());
        plans.decide_by_client(principal, &plan, digest, verdict, reason.as_deref()).await?;
        Ok(PromptEnd::LookAgain)
    }

    /// Shows the console's page, where there is one and the client can open it: what is said there goes
    /// past the client.
    async fn show_page(
        &self,
        client: &Arc<dyn Client>,
        key: &str,
        waits: &Failure,
        waiting: &WaitingPlan,
    ) -> Result<PromptEnd, Failure> {
        let Some(url) = waiting.url.clone() else { return Ok(PromptEnd::Undecided) };
        let message = format!("The plan {} waits for a person to decide.", waiting.plan_id);
        let question = Elicitation::Url { message, url, id: waiting.plan_id.clone() };
        match client.elicit(key, question).await {
            // They have the page; whether they say yes there, the plan tells.
            Ok(ElicitationAnswer::Accepted(_)) => Ok(PromptEnd::LookAgain),
            Err(NoAnswer::Later) => Err(waits.clone()),
            _ => Ok(PromptEnd::Undecided),
        }
    }
}

/// What is asked: how much the plan changes, what it moves, what is warned of, in the host's own words;
/// and, marked as such, what the plugin says that it is for.
fn question(review: &PlanReview) -> String {
    let mut text = format!(
        "A plan waits for your decision: {} for the store {} ({}), proposed by `{}`, asked for by {}.\n\
         The plugin says: {}",
        counted(review.count, "change", "changes"),
        visible::line(&review.store),
        visible::line(&review.environment),
        review.proposed_by,
        quoted(&review.asked_by),
        quoted(&review.summary),
    );
    for money in &review.money {
        let what = match money.kind {
            SpendKind::Refund => "gives back",
            SpendKind::Cancel => "cancels",
        };
        text.push_str(&format!("\nIt {what} {} {} at most.", money.amount, money.currency));
    }
    for warning in review.warnings.iter().take(5) {
        text.push_str(&format!("\nWarning: {warning}"));
    }
    text.push_str(&format!("\n`plans_get` shows each change of {}.", review.plan_id));
    text
}

fn form() -> Map<String, Value> {
    let schema = json!({
        "type": "object",
        "properties": {
            "approve": {
                "type": "boolean",
                "title": "Carry it out",
                "description": "No rejects the plan.",
            },
            "reason": {"type": "string", "title": "Why", "maxLength": REASON_CHARS},
        },
        "required": ["approve"],
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}
