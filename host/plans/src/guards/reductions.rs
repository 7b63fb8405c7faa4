//! What a person should look at although it is allowed: a sale far below the price, a rule that takes
//! much off, and a per cent that was probably meant as a share.

use serde_json::{Map, Value};
use souk_model::Decimal;
use souk_model::plan::{Change, Step};
use souk_policy::writes::{BodyField, FieldKind, JudgedWrite, PriceKind};

use super::PlanScope;
use super::change::JudgedChange;
use super::discounts::is_rule;
use super::fields::each_body;
use super::identity::subject_document;
use super::limits::Guards;
use crate::magento::names::{member, members};
use crate::observed::ObservedState;

impl Guards {
    /// Warnings of what a change reduces, against the price and by the operator's threshold.
    pub(crate) fn reduction_warnings(
        &self,
        scope: &PlanScope<'_>,
        change: &Change,
        judged: &JudgedChange<'_, '_>,
        observed: &ObservedState,
    ) -> Vec<String> {
        let stands = subject_document(scope.lookup, observed.here.as_ref());
        let mut warnings = Vec::new();
        for (step, write) in change.steps.iter().zip(judged.writes()) {
            if is_rule(write) {
                let stands = stands.and_then(Value::as_object);
                warnings.extend(self.rule_warnings(step, stands));
            } else {
                warnings.extend(self.sale_warnings(write, judged.writes(), stands));
            }
        }
        warnings
    }

    /// Sales and group prices, each against the price that it reduces.
    fn sale_warnings(
        &self,
        write: &JudgedWrite<'_, '_>,
        all: &[JudgedWrite<'_, '_>],
        stands: Option<&Value>,
    ) -> Vec<String> {
        let set = all.iter().flat_map(JudgedWrite::fields).filter(|field| is_base(field));
        let set = set.filter_map(|field| field.number().ok().flatten());
        let base = set.chain(stands.and_then(|stands| Decimal::from_json(stands.get("price")?)));
        let Some(base) = base.max() else { return Vec::new() };
        let reduced = write.fields().iter().filter(|field| {
            matches!(field.kind, FieldKind::Price(PriceKind::Special | PriceKind::Group))
        });
        reduced
            .filter_map(|field| {
                let price = field.number().ok().flatten()?;
                let off = share_off(base, price)?;
                self.is_much(off).then(|| {
                    format!(
                        "`{}` {price} is {} % below the price {base}; the operator wants to be told \
                         from {} % on",
                        field.name,
                        off.round_to_cents(),
                        self.price_threshold_pct
                    )
                })
            })
            .collect()
    }

    /// A rule as a body leaves it, over what stands there.
    fn rule_warnings(&self, step: &Step, stands: Option<&Map<String, Value>>) -> Vec<String> {
        let mut warnings = Vec::new();
        for body in each_body(step.body.as_ref()).filter_map(Value::as_object) {
            for sets in members(body, "rule").filter_map(Value::as_object) {
                let own = |name: &str| member(sets, name).ok().flatten();
                let value = |name: &str| {
                    own(name).or_else(|| stands.and_then(|rule| member(rule, name).ok().flatten()))
                };
                let touched = ["simple_action", "discount_amount", "discount_step"];
                if touched.into_iter().all(|name| own(name).is_none()) {
                    continue;
                }
                let number = |name: &str| value(name).and_then(Decimal::from_json);
                let Some(amount) = number("discount_amount") else { continue };
                let action = value("simple_action").and_then(Value::as_str);
                let hundred = Decimal::ONE_HUNDRED;
                let off = match action.unwrap_or("by_percent") {
                    "by_percent" => Some(amount),
                    "to_percent" => Some(hundred - amount),
                    "buy_x_get_y" => {
                        let bought = number("discount_step").unwrap_or_default();
                        let share = amount.checked_mul(hundred);
                        share.and_then(|share| share.checked_div(amount + bought))
                    }
                    _ => None,
                };
                if action == Some("by_percent") && is_a_share(amount) {
                    let percent = amount.checked_mul(hundred).unwrap_or_default();
                    warnings.push(format!(
                        "`discount_amount` {amount} by per cent is {amount} %: {percent} % is \
                         written {percent}"
                    ));
                }
                if let Some(off) = off.filter(|off| self.is_much(*off)) {
                    warnings.push(format!(
                        "the rule takes {} % off; the operator wants to be told from {} % on",
                        off.round_to_cents(),
                        self.price_threshold_pct
                    ));
                }
            }
        }
        warnings
    }

    fn is_much(&self, percent: Decimal) -> bool {
        percent.to_f64().is_some_and(|percent| percent > self.price_threshold_pct)
    }
}

fn is_base(field: &BodyField<'_>) -> bool {
    field.kind == FieldKind::Price(PriceKind::Base)
}

/// By how many per cent a price is below another.
fn share_off(base: Decimal, price: Decimal) -> Option<Decimal> {
    if base <= Decimal::ZERO || price >= base {
        return None;
    }
    (base - price).checked_mul(Decimal::ONE_HUNDRED)?.checked_div(base)
}

/// Whether a per cent is below one: hardly anybody gives 0.15 % off.
fn is_a_share(amount: Decimal) -> bool {
    amount > Decimal::ZERO && amount < Decimal::ONE
}
