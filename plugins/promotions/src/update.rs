//! Changing a rule: a patch of listed fields, enabling and disabling.
//!
//! `PUT /V1/salesRules/{id}` keeps whatever its body leaves out (`salesrules.jsonl`,
//! `put-partial`), so bodies hold what changes and nothing else. The one exception is the discount:
//! its kind and its amount go together, so that the host can hold them to the operator's cap.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use souk_sdk::{
    ApplyContext, BindingSource, ChangeBuilder, Decimal, EntityId, Failure, FailureCode, Intent,
    Method, Outcome, PlanState, StepIndex, StoreView,
};

use crate::changed::Changed;
use crate::coupon;
use crate::field::Field;
use crate::overlap;
use crate::rule::{self, Coupons, Known, RULE, Rule};
use crate::wanted::{Label, Wanted, fit_together, label_field};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Update {
    /// The rule's id, as promotions_search_rules answers it.
    rule_id: EntityId,
    /// Field → value. What is left out stays as it is.
    patch: Patch,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    /// The rule's id, as promotions_search_rules answers it.
    rule_id: EntityId,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Patch(Map<String, Value>);

impl JsonSchema for Patch {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Patch".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kind = |field: &Field| match field {
            Field::WebsiteIds | Field::CustomerGroupIds | Field::StoreLabels => "array",
            Field::IsActive | Field::ApplyToShipping | Field::StopRulesProcessing => "boolean",
            Field::DiscountAmount | Field::DiscountQty => "number",
            Field::DiscountStep
            | Field::SortOrder
            | Field::UsesPerCustomer
            | Field::UsesPerCoupon => "integer",
            _ => "string",
        };
        let mut properties: Map<String, Value> = Field::ALL
            .iter()
            .map(|field| (field.name().to_owned(), json!({ "type": kind(field) })))
            .collect();
        let conditions =
            "As in promotions_prepare_cart_price_rule_create; they replace those there are.";
        for field in ["conditions", "action_conditions"] {
            properties[field] = json!({"type": ["object", "array"], "description": conditions});
        }
        properties["coupon_type"] =
            json!({"type": "string", "description": "no_coupon, specific_coupon or auto"});
        properties["store_labels"] = json!({"type": "array", "items": {"type": "object"}, "description": "[{store_id, store_label}]: added to those there are."});
        // Unknown names are refused by the action, which names the known ones.
        json_schema!({
            "type": "object",
            "minProperties": 1,
            "properties": properties,
            "additionalProperties": true,
        })
    }
}

pub(crate) fn update(asked: &Update, context: &ApplyContext) -> Result<Changed, Failure> {
    let mut wanted = Wanted::default();
    for (name, value) in &asked.patch.0 {
        let at = ["/patch/", name].concat();
        let field = Field::named(name).ok_or_else(|| {
            let known: Vec<_> = Field::ALL.iter().map(|field| field.name()).collect();
            Failure::argument(&at, format!("`{name}` of a rule cannot be set here"))
                .remedy(format!("one of: {}", known.join(", ")))
        })?;
        wanted.take(field, value, &at)?;
    }
    if wanted.is_empty() {
        return Err(Failure::argument("patch", "nothing is to be changed"));
    }
    let known = rule::known(context, asked.rule_id)?;
    wanted.refers(context, "/patch")?;
    Edit { known: &known, wanted, summary: "change" }.apply(context)
}

pub(crate) fn enable(asked: &Switch, context: &ApplyContext) -> Result<Changed, Failure> {
    switch(asked, true, context)
}

pub(crate) fn disable(asked: &Switch, context: &ApplyContext) -> Result<Changed, Failure> {
    switch(asked, false, context)
}

fn switch(asked: &Switch, on: bool, context: &ApplyContext) -> Result<Changed, Failure> {
    let known = rule::known(context, asked.rule_id)?;
    let mut wanted = Wanted::default();
    wanted.take(Field::IsActive, &json!(on), "/rule_id")?;
    let summary = if on { "enable" } else { "disable" };
    Edit { known: &known, wanted, summary }.apply(context)
}

/// A change of a rule that there is.
struct Edit<'k> {
    known: &'k Known,
    wanted: Wanted,
    summary: &'static str,
}

impl Edit<'_> {
    fn apply(mut self, context: &ApplyContext) -> Result<Changed, Failure> {
        let Known { answer, rule } = self.known;
        self.fits()?;
        self.wanted.retain(|field, value| !is_so(answer, rule, field, value));
        self.wanted.labels.retain(|label| label_of(answer, label.store_id) != Some(&label.text));
        if self.wanted.is_empty() {
            let message = format!("rule {} already is as wished: nothing was sent", rule.called());
            return Ok(Changed::nothing(answer.clone(), message));
        }
        let mut warnings = std::mem::take(&mut self.wanted.warnings);
        if self.goes_live() {
            warnings.extend(overlap::warnings(context, &self.after())?);
        }
        let id = rule.rule_id.to_string();
        let mut change = ChangeBuilder::of("cart price rule", id).label(rule.name.as_deref());
        let put = change.step(RULE.step(Method::Put, [BindingSource::Subject], StoreView::Global));
        self.set(&mut change, put);
        let for_good = self.coupons(context, &mut warnings)?.or_else(|| self.not_undone());
        match for_good {
            None => self.undo(&mut change),
            Some(why) => {
                warnings.push(format!("`plans_undo` cannot take it back: {why}"));
                change.cannot_be_undone(why);
            }
        }
        for warning in &warnings {
            change.warn(warning);
        }
        let mut draft = context.draft(&Intent {
            summary: format!("{} the cart price rule {}", self.summary, rule.called()),
            at: StoreView::Global,
            lookup: rule::lookup(),
        });
        draft.add([change.done()?])?;
        let outcome = draft.apply()?;
        if self.is_answered_again(&outcome) {
            return Err(Failure::new(
                FailureCode::IdempotencyConflict,
                format!(
                    "rule {} was changed so minutes ago and changed back since: that outcome was \
                     answered again, and nothing was sent now",
                    rule.called()
                ),
            )
            .remedy("call it again with an `idempotency_key` that was not used before"));
        }
        Changed::new(outcome, warnings)
    }

    /// Whether a success is told of a rule that stands as it stood before: with a key of the caller's
    /// the host gives the outcome of the first call, whatever came between. That call's answer, where
    /// it was kept, is given again before this is reached.
    fn is_answered_again(&self, outcome: &Outcome) -> bool {
        let subject = outcome.subject.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let Some(now) = subject.filter(|_: &Value| outcome.state == PlanState::Done) else {
            return false;
        };
        let before = &self.known.answer;
        let members = self.wanted.values().iter().map(|(field, _)| field.member());
        // The type of coupons is told by two members.
        let auto = self.wanted.get(Field::CouponType).map(|_| "use_auto_generation");
        let mut labels = self.wanted.labels.iter().map(|label| label.store_id);
        members.chain(auto).all(|member| now.get(member) == before.get(member))
            && labels.all(|view| label_of(&now, view) == label_of(before, view))
    }

    /// Whether days and discount make sense together, with what stays as it is.
    fn fits(&self) -> Result<(), Failure> {
        let text = |field: Field| self.after_of(field).and_then(Value::as_str);
        fit_together(
            "/patch",
            text(Field::FromDate),
            text(Field::ToDate),
            text(Field::SimpleAction),
            self.wanted.get(Field::DiscountAmount).or_else(|| {
                // What is there already is the operator's cap to judge.
                self.wanted.get(Field::SimpleAction).and(self.known.answer.get("discount_amount"))
            }),
        )
    }

    fn after_of(&self, field: Field) -> Option<&Value> {
        self.wanted.get(field).or_else(|| self.known.answer.get(field.member()))
    }

    fn goes_live(&self) -> bool {
        self.wanted.get(Field::IsActive) == Some(&json!(true))
    }

    /// The rule with what changes of the fields that overlaps are told by.
    fn after(&self) -> Rule {
        let mut answer = self.known.answer.clone();
        for (field, value) in self.wanted.values() {
            answer[field.member()] = value.clone();
        }
        Rule::of(&answer)
    }

    fn set(&self, change: &mut ChangeBuilder, put: StepIndex) {
        let mut set = |member: &str, value: &Value| {
            let place = ["/", member].concat();
            change.set(put, member, &["/rule", &*place].concat(), &place, value.clone());
        };
        for (field, value) in self.wanted.values() {
            set(field.member(), value);
        }
        if let Some(kind) = self.wanted.get(Field::CouponType) {
            set("use_auto_generation", &json!(*kind == "AUTO"));
        }
        for field in self.companions() {
            if let Some(value) = self.known.answer.get(field.member()) {
                set(field.member(), value);
            }
        }
        self.wanted.set_labels(change, put);
    }

    /// What is sent as it is, so that the host can hold the discount to the operator's cap. As an
    /// edit and not as a constant: should somebody change it meanwhile, that shows as drift and is
    /// not overwritten.
    fn companions(&self) -> Vec<Field> {
        let both = [Field::SimpleAction, Field::DiscountAmount];
        let touched = both.into_iter().any(|field| self.wanted.get(field).is_some());
        if !touched && !self.goes_live() {
            return Vec::new();
        }
        both.into_iter().filter(|field| self.wanted.get(*field).is_none()).collect()
    }

    /// What a change of the type does to coupons that there are, and why it cannot be taken back.
    fn coupons(
        &self,
        context: &ApplyContext,
        warnings: &mut Vec<String>,
    ) -> Result<Option<String>, Failure> {
        let Some(kind) = self.wanted.get(Field::CouponType).and_then(Value::as_str) else {
            return Ok(None);
        };
        if self.known.rule.coupons() == Coupons::None {
            // Its reverse is no coupon again.
            return Ok(Some(
                "with coupon_type no_coupon again Magento would delete the coupons made since; set it \
                 with promotions_update_rule if that is what you want"
                    .to_owned(),
            ));
        }
        let (count, _) = coupon::count_and_last(context, self.known.rule.rule_id)?;
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
                "the rule's {count} coupons stop working: Magento honours chosen codes only with \
                 specific_coupon and generated ones only with auto"
            ));
        }
        Ok(None)
    }

    /// Why Magento cannot be told what was before.
    fn not_undone(&self) -> Option<String> {
        let answer = &self.known.answer;
        let cannot = |what: String| {
            format!("the rule had no {what}, and Magento's API cannot take one away")
        };
        let unset = |field: Field| answer.get(field.member()).is_none_or(Value::is_null);
        // An empty description is as good as none.
        let mut fields = self.wanted.values().iter().map(|(field, _)| *field);
        if let Some(field) = fields.find(|field| *field != Field::Description && unset(*field)) {
            return Some(cannot(format!("`{}`", field.name())));
        }
        let mut labels = self.wanted.labels.iter().map(|label| label.store_id);
        let new = labels.find(|id| label_of(answer, *id).is_none())?;
        Some(cannot(format!("label for view {new}")))
    }

    /// The same request with what was before, which is the reverse but where there was no
    /// description: a null changes nothing, and an empty one is how Magento shows none.
    fn undo(&self, change: &mut ChangeBuilder) {
        let unset = |member: &str| self.known.answer.get(member).is_none_or(Value::is_null);
        if self.wanted.get(Field::Description).is_none() || !unset("description") {
            return;
        }
        let put =
            change.undo_step(RULE.step(Method::Put, [BindingSource::Subject], StoreView::Global));
        change.undo_constant(put, "/rule/description", json!(""));
        let mut members: Vec<&str> = self
            .wanted
            .values()
            .iter()
            .map(|(field, _)| field.member())
            .filter(|member| *member != "description")
            .collect();
        if self.wanted.get(Field::CouponType).is_some() {
            members.push("use_auto_generation");
        }
        members.extend(self.companions().iter().map(|field| field.member()));
        for member in members.into_iter().filter(|member| !unset(member)) {
            change.undo_before(put, &["/rule/", member].concat(), member);
        }
        for (index, Label { store_id, .. }) in self.wanted.labels.iter().enumerate() {
            if index == 0 {
                let all: Vec<Value> = self
                    .wanted
                    .labels
                    .iter()
                    .map(|label| json!({"store_id": label.store_id}))
                    .collect();
                change.undo_constant(put, "/rule/store_labels", Value::Array(all));
            }
            let place = format!("/rule/store_labels/{index}/store_label");
            change.undo_before(put, &place, &label_field(*store_id));
        }
    }
}

/// Whether a rule has this value already.
fn is_so(answer: &Value, rule: &Rule, field: Field, value: &Value) -> bool {
    let is = answer.get(field.member()).unwrap_or(&Value::Null);
    match field {
        Field::CouponType => {
            rule.coupons()
                == match value.as_str() {
                    Some("AUTO") => Coupons::Generated,
                    Some("SPECIFIC_COUPON") => Coupons::Chosen,
                    _ => Coupons::None,
                }
        }
        Field::DiscountAmount | Field::DiscountQty => {
            Decimal::of(is).is_some() && Decimal::of(is) == Decimal::of(value)
        }
        _ => is == value,
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
