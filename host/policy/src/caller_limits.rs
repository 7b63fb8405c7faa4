//! What one caller, or whoever has a role, is held to on top of what everybody is.

use std::collections::BTreeSet;

use souk_model::plan::SpendKind;
use souk_model::{Caps, StoreView};

use crate::call_facts::CallFacts;
use crate::ceiling::Ceiling;
use crate::refusal::Refusal;
use crate::rule_origin::RuleOrigin;

/// How the view that holds for all store views is named, as in Magento's addresses.
const ALL_VIEWS: &str = "all";

/// Limits of a caller or of a role. They only narrow, as a [`Ceiling`] does: of several sources each
/// counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallerLimits {
    ceiling: Ceiling,
    stores: BTreeSet<(RuleOrigin, BTreeSet<String>)>,
    views: BTreeSet<(RuleOrigin, BTreeSet<String>)>,
    max_refund: Vec<(RuleOrigin, Caps)>,
    mask: Option<RuleOrigin>,
    no_deciding: Option<RuleOrigin>,
}

impl From<Ceiling> for CallerLimits {
    fn from(ceiling: Ceiling) -> Self {
        Self { ceiling, ..Self::default() }
    }
}

impl CallerLimits {
    /// No limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these stores, by the operator's names, and those that every other such list has too.
    #[must_use]
    pub fn stores<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
        origin: RuleOrigin,
    ) -> Self {
        self.stores.insert((origin, names.into_iter().map(Into::into).collect()));
        self
    }

    /// Changes only in these store views, by their codes, and reads through no other one; `all` stands
    /// for what holds in all of them.
    #[must_use]
    pub fn store_views<N: Into<String>>(
        mut self,
        codes: impl IntoIterator<Item = N>,
        origin: RuleOrigin,
    ) -> Self {
        self.views.insert((origin, codes.into_iter().map(Into::into).collect()));
        self
    }

    /// No plan that gives back more than this.
    #[must_use]
    pub fn max_refund(mut self, caps: Caps, origin: RuleOrigin) -> Self {
        self.max_refund.push((origin, caps));
        self
    }

    /// Personal data is masked.
    #[must_use]
    pub fn mask(mut self, origin: RuleOrigin) -> Self {
        self.mask.get_or_insert(origin);
        self
    }

    /// Nothing that comes through its client, or from a person behind it, decides of a plan.
    #[must_use]
    pub fn no_deciding(mut self, origin: RuleOrigin) -> Self {
        self.no_deciding.get_or_insert(origin);
        self
    }

    /// Who set that personal data is masked.
    pub(crate) const fn masked_by(&self) -> Option<&RuleOrigin> {
        self.mask.as_ref()
    }

    /// Who set that it decides of nothing.
    pub(crate) const fn not_deciding_by(&self) -> Option<&RuleOrigin> {
        self.no_deciding.as_ref()
    }

    /// Whether these limits let everything of a store be reached that the others do.
    pub(crate) fn reach_all_of(&self, others: &Self) -> bool {
        type Lists = BTreeSet<(RuleOrigin, BTreeSet<String>)>;
        // Of several lists one is as narrow as what is in all of them, or wider.
        let within = |others: &Lists, own: &BTreeSet<String>| {
            others.iter().any(|(_, names)| names.is_subset(own))
        };
        let covers = |own: &Lists, others: &Lists| own.iter().all(|(_, own)| within(others, own));
        covers(&self.stores, &others.stores) && covers(&self.views, &others.views)
    }

    /// Whether these limits alone let the call pass.
    ///
    /// # Errors
    /// The first that refuses.
    pub fn allows(&self, facts: &CallFacts<'_>) -> Result<(), Refusal> {
        self.check(facts, "")
    }

    /// Whether these limits let the call pass, as far as it is known. `whose` ends a message about who
    /// is limited.
    pub(crate) fn check(&self, facts: &CallFacts<'_>, whose: &str) -> Result<(), Refusal> {
        self.ceiling.check(&facts.tool, whose)?;
        self.check_store(facts, whose)?;
        self.check_view(facts, whose)?;
        self.check_money(facts, whose)
    }

    /// How much of a call passed before this refusal.
    pub(crate) fn passed(refusal: &Refusal) -> usize {
        let order = ["tier-ceiling", "stores", "store-views", "max-refund"];
        order.iter().position(|rule| *rule == refusal.rule).map_or(0, |at| at + 1)
    }

    fn check_store(&self, facts: &CallFacts<'_>, whose: &str) -> Result<(), Refusal> {
        let Some(store) = facts.store else { return Ok(()) };
        let Some((origin, _)) = self.stores.iter().find(|(_, names)| !names.contains(store)) else {
            return Ok(());
        };
        Err(Refusal::new(
            "stores",
            format!("the store `{store}` is not among those{whose} that {origin} names"),
            origin.change(&format!("add `{store}`")),
        )
        .set_by(origin))
    }

    fn check_view(&self, facts: &CallFacts<'_>, whose: &str) -> Result<(), Refusal> {
        let view = match facts.view {
            Some(StoreView::View(code)) => code.as_str(),
            // Values that hold everywhere may be read by whoever reads one of the views.
            Some(StoreView::Global) if facts.writes => ALL_VIEWS,
            Some(StoreView::Global | StoreView::SessionDefault) | None => return Ok(()),
        };
        let Some((origin, _)) = self.views.iter().find(|(_, codes)| !codes.contains(view)) else {
            return Ok(());
        };
        Err(Refusal::new(
            "store-views",
            format!("the store view `{view}` is not among those{whose} that {origin} names"),
            origin.change(&format!("add `{view}`")),
        )
        .set_by(origin))
    }

    fn check_money(&self, facts: &CallFacts<'_>, whose: &str) -> Result<(), Refusal> {
        for (origin, caps) in &self.max_refund {
            if facts.may_move_money {
                return Err(Refusal::new(
                    "max-refund",
                    format!(
                        "`{}` may move money that nobody has worked out, and what may be given \
                         back{whose} is limited by {origin}",
                        facts.tool.name
                    ),
                    "describe the request under `routes`, or have somebody else do it",
                ));
            }
            let refunds = facts.money.iter().filter(|money| money.kind == SpendKind::Refund);
            for money in refunds {
                let cap = caps.of(&money.currency).unwrap_or_default();
                if money.amount > cap {
                    let currency = &money.currency;
                    return Err(Refusal::new(
                        "max-refund",
                        format!(
                            "{} {currency} are more than may be given back at once{whose}: {} \
                             {currency}, set by {origin}",
                            money.amount.with_cents(),
                            cap.with_cents()
                        ),
                        origin.change("raise the limit"),
                    )
                    .set_by(origin));
                }
            }
        }
        Ok(())
    }

    /// What is set, for people: who set it, and what it says.
    pub(crate) fn describe(&self) -> Vec<(RuleOrigin, String)> {
        let mut lines = self.ceiling.describe();
        let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        for (origin, names) in &self.stores {
            lines.push((origin.clone(), format!("only the stores {}", list(names))));
        }
        for (origin, codes) in &self.views {
            lines.push((origin.clone(), format!("only the store views {}", list(codes))));
        }
        for (origin, caps) in &self.max_refund {
            lines.push((origin.clone(), format!("gives back at most {caps} at once")));
        }
        if let Some(origin) = &self.mask {
            lines.push((origin.clone(), "personal data is masked".to_owned()));
        }
        if let Some(origin) = &self.no_deciding {
            lines.push((origin.clone(), "decides of no plan".to_owned()));
        }
        lines
    }
}
