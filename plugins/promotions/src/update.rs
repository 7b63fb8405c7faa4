//! Changing a rule: a patch of listed fields, enabling and disabling.
//!
//! `PUT /V1/salesRules/{id}` keeps whatever its body leaves out (`salesrules.jsonl`,
//! `put-partial`), so bodies hold what changes and nothing else. The one exception is the discount:
//! its kind and its amount go together, so that the host can hold them to the operator's cap.

use souk_sdk::core::{Outcome, PlanState, StepIndex, counted};
use souk_sdk::magento::{ATTRIBUTE, STORE_VIEWS, WEBSITES, longest_list};
use souk_sdk::prelude::*;
use souk_sdk::schemars::{self};

use crate::change_result::ChangeRuleResult;
use crate::coupon::{self, COUPON_SEARCH};
use crate::discount_terms;
use crate::overlap;
use crate::references::{self, GROUPS};
use crate::rule::{
    CartPriceRule, CouponSource, RULE, RULE_CHANGES, RULE_SEARCH, RuleDocument, RuleRef, read_rule,
};
use crate::rule_field::{FIELDS, RuleField};
use crate::rule_values::{RuleValues, StoreLabel, fit_together, label_field};

#[args]
pub(crate) struct UpdateRuleArgs {
    /// By `promotions_search_rules`.
    rule_id: EntityId,
    /// Field → value. What is left out stays as it is.
    patch: RulePatch,
}

#[record]
#[serde(transparent)]
struct RulePatch(Map<String, Value>);

souk_sdk::core::inline_schema!(RulePatch, |_| {
    let mut properties: Map<String, Value> = FIELDS
        .iter()
        .map(|(_, name, kind)| ((*name).to_owned(), json!({ "type": kind })))
        .collect();
    let conditions =
        "As in promotions_prepare_cart_price_rule_create; they replace those there are.";
    for field in ["conditions", "action_conditions"] {
        properties[field] = json!({"type": ["object", "array"], "description": conditions});
    }
    let day = "A day as in 2026-12-31; null for none.";
    for field in ["from_date", "to_date"] {
        properties[field] = json!({ "description": day });
    }
    properties["coupon_type"] =
        json!({"type": "string", "description": "no_coupon, specific_coupon or auto"});
    properties["store_labels"] = json!({"type": "array", "items": {"type": "object"}, "description": "[{store_id, store_label}]: added to those there are."});
    // Unknown names are refused by the action, which names the known ones.
    schemars::json_schema!({
        "type": "object",
        "minProperties": 1,
        "properties": properties,
        "additionalProperties": true,
    })
});

/// Change a cart price rule
///
/// Sets fields of a cart price rule and leaves the others as they are. The patch may hold name,
/// description, website_ids, customer_group_ids, from_date, to_date, is_active, simple_action,
/// discount_amount, discount_qty, discount_step, apply_to_shipping, stop_rules_processing, sort_order,
/// coupon_type, uses_per_customer, uses_per_coupon, conditions, action_conditions, store_labels. With
/// coupon_type no_coupon Magento deletes the rule's coupons for good. Returns the rule as read back.
#[action(
    apply,
    tier = risk,
    reads(RULE_SEARCH, COUPON_SEARCH, WEBSITES, STORE_VIEWS, GROUPS, ATTRIBUTE),
    changes(RULE_CHANGES),
    keywords(
        "edit a discount", "extend", "prolong", "raise", "lower", "percent", "end date",
        "conditions", "promotion", "campaign",
    ),
)]
pub(crate) fn update_rule(
    args: &UpdateRuleArgs,
    context: &ApplyContext,
) -> Result<ChangeRuleResult, Failure> {
    let mut values = RuleValues::default();
    for (name, value) in &args.patch.0 {
        let at = ["/patch/", name].concat();
        let field = RuleField::named(name).ok_or_else(|| {
            let known: Vec<_> = FIELDS.iter().map(|(_, name, _)| *name).collect();
            Failure::argument(&at, format!("`{name}` of a rule cannot be set here"))
                .remedy(format!("one of: {}", known.join(", ")))
        })?;
        values.take(field, value, &at)?;
    }
    if values.is_empty() {
        return Err(Failure::argument("patch", "nothing is to be changed"));
    }
    let rule = read_rule(context, args.rule_id)?;
    values.check_references(context, "/patch")?;
    RuleChange { before: &rule, values, verb: "change" }.apply(context)
}

/// Enable a cart price rule
///
/// Makes a cart price rule apply: customers get its discount at once, on the days it is for. Warns of
/// active rules that apply beside it. Returns the rule as read back.
#[action(
    apply,
    tier = risk,
    reads(RULE_SEARCH),
    changes(RULE_CHANGES),
    keywords(
        "switch on", "turn on", "activate", "start", "launch", "discount", "promotion",
        "campaign",
    ),
)]
pub(crate) fn enable_rule(
    args: &RuleRef,
    context: &ApplyContext,
) -> Result<ChangeRuleResult, Failure> {
    switch(args, true, context)
}

/// Disable a cart price rule
///
/// Makes a cart price rule no longer apply. Its settings and coupons stay. Returns the rule as read
/// back.
#[action(
    apply,
    reads(RULE_SEARCH),
    changes(RULE_CHANGES),
    keywords(
        "switch off",
        "turn off",
        "deactivate",
        "stop",
        "end",
        "cancel a promotion",
        "discount",
        "campaign",
    )
)]
pub(crate) fn disable_rule(
    args: &RuleRef,
    context: &ApplyContext,
) -> Result<ChangeRuleResult, Failure> {
    switch(args, false, context)
}

fn switch(args: &RuleRef, on: bool, context: &ApplyContext) -> Result<ChangeRuleResult, Failure> {
    let rule = read_rule(context, args.rule_id)?;
    let mut values = RuleValues::default();
    values.take(RuleField::IsActive, &json!(on), "/rule_id")?;
    let verb = if on { "enable" } else { "disable" };
    RuleChange { before: &rule, values, verb }.apply(context)
}

/// A change of a rule that there is.
struct RuleChange<'rule> {
    before: &'rule RuleDocument,
    values: RuleValues,
    verb: &'static str,
}

impl RuleChange<'_> {
    fn apply(mut self, context: &ApplyContext) -> Result<ChangeRuleResult, Failure> {
        let RuleDocument { document, rule } = self.before;
        self.check_together()?;
        self.values.retain(|field, value| !has_value(document, rule, field, value));
        self.values.labels.retain(|label| label_of(document, label.store_id) != Some(&label.text));
        if self.values.is_empty() {
            let message =
                format!("rule {} already has these values: nothing was sent", rule.name_and_id());
            let rule = document.clone();
            return Ok(ChangeRuleResult::unchanged(rule, message));
        }
        let mut warnings = std::mem::take(&mut self.values.warnings);
        if self.goes_live() {
            let after = self.after();
            if discount_terms::has_ended(after.to_date.as_deref()) {
                let day = after.to_date.as_deref().unwrap_or_default();
                warnings.push(format!(
                    "the rule ended on {day}: it discounts nothing until its `to_date` is a later day"
                ));
            } else {
                if let Some(day) = discount_terms::begins_later(after.from_date.as_deref()) {
                    warnings.push(format!("it discounts from {day} on, and nothing before"));
                }
                warnings.extend(overlap::warnings(context, &after)?);
            }
        }
        let mut change = RULE_CHANGES.change(rule.rule_id.to_string()).label(rule.name.as_deref());
        let put = change.step(RULE.step(Method::Put, [BindingSource::Subject], StoreView::Global));
        self.set(&mut change, put);
        let why_not =
            self.coupon_effects(context, &mut warnings)?.or_else(|| self.why_not_undone());
        let why_not = match why_not {
            None => self.too_long_to_undo(context)?,
            why => why,
        };
        match why_not {
            None => self.undo(&mut change, &mut warnings),
            Some(why) => {
                warnings.push(format!("`plans_undo` cannot take it back: {why}"));
                change.cannot_be_undone(why);
            }
        }
        for warning in &warnings {
            change.warn(warning);
        }
        let summary = format!("{} the cart price rule {}", self.verb, rule.name_and_id());
        let mut draft = context.draft(&RULE_CHANGES.intent(summary, StoreView::Global));
        draft.add([change.done()?])?;
        let outcome = draft.apply()?;
        if self.is_repeated(&outcome) {
            return Err(Failure::new(
                FailureCode::IdempotencyConflict,
                format!(
                    "rule {} was changed so minutes ago and changed back since: that outcome was \
                     answered again, and nothing was sent now",
                    rule.name_and_id()
                ),
            )
            .remedy("call it again with an `idempotency_key` that was not used before"));
        }
        // Reviewers hear this from the host, whoever proposes it.
        warnings.extend(self.meant_as_share());
        ChangeRuleResult::new(outcome, warnings)
    }

    /// Whether a success is reported of a rule that is as it was before: with a key of the caller's
    /// the host gives the outcome of the first call, whatever came between. That call's answer, where
    /// it was kept, is given again before this is reached.
    fn is_repeated(&self, outcome: &Outcome) -> bool {
        let subject = outcome.subject.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let Some(now) = subject.filter(|_: &Value| outcome.state == PlanState::Done) else {
            return false;
        };
        let before = &self.before.document;
        let members = self.values.values().iter().map(|(field, _)| field.member());
        // The type of coupons is in two members.
        let auto = self.values.get(RuleField::CouponType).map(|_| "use_auto_generation");
        let mut labels = self.values.labels.iter().map(|label| label.store_id);
        members.chain(auto).all(|member| now.get(member) == before.get(member))
            && labels.all(|view| label_of(&now, view) == label_of(before, view))
    }

    /// Whether a per cent was probably meant as a share, where the discount is changed.
    fn meant_as_share(&self) -> Option<String> {
        let both = [RuleField::SimpleAction, RuleField::DiscountAmount];
        both.into_iter().find(|field| self.values.get(*field).is_some())?;
        discount_terms::meant_as_share(
            self.after_of(RuleField::SimpleAction).and_then(Value::as_str),
            self.after_of(RuleField::DiscountAmount),
        )
    }

    /// Whether days and discount make sense together, with what stays as it is.
    fn check_together(&self) -> Result<(), Failure> {
        let text = |field: RuleField| {
            self.after_of(field).and_then(Value::as_str).filter(|text| !text.is_empty())
        };
        fit_together(
            "/patch",
            text(RuleField::FromDate),
            text(RuleField::ToDate),
            text(RuleField::SimpleAction),
            self.values.get(RuleField::DiscountAmount).or_else(|| {
                // What is there already is the operator's cap to judge.
                self.values
                    .get(RuleField::SimpleAction)
                    .and(self.before.document.get("discount_amount"))
            }),
        )?;
        match self.values.get(RuleField::ToDate).and_then(Value::as_str) {
            Some(to_date) => discount_terms::not_ended(to_date, "/patch/to_date"),
            None => Ok(()),
        }
    }

    fn after_of(&self, field: RuleField) -> Option<&Value> {
        self.values.get(field).or_else(|| self.before.document.get(field.member()))
    }

    fn goes_live(&self) -> bool {
        self.values.get(RuleField::IsActive) == Some(&json!(true))
    }

    /// The rule as it will be, as far as overlaps with others depend on it.
    fn after(&self) -> CartPriceRule {
        let mut answer = self.before.document.clone();
        for (field, value) in self.values.values() {
            let none = *value == json!("");
            answer[field.member()] = if none { Value::Null } else { value.clone() };
        }
        CartPriceRule::of(&answer)
    }

    fn set(&self, change: &mut ChangeBuilder, put: StepIndex) {
        if self.takes_quantity_away() {
            let member = RuleField::DiscountQty.member();
            let pointer = ["/", member].concat();
            change.constant(put, &["/rule", &*pointer].concat(), json!(0));
            change.expect(member, &pointer, None);
        }
        let mut set = |member: &str, value: &Value| {
            let pointer = ["/", member].concat();
            change.set(put, member, &["/rule", &*pointer].concat(), &pointer, value.clone());
        };
        for (field, value) in self.values.values() {
            if *field != RuleField::DiscountQty || !self.takes_quantity_away() {
                set(field.member(), value);
            }
        }
        if let Some(kind) = self.values.get(RuleField::CouponType) {
            set("use_auto_generation", &json!(*kind == "AUTO"));
        }
        for field in self.discount_companions() {
            if let Some(value) = self.before.document.get(field.member()) {
                set(field.member(), value);
            }
        }
        self.values.set_labels(change, put);
    }

    /// A quantity of 0 is none, and is not there afterwards.
    fn takes_quantity_away(&self) -> bool {
        self.values.get(RuleField::DiscountQty).and_then(Decimal::of) == Some(Decimal::ZERO)
    }

    /// What is sent as it is, so that the host can hold the discount to the operator's cap. As an
    /// edit and not as a constant: should somebody change it meanwhile, that shows as drift and is
    /// not overwritten.
    fn discount_companions(&self) -> Vec<RuleField> {
        let both = [RuleField::SimpleAction, RuleField::DiscountAmount];
        let touched = both.into_iter().any(|field| self.values.get(field).is_some());
        if !touched && !self.goes_live() {
            return Vec::new();
        }
        both.into_iter().filter(|field| self.values.get(*field).is_none()).collect()
    }

    /// What a change of the type does to coupons that there are, and why it cannot be taken back.
    fn coupon_effects(
        &self,
        context: &ApplyContext,
        warnings: &mut Vec<String>,
    ) -> Result<Option<String>, Failure> {
        let Some(kind) = self.values.get(RuleField::CouponType).and_then(Value::as_str) else {
            return Ok(None);
        };
        if self.before.rule.coupon_source() == CouponSource::None {
            // Its reverse is no coupon again.
            return Ok(Some(
                "with coupon_type no_coupon again Magento would delete the coupons made since; set it \
                 with promotions_update_rule if that is what you want"
                    .to_owned(),
            ));
        }
        let (count, _) = coupon::count_and_last(context, self.before.rule.rule_id)?;
        if kind == "NO_COUPON" {
            // `promotions_write.jsonl`, `coupons-after-nocoupon`.
            warnings.push(format!(
                "Magento deletes the rule's coupons for good, {count} now, and the discount no longer \
                 needs a code"
            ));
            return Ok(Some("the rule's coupons are deleted".to_owned()));
        }
        if count > 0 {
            warnings.push(format!(
                "the rule's {} working: Magento honours chosen codes only with specific_coupon and \
                 generated ones only with auto",
                counted(count, "coupon stops", "coupons stop")
            ));
        }
        Ok(None)
    }

    /// Why Magento cannot be given back what was before.
    fn why_not_undone(&self) -> Option<String> {
        let mut fields = self.values.values().iter().map(|(field, _)| *field);
        let field =
            fields.find(|field| self.is_unset(field.member()) && none_of(*field).is_none())?;
        Some(format!("the rule had no `{}`, and Magento's API cannot take one away", field.name()))
    }

    /// Conditions that the rule was given elsewhere can be more than the store takes in a request.
    fn too_long_to_undo(&self, context: &Context) -> Result<Option<String>, Failure> {
        for field in [RuleField::Conditions, RuleField::ActionConditions] {
            if self.values.get(field).is_none() {
                continue;
            }
            let rows = self.before.document.get(field.member()).map_or(0, longest_list);
            if let Some(most) = references::exceeded_limit(context, rows)? {
                return Ok(Some(format!(
                    "its `{}` have {rows} side by side, and this store takes at most {most} in one request",
                    field.name()
                )));
            }
        }
        Ok(None)
    }

    fn is_unset(&self, member: &str) -> bool {
        self.before.document.get(member).is_none_or(Value::is_null)
    }

    /// The same request with what was before, which is the reverse but where there was nothing: a null
    /// changes nothing, and each field has a value of its own that stands for none. An empty label
    /// takes its view's away.
    fn undo(&self, change: &mut ChangeBuilder, warnings: &mut Vec<String>) {
        let document = &self.before.document;
        let fields = self.values.values().iter().map(|(field, _)| *field);
        let unset: Vec<RuleField> = fields.filter(|field| self.is_unset(field.member())).collect();
        let is_new = |label: &StoreLabel| label_of(document, label.store_id).is_none();
        let is_reverse = unset.is_empty() && !self.takes_quantity_away();
        if is_reverse && !self.values.labels.iter().any(is_new) {
            return;
        }
        if unset.contains(&RuleField::Description) {
            let why = "`plans_undo` leaves `description` as an empty text, where the rule had none";
            warnings.push(why.to_owned());
        }
        let put =
            change.undo_step(RULE.step(Method::Put, [BindingSource::Subject], StoreView::Global));
        for field in unset {
            let none = none_of(field).unwrap_or_default();
            change.undo_constant(put, &["/rule/", field.member()].concat(), none);
        }
        let mut members: Vec<&str> =
            self.values.values().iter().map(|(field, _)| field.member()).collect();
        if self.values.get(RuleField::CouponType).is_some() {
            members.push("use_auto_generation");
        }
        members.extend(self.discount_companions().iter().map(|field| field.member()));
        for member in members.into_iter().filter(|member| !self.is_unset(member)) {
            change.undo_before(put, &["/rule/", member].concat(), member);
        }
        if self.values.labels.is_empty() {
            return;
        }
        let label = |label: &StoreLabel| json!({"store_id": label.store_id, "store_label": ""});
        let all: Vec<Value> = self.values.labels.iter().map(label).collect();
        change.undo_constant(put, "/rule/store_labels", Value::Array(all));
        for (index, label) in self.values.labels.iter().enumerate().filter(|(_, l)| !is_new(l)) {
            let body = format!("/rule/store_labels/{index}/store_label");
            change.undo_before(put, &body, &label_field(label.store_id));
        }
    }
}

/// The value that stands for none, where Magento takes one.
fn none_of(field: RuleField) -> Option<Value> {
    match field {
        RuleField::FromDate | RuleField::ToDate | RuleField::Description => Some(json!("")),
        RuleField::DiscountQty => Some(json!(0)),
        _ => None,
    }
}

/// Whether a rule has this value already.
fn has_value(document: &Value, rule: &CartPriceRule, field: RuleField, value: &Value) -> bool {
    let is = document.get(field.member()).unwrap_or(&Value::Null);
    match field {
        RuleField::CouponType => {
            rule.coupon_source()
                == match value.as_str() {
                    Some("AUTO") => CouponSource::GenerateCouponsResult,
                    Some("SPECIFIC_COUPON") => CouponSource::Chosen,
                    _ => CouponSource::None,
                }
        }
        RuleField::DiscountQty if is.is_null() => Decimal::of(value) == Some(Decimal::ZERO),
        RuleField::Conditions | RuleField::ActionConditions if is.is_null() => {
            value.get("conditions").is_none()
        }
        RuleField::Conditions | RuleField::ActionConditions => is_same_condition(is, value),
        RuleField::DiscountAmount | RuleField::DiscountQty => {
            Decimal::of(is).is_some() && Decimal::of(is) == Decimal::of(value)
        }
        RuleField::FromDate | RuleField::ToDate | RuleField::Description if *value == json!("") => {
            is.is_null() || is == value
        }
        _ => is == value,
    }
}

/// Whether two conditions are the same: Magento answers 1 as true, and what is null it may leave out.
fn is_same_condition(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(left), Value::Object(right)) => {
            // What one has and the other not is as if it were null there.
            let added = right.keys().filter(|name| !left.contains_key(*name));
            left.keys().chain(added).all(|name| {
                let (one, other) = (left.get(name), right.get(name));
                is_same_condition(one.unwrap_or(&Value::Null), other.unwrap_or(&Value::Null))
            })
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(one, other)| is_same_condition(one, other))
        }
        (Value::Bool(holds), Value::String(text)) | (Value::String(text), Value::Bool(holds)) => {
            text == if *holds { "1" } else { "0" }
        }
        _ => one == other,
    }
}

/// A rule's label in a store view.
fn label_of(answer: &Value, store_id: u64) -> Option<&String> {
    let labels = answer.get("store_labels")?.as_array()?;
    let label = labels.iter().find(|label| label["store_id"] == store_id)?;
    match &label["store_label"] {
        Value::String(text) => Some(text),
        _ => None,
    }
}
