//! How a plan stands: who has to decide of it, and what was decided so far.

use std::collections::BTreeSet;

use souk_model::plan::{
    DecisionMeans, DecisionNeed, DecisionVerdict, ItemState, PlanDecision, PlanHeader, PlanState,
};
use souk_model::{Code, Failure, Tier, WaitingPlan};
use souk_policy::RuleOrigin;
use souk_policy::decisions::{DecisionFacts, DecisionPolicy, DecisionRequirement};
use souk_state::people::{PeopleError, Person};
use souk_state::plans::StoredPlan;

use crate::context::PlansContext;
use crate::decision_log::KnownDecisions;
use crate::refusals::refuse;

/// Who has to decide of a plan, and what was decided so far.
#[derive(Debug, Clone)]
pub struct DecisionStanding {
    /// Who has to, and which rule says so.
    pub requirement: DecisionRequirement,
    /// What was decided, the earliest first: what counts now, and nothing else.
    pub decisions: Vec<PlanDecision>,
    /// Whether that is enough to carry it out.
    pub is_met: bool,
    /// Whether somebody was set up who could decide; also where that cannot be told.
    pub(crate) can_reach: bool,
    /// The number of the last decision of anything that was known then.
    pub(crate) read_to: u64,
}

impl DecisionStanding {
    /// The rejection, if there is one.
    #[must_use]
    pub fn rejection(&self) -> Option<&PlanDecision> {
        self.decisions.iter().find(|decision| decision.verdict == DecisionVerdict::Rejected)
    }

    fn approvals(&self) -> impl Iterator<Item = &PlanDecision> {
        self.decisions.iter().filter(|decision| decision.verdict == DecisionVerdict::Approved)
    }

    /// Items that persons left out.
    pub(crate) fn left_out(&self) -> BTreeSet<u32> {
        self.approvals().flat_map(|approval| approval.left_out.iter().copied()).collect()
    }
}

/// That persons let a plan be carried out.
#[derive(Debug)]
pub(crate) struct Permission {
    /// Who had to decide of it.
    pub(crate) need: DecisionNeed,
    /// Items that they left out.
    pub(crate) left_out: BTreeSet<u32>,
    /// The number of the last decision that was known then: it holds as long as no more were taken down.
    pub(crate) decisions: u64,
}

/// Who has to decide of a plan that turns out to be of this tier. Where it cannot be told whether there
/// are persons who could, there are.
pub(crate) fn requirement(
    context: &PlansContext,
    header: &PlanHeader,
    tier: Tier,
) -> DecisionRequirement {
    requirement_among(context, header, tier, &context.people.list())
}

/// Who can decide, where that is as it was written down last.
///
/// # Errors
/// The file is not as it was written, or another than the one that was written last.
pub(super) fn people_as(
    context: &PlansContext,
    known: &KnownDecisions,
) -> Result<Vec<Person>, PeopleError> {
    let (people, seal) = context.people.sealed()?;
    match known.knows_people_as(seal.as_deref()) {
        true => Ok(people),
        false if seal.is_none() => Err(PeopleError::Gone(context.people.path())),
        false => Err(PeopleError::Tampered(context.people.path())),
    }
}

fn requirement_among(
    context: &PlansContext,
    header: &PlanHeader,
    tier: Tier,
    people: &Result<Vec<Person>, PeopleError>,
) -> DecisionRequirement {
    let can_reach = can_reach(people);
    let policy = context.policy();
    let own = policy.require(&DecisionFacts::of(header, tier), can_reach);
    let undone = DecisionFacts::of_undone(header, tier);
    let now = match undone.map(|facts| policy.require(&facts, can_reach)) {
        Some(undone) if undone.need > own.need => undone,
        _ => own,
    };
    // A plan that waits is not for rules that were relaxed since, or are another host's.
    match header.need.filter(|then| *then > now.need) {
        Some(need) => DecisionRequirement { need, origin: RuleOrigin::AtProposal },
        None => now,
    }
}

/// Whether somebody was set up. Where it cannot be told, somebody was.
fn can_reach(people: &Result<Vec<Person>, PeopleError>) -> bool {
    people.as_ref().map_or(true, |people| !people.is_empty())
}

/// Whether a plan that nobody has started is one of which a person has to decide.
pub(crate) fn waits_for_person(context: &PlansContext, stored: &StoredPlan) -> bool {
    stored.state == PlanState::Proposed
        && requirement(context, &stored.header, stored.header.commit_tier()).need.wants_person()
}

/// How a plan stands that turns out to be of this tier.
///
/// # Errors
/// The store of plans cannot be reached.
pub(crate) async fn standing(
    context: &PlansContext,
    stored: &StoredPlan,
    tier: Tier,
) -> Result<DecisionStanding, Failure> {
    let (kept, people, read_to) = {
        let known = context.decided().await?;
        let kept = known.of_plan(&stored.header.id)?.to_vec();
        (kept, people_as(context, &known), known.last_no())
    };
    let requirement = requirement_among(context, &stored.header, tier, &people);
    let can_reach = can_reach(&people);
    if kept.is_empty() {
        let is_met = !requirement.need.wants_person();
        return Ok(DecisionStanding { requirement, decisions: kept, is_met, can_reach, read_to });
    }
    // Where nobody can be read, nobody's word counts.
    let people = people.unwrap_or_default();
    let now = context.now_ms();
    let policy = context.policy();
    let decisions: Vec<PlanDecision> =
        kept.into_iter().filter(|one| counts(stored, one, &people, &policy, now)).collect();
    let mut standing =
        DecisionStanding { requirement, decisions, is_met: false, can_reach, read_to };
    standing.is_met = standing.rejection().is_none()
        && is_met(&standing, stored, &people, &policy, tier.max(stored.header.commit_tier()));
    Ok(standing)
}

/// Whether a decision counts for the plan as it is now.
fn counts(
    stored: &StoredPlan,
    decision: &PlanDecision,
    people: &[Person],
    policy: &DecisionPolicy,
    now_ms: i64,
) -> bool {
    let is_of_plan =
        decision.digest == stored.digest && decision.asked_by == stored.header.principal;
    let is_known = decision.means == DecisionMeans::Elicitation
        || people.iter().any(|person| person.name == decision.by);
    match decision.verdict {
        // Whoever is behind a caller by now who decides of nothing has approved of nothing.
        DecisionVerdict::Approved => {
            let is_silent =
                decision.principals.iter().any(|one| policy.not_deciding(one).is_some());
            is_of_plan && is_known && !is_silent && now_ms <= decision.expires_ms
        }
        DecisionVerdict::Rejected => is_of_plan,
    }
}

fn is_met(
    standing: &DecisionStanding,
    stored: &StoredPlan,
    people: &[Person],
    policy: &DecisionPolicy,
    tier: Tier,
) -> bool {
    let PlanHeader { principal: asker, person: asking, .. } = &stored.header;
    let mut proved = standing.approvals().filter(|decision| decision.is_proved());
    match standing.requirement.need {
        DecisionNeed::None | DecisionNeed::Confirm => true,
        DecisionNeed::Person => {
            proved.next().is_some()
                || standing.approvals().next().is_some()
                    && policy.counts_elicitation(tier, standing.can_reach)
        }
        DecisionNeed::Other => proved.any(|decision| {
            let now = people.iter().find(|person| person.name == decision.by);
            let now = now.map_or(&[][..], |person| person.principals.as_slice());
            let is_asking = asking.as_ref() == Some(&decision.by);
            !is_asking && !decision.principals.contains(asker) && !now.contains(asker)
        }),
        DecisionNeed::Two => {
            let names: BTreeSet<&str> = proved.map(|decision| decision.by.as_str()).collect();
            names.len() >= 2
        }
    }
}

/// Whether a plan that turns out to be of this tier may be carried out, as far as persons decide: who
/// had to decide of it, and what they left out.
///
/// # Errors
/// REJECTED; APPROVAL_REQUIRED; FORBIDDEN where the people who can decide, or what they left out, are
/// not as they were.
pub(crate) async fn check(
    context: &PlansContext,
    stored: &StoredPlan,
    tier: Tier,
) -> Result<Permission, Failure> {
    let standing = standing(context, stored, tier).await?;
    if let Some(rejection) = standing.rejection() {
        return Err(rejected(stored, rejection));
    }
    if !standing.is_met {
        if let Err(error) = people_as(context, &*context.decided().await?) {
            return Err(people_failure(&error));
        }
        context.notices.waits(stored, context.console_page(&stored.header.id));
        return Err(approval_required(context, stored, &standing));
    }
    let left_out = standing.left_out();
    check_left_out(context, stored, &left_out).await?;
    let DecisionStanding { requirement, read_to: decisions, .. } = standing;
    Ok(Permission { need: requirement.need, left_out, decisions })
}

/// What persons left out is left out still.
async fn check_left_out(
    context: &PlansContext,
    stored: &StoredPlan,
    left_out: &BTreeSet<u32>,
) -> Result<(), Failure> {
    if left_out.is_empty() {
        return Ok(());
    }
    let id = &stored.header.id;
    let others: Vec<ItemState> =
        ItemState::ALL.into_iter().filter(|state| *state != ItemState::Skipped).collect();
    let mut cursor = context.cursor(id, &others);
    while let Some(page) = cursor.next().await? {
        if let Some((item, _)) = page.iter().find(|(item, _)| left_out.contains(&item.n)) {
            return Err(refuse(
                "plan-seal",
                Code::Forbidden,
                format!(
                    "item {} of the plan `{id}` was left out by the person who approved it, and is \
                     to be carried out: it was tampered with",
                    item.n
                ),
                "propose it again, and find out who can write the state directory".into(),
            ));
        }
    }
    Ok(())
}

/// A person said no.
pub(crate) fn rejected(stored: &StoredPlan, rejection: &PlanDecision) -> Failure {
    let why = rejection.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
    refuse(
        "decision",
        Code::Rejected,
        format!("`{}` has rejected the plan `{}`{why}", rejection.by, stored.header.id),
        "nothing was changed; do what they ask for, or propose something else".into(),
    )
}

/// Persons still have to decide.
fn approval_required(
    context: &PlansContext,
    stored: &StoredPlan,
    standing: &DecisionStanding,
) -> Failure {
    let id = &stored.header.id;
    let DecisionRequirement { need, origin } = &standing.requirement;
    let so_far = match (need, standing.approvals().next()) {
        (DecisionNeed::Two, Some(first)) => format!(" (`{}` has approved)", first.by),
        (DecisionNeed::Other, Some(first)) if stored.header.person.as_ref() == Some(&first.by) => {
            format!(" (`{}` has approved, who asked for it)", first.by)
        }
        (DecisionNeed::Other, Some(first)) => {
            format!(" (`{}` has approved, and is behind `{}`)", first.by, stored.header.principal)
        }
        _ => String::new(),
    };
    let url = context.console_page(id);
    let page = url.as_ref().map_or_else(String::new, |page| format!("at {page} or "));
    let waiting = WaitingPlan { plan_id: id.to_string(), digest: stored.digest.clone(), url };
    let failure = refuse(
        "decision",
        Code::ApprovalRequired,
        format!(
            "the plan `{id}` waits for {}{so_far}, as {origin} wants; nothing was changed",
            need.describe()
        ),
        format!(
            "they decide {page}with `souk plans approve {id}`; then `plans_commit` with plan_id \
             `{id}` carries it out, and with `wait_s` it waits for them"
        ),
    );
    Failure { waiting: Some(Box::new(waiting)), ..failure }
}

/// Nobody can be told apart.
pub(crate) fn people_failure(error: &PeopleError) -> Failure {
    match error {
        PeopleError::Wrong | PeopleError::Slowed { .. } | PeopleError::Unfit(_) => {
            refuse("passphrase", Code::Forbidden, error.to_string(), "try again".into())
        }
        _ => {
            tracing::error!("{error}");
            let why = match error {
                // As where this process has no descriptor left: nobody has touched the file.
                PeopleError::State(_) => "the file of people cannot be read now",
                _ => "the file of people is not as it was",
            };
            refuse(
                "people",
                Code::Forbidden,
                format!("who can decide of plans cannot be told: {why}"),
                "the log and `souk doctor` say what is wrong".into(),
            )
        }
    }
}
