//! Prices, quantities and discounts, wherever they stand in a body.

use serde_json::{Map, Value};
use souk_model::plan::{BodySource, Change, Pointer, Step};
use souk_model::{Code, Decimal, Failure};

use super::bodies::each_body;
use super::fields::code_of;
use super::limits::Guards;
use crate::magento::names::{member, members, plain, same_name};
use crate::magento::target::WriteTarget;
use crate::magento::values::is_id;
use crate::observed::ObservedState;
use crate::refusals::{refuse, unjudgeable};

/// Members that hold money.
const MONEY: [&str; 6] = ["price", "special_price", "cost", "msrp", "minimal_price", "value_price"];
/// Other members that may not be below zero.
const NOT_BELOW_ZERO: [&str; 7] = [
    "qty",
    "quantity",
    "weight",
    "discount_amount",
    "shipping_amount",
    "adjustment_positive",
    "adjustment_negative",
];

/// Whether a member of this name holds money.
pub(super) fn is_money(name: &str) -> bool {
    MONEY.iter().any(|money| same_name(money, name))
}

fn is_guarded(name: &str) -> bool {
    is_money(name) || NOT_BELOW_ZERO.iter().any(|guarded| same_name(guarded, name))
}

/// What the value at a place of a body is called: its member, or the attribute that it is of.
pub(super) fn name_at<'b>(body: Option<&'b Value>, at: &'b Pointer) -> &'b str {
    let pointer = at.as_str();
    let (parent, last) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    if !same_name(last, "value") {
        return last;
    }
    let parent: Option<Pointer> = parent.parse().ok();
    body.zip(parent).and_then(|(body, parent)| code_of(parent.find(body)?)).unwrap_or(last)
}

impl Guards {
    /// No negative price and no negative quantity; no group price by more per cent than the cap.
    pub(super) fn check_amounts(
        &self,
        change: &Change,
        value: &Value,
        name: Option<&str>,
    ) -> Result<(), Failure> {
        match value {
            Value::Object(map) => {
                self.check_group_price(change, map)?;
                let code = code_of(value);
                map.iter().try_for_each(|(key, value)| {
                    // A custom attribute's value goes by the attribute's name.
                    let name = if same_name(key, "value") { code.unwrap_or(key) } else { key };
                    self.check_amounts(change, value, Some(name))
                })
            }
            Value::Array(items) => {
                items.iter().try_for_each(|item| self.check_amounts(change, item, name))
            }
            scalar => match name {
                Some(name)
                    if is_guarded(name)
                        && Decimal::from_json(scalar)
                            .is_some_and(|number| number < Decimal::ZERO) =>
                {
                    Err(refuse(
                        "no-negative",
                        Code::ValidationError,
                        format!("`{name}` of {} would be negative", change.subject),
                        "give a value of zero or more".into(),
                    ))
                }
                _ => Ok(()),
            },
        }
    }

    /// A group price of type `discount` is per cent, not money.
    fn check_group_price(&self, change: &Change, map: &Map<String, Value>) -> Result<(), Failure> {
        let is_discount = members(map, "price_type")
            .any(|kind| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("discount")));
        let shares =
            members(map, "percentage_value").chain(members(map, "price").filter(|_| is_discount));
        shares
            .filter_map(Decimal::from_json)
            .try_for_each(|share| self.check_percent(change, share))
    }

    fn check_percent(&self, change: &Change, percent: Decimal) -> Result<(), Failure> {
        if percent.to_f64().is_some_and(|percent| percent <= self.max_discount_pct) {
            return Ok(());
        }
        Err(refuse(
            "discount-cap",
            Code::Forbidden,
            format!(
                "a discount of {} per cent on {} is above the cap of {}",
                percent, change.subject, self.max_discount_pct
            ),
            "an operator raises `guards.max_discount_pct` (MCP_MAX_DISCOUNT_PCT)".into(),
        ))
    }

    /// Judges the rules that a change writes by what they will be: what the body leaves out stays as
    /// the lookup shows it, and what nobody knows is taken for per cent.
    ///
    /// # Errors
    /// FORBIDDEN with the guard's name.
    pub(crate) fn check_discounts(
        &self,
        change: &Change,
        observed: &ObservedState,
    ) -> Result<(), Failure> {
        for step in &change.steps {
            for body in each_body(step.body.as_ref()).filter_map(Value::as_object) {
                for rule in members(body, "rule").filter_map(Value::as_object) {
                    self.check_discount(change, rule, known_rule(change, step, rule, observed))?;
                }
            }
        }
        Ok(())
    }

    fn check_discount(
        &self,
        change: &Change,
        rule: &Map<String, Value>,
        known: Option<&Map<String, Value>>,
    ) -> Result<(), Failure> {
        let ambiguous = |why: String| unjudgeable(change, &why);
        let sets = |name: &str| member(rule, name).map_err(ambiguous);
        let has = |name: &str| known.and_then(|known| member(known, name).ok().flatten());
        let (action, amount) = (sets("simple_action")?, sets("discount_amount")?);
        let active =
            |flag: Option<&Value>| flag.is_some_and(|flag| *flag == true || is_id(Some(flag), "1"));
        let wakes = active(sets("is_active")?) && !active(has("is_active"));
        if action.is_none() && amount.is_none() && !wakes {
            return Ok(());
        }
        let Some(amount) = amount.or_else(|| has("discount_amount")) else { return Ok(()) };
        let amount = Decimal::from_json(amount)
            .ok_or_else(|| unjudgeable(change, "`discount_amount` is no number"))?;
        let action = action.or_else(|| has("simple_action")).and_then(Value::as_str);
        match action.map(str::to_ascii_lowercase).as_deref() {
            None | Some("by_percent") => self.check_percent(change, amount),
            // The price becomes so many per cent: what is left of a hundred is the discount.
            Some("to_percent") => self.check_percent(change, Decimal::ONE_HUNDRED - amount),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn check_coupons(
        &self,
        change: &Change,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        for spec in members(body, "coupon_spec").filter_map(Value::as_object) {
            let wanted = member(spec, "quantity").map_err(|why| unjudgeable(change, &why))?;
            let Some(wanted) = wanted else { continue };
            let wanted = Decimal::from_json(wanted)
                .ok_or_else(|| unjudgeable(change, "`quantity` of coupons is no number"))?;
            if wanted > Decimal::from(self.coupon_cap) {
                return Err(refuse(
                    "coupon-cap",
                    Code::BulkCapExceeded,
                    format!("{} coupons are more than the cap of {}", wanted, self.coupon_cap),
                    "ask for fewer, or an operator raises `guards.coupon_cap` (MCP_MAX_COUPON_QTY)"
                        .into(),
                ));
            }
        }
        Ok(())
    }
}

/// What the host fills in is not in the body that guards look at: where an amount is guarded, only
/// the same field's earlier value may be put back.
pub(super) fn check_bindings(change: &Change, step: &Step) -> Result<(), Failure> {
    for binding in &step.body_bindings {
        let name = name_at(step.body.as_ref(), &binding.at);
        let guarded = is_guarded(name) || same_name(name, "simple_action");
        let same_field = match &binding.value {
            BodySource::Before(field) => change
                .edits
                .iter()
                .any(|edit| edit.field == *field && plain(edit.at.as_str()).contains(&plain(name))),
            BodySource::Subject | BodySource::FromResponse(_) => false,
        };
        if guarded && !same_field {
            return Err(unjudgeable(change, &format!("`{name}` is filled in from something else")));
        }
    }
    Ok(())
}

/// The rule that a step writes, where the lookup shows that very one.
fn known_rule<'s>(
    change: &Change,
    step: &Step,
    rule: &Map<String, Value>,
    observed: &'s ObservedState,
) -> Option<&'s Map<String, Value>> {
    let id = change.subject.id.as_str();
    let here = observed.here.as_ref()?.as_object()?;
    let target = WriteTarget::of(step, id);
    let of_subject = target.is(&["salesRules", "*"])
        && target.segment(1) == Some(id)
        && is_id(here.get("rule_id"), id)
        && members(rule, "rule_id").all(|own| is_id(Some(own), id));
    of_subject.then_some(here)
}
