//! From a plugin's changes to a plan that can be reviewed.

mod additions;

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexSet;
use souk_model::plan::{Change, Intent, PlanHeader, PlanId, PlanItem, PlanOrigin};
use souk_model::{Action, Bound, Code, Effect, Failure, Principal, Tier, counted, visible};
use souk_upstream::{ReadMemo, Session};

use self::additions::{Additions, CheckedChange, review_all};
use crate::check;
use crate::context::PlansContext;
use crate::decisions::requirement;
use crate::guards::{JudgedChange, PlanScope, check_characters, subject_key};
use crate::ledger::{DraftTotals, MoneyContext};
use crate::observed::ObservedState;
use crate::plan_watch;
use crate::price_share;
use crate::refusals::plugin_fault;
use crate::request::PlanRoles;
use crate::review::ItemReview;
use crate::seal::{self, PlanHasher};
use crate::store_reader::StoreReader;
use crate::subjects::SubjectReader;
use crate::undo_refusal::undo_refusal;

/// Items whose diffs the proposal shows at once; the rest can be had in pages.
const SAMPLE: usize = 5;
/// Price jumps that are named one by one.
const JUMPS_NAMED: usize = 5;
/// Warnings of a plan that are the host's own, and those that are its plugin's; further ones are
/// counted. Neither can push out the other.
const WARNINGS: usize = 200;
const PLUGIN_WARNINGS: usize = 50;

/// Who proposes, and for what.
#[derive(Clone)]
pub struct Proposer {
    /// For whom.
    pub principal: Principal,
    /// With which session: the plan is bound to its store.
    pub session: Session,
    /// The action's group.
    pub group: String,
    /// The action.
    pub action: Arc<Action>,
    /// What the call has read: it is reviewed as it was read.
    pub reads: ReadMemo,
    /// Under which roles of theirs it may be proposed.
    pub roles: Arc<PlanRoles<'static>>,
}

/// Changes on their way into a plan. Stored as they come; dropped, it leaves nothing behind.
pub struct PlanDraft {
    context: Arc<PlansContext>,
    session: Session,
    reads: ReadMemo,
    roles: Arc<PlanRoles<'static>>,
    header: PlanHeader,
    hasher: PlanHasher,
    /// The host's own.
    warnings: IndexSet<String>,
    plugin_warnings: IndexSet<String>,
    jumps: PriceJumps,
    totals: DraftTotals,
    /// Its subjects, as the store tells them apart.
    subjects: HashSet<String>,
    /// How many rows its requests write, over all subjects.
    rows: u64,
    /// That of the worst of what it writes.
    tier: Tier,
    sample: Vec<ItemReview>,
    left_out: u32,
    /// How many changes the action declared to make at most.
    bound: Option<u32>,
    /// Whether the store still holds it as a draft, to be taken away when this is dropped.
    open: bool,
}

/// Prices that change by more than the operator's threshold.
#[derive(Default)]
struct PriceJumps {
    count: u32,
    named: Vec<String>,
}

/// A plan, proposed.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// What was fixed.
    pub header: PlanHeader,
    /// Lower-case hex SHA-256 of the content.
    pub digest: String,
    /// The first items.
    pub sample: Vec<ItemReview>,
    /// Subjects that already had these values and are not in the plan.
    pub left_out: u32,
}

impl PlanDraft {
    pub(crate) async fn begin(
        context: Arc<PlansContext>,
        proposer: Proposer,
        intent: Intent,
    ) -> Result<Self, Failure> {
        check::intent(&intent)?;
        let Proposer { principal, session, group, action, reads, roles } = proposer;
        let origin = match &action.effect {
            Effect::Prepare(commit) => {
                PlanOrigin::Prepared { commit_tool: commit.tool(&group), commit_tier: commit.tier }
            }
            Effect::Apply(_) => PlanOrigin::Applied,
            Effect::Query | Effect::Session => {
                return Err(Failure::new(
                    Code::Forbidden,
                    format!(
                        "`{}` has the effect `{}` and may not propose changes",
                        action.tool,
                        action.effect.as_str()
                    ),
                )
                .rule("effect"));
            }
        };
        let bound = match action.effect {
            Effect::Apply(Bound::AtMost(count)) => Some(count),
            _ => None,
        };
        let info = session.info();
        let created_ms = context.now_ms();
        let header = PlanHeader {
            id: new_id()?,
            origin,
            group,
            tool: action.tool.clone(),
            tier: action.tier,
            grants: action.grants.clone(),
            principal: principal.to_string(),
            person: None,
            undone: None,
            need: None,
            roles: Vec::new(),
            store: info.store,
            environment: info.environment,
            base_url: info.base_url,
            summary: intent.summary,
            view: intent.view,
            lookup: intent.lookup,
            created_ms,
            expires_ms: context.expiry(created_ms),
            count: 0,
            unverifiable: 0,
            rows: 0,
            money: Vec::new(),
            may_move_money: false,
            warnings: Vec::new(),
            plugin_warnings: Vec::new(),
        };
        Self::open(context, session, header, bound, reads, roles).await
    }

    /// Begins a draft under a header that the host made itself.
    pub(crate) async fn open(
        context: Arc<PlansContext>,
        session: Session,
        header: PlanHeader,
        bound: Option<u32>,
        reads: ReadMemo,
        roles: Arc<PlanRoles<'static>>,
    ) -> Result<Self, Failure> {
        context.store.begin(&header).await?;
        Ok(Self {
            context,
            session,
            reads,
            roles,
            header,
            hasher: PlanHasher::default(),
            warnings: IndexSet::new(),
            plugin_warnings: IndexSet::new(),
            jumps: PriceJumps::default(),
            totals: DraftTotals::default(),
            subjects: HashSet::new(),
            rows: 0,
            tier: Tier::Safe,
            sample: Vec::new(),
            left_out: 0,
            bound,
            open: true,
        })
    }

    /// Looks up, checks and stores more changes, all or nothing. Those that already have these values
    /// are left out.
    ///
    /// # Errors
    /// What a guard refuses, what the plugin did wrong, what the store says.
    pub async fn add(&mut self, changes: Vec<Change>) -> Result<(), Failure> {
        let guards = &self.context.guards;
        let scope = PlanScope::of(&self.header);
        let mut judged = Vec::with_capacity(changes.len());
        let mut subjects = HashSet::new();
        for change in &changes {
            check::change(&self.header.grants, change)?;
            judged.push(guards.check_requests(&scope, change)?);
            let key = subject_key(change);
            if self.subjects.contains(&key) || !subjects.insert(key) {
                return Err(plugin_fault(change, "the plan has that subject already"));
            }
        }
        let tier = self.tier_of(&judged);
        let may_move_money = judged.iter().any(JudgedChange::may_move_money);
        let currencies = price_share::base_currencies(&self.session, guards, &judged).await;
        let scope = scope.with_currencies(&currencies);
        let store = StoreReader::within_call(&self.session, &self.reads);
        let reader = SubjectReader::of(store, &self.header);
        let money = MoneyContext::of(store, &self.header);
        let mut totals = self.totals.clone();
        let ids: Vec<&str> = changes.iter().map(|change| change.subject.id.as_str()).collect();
        let mut observed = reader.read_all(&ids).await;
        let opened = changes.iter().zip(&judged).filter_map(|(change, judged)| {
            let observed = observed.get(&change.subject.id)?.as_ref().ok()?;
            Some(guards.rules_of_coupons(&scope, change, judged, observed))
        });
        let opened = opened.flatten().collect();
        let rules = price_share::coupon_rules(&self.session, opened).await;
        let view = &self.header.view;
        let (prices, unseen) =
            price_share::website_prices(&self.session, view, &changes, &judged).await;
        let scope = scope.with_rules(&rules).with_website_prices(&prices);
        let mut checked = Vec::with_capacity(changes.len());
        for (change, judged) in changes.iter().zip(&judged) {
            let observed = observed
                .remove(&change.subject.id)
                .unwrap_or_else(|| Err(plugin_fault(change, "it occurs twice in one addition")))?;
            let values = guards.check_values_read(&scope, change, judged, &observed)?;
            // What takes a change back has what a read showed the store to keep.
            if !scope.takes_back && !self.session.store().keeps_four_byte() {
                check_characters(change, &observed)?;
            }
            let reductions = match scope.takes_back {
                true => Vec::new(),
                false => guards.reduction_warnings(&scope, change, judged, &observed),
            };
            totals.add(&self.context, money, change, &observed).await?;
            let amount_off = match values.amount_off.filter(|_| !scope.takes_back) {
                Some(off) => price_share::warning(&self.session, guards, off).await,
                None => None,
            };
            let (jump, rows, retry) = (values.jump, judged.rows, judged.retry);
            let writes = judged.summaries();
            checked.push(CheckedChange {
                observed,
                jump,
                amount_off,
                reductions,
                rows,
                retry,
                writes,
            });
        }
        drop(judged);
        let judge_undo = |item: &PlanItem, observed: &ObservedState| {
            undo_refusal(guards, &scope, item, observed)
        };
        let additions = review_all(self.header.count, changes, checked, judge_undo)?;
        let rows = self.rows.saturating_add(additions.rows);
        guards.check_count(rows)?;
        check_bound(rows, self.bound)?;
        self.context.store.add(&self.header.id, &additions.items).await?;
        self.include(&additions)?;
        if let Some(unseen) = unseen {
            self.warn(unseen);
        }
        additions.amounts_off.iter().for_each(|warning| self.warn(warning));
        self.plugin_warnings.extend(additions.warnings);
        for warning in additions.reductions {
            self.warn(warning);
        }
        if let Some((count, why)) = &additions.kept_by_caps {
            let of = counted(*count, "item", "items");
            self.warn(format!("`plans_undo` would be refused by {of}, as the caps are: {why}"));
        }
        (self.totals, self.rows) = (totals, rows);
        self.header.may_move_money |= may_move_money;
        self.raise_tier(tier);
        self.subjects.extend(subjects);
        self.left_out += additions.left_out;
        Ok(())
    }

    fn include(&mut self, additions: &Additions) -> Result<(), Failure> {
        for (item, jump) in additions.items.iter().zip(&additions.jumps) {
            self.hasher.add(item).map_err(|error| Failure::internal(error.to_string()))?;
            self.header.count = self.header.count.saturating_add(1);
            self.header.unverifiable += u32::from(item.change.is_unverifiable());
            if let Some(jump) = jump {
                self.jumps.count += 1;
                if self.jumps.named.len() < JUMPS_NAMED {
                    self.jumps.named.push(format!("{} by {jump:.0} %", item.change.subject.id));
                }
            }
            if self.sample.len() < SAMPLE {
                self.sample.push(ItemReview::proposed(item));
            }
        }
        Ok(())
    }

    /// The tier of carrying it out: what its action says, or what it writes where that is more.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier.max(self.header.commit_tier())
    }

    /// That of the worst of these changes. What takes another plan back is judged beside that.
    fn tier_of(&self, judged: &[JudgedChange<'_, '_>]) -> Tier {
        let tiers = judged.iter().map(JudgedChange::tier);
        match self.header.origin {
            PlanOrigin::Undo { .. } => self.tier,
            PlanOrigin::Prepared { .. } | PlanOrigin::Applied => tiers.fold(self.tier, Ord::max),
        }
    }

    /// The tier of taking a change back by this one.
    pub(crate) fn tier_of_undo(&self, done: &Change, undo: &Change) -> Tier {
        let catalogue = &self.context.guards.catalogue;
        let own = catalogue.tier_of_undo(done, undo);
        own.unwrap_or_else(|| catalogue.tier_of_change(undo))
    }

    /// Takes note of what is written.
    pub(crate) fn raise_tier(&mut self, tier: Tier) {
        self.tier = self.tier.max(tier);
    }

    /// Adds a warning of the host's own.
    pub(crate) fn warn(&mut self, warning: impl AsRef<str>) {
        self.warnings.insert(visible::line(warning.as_ref()).into_owned());
    }

    /// What is known of the plan so far.
    pub(crate) const fn header(&self) -> &PlanHeader {
        &self.header
    }

    /// For whom.
    pub(crate) fn principal(&self) -> Principal {
        Principal::named(&self.header.principal)
    }

    /// With which session.
    pub(crate) const fn session(&self) -> &Session {
        &self.session
    }

    /// What the call has read that it is proposed in.
    pub(crate) const fn reads(&self) -> &ReadMemo {
        &self.reads
    }

    /// Why there is nothing in it; nothing where there is.
    pub(crate) fn why_empty(&self) -> Option<String> {
        if self.header.count > 0 {
            return None;
        }
        let mut warnings = self.warnings.iter().chain(&self.plugin_warnings);
        let why: Vec<&str> = warnings.by_ref().take(3).map(String::as_str).collect();
        Some(match (self.left_out, why.as_slice()) {
            (0, []) => "nothing matches".to_owned(),
            (0, why) => {
                let more = warnings.count();
                let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                format!("{}{more}", why.join("; "))
            }
            (1, _) => "the only subject already has these values".to_owned(),
            (count, _) => format!("all {count} subjects already have these values"),
        })
    }

    /// The refusal of a plan with nothing in it.
    fn empty(&self, why: &str) -> Failure {
        let is_settled = self.left_out > 0;
        let message = if is_settled {
            why.to_owned()
        } else {
            format!("there is nothing that can be changed: {why}")
        };
        Failure::new(Code::ValidationError, message).rule("empty-plan")
    }

    /// Closes the draft and keeps it as a plan.
    ///
    /// # Errors
    /// VALIDATION_ERROR where nothing is left to change.
    pub async fn propose(mut self) -> Result<Proposal, Failure> {
        if let Some(why) = self.why_empty() {
            return Err(self.empty(&why));
        }
        let mut warnings = std::mem::take(&mut self.warnings);
        if self.jumps.count > 0 {
            let named = self.jumps.named.join(", ");
            let more = self.jumps.count as usize - self.jumps.named.len();
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let change = if self.jumps.count == 1 { "changes" } else { "change" };
            warnings.insert(format!(
                "{} of {} {change} by more than {} %: {named}{more}",
                self.jumps.count,
                counted(self.header.count, "price", "prices"),
                self.context.guards.price_threshold_pct
            ));
        }
        if self.left_out > 0 {
            warnings.insert(match self.left_out {
                1 => "1 already has these values and is left out".to_owned(),
                count => format!("{count} already have these values and are left out"),
            });
        }
        self.header.warnings = at_most(warnings, WARNINGS);
        self.header.plugin_warnings =
            at_most(std::mem::take(&mut self.plugin_warnings), PLUGIN_WARNINGS);
        self.header.raise_commit_tier(self.tier);
        self.header.rows = if self.rows > u64::from(self.header.count) { self.rows } else { 0 };
        self.header.money = self.totals.money();
        self.header.roles = (self.roles)(&self.header)?;
        let tier = self.header.commit_tier();
        self.header.need = Some(requirement(&self.context, &self.header, tier).need);
        let hasher = std::mem::take(&mut self.hasher);
        let digest =
            hasher.finish(&self.header).map_err(|error| Failure::internal(error.to_string()))?;
        let seal = seal::seal(&self.context.key, &digest);
        self.context.store.seal(&self.header, &digest, &seal).await?;
        self.open = false;
        plan_watch::proposed(&self.header);
        Ok(Proposal {
            header: self.header.clone(),
            digest,
            sample: std::mem::take(&mut self.sample),
            left_out: self.left_out,
        })
    }
}

/// The first of these warnings, and how many more there are.
fn at_most(warnings: IndexSet<String>, most: usize) -> Vec<String> {
    let beyond = warnings.len().saturating_sub(most);
    let mut first: Vec<String> = warnings.into_iter().take(most).collect();
    if beyond > 0 {
        first.push(format!("and {beyond} more warnings"));
    }
    first
}

/// What an action declared to change at most counts rows, too.
fn check_bound(rows: u64, bound: Option<u32>) -> Result<(), Failure> {
    let Some(bound) = bound.filter(|bound| rows > u64::from(*bound)) else { return Ok(()) };
    Err(Failure::new(
        Code::Forbidden,
        format!("the action declared at most {bound} changes a call, and proposes {rows}"),
    )
    .rule("bound"))
}

impl Drop for PlanDraft {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let (context, id): (_, PlanId) = (self.context.clone(), self.header.id.clone());
        // Where no runtime is left, the next start takes forgotten drafts away.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = context.store.abandon(&id).await {
                    tracing::warn!("cannot take the draft {id} away: {error}");
                }
            });
        }
    }
}

/// A plan's id, of random bytes.
///
/// # Errors
/// The system has no randomness.
pub(crate) fn new_id() -> Result<PlanId, Failure> {
    let mut bytes = [0; 22];
    getrandom::fill(&mut bytes).map_err(|error| Failure::internal(error.to_string()))?;
    Ok(PlanId::from_random(bytes))
}
