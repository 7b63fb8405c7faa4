//! What the operator allows a change to do. Guards look at bodies, which are what is sent, and never
//! at the names a plugin gives things.

mod amounts;
mod fields;
pub(crate) mod names;
pub(crate) mod number;
pub(crate) mod target;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use souk_model::plan::{Change, Edit, Expectation, FieldAfter, FieldBefore, Item, Step};
use souk_model::{Code, Failure, WriteMethod};

use self::amounts::{is_money, name_at};
use crate::money::{self, Caps};
use crate::values::approximately;

/// `[guards]` of the configuration; magento-mcp's variables set the same numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guards {
    /// Subjects in one plan. `MCP_MAX_SKUS_PER_BULK`, 500.
    pub bulk_cap: u32,
    /// Coupons in one request. `MCP_MAX_COUPON_QTY`, 1,000.
    pub coupon_cap: u64,
    /// Per cent by which a price may change before the review warns. `MCP_PRICE_THRESHOLD_PCT`, 50.
    pub price_threshold_pct: f64,
    /// Per cent above which a discount by per cent is refused. `MCP_MAX_DISCOUNT_PCT`, 50.
    pub max_discount_pct: f64,
    /// What one call may refund, in the order's currency. `SOUK_MAX_REFUND`, 1,000 of any.
    pub max_refund: Caps,
    /// What may be refunded on a day (UTC), over all hosts. `SOUK_MAX_REFUND_PER_DAY`, 5,000 of any.
    pub max_refund_per_day: Caps,
    /// How much of orders may be canceled on a day (UTC), over all hosts: what they come to and was
    /// not invoiced yet. `SOUK_MAX_CANCEL_PER_DAY`, 5,000 of any.
    pub max_cancel_per_day: Caps,
    /// Fields of products that may be set.
    pub product_fields: BTreeSet<String>,
    /// Fields of CMS pages that may be set.
    pub page_fields: BTreeSet<String>,
    /// Fields of CMS blocks that may be set.
    pub block_fields: BTreeSet<String>,
}

impl Default for Guards {
    fn default() -> Self {
        let set = |fields: &[&str]| fields.iter().map(|&field| field.to_owned()).collect();
        Self {
            bulk_cap: 500,
            coupon_cap: 1_000,
            price_threshold_pct: 50.0,
            max_discount_pct: 50.0,
            max_refund: Caps::all(1_000),
            max_refund_per_day: Caps::all(5_000),
            max_cancel_per_day: Caps::all(5_000),
            product_fields: set(&[
                "name",
                "description",
                "short_description",
                "meta_title",
                "meta_description",
                "meta_keyword",
                "url_key",
                "status",
                "visibility",
                "price",
                "special_price",
                "special_from_date",
                "special_to_date",
                "weight",
                "category_ids",
            ]),
            page_fields: set(&[
                "title",
                "content",
                "content_heading",
                "meta_title",
                "meta_description",
                "meta_keywords",
                "active",
            ]),
            block_fields: set(&["title", "content", "active"]),
        }
    }
}

impl Guards {
    /// Judges the bodies of a change, before anything is read for it.
    ///
    /// # Errors
    /// FORBIDDEN, VALIDATION_ERROR or BULK_CAP_EXCEEDED with the guard's name.
    pub(crate) fn bodies(&self, change: &Change) -> Result<(), Failure> {
        money::mover(change)?;
        change.steps.iter().try_for_each(|step| {
            query(change, step)?;
            amounts::body_bindings(change, step)?;
            let body = filled(step);
            each_body(body.as_ref()).try_for_each(|body| {
                self.amounts(change, body, None)?;
                let Some(members) = body.as_object() else { return Ok(()) };
                self.fields(change, members)?;
                self.coupons(change, members)
            })
        })
    }

    /// Refuses a plan that has grown past the cap.
    pub(crate) fn count(&self, subjects: u32) -> Result<(), Failure> {
        if subjects <= self.bulk_cap {
            return Ok(());
        }
        Err(refuse(
            "bulk-cap",
            Code::BulkCapExceeded,
            format!("the change is of more than {} subjects", self.bulk_cap),
            "narrow the match, or an operator raises `guards.bulk_cap` (MCP_MAX_SKUS_PER_BULK)"
                .into(),
        ))
    }

    /// By how many per cent the item changes its prices at most, where that is past the threshold.
    pub(crate) fn price_jump(&self, item: &Item) -> Option<f64> {
        item.change
            .edits
            .iter()
            .zip(&item.review)
            .filter(|(edit, _)| sets_money(&item.change, edit))
            .filter_map(|(_, reviewed)| {
                let before = match &reviewed.before {
                    FieldBefore::Value(value) | FieldBefore::Inherited(value) => {
                        approximately(value)?
                    }
                    FieldBefore::Nothing => return None,
                };
                let after = match &reviewed.after {
                    FieldAfter::AsSent(value) | FieldAfter::SetByStore(value) => {
                        approximately(value)?
                    }
                    FieldAfter::Removed | FieldAfter::Unverifiable(_) => return None,
                };
                (before > 0.0).then(|| (after - before).abs() / before * 100.0)
            })
            .filter(|jump| *jump > self.price_threshold_pct)
            .max_by(f64::total_cmp)
    }
}

/// Whether an edit sets a price, told by the body's own names and not by the edit's.
fn sets_money(change: &Change, edit: &Edit) -> bool {
    let Expectation::AsSent(pointers) = &edit.after else { return is_money(&edit.field) };
    pointers.iter().any(|pointer| {
        let body = change.steps.get(pointer.step).and_then(|step| step.body.as_ref());
        is_money(name_at(body, &pointer.at))
    })
}

/// Magento takes the query of a write for a part of its body, where no guard and no review looks.
fn query(change: &Change, step: &Step) -> Result<(), Failure> {
    if step.query.is_empty() || step.method == WriteMethod::Delete {
        return Ok(());
    }
    Err(refuse(
        "write-query",
        Code::Forbidden,
        format!(
            "a request of {} has a query, which Magento would take for a part of its body",
            change.subject
        ),
        "this is a fault of the plugin: what it writes belongs into the body".into(),
    ))
}

/// The body with a member in every place that the host will put something into.
fn filled(step: &Step) -> Option<Value> {
    let mut body = step.body.clone()?;
    for binding in &step.body_bindings {
        // A place that is not there is refused by the review.
        let _ = binding.at.put(&mut body, Value::Null);
    }
    Some(body)
}

/// The bodies in a body: asynchronous bulk routes take a list of them.
fn each_body(body: Option<&Value>) -> impl Iterator<Item = &Value> {
    let many = body.and_then(Value::as_array);
    let one = body.filter(|body| !body.is_array());
    many.into_iter().flatten().chain(one)
}

pub(crate) fn refuse(rule: &str, code: Code, message: String, remedy: String) -> Failure {
    Failure::new(code, message).rule(rule).remedy(remedy)
}
