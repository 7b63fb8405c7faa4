//! Cart price rules, by what they will do: what a body leaves out stays as the lookup shows it, and
//! what nobody can tell is refused.

use serde_json::{Map, Value};
use souk_model::plan::Change;
use souk_model::{Code, Decimal, Failure, WriteMethod};
use souk_policy::writes::{JudgedWrite, read_number};

use super::PlanScope;
use super::bodies::ChangeBodies;
use super::days::{begins_earlier, ends_later};
use super::fields::each_body;
use super::identity::subject_document;
use super::judges::shows;
use super::limits::Guards;
use crate::magento::names::{member, members, same_name};
use crate::magento::values::is_id;
use crate::refusals::{refuse, unjudgeable};

/// The catalogue's word for rules.
const RULE: &str = "cart-price-rule";
/// Members of a rule that change nothing of what it takes off, of what, for whom and for how long.
/// Whatever else a body sets makes the rule one that is judged as it will be.
const SAYS_NOTHING: [&str; 7] =
    ["rule_id", "name", "description", "store_labels", "sort_order", "is_rss", "is_advanced"];

/// What a rule takes off as an amount of money.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AmountOff {
    /// How much, in the base currency of its websites.
    pub(crate) amount: Decimal,
    /// Of each item, or else of the whole cart.
    pub(crate) of_each_item: bool,
}

/// A rule as it will be: what the body sets, over what stands there.
struct RuleAfter<'r> {
    change: &'r Change,
    sets: &'r Map<String, Value>,
    stands: Option<&'r Map<String, Value>>,
    scope: &'r PlanScope<'r>,
    /// Whether it is made new, so that what is left out is nothing.
    new: bool,
}

impl Guards {
    /// Judges the rules that a change writes by what they will be.
    ///
    /// # Errors
    /// FORBIDDEN with the guard's name.
    pub(super) fn check_rules(
        &self,
        bodies: &ChangeBodies<'_>,
    ) -> Result<Option<AmountOff>, Failure> {
        let ChangeBodies { scope, change, observed, steps, judged } = *bodies;
        let mut off = None;
        if judged.iter().all(|write| !is_rule(write)) {
            return Ok(off);
        }
        // What an earlier request of the same change does is part of what the next one finds.
        let mut stands = subject_document(scope.lookup, observed.here.as_ref())
            .and_then(Value::as_object)
            .filter(|rule| scope.takes_back || is_id(rule.get("rule_id"), &change.subject.id))
            .cloned();
        let mut new = false;
        for (step, _) in steps.iter().zip(judged).filter(|(_, write)| is_rule(write)) {
            let makes_new = step.method == WriteMethod::Post;
            for body in each_body(step.body.as_ref()).filter_map(Value::as_object) {
                for sets in members(body, "rule").filter_map(Value::as_object) {
                    if makes_new {
                        (stands, new) = (Some(Map::new()), true);
                    }
                    let rule = RuleAfter { change, sets, stands: stands.as_ref(), scope, new };
                    off = self.check_rule(&rule)?.or(off);
                    if let Some(stands) = &mut stands {
                        stands.retain(|name, _| members(sets, name).next().is_none());
                        stands.extend(sets.clone());
                    }
                }
            }
        }
        Ok(off)
    }

    fn check_rule(&self, rule: &RuleAfter<'_>) -> Result<Option<AmountOff>, Failure> {
        if !rule.does_more()? {
            return Ok(None);
        }
        self.check_sum(rule)
    }

    /// Judges what a rule that stands in the store takes off, where more is to come of it.
    pub(super) fn check_standing_rule(
        &self,
        scope: &PlanScope<'_>,
        change: &Change,
        stands: &Map<String, Value>,
    ) -> Result<(), Failure> {
        if member(stands, "is_active").ok().flatten().is_some_and(is_off) {
            return Ok(());
        }
        let sets = Map::new();
        // All of it was read: what is not there is nothing.
        let rule = RuleAfter { change, sets: &sets, stands: Some(stands), scope, new: true };
        self.check_sum(&rule).map(drop)
    }

    /// No rule that takes off more than the caps.
    fn check_sum(&self, rule: &RuleAfter<'_>) -> Result<Option<AmountOff>, Failure> {
        let change = rule.change;
        self.check_free_shipping(rule)?;
        let Some(amount) = rule.value("discount_amount")? else { return Ok(None) };
        let amount = rule.number("discount_amount", amount)?;
        if amount.is_zero() {
            return Ok(None);
        }
        let action = rule.value("simple_action")?;
        let action = match action {
            // The words are Magento's own, in lower case; it takes no other for any of them.
            Some(Value::String(action)) => action.as_str(),
            Some(_) => return Err(unjudgeable(change, "`simple_action` is no word")),
            // Magento's own first choice.
            None => "by_percent",
        };
        let checked = match action {
            "by_percent" => self.check_percent(change, amount),
            // The price becomes so many per cent: what is left of a hundred is the discount.
            "to_percent" => self.check_percent(change, Decimal::ONE_HUNDRED - amount),
            "by_fixed" | "cart_fixed" => {
                self.check_rule_amount(rule, amount)?;
                return Ok(Some(AmountOff { amount, of_each_item: action == "by_fixed" }));
            }
            // Of so many that are bought and these, these are free.
            "buy_x_get_y" => {
                let step = rule.value("discount_step")?;
                let step = step.map(|step| rule.number("discount_step", step)).transpose()?;
                let bought = step.unwrap_or_default();
                let share = amount
                    .checked_mul(Decimal::ONE_HUNDRED)
                    .and_then(|share| share.checked_div(amount + bought))
                    .ok_or_else(|| unjudgeable(change, "`discount_amount` is too large"))?;
                self.check_percent(change, share)
            }
            // A price for all, or what nobody has heard of: how much that takes off depends on what
            // is in a cart.
            _ if self.max_discount_pct >= 100.0 => Ok(()),
            other => Err(refuse(
                "discount-cap",
                Code::Forbidden,
                format!(
                    "how much the action `{other}` takes off {} cannot be told, so that it could be \
                     held to the cap of {}",
                    change.subject, self.max_discount_pct
                ),
                "use an action by per cent, or an operator sets `guards.max_discount_pct` \
                 (MCP_MAX_DISCOUNT_PCT) to 100"
                    .into(),
            )),
        };
        checked.map(|()| None)
    }

    /// No shipping for nothing where less than everything may be taken off.
    fn check_free_shipping(&self, rule: &RuleAfter<'_>) -> Result<(), Failure> {
        let is_free = rule.value("simple_free_shipping")?.is_some_and(|free| !is_off(free));
        if !is_free || self.max_discount_pct >= 100.0 {
            return Ok(());
        }
        Err(refuse(
            "discount-cap",
            Code::Forbidden,
            format!(
                "free shipping by {} takes off all of it, above the cap of {} %",
                rule.change.subject, self.max_discount_pct
            ),
            "an operator sets `guards.max_discount_pct` (MCP_MAX_DISCOUNT_PCT) to 100".into(),
        ))
    }

    /// No discount of more money than the cap of the currencies in which the rule's websites count.
    fn check_rule_amount(&self, rule: &RuleAfter<'_>, amount: Decimal) -> Result<(), Failure> {
        let caps = &self.max_discount_amount;
        if let Some(cap) = caps.uniform() {
            return check_amount_off(rule.change, amount, cap, "");
        }
        let websites = rule.value("website_ids")?;
        let codes = rule.scope.currencies.zip(websites).and_then(|(known, websites)| {
            let websites = websites.as_array().filter(|websites| !websites.is_empty())?;
            let of = |website: &Value| known.of(whole(website)?);
            websites.iter().map(of).collect::<Option<Vec<_>>>()
        });
        let Some(codes) = codes else {
            return check_amount_off(rule.change, amount, caps.lowest(), " of the lowest currency");
        };
        codes.into_iter().flatten().try_for_each(|code| {
            let cap = caps.of(code).unwrap_or(Decimal::ZERO);
            check_amount_off(rule.change, amount, cap, &format!(" {code}"))
        })
    }

    /// Whether what a rule takes off has another cap in another currency.
    pub(crate) fn discount_caps_differ(&self) -> bool {
        self.max_discount_amount.uniform().is_none()
    }
}

/// A whole number, however it is written.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// No amount off above this cap.
pub(super) fn check_amount_off(
    change: &Change,
    amount: Decimal,
    cap: Decimal,
    unit: &str,
) -> Result<(), Failure> {
    if amount <= cap {
        return Ok(());
    }
    Err(refuse(
        "discount-amount-cap",
        Code::Forbidden,
        format!("a discount of {amount} on {} is above the cap of {cap}{unit}", change.subject),
        "an operator raises `guards.max_discount_amount` (SOUK_MAX_DISCOUNT_AMOUNT)".into(),
    ))
}

/// Whether a request writes a rule.
pub(super) fn is_rule(write: &JudgedWrite<'_, '_>) -> bool {
    write.route().is_some_and(|route| route.subject().kind == RULE)
}

impl<'r> RuleAfter<'r> {
    /// A member as it will be.
    fn value(&self, name: &str) -> Result<Option<&'r Value>, Failure> {
        let own = member(self.sets, name).map_err(|why| unjudgeable(self.change, &why))?;
        if own.is_some() {
            return Ok(own);
        }
        let stands = self.stands.and_then(|stands| member(stands, name).ok().flatten());
        if stands.is_some() || self.new {
            return Ok(stands);
        }
        // What is left out stays, and what stays was not looked at.
        if self.stands.is_none() || !shows(self.scope.lookup, &format!("/{name}")) {
            return Err(unjudgeable(
                self.change,
                &format!("its lookup does not show `{name}` of the rule, which stays as it is"),
            ));
        }
        Ok(None)
    }

    fn number(&self, name: &str, value: &Value) -> Result<Decimal, Failure> {
        let from_body = member(self.sets, name).ok().flatten().is_some();
        let read = match from_body {
            true => read_number(value, false).map_err(|reason| reason.to_string()),
            false => Decimal::from_json(value).ok_or_else(|| "is no number".to_owned()),
        };
        let number = read.map_err(|why| unjudgeable(self.change, &format!("`{name}` {why}")))?;
        if number.is_negative() {
            return Err(unjudgeable(self.change, &format!("`{name}` is negative")));
        }
        Ok(number)
    }

    /// Whether a rule could take off more than it does, or from more, or for longer. What it takes off
    /// is judged even while it sleeps: somebody will wake it.
    fn does_more(&self) -> Result<bool, Failure> {
        let sum = ["simple_action", "discount_amount", "discount_step", "simple_free_shipping"];
        if self.sets.keys().any(|key| sum.iter().any(|name| same_name(key, name))) {
            return Ok(true);
        }
        let flag = member(self.sets, "is_active").map_err(|why| unjudgeable(self.change, &why))?;
        let stood = |name: &str| self.stands.and_then(|stands| member(stands, name).ok().flatten());
        let was_asleep = stood("is_active").is_some_and(is_off);
        Ok(match flag {
            Some(flag) if is_off(flag) => false,
            Some(_) if was_asleep => true,
            None if was_asleep => false,
            _ => self.sets.iter().any(|(name, value)| widens(name, stood(name), value)),
        })
    }
}

/// Whether a member's new value has a rule that is in force apply to more than before.
fn widens(name: &str, stood: Option<&Value>, value: &Value) -> bool {
    let is = |known: &&str| same_name(known, name);
    if SAYS_NOTHING.iter().any(is) || stood == Some(value) {
        return false;
    }
    if same_name(name, "to_date") {
        return ends_later(Some(value), stood);
    }
    if same_name(name, "from_date") {
        return begins_earlier(Some(value), stood);
    }
    if ["website_ids", "customer_group_ids"].iter().any(is) {
        let ids =
            |value: &Value| value.as_array().map(|ids| ids.iter().map(whole).collect::<Vec<_>>());
        let known = stood.and_then(ids).unwrap_or_default();
        let is_new = |id: &Option<u64>| id.is_none() || !known.contains(id);
        return ids(value).is_none_or(|ids| ids.iter().any(is_new));
    }
    // Awake it was already, or its lookup does not say: then what it takes off must be shown, too.
    !(same_name(name, "is_active") && stood.is_some_and(|stood| !is_off(stood)))
}

/// Whether PHP takes a flag for no.
fn is_off(flag: &Value) -> bool {
    match flag {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => matches!(text.as_str(), "" | "0"),
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(_) => false,
    }
}
