//! Values for a rule, checked and in the form in which they are sent.

use souk_sdk::core::{StepIndex, element};
use souk_sdk::magento::longest_list;
use souk_sdk::prelude::*;

use crate::conditions::{AttributeCondition, ConditionSubject, Conditions, RuleConditions};
use crate::references;
use crate::rule_field::RuleField;

/// What a rule is called in one store view; view 0 stands for all that have none of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreLabel {
    pub(crate) store_id: u64,
    pub(crate) text: String,
}

/// Values for fields of a rule.
#[derive(Debug, Default)]
pub(crate) struct RuleValues {
    values: Vec<(RuleField, Value)>,
    pub(crate) labels: Vec<StoreLabel>,
    attributes: Vec<AttributeCondition>,
    pub(crate) warnings: Vec<String>,
}

impl RuleValues {
    /// Takes a value in, from this place of the arguments.
    pub(crate) fn take(
        &mut self,
        field: RuleField,
        value: &Value,
        at: &str,
    ) -> Result<(), Failure> {
        let refuse = |why: &str| Failure::argument(at, format!("`{}` {why}", field.name()));
        match field {
            RuleField::StoreLabels => {
                self.labels = labels(value).map_err(|why| refuse(&why))?;
                return Ok(());
            }
            RuleField::Conditions | RuleField::ActionConditions => {
                let about = if field == RuleField::Conditions {
                    ConditionSubject::Cart
                } else {
                    ConditionSubject::Item
                };
                let at = at.trim_start_matches('/');
                return self.take_conditions(
                    field,
                    Conditions(value.clone()).build(about, at)?,
                    at,
                );
            }
            _ => {}
        }
        let value = field.checked(value).map_err(|why| refuse(&why))?;
        self.put(field, value, at)
    }

    fn take_conditions(
        &mut self,
        field: RuleField,
        built: RuleConditions,
        at: &str,
    ) -> Result<(), Failure> {
        if field == RuleField::Conditions && built.is_everything() {
            self.warnings.push("without conditions it applies to every cart".to_owned());
        }
        self.attributes.extend(built.attributes);
        self.warnings.extend(built.warnings);
        self.put(field, built.value, at)
    }

    fn put(&mut self, field: RuleField, value: Value, at: &str) -> Result<(), Failure> {
        if self.get(field).is_some() {
            return Err(Failure::argument(at, format!("`{}` is given twice", field.name())));
        }
        self.values.push((field, value));
        Ok(())
    }

    pub(crate) fn get(&self, field: RuleField) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == field).map(|(_, value)| value)
    }

    /// Everything but labels.
    pub(crate) fn values(&self) -> &[(RuleField, Value)] {
        &self.values
    }

    /// Leaves out what does not pass.
    pub(crate) fn retain(&mut self, keep: impl Fn(RuleField, &Value) -> bool) {
        self.values.retain(|(field, value)| keep(*field, value));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.labels.is_empty()
    }

    pub(crate) fn ids(&self, field: RuleField) -> Vec<u64> {
        let items = self.get(field).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_u64).collect()
    }

    /// Checks what is referred to against the store. `under` is the argument that holds the fields:
    /// empty, or `/patch`.
    pub(crate) fn check_references(
        &mut self,
        context: &Context,
        under: &str,
    ) -> Result<(), Failure> {
        let at = |field: RuleField| [under, "/", field.name()].concat();
        if self.get(RuleField::WebsiteIds).is_some() {
            let field = RuleField::WebsiteIds;
            references::has_websites(context, &self.ids(field), &at(field))?;
        }
        if self.get(RuleField::CustomerGroupIds).is_some() {
            let field = RuleField::CustomerGroupIds;
            references::has_groups(context, &self.ids(field), &at(field))?;
        }
        if !self.labels.is_empty() {
            let ids: Vec<u64> = self.labels.iter().map(|label| label.store_id).collect();
            references::has_views(context, &ids, &at(RuleField::StoreLabels))?;
        }
        if !self.attributes.is_empty() {
            self.warnings.extend(references::has_attributes(context, &self.attributes)?);
        }
        self.check_lengths(context, at)
    }

    /// Refuses lists that a store with input limits does not take in one request.
    fn check_lengths(
        &self,
        context: &Context,
        at: impl Fn(RuleField) -> String,
    ) -> Result<(), Failure> {
        for field in [RuleField::Conditions, RuleField::ActionConditions] {
            let rows = self.get(field).map_or(0, longest_list);
            if let Some(most) = references::exceeded_limit(context, rows)? {
                let message = format!(
                    "this store takes at most {most} conditions side by side, and these are {rows}"
                );
                return Err(Failure::argument(&at(field), message).remedy(format!(
                    "nest them: an `all` of several `all`s of at most {most} each means the same, and so with \
                     `any`; or compare one attribute with a list of values"
                )));
            }
        }
        let rows = self.labels.len();
        if let Some(most) = references::exceeded_limit(context, rows)? {
            let message = format!(
                "this store takes at most {most} labels in one request, and these are {rows}"
            );
            return Err(Failure::argument(&at(RuleField::StoreLabels), message).remedy(format!(
                "give {most} now, and the others with `promotions_update_rule`, which adds to them"
            )));
        }
        Ok(())
    }

    /// Puts the labels into a step's body and records them as edits.
    pub(crate) fn set_labels(&self, change: &mut ChangeBuilder, step: StepIndex) {
        for (index, StoreLabel { store_id, text }) in self.labels.iter().enumerate() {
            if index == 0 {
                let all: Vec<Value> = self
                    .labels
                    .iter()
                    .map(|label| json!({"store_id": label.store_id, "store_label": ""}))
                    .collect();
                change.constant(step, "/rule/store_labels", Value::Array(all));
            }
            let body = format!("/rule/store_labels/{index}/store_label");
            change.set(
                step,
                &label_field(*store_id),
                &body,
                &label_pointer(*store_id),
                json!(text),
            );
        }
    }
}

/// A label's name in the review.
pub(crate) fn label_field(store_id: u64) -> String {
    format!("store_labels of view {store_id}")
}

/// Where a label is in a rule.
pub(crate) fn label_pointer(store_id: u64) -> String {
    let element = element("store_id", &store_id.to_string());
    ["/store_labels/", &element, "/store_label"].concat()
}

fn labels(value: &Value) -> Result<Vec<StoreLabel>, String> {
    let wrong = || {
        "is a list of {store_id, store_label}: a store view's id, or 0 for all that have none of \
         their own, and a text that is not empty"
            .to_owned()
    };
    let label = |item: &Value| {
        let members: &Map<String, Value> = item.as_object().filter(|members| members.len() == 2)?;
        let store_id = members.get("store_id")?.as_u64()?;
        let text = members.get("store_label")?.as_str().filter(|text| !text.is_empty())?;
        Some(StoreLabel { store_id, text: text.to_owned() })
    };
    let labels: Option<Vec<StoreLabel>> =
        value.as_array().and_then(|items| items.iter().map(label).collect());
    let labels = labels.filter(|labels| !labels.is_empty()).ok_or_else(wrong)?;
    let mut ids: Vec<u64> = labels.iter().map(|label| label.store_id).collect();
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("names a store view twice".to_owned());
    }
    Ok(labels)
}

/// Whether a rule's days and discount make sense together, as they will be.
pub(crate) fn fit_together(
    under: &str,
    from: Option<&str>,
    to: Option<&str>,
    action: Option<&str>,
    amount: Option<&Value>,
) -> Result<(), Failure> {
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        let at = [under, "/to_date"].concat();
        return Err(Failure::argument(
            &at,
            format!("it would end, on {to}, before it begins, on {from}"),
        ));
    }
    let hundred = Decimal::of(&json!(100));
    if action == Some("by_percent") && amount.and_then(Decimal::of) > hundred {
        let at = [under, "/discount_amount"].concat();
        return Err(Failure::argument(&at, "a discount by per cent is at most 100"));
    }
    Ok(())
}
